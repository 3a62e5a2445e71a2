#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "collector/judge/store.c"

#include "common/batch.h"

#define DAY 86400000LL

struct bench {
	char folder[64], path[96];
	struct judge judge;
	struct store *store;
};

static const struct judge_source none;

static int setup(void **state)
{
	struct bench *b = mem_alloc(sizeof *b);
	snprintf(b->folder, sizeof b->folder, "/tmp/sansang-store-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof b->path, "%s/state.db", b->folder);
	judge_init(&b->judge, 10000, &none);
	assert_int_equal(store_open(&b->store, b->path), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct bench *b = *state;
	char path[112];
	if (b->store)
		store_close(b->store);
	judge_free(&b->judge);
	for (int k = 0; k < 3; k++) {
		snprintf(path, sizeof path, "%s%s", b->path, ends[k]);
		unlink(path);
	}
	rmdir(b->folder);
	free(b);
	return 0;
}

static void row(struct bench *b, int64_t at, int64_t now)
{
	const int64_t v[] = {1, 1500, 2000, 0};
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0};
	batch_dict(w, 0, "svc", 1, "land");
	batch_row(w, 0, at, v, 4);
	batch_finish(w, &body);
	struct record r = {.kind = RECORD_BATCH,
	        .id = 1,
	        .at_ms = now,
	        .node = "n",
	        .epoch = 1,
	        .key = "",
	        .body = body.data,
	        .body_len = body.len};
	judge_record(&b->judge, &r);
	buf_free(&body);
	batch_writer_free(w);
}

static int64_t count(struct bench *b, const char *sql)
{
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(b->store->db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static void test_a_newer_schema_is_refused(void **state)
{
	struct bench *b = *state;
	struct store *other;
	assert_int_equal(run(b->store, "PRAGMA user_version = 99"), 0);
	assert_int_equal(store_open(&other, b->path), -EINVAL);
	assert_int_equal(run(b->store, "PRAGMA user_version = 2"), 0);
	assert_int_equal(store_open(&other, b->path), 0);
	store_close(other);
}

/* A database of the first release. */
static void test_an_old_schema_is_brought_up(void **state)
{
	struct bench *b = *state;
	struct judge again;
	int64_t cursor;
	store_close(b->store);
	unlink(b->path);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(b->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, migrations[0], NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
	        sqlite3_exec(db,
	                "PRAGMA user_version = 1; INSERT INTO node VALUES(3, 'old', 's', 1, 2, 3, 4, 'sw', 'ad', 5, 6,"
	                " NULL, 7, 0, NULL, 0); INSERT INTO check_state VALUES(9, 3, 4, 'land', 10000, 1, 0, 5, 6, "
	                "NULL,"
	                " NULL, 0, x'00')",
	                NULL, NULL, NULL),
	        SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_open(&b->store, b->path), 0);
	judge_init(&again, 10000, &none);
	assert_int_equal(store_load(b->store, &again, &cursor), 0);
	struct judge_node *n = fleet_node(&again.fleet, "old");
	assert_non_null(n);
	assert_string_equal(n->config_version, "");
	assert_int_equal(fleet_check(n, KIND_SERVICE, "land")->id, 9);
	snprintf(n->config_version, sizeof n->config_version, "0123456789abcdef");
	n->battery_at = 77;
	n->dirty = true;
	assert_int_equal(store_commit(b->store, &again, 1), 0);
	judge_free(&again);
	judge_init(&again, 10000, &none);
	assert_int_equal(store_load(b->store, &again, &cursor), 0);
	assert_string_equal(fleet_node(&again.fleet, "old")->config_version, "0123456789abcdef");
	assert_int_equal(fleet_node(&again.fleet, "old")->battery_at, 77);
	judge_free(&again);
}

static void test_what_was_kept_comes_back(void **state)
{
	struct bench *b = *state;
	struct judge again;
	int64_t cursor, now = 20000 * DAY;
	for (int k = 0; k < 500; k++)
		row(b, now - 5000000 + k * 10000, now);
	assert_int_equal(store_commit(b->store, &b->judge, 77), 0);
	judge_init(&again, 10000, &none);
	assert_int_equal(store_load(b->store, &again, &cursor), 0);
	assert_int_equal(cursor, 77);
	assert_int_equal(again.now, now);
	struct judge_check *c = fleet_check(fleet_node(&b->judge.fleet, "n"), KIND_SERVICE, "land");
	struct judge_check *d = fleet_check(fleet_node(&again.fleet, "n"), KIND_SERVICE, "land");
	assert_memory_equal(&c->machine, &d->machine, sizeof c->machine);
	assert_int_equal(c->row_at, d->row_at);
	assert_int_equal(c->id, d->id);
	assert_int_equal(c->figures->hour, d->figures->hour);
	assert_int_equal(c->figures->value[0].histogram.total, d->figures->value[0].histogram.total);
	assert_int_equal(count(b, "SELECT count(*) FROM hour"), 1 + (5000000 - FIGURES_HOUR_MS) / FIGURES_HOUR_MS);
	judge_free(&again);
}

static void test_old_history_is_dropped(void **state)
{
	struct bench *b = *state;
	int64_t now = 20000 * DAY;
	row(b, now - 500 * DAY, now);
	row(b, now - 450 * DAY, now);
	row(b, now - 10 * DAY, now);
	row(b, now, now);
	assert_int_equal(store_commit(b->store, &b->judge, 1), 0);
	assert_int_equal(count(b, "SELECT count(*) FROM interval"), 1);
	assert_int_equal(count(b, "SELECT count(*) FROM hour"), 1);
}

static void test_conclusions_wait_until_answered(void **state)
{
	struct bench *b = *state;
	char key[160];
	bool fresh;
	int64_t seq = 0;
	incident_make(&b->judge.incidents, "a", &fresh);
	incident_make(&b->judge.incidents, "b", &fresh);
	assert_int_equal(store_commit(b->store, &b->judge, 1), 0);
	assert_int_equal(store_commit(b->store, &b->judge, 2), 0); /* says nothing again */
	char *body = store_conclusion(b->store, &seq, key, sizeof key);
	assert_string_equal(key, "incident/a/open/1");
	free(body);
	store_concluded(b->store, seq);
	store_close(b->store);
	assert_int_equal(store_open(&b->store, b->path), 0);
	seq = 0;
	free(store_conclusion(b->store, &seq, key, sizeof key));
	assert_string_equal(key, "incident/b/open/1");
	assert_null(store_conclusion(b->store, &seq, key, sizeof key));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_a_newer_schema_is_refused),
	        TEST(test_an_old_schema_is_brought_up),
	        TEST(test_what_was_kept_comes_back),
	        TEST(test_old_history_is_dropped),
	        TEST(test_conclusions_wait_until_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
