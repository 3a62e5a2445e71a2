/* outbox_schema: an outbox of the first release is brought up to date with all that is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/outbox_schema.c"
#include "tests/unit/collector/tell/desk.h"

static void exec(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void the_first_release_goes_on(void **state)
{
	struct room *r = room_new("alerts: { routes: [ { to: an } ] }\n");
	char *path = mem_printf("%s/outbox.db", r->dir);
	struct outbox_row row;
	int64_t due;

	(void)state;
	outbox_close(r->desk.outbox);
	r->desk.outbox = NULL;
	unlink(path);
	exec(path, steps[0]);
	exec(path,
	        "PRAGMA user_version = 1; UPDATE cursor SET id = 42; INSERT INTO outbox(incident, kind, contact, "
	        "state, "
	        "created_at, body, sent_at, told) VALUES('i', 'open', 'an', 'sent', unixepoch() * 1000, '{}', 1, 0), "
	        "('i', 'resolve', 'an', 'queued', unixepoch() * 1000, '{}', NULL, 0)");
	room_outbox(r);
	assert_int_equal(outbox_cursor(r->desk.outbox), 42);
	assert_int_equal(outbox_untold(r->desk.outbox, &row, &due), 1);
	assert_string_equal(row.kind, "open");
	outbox_row_clear(&row);
	assert_int_equal(outbox_next(r->desk.outbox, INT64_MAX, &row, &due), 1);
	assert_string_equal(row.kind, "resolve");
	assert_string_equal(row.root, "open.i.an"); /* in the thread where it was */
	outbox_row_clear(&row);
	/* an update about what was told by the old release tells nobody again */
	assert_int_equal(conclude(r, "update", alarm_at("i", "pl-hq", MORNING), MORNING), 0);
	room_outbox(r);
	free(path);
	room_free(r);
}

static void a_newer_one_is_left_alone(void **state)
{
	struct room *r = room_new("");
	char *path = mem_printf("%s/outbox.db", r->dir);
	struct outbox *o;

	(void)state;
	exec(path, "PRAGMA user_version = 99");
	assert_int_equal(outbox_open(&o, path), -EPROTO);
	free(path);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_release_goes_on),
	        cmocka_unit_test(a_newer_one_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
