#include "agent/probe/ntp.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "agent/probe/complaint.h"
#include "agent/probe/note.h"
#include "agent/probe/ntp_packet.h"
#include "agent/probe/stamp.h"
#include "common/clock.h"

#define MODE_SERVER 4
#define ANSWER_MAX 512 /* with whatever extensions */
#define READ_MOST 16   /* answers in one turn: others want theirs too */

struct ntp {
	int fd;
	unsigned foreign; /* answers to no question of ours */
	uint64_t origin;
	struct stamp sent;
	int64_t wake_ms;
	struct probe_result result;
};

_Static_assert(sizeof(struct ntp) <= PROBE_STATE_MAX, "state too large");

static struct probe_want finish_with(struct ntp *n, enum reason reason)
{
	n->result.reason = reason;
	n->result.up = reason == REASON_OK;
	if (n->foreign)
		note_add(n->result.note, "%u answers to no question of ours", n->foreign);
	return (struct probe_want){.done = true, .fd = -1};
}

static struct probe_want failed(struct ntp *n, int error)
{
	return finish_with(n, complaint_read(n->fd, error, n->result.note));
}

static struct probe_want waiting(const struct ntp *n)
{
	return (struct probe_want){.fd = n->fd, .events = PROBE_READABLE, .wake_ms = n->wake_ms};
}

static int64_t us_of(int64_t ns)
{
	return (ns + (ns < 0 ? -500 : 500)) / 1000;
}

static void measure(struct ntp *n, const struct ntp_answer *a, const struct stamp *came)
{
	int64_t *detail = n->result.detail, trip_ns = came->mono_ns - n->sent.mono_ns;
	int64_t server_ns = ntp_between_ns(a->received, a->sent);
	uint64_t t1 = ntp_stamp(n->sent.real_ns), t4 = ntp_stamp(came->real_ns);

	n->result.connect_us = n->result.total_us = us_of(trip_ns);
	detail[NTP_STRATUM] = a->stratum;
	detail[NTP_LEAP] = a->leap;
	detail[NTP_DISPERSION] = us_of(a->dispersion_ns);
	/* a server that claims to have thought for longer than we waited tells no delay */
	if (server_ns < 0 || server_ns > trip_ns)
		return;
	detail[NTP_DELAY] = us_of(trip_ns - server_ns);
	if (stamp_stepped(&n->sent, came))
		return;
	detail[NTP_OFFSET] = us_of(ntp_between_ns(t1, a->received) / 2 + ntp_between_ns(t4, a->sent) / 2);
}

static struct probe_want judge(struct ntp *n, const struct ntp_answer *a, const struct stamp *came)
{
	int64_t offset_us;

	if (a->mode != MODE_SERVER || !a->version) {
		note_put(n->result.note, "mode %u, version %u", a->mode, a->version);
		return finish_with(n, REASON_PROTOCOL);
	}
	if (a->stratum && (!a->received || !a->sent)) {
		note_put(n->result.note, "its answer holds no time");
		return finish_with(n, REASON_PROTOCOL);
	}
	if (!a->stratum) {
		n->result.detail[NTP_STRATUM] = 0;
		n->result.detail[NTP_LEAP] = a->leap;
		note_put(n->result.note, a->kiss[0] ? "it refuses: %s" : "stratum 0", a->kiss);
		return finish_with(n, REASON_UNSYNCHRONISED);
	}
	measure(n, a, came);
	offset_us = n->result.detail[NTP_OFFSET];
	note_put(n->result.note, "stratum %u", a->stratum);
	if (offset_us != METRIC_UNKNOWN)
		note_add(n->result.note, "this host's clock is %.3f ms %s", fabs((double)offset_us / 1000),
		        offset_us < 0 ? "ahead" : "behind");
	if (a->leap == NTP_LEAP_UNKNOWN || a->stratum > NTP_STRATUM_MOST) {
		note_add(n->result.note, "it does not know the time itself");
		return finish_with(n, REASON_UNSYNCHRONISED);
	}
	return finish_with(n, REASON_OK);
}

static struct probe_want read_answers(struct ntp *n)
{
	uint8_t data[ANSWER_MAX];
	struct ntp_answer a;
	struct stamp came;

	for (int i = 0; i < READ_MOST; i++) {
		ssize_t got = stamp_receive(n->fd, data, sizeof(data), &came);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? waiting(n) : failed(n, errno);
		if (!ntp_packet_decode(data, (size_t)got, &a) && a.origin == n->origin)
			return judge(n, &a, &came);
		n->foreign++;
	}
	return waiting(n);
}

static struct probe_want ntp_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	uint8_t question[NTP_PACKET_BYTES];
	struct ntp *n = state;

	*n = (struct ntp){.result = probe_result_none(), .wake_ms = now_ms + job->timeout_ms};
	while (!n->origin)
		n->origin = chance_u64();
	ntp_packet_encode(n->origin, question);
	n->fd = socket(job->address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (n->fd < 0 || probe_bind(n->fd, job))
		return finish_with(n, REASON_LOCAL);
	complaint_hear(n->fd, job->address.any.sa_family);
	stamp_hear(n->fd);
	/* connected, so that nobody else is heard */
	if (connect(n->fd, &job->address.any, probe_address_len(&job->address)))
		return failed(n, errno);
	n->sent = stamp_now();
	if (send(n->fd, question, sizeof(question), MSG_NOSIGNAL) < 0)
		return failed(n, errno);
	return waiting(n);
}

static struct probe_want ntp_step(void *state, unsigned events, int64_t now_ms)
{
	struct ntp *n = state;

	if (events)
		return read_answers(n);
	return now_ms >= n->wake_ms ? finish_with(n, REASON_TIMEOUT) : waiting(n);
}

static void ntp_finish(void *state, struct probe_result *out)
{
	struct ntp *n = state;

	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	*out = n->result;
}

const struct probe_type probe_ntp = {
        .name = "ntp",
        .default_port = 123,
        .has_detail = true,
        .detail = CLASS_NTP,
        .start = ntp_start,
        .step = ntp_step,
        .finish = ntp_finish,
};
