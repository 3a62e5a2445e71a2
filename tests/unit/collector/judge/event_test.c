#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/event.c"

#include "collector/judge/store.h"

#include <sqlite3.h>
#include <unistd.h>

#define NOW (20000LL * 86400000)

static struct node known = {.id = "a-srv", .kind = NODE_SERVER};
static const struct judge_source none;

static struct judge_node *begin(struct judge *j)
{
	judge_init(j, 10000, &none);
	j->now = NOW;
	struct judge_node *n = fleet_node_make(&j->fleet, "a-srv");
	n->inv = &known;
	return n;
}

static void test_outside_bytes_become_plain_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {{"mất điện", "mất điện"}, {"a\nb\tc\x7f", "a b c "}, {"\xc3", "?"}, {"\xe1\xba", "??"},
	        {"\xed\xa0\x80", "???"}, {"\xc0\xaf", "??"}, {"\xf0\x9f\x94\x8b", "\xf0\x9f\x94\x8b"},
	        {"\xf4\x90\x80\x80", "????"}, {"", ""}};
	(void)state;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		char text[64];
		snprintf(text, sizeof text, "%s", rows[k].in);
		make_plain(text);
		assert_string_equal(text, rows[k].out);
		json_t *o = json_string(text);
		assert_non_null(o);
		json_decref(o);
	}
}

static void test_the_subject_is_the_first_word(void **state)
{
	struct judge j;
	struct judge_node *n = begin(&j);
	(void)state;
	event_take(&j, n, NOW, "carrier", "eth0 down");
	event_take(&j, n, NOW, "readonly", "/data");
	event_take(&j, n, NOW, "lease", "10.0.0.1/24 new");
	event_take(&j, n, NOW, "Bad Kind", "x");
	event_take(&j, n, NOW, "", "x");
	assert_int_equal(j.event_count, 3);
	assert_string_equal(j.events[0].subject, "eth0");
	assert_string_equal(j.events[0].text, "down");
	assert_string_equal(j.events[1].subject, "/data");
	assert_string_equal(j.events[1].text, "");
	assert_string_equal(j.events[2].subject, "10.0.0.1/24");
	judge_free(&j);
}

static void test_a_flood_is_bounded(void **state)
{
	char path[] = "/tmp/sansang-event-XXXXXX", text[40], side[64];
	struct judge j;
	struct store *s;
	struct judge_node *n = begin(&j);
	sqlite3 *db;
	sqlite3_stmt *st;
	(void)state;
	close(mkstemp(path));
	assert_int_equal(store_open(&s, path), 0);
	for (int round = 0; round < 4; round++) {
		for (int k = 0; k < 10 * EVENTS_PENDING_MAX; k++) {
			snprintf(text, sizeof text, "eth0 flood %d", round * EVENTS_PENDING_MAX + k);
			event_take(&j, n, NOW + round * EVENTS_PENDING_MAX + k, "carrier", text);
		}
		assert_int_equal(j.event_count, EVENTS_PENDING_MAX);
		assert_int_equal(store_commit(s, &j, 1), 0);
		assert_int_equal(j.event_count, 0);
	}
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT count(*), max(at), min(at) FROM event", -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), EVENTS_KEPT);
	assert_int_equal(sqlite3_column_int64(st, 1), NOW + 4 * EVENTS_PENDING_MAX - 1);
	assert_int_equal(sqlite3_column_int64(st, 2), NOW + 4 * EVENTS_PENDING_MAX - EVENTS_KEPT);
	sqlite3_finalize(st);
	/* a month later nothing of it is left */
	j.now = NOW + EVENTS_KEEP_MS + 86400000;
	assert_int_equal(store_commit(s, &j, 2), 0);
	sqlite3_prepare_v2(db, "SELECT count(*) FROM event", -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	store_close(s);
	judge_free(&j);
	unlink(path);
	for (int k = 0; k < 2; k++) {
		snprintf(side, sizeof side, "%s-%s", path, k ? "wal" : "shm");
		unlink(side);
	}
}

static void test_a_ups_is_remembered_until_mains_are_back(void **state)
{
	struct judge j;
	struct judge_node *n = begin(&j);
	static struct site site = {.id = "a-hq"};
	const char *who = NULL;
	(void)state;
	n->site = &site;
	event_take(&j, n, NOW, "ups", "eaton on-battery charge 98 %");
	event_take(&j, n, NOW + 5000, "ups", "eaton low");
	assert_int_equal(event_on_battery(&j, &site, NOW + 60000, &who), NOW);
	assert_string_equal(who, "a-srv");
	assert_int_equal(event_on_battery(&j, &site, NOW - 3600000, NULL), 0);
	assert_int_equal(event_on_battery(&j, &site, NOW + 2 * BATTERY_MS, NULL), 0);
	event_take(&j, n, NOW + 9000, "ups", "eaton on-mains");
	assert_int_equal(event_on_battery(&j, &site, NOW + 60000, NULL), 0);
	judge_free(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_outside_bytes_become_plain_text),
	        cmocka_unit_test(test_the_subject_is_the_first_word),
	        cmocka_unit_test(test_a_flood_is_bounded),
	        cmocka_unit_test(test_a_ups_is_remembered_until_mains_are_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
