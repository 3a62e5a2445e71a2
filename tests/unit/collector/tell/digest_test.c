/* digest: warnings once a day, at the set time of the wall clock, and silence when there is nothing new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/digest.c"
#include "collector/tell/rounds.h"
#include "tests/unit/collector/tell/desk.h"

#define SEVEN (MORNING - 42 * MINUTE) /* 07:00 of 1 July */

static json_t *warning(const char *id, int64_t at)
{
	json_t *o = alarm_at(id, "pl-hq", at);

	json_object_set_new(o, "severity", json_string("warning"));
	return o;
}

static void list_is(struct room *r, const char *kind, const char *contact, const char *expected)
{
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT body FROM outbox WHERE kind = ?1 AND contact = ?2 AND incident = 'digest'", "ss", kind,
	        contact);
	char text[400] = "";
	json_t *body, *item;
	size_t i;

	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	body = json_loads(outbox_text(s, 0), 0, NULL);
	json_array_foreach(json_object_get(body, "list"), i, item)
	{
		size_t at = strlen(text);

		snprintf(text + at, sizeof(text) - at, "%s%s%s%s", at ? " " : "", desk_text(item, "id"),
		        json_is_true(json_object_get(item, "news")) ? "" : "/old",
		        strcmp(desk_text(item, "state"), "resolved") ? "" : "/over");
	}
	assert_string_equal(text, expected);
	json_decref(body);
	sqlite3_finalize(s);
}

static void once_a_day(void **state)
{
	struct room *r = room_new("alerts: { digest: { at: \"07:00\", to: [an, binh] } }\n");

	(void)state;
	rounds_make(&r->desk, SEVEN - HOUR); /* the very first: the day before has none */
	assert_int_equal(digest_due(&r->desk, SEVEN - HOUR), SEVEN);
	assert_int_equal(conclude(r, "open", warning("w1", SEVEN - HOUR), SEVEN - HOUR), 0);
	assert_int_equal(conclude(r, "open", warning("w2", SEVEN - HOUR), SEVEN - HOUR), 0);
	assert_int_equal(
	        conclude(r, "resolve", resolved(warning("w2", SEVEN - HOUR), SEVEN - MINUTE), SEVEN - MINUTE), 0);
	rounds_make(&r->desk, SEVEN - 1);
	rows_are(r, "queued", "");
	rounds_make(&r->desk, SEVEN);
	rounds_make(&r->desk, SEVEN + MINUTE);
	rows_are(r, "queued", "digest-20250701 an, digest-20250701 binh");
	list_is(r, "digest-20250701", "an", "w1 w2/over");
	mails_leave(r, SEVEN);
	/* a day with nothing new: w1 goes on, and no mail says so again */
	rounds_make(&r->desk, SEVEN + DAY);
	rows_are(r, "queued", "");
	/* news again: what goes on is named with it; a process that starts anew makes no second one */
	conclude(r, "open", warning("w3", SEVEN + DAY + HOUR), SEVEN + DAY + HOUR);
	rounds_make(&r->desk, SEVEN + 2 * DAY + 5 * HOUR); /* tell was away at seven */
	room_outbox(r);
	rounds_make(&r->desk, SEVEN + 2 * DAY + 6 * HOUR);
	rows_are(r, "queued", "digest-20250703 an, digest-20250703 binh");
	list_is(r, "digest-20250703", "binh", "w3 w1/old");
	assert_int_equal(digest_due(&r->desk, SEVEN + 2 * DAY + 6 * HOUR), SEVEN + 3 * DAY);
	room_free(r);
}

static void to_whom_alarms_would_go(void **state)
{
	struct room *r =
	        room_new("alerts: { routes: [ { sites: dc-hq, to: chief }, { severity: warning, to: chi } ] }\n");
	json_t *there = warning("w2", SEVEN - HOUR);

	(void)state;
	rounds_make(&r->desk, SEVEN - HOUR);
	json_object_set_new(there, "site", json_string("dc-hq"));
	conclude(r, "open", warning("w1", SEVEN - HOUR), SEVEN - HOUR);
	conclude(r, "open", there, SEVEN - HOUR);
	rounds_make(&r->desk, SEVEN);
	list_is(r, "digest-20250701", "chi", "w1");
	list_is(r, "digest-20250701", "chief", "w2");
	assert_int_equal(mails_leave(r, SEVEN), 2);
	room_free(r);
}

static void what_is_not_in_it(void **state)
{
	struct room *r = room_new("alerts: { digest: { to: an }, routes: [ { to: chief } ] }\n");
	json_t *excused = warning("w1", SEVEN - HOUR), *merged = warning("w2", SEVEN - HOUR),
	       *late = warning("w3", SEVEN - HOUR);

	(void)state;
	rounds_make(&r->desk, SEVEN - HOUR);
	json_object_set_new(excused, "excused", json_string("maintenance:m"));
	json_object_set_new(late, "late", json_true());
	conclude(r, "open", excused, SEVEN - HOUR);
	conclude(r, "open", warning("w2", SEVEN - HOUR), SEVEN - HOUR);
	json_object_set_new(merged, "state", json_string("merged"));
	json_object_set_new(merged, "merged_into", json_string("wide"));
	conclude(r, "update", merged, SEVEN - MINUTE);
	conclude(r, "open", late, SEVEN - HOUR);
	/* a warning that became an alarm was told at once */
	conclude(r, "open", warning("w4", SEVEN - HOUR), SEVEN - HOUR);
	assert_int_equal(conclude(r, "update", alarm_at("w4", "pl-hq", SEVEN - HOUR), SEVEN - MINUTE), 1);
	rows_are(r, "queued", "open chief");
	mails_leave(r, SEVEN);
	rounds_make(&r->desk, SEVEN);
	rows_are(r, "queued", "");
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(once_a_day),
	        cmocka_unit_test(to_whom_alarms_would_go),
	        cmocka_unit_test(what_is_not_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
