/* lease: addresses that come, go, and are not renewed are told; renewals are silent. */
#include "agent/sense/lease.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witness.h"

/* In a network of its own; exit status 0 when all was told. */
static int follow(void)
{
	struct witness w;
	struct lease *l;

	witness_open(&w);
	if (system("ip addr add 10.9.8.1/24 dev wa"))
		return 1;
	l = sense_lease.open(&w.context);
	if (!l)
		return 2;
	sense_lease.start(l);
	if (!witness_heard(&w, "lease wa 10.9.8.1/24 new")) /* that stood there from the start */
		return 3;
	if (system("ip addr add 10.9.9.2/24 dev wa valid_lft 3600 preferred_lft 3600") ||
	        !witness_await(&w, "lease wa 10.9.9.2/24 new 3600s"))
		return 4;
	unsigned told = w.count;
	sense_lease.read(l, clock_boot_ms() + 1800 * 1000);
	if (w.count != told)
		return 5;
	sense_lease.read(l, clock_boot_ms() + 3300 * 1000);
	sense_lease.read(l, clock_boot_ms() + 3301 * 1000);
	if (w.count != told + 1 || !witness_heard(&w, "lease wa 10.9.9.2/24 not-renewed ..."))
		return 6;
	if (system("ip addr change 10.9.9.2/24 dev wa valid_lft 7200 preferred_lft 7200; ip addr del 10.9.8.1/24 dev "
	           "wa"))
		return 7;
	if (!witness_await(&w, "lease wa 10.9.8.1/24 lost") || w.count != told + 2) /* the renewal came before it */
		return 8;
	sense_lease.read(l, clock_boot_ms() + 3300 * 1000);
	if (w.count != told + 2)
		return 9;
	if (system("ip addr flush dev wa"))
		return 10;
	look_at_all(l); /* as after news that were lost */
	if (!witness_heard(&w, "lease wa 10.9.9.2/24 lost"))
		return 11;
	sense_lease.stop(l);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	sense_lease.close(l);
	return uv_loop_close(&w.loop) ? 12 : 0;
}

static void test_follows(void **state)
{
	int status = network_run(follow);

	(void)state;
	if (status < 0) {
		print_message("skipped: a network of its own needs root and ip\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_follows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
