/* stamp: an arrival is known though it is read late; a wall clock that is set is noticed. */
#include "agent/probe/stamp.c"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define ASLEEP_US 60000
#define TRIES_MOST 50

/* Reads a datagram long after it came; how long ago its stamp says that was. */
static int64_t age_ns(int from, int to, const struct sockaddr_in *at)
{
	struct stamp sent = stamp_now(), came;
	char byte;

	assert_int_equal(sendto(from, "x", 1, 0, (const struct sockaddr *)at, sizeof(*at)), 1);
	usleep(ASLEEP_US);
	assert_int_equal(stamp_receive(to, &byte, 1, &came), 1);
	assert_true(came.mono_ns >= sent.mono_ns - 1000000); /* the two clocks are read one after the other */
	assert_false(stamp_stepped(&sent, &came));
	return stamp_now().mono_ns - came.mono_ns;
}

static void test_late_reading(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0), tries = 0;
	struct stamp came;
	char byte;

	(void)state;
	assert_int_equal(bind(to, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(to, (struct sockaddr *)&at, &len), 0);
	stamp_hear(to);
	assert_int_equal(stamp_receive(to, &byte, 1, &came), -1); /* nothing yet */
	/* the kernel begins to stamp a moment after it is first asked to (net_enable_timestamp() is deferred) */
	while (age_ns(from, to, &at) < ASLEEP_US * 1000ll - 1000000)
		assert_true(++tries < TRIES_MOST);
	close(to);
	close(from);
}

static void test_step(void **state)
{
	struct stamp a = {.real_ns = 1000, .mono_ns = 500};
	struct stamp b = {.real_ns = 1000 + 60ll * NS, .mono_ns = 500 + 60ll * NS};

	(void)state;
	assert_false(stamp_stepped(&a, &b));
	b.real_ns += STEPPED_NS; /* slewed, at most */
	assert_false(stamp_stepped(&a, &b));
	b.real_ns++;
	assert_true(stamp_stepped(&a, &b));
	b.real_ns -= 2 * STEPPED_NS + 2;
	assert_true(stamp_stepped(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_late_reading),
	        cmocka_unit_test(test_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
