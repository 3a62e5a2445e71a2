/* UPSs that an upsd of our own plays: mains pulled, low, stale, several of them, an upsd that goes, hangs or talks nonsense. */
#include "agent/sense/ups.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/sense/recorder.h"

#define UPS_MAX 3

/* The upsd: answers by these words until told otherwise. */
struct fixture {
	uv_loop_t loop;
	struct recorder r;
	struct agent_config config;
	struct sense_context context;
	struct ups *u;
	uv_tcp_t server, peer;
	bool listening, peer_open, hangs;
	int port, connections;
	const char *names[UPS_MAX];
	const char *status[UPS_MAX]; /* "ERR ..." is said as such */
	const char *instead;         /* said to anything, when set */
	char asked[4096], got[1024];
};

static void server_say(struct fixture *f, const char *text)
{
	uv_buf_t b = uv_buf_init((char *)text, (unsigned)strlen(text));

	assert_int_equal(uv_try_write((uv_stream_t *)&f->peer, &b, 1), b.len);
}

static int server_index(const struct fixture *f, const char *name)
{
	for (int i = 0; i < UPS_MAX; i++)
		if (f->names[i] && !strcmp(f->names[i], name))
			return i;
	return -1;
}

static void server_line(struct fixture *f, const char *line)
{
	char name[64], text[512];
	int i;

	strcat(strcat(f->asked, line), ";");
	if (f->instead) {
		server_say(f, f->instead);
	} else if (!strcmp(line, "LIST UPS")) {
		server_say(f, "BEGIN LIST UPS\n");
		for (i = 0; i < UPS_MAX; i++)
			if (f->names[i]) {
				snprintf(text, sizeof(text), "UPS %s \"words\"\n", f->names[i]);
				server_say(f, text);
			}
		server_say(f, "END LIST UPS\n");
	} else if (sscanf(line, "GET VAR %63s ups.status", name) == 1 || sscanf(line, "LIST VAR %63s", name) == 1) {
		i = server_index(f, name);
		if (i < 0 || !strncmp(f->status[i], "ERR", 3))
			snprintf(text, sizeof(text), "%s\n", i < 0 ? "ERR UNKNOWN-UPS" : f->status[i]);
		else if (line[0] == 'G')
			snprintf(text, sizeof(text), "VAR %s ups.status \"%s\"\n", name, f->status[i]);
		else
			snprintf(text, sizeof(text),
			        "BEGIN LIST VAR %s\nVAR %s ups.status \"%s\"\nVAR %s battery.charge \"95\"\nVAR %s "
			        "battery.runtime \"750\"\nEND LIST VAR %s\n",
			        name, name, f->status[i], name, name, name);
		server_say(f, text);
	} else {
		fail_msg("asked %s", line);
	}
}

static void server_alloc(uv_handle_t *h, size_t size, uv_buf_t *b)
{
	struct fixture *f = h->data;

	(void)size;
	*b = uv_buf_init(f->got, sizeof(f->got) - 1);
}

static void server_peer_closed(uv_handle_t *h)
{
	((struct fixture *)h->data)->peer_open = false;
}

static void server_hang_up(struct fixture *f)
{
	if (f->peer_open && !uv_is_closing((uv_handle_t *)&f->peer))
		uv_close((uv_handle_t *)&f->peer, server_peer_closed);
}

static void server_read(uv_stream_t *s, ssize_t got, const uv_buf_t *b)
{
	struct fixture *f = s->data;
	char *rest;

	(void)b;
	if (got < 0) {
		server_hang_up(f);
		return;
	}
	f->got[got] = '\0';
	for (char *line = strtok_r(f->got, "\n", &rest); line && !f->hangs; line = strtok_r(NULL, "\n", &rest))
		server_line(f, line);
}

static void server_connection(uv_stream_t *s, int status)
{
	struct fixture *f = s->data;

	assert_int_equal(status, 0);
	assert_false(f->peer_open);
	uv_tcp_init(&f->loop, &f->peer);
	f->peer.data = f;
	f->peer_open = true;
	f->connections++;
	assert_int_equal(uv_accept(s, (uv_stream_t *)&f->peer), 0);
	uv_tcp_nodelay(&f->peer, 1);
	uv_read_start((uv_stream_t *)&f->peer, server_alloc, server_read);
}

static void server_listen(struct fixture *f)
{
	struct sockaddr_in a;
	int len = sizeof(a);

	uv_ip4_addr("127.0.0.1", f->port, &a);
	uv_tcp_init(&f->loop, &f->server);
	f->server.data = f;
	assert_int_equal(uv_tcp_bind(&f->server, (struct sockaddr *)&a, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&f->server, 4, server_connection), 0);
	uv_tcp_getsockname(&f->server, (struct sockaddr *)&a, &len);
	f->port = ntohs(a.sin_port);
	f->listening = true;
}

static void server_stop(struct fixture *f)
{
	server_hang_up(f);
	uv_close((uv_handle_t *)&f->server, NULL);
	f->listening = false;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	uv_loop_init(&f->loop);
	recorder_init(&f->r);
	f->context = (struct sense_context){.loop = &f->loop, .sink = &f->r.sink, .config = &f->config};
	f->names[0] = "apc";
	f->status[0] = f->status[1] = f->status[2] = "OL CHRG";
	server_listen(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->u)
		sense_ups.stop(f->u);
	if (f->listening)
		server_stop(f);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	if (f->u)
		sense_ups.close(f->u);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	free(f->config.ups);
	free(f);
	return 0;
}

/* `name` NULL: as when nothing is configured, but of our port. */
static void start(struct fixture *f, const char *name)
{
	f->config.ups = name ? mem_printf("%s@localhost:%d", name, f->port) : NULL;
	f->u = sense_ups.open(&f->context);
	assert_non_null(f->u);
	if (!name) {
		free(f->u->port);
		f->u->port = mem_printf("%d", f->port);
	}
	sense_ups.start(f->u);
}

/* Lets the loop run until it has nothing left to do at once. */
static void settle(struct fixture *f)
{
	for (int i = 0; i < 20; i++) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

/* Its timer is due. */
static void tick(struct fixture *f)
{
	assert_true(uv_is_active((uv_handle_t *)&f->u->timer));
	if (!f->u->timer.repeat)
		uv_timer_stop(&f->u->timer);
	on_tick(&f->u->timer);
	settle(f);
}

static void step(struct fixture *f)
{
	sense_ups.read(f->u, 777000);
	settle(f);
}

static void test_a_row_each_step(void **state)
{
	struct fixture *f = *state;

	start(f, NULL);
	settle(f);
	assert_string_equal(f->asked, "LIST UPS;GET VAR apc ups.status;");
	assert_true(f->r.state.up);
	assert_int_equal(f->r.event_count, 0);
	step(f);
	const struct recorder_row *row = recorder_last_row(&f->r);
	assert_int_equal(f->r.row_count, 1);
	assert_int_equal(row->class_id, CLASS_UPS);
	assert_string_equal(row->subject, "");
	assert_int_equal(row->boot_ms, 777000);
	assert_int_equal(row->values[UPS_ON_BATTERY], 0);
	assert_int_equal(row->values[UPS_CHARGE], 950);
	assert_int_equal(row->values[UPS_RUNTIME], 125);
	assert_true(row->values[UPS_INPUT] == METRIC_UNKNOWN);
	/* a step while an answer is awaited: the row comes after it */
	on_tick(&f->u->timer);
	sense_ups.read(f->u, 787000);
	settle(f);
	assert_int_equal(f->r.row_count, 2);
	assert_int_equal(recorder_last_row(&f->r)->boot_ms, 787000);
}

static void test_mains_are_pulled(void **state)
{
	struct fixture *f = *state;

	start(f, "apc");
	settle(f);
	step(f);
	f->status[0] = "OB DISCHRG";
	tick(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups on-battery charge 95 % runtime 12 min");
	assert_false(f->r.state.up);
	assert_int_equal(f->r.state.class_id, CLASS_UPS);
	assert_int_equal(f->r.urgents, 1);
	tick(f);
	assert_int_equal(f->r.urgents, 1); /* once */
	f->status[0] = "FSD OB DISCHRG LB";
	tick(f);
	assert_string_equal(f->r.events[1], "ups: ups low charge 95 % runtime 12 min");
	assert_string_equal(f->r.events[2], "ups: ups forced-shutdown charge 95 % runtime 12 min");
	assert_int_equal(f->r.urgents, 2);
	f->status[0] = "OL CHRG";
	tick(f);
	assert_int_equal(f->r.event_count, 6);
	assert_string_equal(f->r.events[3], "ups: ups on-mains charge 95 % runtime 12 min");
	assert_true(f->r.state.up);
	f->status[0] = "OL RB";
	tick(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups replace-battery charge 95 % runtime 12 min");
	assert_int_equal(f->r.urgents, 3); /* that can wait */
}

static void test_on_battery_from_the_first_look(void **state)
{
	struct fixture *f = *state;

	f->status[0] = "OB";
	start(f, NULL);
	settle(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups on-battery");
	assert_int_equal(f->r.urgents, 1);
}

static void test_calibration_and_silence_are_no_power_cut(void **state)
{
	struct fixture *f = *state;

	f->status[0] = "OB CAL DISCHRG";
	start(f, NULL);
	settle(f);
	assert_int_equal(f->r.event_count, 0);
	assert_int_equal(f->r.states, 0); /* neither is it on mains */
	f->status[0] = "OB";
	tick(f);
	assert_int_equal(f->r.event_count, 1);
	f->status[0] = "";
	tick(f);
	assert_int_equal(f->r.event_count, 1);
	assert_false(f->r.state.up);
}

static void test_several(void **state)
{
	struct fixture *f = *state;

	f->names[1] = "eaton";
	f->status[1] = "OB";
	start(f, NULL);
	settle(f);
	assert_string_equal(f->asked, "LIST UPS;GET VAR apc ups.status;GET VAR eaton ups.status;");
	assert_string_equal(recorder_last_event(&f->r), "ups: eaton on-battery");
	assert_string_equal(f->r.state.subject, "eaton");
	step(f);
	assert_int_equal(f->r.row_count, 2);
	assert_string_equal(f->r.rows[0].subject, "apc");
	assert_string_equal(f->r.rows[1].subject, "eaton");
	f->status[0] = "ERR DATA-STALE";
	tick(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: apc lost (DATA-STALE) charge 95 % runtime 12 min");
	size_t told = f->r.event_count;
	step(f);
	assert_int_equal(f->r.event_count, told); /* once, and no row */
	assert_int_equal(f->r.row_count, 3);
	f->status[0] = "OL";
	tick(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: apc found charge 95 % runtime 12 min");
}

static void test_an_upsd_that_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;

	start(f, NULL);
	settle(f);
	server_stop(f);
	settle(f);
	assert_int_equal(f->r.event_count, 0); /* a restart of upsd is no news */
	tick(f);
	assert_int_equal(f->r.event_count, 1);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups lost (connection refused)");
	for (int i = 0; i < 6; i++)
		tick(f);
	assert_true(uv_timer_get_due_in(&f->u->timer) <= RETRY_MAX_MS);
	assert_true(uv_timer_get_due_in(&f->u->timer) > RETRY_MAX_MS / 2);
	assert_int_equal(f->r.event_count, 1);
	step(f);
	assert_int_equal(f->r.row_count, 0);
	server_listen(f);
	f->status[0] = "OB";
	tick(f);
	assert_string_equal(f->r.events[1], "ups: ups found");
	assert_string_equal(f->r.events[2], "ups: ups on-battery");
}

static void test_nobody_there_costs_nothing(void **state)
{
	struct fixture *f = *state;

	server_stop(f);
	settle(f);
	start(f, NULL);
	settle(f);
	assert_false(uv_is_active((uv_handle_t *)&f->u->timer));
	int64_t tried = f->u->tried_boot_ms;
	step(f);
	assert_int_equal(f->u->tried_boot_ms, tried);
	f->u->tried_boot_ms -= QUIET_MS;
	server_listen(f);
	step(f);
	assert_string_equal(f->asked, "LIST UPS;GET VAR apc ups.status;");
	assert_true(f->r.state.up);
}

static void test_an_upsd_without_ups_or_sense(void **state)
{
	struct fixture *f = *state;

	f->names[0] = NULL;
	start(f, NULL);
	settle(f);
	assert_int_equal(f->u->phase, PHASE_WAITING);
	assert_false(uv_is_active((uv_handle_t *)&f->u->timer));
	f->instead = "220 mail.example ESMTP\n";
	f->u->tried_boot_ms -= QUIET_MS;
	step(f);
	assert_int_equal(f->connections, 2);
	assert_int_equal(f->u->phase, PHASE_WAITING);
	assert_int_equal(f->r.event_count, 0);
}

static void test_a_name_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	start(f, "other");
	settle(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups lost (UNKNOWN-UPS)");
	assert_int_equal(f->r.row_count, 0);
	f->names[1] = "other";
	tick(f);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups found");
}

static void test_an_upsd_that_hangs(void **state)
{
	struct fixture *f = *state;

	start(f, "apc");
	settle(f);
	f->hangs = true;
	tick(f); /* asks */
	tick(f);
	assert_int_equal(f->u->phase, PHASE_TALKING);
	f->u->asked_boot_ms -= PATIENCE_MS;
	tick(f);
	assert_int_equal(f->u->phase, PHASE_WAITING);
	f->hangs = false;
	tick(f);
	assert_int_equal(f->connections, 2);
	assert_int_equal(f->u->phase, PHASE_TALKING);
}

/* One that takes connections and drops them is lost too, and is not asked in a hurry. */
static void test_an_upsd_that_hangs_up(void **state)
{
	struct fixture *f = *state;

	start(f, "apc");
	settle(f);
	f->hangs = true;
	for (int i = 0; i < 5; i++) {
		server_hang_up(f);
		settle(f);
		tick(f);
	}
	assert_int_equal(f->connections, 6);
	assert_int_equal(f->r.event_count, 1);
	assert_string_equal(recorder_last_event(&f->r), "ups: ups lost (it hung up)");
	server_hang_up(f);
	settle(f);
	assert_true(uv_timer_get_due_in(&f->u->timer) > RETRY_MAX_MS / 2);
}

static void test_whom_to_ask(void **state)
{
	static const struct {
		const char *text, *name, *host, *port;
	} places[] = {
	        {"a@10.0.0.1", "a", "10.0.0.1", "3493"},
	        {"a@host.example:99", "a", "host.example", "99"},
	        {"a@[fe80::1]", "a", "fe80::1", "3493"},
	        {"a@[::1]:99", "a", "::1", "99"},
	        {"a@localhost", "a", "127.0.0.1", "3493"},
	        {NULL, NULL, "127.0.0.1", "3493"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct agent_config c = {.ups = (char *)places[i].text};
		struct sense_context context = {.loop = &f->loop, .sink = &f->r.sink, .config = &c};
		struct ups *u = sense_ups.open(&context);

		assert_true(places[i].name ? !strcmp(u->name, places[i].name) : !u->name);
		assert_string_equal(u->host, places[i].host);
		assert_string_equal(u->port, places[i].port);
		sense_ups.close(u);
	}
	f->config.ups = mem_str("no");
	assert_null(sense_ups.open(&f->context));
}

static void test_a_name_of_a_host_is_looked_up(void **state)
{
	struct fixture *f = *state;

	f->config.ups = mem_printf("apc@ip6-localhost.invalid:%d", f->port);
	f->u = sense_ups.open(&f->context);
	sense_ups.start(f->u);
	assert_int_equal(f->u->phase, PHASE_LOOKING);
	/* it is stopped meanwhile: tear_down sees that nothing stays */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_row_each_step, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_mains_are_pulled, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_on_battery_from_the_first_look, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_calibration_and_silence_are_no_power_cut, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_several, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_an_upsd_that_goes_and_comes_back, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_nobody_there_costs_nothing, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_an_upsd_without_ups_or_sense, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_name_that_is_not_there, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_an_upsd_that_hangs, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_an_upsd_that_hangs_up, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_whom_to_ask, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_name_of_a_host_is_looked_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
