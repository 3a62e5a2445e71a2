#include "agent/probe/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#include "agent/probe/complaint.h"
#include "agent/probe/stamp.h"

struct tcp {
	int fd;
	int64_t begun_ns, wake_ms;
	struct probe_result result;
};

_Static_assert(sizeof(struct tcp) <= PROBE_STATE_MAX, "state too large");

static struct probe_want failed(struct tcp *t, int error)
{
	t->result.up = false;
	t->result.reason = complaint_read(t->fd, error, t->result.note);
	return probe_done();
}

/* Of the whole run: nothing came. */
static struct probe_want silent(struct tcp *t)
{
	t->result.reason = REASON_TIMEOUT;
	return probe_done();
}

static struct probe_want connected(struct tcp *t, const struct tcp_info *info)
{
	t->result.up = true;
	t->result.reason = REASON_OK;
	t->result.total_us = (stamp_mono_ns() - t->begun_ns) / 1000;
	/* no sample in the kernel (a repeated SYN): our own figure is the best there is */
	t->result.connect_us = info->tcpi_rtt ? info->tcpi_rtt : t->result.total_us;
	return probe_done();
}

/* One question answers both whether it is connected and how long that took. */
static bool is_connected(const struct tcp *t, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	return !getsockopt(t->fd, IPPROTO_TCP, TCP_INFO, info, &len) &&
	       (info->tcpi_state == TCP_ESTABLISHED || info->tcpi_state == TCP_CLOSE_WAIT);
}

static struct probe_want look(struct tcp *t)
{
	struct tcp_info info = {0};
	int error = 0;
	socklen_t len = sizeof(error);

	if (is_connected(t, &info))
		return connected(t, &info);
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	return failed(t, error ? error : ECONNRESET);
}

static struct probe_want tcp_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct linger reset = {.l_onoff = 1};
	struct tcp_info info = {0};
	struct tcp *t = state;

	t->result = probe_result_none();
	t->begun_ns = stamp_mono_ns();
	t->wake_ms = now_ms + job->timeout_ms;
	t->fd = socket(job->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (t->fd < 0)
		return failed(t, errno);
	setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	complaint_hear(t->fd, job->address.any.sa_family);
	if (probe_bind(t->fd, job))
		return failed(t, EADDRNOTAVAIL);
	if (!connect(t->fd, &job->address.any, probe_address_len(&job->address)))
		return look(t);
	if (errno != EINPROGRESS)
		return failed(t, errno);
	/* a target on this host has answered already: no need to wait for the news */
	if (is_connected(t, &info))
		return connected(t, &info);
	return (struct probe_want){.fd = t->fd, .events = PROBE_WRITABLE, .wake_ms = t->wake_ms};
}

static struct probe_want tcp_step(void *state, unsigned events, int64_t now_ms)
{
	struct tcp *t = state;

	if (!events && now_ms >= t->wake_ms)
		return silent(t);
	if (!events)
		return (struct probe_want){.fd = t->fd, .events = PROBE_WRITABLE, .wake_ms = t->wake_ms};
	return look(t);
}

static void tcp_finish(void *state, struct probe_result *out)
{
	struct tcp *t = state;

	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	*out = t->result;
}

const struct probe_type probe_tcp = {
        .name = "tcp",
        .has_port = true,
        .start = tcp_start,
        .step = tcp_step,
        .finish = tcp_finish,
};
