#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "agent/witness/watchman.c"

#define AFTER 120000
#define T0 1750000000000LL

static char *to[] = {"a@example.vn", "b@example.vn"};

static struct watchman fresh(void)
{
	return (struct watchman){.after_ms = AFTER, .to_count = 2};
}

/* How many mails are owed at `now`, all taken by the server; they must be of that kind. */
static unsigned take(struct watchman *w, int64_t now, enum watchman_mail kind)
{
	unsigned count = 0, who;
	enum watchman_mail mail;

	while (watchman_owed(w, now, &who, &mail)) {
		assert_int_equal(mail, kind);
		watchman_sent(w, who, mail);
		assert_true(++count <= 2);
	}
	return count;
}

static void silence_is_told_once_and_its_end_once(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_connected(&w, T0);
	assert_int_equal(take(&w, T0 + 1000000, WATCHMAN_SILENT), 0);
	watchman_lost(&w, T0 + 1000000);
	assert_int_equal(watchman_wake_at(&w, T0 + 1000000), T0 + 1000000 + AFTER);
	assert_int_equal(take(&w, T0 + 1000000 + AFTER - 1, WATCHMAN_SILENT), 0);
	assert_int_equal(take(&w, T0 + 1000000 + AFTER, WATCHMAN_SILENT), 2);
	assert_int_equal(take(&w, T0 + 9000000, WATCHMAN_SILENT), 0);
	watchman_connected(&w, T0 + 9000000);
	assert_int_equal(take(&w, T0 + 9000000 + WATCHMAN_STEADY_MS - 1, WATCHMAN_BACK), 0);
	assert_int_equal(take(&w, T0 + 9000000 + WATCHMAN_STEADY_MS, WATCHMAN_BACK), 2);
	assert_int_equal(take(&w, T0 + 9900000, WATCHMAN_BACK), 0);
	assert_int_equal(watchman_wake_at(&w, T0 + 9900000), -1);
	/* the next one is told again */
	watchman_lost(&w, T0 + 10000000);
	assert_int_equal(take(&w, T0 + 10000000 + AFTER, WATCHMAN_SILENT), 2);
}

static void short_silence_is_nothing(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_connected(&w, T0);
	watchman_lost(&w, T0 + 1000);
	watchman_connected(&w, T0 + 60000);
	assert_int_equal(take(&w, T0 + 500000, WATCHMAN_SILENT), 0);
	watchman_lost(&w, T0 + 600000);
	/* counted from this one */
	assert_int_equal(take(&w, T0 + 600000 + AFTER - 1, WATCHMAN_SILENT), 0);
	assert_int_equal(take(&w, T0 + 600000 + AFTER, WATCHMAN_SILENT), 2);
}

static void who_was_not_told_hears_nothing_of_the_end(void **state)
{
	struct watchman w = fresh();
	unsigned who;
	enum watchman_mail mail;

	(void)state;
	watchman_connected(&w, T0);
	watchman_lost(&w, T0);
	assert_true(watchman_owed(&w, T0 + AFTER, &who, &mail));
	watchman_sent(&w, 0, WATCHMAN_SILENT);
	watchman_connected(&w, T0 + AFTER + 5000);
	assert_int_equal(take(&w, T0 + AFTER + 5000 + WATCHMAN_STEADY_MS, WATCHMAN_BACK), 1);
}

static void return_that_does_not_last_is_the_same_silence(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_connected(&w, T0);
	watchman_lost(&w, T0);
	assert_int_equal(take(&w, T0 + AFTER, WATCHMAN_SILENT), 2);
	watchman_connected(&w, T0 + 200000);
	watchman_lost(&w, T0 + 205000);
	assert_int_equal(take(&w, T0 + 900000, WATCHMAN_SILENT), 0);
	watchman_connected(&w, T0 + 900000);
	assert_int_equal(take(&w, T0 + 900000 + WATCHMAN_STEADY_MS, WATCHMAN_BACK), 2);
}

static void own_line_down_accuses_nobody_soon(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_connected(&w, T0);
	watchman_way(&w, WAY_DOWN, T0 + 1000);
	watchman_lost(&w, T0 + 15000);
	assert_int_equal(take(&w, T0 + 15000 + AFTER * 2, WATCHMAN_SILENT), 0);
	/* its line is back: it gets time to connect */
	watchman_way(&w, WAY_WORKS, T0 + 300000);
	assert_int_equal(take(&w, T0 + 300000 + AFTER - 1, WATCHMAN_SILENT), 0);
	assert_int_equal(take(&w, T0 + 300000 + AFTER, WATCHMAN_SILENT), 2);
	assert_false(w.unsure);
}

static void own_line_down_for_long_is_told_as_unsure(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_connected(&w, T0);
	watchman_way(&w, WAY_DOWN, T0);
	watchman_lost(&w, T0);
	assert_int_equal(take(&w, T0 + WATCHMAN_UNSURE_MS - 1, WATCHMAN_SILENT), 0);
	assert_int_equal(take(&w, T0 + WATCHMAN_UNSURE_MS, WATCHMAN_SILENT), 2);
	assert_true(w.unsure);
}

static void never_heard_is_never_missed(void **state)
{
	struct watchman w = fresh();

	(void)state;
	watchman_lost(&w, T0);
	assert_int_equal(take(&w, T0 + 100 * AFTER, WATCHMAN_SILENT), 0);
}

static void restart_in_the_midst_tells_nobody_twice(void **state)
{
	struct watchman w = fresh(), again = fresh();
	unsigned who;
	enum watchman_mail mail;

	(void)state;
	watchman_connected(&w, T0);
	watchman_lost(&w, T0);
	assert_true(watchman_owed(&w, T0 + AFTER, &who, &mail));
	watchman_sent(&w, who, mail);
	json_t *o = watchman_json(&w, to);
	watchman_from_json(&again, o, to, T0 + AFTER + 1000);
	json_decref(o);
	assert_int_equal(again.lost_at, T0);
	assert_int_equal(take(&again, T0 + AFTER + 1000, WATCHMAN_SILENT), 1);
	assert_true(again.told[0][WATCHMAN_SILENT] && again.told[1][WATCHMAN_SILENT]);
}

static void restart_while_it_was_heard_counts_from_then(void **state)
{
	struct watchman w = fresh(), again = fresh();

	(void)state;
	watchman_connected(&w, T0);
	json_t *o = watchman_json(&w, to);
	watchman_from_json(&again, o, to, T0 + 5000000);
	json_decref(o);
	assert_int_equal(take(&again, T0 + 5000000 + AFTER - 1, WATCHMAN_SILENT), 0);
	assert_int_equal(take(&again, T0 + 5000000 + AFTER, WATCHMAN_SILENT), 2);
}

static void nonsense_in_memory_is_passed_over(void **state)
{
	static const char *const texts[] = {"{}", "[]", "7", "{\"known\": true, \"lost_at\": 99999999999999999}",
	        "{\"told\": [{\"to\": 5, \"silent\": true}, 9]}", "{\"known\": \"yes\", \"lost_at\": -4}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct watchman w = fresh();
		json_t *o = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		watchman_from_json(&w, o, to, T0);
		assert_true(w.lost_at >= 0 && w.lost_at <= T0);
		assert_false(w.told[0][WATCHMAN_SILENT]);
		json_decref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(silence_is_told_once_and_its_end_once),
	        cmocka_unit_test(short_silence_is_nothing),
	        cmocka_unit_test(who_was_not_told_hears_nothing_of_the_end),
	        cmocka_unit_test(return_that_does_not_last_is_the_same_silence),
	        cmocka_unit_test(own_line_down_accuses_nobody_soon),
	        cmocka_unit_test(own_line_down_for_long_is_told_as_unsure),
	        cmocka_unit_test(never_heard_is_never_missed),
	        cmocka_unit_test(restart_in_the_midst_tells_nobody_twice),
	        cmocka_unit_test(restart_while_it_was_heard_counts_from_then),
	        cmocka_unit_test(nonsense_in_memory_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
