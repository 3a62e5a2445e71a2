#include "tests/unit/collector/inventory/province.h"

#include "collector/judge/loss.c"

#define M 60000LL
#define T0 (29200000LL * M) /* a whole minute after go-live and the maintenance of the province */

struct bench {
	struct inventory *inv;
	struct judge judge;
	struct incident *incident;
	struct {
		int64_t check;
		struct interval v;
	} rows[32];
	size_t count;
};

static int setup(void **state)
{
	static const struct judge_source none;
	struct bench *b = mem_alloc(sizeof *b);
	bool fresh;
	char *text = mem_str(province_text), *at = strstr(text, "  - { id: core-srv");
	char *whole = mem_printf("%.*s  - { id: mk-srv2, site: mk-hq }\n%s", (int)(at - text), text, at);
	b->inv = province_load(whole);
	judge_init(&b->judge, 10000, &none);
	judge_set_inventory(&b->judge, b->inv);
	b->incident = incident_make(&b->judge.incidents, "i", &fresh);
	b->incident->opened_at = T0;
	b->incident->resolved_at = T0 + 10 * M;
	free(whole);
	free(text);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	judge_free(&b->judge);
	inventory_free(b->inv);
	free(b);
	return 0;
}

static struct judge_check *check(struct bench *b, const char *node, const char *service)
{
	struct judge_check *c =
	        fleet_check_make(&b->judge.fleet, fleet_node_make(&b->judge.fleet, node), KIND_SERVICE, service);
	c->id = c->id ? c->id : ++b->judge.fleet.last_check_id;
	return c;
}

/* Minutes from T0. */
static void was(struct bench *b, struct judge_check *c, double from, double until, enum state s)
{
	b->rows[b->count].check = c->id;
	b->rows[b->count++].v = (struct interval){T0 + (int64_t)(from * M), T0 + (int64_t)(until * M), (uint8_t)s};
}

static size_t read_rows(void *arg, int64_t check_id, int64_t from, int64_t until, struct interval *out, size_t max)
{
	struct bench *b = arg;
	size_t count = 0;
	for (size_t k = 0; k < b->count && count < max; k++)
		if (b->rows[k].check == check_id && b->rows[k].v.stop > from && b->rows[k].v.start < until)
			out[count++] = b->rows[k].v;
	return count;
}

static int lost(struct bench *b, const char *service)
{
	json_t *o = loss_count(&b->judge, b->incident, read_rows, b);
	int n = (int)json_integer_value(json_object_get(o, service));
	json_decref(o);
	return n;
}

static void test_minutes_within_the_incident(void **state)
{
	struct bench *b = *state;
	struct judge_check *c = check(b, "mk-srv1", "land");
	incident_affects(b->incident, "service:land@mk-srv1");
	was(b, c, -20, -5, STATE_DOWN); /* another time */
	was(b, c, -5, 0.25, STATE_UP);
	was(b, c, 0.25, 6.25, STATE_DOWN);
	was(b, c, 6.25, 30, STATE_UP);
	assert_int_equal(lost(b, "land"), 6);
	assert_int_equal(lost(b, "portal"), 0);
}

static void test_another_agent_of_the_site_had_it(void **state)
{
	struct bench *b = *state;
	struct judge_check *one = check(b, "mk-srv1", "land"), *two = check(b, "mk-srv2", "land");
	incident_affects(b->incident, "service:land@mk-srv1");
	was(b, one, 0, 10, STATE_DOWN);
	was(b, two, 0, 4, STATE_UP);
	was(b, two, 4, 8, STATE_DOWN);
	/* from 8 on nobody knows what the other would have seen */
	assert_int_equal(lost(b, "land"), 6);
}

static void test_one_site_without_it_is_enough(void **state)
{
	struct bench *b = *state;
	struct judge_check *here = check(b, "mk-srv1", "land"), *there = check(b, "core-srv", "land");
	incident_affects(b->incident, "service:land@mk-srv1");
	incident_affects(b->incident, "service:land@core-srv");
	was(b, here, 0, 3, STATE_DOWN);
	was(b, here, 3, 10, STATE_UP);
	was(b, there, 0, 2, STATE_UP);
	was(b, there, 2, 7, STATE_DOWN);
	assert_int_equal(lost(b, "land"), 7);
}

static void test_a_dark_agent_stands_for_its_services(void **state)
{
	struct bench *b = *state;
	incident_affects(b->incident, "agent:mk-srv1");
	was(b, check(b, "mk-srv1", "land"), 0, 10, STATE_DOWN);
	was(b, check(b, "mk-srv1", "portal"), 0, 5, STATE_DOWN);
	assert_int_equal(lost(b, "land"), 10);
	assert_int_equal(lost(b, "portal"), 5);
}

static void test_what_runs_and_what_is_excused(void **state)
{
	struct bench *b = *state;
	struct judge_check *c = check(b, "mk-srv1", "land");
	char why[100];
	incident_affects(b->incident, "service:land@mk-srv1");
	/* the stretch that has not ended stands in the machine */
	c->machine = (struct state_machine){.state = STATE_DOWN, .since = T0 + M, .at = T0 + 20 * M};
	assert_int_equal(lost(b, "land"), 9);
	json_t *o = json_pack("{s:s, s:s, s:[s], s:I, s:I}", "id", "m", "kind", "maintenance", "targets", "site:mk-hq",
	        "from", (json_int_t)T0, "until", (json_int_t)(T0 + 5 * M));
	assert_int_equal(excuse_put(&b->judge.excuses, b->inv, o, why, sizeof why), 0);
	json_decref(o);
	assert_int_equal(lost(b, "land"), 5);
}

static void test_strange_names_count_nothing(void **state)
{
	struct bench *b = *state;
	static const char *const names[] = {"", "service:", "service:@", "service:land@nobody",
	        "service:nothing@mk-srv1", "agent:nobody", "path:mk-ts@core-srv"};
	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
		incident_affects(b->incident, names[k]);
	json_t *o = loss_count(&b->judge, b->incident, read_rows, b);
	assert_int_equal(json_object_size(o), 0);
	json_decref(o);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_minutes_within_the_incident),
	        TEST(test_another_agent_of_the_site_had_it),
	        TEST(test_one_site_without_it_is_enough),
	        TEST(test_a_dark_agent_stands_for_its_services),
	        TEST(test_what_runs_and_what_is_excused),
	        TEST(test_strange_names_count_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
