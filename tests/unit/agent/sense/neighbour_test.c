/* neighbour: the gateway's hardware address, its change and its loss are told; where another gateway begins, nothing changed. */
#include "agent/sense/neighbour.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witness.h"

#define MAC1 "02:00:00:00:00:01"
#define MAC2 "02:00:00:00:00:02"

/* In a network of its own; exit status 0 when all was told. */
static int follow(void)
{
	struct sense_place here = {"10.9.9.1", "wa", ""}, there = {"fe80::1%wa", "wa", ""};
	struct neighbour *n;
	struct witness w;

	witness_open(&w);
	n = sense_neighbour.open(&w.context);
	if (!n || system("ip addr add 10.9.9.2/24 dev wa; ip neigh add 10.9.9.1 lladdr " MAC1 " dev wa"))
		return 1;
	sense_neighbour.read(n, 1); /* no gateway is known yet */
	sense_neighbour.place(n, &here);
	sense_neighbour.read(n, 2);
	sense_neighbour.read(n, 3);
	if (w.count != 1 || !witness_heard(&w, "gateway-mac gateway 10.9.9.1 " MAC1) || w.urgents)
		return 2;
	if (system("ip neigh change 10.9.9.1 lladdr " MAC2 " dev wa"))
		return 3;
	sense_neighbour.read(n, 4);
	if (w.count != 2 || !witness_heard(&w, "gateway-mac gateway 10.9.9.1 " MAC2 " was " MAC1) || w.urgents != 1)
		return 4;
	if (system("ip neigh change 10.9.9.1 dev wa nud failed"))
		return 5;
	sense_neighbour.read(n, 5);
	sense_neighbour.read(n, 6);
	if (w.count != 3 || !witness_heard(&w, "gateway-mac gateway 10.9.9.1 none was " MAC2))
		return 6;
	if (system("ip neigh replace 10.9.9.1 lladdr " MAC2 " dev wa nud reachable"))
		return 7;
	sense_neighbour.read(n, 7);
	if (w.count != 4 || !witness_heard(&w, "gateway-mac gateway 10.9.9.1 " MAC2))
		return 8;
	if (system("ip neigh add fe80::1 lladdr " MAC1 " dev wa"))
		return 9;
	sense_neighbour.place(n, &there);
	sense_neighbour.read(n, 8);
	if (w.count != 5 || !witness_heard(&w, "gateway-mac gateway fe80::1%wa " MAC1))
		return 10;
	sense_neighbour.close(n);
	return 0;
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
