#include "agent/probe/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/probe/complaint.h"
#include "agent/probe/dns_answer.h"
#include "agent/probe/note.h"
#include "agent/probe/stamp.h"
#include "common/clock.h"
#include "common/memory.h"

#define CLASS_IN 1
#define ID_BYTES 2
#define TRIES 2
#define TRY_SHARE 3 /* c-ares doubles its patience: 1/3 and 2/3 of the run's */

struct dns {
	struct probe_job job;
	ares_channel channel;
	union probe_address expect; /* family 0: none */
	enum dns_type type;
	uint16_t id;
	int fd; /* that speaks, -1 none */
	bool writing, by_tcp;
	unsigned fitting, strange; /* datagrams with our id, and without */
	enum reason fault;         /* of the last socket that failed, REASON_OK none */
	bool ended;                /* c-ares has said how the question ended: */
	int status;
	bool broken;
	struct dns_answer answer;
	struct stamp begun, sent, came;
	int64_t deadline_ms;
	struct probe_result result;
};

/* ---- c-ares' sockets ---- */

static ares_socket_t on_socket(int family, int type, int protocol, void *arg)
{
	struct dns *d = arg;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int err = fd < 0 ? -errno : probe_bind(fd, &d->job);

	if (err) {
		d->fault = REASON_LOCAL;
		if (fd >= 0)
			close(fd);
		errno = -err;
		return -1;
	}
	d->by_tcp = type == SOCK_STREAM;
	complaint_hear(fd, family);
	stamp_hear(fd);
	return fd;
}

static int on_close(ares_socket_t fd, void *arg)
{
	struct dns *d = arg;

	if (d->fd == fd)
		d->fd = -1;
	return close(fd);
}

static void socket_failed(struct dns *d, int fd)
{
	int error = errno;

	if (error == EAGAIN || error == EINPROGRESS || error == EINTR)
		return;
	d->fault = complaint_read(fd, error, d->result.note);
	errno = error;
}

/* c-ares knows no scope of link-local servers: our own address is the better one. */
static int on_connect(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len, void *arg)
{
	struct dns *d = arg;
	bool given = d->job.address.any.sa_family;
	int status = given ? connect(fd, &d->job.address.any, probe_address_len(&d->job.address))
	                   : connect(fd, address, len);

	if (status)
		socket_failed(d, fd);
	return status;
}

static ares_ssize_t on_receive(ares_socket_t fd, void *data, size_t size, int flags, struct sockaddr *from,
        ares_socklen_t *from_len, void *arg)
{
	struct dns *d = arg;
	struct stamp at;
	ssize_t got = stamp_receive(fd, data, size, &at);

	(void)flags;
	if (got < 0) {
		socket_failed(d, fd);
		return got;
	}
	d->came = at;
	if (from) /* the socket is connected: nobody else is heard */
		getpeername(fd, from, from_len);
	if (!d->by_tcp && got >= ID_BYTES && ((uint8_t *)data)[0] == d->id >> 8 &&
	        ((uint8_t *)data)[1] == (d->id & 255))
		d->fitting++;
	else if (!d->by_tcp)
		d->strange++;
	return got;
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov, int count, void *arg)
{
	struct msghdr m = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
	struct dns *d = arg;
	ssize_t sent;

	d->sent = stamp_now();
	sent = sendmsg(fd, &m, MSG_NOSIGNAL);
	if (sent < 0)
		socket_failed(d, fd);
	return sent;
}

static const struct ares_socket_functions sockets = {
        .asocket = on_socket,
        .aclose = on_close,
        .aconnect = on_connect,
        .arecvfrom = on_receive,
        .asendv = on_send,
};

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns *d = arg;

	if (!readable && !writable)
		return;
	d->fd = fd;
	d->writing = writable;
}

/* ---- a question ---- */

static void on_answer(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct dns *d = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	d->ended = true;
	d->status = status;
	if (status == ARES_SUCCESS)
		d->broken = dns_answer_decode(data, (size_t)len, &d->expect, &d->answer);
}

static void ask(struct dns *d)
{
	const char *name = d->job.options->dns_name;
	unsigned char *question = NULL;
	int len, status;

	d->ended = d->broken = false;
	chance_bytes(&d->id, sizeof(d->id));
	status = ares_create_query(name ? name : ".", CLASS_IN, (int)d->type, d->id, 1, &question, &len, 0);
	if (status == ARES_SUCCESS)
		ares_send(d->channel, question, len, on_answer, d);
	else
		on_answer(d, status, 0, NULL, 0);
	ares_free_string(question);
}

/* With all that resolv.conf could say given, c-ares reads no file. */
static int open_channel(struct dns *d)
{
	struct ares_options o = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
	        .timeout = (int)(d->job.timeout_ms / TRY_SHARE),
	        .tries = TRIES,
	        .sock_state_cb = on_socket_state,
	        .sock_state_cb_data = d,
	        .ndots = 1,
	        .lookups = "b",
	        .servers = &d->job.address.v4.sin_addr,
	        .nservers = 1};
	struct ares_addr_node v6 = {.family = AF_INET6};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	int family = d->job.address.any.sa_family, status;

	if (family) { /* one server: its failure is the answer */
		o.flags |= ARES_FLAG_NOCHECKRESP;
		mask |= ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST |
		        ARES_OPT_NOROTATE;
	}
	status = ares_init_options(&d->channel, &o, mask);
	if (status == ARES_SUCCESS && family == AF_INET6) {
		memcpy(&v6.addr.addr6, &d->job.address.v6.sin6_addr, sizeof(v6.addr.addr6));
		status = ares_set_servers(d->channel, &v6);
	}
	if (status == ARES_SUCCESS)
		ares_set_socket_functions(d->channel, &sockets, d);
	return status;
}

/* ---- a verdict ---- */

static struct probe_want finish_with(struct dns *d, enum reason reason)
{
	d->result.reason = reason;
	d->result.up = reason == REASON_OK;
	if (d->strange)
		note_add(d->result.note, "%u answers with a wrong id", d->strange);
	return (struct probe_want){.done = true, .fd = -1};
}

static const char *address_text(const union probe_address *a, char out[INET6_ADDRSTRLEN])
{
	const void *from = a->any.sa_family == AF_INET6 ? (const void *)&a->v6.sin6_addr : &a->v4.sin_addr;

	return inet_ntop(a->any.sa_family, from, out, INET6_ADDRSTRLEN) ? out : "?";
}

static void note_addresses(struct dns *d)
{
	char text[INET6_ADDRSTRLEN];

	for (unsigned i = 0; i < d->answer.shown; i++)
		note_add(d->result.note, "%s", address_text(&d->answer.show[i], text));
	if (d->answer.addresses > d->answer.shown)
		note_add(d->result.note, "and %u more", d->answer.addresses - d->answer.shown);
	if (d->by_tcp)
		note_add(d->result.note, "by TCP");
}

static void note_code(struct dns *d, unsigned code)
{
	char room[16];

	note_put(d->result.note, "%s", dns_code_name(code, room));
}

static struct probe_want next(struct dns *d, int64_t now_ms);

static struct probe_want judge_answer(struct dns *d, int64_t now_ms)
{
	static const enum reason reasons[] = {[DNS_FORMERR] = REASON_PROTOCOL, [DNS_NXDOMAIN] = REASON_NO_NAME};
	const struct dns_answer *a = &d->answer;
	char text[INET6_ADDRSTRLEN];

	d->result.note[0] = '\0'; /* what a server before this one complained of */
	d->result.total_us = (d->came.mono_ns - d->begun.mono_ns) / 1000;
	d->result.connect_us = (d->came.mono_ns - d->sent.mono_ns) / 1000;
	if (d->broken)
		return finish_with(d, REASON_PROTOCOL);
	/* without a name the question is whether it answers: one that keeps the root to itself does */
	if (d->type == DNS_NS && (a->code == DNS_NOERROR || a->code == DNS_NXDOMAIN))
		return finish_with(d, REASON_OK);
	if (a->code != DNS_NOERROR) {
		note_code(d, a->code);
		return finish_with(d, a->code < sizeof(reasons) / sizeof(reasons[0]) && reasons[a->code]
		                              ? reasons[a->code]
		                              : REASON_SERVER_FAILURE);
	}
	if (!a->addresses && d->type == DNS_A && !d->expect.any.sa_family) {
		d->type = DNS_AAAA;
		ask(d);
		return next(d, now_ms);
	}
	note_addresses(d);
	if (!a->addresses)
		note_put(d->result.note, "the name has no address");
	else if (d->expect.any.sa_family && !a->expected)
		note_add(d->result.note, "expected %s", address_text(&d->expect, text));
	else
		return finish_with(d, REASON_OK);
	return finish_with(d, REASON_CONTENT);
}

/* c-ares gave up, or would not begin. */
static struct probe_want judge_failure(struct dns *d)
{
	static const struct {
		int status;
		enum reason reason;
		int code; /* -1: nothing to add */
	} rows[] = {
	        {ARES_ESERVFAIL, REASON_SERVER_FAILURE, DNS_SERVFAIL},
	        {ARES_EREFUSED, REASON_SERVER_FAILURE, DNS_REFUSED},
	        {ARES_ENOTIMP, REASON_SERVER_FAILURE, DNS_NOTIMP},
	        {ARES_EFORMERR, REASON_PROTOCOL, DNS_FORMERR},
	        {ARES_EBADRESP, REASON_PROTOCOL, -1},
	        {ARES_EOF, REASON_RESET, -1},
	        {ARES_ETIMEOUT, REASON_TIMEOUT, -1},
	        {ARES_ECONNREFUSED, REASON_REFUSED, -1},
	};

	/* it answered our question's number, and never so that it could be understood */
	if (d->status == ARES_ETIMEOUT && d->fitting)
		return finish_with(d, d->by_tcp ? REASON_TIMEOUT : REASON_PROTOCOL);
	if (d->fault != REASON_OK && (d->status == ARES_ECONNREFUSED || d->status == ARES_ETIMEOUT))
		return finish_with(d, d->fault);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == d->status) {
			if (rows[i].code >= 0)
				note_code(d, (unsigned)rows[i].code);
			return finish_with(d, rows[i].reason);
		}
	note_put(d->result.note, "%s", ares_strerror(d->status));
	return finish_with(d, REASON_LOCAL);
}

static struct probe_want next(struct dns *d, int64_t now_ms)
{
	struct timeval wait;
	int64_t wake_ms = d->deadline_ms;

	if (d->ended)
		return d->status == ARES_SUCCESS ? judge_answer(d, now_ms) : judge_failure(d);
	if (now_ms >= d->deadline_ms) {
		d->status = ARES_ETIMEOUT;
		if (d->by_tcp)
			note_put(d->result.note, "the answer is cut, and none comes by TCP");
		return judge_failure(d);
	}
	if (ares_timeout(d->channel, NULL, &wait)) {
		int64_t ms = now_ms + wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1;

		wake_ms = ms < wake_ms ? ms : wake_ms;
	}
	return (struct probe_want){
	        .fd = d->fd, .events = PROBE_READABLE | (d->writing ? PROBE_WRITABLE : 0), .wake_ms = wake_ms};
}

/* ---- the probe ---- */

static struct probe_want dns_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	const char *expect = job->options->dns_expect;
	struct dns *d = mem_alloc(sizeof(*d));
	int status;

	*(struct dns **)state = d;
	d->job = *job;
	d->fd = -1;
	d->result = probe_result_none();
	d->deadline_ms = now_ms + job->timeout_ms;
	d->begun = d->sent = d->came = stamp_now();
	if (expect && expect[0] && probe_address_parse(expect, 0, &d->expect)) {
		note_put(d->result.note, "\"%s\" is no address", expect);
		return finish_with(d, REASON_LOCAL);
	}
	d->type = !job->options->dns_name ? DNS_NS : d->expect.any.sa_family == AF_INET6 ? DNS_AAAA : DNS_A;
	status = open_channel(d);
	if (status != ARES_SUCCESS) {
		note_put(d->result.note, "%s", ares_strerror(status));
		return finish_with(d, REASON_LOCAL);
	}
	ask(d);
	return next(d, now_ms);
}

static struct probe_want dns_step(void *state, unsigned events, int64_t now_ms)
{
	struct dns *d = *(struct dns **)state;
	int fd = events ? d->fd : ARES_SOCKET_BAD;

	/* an error shows as writable: reading takes it */
	ares_process_fd(d->channel, fd, d->writing ? fd : ARES_SOCKET_BAD);
	return next(d, now_ms);
}

static void dns_finish(void *state, struct probe_result *out)
{
	struct dns *d = *(struct dns **)state;

	if (d->channel)
		ares_destroy(d->channel);
	*out = d->result;
	free(d);
}

const struct probe_type probe_dns = {
        .name = "dns",
        .own_hosts = true,
        .default_port = 53,
        .start = dns_start,
        .step = dns_step,
        .finish = dns_finish,
};
