/* orders: the JSON that an agent gets is what agent/config.h says. */
#include "collector/inventory/orders.c"

#include <errno.h>
#include <sys/stat.h>

#include "common/memory.h"
#include "tests/unit/collector/inventory/certificate.h"
#include "tests/unit/collector/inventory/province.h"

static json_t *orders_of(const struct inventory *inv, const char *node, int64_t at, char version[17])
{
	char *text = inventory_agent_config(inv, NULL, inventory_node(inv, node), 10000, at, version);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	free(text);
	return o;
}

static const char *text_at(const json_t *list, size_t index, const char *key)
{
	return json_string_value(json_object_get(json_array_get(list, index), key));
}

static void test_a_server_gets_its_lines_and_services(void **state)
{
	struct inventory *inv = province_load(province_text);
	char version[17], earlier[17];
	json_t *o = orders_of(inv, "mk-srv1", AFTER, version);
	const json_t *uplinks = json_object_get(o, "uplinks"), *services = json_object_get(o, "services");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(o, "node")), "mk-srv1");
	assert_string_equal(json_string_value(json_object_get(o, "site")), "mk-hq");
	assert_string_equal(json_string_value(json_object_get(o, "version")), version);
	assert_int_equal(strlen(version), 16);
	assert_int_equal(json_integer_value(json_object_get(o, "step_ms")), 10000);
	assert_true(json_is_null(json_object_get(o, "core")));
	assert_int_equal(json_array_size(uplinks), 2);
	assert_string_equal(text_at(uplinks, 0, "instance"), "mk-ts");
	assert_string_equal(text_at(uplinks, 0, "target"), "10.20.1.1");
	assert_string_equal(text_at(uplinks, 0, "gateway"), "10.20.1.254");
	assert_string_equal(text_at(uplinks, 1, "gateway"), "");
	assert_int_equal(json_array_size(services), 3);
	assert_string_equal(text_at(services, 0, "type"), "tcp");
	assert_string_equal(text_at(services, 0, "via"), "mk-ts");
	assert_string_equal(text_at(services, 0, "source"), "10.20.1.10");
	assert_string_equal(text_at(services, 1, "via"), "");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(services, 1), "every_ms")), 60000);
	assert_string_equal(text_at(services, 2, "source"), "");
	assert_string_equal(text_at(services, 2, "dns_name"), "laocai.example");
	assert_int_equal(json_array_size(json_object_get(o, "terminals")), 0);
	json_decref(o);
	o = orders_of(inv, "mk-srv1", BEFORE, earlier);
	assert_int_equal(json_array_size(json_object_get(o, "services")), 1);
	assert_string_not_equal(version, earlier);
	json_decref(o);
	inventory_free(inv);
}

static void test_the_collectors_node_looks_from_outside(void **state)
{
	struct inventory *inv = province_load(province_text);
	char version[17], again[17];
	json_t *o = orders_of(inv, "core-srv", AFTER, version), *same = orders_of(inv, "core-srv", AFTER + 1, again);
	const json_t *terminals = json_object_get(o, "terminals"), *uplinks = json_object_get(o, "uplinks");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(o, "step_ms")), 300000);
	assert_int_equal(json_array_size(terminals), 2);
	assert_string_equal(text_at(terminals, 1, "id"), "mk-net");
	assert_string_equal(text_at(terminals, 1, "target"), "203.0.113.7");
	assert_int_equal(json_array_size(uplinks), 1);
	assert_string_equal(text_at(uplinks, 0, "instance"), "");
	assert_string_equal(text_at(uplinks, 0, "target"), "10.0.0.1");
	assert_string_equal(version, again);
	json_decref(o);
	json_decref(same);
	inventory_free(inv);
}

/* ---- with files beside it ---- */

static const char gear_province[] =
        "province: { id: p, name: P }\n"
        "sites:\n"
        "  - { id: s, name: S, uplinks: [ { id: l, source: 10.0.0.2, interface: eth1, gateway: 10.0.0.1 } ] }\n"
        "nodes:\n"
        "  - { id: s1, site: s }\n"
        "  - { id: s2, site: s }\n"
        "  - { id: sw1, site: s, kind: gear, address: \"10.20.1.2:1161\", snmp: { community_file: c } }\n"
        "  - { id: sw2, site: s, kind: gear, address: h, every: 5m, snmp: { version: 3, user: u, auth: SHA256, "
        "auth_file: "
        "a, privacy: AES, privacy_file: p } }\n"
        "  - { id: sw3, site: s, kind: gear, address: h, polled_by: s2 }\n"
        "services:\n"
        "  - { id: web, name: W, via: l, check: { http: \"https://a/x\", status: \"200\", header: \"A: b\", body: c, "
        "redirects: 0, name: n, ca_file: ca.pem, verify: no } }\n"
        "  - { id: ping, name: P, responsible: central, check: { icmp: h, count: 3 } }\n";

struct place {
	char dir[64];
	struct inventory *inv;
	struct vault *vault;
};

static void put_file(const struct place *p, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static void vault_reload(struct place *p, int expected)
{
	struct conf_errors errors = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/province.yaml", p->dir);
	vault_free(p->vault);
	assert_int_equal(vault_load(p->inv, path, &p->vault, &errors), expected);
	conf_errors_free(&errors);
}

static int set_up_place(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	strcpy(p->dir, "/tmp/orders_test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	put_file(p, "c", "secret1\n");
	put_file(p, "a", "authentic");
	put_file(p, "p", "privately\r\n");
	put_file(p, "ca.pem", vault_test_pem);
	p->inv = province_load(gear_province);
	vault_reload(p, 0);
	*state = p;
	return 0;
}

static int tear_down_place(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {"c", "a", "p", "ca.pem"};
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
		unlink(path);
	}
	rmdir(p->dir);
	vault_free(p->vault);
	inventory_free(p->inv);
	free(p);
	return 0;
}

static json_t *gear_orders(const struct place *p, const char *node, char version[17])
{
	char *text = inventory_agent_config(p->inv, p->vault, inventory_node(p->inv, node), 10000, AFTER, version);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	free(text);
	return o;
}

static void test_gear_comes_with_its_secrets(void **state)
{
	struct place *p = *state;
	char version[17];
	json_t *o = gear_orders(p, "s1", version), *gear = json_object_get(o, "gear");

	assert_int_equal(json_array_size(gear), 2);
	assert_string_equal(text_at(gear, 0, "id"), "sw1");
	assert_string_equal(text_at(gear, 0, "address"), "10.20.1.2:1161");
	assert_string_equal(text_at(gear, 0, "version"), "2c");
	assert_string_equal(text_at(gear, 0, "community"), "secret1");
	assert_null(text_at(gear, 0, "user"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(gear, 0), "every_ms")), 60000);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(gear, 1), "every_ms")), 300000);
	assert_string_equal(text_at(gear, 1, "version"), "3");
	assert_string_equal(text_at(gear, 1, "user"), "u");
	assert_string_equal(text_at(gear, 1, "auth_secret"), "authentic");
	assert_string_equal(text_at(gear, 1, "privacy_secret"), "privately");
	assert_null(text_at(gear, 1, "community"));
	json_decref(o);
	o = gear_orders(p, "s2", version);
	assert_int_equal(json_array_size(json_object_get(o, "gear")), 1);
	assert_string_equal(text_at(json_object_get(o, "gear"), 0, "community"), "public");
	json_decref(o);
}

static void test_options_travel(void **state)
{
	struct place *p = *state;
	char version[17];
	json_t *o = gear_orders(p, "s1", version), *services = json_object_get(o, "services"),
	       *web = json_array_get(services, 0), *ping = json_array_get(services, 1);

	assert_string_equal(text_at(services, 0, "target"), "https://a/x");
	assert_string_equal(text_at(services, 0, "interface"), "eth1");
	assert_string_equal(text_at(services, 0, "source"), "10.0.0.2");
	assert_string_equal(text_at(services, 0, "server_name"), "n");
	assert_non_null(strstr(text_at(services, 0, "ca"), "BEGIN CERTIFICATE"));
	assert_null(strstr(text_at(services, 0, "ca"), "chatter"));
	assert_true(json_is_false(json_object_get(web, "verify")));
	assert_string_equal(text_at(services, 0, "status"), "200");
	assert_string_equal(text_at(services, 0, "header"), "A: b");
	assert_string_equal(text_at(services, 0, "body"), "c");
	assert_int_equal(json_integer_value(json_object_get(web, "redirects")), 0);
	assert_null(json_object_get(web, "count"));
	assert_int_equal(json_integer_value(json_object_get(ping, "count")), 3);
	assert_int_equal(json_integer_value(json_object_get(ping, "every_ms")), 60000);
	assert_null(json_object_get(ping, "redirects"));
	assert_null(json_object_get(ping, "verify"));
	assert_string_equal(text_at(json_object_get(o, "uplinks"), 0, "interface"), "eth1");
	assert_string_equal(text_at(json_object_get(o, "uplinks"), 0, "source"), "10.0.0.2");
	json_decref(o);
}

static void test_a_secret_changes_the_version(void **state)
{
	struct place *p = *state;
	char before[17], other_before[17], after[17], other_after[17];

	json_decref(gear_orders(p, "s1", before));
	json_decref(gear_orders(p, "s2", other_before));
	put_file(p, "c", "secret2\n");
	vault_reload(p, 0);
	json_decref(gear_orders(p, "s1", after));
	json_decref(gear_orders(p, "s2", other_after));
	assert_string_not_equal(before, after);
	assert_string_equal(other_before, other_after); /* it reads other gear */
}

static void test_gear_without_its_secret_is_left_out(void **state)
{
	struct place *p = *state;
	char version[17];

	put_file(p, "p", "short");
	vault_reload(p, -EINVAL);
	json_t *o = gear_orders(p, "s1", version);
	assert_int_equal(json_array_size(json_object_get(o, "gear")), 1);
	assert_string_equal(text_at(json_object_get(o, "gear"), 0, "id"), "sw1");
	json_decref(o);
}

#define PLACE(f) cmocka_unit_test_setup_teardown(f, set_up_place, tear_down_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_server_gets_its_lines_and_services),
	        cmocka_unit_test(test_the_collectors_node_looks_from_outside),
	        PLACE(test_gear_comes_with_its_secrets),
	        PLACE(test_options_travel),
	        PLACE(test_a_secret_changes_the_version),
	        PLACE(test_gear_without_its_secret_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
