/* storm: the sixth site's mail waits for the list, and whatever is held is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/storm.c"
#include "collector/tell/rounds.h"
#include "common/clock.h"
#include "tests/unit/collector/tell/desk.h"

#define ALERTS "alerts: { routes: [ { to: an } ], storm: { sites: 5, every: 30m } }\n"

static json_t *nth(int n, int64_t at)
{
	char id[16], site[16];

	snprintf(id, sizeof(id), "i%d", n);
	snprintf(site, sizeof(site), "s%d", n);
	return alarm_at(id, site, at);
}

static void all_fail(struct room *r, int first, int last, int64_t at)
{
	for (int n = first; n <= last; n++)
		conclude(r, "open", nth(n, at), at);
}

/* The ids that the newest queued list names, joined by blanks; states after a slash when over. */
static void list_is(struct room *r, const char *kind, const char *expected)
{
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT body FROM outbox WHERE kind = ?1 AND incident = 'storm' ORDER BY id DESC LIMIT 1", "s", kind);
	char text[4000] = "";
	json_t *body, *item;
	size_t i;

	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	body = json_loads(outbox_text(s, 0), 0, NULL);
	json_array_foreach(json_object_get(body, "list"), i, item)
	{
		size_t at = strlen(text);

		snprintf(text + at, sizeof(text) - at, "%s%s%s", at ? " " : "", desk_text(item, "id"),
		        strcmp(desk_text(item, "state"), "resolved") ? "" : "/over");
	}
	assert_string_equal(text, expected);
	json_decref(body);
	sqlite3_finalize(s);
}

static void the_sixth_site_waits(void **state)
{
	struct room *r = room_new(ALERTS);

	(void)state;
	all_fail(r, 1, 5, MORNING);
	conclude(r, "open", alarm_at("again", "s1", MORNING), MORNING); /* no new site */
	rows_are(r, "held", "");
	assert_int_equal(mails_leave(r, MORNING), 6);
	all_fail(r, 6, 8, MORNING + 10 * MINUTE);
	rows_are(r, "held", "open an, open an, open an");
	assert_int_equal(mails_leave(r, MORNING + 10 * MINUTE), 0);
	assert_int_equal(storm_due(&r->desk), MORNING + 40 * MINUTE);
	rounds_make(&r->desk, MORNING + 40 * MINUTE - 1);
	rows_are(r, "queued", "");
	/* one is over before the list leaves */
	conclude(r, "resolve", resolved(nth(7, MORNING + 10 * MINUTE), MORNING + 20 * MINUTE), MORNING + 20 * MINUTE);
	rounds_make(&r->desk, MORNING + 40 * MINUTE);
	rows_are(r, "queued", "storm-1 an");
	list_is(r, "storm-1", "i6 i7/over i8");
	assert_int_equal(storm_due(&r->desk), -1);
	assert_int_equal(mails_leave(r, MORNING + 41 * MINUTE), 1);
	room_free(r);
}

static void it_goes_on_and_ends_by_itself(void **state)
{
	struct room *r = room_new(ALERTS);
	int64_t quiet = MORNING + 2 * HOUR;

	(void)state;
	all_fail(r, 1, 9, MORNING);
	rounds_make(&r->desk, MORNING + 30 * MINUTE);
	list_is(r, "storm-1", "i6 i7 i8 i9");
	/* the recovery of one that a list told of is told by a list, even when the storm is over */
	conclude(r, "resolve", resolved(nth(6, MORNING), quiet), quiet);
	conclude(r, "resolve", resolved(nth(1, MORNING), quiet), quiet);
	rows_are(r, "held", "resolve an");
	conclude(r, "open", nth(20, quiet), quiet);
	rows_are(r, "queued", "open an, open an, open an, open an, open an, storm-1 an, resolve an, open an");
	rounds_make(&r->desk, quiet + 30 * MINUTE);
	list_is(r, "storm-2", "i6/over");
	rows_are(r, "held", "");
	room_free(r);
}

/* A hundred sites over three hours, some come back, with a new process now and then: all are named, each opening once. */
static void nothing_is_lost(void **state)
{
	struct room *r = room_new(ALERTS);
	int64_t start = clock_wall_ms() - 2 * DAY; /* what is very old is forgotten when an outbox is opened */

	(void)state;
	for (int n = 0; n < 100; n++) {
		int64_t at = start + n * 2 * MINUTE;

		all_fail(r, n, n, at);
		if (n % 3 == 0 && n > 20)
			conclude(r, "resolve", resolved(nth(n - 10, at), at), at);
		if (n % 10 == 0)
			room_outbox(r);
		rounds_make(&r->desk, at);
		mails_leave(r, at);
	}
	rounds_make(&r->desk, start + DAY);
	mails_leave(r, start + DAY);
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT count(*) FILTER (WHERE kind = 'open' AND state = 'sent'), count(*) FILTER (WHERE kind = 'open' "
	        "AND "
	        "state = 'listed'), count(*) FILTER (WHERE state IN ('held', 'queued')), count(*) FILTER (WHERE "
	        "incident = "
	        "'storm' AND state = 'sent'), count(*) FILTER (WHERE state = 'listed' AND list NOT IN (SELECT id FROM "
	        "outbox WHERE incident = 'storm')) FROM outbox",
	        "");
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0) + sqlite3_column_int(s, 1), 100);
	assert_int_equal(sqlite3_column_int(s, 0), 5);
	assert_int_equal(sqlite3_column_int(s, 2), 0);
	assert_in_range(sqlite3_column_int(s, 3), 7, 8);
	assert_int_equal(sqlite3_column_int(s, 4), 0);
	sqlite3_finalize(s);
	/* and the journal hears of each */
	struct outbox_row row;
	int64_t sent_at;
	int told = 0, by_list = 0;
	while (outbox_untold(r->desk.outbox, &row, &sent_at) == 1) {
		told++;
		by_list += !strncmp(row.kind, "storm-", 6);
		outbox_told(r->desk.outbox, row.id);
		outbox_row_clear(&row);
	}
	assert_true(by_list >= 95 && told > 100);
	room_free(r);
}

static void each_person_has_a_storm_of_their_own(void **state)
{
	struct room *r =
	        room_new("alerts: { routes: [ { sites: [pl-hq, dc-hq], to: [an, chief] }, { to: an } ], storm: { "
	                 "sites: 1, every: 30m } }\n");

	(void)state;
	all_fail(r, 1, 3, MORNING);
	rows_are(r, "held", "open an, open an");
	conclude(r, "open", alarm_at("pl", "pl-hq", MORNING), MORNING);
	rows_are(r, "queued", "open an, open chief");
	rows_are(r, "held", "open an, open an, open an");
	room_free(r);
}

/* An escalation is an opening to whom it goes; a wide incident counts for one place; drills and webhooks take no part. */
static void what_counts(void **state)
{
	struct room *r =
	        room_new("alerts: { webhooks: [ { id: chat, url: \"http://h/\" } ], routes: [ { to: an, escalate: [ { "
	                 "after: 1m, to: chief } ], webhooks: chat } ], storm: { sites: 2, every: 30m } }\n");

	(void)state;
	all_fail(r, 1, 2, MORNING);
	conclude(r, "open", alarm_at("wide", NULL, MORNING), MORNING);
	rows_are(r, "held", "open an");
	rounds_make(&r->desk, MORNING + MINUTE);
	rows_are(r, "held", "open an, escalate-1 chief");
	rows_are(r, "queued",
	        "open an, open hook:chat, open an, open hook:chat, open hook:chat, escalate-1 chief, escalate-1 "
	        "hook:chat, escalate-1 chief, escalate-1 hook:chat, escalate-1 hook:chat");
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_sixth_site_waits),
	        cmocka_unit_test(it_goes_on_and_ends_by_itself),
	        cmocka_unit_test(nothing_is_lost),
	        cmocka_unit_test(each_person_has_a_storm_of_their_own),
	        cmocka_unit_test(what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
