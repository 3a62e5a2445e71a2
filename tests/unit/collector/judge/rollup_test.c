#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/fleet.h"
#include "collector/judge/rollup.c"

static const struct service land = {.responsible = RESPONSIBLE_PROVINCE, .mandatory = true};
static const struct service portal = {.responsible = RESPONSIBLE_CENTRAL, .mandatory = true};
static const struct service extra = {.responsible = RESPONSIBLE_PROVINCE, .mandatory = false};
static const struct uplink ts, net;
static const int site, other;

static void add_service(struct rollup *r, const struct service *sv, enum state s, const void *at)
{
	rollup_add(r, &(struct rollup_entry){.kind = KIND_SERVICE, .state = s, .since = 5, .service = sv, .site = at});
}

static void add_line(struct rollup *r, enum check_kind kind, const struct uplink *u, enum state s)
{
	rollup_add(r, &(struct rollup_entry){.kind = kind, .state = s, .since = 5, .uplink = u, .site = &site});
}

static void test_nothing_is_unobserved(void **state)
{
	struct rollup r = {.count = 0};
	const struct rollup_entry *worst;
	(void)state;
	assert_int_equal(rollup_state(&r, &worst), STATE_UNOBSERVED);
	assert_null(worst);
	rollup_add(&r, &(struct rollup_entry){.kind = KIND_AGENT, .link = LINK_NEVER});
	assert_int_equal(r.count, 0);
}

static void test_the_worst_counts_but_the_best_agent(void **state)
{
	struct rollup r = {.count = 0};
	(void)state;
	add_service(&r, &land, STATE_DOWN, &site);
	add_service(&r, &land, STATE_UP, &site);
	assert_int_equal(rollup_state(&r, NULL), STATE_UP);
	add_service(&r, &land, STATE_UNOBSERVED, &site);
	assert_int_equal(rollup_state(&r, NULL), STATE_UP);
	add_service(&r, &land, STATE_UNOBSERVED, &other);
	assert_int_equal(rollup_state(&r, NULL), STATE_UNOBSERVED);
	add_service(&r, &land, STATE_DOWN, &other);
	assert_int_equal(rollup_state(&r, NULL), STATE_DOWN);
}

static void test_the_centre_colours_nobody(void **state)
{
	struct rollup r = {.count = 0};
	(void)state;
	add_service(&r, &land, STATE_UP, &site);
	add_service(&r, &portal, STATE_DOWN, &site);
	assert_int_equal(rollup_state(&r, NULL), STATE_UP);
	add_service(&r, &extra, STATE_DOWN, &site);
	assert_int_equal(rollup_state(&r, NULL), STATE_DEGRADED);
}

static void test_one_line_of_two(void **state)
{
	struct rollup r = {.count = 0};
	(void)state;
	add_line(&r, KIND_UPLINK, &ts, STATE_DOWN);
	assert_int_equal(rollup_state(&r, NULL), STATE_DOWN);
	add_line(&r, KIND_UPLINK, &net, STATE_UP);
	assert_int_equal(rollup_state(&r, NULL), STATE_DEGRADED);
}

static void test_own_look_goes_before_the_one_from_outside(void **state)
{
	struct rollup r = {.count = 0};
	(void)state;
	add_line(&r, KIND_PATH, &ts, STATE_DOWN);
	assert_int_equal(rollup_state(&r, NULL), STATE_DOWN);
	add_line(&r, KIND_UPLINK, &ts, STATE_UP);
	assert_int_equal(rollup_state(&r, NULL), STATE_UP);
}

static void test_silence_and_goodbye(void **state)
{
	struct rollup r = {.count = 0}, q = {.count = 0};
	(void)state;
	rollup_add(&r, &(struct rollup_entry){.kind = KIND_AGENT, .link = LINK_SILENT, .state = STATE_DOWN});
	assert_int_equal(rollup_state(&r, NULL), STATE_DOWN);
	rollup_add(&q, &(struct rollup_entry){.kind = KIND_AGENT, .link = LINK_CLOSED, .state = STATE_DOWN});
	assert_int_equal(rollup_state(&q, NULL), STATE_UNOBSERVED);
}

static void add_around(struct rollup *r, enum check_kind kind, enum state s)
{
	rollup_add(r, &(struct rollup_entry){.kind = kind, .state = s, .since = 5, .site = &site});
}

static void test_what_surrounds_spoils_but_never_stops(void **state)
{
	static const enum check_kind kinds[] = {KIND_GEAR, KIND_UPS, KIND_HEALTH, KIND_CLOCK, KIND_MTU, KIND_CONFLICT};
	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct rollup r = {.count = 0};
		add_service(&r, &land, STATE_UP, &site);
		add_around(&r, kinds[k], STATE_UNOBSERVED);
		assert_int_equal(rollup_state(&r, NULL), STATE_UP);
		add_around(&r, kinds[k], STATE_UP);
		assert_int_equal(rollup_state(&r, NULL), STATE_UP);
		add_around(&r, kinds[k], k ? STATE_DEGRADED : STATE_DOWN);
		assert_int_equal(rollup_state(&r, NULL), STATE_DEGRADED);
	}
	/* ports and certificates have states of their own and colour nobody */
	struct rollup r = {.count = 0};
	add_service(&r, &land, STATE_UP, &site);
	add_around(&r, KIND_INTERFACE, STATE_DOWN);
	add_around(&r, KIND_TLS, STATE_DEGRADED);
	assert_int_equal(rollup_state(&r, NULL), STATE_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nothing_is_unobserved),
	        cmocka_unit_test(test_the_worst_counts_but_the_best_agent),
	        cmocka_unit_test(test_the_centre_colours_nobody),
	        cmocka_unit_test(test_one_line_of_two),
	        cmocka_unit_test(test_own_look_goes_before_the_one_from_outside),
	        cmocka_unit_test(test_what_surrounds_spoils_but_never_stops),
	        cmocka_unit_test(test_silence_and_goodbye),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
