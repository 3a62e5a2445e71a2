#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "collector/tell/outbox.c"
#include "common/clock.h"

struct room {
	char dir[64], path[96];
	struct outbox *o;
};

static int room_open(void **state)
{
	struct room *r = mem_alloc(sizeof(*r));

	strcpy(r->dir, "/tmp/outbox-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/outbox.db", r->dir);
	assert_int_equal(outbox_open(&r->o, r->path), 0);
	*state = r;
	return 0;
}

static int room_close(void **state)
{
	static const char *const names[] = {"outbox.db", "outbox.db-wal", "outbox.db-shm"};
	struct room *r = *state;
	char path[128];

	outbox_close(r->o);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, names[i]);
		unlink(path);
	}
	rmdir(r->dir);
	free(r);
	return 0;
}

static void room_again(struct room *r)
{
	outbox_close(r->o);
	assert_int_equal(outbox_open(&r->o, r->path), 0);
}

static void put_one(struct room *r, const char *incident, const char *kind, const char *contact, int expected)
{
	assert_int_equal(outbox_begin(r->o), 0);
	assert_int_equal(outbox_put(r->o, incident, kind, contact, clock_wall_ms(), "{}"), expected);
	assert_int_equal(outbox_commit(r->o, outbox_cursor(r->o) + 1), 0);
}

static void rows_are_unique(void **state)
{
	struct room *r = *state;

	put_one(r, "i1", "open", "oncall", 1);
	put_one(r, "i1", "open", "oncall", 0);
	put_one(r, "i1", "open", "chief", 1);
	put_one(r, "i1", "resolve", "oncall", 1);
	assert_int_equal(outbox_figures(r->o).queued, 3);
	assert_true(outbox_has(r->o, "i1", "open", "chief"));
	assert_false(outbox_has(r->o, "i2", "open", "chief"));
}

static void cursor_and_rows_are_one(void **state)
{
	struct room *r = *state;

	assert_int_equal(outbox_begin(r->o), 0);
	assert_int_equal(outbox_put(r->o, "i1", "open", "a", 1, "{}"), 1);
	outbox_rollback(r->o);
	assert_int_equal(outbox_cursor(r->o), 0);
	assert_int_equal(outbox_figures(r->o).queued, 0);
	assert_int_equal(outbox_begin(r->o), 0);
	assert_int_equal(outbox_put(r->o, "i1", "open", "a", 1, "{}"), 1);
	assert_int_equal(outbox_commit(r->o, 77), 0);
	room_again(r);
	assert_int_equal(outbox_cursor(r->o), 77);
	assert_int_equal(outbox_figures(r->o).queued, 1);
}

static void mails_leave_in_order_and_wait_alone(void **state)
{
	struct room *r = *state;
	struct outbox_row row;
	int64_t due, first;

	put_one(r, "i1", "open", "a", 1);
	put_one(r, "i2", "open", "a", 1);
	put_one(r, "i1", "open", "b", 1);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	assert_string_equal(row.incident, "i1");
	first = row.id;
	assert_int_equal(row.attempts, 1);
	outbox_row_clear(&row);
	/* refused for now: the same person's next mail waits too, others do not */
	assert_int_equal(outbox_retry(r->o, first, 500, "450 later"), 0);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	assert_string_equal(row.contact, "b");
	assert_int_equal(outbox_sent(r->o, row.id, 20, true), 0);
	outbox_row_clear(&row);
	assert_int_equal(outbox_next(r->o, 30, &row, &due), 0);
	assert_int_equal(due, 0); /* i2 is due, behind i1 */
	assert_int_equal(outbox_next(r->o, 500, &row, &due), 1);
	assert_int_equal(row.id, first);
	assert_int_equal(outbox_fail(r->o, row.id, "550 no"), 0);
	outbox_row_clear(&row);
	assert_int_equal(outbox_next(r->o, 500, &row, &due), 1);
	assert_string_equal(row.incident, "i2");
	outbox_row_clear(&row);
	assert_int_equal(outbox_figures(r->o).failed, 1);
	assert_int_equal(outbox_figures(r->o).late, 1);
}

static void what_was_sending_is_sent_again_with_its_name(void **state)
{
	struct room *r = *state;
	struct outbox_row row;
	int64_t due, id;

	put_one(r, "i1", "open", "a", 1);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	id = row.id;
	assert_false(row.again);
	outbox_row_clear(&row);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 0);
	room_again(r);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	assert_int_equal(row.id, id);
	assert_true(row.again);
	outbox_row_clear(&row);
}

static void a_queued_mail_can_be_withdrawn(void **state)
{
	struct room *r = *state;
	struct outbox_row row;
	int64_t due;

	put_one(r, "i1", "resolve", "a", 1);
	assert_true(outbox_withdraw(r->o, "i1", "resolve", "a"));
	put_one(r, "i1", "resolve", "a", 1);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	outbox_row_clear(&row);
	assert_false(outbox_withdraw(r->o, "i1", "resolve", "a"));
}

static void sent_mails_are_told_once(void **state)
{
	struct room *r = *state;
	struct outbox_row row;
	int64_t due, sent_at;

	put_one(r, "i1", "open", "a", 1);
	assert_int_equal(outbox_untold(r->o, &row, &sent_at), 0);
	assert_int_equal(outbox_next(r->o, 10, &row, &due), 1);
	assert_int_equal(outbox_sent(r->o, row.id, 42, false), 0);
	outbox_row_clear(&row);
	room_again(r);
	assert_int_equal(outbox_untold(r->o, &row, &sent_at), 1);
	assert_int_equal(sent_at, 42);
	assert_int_equal(outbox_told(r->o, row.id), 0);
	outbox_row_clear(&row);
	assert_int_equal(outbox_untold(r->o, &row, &sent_at), 0);
}

/* A child replays records 1..100 from its cursor, each owing a mail, and is killed at random points. */
static void child_replay(const char *path)
{
	struct outbox *o;
	char incident[32];

	if (outbox_open(&o, path))
		_exit(1);
	for (int64_t id = outbox_cursor(o) + 1; id <= 100; id++) {
		snprintf(incident, sizeof(incident), "i%lld", (long long)id);
		if (outbox_begin(o) || outbox_put(o, incident, "open", "a", id, "{}") < 0 || outbox_commit(o, id))
			_exit(1);
	}
	outbox_close(o);
	_exit(0);
}

static void kills_lose_and_double_nothing(void **state)
{
	struct room *r = *state;
	int status = -1;
	pid_t pid;

	outbox_close(r->o);
	for (unsigned kill_after = 500; status != 0; kill_after += 700) {
		pid = fork();
		if (!pid)
			child_replay(r->path);
		usleep(kill_after);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(status == 0 || WIFSIGNALED(status));
	}
	assert_int_equal(outbox_open(&r->o, r->path), 0);
	assert_int_equal(outbox_cursor(r->o), 100);
	assert_int_equal(outbox_figures(r->o).queued, 100);
}

#define IN_A_ROOM(f) cmocka_unit_test_setup_teardown(f, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_A_ROOM(rows_are_unique),
	        IN_A_ROOM(cursor_and_rows_are_one),
	        IN_A_ROOM(mails_leave_in_order_and_wait_alone),
	        IN_A_ROOM(what_was_sending_is_sent_again_with_its_name),
	        IN_A_ROOM(a_queued_mail_can_be_withdrawn),
	        IN_A_ROOM(sent_mails_are_told_once),
	        IN_A_ROOM(kills_lose_and_double_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
