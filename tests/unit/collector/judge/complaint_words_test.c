/* complaint_words: which service a caller names, in the real province. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/complaint_words.c"

static int set_up(void **state)
{
	struct conf_errors errors = {0};
	struct inventory *inv;
	assert_int_equal(inventory_load("examples/lao-cai/province.yaml", "Asia/Ho_Chi_Minh", 0, &inv, &errors), 0);
	*state = inv;
	return 0;
}

static int tear_down(void **state)
{
	inventory_free(*state);
	return 0;
}

static void test_what_callers_say(void **state)
{
	static const struct {
		const char *words, *service; /* NULL: none is named */
	} said[] = {
	        {"không vào được đất đai", "land"},
	        {"dat dai treo tu sang", "land"},
	        {"VBDLIS lỗi", "land"},
	        {"Cổng Dịch vụ công quốc gia không mở được", "dvc-qg"},
	        {"cổng quốc gia lỗi", "dvc-qg"},
	        {"vneid khong dang nhap duoc", "vneid"},
	        {"iOffice chậm", "ioffice"},
	        {"nộp thuế điện tử không được", "tax"},
	        {"kho bạc không vào được", "tabmis"},
	        {"dvc-qg 502", "dvc-qg"},
	        /* two are called so: none is guessed */
	        {"phần mềm tài chính lỗi", NULL},
	        {"mất mạng", NULL},
	        {"mạng chậm, máy tính không vào được", NULL},
	        {"dịch vụ của tỉnh không vào được", NULL},
	        {"hệ thống lỗi", NULL},
	        {"", NULL},
	        {"!!! ??? ...", NULL},
	};
	for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
		const char *service = complaint_service(*state, said[k].words);
		if (!!service != !!said[k].service || (service && strcmp(service, said[k].service)))
			print_error("\"%s\" names %s\n", said[k].words, service ? service : "nothing");
		assert_true(!!service == !!said[k].service);
		if (service)
			assert_string_equal(service, said[k].service);
	}
}

static void test_words_as_long_as_they_may_be(void **state)
{
	char words[COMPLAINT_WORDS_MAX + 1];
	for (size_t k = 0; k + 1 < sizeof words; k++)
		words[k] = k % 2 ? ' ' : (char)('a' + k % 26);
	words[sizeof words - 1] = 0;
	assert_null(complaint_service(*state, words));
	memset(words, 0xff, sizeof words - 1);
	assert_null(complaint_service(*state, words));
}

/* What core read in state.db speaks for a time that judge does not remember. */
static void test_a_time_long_past_is_looked_up(void **state)
{
	struct judge j = {.inv = *state, .now = 2000000};
	struct judge_node node = {.name = "pha-long-srv",
	        .inv = inventory_node(*state, "pha-long-srv"),
	        .site = inventory_site(*state, "pha-long-hq")};
	struct judge_check check = {.node = &node,
	        .kind = KIND_SERVICE,
	        .instance = "land",
	        .site = node.site,
	        .service = inventory_service(*state, "land"),
	        .step_ms = 10000,
	        .machine = {.state = STATE_UP, .since = 1500000, .at = 1999000}};
	struct judge_check *checks[] = {&check};
	struct judge_node *nodes[] = {&node};
	node.checks = checks;
	node.check_count = 1;
	j.fleet.nodes = nodes;
	j.fleet.count = 1;
	struct complaint c = {.site = (char *)"pha-long-hq", .at = 1000000, .measured = json_array()};
	complaint_answer(&j, &c, NULL);
	assert_int_equal(c.found, FOUND_UNSEEN);
	json_array_append_new(c.measured,
	        json_pack("{s:s, s:s, s:s, s:s, s:i, s:I}", "node", "pha-long-srv", "kind", "svc", "instance", "land",
	                "state", "down", "reason", REASON_TIMEOUT, "since", (json_int_t)900000));
	json_array_append_new(c.measured, json_integer(1)); /* and what is none */
	complaint_answer(&j, &c, NULL);
	assert_int_equal(c.found, FOUND_MEASURED);
	assert_non_null(strstr(c.answer_vi, "Đất đai: VBDLIS gián đoạn từ 00:15:00 01/01/1970"));
	/* now it is up, and that is known without looking */
	c.at = 1990000;
	complaint_answer(&j, &c, NULL);
	assert_int_equal(c.found, FOUND_NOTHING);
	assert_non_null(strstr(c.answer_vi, "Hãy kiểm tra Wi-Fi hoặc máy trạm"));
	json_decref(c.measured);
	free(c.answer_vi);
	free(c.answer_en);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_what_callers_say, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_words_as_long_as_they_may_be, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_time_long_past_is_looked_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
