/* slip: what is read out to the carrier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "collector/judge/slip.c"

#define OPENED 1751438530000LL /* 2025-07-02 13:42:10 in Việt Nam */
#define NOW (OPENED + 12 * 60000)

static const char province[] =
        "province: { id: lao-cai, name: \"Lào Cai\", go_live: 2025-07-01T00:00:00+07:00 }\n"
        "contacts: [ { id: oncall, name: \"Trực kỹ thuật\", mail: oncall@laocai.example, phone: \"0214 000 0001\" } ]\n"
        "units:\n"
        "  - { id: pha-long, name: \"Xã Pha Long\", kind: commune }\n"
        "  - { id: a, name: \"Xã A\", kind: commune }\n"
        "sites:\n"
        "  - { id: pl-hq, name: \"Trụ sở xã Pha Long\", role: service-centre, required: yes, lat: 22.8, lon: 104.2, "
        "units: [ { unit: pha-long } ], uplinks: [\n"
        "      { id: pl-ts, kind: tslcd, carrier: VNPT, circuit: \"LCI-0421\", hotline: \"0214 119\", capacity_mbps: "
        "100, "
        "terminal: 10.20.1.1 },\n"
        "      { id: pl-net, kind: internet, carrier: Viettel, terminal: 203.0.113.7 } ] }\n"
        "  - { id: a-hq, name: \"Trụ sở xã A\", role: service-centre, required: yes, units: [ { unit: a } ], uplinks: "
        "[\n"
        "      { id: a-ts, kind: tslcd, carrier: VNPT, circuit: \"LCI-0500\", terminal: 10.20.2.1 } ] }\n"
        "  - { id: bare, name: \"Không kênh\", role: extra, required: no, units: [ { unit: a } ] }\n";

struct world {
	struct inventory *inv;
	struct zone *zone;
	char path[64];
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct conf_errors errors = {0};
	snprintf(w->path, sizeof w->path, "/tmp/sansang-slip-XXXXXX");
	int fd = mkstemp(w->path);
	assert_true(fd >= 0 && write(fd, province, strlen(province)) == (ssize_t)strlen(province));
	close(fd);
	int rc = inventory_load(w->path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &w->zone), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	unlink(w->path);
	inventory_free(w->inv);
	zone_free(w->zone);
	free(w);
	return 0;
}

static json_t *line_down(const char *uplink)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:n, s:s, s:[{s:I, s:s, s:s, s:s}, {s:I, s:s, "
	                 "s:s, s:s}],"
	                 " s:{s:{s:b, s:i}, s:{s:b, s:i}, s:{s:b, s:i}}}",
	        "id", "pl-hq.uplink-pl-ts.20250702T064210", "kind", "uplink", "site", "pl-hq", "uplink", uplink,
	        "cause", "uplink-down", "confidence", "certain", "state", "open", "responsible", "carrier", "opened_at",
	        (json_int_t)OPENED, "resolved_at", "carrier", "VNPT", "evidence", "at", (json_int_t)(OPENED + 5000),
	        "who", "pl-srv1", "vi", "Nền tảng đất đai: hết thời gian chờ", "en", "Land platform: timed out", "at",
	        (json_int_t)OPENED, "who", "pl-srv1", "vi", "Ping kênh: mất 100 % số gói", "en",
	        "Ping of the line: all echoes lost", "facts", "other-line", "is", 1, "rank", 2, "carrier", "is", 1,
	        "rank", 2, "gateway", "is", 0, "rank", 2);
}

static unsigned lines_in(const char *text)
{
	unsigned count = 0;
	for (const char *p = text; *p; p++)
		count += *p == '\n';
	return count;
}

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		print_error("\"%s\" is not in:\n%s", words, text);
	assert_non_null(strstr(text, words));
}

static void test_everything_that_a_carrier_asks(void **state)
{
	static const char *const vi[] = {"Gửi: VNPT, đường dây nóng 0214 119\n", "tỉnh Lào Cai",
	        "Xã Pha Long, Trụ sở xã Pha Long (22.80000, 104.20000)", "TSLCD, 100 Mbps", "Mã kênh: LCI-0421\n",
	        "Thiết bị đầu cuối: 10.20.1.1\n", "(chắc chắn)", "Từ: 13:42:10 02/07/2025, chưa khôi phục (đã 12 phút)",
	        "- 13:42:10 Ping kênh: mất 100 % số gói (pl-srv1)\n",
	        "- Điện tại địa điểm tốt: ", "- Mạng nội bộ (LAN) tốt: ", "pl-hq.uplink-pl-ts.20250702T064210",
	        "Gọi lại: Trực kỹ thuật, 0214 000 0001"};
	static const char *const en[] = {"To: VNPT, hotline 0214 119", "Circuit: LCI-0421", "(certain)",
	        "not restored (12 minutes so far)", "- 13:42:10 Ping of the line: all echoes lost (pl-srv1)",
	        "Power at the site fine: ", "(LAN) fine: ", "Call back: "};
	struct world *w = *state;
	json_t *o = line_down("pl-ts");
	char *text = slip_text(o, w->inv, w->zone, false, NOW);
	for (size_t k = 0; k < sizeof vi / sizeof vi[0]; k++)
		assert_says(text, vi[k]);
	assert_true(lines_in(text) <= SLIP_LINES_MAX);
	/* in the order of time, whatever the order of telling */
	assert_true(strstr(text, "Ping kênh") < strstr(text, "Nền tảng"));
	assert_null(strstr(text, "CHƯA CÓ"));
	free(text);
	text = slip_text(o, w->inv, w->zone, true, NOW);
	for (size_t k = 0; k < sizeof en / sizeof en[0]; k++)
		assert_says(text, en[k]);
	free(text);
	json_decref(o);
}

static void test_the_ticket_and_the_end(void **state)
{
	struct world *w = *state;
	json_t *o = line_down("pl-ts");
	json_object_set_new(o, "resolved_at", json_integer(OPENED + 3600000));
	json_object_set_new(o, "final_cause", json_string("uplink-down"));
	json_object_set_new(o, "tickets", json_pack("[{s:s}, {s:s}]", "ticket", "OLD-1", "ticket", "VNPT-8812"));
	char *text = slip_text(o, w->inv, w->zone, false, NOW);
	assert_says(text, "Từ: 13:42:10 02/07/2025 đến 14:42:10 02/07/2025, 60 phút");
	assert_says(text, "Số phiếu nhà mạng: VNPT-8812\n");
	assert_null(strstr(text, "OLD-1"));
	free(text);
	json_decref(o);
}

static void test_what_the_inventory_lacks_is_named(void **state)
{
	struct world *w = *state;
	json_t *o = line_down("pl-net");
	json_object_set_new(o, "carrier", json_null());
	char *text = slip_text(o, w->inv, w->zone, false, NOW);
	assert_says(text, "Gửi: Viettel\n");
	assert_says(
	        text, "Đường dây nóng: CHƯA CÓ trong danh mục (thêm \"hotline\" cho kênh pl-net vào province.yaml)");
	assert_says(text, "Mã kênh: CHƯA CÓ trong danh mục (thêm \"circuit\" cho kênh pl-net vào province.yaml)");
	free(text);
	json_decref(o);
}

static void test_several_circuits_of_one_carrier_are_a_list(void **state)
{
	struct world *w = *state;
	json_t *o = line_down("pl-ts");
	json_object_set_new(o, "cause", json_string("upstream-shared"));
	json_object_set_new(o, "wide", json_true());
	json_object_set_new(o, "site", json_null());
	json_object_set_new(o, "uplink", json_null());
	json_object_set_new(o, "sites", json_pack("[s, s, s]", "pl-hq", "a-hq", "gone"));
	char *text = slip_text(o, w->inv, w->zone, false, NOW);
	assert_says(text, "Các kênh cùng lúc (2):");
	assert_says(text, "Xã Pha Long, Trụ sở xã Pha Long (22.80000, 104.20000) – TSLCD – mã kênh LCI-0421");
	assert_says(text, "Xã A, Trụ sở xã A – TSLCD – mã kênh LCI-0500");
	assert_null(strstr(text, "Viettel"));
	assert_true(lines_in(text) <= SLIP_LINES_MAX);
	free(text);
	json_decref(o);
}

static void test_what_is_no_matter_for_a_carrier(void **state)
{
	struct world *w = *state;
	json_t *o = line_down("pl-ts");
	json_object_set_new(o, "final_cause", json_string("site-power"));
	assert_false(slip_wanted(o, w->inv));
	assert_null(slip_text(o, w->inv, w->zone, false, NOW));
	json_decref(o);
	o = line_down("");
	json_object_set_new(o, "site", json_string("bare"));
	json_object_set_new(o, "carrier", json_null());
	assert_null(slip_text(o, w->inv, w->zone, false, NOW));
	json_decref(o);
	assert_null(slip_text(NULL, w->inv, w->zone, false, NOW));
	o = json_object();
	assert_null(slip_text(o, w->inv, w->zone, false, NOW));
	json_decref(o);
}

/* Evidence comes from agents: long, many, with line breaks, of the wrong type. */
static void test_hostile_evidence_stays_a_slip(void **state)
{
	struct world *w = *state;
	json_t *o = line_down("pl-ts"), *list = json_array();
	char longer[3000];
	for (size_t k = 0; k + 3 < sizeof longer; k += 3)
		memcpy(longer + k, "ạ", 4);
	for (int k = 0; k < 200; k++)
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)(OPENED + k), "who",
		                                    "x", "vi", k % 2 ? longer : "một\nhai\tba", "en", "one\ntwo"));
	json_array_append_new(list, json_integer(3));
	json_object_set_new(o, "evidence", list);
	json_object_set_new(o, "facts", json_string("none"));
	json_object_set_new(o, "ruled_out", json_integer(1));
	json_object_set_new(o, "tickets", json_pack("[{s:i}]", "ticket", 4));
	char *text = slip_text(o, w->inv, w->zone, false, NOW);
	assert_non_null(text);
	assert_true(lines_in(text) <= SLIP_LINES_MAX);
	json_t *utf8 = json_string(text);
	assert_non_null(utf8); /* nothing was cut in the middle of a letter */
	json_decref(utf8);
	assert_says(text, "một hai ba");
	assert_says(text, "Điện tại địa điểm: chưa xác minh được");
	free(text);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_everything_that_a_carrier_asks, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_the_ticket_and_the_end, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_the_inventory_lacks_is_named, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_several_circuits_of_one_carrier_are_a_list, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_is_no_matter_for_a_carrier, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_hostile_evidence_stays_a_slip, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
