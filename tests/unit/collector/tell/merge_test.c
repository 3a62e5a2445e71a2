/* merge: one root cause stays one mail, in whatever order part and whole are said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/merge.c"
#include "collector/tell/rounds.h"
#include "tests/unit/collector/tell/desk.h"

static json_t *merged(const char *id, const char *into)
{
	json_t *o = alarm_at(id, "pl-hq", MORNING);

	json_object_set_new(o, "state", json_string("merged"));
	json_object_set_new(o, "merged_into", json_string(into));
	return o;
}

static void ended_in_thread(struct room *r, const char *whole, const char *contact, const char *root)
{
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT root FROM outbox WHERE incident = ?1 AND kind = 'resolve' AND contact = ?2", "ss", whole,
	        contact);

	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal(outbox_text(s, 0), root);
	sqlite3_finalize(s);
}

static void who_heard_of_the_part_hears_only_the_end(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { sites: pl-hq, to: an }, { to: [an, chief] } ] }\n");

	(void)state;
	conclude(r, "open", alarm_at("part", "pl-hq", MORNING), MORNING);
	assert_int_equal(mails_leave(r, MORNING), 1);
	assert_int_equal(conclude(r, "update", merged("part", "whole"), MORNING + MINUTE), 0);
	assert_int_equal(conclude(r, "open", alarm_at("whole", NULL, MORNING), MORNING + MINUTE), 1);
	rows_are(r, "queued", "open chief");
	mails_leave(r, MORNING + MINUTE);
	conclude(r, "resolve", resolved(alarm_at("whole", NULL, MORNING), MORNING + HOUR), MORNING + HOUR);
	rows_are(r, "queued", "resolve an, resolve chief");
	ended_in_thread(r, "whole", "an", "open.part.an");
	ended_in_thread(r, "whole", "chief", "open.whole.chief");
	room_free(r);
}

static void what_nobody_read_is_taken_back(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { to: an } ] }\n");

	(void)state;
	conclude(r, "open", alarm_at("part", "pl-hq", MORNING), MORNING);
	conclude(r, "update", merged("part", "whole"), MORNING);
	rows_are(r, "queued", "");
	assert_int_equal(conclude(r, "open", alarm_at("whole", NULL, MORNING), MORNING), 1);
	room_free(r);
}

/* The whole is opened first, and its mail has not left when the part turns out to be of it. */
static void the_whole_was_first(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { to: an } ] }\n");

	(void)state;
	conclude(r, "open", alarm_at("part", "pl-hq", MORNING), MORNING);
	mails_leave(r, MORNING);
	conclude(r, "open", alarm_at("whole", NULL, MORNING), MORNING);
	conclude(r, "update", merged("part", "whole"), MORNING);
	rows_are(r, "queued", "");
	rows_are(r, "covered", "open an");
	/* and both of them in something wider still */
	conclude(r, "update", merged("whole", "all"), MORNING + MINUTE);
	assert_int_equal(conclude(r, "open", alarm_at("all", NULL, MORNING), MORNING + MINUTE), 0);
	conclude(r, "resolve", resolved(alarm_at("all", NULL, MORNING), MORNING + HOUR), MORNING + HOUR);
	ended_in_thread(r, "all", "an", "open.part.an");
	rows_are(r, "queued", "resolve an");
	room_free(r);
}

static void both_were_told_already(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { to: an } ] }\n");

	(void)state;
	conclude(r, "open", alarm_at("part", "pl-hq", MORNING), MORNING);
	conclude(r, "open", alarm_at("whole", NULL, MORNING), MORNING);
	assert_int_equal(mails_leave(r, MORNING), 2);
	conclude(r, "update", merged("part", "whole"), MORNING);
	conclude(r, "resolve", resolved(alarm_at("whole", NULL, MORNING), MORNING + HOUR), MORNING + HOUR);
	rows_are(r, "queued", "resolve an"); /* one end for both */
	ended_in_thread(r, "whole", "an", "open.whole.an");
	room_free(r);
}

static void what_a_list_told_of_ends_in_a_list(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { to: an } ], storm: { sites: 1, every: 30m } }\n");

	(void)state;
	conclude(r, "open", alarm_at("first", "dc-hq", MORNING), MORNING);
	conclude(r, "open", alarm_at("part", "pl-hq", MORNING), MORNING);
	rows_are(r, "held", "open an");
	rounds_make(&r->desk, MORNING + HOUR);
	conclude(r, "update", merged("part", "whole"), MORNING + HOUR);
	assert_int_equal(conclude(r, "open", alarm_at("whole", NULL, MORNING), MORNING + HOUR), 0);
	conclude(r, "resolve", resolved(alarm_at("whole", NULL, MORNING), MORNING + HOUR), MORNING + HOUR);
	rows_are(r, "held", "resolve an");
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_heard_of_the_part_hears_only_the_end),
	        cmocka_unit_test(what_nobody_read_is_taken_back),
	        cmocka_unit_test(the_whole_was_first),
	        cmocka_unit_test(both_were_told_already),
	        cmocka_unit_test(what_a_list_told_of_ends_in_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
