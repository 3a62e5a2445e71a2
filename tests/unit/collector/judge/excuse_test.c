#include "tests/unit/collector/inventory/province.h"

#include <stdio.h>

#include "collector/judge/excuse.c"

struct bench {
	struct inventory *inv;
	struct fleet fleet;
	struct excuses all;
};

static int setup(void **state)
{
	struct bench *b = mem_alloc(sizeof *b);
	b->inv = province_load(province_text);
	b->fleet.step_ms = 10000;
	fleet_relink(&b->fleet, b->inv);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	fleet_free(&b->fleet);
	excuses_free(&b->all);
	inventory_free(b->inv);
	free(b);
	return 0;
}

static const struct judge_check *check(struct bench *b, const char *node, enum check_kind kind, const char *instance)
{
	struct judge_check *c = fleet_check_make(&b->fleet, fleet_node_make(&b->fleet, node), kind, instance);
	assert_non_null(c);
	return c;
}

static int put(struct bench *b, const char *id, const char *kind, const char *target, int64_t from, int64_t until)
{
	char why[200];
	json_t *o = json_pack("{s:s, s:s, s:[s], s:I, s:I}", "id", id, "kind", kind, "targets", target, "from",
	        (json_int_t)from, "until", (json_int_t)until);
	int rc = excuse_put(&b->all, b->inv, o, why, sizeof why);
	json_decref(o);
	return rc;
}

static void test_what_a_target_covers(void **state)
{
	struct bench *b = *state;
	const struct judge_check *land = check(b, "mk-srv1", KIND_SERVICE, "land"),
	                         *portal = check(b, "mk-srv1", KIND_SERVICE, "portal"),
	                         *line = check(b, "mk-srv1", KIND_UPLINK, "mk-ts"),
	                         *agent = check(b, "mk-srv1", KIND_AGENT, ""),
	                         *gear = check(b, "mk-sw1", KIND_GEAR, ""), *far = check(b, "core-srv", KIND_AGENT, "");
	static const struct {
		const char *target;
		bool land, portal, line, agent, gear, far;
	} rows[] = {
	        {"province:lao-cai", 1, 1, 1, 1, 1, 1},
	        {"province:other", 0, 0, 0, 0, 0, 0},
	        {"unit:muong-khuong", 1, 1, 1, 1, 1, 0},
	        {"unit:tt-muong-khuong", 0, 0, 0, 0, 0, 0},
	        {"site:mk-hq", 1, 1, 1, 1, 1, 0},
	        {"site:core-site", 0, 0, 0, 0, 0, 1},
	        {"node:mk-sw1", 0, 0, 0, 0, 1, 0},
	        {"node:mk-srv1", 1, 1, 1, 1, 0, 0},
	        {"service:land", 1, 0, 0, 0, 0, 0},
	        /* land goes by tslcd only; with a second line the agent is heard all the same */
	        {"uplink:mk-ts", 1, 0, 1, 0, 0, 0},
	        {"uplink:mk-net", 0, 0, 0, 0, 0, 0},
	        {"nothing", 0, 0, 0, 0, 0, 0},
	};
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		assert_int_equal(put(b, "m", "maintenance", rows[k].target, AFTER, AFTER + 10), 0);
		const struct excuse *e = b->all.all[0];
		assert_int_equal(excuse_covers(e, b->inv, land, AFTER), rows[k].land);
		assert_int_equal(excuse_covers(e, b->inv, portal, AFTER), rows[k].portal);
		assert_int_equal(excuse_covers(e, b->inv, line, AFTER), rows[k].line);
		assert_int_equal(excuse_covers(e, b->inv, agent, AFTER), rows[k].agent);
		assert_int_equal(excuse_covers(e, b->inv, gear, AFTER), rows[k].gear);
		assert_int_equal(excuse_covers(e, b->inv, far, AFTER), rows[k].far);
	}
	assert_int_equal(b->all.count, 1);
	/* a site belongs to the unit of that day */
	assert_int_equal(put(b, "m", "maintenance", "unit:tt-muong-khuong", BEFORE - 10, AFTER), 0);
	assert_true(excuse_covers(b->all.all[0], b->inv, land, BEFORE));
}

static void test_the_approved_one_comes_first(void **state)
{
	struct bench *b = *state;
	const struct judge_check *c = check(b, "mk-srv1", KIND_SERVICE, "land");
	assert_int_equal(put(b, "cut", "planned-cut", "site:mk-hq", AFTER, AFTER + 100), 0);
	assert_false(excuse_find(&b->all, "cut")->approved);
	assert_string_equal(excuse_at(&b->all, b->inv, c, AFTER)->id, "cut");
	assert_int_equal(put(b, "m", "maintenance", "site:mk-hq", AFTER + 50, AFTER + 100), 0);
	assert_string_equal(excuse_at(&b->all, b->inv, c, AFTER + 49)->id, "cut");
	assert_string_equal(excuse_at(&b->all, b->inv, c, AFTER + 50)->id, "m");
	assert_null(excuse_at(&b->all, b->inv, c, AFTER + 100));
	assert_null(excuse_at(&b->all, b->inv, c, AFTER - 1));
}

static void test_ending(void **state)
{
	struct bench *b = *state;
	assert_int_equal(put(b, "m", "maintenance", "site:mk-hq", 100, 200), 0);
	assert_false(excuse_end(&b->all, "nothing", 150));
	assert_true(excuse_end(&b->all, "m", 150));
	assert_int_equal(b->all.all[0]->until, 150);
	assert_false(excuse_end(&b->all, "m", 160));
	/* before it began: it never is */
	assert_int_equal(put(b, "later", "maintenance", "site:mk-hq", 300, 400), 0);
	assert_true(excuse_end(&b->all, "later", 200));
	assert_int_equal(b->all.all[1]->until, 300);
}

static void test_what_is_broken_is_refused(void **state)
{
	static const char *const broken[] = {
	        "{}",
	        "{\"id\":\"x\"}",
	        "{\"id\":\"\",\"kind\":\"drill\",\"targets\":[\"a\"],\"from\":1,\"until\":2}",
	        "{\"id\":\"x\",\"kind\":\"party\",\"targets\":[\"a\"],\"from\":1,\"until\":2}",
	        "{\"id\":\"x\",\"kind\":\"drill\",\"targets\":[],\"from\":1,\"until\":2}",
	        "{\"id\":\"x\",\"kind\":\"drill\",\"targets\":[7],\"from\":1,\"until\":2}",
	        "{\"id\":\"x\",\"kind\":\"drill\",\"targets\":[\"a\"],\"from\":\"1\",\"until\":2}",
	        "{\"id\":\"x\",\"kind\":\"drill\",\"targets\":[\"a\"],\"from\":3,\"until\":2}",
	};
	struct bench *b = *state;
	char why[200];
	for (size_t k = 0; k < sizeof broken / sizeof broken[0]; k++) {
		json_t *o = json_loads(broken[k], 0, NULL);
		assert_non_null(o);
		assert_int_equal(excuse_put(&b->all, b->inv, o, why, sizeof why), -EINVAL);
		assert_true(why[0]);
		json_decref(o);
	}
	assert_int_equal(b->all.count, 0);
}

/* The province of these tests has maintenance "m" on 5 July. */
static void test_from_the_file(void **state)
{
	struct bench *b = *state;
	char *text = mem_str(province_text), *line = strstr(text, "maintenance: ");
	memset(line, ' ', strcspn(line, "\n"));
	struct inventory *without = province_load(text);
	const int64_t from = 1751648400000LL, until = from + 86400000;
	assert_int_equal(b->inv->planned_count, 1);
	assert_int_equal(without->planned_count, 0);
	excuses_plan(&b->all, b->inv, from - 1000);
	const struct excuse *e = excuse_find(&b->all, "m");
	assert_int_equal(e->from, from);
	assert_int_equal(e->until, until);
	assert_string_equal(e->by, EXCUSE_BY_FILE);
	/* ended early stays ended though the file says more */
	assert_true(excuse_end(&b->all, "m", from + 1000));
	excuses_plan(&b->all, b->inv, from + 2000);
	assert_int_equal(excuse_find(&b->all, "m")->until, from + 1000);
	/* taken out of the file while it runs: over; what people asked for stays */
	excuses_free(&b->all);
	excuses_plan(&b->all, b->inv, from + 1000);
	assert_int_equal(put(b, "mine", "maintenance", "site:mk-hq", from, until), 0);
	excuses_plan(&b->all, without, from + 3000);
	assert_int_equal(excuse_find(&b->all, "m")->until, from + 3000);
	assert_int_equal(excuse_find(&b->all, "mine")->until, until);
	inventory_free(without);
	free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_what_a_target_covers),
	        TEST(test_the_approved_one_comes_first),
	        TEST(test_ending),
	        TEST(test_what_is_broken_is_refused),
	        TEST(test_from_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
