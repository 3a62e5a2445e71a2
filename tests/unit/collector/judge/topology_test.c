#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/topology.c"

#include <unistd.h>

static const char province[] =
        "province: { id: p, name: P, trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00, collector_node: a-srv "
        "}\n"
        "units:\n"
        "  - { id: a, name: A, kind: commune }\n"
        "  - { id: b, name: B, kind: commune }\n"
        "  - { id: c, name: C, kind: commune }\n"
        "  - { id: d, name: D, kind: commune }\n"
        "sites:\n"
        "  - { id: a-hq, name: A, role: x, lat: 22.4989, lon: 103.97, units: [ { unit: a } ], uplinks: [\n"
        "      { id: a-ts, kind: tslcd, carrier: VNPT, parent: hub-ts, terminal: 10.1.1.1, gateway: 10.1.1.1 },\n"
        "      { id: a-net, kind: internet, carrier: Viettel, parent: core, terminal: 203.0.113.1 } ] }\n"
        "  - { id: a2-hq, name: A2, role: x, units: [ { unit: a } ], uplinks: [ { id: a2-ts, kind: tslcd, carrier: "
        "vnpt, parent: loop-1 } ] }\n"
        "  - { id: b-hq, name: B, role: x, lat: 22.4308, lon: 103.99, units: [ { unit: b } ], uplinks: [ { id: b-ts, "
        "kind: tslcd, carrier: FPT, parent: hub-rt, gateway: 10.1.1.1 } ] }\n"
        "  - { id: c-hq, name: C, role: x, lat: 21.0285, lon: 105.8542, units: [ { unit: c } ], uplinks: [ { id: c-ts, "
        "kind: tslcd, carrier: VNPT, parent: c-ts } ] }\n"
        "  - { id: d-hq, name: D, role: x, units: [ { unit: d } ], uplinks: [ { id: d-ts, kind: tslcd, parent: bts-7, "
        "terminal: 10.1.4.1 } ] }\n"
        "  - { id: d2-hq, name: D2, role: x, units: [ { unit: c } ], uplinks: [ { id: d2-ts, kind: 4g, parent: bts-7 } "
        "] }\n"
        "  - { id: hub, name: Hub, role: x, units: [ { unit: a } ], uplinks: [ { id: hub-ts, kind: tslcd, carrier: "
        "VNPT, parent: core } ] }\n"
        "  - { id: l1, name: L, role: x, units: [ { unit: a } ], uplinks: [ { id: loop-1, kind: tslcd, parent: loop-2 "
        "} ] }\n"
        "  - { id: l2, name: L, role: x, units: [ { unit: a } ], uplinks: [ { id: loop-2, kind: tslcd, parent: l-rt } "
        "] }\n"
        "  - { id: l3, name: L, role: x, units: [ { unit: a } ], uplinks: [ { id: loop-3, kind: tslcd, parent: loop-1 "
        "} ] }\n"
        "nodes:\n"
        "  - { id: a-srv, site: a-hq, kind: server }\n"
        "  - { id: a-rt, site: a-hq, kind: gear, address: \"10.1.1.1:161\" }\n"
        "  - { id: a-sw, site: a-hq, kind: gear, address: 10.1.1.2 }\n"
        "  - { id: b-rt, site: b-hq, kind: gear, address: 10.1.1.1 }\n"
        "  - { id: d-srv, site: d-hq, kind: server }\n"
        "  - { id: d-rt, site: d-hq, kind: gear, address: \"[2001:db8::1]:161\" }\n"
        "  - { id: d-term, site: d-hq, kind: gear, address: 10.1.4.1 }\n"
        "  - { id: hub-rt, site: hub, kind: gear, address: 10.9.9.9 }\n"
        "  - { id: l-rt, site: l3, kind: gear, address: 10.9.9.8 }\n";

struct world {
	struct inventory *inv;
	struct topology *t;
};

static void load(struct world *w)
{
	char path[] = "/tmp/sansang-topology-XXXXXX";
	struct conf_errors errors = {0};
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, province, sizeof province - 1), sizeof province - 1);
	close(fd);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	conf_errors_free(&errors);
	unlink(path);
	assert_int_equal(rc, 0);
	w->t = topology_make(w->inv);
}

static void unload(struct world *w)
{
	topology_free(w->t);
	inventory_free(w->inv);
}

static const struct site *site(const struct world *w, const char *id)
{
	const struct site *s = inventory_site(w->inv, id);
	assert_non_null(s);
	return s;
}

static void test_places(void **state)
{
	struct world w;
	(void)state;
	load(&w);
	/* Lào Cai to Hà Nội as the crow flies */
	assert_in_range((long)topology_distance_km(site(&w, "a-hq"), site(&w, "c-hq")), 250, 262);
	assert_true(isnan(topology_distance_km(site(&w, "a-hq"), site(&w, "d-hq"))));
	assert_true(topology_near(w.t, site(&w, "a-hq"), site(&w, "b-hq")));
	assert_false(topology_near(w.t, site(&w, "a-hq"), site(&w, "c-hq")));
	/* without a place: the same unit, or the same parent */
	assert_true(topology_near(w.t, site(&w, "a-hq"), site(&w, "a2-hq")));
	assert_true(topology_near(w.t, site(&w, "d-hq"), site(&w, "d2-hq")));
	assert_false(topology_near(w.t, site(&w, "a-hq"), site(&w, "d-hq")));
	/* opposite points of the earth, and a place that is none */
	struct site north = {.lat = 0.001, .lon = 0}, south = {.lat = -0.001, .lon = 180}, odd = {.lat = NAN, .lon = 7};
	assert_in_range((long)topology_distance_km(&north, &south), 20014, 20016);
	assert_true(isnan(topology_distance_km(&north, &odd)));
	unload(&w);
}

static void test_parents(void **state)
{
	struct world w;
	const char *names[TOPOLOGY_DEPTH], *name;
	(void)state;
	load(&w);
	const struct uplink *a = &site(&w, "a-hq")->uplinks[0], *net = &site(&w, "a-hq")->uplinks[1];
	const struct uplink *b = &site(&w, "b-hq")->uplinks[0], *c = &site(&w, "c-hq")->uplinks[0];
	assert_int_equal(topology_upstreams(w.t, a, names), 1);
	assert_string_equal(names[0], "hub-ts");
	/* a node hangs on the line of its site */
	assert_int_equal(topology_upstreams(w.t, b, names), 2);
	assert_string_equal(names[0], "hub-rt");
	assert_string_equal(names[1], "hub-ts");
	assert_int_equal(topology_upstreams(w.t, net, names), 0);
	assert_true(topology_share_upstream(w.t, a, b, &name));
	assert_string_equal(name, "hub-ts");
	assert_true(topology_share_upstream(w.t, a, c, &name));
	assert_string_equal(name, "VNPT");
	assert_false(topology_share_upstream(w.t, net, b, &name));
	/* "core" is what all have */
	assert_false(topology_share_upstream(w.t, net, &site(&w, "hub")->uplinks[0], &name));
	unload(&w);
}

static void test_parents_that_run_in_circles(void **state)
{
	struct world w;
	const char *names[TOPOLOGY_DEPTH], *name;
	(void)state;
	load(&w);
	const struct uplink *a2 = &site(&w, "a2-hq")->uplinks[0], *c = &site(&w, "c-hq")->uplinks[0];
	/* it is its own parent */
	assert_int_equal(topology_upstreams(w.t, c, names), 0);
	/* loop-1, loop-2, l-rt, loop-3, loop-1 ... */
	assert_int_equal(topology_upstreams(w.t, a2, names), 4);
	assert_string_equal(names[3], "loop-3");
	assert_int_equal(topology_upstreams(w.t, &site(&w, "l1")->uplinks[0], names), 3);
	assert_true(topology_share_upstream(w.t, a2, &site(&w, "l2")->uplinks[0], &name));
	unload(&w);
}

static void test_carriers(void **state)
{
	struct world w;
	struct uplink lines[] = {{.carrier = (char *)"VNPT"}, {.carrier = (char *)"vnpt"}, {.carrier = NULL},
	        {.carrier = (char *)""}, {.carrier = (char *)"FPT"}};
	struct site s = {.uplinks = lines, .uplink_count = 5};
	(void)state;
	load(&w);
	assert_int_equal(topology_carriers(site(&w, "a-hq")), 2);
	assert_int_equal(topology_carriers(&s), 2);
	unload(&w);
}

static void test_gateway_gear(void **state)
{
	struct world w;
	struct judge_node n = {.name = "d-srv"};
	(void)state;
	load(&w);
	const struct site *a = site(&w, "a-hq"), *b = site(&w, "b-hq"), *d = site(&w, "d-hq");
	assert_string_equal(topology_gateway_gear(w.t, a, &a->uplinks[0])->id, "a-rt");
	/* two sites with one private address */
	assert_string_equal(topology_gateway_gear(w.t, b, &b->uplinks[0])->id, "b-rt");
	assert_null(topology_gateway_gear(w.t, a, &a->uplinks[1]));
	assert_string_equal(topology_gateway_gear(w.t, d, &d->uplinks[0])->id, "d-term");
	/* its server told by which gateway it goes */
	n.inv = inventory_node(w.inv, "d-srv");
	n.site = d;
	topology_learn(w.t, &n, "gateway-mac", "gateway", "2001:db8::1 02:00:00:00:00:01 was 02:00:00:00:00:02");
	assert_string_equal(topology_gateway_gear(w.t, d, &d->uplinks[0])->id, "d-rt");
	unload(&w);
}

static void test_services_go_by_lines(void **state)
{
	struct uplink u = {.id = (char *)"a-ts", .kind = UPLINK_TSLCD};
	struct service by_kind = {.via = (char *)"tslcd"}, by_id = {.via = (char *)"a-ts"},
	               other = {.via = (char *)"4g"}, any = {0};
	(void)state;
	assert_true(topology_goes_by(&by_kind, &u));
	assert_true(topology_goes_by(&by_id, &u));
	assert_false(topology_goes_by(&other, &u));
	assert_true(topology_goes_by(&any, &u));
}

static void test_ports_are_learned(void **state)
{
	struct world w;
	const char *gear, *port;
	(void)state;
	load(&w);
	struct judge_node sw = {.name = "a-sw", .inv = inventory_node(w.inv, "a-sw"), .site = site(&w, "a-hq")};
	topology_learn(w.t, &sw, "neighbours", "",
	        "{\"neighbours\": [{\"protocol\": \"lldp\", \"local_port\": \"5\", \"local_interface\": \"ge-0/0/5\","
	        " \"system\": \"A-SRV.laocai.example\"}, {\"local_port\": \"6\", \"system\": \"d-srv\"}]}");
	assert_true(topology_port_of(w.t, "a-srv", &gear, &port));
	assert_string_equal(gear, "a-sw");
	assert_string_equal(port, "ge-0/0/5");
	/* of another site: nobody's word for it */
	assert_false(topology_port_of(w.t, "d-srv", &gear, &port));
	/* a reload keeps what was learned */
	struct topology *fresh = topology_make(w.inv);
	topology_inherit(fresh, w.t);
	w.t = fresh;
	assert_true(topology_port_of(w.t, "a-srv", &gear, &port));
	topology_learn(w.t, &sw, "neighbours", "", "[]");
	assert_false(topology_port_of(w.t, "a-srv", &gear, &port));
	unload(&w);
}

static void test_hostile_texts(void **state)
{
	static const char *const texts[] = {"", "{", "[[[[[[", "null", "7", "[null, 7, {}, {\"system\": 7}]",
	        "{\"neighbours\": 3}", "[{\"system\": \"\", \"local_port\": \"\"}]", "[{\"system\": \"....\"}]",
	        "{\"reached\": true, \"hops\": [null, [], [7], [\"\"], {}]}",
	        "{\"reached\": true, \"hops\": \"10.0.0.1\"}", " ",
	        "                                                                                          x"};
	static const char *const kinds[] = {"neighbours", "gateway-mac", "trace", "boot", ""};
	struct world w;
	char hops[4096] = "{\"reached\": true, \"hops\": [";
	(void)state;
	load(&w);
	struct judge_node sw = {.name = "a-sw", .inv = inventory_node(w.inv, "a-sw"), .site = site(&w, "a-hq")};
	struct judge_node srv = {.name = "a-srv", .inv = inventory_node(w.inv, "a-srv"), .site = site(&w, "a-hq")};
	struct judge_node stranger = {.name = "nobody"};
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		for (size_t m = 0; m < sizeof texts / sizeof texts[0]; m++) {
			topology_learn(w.t, &sw, kinds[k], "", texts[m]);
			topology_learn(w.t, &srv, kinds[k], k == 1 ? "gateway" : "path:core", texts[m]);
			topology_learn(w.t, &stranger, kinds[k], "path:core", texts[m]);
		}
	}
	for (int k = 0; k < 100; k++)
		snprintf(hops + strlen(hops), 32, "[\"10.0.0.%d\", 1.5],", k);
	snprintf(hops + strlen(hops) - 1, 4, "]}");
	topology_learn(w.t, &srv, "trace", "path:core", hops);
	assert_true(topology_way_has(w.t, "a-srv", "10.0.0.23"));
	assert_false(topology_way_has(w.t, "a-srv", "10.0.0.24"));
	assert_false(topology_way_has(w.t, "nobody", "10.0.0.1"));
	assert_int_equal(w.t->seat_count, 1);
	unload(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_parents),
	        cmocka_unit_test(test_parents_that_run_in_circles), cmocka_unit_test(test_carriers),
	        cmocka_unit_test(test_gateway_gear), cmocka_unit_test(test_services_go_by_lines),
	        cmocka_unit_test(test_ports_are_learned), cmocka_unit_test(test_hostile_texts)};
	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
