/* orders: the JSON that an agent gets is what agent/config.h says. */
#include "collector/inventory/orders.c"

#include "tests/unit/collector/inventory/province.h"

static json_t *orders_of(const struct inventory *inv, const char *node, int64_t at, char version[17])
{
	char *text = inventory_agent_config(inv, inventory_node(inv, node), 10000, at, version);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_server_gets_its_lines_and_services),
	        cmocka_unit_test(test_the_collectors_node_looks_from_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
