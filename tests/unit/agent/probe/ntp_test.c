/* ntp: a real chronyd is measured; servers that are unsynchronised, forged, cut or silent are told apart. */
#include "agent/probe/ntp.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/agent/probe/server.h"

#define AHEAD_NS 2500000000ll /* the clock of our server */

static const struct probe_options options;

static struct probe_result ask_at(const char *host, uint16_t port, int64_t timeout_ms)
{
	struct probe_job job = {.interface = "", .host = host, .options = &options, .timeout_ms = timeout_ms};

	assert_int_equal(probe_address_parse(host, port, &job.address), 0);
	return probe_drive(&probe_ntp, &job);
}

/* ---- servers of our own ---- */

static void put_u64(uint8_t *to, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(v >> 8 * (7 - i));
}

static size_t good(const uint8_t *q, size_t len, uint8_t *out)
{
	struct stamp now = stamp_now();

	(void)len;
	memset(out, 0, NTP_PACKET_BYTES);
	out[0] = 4 << 3 | MODE_SERVER;
	out[1] = 3;
	out[10] = 1; /* root dispersion 1/256 s */
	memcpy(out + 24, q + 40, 8);
	put_u64(out + 32, ntp_stamp(now.real_ns + AHEAD_NS));
	put_u64(out + 40, ntp_stamp(now.real_ns + AHEAD_NS));
	return NTP_PACKET_BYTES;
}

static size_t says_good(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	return good(q, len, out) + 20; /* as with a digest behind */
}

static size_t says_leap_3(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	out[0] |= 0xc0;
	return NTP_PACKET_BYTES;
}

static size_t says_stratum_16(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	out[1] = 16;
	return NTP_PACKET_BYTES;
}

static size_t says_kiss(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	out[1] = 0;
	memcpy(out + 12, "RATE", 4);
	return NTP_PACKET_BYTES;
}

static size_t says_client_mode(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	out[0] = 4 << 3 | 3;
	return NTP_PACKET_BYTES;
}

static size_t says_no_time(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	memset(out + 32, 0, 16);
	return NTP_PACKET_BYTES;
}

static size_t says_forged(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	out[31] ^= 1;
	return NTP_PACKET_BYTES;
}

static size_t says_cut(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	return NTP_PACKET_BYTES - 1;
}

static size_t says_nothing(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)q;
	(void)len;
	(void)number;
	(void)out;
	return 0;
}

/* It would have thought for an hour. */
static size_t says_slow(const uint8_t *q, size_t len, unsigned number, uint8_t *out)
{
	(void)number;
	good(q, len, out);
	put_u64(out + 40, ntp_stamp(stamp_now().real_ns + 3600000000000ll));
	return NTP_PACKET_BYTES;
}

static void test_figures(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct server s = server_start(hosts[i], says_good);
		struct probe_result r;

		if (!s.pid) {
			print_message("skipped: %s is not there\n", hosts[i]);
			continue;
		}
		r = ask_at(hosts[i], s.port, 3000);
		server_stop(&s);
		assert_true(r.up);
		assert_int_equal(r.detail[NTP_STRATUM], 3);
		assert_int_equal(r.detail[NTP_LEAP], 0);
		assert_int_equal(r.detail[NTP_DISPERSION], 3906);
		assert_true(r.connect_us > 0);
		assert_in_range(r.detail[NTP_DELAY], 0, r.connect_us);
		/* the error of an offset is at most half of the delay */
		assert_in_range(
		        r.detail[NTP_OFFSET] - AHEAD_NS / 1000 + r.detail[NTP_DELAY], 0, 2 * r.detail[NTP_DELAY] + 2);
		assert_memory_equal(r.note, "stratum 3; this host's clock is 2", 33);
		assert_non_null(strstr(r.note, "ms behind"));
	}
}

static void test_misbehaviour(void **state)
{
	static const struct {
		server_answer answer;
		enum reason reason;
		const char *note; /* in it */
	} rows[] = {
	        {says_leap_3, REASON_UNSYNCHRONISED, "it does not know the time itself"},
	        {says_stratum_16, REASON_UNSYNCHRONISED, "it does not know the time itself"},
	        {says_kiss, REASON_UNSYNCHRONISED, "it refuses: RATE"},
	        {says_client_mode, REASON_PROTOCOL, "mode 3"},
	        {says_no_time, REASON_PROTOCOL, "holds no time"},
	        {says_forged, REASON_TIMEOUT, "1 answers to no question of ours"},
	        {says_cut, REASON_TIMEOUT, "1 answers to no question of ours"},
	        {says_nothing, REASON_TIMEOUT, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = server_start("127.0.0.1", rows[i].answer);
		struct probe_result r = ask_at("127.0.0.1", s.port, 300);

		server_stop(&s);
		assert_string_equal(reason_name(r.reason), reason_name(rows[i].reason));
		assert_false(r.up);
		assert_non_null(strstr(r.note, rows[i].note));
	}
}

static void test_impossible_delay_gives_no_offset(void **state)
{
	struct server s = server_start("127.0.0.1", says_slow);
	struct probe_result r = ask_at("127.0.0.1", s.port, 3000);

	(void)state;
	server_stop(&s);
	assert_true(r.up);
	assert_true(r.detail[NTP_DELAY] == METRIC_UNKNOWN);
	assert_true(r.detail[NTP_OFFSET] == METRIC_UNKNOWN);
}

static void test_stepped_clock_gives_no_offset(void **state)
{
	struct ntp n = {.result = probe_result_none(), .sent = {.real_ns = 1000, .mono_ns = 1000}};
	struct stamp came = {.real_ns = 3000000000 + 51000, .mono_ns = 51000};
	struct ntp_answer a = {.stratum = 2, .received = ntp_stamp(2000), .sent = ntp_stamp(2000)};

	(void)state;
	measure(&n, &a, &came);
	assert_true(n.result.detail[NTP_OFFSET] == METRIC_UNKNOWN);
	assert_int_equal(n.result.detail[NTP_DELAY], 50);
	came.real_ns = 51000;
	measure(&n, &a, &came);
	assert_int_equal(n.result.detail[NTP_OFFSET], -24);
}

static void test_nobody_there(void **state)
{
	struct server s = server_start("127.0.0.1", says_nothing);

	(void)state;
	server_stop(&s);
	assert_int_equal(ask_at("127.0.0.1", s.port, 2000).reason, REASON_REFUSED);
}

/* ---- chronyd ---- */

/* The path of a chronyd, or "". */
static void find_chronyd(char *out, size_t size)
{
	FILE *p = popen("tests/lab/chronyd.sh 2>/dev/null", "r");

	out[0] = '\0';
	if (p && !fgets(out, (int)size, p))
		out[0] = '\0';
	if (p)
		pclose(p);
	out[strcspn(out, "\n")] = '\0';
}

static pid_t start_chronyd(const char *dir, uint16_t port, const char *extra)
{
	char conf[96], program[512];
	FILE *f;
	pid_t pid;

	find_chronyd(program, sizeof(program));
	snprintf(conf, sizeof(conf), "%s/chrony.conf", dir);
	f = fopen(conf, "w");
	assert_non_null(f);
	fprintf(f, "port %u\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\nallow all\nbindaddress 127.0.0.1\n%s\n", port,
	        dir, extra);
	fclose(f);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 2);
		execl(program, "chronyd", "-x", "-n", "-U", "-f", conf, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static struct probe_result ask_chronyd(const char *extra, enum reason awaited)
{
	char dir[] = "/tmp/sansang-ntp.XXXXXX", command[64];
	uint16_t port = 0;
	int fd = server_socket("127.0.0.1", SOCK_DGRAM, &port);
	struct probe_result r = probe_result_none();
	pid_t pid;

	assert_non_null(mkdtemp(dir));
	close(fd);
	pid = start_chronyd(dir, port, extra);
	for (int i = 0; i < 100 && r.reason != awaited; i++) {
		usleep(50000);
		r = ask_at("127.0.0.1", port, 300);
		if (waitpid(pid, NULL, WNOHANG) == pid)
			pid = 0;
		if (!pid)
			break;
	}
	if (pid) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		print_message("%s is left\n", dir);
	if (!pid) {
		print_message("skipped: no chronyd here\n");
		skip();
	}
	return r;
}

static void test_chronyd(void **state)
{
	struct probe_result r = ask_chronyd("local stratum 7", REASON_OK);

	(void)state;
	assert_true(r.up);
	assert_int_equal(r.detail[NTP_STRATUM], 7);
	/* it has our own clock */
	assert_in_range(r.detail[NTP_OFFSET] + r.detail[NTP_DELAY] + 1000, 0, 2 * r.detail[NTP_DELAY] + 2000);
}

static void test_chronyd_unsynchronised(void **state)
{
	struct probe_result r = ask_chronyd("", REASON_UNSYNCHRONISED);

	(void)state;
	assert_false(r.up);
	assert_int_equal(r.reason, REASON_UNSYNCHRONISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_figures),
	        cmocka_unit_test(test_misbehaviour),
	        cmocka_unit_test(test_impossible_delay_gives_no_offset),
	        cmocka_unit_test(test_stepped_clock_gives_no_offset),
	        cmocka_unit_test(test_nobody_there),
	        cmocka_unit_test(test_chronyd),
	        cmocka_unit_test(test_chronyd_unsynchronised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
