/* lamps: what a technician with a caller on the phone is shown, against a state.db that judge and its store made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "collector/view/lamps.c"

#include "collector/judge/judge.h"
#include "collector/judge/store.h"
#include "common/batch.h"
#include "common/clock.h"
#include "common/memory.h"

#define START 1751500000000LL /* 2025-07-02T23:46:40Z */
#define STEP 10000LL

static const char province[] =
        "province: { id: p, name: \"Tỉnh\", collector_node: core-srv, go_live: 2025-07-01T00:00:00+07:00 }\n"
        "contacts: [ { id: oncall, name: \"Trực kỹ thuật\", phone: \"0214 000 0001\", mail: o@example } ]\n"
        "units:\n"
        "  - { id: tnc, name: \"Xã Tả Ngài Chồ\", kind: commune, until: 2025-07-01 }\n"
        "  - { id: pl, name: \"Xã Pha Long\", kind: commune, from: 2025-07-01, formed_from: [tnc] }\n"
        "  - { id: tb1, name: \"Xã Thanh Bình\", kind: commune, until: 2025-07-01 }\n"
        "  - { id: tb2, name: \"Xã Thanh Bình\", kind: commune, until: 2025-07-01 }\n"
        "  - { id: c, name: \"Xã C\", kind: commune, from: 2025-07-01, formed_from: [tb1] }\n"
        "  - { id: d, name: \"Xã D\", kind: commune, from: 2025-07-01, formed_from: [tb2] }\n"
        "sites:\n"
        "  - { id: pl-hq, name: \"Trụ sở xã Pha Long\", role: service-centre, required: yes, units: [ { unit: pl } ], "
        "uplinks: [\n"
        "      { id: pl-ts, kind: tslcd, carrier: VNPT, circuit: C1, hotline: \"0214 119\", terminal: 10.1.1.1 },\n"
        "      { id: pl-net, kind: internet, carrier: Viettel, terminal: 203.0.113.1 } ] }\n"
        "  - { id: c-hq, name: \"Trụ sở C\", role: service-centre, required: yes, units: [ { unit: c } ], uplinks: [\n"
        "      { id: c-ts, kind: tslcd, carrier: VNPT, terminal: 10.1.3.1 } ] }\n"
        "  - { id: d-hq, name: \"Trụ sở D\", role: service-centre, required: yes, units: [ { unit: d } ] }\n"
        "  - { id: core-hq, name: \"Phòng máy chủ\", role: core, required: no, units: [ { unit: d } ] }\n"
        "nodes: [ { id: pl-srv, site: pl-hq, kind: server }, { id: core-srv, site: core-hq, kind: server } ]\n"
        "services:\n"
        "  - { id: land, name: \"Đất đai\", responsible: province, via: tslcd, every: 10s, check: { tcp: "
        "\"10.0.0.5:443\" }, "
        "checked_by: [ pl-hq ] }\n"
        "  - { id: portal, name: \"Cổng quốc gia\", responsible: central, via: internet, every: 10s, check: { tcp: "
        "\"10.0.0.6:443\" }, checked_by: [ pl-hq ] }\n";

struct world {
	char folder[64];
	struct collector_config config;
	struct inventory *inv;
	struct judge judge;
	struct store *store;
	struct view *view;
	int64_t cursor, now;
};

static void give(struct world *w, enum record_kind kind, const char *node, const void *body, size_t len)
{
	struct record r = {.id = ++w->cursor,
	        .at_ms = w->now,
	        .kind = kind,
	        .node = node,
	        .epoch = 1,
	        .key = "",
	        .body = body,
	        .body_len = len};
	judge_record(&w->judge, &r);
}

static void give_json(struct world *w, enum record_kind kind, const char *node, const char *body)
{
	give(w, kind, node, body, strlen(body));
}

/* What the site's agent sees at w->now; a loss of 100 is a line that is down. */
static void rows(struct world *w, int ts_loss, int net_loss, bool land, bool portal)
{
	static const char *const instances[] = {"pl-ts", "pl-net", "land", "portal"};
	const int loss[] = {ts_loss, net_loss};
	const bool up[] = {land, portal};
	struct batch_writer *writer = batch_writer_new();
	struct buf body = {0};
	for (unsigned set = 0; set < 4; set++) {
		int64_t v[METRIC_COLUMNS_MAX];
		const struct metric_class *class = metric_class_named(set < 2 ? "uplink" : "svc");
		for (unsigned k = 0; k < class->count; k++)
			v[k] = METRIC_UNKNOWN;
		if (set < 2) {
			v[PATH_LOSS] = loss[set] * 100;
			v[PATH_RTT] = loss[set] < 100 ? 12000 : METRIC_UNKNOWN;
		} else {
			v[SVC_UP] = up[set - 2];
			v[SVC_CONNECT] = up[set - 2] ? 1500 : METRIC_UNKNOWN;
			v[SVC_REASON] = up[set - 2] ? REASON_OK : REASON_TIMEOUT;
		}
		batch_dict(writer, set, class->name, 1, instances[set]);
		batch_row(writer, set, w->now, v, class->count);
	}
	batch_finish(writer, &body);
	give(w, RECORD_BATCH, "pl-srv", body.data, body.len);
	buf_free(&body);
	batch_writer_free(writer);
}

static bool dict(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name, uint8_t *layout,
        const char **instance)
{
	static const char *const instances[] = {"pl-ts", "pl-net", "land", "portal"};
	(void)arg;
	(void)node;
	(void)epoch;
	if (set > 3)
		return false;
	*class_name = set < 2 ? "uplink" : "svc";
	*instance = instances[set];
	*layout = 1;
	return true;
}

static void pass(struct world *w, int steps, int ts_loss, int net_loss, bool land, bool portal)
{
	for (int k = 0; k < steps; k++) {
		w->now += STEP;
		rows(w, ts_loss, net_loss, land, portal);
		judge_tick(&w->judge, w->now + 1000);
		judge_tick(&w->judge, w->now + 9000);
	}
	clock_fake(w->now + 9000, 1000);
	assert_int_equal(store_commit(w->store, &w->judge, w->cursor), 0);
}

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct conf_errors errors = {0};
	const struct judge_source source = {dict, w};
	char path[128];
	snprintf(w->folder, sizeof w->folder, "/tmp/sansang-lamps-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(path, sizeof path, "%s/province.yaml", w->folder);
	FILE *f = fopen(path, "w");
	fputs(province, f);
	fclose(f);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	w->now = START;
	w->config.state_dir = w->folder;
	w->config.timezone = "Asia/Ho_Chi_Minh";
	w->config.step_ms = STEP;
	clock_fake(START, 1000);
	w->view = view_open(&w->config);
	view_set_inventory(w->view, w->inv);
	snprintf(path, sizeof path, "%s/state.db", w->folder);
	assert_int_equal(store_open(&w->store, path), 0);
	judge_init(&w->judge, STEP, &source);
	judge_set_inventory(&w->judge, w->inv);
	give_json(w, RECORD_AGENT, "pl-srv", "{\"state\": \"connected\", \"software\": \"test\"}");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"province.yaml", "state.db", "state.db-wal", "state.db-shm"};
	struct world *w = *state;
	char path[160];
	view_close(w->view);
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

static const json_t *lamp(const json_t *o, size_t k)
{
	return json_array_get(json_object_get(o, "lamps"), k);
}

static void assert_lamps(
        const json_t *o, const char *power, const char *tslcd, const char *internet, const char *service)
{
	const char *const wanted[] = {power, tslcd, internet, service};
	for (size_t k = 0; k < 4; k++)
		assert_string_equal(word(lamp(o, k), "state"), wanted[k]);
}

/* Story 2: power green, TSLCD green, internet red, service yellow. */
static void test_the_internet_line_is_cut(void **state)
{
	struct world *w = *state;
	pass(w, 6, 0, 0, true, true);
	json_t *o = view_lamps(w->view, "ta ngai cho", w->now);
	assert_string_equal(word(o, "unit_name"), "Xã Pha Long");
	assert_string_equal(word(o, "former"), "Xã Tả Ngài Chồ");
	assert_lamps(o, "up", "up", "up", "up");
	assert_non_null(strstr(word(lamp(o, 1), "why_vi"), "VNPT: thông, trễ 12 ms"));
	assert_string_equal(word(lamp(o, 1), "call_vi"), "");
	json_decref(o);
	int64_t well = w->now;
	pass(w, 12, 0, 100, true, false);
	o = view_lamps(w->view, "Xã Pha Long", w->now);
	assert_lamps(o, "up", "up", "down", "degraded");
	assert_non_null(strstr(word(lamp(o, 2), "incident"), "pl-hq.uplink-pl-net."));
	assert_true(json_is_true(json_object_get(lamp(o, 2), "slip")));
	assert_string_equal(word(lamp(o, 2), "call_vi"),
	        "Viettel (chưa có đường dây nóng trong danh mục), mã kênh (chưa có trong danh mục)");
	assert_string_equal(word(lamp(o, 3), "call_vi"), "do Trung ương quản lý: báo Trực kỹ thuật 0214 000 0001");
	assert_non_null(strstr(word(lamp(o, 3), "why_vi"), "1/2 dịch vụ lỗi: Cổng quốc gia ("));
	/* the service fails because of the line */
	assert_string_equal(word(lamp(o, 3), "incident"), word(lamp(o, 2), "incident"));
	json_decref(o);
	pass(w, 12, 0, 0, true, true);
	/* what was so then is still known */
	const struct {
		int64_t at;
		const char *state;
	} then[] = {{well, "up"}, {well + 60000, "down"}, {w->now, "up"}, {START - 60000, "unobserved"}};
	for (size_t k = 0; k < sizeof then / sizeof then[0]; k++) {
		json_t *seen = view_measured(w->view, "pl-hq", then[k].at), *row;
		size_t m, found = 0;
		json_array_foreach(seen, m, row)
		{
			if (strcmp(word(row, "kind"), "uplink") || strcmp(word(row, "instance"), "pl-net"))
				continue;
			assert_string_equal(word(row, "state"), then[k].state);
			found++;
		}
		assert_int_equal(found, 1);
		json_decref(seen);
	}
	const char *why;
	json_t *month = view_outages(w->view, "2025-07", "Viettel", &why),
	       *c = json_array_get(json_object_get(month, "carriers"), 0);
	assert_int_equal(json_integer_value(json_object_get(c, "outages")), 1);
	assert_int_equal(json_integer_value(json_object_get(c, "minutes")), 2);
	assert_in_range((long)(json_real_value(json_object_get(c, "availability")) * 1000), 550, 650);
	json_decref(month);
}

static void test_nobody_looks_and_nobody_is_told_that_all_is_well(void **state)
{
	struct world *w = *state;
	pass(w, 3, 0, 0, true, true);
	json_t *o = view_lamps(w->view, "c-hq", w->now);
	assert_lamps(o, "unobserved", "unobserved", "none", "none");
	json_decref(o);
	/* the agent falls silent: its lines and services are grey, and so is the power */
	give_json(w, RECORD_AGENT, "pl-srv", "{\"state\": \"silent\"}");
	w->now += 120000;
	judge_tick(&w->judge, w->now);
	clock_fake(w->now, 1000);
	assert_int_equal(store_commit(w->store, &w->judge, w->cursor), 0);
	o = view_lamps(w->view, "pl-hq", w->now);
	assert_string_not_equal(word(lamp(o, 0), "state"), "up");
	assert_string_not_equal(word(lamp(o, 1), "state"), "up");
	assert_string_equal(word(lamp(o, 3), "state"), "unobserved");
	json_decref(o);
}

static void test_two_of_one_name(void **state)
{
	struct world *w = *state;
	pass(w, 1, 0, 0, true, true);
	json_t *o = view_lamps(w->view, "thanh binh", w->now);
	assert_int_equal(json_integer_value(json_object_get(o, "status")), 409);
	assert_int_equal(json_array_size(json_object_get(o, "candidates")), 2);
	assert_int_equal(json_array_size(json_object_get(o, "errors")), 2);
	json_decref(o);
	o = view_place(w->view, "nowhere at all", w->now);
	assert_int_equal(json_integer_value(json_object_get(o, "status")), 404);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_the_internet_line_is_cut, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(
	                test_nobody_looks_and_nobody_is_told_that_all_is_well, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_two_of_one_name, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
