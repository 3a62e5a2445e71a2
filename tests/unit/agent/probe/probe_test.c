/* probe: targets and addresses as people write them. */
#include "agent/probe/probe.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_targets(void **state)
{
	static const struct {
		const char *target;
		bool has_port;
		int status;
		const char *host;
		uint16_t port;
	} rows[] = {
	        {"10.0.0.5:443", true, 0, "10.0.0.5", 443},
	        {"[2001:db8::1]:80", true, 0, "2001:db8::1", 80},
	        {"portal.laocai.example:1", true, 0, "portal.laocai.example", 1},
	        {"10.0.0.5", false, 0, "10.0.0.5", 0},
	        {"2001:db8::1", false, 0, "2001:db8::1", 0},
	        {"[fe80::1%eth0]", false, 0, "fe80::1%eth0", 0},
	        {"10.0.0.5", true, -EINVAL, NULL, 0},
	        {"2001:db8::1:80", true, -EINVAL, NULL, 0},
	        {"host:0", true, -EINVAL, NULL, 0},
	        {"host:65536", true, -EINVAL, NULL, 0},
	        {"host:-1", true, -EINVAL, NULL, 0},
	        {"host:80x", true, -EINVAL, NULL, 0},
	        {":80", true, -EINVAL, NULL, 0},
	        {"[::1", true, -EINVAL, NULL, 0},
	        {"[::1]80", true, -EINVAL, NULL, 0},
	        {"a b:80", true, -EINVAL, NULL, 0},
	        {"", false, -EINVAL, NULL, 0},
	};
	char host[64];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (probe_target_split(rows[i].target, rows[i].has_port, host, sizeof(host), &port) != rows[i].status)
			fail_msg("%s", rows[i].target);
		if (rows[i].status)
			continue;
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
	}
	assert_int_equal(probe_target_split("0123456789.example:80", true, host, 10, &port), -EINVAL);
}

static void test_addresses(void **state)
{
	union probe_address a, b;

	(void)state;
	assert_int_equal(probe_address_parse("10.0.0.5", 443, &a), 0);
	assert_int_equal(a.v4.sin_port, htons(443));
	assert_int_equal(probe_address_parse("10.0.0.5", 80, &b), 0);
	assert_true(probe_address_equal(&a, &b));
	assert_int_equal(probe_address_parse("::1", 1, &b), 0);
	assert_false(probe_address_equal(&a, &b));
	assert_int_equal(probe_address_parse("::1%lo", 1, &b), 0);
	assert_int_equal(b.v6.sin6_scope_id, 1);
	assert_int_equal(probe_address_parse("fe80::1%no-such", 1, &b), -EINVAL);
	assert_int_equal(probe_address_parse("portal.example", 1, &b), -EINVAL);
	assert_int_equal(probe_address_parse("10.0.0", 1, &b), -EINVAL);
}

static void test_types(void **state)
{
	(void)state;
	assert_ptr_equal(probe_type_named("tcp"), &probe_tcp);
	assert_ptr_equal(probe_type_named("icmp"), &probe_icmp);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_ptr_equal(probe_type_named(types[i]->name), types[i]);
	assert_null(probe_type_named("gopher"));
}

/* Each kind says whether a port is wanted, allowed or nonsense. */
static void test_targets_of_kinds(void **state)
{
	static const struct {
		const char *kind, *target;
		int status;
		const char *host;
		uint16_t port;
	} rows[] = {
	        {"dns", "10.0.0.5", 0, "10.0.0.5", 53},
	        {"dns", "10.0.0.5:5353", 0, "10.0.0.5", 5353},
	        {"dns", "ns.laocai.example:54", 0, "ns.laocai.example", 54},
	        {"dns", "2001:db8::1", 0, "2001:db8::1", 53},
	        {"dns", "[2001:db8::1]", 0, "2001:db8::1", 53},
	        {"dns", "[2001:db8::1]:54", 0, "2001:db8::1", 54},
	        {"dns", "", 0, "system", 53},
	        {"dns", "system", 0, "system", 53},
	        {"dns", "10.0.0.5:0", -EINVAL, NULL, 0},
	        {"dns", "10.0.0.5:x", -EINVAL, NULL, 0},
	        {"dns", ":53", -EINVAL, NULL, 0},
	        {"ntp", "time.laocai.example", 0, "time.laocai.example", 123},
	        {"ntp", "127.0.0.1:20123", 0, "127.0.0.1", 20123},
	        {"ntp", "", -EINVAL, NULL, 0},
	        {"icmp", "10.0.0.5", 0, "10.0.0.5", 0},
	        {"tcp", "10.0.0.5:443", 0, "10.0.0.5", 443},
	        {"tcp", "10.0.0.5", -EINVAL, NULL, 0},
	};
	char host[64];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct probe_type *type = probe_type_named(rows[i].kind);

		assert_non_null(type);
		assert_int_equal(probe_target_of(type, rows[i].target, host, sizeof(host), &port), rows[i].status);
		if (rows[i].status)
			continue;
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_targets),
	        cmocka_unit_test(test_targets_of_kinds),
	        cmocka_unit_test(test_addresses),
	        cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
