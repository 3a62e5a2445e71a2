#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "collector/tell/route.c"
#include "tests/unit/collector/tell/province.h"

#define AT 1751330520000
#define MINUTE 60000

struct room {
	char dir[64], path[96];
	struct outbox *o;
	struct inventory *inv;
	struct zone *zone;
	struct desk desk;
};

static int room_open(void **state)
{
	struct room *r = calloc(1, sizeof(*r));

	strcpy(r->dir, "/tmp/route-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/outbox.db", r->dir);
	assert_int_equal(outbox_open(&r->o, r->path), 0);
	r->inv = province_load();
	assert_non_null(r->inv);
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &r->zone), 0);
	r->desk = (struct desk){r->o, r->inv, r->zone};
	*state = r;
	return 0;
}

static int room_close(void **state)
{
	struct room *r = *state;

	inventory_free(r->inv);
	zone_free(r->zone);
	outbox_close(r->o);
	unlink(r->path);
	rmdir(r->dir);
	free(r);
	return 0;
}

/* The rows that a change makes; `spoil` may alter it before. */
static int conclude(struct room *r, const char *change, int64_t at_ms, int64_t now_ms,
        void (*spoil)(json_t *body, json_t *incident))
{
	json_t *incident = incident_line(AT, !strcmp(change, "resolve"));
	json_t *body = json_pack("{s:s, s:s, s:O}", "type", "incident", "change", change, "incident", incident);
	int rows;

	if (spoil)
		spoil(body, incident);
	assert_int_equal(outbox_begin(r->o), 0);
	rows = route_conclusion(&r->desk, body, at_ms, now_ms);
	assert_int_equal(outbox_commit(r->o, outbox_cursor(r->o) + 1), 0);
	json_decref(incident);
	json_decref(body);
	return rows;
}

static void everyone_with_a_mail_hears_once(void **state)
{
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, NULL), 2);
	assert_int_equal(conclude(r, "open", AT, AT, NULL), 0); /* read twice */
	assert_int_equal(conclude(r, "update", AT, AT, NULL), 0);
	assert_int_equal(conclude(r, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, NULL), 2);
	assert_int_equal(conclude(r, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, NULL), 0);
	assert_false(outbox_has(r->o, "pl-hq.uplink-pl-ts.20250701T004200", "open", "phone-only"));
}

static void no_recovery_without_a_beginning(void **state)
{
	assert_int_equal(conclude(*state, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, NULL), 0);
}

static void late_body(json_t *body, json_t *incident)
{
	(void)incident;
	json_object_set_new(body, "late", json_true());
}

static void late_incident(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "late", json_true());
}

static void warning(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "severity", json_string("warning"));
}

static void merged(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "merged_into", json_string("another"));
}

static void another_type(json_t *body, json_t *incident)
{
	(void)incident;
	json_object_set_new(body, "type", json_string("mail"));
}

static void nameless(json_t *body, json_t *incident)
{
	(void)body;
	json_object_del(incident, "id");
}

static void history_and_trifles_make_no_mail(void **state)
{
	static void (*const spoils[])(json_t * body, json_t * incident) = {
	        late_body, late_incident, warning, merged, another_type, nameless};

	assert_int_equal(conclude(*state, "open", AT + ROUTE_HORIZON_MS + 1, AT + ROUTE_HORIZON_MS + 1, NULL), 0);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++)
		assert_int_equal(conclude(*state, "open", AT, AT, spoils[i]), 0);
	assert_int_equal(conclude(*state, "open", AT, AT + ROUTE_HORIZON_MS + 1, NULL), 0);
}

static void a_long_outage_is_still_closed(void **state)
{
	static const int64_t later = AT + 3 * ROUTE_HORIZON_MS;
	struct room *r = *state;
	json_t *incident = incident_line(AT, true), *body;

	assert_int_equal(conclude(r, "open", AT, AT, NULL), 2);
	json_object_set_new(incident, "resolved_at", json_integer(later));
	body = json_pack("{s:s, s:s, s:o}", "type", "incident", "change", "resolve", "incident", incident);
	assert_int_equal(outbox_begin(r->o), 0);
	assert_int_equal(route_conclusion(&r->desk, body, later, later), 2);
	assert_int_equal(outbox_commit(r->o, 9), 0);
	json_decref(body);
}

static void send_all(struct room *r)
{
	struct outbox_row row;
	int64_t due;

	while (outbox_next(r->o, AT, &row, &due) == 1) {
		assert_int_equal(outbox_sent(r->o, row.id, AT, false), 0);
		outbox_row_clear(&row);
	}
}

static void what_comes_back_is_told_at_most_once_more(void **state)
{
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, NULL), 2);
	send_all(r);
	/* back before the recovery left: nothing was said, nothing is to be taken back */
	assert_int_equal(conclude(r, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, NULL), 2);
	assert_int_equal(conclude(r, "reopen", AT + 11 * MINUTE, AT + 11 * MINUTE, NULL), 0);
	assert_int_equal(outbox_figures(r->o).queued, 0);
	assert_int_equal(conclude(r, "resolve", AT + 12 * MINUTE, AT + 12 * MINUTE, NULL), 2);
	send_all(r);
	for (int i = 0; i < 5; i++) { /* flapping */
		assert_int_equal(conclude(r, "reopen", AT + 13 * MINUTE, AT + 13 * MINUTE, NULL), i ? 0 : 2);
		assert_int_equal(conclude(r, "resolve", AT + 14 * MINUTE, AT + 14 * MINUTE, NULL), i ? 0 : 2);
		send_all(r);
	}
	assert_int_equal(outbox_figures(r->o).sent, 8);
}

static void excused_incident(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "excused", json_string("maintenance:swap"));
}

static void drilled(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "excused", json_string("drill:d1"));
	json_object_set_new(incident, "severity", json_string("warning"));
}

static void excused_ones_are_told_when_they_are_not_any_more(void **state)
{
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, excused_incident), 0);
	assert_int_equal(conclude(r, "update", AT + MINUTE, AT + MINUTE, excused_incident), 0);
	assert_int_equal(conclude(r, "update", AT + 2 * MINUTE, AT + 2 * MINUTE, NULL), 2);
	assert_int_equal(conclude(r, "update", AT + 3 * MINUTE, AT + 3 * MINUTE, NULL), 0);
	/* work that is announced while it lasts mutes what comes, but who heard hears of the end */
	assert_int_equal(conclude(r, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, excused_incident), 2);
}

static void drill_plan(struct room *r, json_t *contacts)
{
	json_t *body = json_pack("{s:s, s:{s:s, s:o}}", "type", "drill", "drill", "id", "d1", "contacts", contacts);

	assert_int_equal(outbox_begin(r->o), 0);
	assert_int_equal(route_conclusion(&r->desk, body, AT, AT), 0);
	assert_int_equal(outbox_commit(r->o, outbox_cursor(r->o) + 1), 0);
	json_decref(body);
}

static void a_drill_is_told_to_its_own(void **state)
{
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, drilled), 0); /* no plan is known: nobody */
	drill_plan(r, json_pack("[s, s, s, i]", "chief", "nobody", "phone-only", 7));
	assert_int_equal(conclude(r, "reopen", AT, AT, drilled), 1);
	assert_true(outbox_has(r->o, "pl-hq.uplink-pl-ts.20250701T004200", "open", "chief"));
	assert_int_equal(conclude(r, "resolve", AT + 10 * MINUTE, AT + 10 * MINUTE, drilled), 1);
	assert_int_equal(outbox_figures(r->o).queued, 2);
}

static void acknowledged_update(json_t *body, json_t *incident)
{
	(void)body;
	json_object_set_new(incident, "state", json_string("acknowledged"));
}

/* The dress rehearsal is over: what was a warning is an alarm now. */
static void a_warning_becomes_an_alarm(void **state)
{
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, warning), 0);
	assert_int_equal(conclude(r, "update", AT + MINUTE, AT + MINUTE, acknowledged_update), 0);
	assert_int_equal(conclude(r, "update", AT + MINUTE, AT + MINUTE + ROUTE_HORIZON_MS + 1, NULL), 0);
	assert_int_equal(conclude(r, "update", AT + MINUTE, AT + MINUTE, NULL), 2);
}

/* Judge says "open" again when it is; and its first day is long past. */
static void a_warning_of_weeks_becomes_an_alarm(void **state)
{
	static const int64_t later = AT + 20 * ROUTE_HORIZON_MS;
	struct room *r = *state;

	assert_int_equal(conclude(r, "open", AT, AT, warning), 0);
	assert_int_equal(conclude(r, "open", later, later, NULL), 2);
	assert_int_equal(conclude(r, "open", later, later, NULL), 0);
}

#define IN_A_ROOM(f) cmocka_unit_test_setup_teardown(f, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_A_ROOM(everyone_with_a_mail_hears_once),
	        IN_A_ROOM(no_recovery_without_a_beginning),
	        IN_A_ROOM(history_and_trifles_make_no_mail),
	        IN_A_ROOM(a_long_outage_is_still_closed),
	        IN_A_ROOM(what_comes_back_is_told_at_most_once_more),
	        IN_A_ROOM(excused_ones_are_told_when_they_are_not_any_more),
	        IN_A_ROOM(a_drill_is_told_to_its_own),
	        IN_A_ROOM(a_warning_becomes_an_alarm),
	        IN_A_ROOM(a_warning_of_weeks_becomes_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
