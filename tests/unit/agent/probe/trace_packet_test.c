/* trace_packet: echoes there and back, quotes of any length, control bytes whole and cut off, and what each error means. */
#include "agent/probe/trace_packet.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct trace_echo sample = {.id = 0x1234, .seq = 0x0102, .cookie = "cookies"};

static union probe_address address(const char *text)
{
	union probe_address a;

	assert_int_equal(probe_address_parse(text, 0, &a), 0);
	return a;
}

static void test_echo(void **state)
{
	uint8_t packet[20 + 101] = {0x45};
	struct trace_echo e;
	uint16_t seq;

	(void)state;
	trace_echo_encode(&sample, false, true, packet + 20, 101); /* an odd length */
	assert_int_equal(packet[20], 8);
	assert_int_equal(checksum_of(packet + 20, 101), 0);
	assert_int_equal(trace_echo_decode(packet + 20, 101, false, false, &e), -EBADMSG); /* a request is no reply */
	packet[20] = 0;
	assert_int_equal(trace_echo_decode(packet, sizeof(packet), false, true, &e), 0);
	assert_int_equal(e.id, sample.id);
	assert_int_equal(e.seq, sample.seq);
	assert_memory_equal(e.cookie, sample.cookie, sizeof(e.cookie));
	for (size_t len = 0; len < 20 + 16; len++)
		assert_int_equal(trace_echo_decode(packet, len, false, true, &e), -EBADMSG);
	packet[0] = 0x4f; /* says that its header is 60 bytes long */
	assert_int_equal(trace_echo_decode(packet, 36, false, true, &e), -EBADMSG);
	assert_int_equal(trace_echo_find(packet, sizeof(packet), sample.cookie, &seq), 0);
	assert_int_equal(seq, sample.seq);
	assert_int_equal(trace_echo_find(packet, 30, sample.cookie, &seq), -EBADMSG);
}

static void test_quote(void **state)
{
	uint8_t packet[64];
	struct trace_echo e;

	(void)state;
	trace_echo_encode(&sample, true, false, packet, sizeof(packet));
	assert_int_equal(trace_quote_decode(packet, sizeof(packet), true, &e), 0);
	assert_memory_equal(e.cookie, sample.cookie, sizeof(e.cookie));
	assert_int_equal(trace_quote_decode(packet, sizeof(packet), false, &e), -EBADMSG);
	/* RFC 792: 8 bytes are enough */
	assert_int_equal(trace_quote_decode(packet, 8, true, &e), 0);
	assert_int_equal(e.seq, sample.seq);
	assert_int_equal(e.cookie[0], 0);
	for (size_t len = 0; len < 8; len++)
		assert_int_equal(trace_quote_decode(packet, len, true, &e), -EBADMSG);
}

/* A stamp, something unknown, an error with who said it. */
static size_t control_bytes(uint8_t *out, size_t size)
{
	struct msghdr m = {.msg_control = out, .msg_controllen = size};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct timespec stamps[3] = {{1700000000, 5}};
	struct sock_extended_err e = {.ee_errno = EHOSTUNREACH,
	        .ee_origin = SO_EE_ORIGIN_ICMP,
	        .ee_type = ICMP_DEST_UNREACH,
	        .ee_code = ICMP_FRAG_NEEDED,
	        .ee_info = 1400};
	struct sockaddr_in from = address("10.1.2.3").v4;
	int odd = 7;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(stamps));
	memcpy(CMSG_DATA(c), stamps, sizeof(stamps));
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_TTL;
	c->cmsg_len = CMSG_LEN(sizeof(odd));
	memcpy(CMSG_DATA(c), &odd, sizeof(odd));
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_RECVERR;
	c->cmsg_len = CMSG_LEN(sizeof(e) + sizeof(from));
	memcpy(CMSG_DATA(c), &e, sizeof(e));
	memcpy(CMSG_DATA(c) + sizeof(e), &from, sizeof(from));
	return (size_t)((uint8_t *)CMSG_DATA(c) + sizeof(e) + sizeof(from) - out);
}

static void test_control(void **state)
{
	_Alignas(struct cmsghdr) uint8_t bytes[256] = {0};
	size_t len = control_bytes(bytes, sizeof(bytes));
	union probe_address from = address("10.1.2.3");
	struct trace_control c;

	(void)state;
	trace_control_decode(bytes, len, &c);
	assert_int_equal(c.stamp_ns, 1700000000000000005);
	assert_int_equal(c.origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(c.info, 1400);
	assert_true(probe_address_equal(&c.from, &from));
	/* what is cut off is not there, whatever its header says */
	trace_control_decode(bytes, len - 1, &c);
	assert_int_equal(c.stamp_ns, 1700000000000000005);
	assert_int_equal(c.origin, 0);
	((struct cmsghdr *)bytes)->cmsg_len = SIZE_MAX;
	trace_control_decode(bytes, len, &c);
	assert_int_equal(c.stamp_ns, 0);
	((struct cmsghdr *)bytes)->cmsg_len = 3;
	trace_control_decode(bytes, len, &c);
	assert_int_equal(c.stamp_ns, 0);
}

static void test_meaning(void **state)
{
	static const struct {
		uint8_t origin, type, code;
		const char *from;
		bool ports;
		int kind; /* -1: nothing */
		enum reason reason;
	} rows[] = {
	        {SO_EE_ORIGIN_ICMP, 11, 0, "10.0.0.1", false, TRACE_PASSED_ON, REASON_OK},
	        {SO_EE_ORIGIN_ICMP, 11, 1, "10.0.0.1", false, -1, REASON_OK},
	        {SO_EE_ORIGIN_ICMP, 3, 4, "10.0.0.1", false, TRACE_TOO_BIG, REASON_OK},
	        {SO_EE_ORIGIN_ICMP, 3, 13, "10.0.0.1", false, TRACE_STOPPED, REASON_PROHIBITED},
	        {SO_EE_ORIGIN_ICMP, 3, 10, "10.0.0.9", false, TRACE_STOPPED, REASON_PROHIBITED},
	        {SO_EE_ORIGIN_ICMP, 3, 1, "10.0.0.1", false, TRACE_STOPPED, REASON_UNREACHABLE},
	        {SO_EE_ORIGIN_ICMP, 3, 3, "10.0.0.9", true, TRACE_ARRIVED, REASON_OK},
	        {SO_EE_ORIGIN_ICMP, 3, 3, "10.0.0.9", false, TRACE_ARRIVED, REASON_REFUSED},
	        {SO_EE_ORIGIN_ICMP, 3, 3, "10.0.0.1", false, TRACE_STOPPED, REASON_PROHIBITED},
	        {SO_EE_ORIGIN_ICMP, 5, 0, "10.0.0.1", false, -1, REASON_OK},
	        {SO_EE_ORIGIN_ICMP6, 3, 0, "fd00::1", false, TRACE_PASSED_ON, REASON_OK},
	        {SO_EE_ORIGIN_ICMP6, 2, 0, "fd00::1", false, TRACE_TOO_BIG, REASON_OK},
	        {SO_EE_ORIGIN_ICMP6, 1, 1, "fd00::1", false, TRACE_STOPPED, REASON_PROHIBITED},
	        {SO_EE_ORIGIN_ICMP6, 1, 3, "fd00::1", false, TRACE_STOPPED, REASON_UNREACHABLE},
	        {SO_EE_ORIGIN_TIMESTAMPING, 11, 0, "10.0.0.1", false, -1, REASON_OK},
	};
	union probe_address target = address("10.0.0.9");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_control c = {.origin = rows[i].origin,
		        .type = rows[i].type,
		        .code = rows[i].code,
		        .from = address(rows[i].from),
		        .info = 1400};
		struct trace_answer a = {0};

		assert_int_equal(trace_error_meaning(&c, &target, rows[i].ports, &a), rows[i].kind >= 0);
		if (rows[i].kind < 0)
			continue;
		assert_int_equal(a.kind, rows[i].kind);
		assert_int_equal(a.reason, rows[i].reason);
		assert_int_equal(a.mtu, 1400);
	}
}

static void test_own_kernel(void **state)
{
	struct trace_control c = {.origin = SO_EE_ORIGIN_LOCAL, .error = EMSGSIZE, .info = 1500};
	union probe_address target = address("10.0.0.9");
	struct trace_answer a;

	(void)state;
	assert_true(trace_error_meaning(&c, &target, false, &a));
	assert_int_equal(a.kind, TRACE_TOO_BIG);
	assert_int_equal(a.mtu, 1500);
	assert_int_equal(a.from.any.sa_family, AF_UNSPEC);
	c.info = 1u << 20; /* no packet is as large */
	assert_true(trace_error_meaning(&c, &target, false, &a));
	assert_int_equal(a.mtu, 0);
	c.error = EHOSTUNREACH;
	assert_false(trace_error_meaning(&c, &target, false, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_echo),
	        cmocka_unit_test(test_quote),
	        cmocka_unit_test(test_control),
	        cmocka_unit_test(test_meaning),
	        cmocka_unit_test(test_own_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
