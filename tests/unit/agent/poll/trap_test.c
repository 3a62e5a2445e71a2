/* trap: what net-snmp's own snmptrap and snmpinform send, in every version, becomes events and states; strangers and wrong keys are counted. */
#include "agent/poll/trap.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "agent/poll/keys.h"
#include "tests/unit/agent/poll/snmpd.h"

#define SENDER "/usr/bin/snmptrap"
#define EVENTS_SEEN_MAX 200

struct bed {
	uv_loop_t loop;
	struct sink sink;
	struct traps *traps;
	char listen[32];
	char events[EVENTS_SEEN_MAX][200];
	size_t count;
	char state[METRIC_INSTANCE_MAX + 32], soon[METRIC_NODE_MAX];
	unsigned states, urgent, named;
};

static void on_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	(void)arg;
	(void)class_id;
	(void)subject;
	(void)boot_ms;
	(void)values;
	fail();
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct bed *b = arg;

	(void)boot_ms;
	assert_string_equal(kind, "trap");
	assert_true(b->count < EVENTS_SEEN_MAX);
	snprintf(b->events[b->count++], sizeof(b->events[0]), "%s", text);
}

static void on_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	struct bed *b = arg;

	(void)boot_ms;
	(void)reason;
	assert_true(metric_subject_valid(subject));
	b->states++;
	snprintf(b->state, sizeof(b->state), "%s %s %s", metric_class(class_id)->name, subject, up ? "up" : "down");
}

static void on_urgent(void *arg)
{
	((struct bed *)arg)->urgent++;
}

static void on_soon(void *arg, const char *id)
{
	snprintf(((struct bed *)arg)->soon, METRIC_NODE_MAX, "%s", id);
}

static bool name_of(void *arg, const char *id, int64_t index, char *out, size_t size)
{
	((struct bed *)arg)->named++;
	if (index == 7)
		snprintf(out, size, "%s/ge-0-0-7", id);
	return index == 7;
}

static struct gear_spec specs[4];
static const size_t spec_count = 4;

static void bed_open(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	uv_loop_init(&b->loop);
	b->sink = (struct sink){.row = on_row, .event = on_event, .state = on_state, .urgent = on_urgent, .arg = b};
	snprintf(b->listen, sizeof(b->listen), "127.0.0.1:%u", snmpd_free_port());
	b->traps = traps_open(b->listen, &b->sink);
	assert_non_null(b->traps);
	traps_start(b->traps, &b->loop, on_soon, b);
	traps_name_by(b->traps, name_of);
	specs[0] = (struct gear_spec){.id = "mk-sw1", .address = "127.0.0.1:1161", .version = 2, .community = "public"};
	specs[1] = (struct gear_spec){.id = "mk-ups1", .address = "127.0.0.1", .version = 1, .community = "power"};
	specs[2] = (struct gear_spec){.id = "mk-r1",
	        .address = "127.0.0.1",
	        .version = 3,
	        .user = "watch",
	        .auth = "SHA256",
	        .auth_secret = "long enough",
	        .privacy = "AES",
	        .privacy_secret = "long enough too"};
	specs[3] = (struct gear_spec){.id = "mk-far", .address = "10.9.9.9", .version = 1, .community = "far"};
	traps_set(b->traps, specs, spec_count);
}

static void bed_close(struct bed *b)
{
	traps_stop(b->traps);
	while (uv_loop_alive(&b->loop))
		uv_run(&b->loop, UV_RUN_NOWAIT);
	traps_close(b->traps);
	assert_int_equal(uv_loop_close(&b->loop), 0);
}

/* Runs a sender to its end while the loop turns; its exit status. */
static int send_words(struct bed *b, const char *words)
{
	char line[1024], *args[64], *save = NULL;
	int count = 0, status = 0;
	pid_t pid;

	snprintf(line, sizeof(line), words, b->listen);
	for (char *word = strtok_r(line, " ", &save); word && count < 63; word = strtok_r(NULL, " ", &save)) {
		for (char *p = word; *p; p++)
			if (*p == '_')
				*p = ' ';
		args[count++] = word;
	}
	args[count] = NULL;
	pid = fork();
	if (!pid) {
		setenv("MIBS", "", 1);
		setenv("SNMPCONFPATH", "/nonexistent", 1);
		setenv("SNMP_PERSISTENT_DIR", "/tmp", 1);
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		execvp(args[0], args);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) != pid) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		usleep(500);
	}
	for (int i = 0; i < 20; i++) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		usleep(500);
	}
	return WEXITSTATUS(status);
}

#define V2 "snmptrap -v2c -c public "
#define LINK "1.3.6.1.6.3.1.1.5."
#define V3(level) "-v3 -u watch -a SHA-256 -A long_enough -x AES -X long_enough_too -l " level " "

static void test_v2c_traps(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b);
	assert_int_equal(send_words(&b, V2 "%s 100 " LINK "3 1.3.6.1.2.1.2.2.1.1.7 i 7"), 0);
	assert_string_equal(b.events[0], "mk-sw1/ge-0-0-7 linkDown");
	assert_string_equal(b.state, "if mk-sw1/ge-0-0-7 down");
	assert_string_equal(b.soon, "mk-sw1");
	send_words(&b, V2 "%s 100 " LINK "4 1.3.6.1.2.1.2.2.1.1.7 i 7");
	assert_string_equal(b.events[1], "mk-sw1/ge-0-0-7 linkUp");
	assert_string_equal(b.state, "if mk-sw1/ge-0-0-7 up");
	/* an interface that no poll has seen: by the trap's own words */
	send_words(&b, V2 "%s 100 " LINK "3 1.3.6.1.2.1.2.2.1.1.9 i 9 1.3.6.1.2.1.31.1.1.1.1.9 s Gi0/9");
	assert_string_equal(b.events[2], "mk-sw1/Gi0-9 linkDown");
	send_words(&b, V2 "%s 100 " LINK "3 1.3.6.1.2.1.2.2.1.8.12 i 2");
	assert_string_equal(b.events[3], "mk-sw1/if-12 linkDown");
	b.soon[0] = 0;
	send_words(&b, V2 "%s 100 " LINK "5");
	assert_string_equal(b.events[4], "mk-sw1/ authenticationFailure");
	assert_string_equal(b.soon, "");
	send_words(&b, V2 "%s 100 " LINK "1");
	assert_string_equal(b.events[5], "mk-sw1/ coldStart");
	assert_string_equal(b.soon, "mk-sw1");
	send_words(&b, V2 "%s 100 1.3.6.1.4.1.99999.0.17");
	assert_string_equal(b.events[6], "mk-sw1/ 1.3.6.1.4.1.99999.0.17");
	assert_int_equal(b.urgent, 7); /* each may be its last word */
	assert_int_equal(traps_counted(b.traps).told, 7);
	bed_close(&b);
}

static void test_ups_is_a_last_gasp(void **state)
{
	static const struct {
		const char *words, *event, *state;
	} rows[] = {{"snmptrap -v1 -c power %s 1.3.6.1.4.1.318 127.0.0.1 6 5 100", "mk-ups1/ upsOnBattery",
	                    "ups mk-ups1/ down"},
	        {"snmptrap -v1 -c power %s 1.3.6.1.4.1.318 127.0.0.1 6 9 100", "mk-ups1/ powerRestored",
	                "ups mk-ups1/ up"},
	        {"snmptrap -v2c -c power %s 100 1.3.6.1.2.1.33.2.1", "mk-ups1/ upsTrapOnBattery", "ups mk-ups1/ down"},
	        {"snmptrap -v2c -c power %s 100 1.3.6.1.4.1.534.1.11.4.1.0.3", "mk-ups1/ xupstdOnBattery",
	                "ups mk-ups1/ down"},
	        {"snmptrap -v2c -c power %s 100 1.3.6.1.4.1.705.1.11.0.12", "mk-ups1/ upsmgReturnFromBattery",
	                "ups mk-ups1/ up"},
	        {"snmptrap -v2c -c power %s 100 1.3.6.1.2.1.33.2.3 1.3.6.1.2.1.33.1.6.2.1.2.1 o 1.3.6.1.2.1.33.1.6.3.2",
	                "mk-ups1/ upsTrapAlarmEntryAdded", "ups mk-ups1/ down"},
	        {"snmptrap -v2c -c power %s 100 1.3.6.1.2.1.33.2.4 1.3.6.1.2.1.33.1.6.2.1.2.1 o 1.3.6.1.2.1.33.1.6.3.2",
	                "mk-ups1/ upsTrapAlarmEntryRemoved", "ups mk-ups1/ up"}};
	struct bed b;

	(void)state;
	bed_open(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned urgent = b.urgent;

		send_words(&b, rows[i].words);
		assert_int_equal(b.count, i + 1);
		assert_string_equal(b.events[i], rows[i].event);
		assert_string_equal(b.state, rows[i].state);
		assert_true(b.urgent > urgent);
	}
	/* passed on by another, for gear whose address it names */
	send_words(&b, "snmptrap -v1 -c far %s 1.3.6.1.4.1.8072 10.9.9.9 0 0 100");
	assert_int_equal(traps_counted(b.traps).refused, 1);
	bed_close(&b);
}

static void test_informs_are_answered(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b);
	assert_int_equal(send_words(&b, "snmpinform -v2c -c public -r 0 -t 2 %s 100 " LINK "2"), 0);
	assert_string_equal(b.events[0], "mk-sw1/ warmStart");
	assert_int_equal(send_words(&b, "snmpinform " V3("authPriv") "-r 1 -t 2 %s 100 " LINK "1"), 0);
	assert_int_equal(b.count, 2);
	assert_string_equal(b.events[1], "mk-r1/ coldStart");
	/* wrong community, wrong password: no answer and no event */
	assert_int_not_equal(send_words(&b, "snmpinform -v2c -c wrong -r 0 -t 1 %s 100 " LINK "2"), 0);
	assert_int_not_equal(send_words(&b, "snmpinform -v3 -u watch -a SHA-256 -A wrong_enough -x AES -X "
	                                    "long_enough_too -l authPriv -r 0 -t 1 %s 100 " LINK "2"),
	        0);
	assert_int_equal(b.count, 2);
	assert_int_equal(send_words(&b, "snmpinform " V3("authPriv") "-r 1 -t 2 %s 100 " LINK "2"), 0);
	assert_int_equal(b.count, 3);
	bed_close(&b);
}

static void test_v3_traps(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b);
	send_words(&b, "snmptrap -e 0x8000000001020304 " V3("authPriv") "%s 100 " LINK "3 1.3.6.1.2.1.2.2.1.1.7 i 7");
	assert_int_equal(b.count, 1);
	assert_string_equal(b.events[0], "mk-r1/ge-0-0-7 linkDown");
	/* less secure than was agreed, or of another user, or with other keys */
	send_words(&b, "snmptrap -e 0x8000000001020304 " V3("authNoPriv") "%s 100 " LINK "4");
	send_words(&b, "snmptrap -e 0x8000000001020304 " V3("noAuthNoPriv") "%s 100 " LINK "4");
	send_words(&b, "snmptrap -e 0x8000000001020304 -v3 -u other -l noAuthNoPriv %s 100 " LINK "4");
	send_words(&b,
	        "snmptrap -e 0x8000000001020305 -v3 -u watch -a SHA-256 -A wrong_enough -l authNoPriv %s 100 " LINK
	        "4");
	assert_int_equal(b.count, 1);
	assert_int_equal(traps_counted(b.traps).refused, 4);
	/* another engine with the right keys: the device was replaced */
	send_words(&b, "snmptrap -e 0x8000000001020306 " V3("authPriv") "%s 100 " LINK "1");
	assert_int_equal(b.count, 2);
	bed_close(&b);
}

static void send_raw(struct bed *b, const void *data, size_t len)
{
	union peer_address to;
	char host[PEER_HOST_MAX];
	uint16_t port;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	peer_split(b->listen, host, &port);
	peer_numeric(host, port, &to);
	assert_int_equal(sendto(fd, data, len, 0, &to.any, sizeof(to.v4)), len);
	close(fd);
	uv_run(&b->loop, UV_RUN_NOWAIT);
}

static void test_strangers_and_noise_are_counted(void **state)
{
	static const uint8_t head[] = {0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x01, 0x04, 0x06, 'p', 'u'};
	static uint8_t big[DATAGRAM_MAX + 100];
	uint8_t noise[64];
	struct bed b;

	(void)state;
	bed_open(&b);
	for (unsigned i = 0; i < 500; i++) {
		chance_bytes(noise, sizeof(noise));
		send_raw(&b, noise, i % sizeof(noise));
	}
	send_raw(&b, head, sizeof(head));
	send_raw(&b, big, sizeof(big));
	for (int i = 0; i < 50; i++)
		uv_run(&b.loop, UV_RUN_NOWAIT);
	assert_int_equal(traps_counted(b.traps).broken, traps_counted(b.traps).heard + 1);
	assert_int_equal(b.count, 0);
	send_words(&b, "snmptrap -v2c -c wrong %s 100 " LINK "1");
	assert_int_equal(traps_counted(b.traps).refused, 1);
	traps_set(b.traps, &specs[3], 1);
	send_words(&b, V2 "%s 100 " LINK "1");
	assert_int_equal(traps_counted(b.traps).strangers, 1);
	assert_int_equal(b.count, 0);
	bed_close(&b);
}

/* A device gone wild tells a burst; states go on, events wait for their turn. */
static void test_a_storm_is_bounded(void **state)
{
	struct bed b;
	struct notice n;

	(void)state;
	bed_open(&b);
	notice_clear(&n);
	memcpy(n.kind, (unsigned long[]){1, 3, 6, 1, 6, 3, 1, 1, 5, 3}, 10 * sizeof(n.kind[0]));
	n.kind_len = 10;
	n.interface = 7;
	for (int i = 0; i < 1000; i++)
		tell(b.traps, &b.traps->sources[0], &n);
	assert_true(b.count >= EVENTS_MOST && b.count < EVENTS_MOST + 5);
	assert_int_equal(b.states, 1000);
	assert_int_equal(traps_counted(b.traps).too_many, 1000 - b.count);
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_v2c_traps),
	        cmocka_unit_test(test_ups_is_a_last_gasp),
	        cmocka_unit_test(test_informs_are_answered),
	        cmocka_unit_test(test_v3_traps),
	        cmocka_unit_test(test_strangers_and_noise_are_counted),
	        cmocka_unit_test(test_a_storm_is_bounded),
	};

	if (access(SENDER, X_OK)) {
		print_message("no %s here\n", SENDER);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
