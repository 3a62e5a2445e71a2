/* tcp: up, refused, timeout, unreachable and our own trouble are told apart, against sockets of this host. */
#include "agent/probe/tcp.c"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <sched.h>

#include <cmocka.h>

struct run {
	struct tcp tcp;
	struct probe_want want;
	struct probe_result result;
};

static struct probe_job job_for(const char *host, uint16_t port)
{
	static const struct probe_options none;
	struct probe_job job = {.interface = "", .options = &none, .timeout_ms = 2000};

	assert_int_equal(probe_address_parse(host, port, &job.address), 0);
	return job;
}

/* Feeds it what the kernel says, as the prober would. */
static void drive(struct run *r, const struct probe_job *job)
{
	r->want = probe_tcp.start(&r->tcp, job, 0);
	for (int i = 0; !r->want.done && i < 5; i++) {
		struct pollfd p = {.fd = r->want.fd, .events = POLLOUT};

		assert_int_equal(r->want.events, PROBE_WRITABLE);
		assert_int_equal(r->want.wake_ms, 2000);
		assert_int_equal(poll(&p, 1, 5000), 1);
		r->want = probe_tcp.step(&r->tcp, PROBE_WRITABLE, 1);
	}
	assert_true(r->want.done);
	probe_tcp.finish(&r->tcp, &r->result);
}

static int listen_at(const char *host, int backlog, uint16_t *port)
{
	union probe_address a;
	socklen_t len = sizeof(a);

	assert_int_equal(probe_address_parse(host, 0, &a), 0);
	int fd = socket(a.any.sa_family, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, &a.any, probe_address_len(&a)) || listen(fd, backlog)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	getsockname(fd, &a.any, &len);
	*port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
	return fd;
}

static void test_up(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	struct run r;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd = listen_at(hosts[i], 5, &port);
		if (fd < 0) {
			print_message("skipped: %s is not there\n", hosts[i]);
			continue;
		}
		struct probe_job job = job_for(hosts[i], port);
		drive(&r, &job);
		assert_true(r.result.up);
		assert_int_equal(r.result.reason, REASON_OK);
		assert_true(r.result.connect_us >= 0);
		assert_true(r.result.total_us >= 0);
		close(fd);
	}
}

static void test_refused(void **state)
{
	struct run r;
	uint16_t port;

	(void)state;
	close(listen_at("127.0.0.1", 1, &port));
	struct probe_job job = job_for("127.0.0.1", port);
	drive(&r, &job);
	assert_false(r.result.up);
	assert_int_equal(r.result.reason, REASON_REFUSED);
	assert_int_equal(r.result.connect_us, PROBE_UNKNOWN);
}

static void test_timeout(void **state)
{
	struct run r;
	uint16_t port;
	int fd = listen_at("127.0.0.1", 0, &port), fill[8];

	(void)state;
	struct probe_job job = job_for("127.0.0.1", port);
	for (int i = 0; i < 8; i++) { /* nobody accepts: the queue fills, and the next SYN gets no answer */
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], &job.address.any, sizeof(job.address.v4));
	}
	r.want = probe_tcp.start(&r.tcp, &job, 0);
	assert_false(r.want.done);
	r.want = probe_tcp.step(&r.tcp, 0, 1999); /* too early: nothing has happened */
	assert_false(r.want.done);
	r.want = probe_tcp.step(&r.tcp, 0, 2000);
	assert_true(r.want.done);
	probe_tcp.finish(&r.tcp, &r.result);
	assert_int_equal(r.result.reason, REASON_TIMEOUT);
	for (int i = 0; i < 8; i++)
		close(fill[i]);
	close(fd);
}

/* A network without any route: in a namespace of its own. */
static void test_unreachable(void **state)
{
	struct run r;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(77);
		struct probe_job job = job_for("192.0.2.1", 80);
		r.want = probe_tcp.start(&r.tcp, &job, 0);
		if (!r.want.done)
			_exit(1);
		probe_tcp.finish(&r.tcp, &r.result);
		_exit(r.result.up || r.result.reason != REASON_UNREACHABLE);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no network namespace is allowed here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void test_own_trouble(void **state)
{
	struct run r;
	struct probe_job job = job_for("127.0.0.1", 9);

	(void)state;
	assert_int_equal(probe_address_parse("192.0.2.77", 0, &job.source), 0); /* not an address of ours */
	r.want = probe_tcp.start(&r.tcp, &job, 0);
	assert_true(r.want.done);
	probe_tcp.finish(&r.tcp, &r.result);
	assert_int_equal(r.result.reason, REASON_LOCAL);
	assert_int_equal(r.tcp.fd, -1);
}

static void test_source_is_used(void **state)
{
	struct run r;
	uint16_t port;
	union probe_address peer;
	socklen_t len = sizeof(peer);
	int fd = listen_at("127.0.0.1", 5, &port);
	struct probe_job job = job_for("127.0.0.1", port);

	(void)state;
	assert_int_equal(probe_address_parse("127.0.0.9", 0, &job.source), 0);
	r.want = probe_tcp.start(&r.tcp, &job, 0);
	int got = accept(fd, &peer.any, &len);
	assert_true(got >= 0);
	assert_int_equal(peer.v4.sin_addr.s_addr, htonl(0x7f000009));
	probe_tcp.finish(&r.tcp, &r.result);
	close(got);
	close(fd);
}

static void test_interface_is_used(void **state)
{
	struct run r;
	uint16_t port;
	int fd = listen_at("127.0.0.1", 5, &port);
	struct probe_job job = job_for("127.0.0.1", port);

	(void)state;
	job.interface = "lo";
	drive(&r, &job);
	assert_true(r.result.up);
	job.interface = "no-such-line";
	drive(&r, &job);
	assert_int_equal(r.result.reason, REASON_LOCAL);
	close(fd);
}

/* What the handshake took is the kernel's word, however late we look. */
static void test_time_is_the_kernels(void **state)
{
	struct run r;
	uint16_t port;
	int fd = listen_at("127.0.0.1", 5, &port);
	struct probe_job job = job_for("127.0.0.1", port);

	(void)state;
	probe_tcp.start(&r.tcp, &job, 0);
	usleep(60000);
	r.tcp.result = probe_result_none();
	assert_true(probe_tcp.step(&r.tcp, PROBE_WRITABLE, 60).done);
	probe_tcp.finish(&r.tcp, &r.result);
	assert_true(r.result.total_us >= 60000);
	assert_true(r.result.connect_us < 60000);
	close(fd);
}

static void test_reasons(void **state)
{
	(void)state;
	assert_int_equal(probe_reason(ECONNREFUSED), REASON_REFUSED);
	assert_int_equal(probe_reason(ECONNRESET), REASON_RESET);
	assert_int_equal(probe_reason(ENETUNREACH), REASON_UNREACHABLE);
	assert_int_equal(probe_reason(EMFILE), REASON_LOCAL);
	assert_int_equal(probe_reason(EPERM), REASON_LOCAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_up),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_timeout),
	        cmocka_unit_test(test_unreachable),
	        cmocka_unit_test(test_own_trouble),
	        cmocka_unit_test(test_source_is_used),
	        cmocka_unit_test(test_interface_is_used),
	        cmocka_unit_test(test_time_is_the_kernels),
	        cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
