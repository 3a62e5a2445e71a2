/* oncall: a year of turns, holidays, instants at the boundary, zones that move, and what fits a route. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/oncall.c"
#include "tests/unit/collector/tell/desk.h"

#define ROTA                                                                                                           \
	"alerts: { rotas: [ { id: duty, members: [an, binh, chi], start: 2025-06-30, handover: \"08:00\", turn: 7d,\n" \
	"  holidays: [ { from: 2025-09-01, until: 2025-09-03, who: binh } ] } ],\n"
#define FIRST 1751245200000LL /* 30 June 2025 08:00 in Việt Nam */

static void a_year_of_turns(void **state)
{
	struct room *r = room_new(ROTA "  routes: [ { to: duty } ] }\n");
	const struct rota *rota = &r->inv->alerts.rotas[0];
	static const char *const members[] = {"an", "binh", "chi"};
	int holidays = 0;

	(void)state;
	for (int64_t hour = 0; hour < 365 * 24; hour++) {
		int64_t at = FIRST + hour * HOUR;
		const char *who = oncall_member(rota, r->zone, at);

		if (at >= 1756659600000LL && at < 1756832400000LL) { /* 1 and 2 September, midnight to midnight */
			assert_string_equal(who, "binh");
			holidays++;
		} else {
			assert_string_equal(who, members[hour / (7 * 24) % 3]);
		}
	}
	assert_int_equal(holidays, 48);
	room_free(r);
}

static void instants_at_the_boundary(void **state)
{
	struct room *r = room_new(ROTA "  routes: [ { to: duty } ] }\n");
	const struct rota *rota = &r->inv->alerts.rotas[0];

	(void)state;
	assert_string_equal(oncall_member(rota, r->zone, FIRST), "an");
	assert_string_equal(oncall_member(rota, r->zone, FIRST + 7 * DAY - 1), "an");
	assert_string_equal(oncall_member(rota, r->zone, FIRST + 7 * DAY), "binh");
	assert_string_equal(oncall_member(rota, r->zone, FIRST + 21 * DAY), "an");
	/* before the first turn, and long before */
	assert_string_equal(oncall_member(rota, r->zone, FIRST - 1), "an");
	assert_string_equal(oncall_member(rota, r->zone, FIRST - 400 * DAY), "an");
	assert_string_equal(oncall_member(rota, r->zone, 1756659600000LL), "binh");
	assert_string_equal(oncall_member(rota, r->zone, 1756832400000LL - 1), "binh");
	room_free(r);
}

/* Daily turns through both changes of the clock: always at 08:00 of the wall, 23 and 25 hours long at the changes. */
static void zones_that_move(void **state)
{
	struct room *r =
	        room_new("alerts: { rotas: [ { id: duty, members: [an, binh], start: 2025-01-01, turn: 1d } ] }\n");
	struct rota rota = r->inv->alerts.rotas[0];
	struct zone *berlin;
	int lengths[26] = {0};

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &berlin), 0);
	rota.start = 1735686000000LL; /* 1 January 2025, midnight in Berlin */
	for (int64_t n = 0; n < 365; n++) {
		int64_t at = turn_begins(&rota, berlin, n);
		int64_t local = (at + zone_offset_ms(berlin, at)) % DAY;

		assert_int_equal(local / HOUR, 8);
		assert_string_equal(oncall_member(&rota, berlin, at), n % 2 ? "binh" : "an");
		assert_string_equal(
		        oncall_member(&rota, berlin, turn_begins(&rota, berlin, n + 1) - 1), n % 2 ? "binh" : "an");
		lengths[(turn_begins(&rota, berlin, n + 1) - at) / HOUR]++;
	}
	assert_int_equal(lengths[23], 1);
	assert_int_equal(lengths[25], 1);
	assert_int_equal(lengths[24], 363);
	zone_free(berlin);
	room_free(r);
}

#define ROUTES                                                                                                         \
	"alerts:\n"                                                                                                    \
	"  routes:\n"                                                                                                  \
	"    - { units: [ta-ngai-cho], to: an }\n"                                                                     \
	"    - { units: [pha-long], sites: [dc-hq], to: an }\n"                                                        \
	"    - { sites: [pl-hq], severity: warning, to: an }\n"                                                        \
	"    - { sectors: [finance], to: an }\n"                                                                       \
	"    - { units: [pha-long], causes: [site-power, area-power], to: an }\n"                                      \
	"    - { units: [din-chin], severity: alarm, to: an }\n"

/* The number of the route that fits, from 1; 0: none. */
static int fits(struct room *r, json_t *incident)
{
	const struct alert_route *route = oncall_route(r->inv, incident);

	json_decref(incident);
	return route ? (int)(route - r->inv->alerts.routes) + 1 : 0;
}

static json_t *with(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
	return o;
}

static void which_route_fits(void **state)
{
	struct room *r = room_new(ROUTES);
	int64_t july = MORNING, june = MORNING - DAY;

	(void)state;
	/* the unit of the day it began */
	assert_int_equal(fits(r, alarm_at("i", "pl-hq", june)), 1);
	assert_int_equal(fits(r, alarm_at("i", "pl-hq", july)), 0);
	assert_int_equal(fits(r, with(alarm_at("i", "pl-hq", july), "severity", json_string("warning"))), 3);
	assert_int_equal(fits(r, alarm_at("i", "dc-hq", july)), 6);
	assert_int_equal(fits(r, with(alarm_at("i", "dc-hq", july), "severity", json_string("warning"))), 0);
	/* what is affected, and by what; the cause in force */
	assert_int_equal(fits(r, with(alarm_at("i", "pl-hq", july), "service", json_string("tax"))), 4);
	assert_int_equal(fits(r, with(alarm_at("i", "pl-hq", july), "affects",
	                                 json_pack("[s, s]", "service:land@a", "service:tax@a"))),
	        4);
	assert_int_equal(fits(r, with(alarm_at("i", "pl-hq", july), "affects",
	                                 json_pack("[s, s]", "service:land@a", "uplink:tax@a"))),
	        0);
	assert_int_equal(fits(r, with(alarm_at("i", "pl-hq", july), "cause_now", json_string("site-power"))), 5);
	assert_int_equal(fits(r, with(with(alarm_at("i", "pl-hq", july), "cause_now", json_string("site-power")),
	                                 "final_cause", json_string("uplink-down"))),
	        0);
	/* a wide one, by any of its sites */
	assert_int_equal(fits(r, with(alarm_at("i", NULL, july), "sites", json_pack("[s, s]", "pl-hq", "dc-hq"))), 6);
	assert_int_equal(fits(r, with(alarm_at("i", NULL, july), "sites", json_pack("[s, i]", "gone", 7))), 0);
	assert_int_equal(fits(r, alarm_at("i", NULL, july)), 0);
	room_free(r);
}

static void meant_are(struct room *r, const char *ids[])
{
	struct oncall list = {0};
	json_t *incident = alarm_at("i", "pl-hq", MORNING);
	size_t i;

	oncall_for(r->inv, r->zone, incident, MORNING, &list);
	for (i = 0; ids[i] && i < list.count; i++)
		assert_string_equal(list.who[i]->id, ids[i]);
	assert_null(ids[i]);
	assert_int_equal(list.count, i);
	oncall_free(&list);
	json_decref(incident);
}

static void nobody_is_meant_twice(void **state)
{
	struct room *r = room_new("");

	(void)state;
	/* no routes: everybody, but one mail for one address */
	meant_are(r, (const char *[]){"an", "binh", "chi", "chief", NULL});
	room_reload(r, ROTA "  routes: [ { units: din-chin, to: chief } ] }\n");
	meant_are(r, (const char *[]){"an", "binh", "chi", "chief", NULL});
	/* on call, by name, and by the desk's address */
	room_reload(r, ROTA "  routes: [ { to: [duty, an, desk, chief] } ] }\n");
	meant_are(r, (const char *[]){"an", "chief", NULL});
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_year_of_turns),
	        cmocka_unit_test(instants_at_the_boundary),
	        cmocka_unit_test(zones_that_move),
	        cmocka_unit_test(which_route_fits),
	        cmocka_unit_test(nobody_is_meant_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
