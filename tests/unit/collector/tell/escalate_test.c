/* escalate: each step is told once, to whoever is on call then, over kills, until somebody acknowledges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "collector/tell/escalate.c"
#include "collector/tell/rounds.h"
#include "tests/unit/collector/tell/desk.h"

#define STEPS                                                                                                          \
	"alerts:\n"                                                                                                    \
	"  rotas: [ { id: duty, members: [chi, binh], start: 2025-06-30, turn: 1d } ]\n"                               \
	"  webhooks: [ { id: chat, url: \"http://h/\" } ]\n"                                                           \
	"  routes: [ { to: an, escalate: [ { after: 15m, to: [duty] }, { after: 2h, to: [chief] } ], webhooks: chat "  \
	"} ]\n"

static void step_by_step(void **state)
{
	struct room *r = room_new(STEPS);

	(void)state;
	assert_int_equal(conclude(r, "open", alarm_at("i", "pl-hq", MORNING), MORNING), 2);
	assert_int_equal(rounds_make(&r->desk, MORNING), 0);
	assert_int_equal(escalate_due(&r->desk), MORNING + 15 * MINUTE);
	assert_int_equal(rounds_make(&r->desk, MORNING + 15 * MINUTE - 1), 0);
	rows_are(r, "queued", "open an, open hook:chat");
	/* at 07:57 it is still the turn of chi; at 08:00 binh's begins */
	assert_int_equal(rounds_make(&r->desk, MORNING + 15 * MINUTE), 0);
	rows_are(r, "queued", "open an, open hook:chat, escalate-1 chi, escalate-1 hook:chat");
	assert_int_equal(escalate_due(&r->desk), MORNING + 2 * HOUR);
	assert_int_equal(rounds_make(&r->desk, MORNING + 3 * HOUR), 0);
	assert_int_equal(rounds_make(&r->desk, MORNING + 30 * HOUR), 0);
	rows_are(r, "queued",
	        "open an, open hook:chat, escalate-1 chi, escalate-1 hook:chat, escalate-2 chief, escalate-2 "
	        "hook:chat");
	assert_int_equal(escalate_due(&r->desk), -1);
	/* who was escalated to hears of the end too */
	assert_int_equal(conclude(r, "resolve", resolved(alarm_at("i", "pl-hq", MORNING), MORNING + 3 * HOUR),
	                         MORNING + 3 * HOUR),
	        4);
	room_free(r);
}

static void the_letter_knows_since_when(void **state)
{
	struct room *r = room_new(STEPS);
	struct outbox_row row;
	int64_t due;

	(void)state;
	conclude(r, "open", alarm_at("i", "pl-hq", MORNING), MORNING);
	mails_leave(r, MORNING);
	assert_int_equal(rounds_make(&r->desk, MORNING + HOUR), 0);
	assert_int_equal(outbox_next(r->desk.outbox, MORNING + HOUR, &row, &due), 1);
	json_t *o = json_loads(row.body, 0, NULL), *escalation = json_object_get(o, "escalation");
	assert_string_equal(row.kind, "escalate-1");
	assert_string_equal(row.root, ""); /* it begins a thread: the person has no other mail about it */
	assert_int_equal(json_integer_value(json_object_get(escalation, "step")), 1);
	assert_int_equal(json_integer_value(json_object_get(escalation, "since")), MORNING);
	assert_string_equal(json_string_value(json_array_get(json_object_get(escalation, "told"), 0)), "An");
	assert_int_equal(json_array_size(json_object_get(escalation, "told")), 1);
	json_decref(o);
	outbox_row_clear(&row);
	room_free(r);
}

static json_t *in_state(const char *word)
{
	json_t *o = alarm_at("i", "pl-hq", MORNING);

	json_object_set_new(o, "state", json_string(word));
	if (!strcmp(word, "merged"))
		json_object_set_new(o, "merged_into", json_string("wide"));
	return o;
}

static json_t *excused(void)
{
	json_t *o = alarm_at("i", "pl-hq", MORNING);

	json_object_set_new(o, "excused", json_string("maintenance:m"));
	return o;
}

static void what_ends_it(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		struct room *r = room_new(STEPS);

		conclude(r, "open", alarm_at("i", "pl-hq", MORNING), MORNING);
		if (k == 0)
			conclude(r, "update", in_state("acknowledged"), MORNING + MINUTE);
		else if (k == 1)
			conclude(r, "resolve", resolved(in_state("resolved"), MORNING + MINUTE), MORNING + MINUTE);
		else if (k == 2)
			conclude(r, "update", in_state("merged"), MORNING + MINUTE);
		else
			conclude(r, "update", excused(), MORNING + MINUTE);
		assert_int_equal(rounds_make(&r->desk, MORNING + 5 * HOUR), 0);
		char *rows = rows_of(r, "queued");
		assert_null(strstr(rows, "escalate"));
		free(rows);
		room_free(r);
	}
}

static void it_goes_on_where_it_stopped(void **state)
{
	struct room *r = room_new(STEPS);
	int64_t later = MORNING + 4 * HOUR;

	(void)state;
	conclude(r, "open", alarm_at("i", "pl-hq", MORNING), MORNING);
	rounds_make(&r->desk, MORNING + 20 * MINUTE);
	mails_leave(r, MORNING + 20 * MINUTE);
	conclude(r, "resolve", resolved(alarm_at("i", "pl-hq", MORNING), MORNING + HOUR), MORNING + HOUR);
	mails_leave(r, MORNING + HOUR);
	conclude(r, "reopen", alarm_at("i", "pl-hq", MORNING), later);
	rounds_make(&r->desk, later + 16 * MINUTE); /* the first step is told already */
	rows_are(r, "queued", "open hook:chat, escalate-1 hook:chat, reopen an, reopen binh");
	rounds_make(&r->desk, later + 2 * HOUR);
	char *rows = rows_of(r, "queued");
	assert_non_null(strstr(rows, "escalate-2 chief"));
	free(rows);
	room_free(r);
}

static void a_reload_moves_the_steps(void **state)
{
	struct room *r = room_new(STEPS);

	(void)state;
	conclude(r, "open", alarm_at("i", "pl-hq", MORNING), MORNING);
	rounds_make(&r->desk, MORNING);
	room_reload(r, "alerts: { routes: [ { to: an, escalate: [ { after: 1h, to: chief } ] } ] }\n");
	assert_int_equal(rounds_again(&r->desk), 0);
	rounds_make(&r->desk, MORNING + 15 * MINUTE);
	assert_int_equal(escalate_due(&r->desk), MORNING + HOUR);
	room_reload(r, "");
	assert_int_equal(rounds_again(&r->desk), 0);
	rounds_make(&r->desk, MORNING + 5 * HOUR);
	rows_are(r, "queued", "open an, open hook:chat");
	room_free(r);
}

/* A child makes the rounds and is killed at a random moment; the parent goes on, until the day is over. */
static void kills_double_and_lose_nothing(void **state)
{
	struct room *r =
	        room_new("alerts: { routes: [ { to: an, escalate: [ { after: 1m, to: binh }, { after: 2m, to: chi }, { "
	                 "after: 3m, to: chief } ] } ] }\n");
	char id[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		json_t *o = alarm_at(id, "pl-hq", MORNING + i * 1000);
		conclude(r, "open", o, MORNING + i * 1000);
	}
	outbox_close(r->desk.outbox);
	r->desk.outbox = NULL;
	for (int kill_at = 0; kill_at < 60; kill_at++) {
		pid_t child = fork();

		if (!child) {
			room_outbox(r);
			for (int64_t now = MORNING; now < MORNING + 6 * MINUTE; now += 500)
				rounds_make(&r->desk, now);
			_exit(0);
		}
		usleep((useconds_t)(kill_at * 300));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	room_outbox(r);
	rounds_make(&r->desk, MORNING + HOUR);
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT count(*), count(DISTINCT incident || kind || contact) FROM outbox WHERE kind LIKE 'escalate%'",
	        "");
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), 120);
	assert_int_equal(sqlite3_column_int(s, 1), 120);
	sqlite3_finalize(s);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(step_by_step),
	        cmocka_unit_test(the_letter_knows_since_when),
	        cmocka_unit_test(what_ends_it),
	        cmocka_unit_test(it_goes_on_where_it_stopped),
	        cmocka_unit_test(a_reload_moves_the_steps),
	        cmocka_unit_test(kills_double_and_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
