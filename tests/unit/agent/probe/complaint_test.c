/* complaint: a firewall that refuses in every way, in a network namespace of the test's own: tcp, ntp, dns and icmp tell them apart. */
#include "agent/probe/complaint.c"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/probe/icmp.h"
#include "agent/probe/prober.h"
#include "tests/unit/agent/probe/server.h"

#define NO_RIGHT 77
#define EVERY_MS 10000

/* Refused as they come in, so that the sender hears of it by ICMP and not from its own firewall. */
static const char rules[] = "table inet wall {\n"
                            "chain in { type filter hook input priority 0;\n"
                            "ip daddr 127.1.0.1 reject with icmp type admin-prohibited\n"
                            "ip daddr 127.1.0.2 reject with icmp type host-prohibited\n"
                            "ip daddr 127.1.0.3 reject with icmp type net-prohibited\n"
                            "ip daddr 127.1.0.4 reject with icmp type host-unreachable\n"
                            "ip daddr 127.1.0.5 reject with icmp type net-unreachable\n"
                            "ip daddr 127.1.0.6 reject with icmp type port-unreachable\n"
                            "ip daddr 127.1.0.7 drop\n"
                            "ip6 daddr fd00::1 reject with icmpv6 type admin-prohibited\n"
                            "ip6 daddr fd00::2 reject with icmpv6 type policy-fail\n"
                            "ip6 daddr fd00::4 reject with icmpv6 type addr-unreachable\n"
                            "ip6 daddr fd00::5 reject with icmpv6 type no-route\n"
                            "ip6 daddr fd00::6 reject with icmpv6 type port-unreachable\n"
                            "}\n}\n";

static const struct {
	const char *host;
	enum reason reason;
	bool told; /* somebody said so */
} rows[] = {
        {"127.1.0.1", REASON_PROHIBITED, true},
        {"127.1.0.2", REASON_PROHIBITED, true},
        {"127.1.0.3", REASON_PROHIBITED, true},
        {"127.1.0.4", REASON_UNREACHABLE, true},
        {"127.1.0.5", REASON_UNREACHABLE, true},
        {"127.1.0.6", REASON_REFUSED, true},
        {"127.1.0.7", REASON_TIMEOUT, false},
        {"fd00::1", REASON_PROHIBITED, true},
        {"fd00::2", REASON_PROHIBITED, true},
        {"fd00::4", REASON_UNREACHABLE, true},
        {"fd00::5", REASON_UNREACHABLE, true},
        {"fd00::6", REASON_REFUSED, true},
        {"192.0.2.1", REASON_UNREACHABLE, false}, /* no route at all */
        {"2001:db8::1", REASON_UNREACHABLE, false},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const kinds[] = {"tcp", "icmp", "ntp", "dns"};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool build_wall(void)
{
	char path[] = "/tmp/sansang-wall.XXXXXX", command[256];
	int fd = mkstemp(path), status;

	if (fd < 0 || write(fd, rules, strlen(rules)) < 0)
		return false;
	close(fd);
	snprintf(command, sizeof(command),
	        "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && for i in 1 2 4 5 6 9; do ip addr add fd00::$i/128 "
	        "dev "
	        "lo; done && nft -f %s 2>/dev/null",
	        path);
	status = system(command);
	unlink(path);
	return !status;
}

struct seen {
	uv_loop_t loop;
	unsigned left, wrong;
};

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	unsigned row = (unsigned)strtoul(spec->instance, NULL, 10);
	struct seen *s = arg;
	bool told = strstr(r->note, " says so") != NULL;

	(void)boot_ms;
	if (!changed) /* its next turn has come before the slowest ended */
		return;
	if (r->reason != rows[row].reason || told != rows[row].told) {
		fprintf(stderr, "%s %s: %s \"%s\", awaited %s\n", spec->type->name, spec->host, reason_name(r->reason),
		        r->note, reason_name(rows[row].reason));
		s->wrong++;
	}
	if (!--s->left)
		uv_stop(&s->loop);
}

/* All at once, through one prober, so that complaints about one target must not hurt another. */
static int run_behind_the_wall(void)
{
	static struct check_spec specs[KINDS * ROWS];
	struct seen s = {.left = KINDS * ROWS};
	struct prober_handlers handlers = {.on_result = on_result, .arg = &s};
	struct icmp *icmp;
	struct prober *p;

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) || !build_wall())
		return NO_RIGHT;
	icmp = icmp_open();
	for (size_t i = 0; i < KINDS * ROWS; i++) {
		specs[i] = (struct check_spec){.class_id = CLASS_SERVICE,
		        .port = 4711,
		        .type = probe_type_named(kinds[i / ROWS]),
		        .options = probe_options_none(),
		        .every_ms = EVERY_MS};
		specs[i].options.dns_name = (char *)"land.test";
		snprintf(specs[i].instance, sizeof(specs[i].instance), "%zu-%s", i % ROWS, kinds[i / ROWS]);
		if (!strncmp(rows[i % ROWS].host, "fd00",
		            4)) /* else it is the target's own address, and the wall stops the news */
			probe_address_parse("fd00::9", 0, &specs[i].source);
		snprintf(specs[i].host, sizeof(specs[i].host), "%s", rows[i % ROWS].host);
	}
	uv_loop_init(&s.loop);
	p = prober_new(&s.loop, icmp, &handlers);
	prober_set(p, specs, KINDS * ROWS, "wall");
	prober_run_now(p);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	prober_close(p);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	icmp_close(icmp);
	return (int)s.wrong;
}

static void test_every_refusal(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		_exit(run_behind_the_wall());
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_RIGHT) {
		print_message("skipped: no network namespace, ip or nft here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void test_no_complaint(void **state)
{
	struct msghdr m = {0};
	struct complaint c;
	char note[PROBE_NOTE_MAX] = "";

	(void)state;
	assert_false(complaint_of(&m, &c));
	assert_int_equal(complaint_read(-1, ECONNREFUSED, note), REASON_REFUSED);
	assert_int_equal(complaint_read(-1, EACCES, note), REASON_LOCAL);
	assert_string_equal(note, "");
}

/* What the kernel lays down, and a length that lies. */
static void test_bytes(void **state)
{
	_Alignas(struct cmsghdr) uint8_t control[128] = {0};
	struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct sock_extended_err e = {.ee_origin = SO_EE_ORIGIN_ICMP, .ee_type = 3, .ee_code = 13};
	struct sockaddr_in by = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
	char note[PROBE_NOTE_MAX] = "";
	struct complaint out;

	(void)state;
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_RECVERR;
	c->cmsg_len = CMSG_LEN(sizeof(e) + sizeof(by));
	memcpy(CMSG_DATA(c), &e, sizeof(e));
	memcpy(CMSG_DATA(c) + sizeof(e), &by, sizeof(by));
	assert_true(complaint_of(&m, &out));
	assert_int_equal(out.reason, REASON_PROHIBITED);
	complaint_note(&out, note);
	assert_string_equal(note, "10.0.0.1 says so");
	e.ee_code = 4; /* too big: no verdict */
	memcpy(CMSG_DATA(c), &e, sizeof(e));
	assert_false(complaint_of(&m, &out));
	e.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
	memcpy(CMSG_DATA(c), &e, sizeof(e));
	assert_false(complaint_of(&m, &out));
	c->cmsg_len = CMSG_LEN(sizeof(e) - 1);
	assert_false(complaint_of(&m, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_refusal),
	        cmocka_unit_test(test_no_complaint),
	        cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
