/* dns: a real dnsmasq answers, lies, cuts and refuses; servers of our own misbehave. */
#include "agent/probe/dns.c"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/agent/probe/server.h"

#define NO_RIGHT 77
#define WIDE_ADDRESSES 60 /* more than 512 bytes hold */

static struct probe_options options;

static struct probe_job job_for(const char *host, uint16_t port, const char *name, const char *expect)
{
	struct probe_job job = {.interface = "", .host = host, .options = &options, .timeout_ms = 3000};

	options = probe_options_none();
	options.dns_name = (char *)name;
	options.dns_expect = (char *)expect;
	assert_int_equal(probe_address_parse(host, port, &job.address), 0);
	return job;
}

static struct probe_result ask_at(const char *host, uint16_t port, const char *name, const char *expect)
{
	struct probe_job job = job_for(host, port, name, expect);

	return probe_drive(&probe_dns, &job);
}

/* ---- dnsmasq ---- */

static struct server dnsmasq;
static char wide_path[] = "/tmp/sansang-dns.XXXXXX";

static void run_dnsmasq(uint16_t port)
{
	char port_text[32], hosts[64];
	int null = open("/dev/null", O_RDWR);

	snprintf(port_text, sizeof(port_text), "--port=%u", port);
	snprintf(hosts, sizeof(hosts), "--addn-hosts=%s", wide_path);
	dup2(null, 2);
	putenv("PATH=/usr/sbin:/sbin:/usr/bin:/bin");
	execlp("dnsmasq", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
	        "--no-ping", "--listen-address=127.0.0.1,::1", "--bind-interfaces", "--user=root",
	        "--pid-file=", "--local=/test/", "--host-record=land.test,10.1.2.3",
	        "--host-record=six.test,2001:db8::5", "--cname=alias.test,land.test", port_text, hosts, (char *)NULL);
	_exit(127);
}

static bool listens(uint16_t port)
{
	union probe_address a;
	bool up;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	probe_address_parse("127.0.0.1", port, &a);
	up = !connect(fd, &a.any, sizeof(a.v4));
	close(fd);
	return up;
}

static void write_hosts(void)
{
	int fd = mkstemp(wide_path);

	assert_true(fd >= 0);
	for (int i = 0; i < WIDE_ADDRESSES; i++)
		dprintf(fd, "10.9.9.%d wide.test\n", i + 1);
	fchmod(fd, 0644);
	close(fd);
}

static int start_dnsmasq(void **state)
{
	int fd = server_socket("127.0.0.1", SOCK_STREAM, &dnsmasq.port);

	(void)state;
	close(fd);
	write_hosts();
	dnsmasq.pid = fork();
	if (!dnsmasq.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_dnsmasq(dnsmasq.port);
	}
	for (int i = 0; i < 200 && !listens(dnsmasq.port); i++) {
		usleep(20000);
		if (waitpid(dnsmasq.pid, NULL, WNOHANG) == dnsmasq.pid) {
			dnsmasq.pid = 0;
			break;
		}
	}
	return 0;
}

static int stop_dnsmasq(void **state)
{
	(void)state;
	server_stop(&dnsmasq);
	unlink(wide_path);
	return 0;
}

#define NEED_DNSMASQ()                                                                                                 \
	do {                                                                                                           \
		if (!dnsmasq.pid) {                                                                                    \
			print_message("skipped: no dnsmasq here\n");                                                   \
			skip();                                                                                        \
		}                                                                                                      \
	} while (0)

static void test_answers(void **state)
{
	static const struct {
		const char *name, *expect;
		enum reason reason;
		const char *note; /* how it begins */
	} rows[] = {
	        {"land.test", NULL, REASON_OK, "10.1.2.3"},
	        {"land.test", "10.1.2.3", REASON_OK, "10.1.2.3"},
	        {"land.test", "10.1.2.4", REASON_CONTENT, "10.1.2.3; expected 10.1.2.4"},
	        {"alias.test", "10.1.2.3", REASON_OK, "10.1.2.3"},
	        {"six.test", NULL, REASON_OK, "2001:db8::5"}, /* no A: AAAA */
	        {"six.test", "2001:db8::5", REASON_OK, "2001:db8::5"},
	        {"six.test", "10.1.2.3", REASON_CONTENT, "the name has no address"},
	        {"none.test", NULL, REASON_NO_NAME, "NXDOMAIN"},
	        {"elsewhere.example", NULL, REASON_SERVER_FAILURE, "REFUSED"}, /* it has nobody to ask */
	        {"wide.test", "10.9.9.60", REASON_OK, "10.9.9."},              /* cut over UDP */
	        {"land.test", "nonsense", REASON_LOCAL, "\"nonsense\" is no address"},
	        {"..", NULL, REASON_LOCAL, ""},
	};
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	NEED_DNSMASQ();
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		size_t row = i / 2;
		struct probe_result r = ask_at(hosts[i % 2], dnsmasq.port, rows[row].name, rows[row].expect);

		assert_string_equal(reason_name(r.reason), reason_name(rows[row].reason));
		assert_int_equal(r.up, r.reason == REASON_OK);
		assert_memory_equal(r.note, rows[row].note, strlen(rows[row].note));
		if (r.up)
			assert_true(r.connect_us > 0 && r.connect_us <= r.total_us);
	}
}

static void test_cut_answer_comes_by_tcp(void **state)
{
	(void)state;
	NEED_DNSMASQ();
	struct probe_result r = ask_at("127.0.0.1", dnsmasq.port, "wide.test", NULL);

	assert_true(r.up);
	assert_non_null(strstr(r.note, "and 56 more; by TCP"));
}

static void test_source_is_used(void **state)
{
	struct probe_job job = job_for("127.0.0.1", dnsmasq.port, "land.test", NULL);

	(void)state;
	NEED_DNSMASQ();
	assert_int_equal(probe_address_parse("127.0.0.9", 0, &job.source), 0);
	assert_true(probe_drive(&probe_dns, &job).up);
	assert_int_equal(probe_address_parse("192.0.2.77", 0, &job.source), 0); /* not ours */
	assert_int_equal(probe_drive(&probe_dns, &job).reason, REASON_LOCAL);
	job.source.any.sa_family = 0;
	job.interface = "no-such-line";
	assert_int_equal(probe_drive(&probe_dns, &job).reason, REASON_LOCAL);
}

/* ---- servers that misbehave ---- */

static size_t reply_to(const uint8_t *question, size_t len, uint8_t *out)
{
	memcpy(out, question, len);
	out[2] |= 0x80;
	return len;
}

static size_t put_answer(uint8_t *out, size_t len)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3};

	out[7] = 1;
	memcpy(out + len, record, sizeof(record));
	return len + sizeof(record);
}

static size_t answer_code(const uint8_t *question, size_t len, uint8_t *out, uint8_t code)
{
	reply_to(question, len, out);
	out[3] = code;
	return len;
}

static size_t says_servfail(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	return answer_code(q, len, out, 2);
}

static size_t says_formerr(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	return answer_code(q, len, out, 1);
}

static size_t says_wrong_id(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	reply_to(q, len, out);
	out[0] ^= 1;
	return put_answer(out, len);
}

static size_t says_nothing(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)q;
	(void)len;
	(void)number;
	(void)out;
	return 0;
}

/* The right number, a record that is cut. */
static size_t says_broken(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	reply_to(q, len, out);
	return put_answer(out, len) - 2;
}

/* The right number, another question. */
static size_t says_beside_the_point(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	reply_to(q, len, out);
	out[13] ^= 1;
	return put_answer(out, len);
}

static size_t says_three_bytes(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)len;
	(void)number;
	memcpy(out, q, 3);
	return 3;
}

/* Cut, and nobody is there by TCP. */
static size_t says_cut(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	reply_to(q, len, out);
	out[2] |= 2;
	return len;
}

/* The first question is lost. */
static size_t says_at_second(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	return number ? put_answer(out, reply_to(q, len, out)) : 0;
}

static void test_misbehaviour(void **state)
{
	static const struct {
		server_answer answer;
		enum reason reason;
		const char *note; /* in it */
	} rows[] = {
	        {says_servfail, REASON_SERVER_FAILURE, "SERVFAIL"},
	        {says_formerr, REASON_PROTOCOL, "FORMERR"},
	        {says_wrong_id, REASON_TIMEOUT, "answers with a wrong id"},
	        {says_nothing, REASON_TIMEOUT, ""},
	        {says_broken, REASON_PROTOCOL, ""},
	        {says_beside_the_point, REASON_PROTOCOL, ""},
	        {says_three_bytes, REASON_PROTOCOL, ""},
	        {says_cut, REASON_REFUSED, ""},
	        {says_at_second, REASON_OK, "10.1.2.3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = server_start("127.0.0.1", rows[i].answer);
		struct probe_job job = job_for("127.0.0.1", s.port, "land.test", NULL);
		struct probe_result r;

		job.timeout_ms = 600;
		r = probe_drive(&probe_dns, &job);
		server_stop(&s);
		assert_string_equal(reason_name(r.reason), reason_name(rows[i].reason));
		assert_non_null(strstr(r.note, rows[i].note));
		if (rows[i].answer == says_at_second)
			assert_true(r.connect_us < r.total_us);
	}
}

static void test_nobody_there(void **state)
{
	struct server s = server_start("127.0.0.1", says_nothing);

	(void)state;
	server_stop(&s);
	struct probe_result r = ask_at("127.0.0.1", s.port, "land.test", NULL);
	assert_int_equal(r.reason, REASON_REFUSED);
	assert_string_equal(r.note, "127.0.0.1 says so");
}

/* Ended in the middle: nothing is left behind (the sanitizers look). */
static void test_given_up(void **state)
{
	struct server s = server_start("127.0.0.1", says_nothing);
	struct probe_job job = job_for("127.0.0.1", s.port, "land.test", NULL);
	_Alignas(16) char room[PROBE_STATE_MAX];
	struct probe_result r;

	(void)state;
	struct probe_want want = probe_dns.start(room, &job, probe_now_ms());
	assert_false(want.done);
	assert_true(want.fd >= 0);
	probe_dns.finish(room, &r);
	assert_int_equal(fcntl(want.fd, F_GETFD), -1);
	assert_false(r.up);
	server_stop(&s);
}

/* Without a name any answer about the root will do. */
static void test_no_name_asked_for(void **state)
{
	struct server s = server_start("127.0.0.1", says_at_second);
	struct probe_result r = ask_at("127.0.0.1", s.port, NULL, NULL);

	(void)state;
	server_stop(&s);
	assert_true(r.up);
	s = server_start("127.0.0.1", says_servfail);
	r = ask_at("127.0.0.1", s.port, NULL, NULL);
	server_stop(&s);
	assert_int_equal(r.reason, REASON_SERVER_FAILURE);
	if (dnsmasq.pid) /* it has nobody to ask about the root */
		assert_int_equal(ask_at("127.0.0.1", dnsmasq.port, NULL, NULL).reason, REASON_SERVER_FAILURE);
}

/* Names in /etc/resolv.conf that are dead or silent are passed over: in namespaces of our own. */
static int ask_system(const char *servers)
{
	struct probe_job job = job_for("127.0.0.1", 53, "land.test", NULL);
	char path[] = "/tmp/sansang-resolv.XXXXXX", command[160];
	int fd = mkstemp(path);
	struct probe_result r;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) || fd < 0 || write(fd, servers, strlen(servers)) < 0)
		return NO_RIGHT;
	close(fd);
	snprintf(command, sizeof(command),
	        "PATH=$PATH:/usr/sbin:/sbin; mount --make-rprivate / && mount --bind %s /etc/resolv.conf && ip link "
	        "set "
	        "lo up",
	        path);
	if (system(command))
		return NO_RIGHT;
	dnsmasq.pid = fork();
	if (!dnsmasq.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_dnsmasq(53);
	}
	for (int i = 0; i < 200 && !listens(53); i++)
		usleep(20000);
	memset(&job.address, 0, sizeof(job.address));
	job.host = "system";
	r = probe_drive(&probe_dns, &job);
	server_stop(&dnsmasq);
	unlink(path);
	if (!r.up)
		fprintf(stderr, "%s: %s %s\n", servers, reason_name(r.reason), r.note);
	return !r.up || strcmp(r.note, "10.1.2.3");
}

static void test_system_servers(void **state)
{
	static const char *const lists[] = {
	        "nameserver 127.0.0.1\n", "nameserver 127.0.0.77\nnameserver 127.0.0.1\n", /* refused by the first */
	        "nameserver 192.0.2.1\nnameserver ::1\n",                                  /* no way to the first */
	};

	(void)state;
	NEED_DNSMASQ();
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(ask_system(lists[i]));
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == NO_RIGHT) {
			print_message("skipped: no namespaces are allowed here\n");
			skip();
		}
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_answers),
	        cmocka_unit_test(test_cut_answer_comes_by_tcp),
	        cmocka_unit_test(test_source_is_used),
	        cmocka_unit_test(test_misbehaviour),
	        cmocka_unit_test(test_nobody_there),
	        cmocka_unit_test(test_given_up),
	        cmocka_unit_test(test_no_name_asked_for),
	        cmocka_unit_test(test_system_servers),
	};

	return cmocka_run_group_tests(tests, start_dnsmasq, stop_dnsmasq);
}
