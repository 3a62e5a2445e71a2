/* View against a state.db that judge and its store made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "collector/view/view.c"

#include "collector/judge/judge.h"
#include "collector/judge/store.h"
#include "common/batch.h"

#define NOW 1751500000000LL /* 2025-07-02T23:46:40Z */

struct world {
	char folder[64];
	struct collector_config config;
	struct inventory *inv;
	struct judge judge;
	struct store *store;
	struct view *view;
	int64_t cursor;
};

static const char province[] =
        "province: { id: p, name: \"Tỉnh\", collector_node: core-srv, trial_from: 2025-06-01, go_live: "
        "2025-07-01T00:00:00+07:00 }\n"
        "units:\n"
        "  - { id: old, name: \"Thị trấn Cũ\", kind: township, until: 2025-07-01 }\n"
        "  - { id: a, name: \"Xã A\", kind: commune, code: \"01\", from: 2025-07-01, formed_from: [old] }\n"
        "  - { id: b, name: \"Xã B\", kind: commune, code: \"02\", from: 2025-07-01 }\n"
        "  - { id: c, name: \"Xã C\", kind: commune, code: \"03\", from: 2025-07-01 }\n"
        "  - { id: core, name: \"Trung tâm\", kind: commune, code: \"04\", from: 2025-07-01 }\n"
        "sites:\n"
        "  - { id: c-hq, name: \"Trụ sở C\", role: service-centre, required: yes, units: [ { unit: c } ], uplinks: [ { "
        "id: c-ts, "
        "kind: tslcd, carrier: VNPT, terminal: 10.1.3.1 } ] }\n"
        "  - { id: core-hq, name: \"Phòng máy chủ\", role: core, required: no, units: [ { unit: core } ] }\n"
        "  - { id: a-hq, name: \"Trụ sở A\", role: service-centre, required: yes, units: [ { unit: old, until: "
        "2025-07-01 }, { unit: a, from: 2025-07-01 } ],\n"
        "      uplinks: [ { id: a-ts, kind: tslcd, carrier: VNPT, circuit: \"C1\", hotline: \"1900\", capacity_mbps: "
        "100, terminal: 10.1.1.1 } ] }\n"
        "  - { id: b-hq, name: \"Trụ sở B\", role: service-centre, required: yes, units: [ { unit: b } ], uplink: { "
        "carrier: VNPT, terminal: 10.1.2.1 } }\n"
        "nodes:\n"
        "  - { id: a-srv, site: a-hq, kind: server }\n"
        "  - { id: b-srv, site: b-hq, kind: server }\n"
        "  - { id: core-srv, site: core-hq, kind: server }\n"
        "  - { id: a-sw1, site: a-hq, kind: gear, address: 10.1.1.2, polled_by: a-srv }\n"
        "  - { id: c-rt, site: c-hq, kind: gear, address: 10.1.3.1 }\n"
        "services:\n"
        "  - { id: land, name: \"Đất đai\", sector: land, responsible: province, every: 10s, check: { tcp: "
        "\"10.0.0.5:443\" }, checked_by: all }\n";

static void world_row(struct world *w, const char *node, uint32_t set, int64_t at, const int64_t *v, unsigned count)
{
	struct batch_writer *writer = batch_writer_new();
	struct buf body = {0};
	batch_dict(writer, 0, "svc", 1, "land");
	batch_dict(writer, 1, "uplink", 1, "a-ts");
	batch_dict(writer, 2, "if", 1, "eth0");
	batch_dict(writer, 3, "host", 1, "");
	batch_row(writer, set, at, v, count);
	batch_finish(writer, &body);
	struct record r = {.id = ++w->cursor,
	        .at_ms = at,
	        .kind = RECORD_BATCH,
	        .node = node,
	        .epoch = 1,
	        .key = "",
	        .body = body.data,
	        .body_len = body.len};
	judge_record(&w->judge, &r);
	buf_free(&body);
	batch_writer_free(writer);
}

static void world_json(struct world *w, enum record_kind kind, const char *node, int64_t at, const char *body)
{
	struct record r = {.id = ++w->cursor,
	        .at_ms = at,
	        .kind = kind,
	        .node = node,
	        .key = "",
	        .body = (const uint8_t *)body,
	        .body_len = strlen(body)};
	judge_record(&w->judge, &r);
}

static int world_setup(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct conf_errors errors = {0};
	const struct judge_source none = {0};
	char path[128];
	snprintf(w->folder, sizeof w->folder, "/tmp/sansang-view-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(path, sizeof path, "%s/province.yaml", w->folder);
	FILE *f = fopen(path, "w");
	fputs(province, f);
	fclose(f);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	w->config.state_dir = w->folder;
	w->config.timezone = "Asia/Ho_Chi_Minh";
	w->config.step_ms = 10000;
	clock_fake(NOW, 1000);
	w->view = view_open(&w->config);
	view_set_inventory(w->view, w->inv);
	judge_init(&w->judge, 10000, &none);
	judge_set_inventory(&w->judge, w->inv);
	*state = w;
	return 0;
}

static void world_store(struct world *w)
{
	char path[128];
	snprintf(path, sizeof path, "%s/state.db", w->folder);
	if (!w->store)
		assert_int_equal(store_open(&w->store, path), 0);
	assert_int_equal(store_commit(w->store, &w->judge, w->cursor), 0);
}

static int world_teardown(void **state)
{
	static const char *const names[] = {"province.yaml", "state.db", "state.db-wal", "state.db-shm"};
	struct world *w = *state;
	char path[160];
	view_close(w->view);
	if (w->store)
		store_close(w->store);
	judge_free(&w->judge);
	inventory_free(w->inv);
	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		snprintf(path, sizeof path, "%s/%s", w->folder, names[k]);
		unlink(path);
	}
	rmdir(w->folder);
	free(w);
	clock_real();
	return 0;
}

static const json_t *find(const json_t *list, const char *key, const char *value)
{
	size_t k;
	json_t *o;
	json_array_foreach(list, k, o) if (!strcmp(json_string_value(json_object_get(o, key)), value)) return o;
	fail_msg("no %s %s", key, value);
	return NULL;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "(null)";
}

static void test_without_a_database_all_is_unobserved(void **state)
{
	struct world *w = *state;
	json_t *o = view_province(w->view, NOW);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "counts"), "unobserved")), 4);
	assert_string_equal(text(o, "phase"), "live");
	json_decref(o);
	o = view_incidents(w->view, true);
	assert_int_equal(json_array_size(json_object_get(o, "incidents")), 0);
	json_decref(o);
	o = view_units(w->view, NOW - 10LL * 86400000);
	assert_int_equal(json_array_size(json_object_get(o, "units")), 1); /* only the township was in force */
	json_decref(o);
}

static void fill(struct world *w)
{
	const int64_t up[] = {1, 1500, 2000, 0}, refused[] = {0, METRIC_UNKNOWN, METRIC_UNKNOWN, REASON_REFUSED};
	const int64_t line[] = {0, 5000, 4000, 6000, 100}, carrier[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1000};
	world_json(w, RECORD_AGENT, "a-srv", NOW - 60000,
	        "{\"state\": \"connected\", \"software\": \"sansang-agent 0.1.0\"}");
	world_json(w, RECORD_AGENT, "b-srv", NOW - 60000, "{\"state\": \"connected\"}");
	for (int64_t at = NOW - 50000; at <= NOW; at += 10000) {
		world_row(w, "a-srv", 0, at, at < NOW - 20000 ? up : refused, 4);
		world_row(w, "a-srv", 1, at, line, 5);
		world_row(w, "a-srv", 2, at, carrier, 10);
		world_row(w, "b-srv", 0, at, up, 4);
	}
	judge_tick(&w->judge, NOW);
	world_store(w);
}

static void test_units_and_their_reasons(void **state)
{
	struct world *w = *state;
	fill(w);
	json_t *o = view_units(w->view, NOW);
	const json_t *a = find(json_object_get(o, "units"), "id", "a"),
	             *b = find(json_object_get(o, "units"), "id", "b");
	assert_string_equal(text(a, "state"), "down");
	assert_string_equal(text(a, "reason_vi"), "Dịch vụ Đất đai: từ chối kết nối");
	assert_int_equal(json_integer_value(json_object_get(a, "since")), NOW - 20000);
	assert_int_equal(json_integer_value(json_object_get(a, "incidents")), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(a, "former"), 0)), "Thị trấn Cũ");
	assert_string_equal(text(b, "state"), "up");
	json_decref(o);
	/* nothing for long: unobserved, never up */
	clock_fake(NOW + 600000, 1000);
	o = view_units(w->view, NOW + 600000);
	assert_string_equal(text(find(json_object_get(o, "units"), "id", "b"), "state"), "unobserved");
	json_decref(o);
}

static void test_the_page_of_a_unit(void **state)
{
	struct world *w = *state;
	const char *why;
	fill(w);
	json_t *o = view_unit(w->view, "a", NOW, &why);
	const json_t *site = json_array_get(json_object_get(o, "sites"), 0);
	const json_t *line = json_array_get(json_object_get(site, "uplinks"), 0);
	const json_t *service = json_array_get(json_object_get(site, "services"), 0);
	const json_t *node = json_array_get(json_object_get(site, "nodes"), 0);
	assert_string_equal(text(site, "id"), "a-hq");
	assert_string_equal(text(line, "state"), "up");
	assert_string_equal(text(line, "hotline"), "1900");
	assert_true(json_real_value(json_object_get(line, "rtt_ms")) == 5);
	assert_string_equal(text(service, "state"), "down");
	assert_string_equal(text(service, "reason"), "refused");
	assert_string_equal(text(node, "agent"), "connected");
	assert_string_equal(text(node, "software"), "sansang-agent 0.1.0");
	assert_string_equal(text(json_array_get(json_object_get(site, "interfaces"), 0), "state"), "up");
	assert_int_equal(json_array_size(json_object_get(o, "incidents")), 1);
	json_decref(o);
	assert_null(view_unit(w->view, "nobody", NOW, &why));
	assert_string_equal(why, "no such unit");
}

static void test_incidents_and_acts(void **state)
{
	struct world *w = *state;
	const char *why;
	fill(w);
	json_t *o = view_incidents(w->view, false);
	const json_t *row = json_array_get(json_object_get(o, "incidents"), 0);
	char *id = mem_str(text(row, "id")), act[300];
	assert_string_equal(text(row, "unit"), "a");
	assert_string_equal(text(row, "unit_name"), "Xã A");
	assert_string_equal(text(row, "service_name"), "Đất đai");
	assert_string_equal(text(row, "cause"), "service-down");
	assert_int_equal(json_integer_value(json_object_get(row, "mails")), 0);
	assert_true(json_is_null(json_object_get(row, "resolved_at")));
	json_decref(o);
	snprintf(act, sizeof act, "{\"act\": \"ack\", \"by\": \"lan\", \"target\": \"%s\", \"text\": \"đang xử lý\"}",
	        id);
	world_json(w, RECORD_ACT, "", NOW + 1, act);
	world_store(w);
	o = view_incident(w->view, id, &why);
	assert_string_equal(text(o, "state"), "acknowledged");
	assert_string_equal(text(o, "acked_by"), "lan");
	assert_string_equal(text(json_array_get(json_object_get(o, "acts"), 0), "text"), "đang xử lý");
	json_decref(o);
	assert_null(view_incident(w->view, "none", &why));
	free(id);
}

static void test_nodes_and_find(void **state)
{
	struct world *w = *state;
	fill(w);
	json_t *o = view_nodes(w->view, NOW);
	assert_int_equal(
	        json_integer_value(json_object_get(find(json_object_get(o, "nodes"), "id", "a-srv"), "last_seen")),
	        NOW);
	json_decref(o);
	o = view_find(w->view, "thi tran cu", NOW);
	const json_t *hit = json_array_get(json_object_get(o, "hits"), 0);
	assert_true(json_is_true(json_object_get(hit, "former")));
	assert_string_equal(text(json_object_get(hit, "unit"), "id"), "a");
	assert_string_equal(text(json_object_get(hit, "unit"), "state"), "down");
	json_decref(o);
}

static void put_batch(struct world *w, const char *node, int64_t at, struct batch_writer *writer)
{
	struct buf body = {0};
	batch_finish(writer, &body);
	struct record r = {.id = ++w->cursor,
	        .at_ms = at,
	        .kind = RECORD_BATCH,
	        .node = node,
	        .epoch = 1,
	        .key = "",
	        .body = body.data,
	        .body_len = body.len};
	judge_record(&w->judge, &r);
	buf_free(&body);
	batch_writer_free(writer);
}

static void fill_outside(struct world *w, int loss, int gear)
{
	const int64_t line[] = {loss, 9000, 8000, 12000, 100}, up[] = {gear, 9000};
	world_json(w, RECORD_AGENT, "core-srv", NOW - 60000, "{\"state\": \"connected\"}");
	for (int64_t at = NOW - 200000; at <= NOW; at += 10000) {
		struct batch_writer *writer = batch_writer_new();
		batch_dict(writer, 0, "path", 1, "c-ts");
		batch_dict(writer, 1, "gear", 1, "c-rt/");
		batch_row(writer, 0, at, line, 5);
		if (at % 60000 < 10000)
			batch_row(writer, 1, at, up, 2);
		put_batch(w, "core-srv", at, writer);
	}
	judge_tick(&w->judge, NOW);
	world_store(w);
}

static void test_a_site_without_an_agent_is_seen_from_outside(void **state)
{
	struct world *w = *state;
	const char *why;
	fill(w);
	fill_outside(w, 0, 1);
	json_t *o = view_units(w->view, NOW);
	const json_t *c = find(json_object_get(o, "units"), "id", "c");
	assert_string_equal(text(c, "state"), "up");
	assert_string_equal(text(c, "vantage"), "outside");
	assert_string_equal(text(c, "reason_vi"), "Bình thường (nhìn từ ngoài)");
	assert_string_equal(text(find(json_object_get(o, "units"), "id", "a"), "vantage"), "inside");
	assert_string_equal(text(find(json_object_get(o, "units"), "id", "core"), "vantage"), "inside");
	json_decref(o);
	o = view_unit(w->view, "c", NOW, &why);
	const json_t *site = json_array_get(json_object_get(o, "sites"), 0);
	const json_t *line = json_array_get(json_object_get(site, "uplinks"), 0);
	const json_t *rt = find(json_object_get(site, "nodes"), "id", "c-rt");
	assert_string_equal(text(site, "vantage"), "outside");
	assert_true(json_is_true(json_object_get(line, "outside")));
	assert_string_equal(text(line, "state"), "up");
	assert_string_equal(text(rt, "state"), "up");
	assert_string_equal(text(rt, "polled_by"), "core-srv");
	assert_string_equal(text(rt, "vantage"), "outside");
	assert_string_equal(text(rt, "agent"), "never");
	json_decref(o);
}

static void test_a_line_that_is_dead_from_outside(void **state)
{
	struct world *w = *state;
	fill(w);
	fill_outside(w, 10000, 0);
	json_t *o = view_units(w->view, NOW);
	const json_t *c = find(json_object_get(o, "units"), "id", "c");
	assert_string_equal(text(c, "state"), "down");
	assert_string_equal(text(c, "reason_en"), "Line TSLCD VNPT: no connection (seen from outside)");
	assert_int_equal(json_integer_value(json_object_get(c, "incidents")), 1);
	json_decref(o);
	o = view_incidents(w->view, false);
	const json_t *i = find(json_object_get(o, "incidents"), "site", "c-hq");
	assert_string_equal(text(i, "cause"), "uplink-down");
	assert_string_equal(text(i, "confidence"), "unclear"); /* power may be out there as well */
	assert_string_equal(text(i, "responsible"), "carrier");
	assert_true(json_is_true(json_object_get(i, "outside")));
	assert_string_equal(
	        text(i, "summary_vi"), "Kênh truyền TSLCD VNPT của Trụ sở C: kênh truyền mất kết nối (nhìn từ ngoài)");
	json_decref(o);
}

static void fill_gear(struct world *w)
{
	const int64_t up[] = {1, 2000}, ups[] = {1, 640, 125}, health[] = {0, 0, 0, 0, 1}, tls[] = {100, 350};
	const int64_t clock[] = {0, 5400000};
	struct batch_writer *writer = batch_writer_new();
	batch_dict(writer, 10, "gear", 1, "a-sw1/");
	batch_dict(writer, 11, "ups", 1, "eaton");
	batch_dict(writer, 12, "health", 1, "");
	batch_dict(writer, 13, "tls", 1, "land");
	batch_dict(writer, 14, "clock", 1, "");
	for (int64_t at = NOW - 180000; at <= NOW; at += 60000) {
		batch_row(writer, 10, at, up, 2);
		batch_row(writer, 11, at, ups, 3);
		batch_row(writer, 12, at, health, 5);
		batch_row(writer, 13, at, tls, 2);
		batch_row(writer, 14, at, clock, 2);
	}
	batch_event(writer, NOW - 5000, "check", "svc:land down refused nobody listens on 443");
	batch_event(writer, NOW - 4000, "ups", "eaton on-battery");
	batch_event(writer, NOW - 3000, "neighbours",
	        "a-sw1/ "
	        "[{\"protocol\":\"lldp\",\"local_port\":\"1\",\"chassis\":\"aa\",\"port\":\"24\",\"system\":\"core\"}"
	        "]");
	batch_event(writer, NOW - 2000, "carrier", "eth1 down");
	batch_event(writer, NOW - 1000, "trace", "svc:land {\"target\":\"t\",\"reached\":true,\"hops\":[]}");
	put_batch(w, "a-srv", NOW, writer);
	world_json(
	        w, RECORD_AGENT, "a-srv", NOW, "{\"state\": \"configured\", \"config_version\": \"00ff00ff00ff00ff\"}");
	judge_tick(&w->judge, NOW);
	world_store(w);
}

static void test_gear_and_what_surrounds_it(void **state)
{
	struct world *w = *state;
	const char *why;
	fill(w);
	fill_gear(w);
	json_t *o = view_unit(w->view, "a", NOW, &why);
	const json_t *site = json_array_get(json_object_get(o, "sites"), 0), *nodes = json_object_get(site, "nodes");
	const json_t *srv = find(nodes, "id", "a-srv"), *sw = find(nodes, "id", "a-sw1");
	const json_t *land = find(json_object_get(site, "services"), "id", "land");
	assert_string_equal(text(sw, "state"), "up");
	assert_string_equal(text(sw, "vantage"), "inside");
	assert_string_equal(text(json_array_get(json_object_get(sw, "neighbours"), 0), "system"), "core");
	assert_string_equal(text(srv, "config_version"), "00ff00ff00ff00ff");
	assert_true(json_is_true(json_object_get(json_object_get(srv, "ups"), "on_battery")));
	assert_true(json_number_value(json_object_get(json_object_get(srv, "ups"), "charge_pct")) == 64);
	const json_t *concerns = json_object_get(srv, "concerns");
	assert_int_equal(json_array_size(concerns), 3);
	assert_string_equal(text(find(concerns, "kind", "ups"), "en"), "The UPS (a-srv) runs on battery, 64 % left");
	assert_string_equal(text(find(concerns, "kind", "health"), "en"), "Host a-srv: a file system is read-only");
	assert_string_equal(text(find(concerns, "kind", "clock"), "vi"), "Máy a-srv: đồng hồ lệch 5.4 giây");
	assert_string_equal(text(land, "note"), "nobody listens on 443");
	assert_string_equal(text(land, "reason_vi"), "từ chối kết nối");
	assert_true(json_number_value(json_object_get(land, "days_left")) == 3.5);
	const json_t *events = json_object_get(o, "events");
	assert_int_equal(json_array_size(events), 4);
	assert_string_equal(text(json_array_get(events, 0), "en"), "Interface eth1 of a-srv lost carrier");
	assert_string_equal(text(json_array_get(events, 3), "kind"), "check");
	json_decref(o);
}

static void test_events_of_a_node(void **state)
{
	struct world *w = *state;
	const char *why;
	json_t *o = view_events(w->view, "a-srv", NULL, 0, INT64_MAX, &why);
	assert_int_equal(json_array_size(json_object_get(o, "events")), 0);
	json_decref(o);
	fill(w);
	fill_gear(w);
	o = view_events(w->view, "a-srv", NULL, 0, INT64_MAX, &why);
	assert_int_equal(json_array_size(json_object_get(o, "events")), 4);
	json_decref(o);
	o = view_events(w->view, "a-srv", "ups", 0, INT64_MAX, &why);
	assert_int_equal(json_array_size(json_object_get(o, "events")), 1);
	assert_string_equal(text(json_array_get(json_object_get(o, "events"), 0), "subject"), "eaton");
	json_decref(o);
	o = view_events(w->view, "a-srv", NULL, NOW - 4500, NOW - 3500, &why);
	assert_int_equal(json_array_size(json_object_get(o, "events")), 1);
	json_decref(o);
	o = view_events(w->view, "a-sw1", NULL, 0, INT64_MAX, &why);
	assert_true(json_is_array(json_object_get(json_array_get(json_object_get(o, "events"), 0), "data")));
	json_decref(o);
	assert_null(view_events(w->view, "nobody", NULL, 0, INT64_MAX, &why));
	assert_string_equal(why, "no such node");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_without_a_database_all_is_unobserved),
	        TEST(test_units_and_their_reasons),
	        TEST(test_the_page_of_a_unit),
	        TEST(test_incidents_and_acts),
	        TEST(test_nodes_and_find),
	        TEST(test_a_site_without_an_agent_is_seen_from_outside),
	        TEST(test_a_line_that_is_dead_from_outside),
	        TEST(test_gear_and_what_surrounds_it),
	        TEST(test_events_of_a_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
