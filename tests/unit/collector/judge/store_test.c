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
	char pragma[48];
	snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", VERSION);
	assert_int_equal(run(b->store, pragma), 0);
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

/* As release 2 left it: open, over, long over and merged incidents, an act, a trouble and a conclusion that core has not answered. */
static void make_schema_2(const char *path, int64_t now)
{
	static const char *const bodies[] = {
	        "{\"id\":\"s.svc-land.1\",\"kind\":\"svc\",\"site\":\"s\",\"service\":\"land\",\"cause\":\"service-"
	        "hung\","
	        "\"confidence\":\"likely\",\"severity\":\"alarm\",\"state\":\"acknowledged\",\"acked_by\":\"lan\","
	        "\"opened_at\":5,"
	        "\"evidence\":[{\"at\":5,\"who\":\"n\",\"vi\":\"x\",\"en\":\"x\"}],\"affects\":[\"service:land@old\"]}",
	        "{\"id\":\"s.svc-land.2\",\"kind\":\"svc\",\"site\":\"s\",\"cause\":\"service-down\",\"confidence\":"
	        "\"certain\","
	        "\"severity\":\"warning\",\"state\":\"resolved\",\"final_cause\":null}",
	        "{\"id\":\"s.svc-land.3\",\"kind\":\"svc\",\"site\":\"s\",\"cause\":\"service-down\",\"confidence\":"
	        "\"certain\","
	        "\"severity\":\"warning\",\"state\":\"resolved\"}",
	        "{\"id\":\"s.svc-land.4\",\"kind\":\"svc\",\"site\":\"s\",\"cause\":\"service-down\",\"confidence\":"
	        "\"certain\","
	        "\"severity\":\"alarm\",\"state\":\"merged\",\"merged_into\":\"s.svc-land.1\"}",
	};
	const struct {
		int open;
		const char *state;
		int64_t opened_at, resolved_at;
	} rows[] = {{1, "acknowledged", 5, 0}, {0, "resolved", now - 40 * DAY, now - 34 * DAY},
	        {0, "resolved", now - 50 * DAY, now - 36 * DAY}, {0, "merged", now - DAY, 0}};
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (int k = 0; k < 2; k++)
		assert_int_equal(sqlite3_exec(db, migrations[k], NULL, NULL, NULL), SQLITE_OK);
	char *sql = mem_printf(
	        "PRAGMA user_version = 2; INSERT INTO meta VALUES('now', %lld); INSERT INTO meta VALUES('cursor', 41);"
	        " INSERT INTO node(id, name, site, link) VALUES(3, 'old', 's', 1);"
	        " INSERT INTO check_state(id, node, kind, instance, step_ms, state, since, at) VALUES(9, 3, 4, 'land', "
	        "10000, 3, 5, 6);"
	        " INSERT INTO trouble VALUES(9, 5, 0, 2, 1, 1, 's.svc-land.1');"
	        " INSERT INTO incident_act VALUES('s.svc-land.1', 7, 'lan', 'ack', 'ok');"
	        " INSERT INTO conclusion(key, body) VALUES('incident/s.svc-land.1/open/1', '{}')",
	        (long long)now);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	free(sql);
	for (int k = 0; k < 4; k++) {
		sql = sqlite3_mprintf("INSERT INTO incident VALUES('s.svc-land.%d', %d, %Q, 's', NULL, NULL, 'land', "
		                      "%lld, %lld, 0, 1, 1, %Q)",
		        k + 1, rows[k].open, rows[k].state, rows[k].opened_at, rows[k].resolved_at, bodies[k]);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_free(sql);
	}
	sqlite3_close(db);
}

static void test_schema_2_is_brought_up(void **state)
{
	struct bench *b = *state;
	struct judge again;
	int64_t cursor, seq = 0, now = 20000 * DAY;
	char key[160];
	store_close(b->store);
	unlink(b->path);
	make_schema_2(b->path, now);
	assert_int_equal(store_open(&b->store, b->path), 0);
	judge_init(&again, 10000, &none);
	assert_int_equal(store_load(b->store, &again, &cursor), 0);
	assert_int_equal(cursor, 41);
	assert_int_equal(again.now, now);
	/* what is long over stays on disk only */
	assert_int_equal(again.incidents.count, 3);
	assert_null(incident_find(&again.incidents, "s.svc-land.3"));
	assert_int_equal(count(b, "SELECT count(*) FROM incident"), 4);
	struct incident *i = incident_find(&again.incidents, "s.svc-land.1");
	assert_int_equal(i->state, INCIDENT_ACKNOWLEDGED);
	assert_int_equal(i->first.cause, CAUSE_SERVICE_HUNG);
	assert_int_equal(i->first.confidence, CONFIDENCE_LIKELY);
	assert_int_equal(incident_verdict(i)->cause, CAUSE_SERVICE_HUNG);
	assert_int_equal(i->finding.disputed, FACT_COUNT);
	assert_true(i->live);
	assert_int_equal(i->open_count, 1);
	assert_string_equal(i->acked_by, "lan");
	assert_int_equal(json_array_size(i->evidence), 1);
	assert_string_equal(incident_find(&again.incidents, "s.svc-land.4")->merged_into, "s.svc-land.1");
	/* its conclusion is still owed, once */
	free(store_conclusion(b->store, &seq, key, sizeof key));
	assert_string_equal(key, "incident/s.svc-land.1/open/1");
	assert_null(store_conclusion(b->store, &seq, key, sizeof key));
	assert_int_equal(store_commit(b->store, &again, 42), 0);
	assert_null(store_conclusion(b->store, &seq, key, sizeof key));
	judge_free(&again);
}

static json_t *maintenance(const char *id, int64_t from, int64_t until)
{
	return json_pack("{s:s, s:s, s:[s], s:I, s:I, s:s, s:s}", "id", id, "kind", "maintenance", "targets", "site:s",
	        "from", (json_int_t)from, "until", (json_int_t)until, "by", "lan", "reason", "router");
}

static void test_excuses_and_all_of_an_incident_come_back(void **state)
{
	struct bench *b = *state;
	struct judge again;
	int64_t cursor, now = 20000 * DAY;
	char why[160];
	bool fresh;
	b->judge.now = now;
	json_t *running = maintenance("m1", now, now + DAY), *old = maintenance("m0", now - 40 * DAY, now - 39 * DAY);
	assert_int_equal(excuse_put(&b->judge.excuses, NULL, running, why, sizeof why), 0);
	assert_int_equal(excuse_put(&b->judge.excuses, NULL, old, why, sizeof why), 0);
	struct incident *i = incident_make(&b->judge.incidents, "a", &fresh);
	i->kind = KIND_SERVICE;
	i->live = true;
	i->opened_at = now - 1000;
	i->first = (struct verdict){CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY};
	i->excused = mem_str("maintenance:m1");
	i->carrier = mem_str("VNPT");
	i->acked_how = mem_str("reply");
	i->close_reason = mem_str("moved");
	i->reopened = 2;
	i->flaps = 3;
	fact_set(&i->facts, FACT_REFUSED, ANSWER_YES, RANK_SITE, now, "n");
	i->finding = cause_judge(i->kind, &i->facts);
	json_array_append_new(i->tickets, json_pack("{s:s}", "ticket", "17"));
	i->minutes_lost = json_pack("{s:i}", "land", 12);
	assert_int_equal(store_commit(b->store, &b->judge, 1), 0);
	judge_init(&again, 10000, &none);
	assert_int_equal(store_load(b->store, &again, &cursor), 0);
	assert_int_equal(again.excuses.count, 1);
	assert_int_equal(count(b, "SELECT count(*) FROM excuse"), 2);
	json_t *was = incident_json(i), *is = incident_json(incident_find(&again.incidents, "a"));
	assert_true(json_equal(was, is));
	assert_int_equal(incident_find(&again.incidents, "a")->said, SAID_QUIET);
	json_t *e = excuse_json(again.excuses.all[0]);
	json_object_set_new(running, "approved", json_true());
	assert_true(json_equal(e, running));
	json_decref(e);
	json_decref(was);
	json_decref(is);
	json_decref(running);
	json_decref(old);
	judge_free(&again);
}

static void test_what_is_long_over_leaves_memory(void **state)
{
	struct bench *b = *state;
	int64_t now = 20000 * DAY;
	char id[32];
	bool fresh;
	b->judge.now = now;
	for (int k = 0; k < 1000; k++) {
		snprintf(id, sizeof id, "i%d", k);
		struct incident *i = incident_make(&b->judge.incidents, id, &fresh);
		i->opened_at = now - k * DAY / 10;
		incident_resolve(i, i->opened_at + 60000);
	}
	struct incident *open = incident_make(&b->judge.incidents, "open", &fresh);
	open->opened_at = now - 90 * DAY;
	assert_int_equal(store_commit(b->store, &b->judge, 1), 0);
	/* what is over is concluded for good first, and written */
	judge_tick(&b->judge, now + 2000);
	assert_int_equal(store_commit(b->store, &b->judge, 1), 0);
	judge_tick(&b->judge, now + 3600001);
	/* 350 of a tenth of a day each, the open one, and none of the others */
	assert_in_range(b->judge.incidents.count, 350, 352);
	assert_ptr_equal(incident_find(&b->judge.incidents, "open"), open);
	assert_non_null(incident_find(&b->judge.incidents, "i300"));
	assert_null(incident_find(&b->judge.incidents, "i400"));
	assert_int_equal(store_commit(b->store, &b->judge, 2), 0);
	assert_int_equal(count(b, "SELECT count(*) FROM incident"), 1001);
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
	        TEST(test_schema_2_is_brought_up),
	        TEST(test_excuses_and_all_of_an_incident_come_back),
	        TEST(test_what_is_long_over_leaves_memory),
	        TEST(test_what_was_kept_comes_back),
	        TEST(test_old_history_is_dropped),
	        TEST(test_conclusions_wait_until_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
