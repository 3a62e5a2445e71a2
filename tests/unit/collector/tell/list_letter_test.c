/* list_letter: several incidents in one letter, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/list_letter.c"
#include "tests/unit/collector/tell/desk.h"

/* Three of them: one goes on, one since yesterday, one is over. */
static json_t *body_make(void)
{
	json_t *one = alarm_at("i1", "pl-hq", MORNING), *two = alarm_at("i2", "dc-hq", MORNING - DAY), *three;
	json_t *list = json_array(), *item;

	json_object_set_new(one, "unit", json_string("pha-long"));
	json_object_set_new(one, "carrier", json_string("VNPT"));
	json_object_set_new(one, "circuit", json_string("LCI-7"));
	json_object_set_new(one, "evidence", json_array());
	three = resolved(alarm_at("i3", NULL, MORNING), MORNING + 5 * MINUTE);
	item = list_item(one);
	json_object_set_new(item, "news", json_true());
	json_array_append_new(list, item);
	item = list_item(two);
	json_object_set_new(item, "news", json_false());
	json_array_append_new(list, item);
	json_array_append_new(list, list_item(three));
	json_decref(one);
	json_decref(two);
	json_decref(three);
	return json_pack("{s:o, s:I, s:I}", "list", list, "from", (json_int_t)MORNING, "until",
	        (json_int_t)(MORNING + 30 * MINUTE));
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("lacks \"%s\":\n%s", part, text);
}

static void a_storm_in_vietnamese(void **state)
{
	struct room *r = room_new("");
	json_t *body = body_make();
	const struct letter_facts f = {.incident = body, .kind = "storm-3", .inventory = r->inv, .language = "vi"};
	struct letter l;
	struct buf text = {0};

	(void)state;
	list_letter_write(&f, &l);
	assert_string_equal(l.subject, "[NHIỀU SỰ CỐ] 3 sự cố – 3 địa điểm – 08:12");
	page_text(&l.page, &text);
	has((char *)text.data, "Đang diễn ra (1)\n  - 07:42  Xã Pha Long: Kênh mất kết nối. (");
	has((char *)text.data, "; VNPT LCI-7) · i1\n");
	has((char *)text.data, "Đã hết (1)\n  - 07:42–07:47  Kênh mất kết nối. (");
	has((char *)text.data, "07:42 30/06  DC: ");
	assert_int_equal(l.page.mood, MOOD_DOWN);
	buf_free(&text);
	letter_free(&l);
	json_decref(body);
	room_free(r);
}

static void a_digest_in_english(void **state)
{
	struct room *r = room_new("");
	json_t *body = body_make();
	const struct letter_facts f = {
	        .incident = body, .kind = "digest-20250701", .inventory = r->inv, .language = "en", .late = true};
	struct letter l;
	struct buf text = {0};

	(void)state;
	list_letter_write(&f, &l);
	assert_string_equal(l.subject, "[WARNINGS OF THE DAY] 1 new, 1 over – 07-01 08:12 (late)");
	page_text(&l.page, &text);
	has((char *)text.data, "Going on (1)");
	has((char *)text.data, "The line is down.");
	has((char *)text.data, "Going on since earlier days (1)");
	assert_int_equal(l.page.mood, MOOD_WARNING);
	assert_null(letter_graph(&f, MORNING)); /* no picture */
	buf_free(&text);
	letter_free(&l);
	json_decref(body);
	room_free(r);
}

static void what_is_a_list(void **state)
{
	(void)state;
	assert_true(list_letter_is("storm-1") && list_letter_is("digest-20250701"));
	assert_false(list_letter_is("open") || list_letter_is("escalate-1") || list_letter_is("storm"));
}

/* A thousand sites: every one is named. */
static void nothing_is_cut_off(void **state)
{
	struct room *r = room_new("");
	json_t *list = json_array(), *body;
	struct letter_facts f = {.kind = "storm-1", .inventory = r->inv, .language = "vi"};
	struct letter l;
	struct buf text = {0};
	char id[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "incident-%04d", i);
		json_t *o = alarm_at(id, NULL, MORNING);
		json_array_append_new(list, list_item(o));
		json_decref(o);
	}
	body = json_pack("{s:o}", "list", list);
	f.incident = body;
	list_letter_write(&f, &l);
	page_text(&l.page, &text);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "incident-%04d", i);
		has((char *)text.data, id);
	}
	buf_free(&text);
	letter_free(&l);
	json_decref(body);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_storm_in_vietnamese),
	        cmocka_unit_test(a_digest_in_english),
	        cmocka_unit_test(what_is_a_list),
	        cmocka_unit_test(nothing_is_cut_off),
	};

	setenv("TZ", "Asia/Ho_Chi_Minh", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
