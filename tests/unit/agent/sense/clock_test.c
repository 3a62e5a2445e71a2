/* chronyd's answers by hand and from a real chronyd that keeps no clock, and what the kernel says without it. */
#include "agent/sense/clock.c"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/unit/agent/sense/recorder.h"

struct fixture {
	struct recorder r;
	struct sense_context context;
	struct clock_sense *c;
	int server; /* plays chronyd */
	struct sockaddr_in client;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	recorder_init(&f->r);
	f->context.sink = &f->r.sink;
	f->server = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(f->server, (struct sockaddr *)&a, sizeof(a)), 0);
	getsockname(f->server, (struct sockaddr *)&a, &len);
	f->c = sense_clock.open(&f->context);
	close(f->c->chrony);
	f->c->chrony = chrony_connect(ntohs(a.sin_port));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sense_clock.close(f->c);
	close(f->server);
	free(f);
	return 0;
}

/* What chronyd is asked; its sequence. */
static uint32_t take_request(struct fixture *f)
{
	uint8_t data[512];
	socklen_t len = sizeof(f->client);
	ssize_t got = recvfrom(f->server, data, sizeof(data), 0, (struct sockaddr *)&f->client, &len);
	struct cursor c = cursor_of(data + 8, 4);

	assert_int_equal(got, CHRONY_TRACKING_BYTES);
	assert_int_equal(data[0], 6);
	assert_int_equal(data[1], 1);
	assert_int_equal(data[5], 33);
	return cursor_u32(&c);
}

/* 0.5 s is 2^24 * 2^(0-25); 2^(e-1) in general. */
static uint32_t power_of_two(int exponent)
{
	return (uint32_t)(exponent + 1 + 1) << 25 | 1u << 23;
}

static void build_reply(struct buf *b, uint32_t sequence, unsigned leap, uint32_t reference)
{
	static const uint8_t zeroes[20];

	buf_put_u32(b, 0x06020000);
	buf_put_u32(b, 33 << 16 | 5);
	buf_put(b, zeroes, 8);
	buf_put_u32(b, sequence);
	buf_put(b, zeroes, 8);
	buf_put_u32(b, reference);
	buf_put(b, zeroes, 20);
	buf_put_u16(b, 3); /* stratum */
	buf_put_u16(b, (uint16_t)leap);
	buf_put(b, zeroes, 12);
	buf_put_u32(b, power_of_two(-10)); /* correction 1/1024 s */
	buf_put(b, zeroes, 20);
	buf_put_u32(b, power_of_two(-3)); /* delay 1/8 s */
	buf_put_u32(b, power_of_two(-4)); /* dispersion 1/16 s */
	buf_put_u32(b, 0);                /* update interval */
}

static void answer(struct fixture *f, uint32_t sequence, unsigned leap, uint32_t reference)
{
	struct buf b = {0};

	build_reply(&b, sequence, leap, reference);
	assert_int_equal(b.len, CHRONY_TRACKING_BYTES);
	sendto(f->server, b.data, b.len, 0, (struct sockaddr *)&f->client, sizeof(f->client));
	buf_free(&b);
}

static void test_chrony_is_believed(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_boot_ms();

	sense_clock.start(f->c);
	answer(f, take_request(f), 0, 0xc0a80101);
	sense_clock.read(f->c, now);
	const struct recorder_row *row = recorder_last_row(&f->r);
	assert_int_equal(row->class_id, CLASS_CLOCK);
	assert_int_equal(row->values[CLOCK_SYNCED], 1);
	assert_int_equal(row->values[CLOCK_OFFSET], 977); /* 1/1024 s, three decimals of ms */
	assert_int_equal(row->values[CLOCK_ERROR], 125977);
	assert_int_equal(row->values[CLOCK_STRATUM], 3);
	assert_true(f->r.state.up);
	assert_int_equal(f->r.event_count, 0);
	/* asked again a minute later, and it has lost its servers */
	sense_clock.read(f->c, now + 10000);
	sense_clock.read(f->c, now + 60000);
	answer(f, take_request(f), 3, 0);
	sense_clock.read(f->c, now + 70000);
	assert_string_equal(recorder_last_event(&f->r), "clock: host unsynchronised by chrony");
	assert_int_equal(recorder_last_row(&f->r)->values[CLOCK_SYNCED], 0);
	assert_true(recorder_last_row(&f->r)->values[CLOCK_OFFSET] == METRIC_UNKNOWN);
	assert_false(f->r.state.up);
	assert_int_equal(f->r.state.reason, REASON_UNSYNCHRONISED);
	sense_clock.read(f->c, now + 130000);
	answer(f, take_request(f), 0, 1);
	sense_clock.read(f->c, now + 140000);
	assert_string_equal(recorder_last_event(&f->r), "clock: host synchronised by chrony");
	assert_int_equal(f->r.event_count, 2);
}

static void test_without_chrony_the_kernel_tells(void **state)
{
	struct fixture *f = *state;
	struct timex t = {0};

	adjtimex(&t);
	close(f->server);
	f->server = -1;
	sense_clock.start(f->c);
	sense_clock.read(f->c, clock_boot_ms());
	const struct recorder_row *row = recorder_last_row(&f->r);
	assert_int_equal(row->values[CLOCK_SYNCED], !(t.status & STA_UNSYNC));
	assert_true(row->values[CLOCK_STRATUM] == METRIC_UNKNOWN);
	assert_int_equal(row->values[CLOCK_ERROR] == METRIC_UNKNOWN, !!(t.status & STA_UNSYNC));
	assert_int_equal(f->c->answered_boot_ms, 0);
}

static void test_what_is_not_an_answer(void **state)
{
	struct fixture *f = *state;
	struct chrony_tracking t;
	struct buf b = {0};
	uint32_t sequence;

	sense_clock.start(f->c);
	sequence = take_request(f);
	answer(f, sequence + 1, 0, 1); /* of another question */
	sense_clock.read(f->c, clock_boot_ms());
	assert_int_equal(f->c->answered_boot_ms, 0);
	build_reply(&b, 7, 0, 1);
	assert_int_equal(chrony_answer(b.data, b.len, 7, &t), 0);
	assert_int_equal(chrony_answer(b.data, b.len, 8, &t), -EAGAIN);
	for (size_t len = 0; len < b.len - 4; len++)
		assert_int_equal(chrony_answer(b.data, len, 7, &t), -EPROTO);
	static const struct {
		size_t at;
		uint8_t value;
		int status;
	} changes[] = {{0, 5, -EPROTO}, {1, 1, -EPROTO}, {5, 34, -EPROTO}, {7, 1, -EPROTO}, {9, 2, -EACCES},
	        {9, 3, -EPROTO}, {55, 4, -EPROTO}};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t was = b.data[changes[i].at];

		b.data[changes[i].at] = changes[i].value;
		assert_int_equal(chrony_answer(b.data, b.len, 7, &t), changes[i].status);
		b.data[changes[i].at] = was;
	}
	buf_free(&b);
}

static void test_floats(void **state)
{
	static const struct {
		uint32_t bits;
		double value;
	} floats[] = {{0, 0}, {1u << 25 | 0xffffff, 1}, {0x04800000, 1}, {0x00800000, 0.25}, {0x01800000, -0.25},
	        {0xfe800000, 0.125}};

	(void)state;
	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
		struct buf b = {0};
		struct chrony_tracking t;

		build_reply(&b, 1, 0, 1);
		b.data[68] = (uint8_t)(floats[i].bits >> 24);
		b.data[69] = (uint8_t)(floats[i].bits >> 16);
		b.data[70] = (uint8_t)(floats[i].bits >> 8);
		b.data[71] = (uint8_t)floats[i].bits;
		assert_int_equal(chrony_answer(b.data, b.len, 1, &t), 0);
		assert_float_equal(t.correction_s, floats[i].value, 1e-6);
		buf_free(&b);
	}
}

/* The path of a chronyd, or "". */
static void find_chronyd(char *out, size_t size)
{
	FILE *p = popen("tests/lab/chronyd.sh 2>/dev/null", "r");

	if (!p || !fgets(out, (int)size, p))
		out[0] = '\0';
	if (p)
		pclose(p);
	out[strcspn(out, "\n")] = '\0';
}

static void test_a_real_chronyd(void **state)
{
	struct fixture *f = *state;
	char path[512], folder[] = "/tmp/sansang-chronyd-XXXXXX", text[512], config[64];
	unsigned port = 20000 + (unsigned)chance_below(10000);

	find_chronyd(path, sizeof(path));
	if (!path[0] || geteuid()) {
		print_message("# skipped: no chronyd, or not root\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(text, sizeof(text),
	        "port 0\ncmdport %u\nbindcmdaddress 127.0.0.1\nbindcmdaddress /\nlocal stratum 5\npidfile %s/pid\n"
	        "driftfile %s/drift\nuser root\n",
	        port, folder, folder);
	folder_write(folder, "conf", text);
	snprintf(config, sizeof(config), "%s/conf", folder);
	pid_t pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execl(path, path, "-x", "-d", "-f", config, NULL);
		_exit(127);
	}
	close(f->c->chrony);
	f->c->chrony = chrony_connect((uint16_t)port);
	for (int i = 0; i < 100 && !f->c->answered_boot_ms; i++) {
		struct pollfd p = {.fd = f->c->chrony, .events = POLLIN};

		sense_clock.start(f->c);
		poll(&p, 1, 100);
		if (p.revents & POLLERR)
			usleep(100000); /* it is not up yet */
		sense_clock.read(f->c, clock_boot_ms());
	}
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	folder_remove(folder);
	const struct recorder_row *row = recorder_last_row(&f->r);
	assert_true(f->c->answered_boot_ms);
	assert_int_equal(row->values[CLOCK_SYNCED], 1);
	assert_int_equal(row->values[CLOCK_STRATUM], 5);
	assert_in_range(row->values[CLOCK_ERROR], 0, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_chrony_is_believed, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_without_chrony_the_kernel_tells, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_is_not_an_answer, set_up, tear_down),
	        cmocka_unit_test(test_floats),
	        cmocka_unit_test_setup_teardown(test_a_real_chronyd, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
