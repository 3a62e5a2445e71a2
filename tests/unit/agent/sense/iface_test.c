/* iface: the loopback's counters rise by what is sent; it is left out unless asked for; carriers are told once. */
#include <stdio.h>

#include "agent/sense/iface.c"

#include <arpa/inet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "agent/sense/route.h"

struct seen {
	char duplex[64];
	unsigned rows, changes, routes;
	bool lo, up;
	int64_t values[METRIC_COLUMNS_MAX];
};

static void on_row(void *arg, const char *name, const int64_t *values)
{
	struct seen *s = arg;

	s->rows++;
	if (strcmp(name, "lo"))
		return;
	s->lo = true;
	memcpy(s->values, values, sizeof(s->values));
}

static void on_carrier(void *arg, const char *name, bool up, bool gone)
{
	struct seen *s = arg;

	(void)gone;
	if (strcmp(name, "lo"))
		return;
	s->changes++;
	s->up = up;
}

static void on_duplex(void *arg, const char *name, bool half, long mbit)
{
	struct seen *s = arg;

	snprintf(s->duplex, sizeof(s->duplex), "%s %s %ld", name, half ? "half" : "full", mbit);
}

static void on_route(void *arg)
{
	((struct seen *)arg)->routes++;
}

static struct iface_handlers handlers_for(struct seen *s)
{
	return (struct iface_handlers){
	        .on_row = on_row, .on_carrier = on_carrier, .on_duplex = on_duplex, .on_route = on_route, .arg = s};
}

static void send_to_self(size_t bytes)
{
	struct sockaddr_in to = {
	        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char data[1000] = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(sendto(fd, data, bytes, 0, (struct sockaddr *)&to, sizeof(to)), bytes);
	close(fd);
}

static char *lo_name = "lo";

static void test_counters(void **state)
{
	struct conf_strings names = {.items = &lo_name, .count = 1};
	struct seen seen = {0};
	struct iface_handlers h = handlers_for(&seen);
	struct iface *s;
	int64_t before, in, out;

	(void)state;
	assert_int_equal(iface_open(&s, "/sys", &names, &h), 0);
	assert_int_equal(iface_read(s), 0);
	assert_true(seen.lo);
	before = seen.values[IF_IN_OCTETS];
	send_to_self(1000);
	assert_int_equal(iface_read(s), 0);
	assert_true(seen.values[IF_IN_OCTETS] >= before + 1000);
	assert_int_equal(seen.values[IF_IN_DROPS] < 0, 0);
	assert_int_equal(seen.values[IF_CARRIER], 1);
	assert_true(iface_octets(s, 1, &in, &out));
	assert_int_equal(in, seen.values[IF_IN_OCTETS]);
	assert_false(iface_octets(s, 123456, &in, &out));
	assert_int_equal(seen.changes, 0);
	iface_close(s);
}

static void test_loopback_only_if_wanted(void **state)
{
	struct seen seen = {0};
	struct iface_handlers h = handlers_for(&seen);
	struct conf_strings none = {0};
	struct iface *s;

	(void)state;
	assert_int_equal(iface_open(&s, "/sys", &none, &h), 0);
	assert_int_equal(iface_read(s), 0);
	assert_false(seen.lo);
	assert_false(wanted(s, "veth12ab", 0));
	assert_true(wanted(s, "veth12ab", IFF_UP | IFF_RUNNING));
	assert_true(wanted(s, "eth0", 0));
	assert_false(wanted(s, "a b", IFF_UP));
	iface_close(s);
}

static void set_loopback(bool up)
{
	struct ifreq r = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
}

/* In a network of our own; exit status 0 when all was told. */
static int watch_changes(void)
{
	struct conf_strings names = {.items = &lo_name, .count = 1};
	struct seen seen = {0};
	struct iface_handlers h = handlers_for(&seen);
	struct iface *s;

	if (iface_open(&s, "/sys", &names, &h) || iface_read(s) || !seen.lo || seen.values[IF_CARRIER])
		return 1;
	set_loopback(true);
	iface_news(s);
	if (seen.changes != 1 || !seen.up || !seen.routes)
		return 2;
	set_loopback(false);
	iface_news(s);
	if (seen.changes != 2 || seen.up)
		return 3;
	if (iface_read(s) || seen.changes != 2)
		return 4;
	set_loopback(true); /* news that are lost: the next whole look finds it */
	s->whole = true;
	if (iface_read(s) || seen.changes != 3 || !seen.up)
		return 5;
	iface_close(s);
	return 0;
}

static void test_carrier_is_told_at_once(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) ? 77 : watch_changes());
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no network namespace is allowed here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void test_routes(void **state)
{
	char gateway[ROUTE_TEXT];
	struct netlink *n;

	(void)state;
	assert_int_equal(netlink_open(&n, 0), 0);
	assert_int_equal(route_interface(n, "127.0.0.1"), 1);
	assert_int_equal(route_interface(n, "no address"), 0);
	int status = route_gateway(n, gateway);
	assert_true(status == 0 || status == -ENOENT);
	assert_int_equal(!status, !!gateway[0]);
	netlink_close(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_counters),
	        cmocka_unit_test(test_loopback_only_if_wanted),
	        cmocka_unit_test(test_carrier_is_told_at_once),
	        cmocka_unit_test(test_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
