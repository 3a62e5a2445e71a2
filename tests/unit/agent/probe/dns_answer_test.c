/* dns_answer: addresses are found behind aliases; loops, lies about lengths and cut answers are harmless. */
#include "agent/probe/dns_answer.c"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Question www.x A; answers: www.x CNAME x, x A 10.0.0.5, x A 10.0.0.6. */
static const uint8_t alias[] = {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0, /* header */
        3, 'w', 'w', 'w', 1, 'x', 0, 0, 1, 0, 1,                                /* question at 12, x at 16 */
        0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 16,                      /* CNAME */
        0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 5,                   /* A */
        0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 6};

static union probe_address address(const char *text)
{
	union probe_address a = {0};

	if (text)
		assert_int_equal(probe_address_parse(text, 0, &a), 0);
	return a;
}

static void test_addresses(void **state)
{
	union probe_address none = {0}, sixth = address("10.0.0.6"), other = address("10.0.0.7");
	struct dns_answer a;

	(void)state;
	assert_int_equal(dns_answer_decode(alias, sizeof(alias), &none, &a), 0);
	assert_int_equal(a.code, DNS_NOERROR);
	assert_int_equal(a.records, 3);
	assert_int_equal(a.addresses, 2);
	assert_int_equal(a.show[0].v4.sin_addr.s_addr, htonl(0x0a000005));
	assert_false(a.expected);
	assert_int_equal(dns_answer_decode(alias, sizeof(alias), &sixth, &a), 0);
	assert_true(a.expected);
	assert_int_equal(dns_answer_decode(alias, sizeof(alias), &other, &a), 0);
	assert_false(a.expected);
}

static void test_cut_anywhere(void **state)
{
	union probe_address none = {0};
	struct dns_answer a;

	(void)state;
	for (size_t len = 0; len < sizeof(alias); len++)
		assert_int_equal(dns_answer_decode(alias, len, &none, &a), -EBADMSG);
}

static void test_v6(void **state)
{
	static const uint8_t data[] = {0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, /* header: no question */
	        0, 0, 28, 0, 1, 0, 0, 0, 1, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	union probe_address expect = address("2001:db8::1");
	struct dns_answer a;

	(void)state;
	assert_int_equal(dns_answer_decode(data, sizeof(data), &expect, &a), 0);
	assert_int_equal(a.addresses, 1);
	assert_true(a.expected);
}

static void test_broken(void **state)
{
	static const uint8_t loop[] = {0, 1, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, /* a name that points at itself */
	        0xc0, 12, 0, 1, 0, 1, 0xc0, 18, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4};
	static const uint8_t query[] = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t label[] = {0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 1, 0, 1};
	static const uint8_t size[] = {0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 3, 1, 2, 3};
	uint8_t endless[1024] = {0, 1, 0x80, 0, 0, 1};
	union probe_address none = {0};
	struct dns_answer a;

	(void)state;
	assert_int_equal(dns_answer_decode(loop, sizeof(loop), &none, &a), 0);
	assert_int_equal(a.addresses, 1);
	assert_int_equal(dns_answer_decode(query, sizeof(query), &none, &a), -EBADMSG);
	assert_int_equal(dns_answer_decode(label, sizeof(label), &none, &a), -EBADMSG);
	assert_int_equal(dns_answer_decode(size, sizeof(size), &none, &a), -EBADMSG);
	memset(endless + 12, 1, sizeof(endless) - 12); /* labels of one letter without an end */
	assert_int_equal(dns_answer_decode(endless, sizeof(endless), &none, &a), -EBADMSG);
}

static void test_codes(void **state)
{
	char room[16];

	(void)state;
	assert_string_equal(dns_code_name(DNS_NXDOMAIN, room), "NXDOMAIN");
	assert_string_equal(dns_code_name(9, room), "code 9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_addresses),
	        cmocka_unit_test(test_cut_anywhere),
	        cmocka_unit_test(test_v6),
	        cmocka_unit_test(test_broken),
	        cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
