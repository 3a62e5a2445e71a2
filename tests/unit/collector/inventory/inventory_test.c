/* inventory: a province is read whole, the example is right, a big one loads, and no broken one crashes. */
#include "collector/inventory/inventory.c"

#include "common/buf.h"
#include "common/clock.h"
#include "tests/unit/collector/inventory/province.h"

static void test_every_value_is_read(void **state)
{
	struct inventory *inv = province_load(province_text);
	const struct site *s = inventory_site(inv, "mk-hq");

	(void)state;
	assert_string_equal(inv->name, "Lào Cai");
	assert_string_equal(inv->map, "/tmp/communes.topojson");
	assert_true(inv->go_live == AFTER);
	assert_true(inv->trial_from == 1748710800000);
	assert_int_equal(strlen(inv->digest), 64);
	assert_true(inv->simulated);
	assert_int_equal(inv->milestone_count, 1);
	assert_int_equal(inv->unit_count, 3);
	assert_string_equal(inventory_unit(inv, "muong-khuong")->code, "02761");
	assert_string_equal(inventory_unit(inv, "thanh-binh")->kind, "commune");
	assert_true(inventory_unit(inv, "muong-khuong")->until == INT64_MAX);
	assert_true(s->required && !s->simulated);
	assert_true(s->lat == 22.77 && s->lon == 104.12);
	assert_int_equal(s->unit_count, 2);
	assert_int_equal(s->uplink_count, 2);
	assert_int_equal(s->uplinks[1].kind, UPLINK_INTERNET);
	assert_int_equal(s->uplinks[0].responsible, RESPONSIBLE_CARRIER);
	assert_true(s->uplinks[0].capacity_mbps == 100);
	inventory_free(inv);
}

static void test_shorthand_and_derived_values(void **state)
{
	struct inventory *inv = province_load(province_text);
	const struct site *s = inventory_site(inv, "core-site");
	const struct node *n = inventory_node(inv, "mk-sw1");

	(void)state;
	assert_int_equal(s->uplink_count, 1);
	assert_string_equal(s->uplinks[0].id, "core-site");
	assert_int_equal(s->uplinks[0].kind, UPLINK_TSLCD);
	assert_int_equal(s->step_ms, 300000);
	assert_string_equal(s->role, "service-centre");
	assert_ptr_equal(n->at, inventory_site(inv, "mk-hq"));
	assert_int_equal(n->kind, NODE_GEAR);
	assert_string_equal(n->snmp.community_file, "c");
	assert_string_equal(inventory_line(inv, "mk-net")->site->id, "mk-hq");
	assert_int_equal(inventory_service(inv, "land")->every_ms, 10000);
	assert_int_equal(inventory_service(inv, "portal")->every_ms, 60000);
	assert_int_equal(inventory_service(inv, "names")->every_ms, 30000);
	assert_int_equal(inventory_service(inv, "names")->check, CHECK_DNS);
	assert_string_equal(inventory_service(inv, "names")->target, "10.0.0.53");
	assert_string_equal(inventory_service(inv, "names")->dns_expect, "10.0.0.5");
	assert_true(inventory_service(inv, "land")->mandatory && !inventory_service(inv, "names")->mandatory);
	assert_string_equal(inventory_service(inv, "portal")->checked_by.items[0], "muong-khuong");
	assert_int_equal(inv->contacts[0].language, 0);
	assert_int_equal(inv->contacts[1].language, 1);
	assert_null(inventory_unit(inv, "mk-hq"));
	assert_null(inventory_site(inv, ""));
	assert_null(inventory_node(inv, NULL));
	inventory_free(inv);
}

static void test_names_of_values(void **state)
{
	(void)state;
	assert_string_equal(responsible_name(RESPONSIBLE_CENTRAL), "central");
	assert_string_equal(uplink_kind_name(UPLINK_4G), "4g");
	assert_string_equal(check_name(CHECK_ICMP), "icmp");
	assert_string_equal(check_name(17), "unknown");
	assert_string_equal(responsible_name(-1), "unknown");
}

static void test_the_example_is_the_province(void **state)
{
	struct inventory *inv = example_load();
	size_t before = 0, after = 0;

	(void)state;
	for (size_t i = 0; i < inv->unit_count; i++) {
		before += unit_in_force(&inv->units[i], BEFORE);
		after += unit_in_force(&inv->units[i], AFTER);
		assert_non_null(unit_successor(inv, &inv->units[i], AFTER));
	}
	assert_int_equal(inv->unit_count, 319 + 99);
	assert_int_equal(before, 319);
	assert_int_equal(after, 99);
	assert_int_equal(inv->site_count, 99);
	assert_int_equal(inv->node_count, 99);
	assert_false(inv->simulated);
	assert_int_equal(access(inv->map, R_OK), 0);
	for (size_t i = 0; i < inv->site_count; i++) {
		const struct site *s = &inv->sites[i];
		const struct unit *old = site_unit(inv, s, BEFORE), *now = site_unit(inv, s, AFTER);
		assert_non_null(old);
		assert_ptr_equal(unit_successor(inv, old, AFTER), now);
		assert_true(s->required);
		assert_true(s->lat > 21 && s->lat < 23 && s->lon > 103 && s->lon < 105.5);
		assert_int_equal(s->uplink_count, 2);
		assert_string_not_equal(s->uplinks[0].carrier, s->uplinks[1].carrier);
	}
	inventory_free(inv);
}

static void test_a_published_copy_has_its_map(void **state)
{
	struct inventory *inv = example_load(), *copy = NULL;
	struct conf_errors errors = {0};
	char folder[] = "/tmp/sansang-published-XXXXXX", path[200], map[200];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(inventory_publish(inv, EXAMPLE, folder), 0);
	snprintf(path, sizeof(path), "%s/%s.yaml", folder, inv->digest);
	snprintf(map, sizeof(map), "%s/%s.topojson", folder, inv->digest);
	assert_int_equal(inventory_load(path, "Asia/Ho_Chi_Minh", 0, &copy, &errors), 0);
	assert_string_equal(copy->map, map);
	assert_string_equal(copy->digest, inv->digest);
	assert_int_equal(copy->unit_count, inv->unit_count);
	unlink(path);
	unlink(map);
	rmdir(folder);
	assert_true(inventory_publish(inv, EXAMPLE, folder) < 0);
	inventory_free(copy);
	inventory_free(inv);
}

static void test_a_nation_loads(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_printf(&b, "province: { id: big, name: Big }\nunits:\n");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "  - { id: u%d, name: \"Xã %d\", kind: commune, code: \"%05d\", from: 2025-07-01 }\n", i,
		        i, i);
	buf_printf(&b, "sites:\n");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b,
		        "  - { id: s%d, name: \"Trụ sở %d\", required: yes, units: [ { unit: u%d } ], uplink: { "
		        "carrier: VNPT } }\n",
		        i, i, i);
	buf_printf(&b, "nodes:\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "  - { id: n%d, site: s%d }\n", i, i / 2);
	buf_put(&b, "", 1);
	struct inventory *inv = province_load((const char *)b.data);
	assert_int_equal(inv->node_count, 10000);
	assert_string_equal(inventory_node(inv, "n9999")->at->id, "s4999");
	assert_string_equal(inventory_line(inv, "s77")->uplink->id, "s77");
	inventory_free(inv);
	buf_free(&b);
}

/* ---- mutations ---- */

static uint64_t chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Cuts, doubles, swaps and overwrites pieces: most results are broken somewhere, some are right. */
static void mutate(struct buf *b, uint64_t *seed)
{
	static const char *const pieces[] = {"- ", "{", "}", "[", "]", ": ", "\n", "  ", "&a ", "*a",
	        "until: ", "id: ", "\"", "#", "\t", "\xff", "~", "?", "!", "|", "99999999999"};
	size_t at = chance(seed) % b->len, len = chance(seed) % 24;
	const char *piece = pieces[chance(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

	if (at + len > b->len)
		len = b->len - at;
	switch (chance(seed) % 4) {
	case 0:
		memmove(b->data + at, b->data + at + len, b->len - at - len);
		b->len -= len;
		break;
	case 1:
		buf_reserve(b, len);
		memmove(b->data + at + len, b->data + at, b->len - at);
		b->len += len;
		break;
	case 2:
		b->data[at] = (uint8_t)chance(seed);
		break;
	default:
		len = strlen(piece);
		memcpy(b->data + at, piece, at + len <= b->len ? len : b->len - at);
	}
}

static void test_no_mutation_crashes(void **state)
{
	const char *rounds = getenv("FUZZ_ROUNDS");
	uint64_t seed = 88172645463325252ULL;
	size_t right = 0, total = rounds ? strtoul(rounds, NULL, 10) : 3000;

	(void)state;
	for (size_t i = 0; i < total; i++) {
		struct buf b = {0};
		struct conf_errors errors = {0};
		struct inventory *inv = NULL;
		buf_put(&b, province_text, sizeof(province_text) - 1);
		for (uint64_t n = chance(&seed) % 4; n != UINT64_MAX && b.len; n--)
			mutate(&b, &seed);
		int rc = province_load_bytes((const char *)b.data, b.len, &inv, &errors);
		assert_true(rc == 0 ? inv && !errors.count : !inv && errors.count);
		right += rc == 0;
		inventory_free(inv);
		conf_errors_free(&errors);
		buf_free(&b);
	}
	assert_in_range(right, 1, total - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_value_is_read),
	        cmocka_unit_test(test_shorthand_and_derived_values),
	        cmocka_unit_test(test_names_of_values),
	        cmocka_unit_test(test_the_example_is_the_province),
	        cmocka_unit_test(test_a_published_copy_has_its_map),
	        cmocka_unit_test(test_a_nation_loads),
	        cmocka_unit_test(test_no_mutation_crashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
