/* ntp_packet: stamps hold across eras, and every field is where RFC 5905 says. */
#include "agent/probe/ntp_packet.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_stamps(void **state)
{
	(void)state;
	assert_int_equal(ntp_stamp(0) >> 32, EPOCH_S);
	assert_int_equal(ntp_stamp(500000000) & 0xffffffff, 0x80000000u);
	assert_int_equal(ntp_between_ns(ntp_stamp(0), ntp_stamp(1500000000)), 1500000000);
	assert_in_range(ntp_between_ns(ntp_stamp(1500000000), ntp_stamp(0)) + 1500000000, 0, 1);
	assert_in_range(ntp_between_ns(ntp_stamp(-250000000), ntp_stamp(0)), 249999999, 250000001);
	/* the era ends in February 2036 */
	int64_t end_ns = (0x100000000ll - EPOCH_S) * NS;
	assert_int_equal(ntp_stamp(end_ns) >> 32, 0);
	assert_int_equal(ntp_between_ns(ntp_stamp(end_ns - NS), ntp_stamp(end_ns + NS)), 2 * NS);
	/* a box that wakes in 1970 asks a server of 2026 */
	assert_int_equal(ntp_between_ns(ntp_stamp(0), ntp_stamp(1795000000ll * NS)), 1795000000ll * NS);
}

static void test_fields(void **state)
{
	uint8_t data[NTP_PACKET_BYTES] = {0x24, 2, 6, 0xe9, 0, 0, 0x80, 0, 0, 1, 0, 0, 10, 0, 0, 1};
	struct ntp_answer a;

	(void)state;
	for (unsigned i = 24; i < NTP_PACKET_BYTES; i++)
		data[i] = (uint8_t)i;
	assert_int_equal(ntp_packet_decode(data, sizeof(data), &a), 0);
	assert_int_equal(a.leap, 0);
	assert_int_equal(a.version, 4);
	assert_int_equal(a.mode, 4);
	assert_int_equal(a.stratum, 2);
	assert_int_equal(a.delay_ns, 500000000);
	assert_int_equal(a.dispersion_ns, 1000000000);
	assert_int_equal(a.origin, 0x18191a1b1c1d1e1full);
	assert_int_equal(a.received, 0x2021222324252627ull);
	assert_int_equal(a.sent, 0x28292a2b2c2d2e2full);
	assert_string_equal(a.kiss, "");
	data[0] = 0xe4;
	data[1] = 0;
	memcpy(data + 12, "RA\x1bT", 4); /* no control letters in what people read */
	assert_int_equal(ntp_packet_decode(data, sizeof(data), &a), 0);
	assert_int_equal(a.leap, NTP_LEAP_UNKNOWN);
	assert_string_equal(a.kiss, "RA");
	for (size_t len = 0; len < NTP_PACKET_BYTES; len++)
		assert_int_equal(ntp_packet_decode(data, len, &a), -EBADMSG);
}

static void test_question(void **state)
{
	uint8_t out[NTP_PACKET_BYTES];

	(void)state;
	ntp_packet_encode(0x0102030405060708ull, out);
	assert_int_equal(out[0], 0x23);
	for (unsigned i = 1; i < 40; i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(out[40], 1);
	assert_int_equal(out[47], 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_stamps),
	        cmocka_unit_test(test_fields),
	        cmocka_unit_test(test_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
