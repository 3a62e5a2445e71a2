#include "agent/poll/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/poll/keys.h"
#include "agent/poll/library.h"
#include "agent/poll/message.h"
#include "agent/poll/peer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define EVENTS_MAX 64
#define DATAGRAM_MAX 2048 /* of a REPORT */
#define ROUNDS_EXTRA 3    /* a request that net-snmp lost ends after so many timeouts more than it may have */

enum phase { PHASE_CLOSED, PHASE_NAME, PHASE_ENGINE, PHASE_OPEN };

struct session {
	struct sessions *set;
	struct session *next;
	struct gear_spec spec;
	struct session_pace pace;
	enum phase phase;
	bool closed, drop; /* once net-snmp is out of the call that we are in */
	char host[PEER_HOST_MAX];
	uint16_t port;
	uv_getaddrinfo_t *lookup;
	struct netsnmp_transport_s *transport; /* until net-snmp has it */
	void *handle;                          /* net-snmp's single session */
	uint8_t engine[MESSAGE_ENGINE_MAX];
	size_t engine_len;
	uint32_t boots, time_s, discovery_id;

	/* the request under way: on_answer set */
	void (*on_answer)(void *arg, const struct session_answer *a);
	void *arg;
	netsnmp_pdu *pdu; /* until it is sent */
	long request_id;
	unsigned retries, resent, rounds;
	int64_t timeout_ms;
	uint64_t deadline_ms, sent_ns;
	enum reason failed; /* told at the deadline */
	const char *note;

	/* the answer that is being told */
	struct message got;
	netsnmp_variable_list *variables;
	unsigned late, broken;
};

struct sessions {
	uv_loop_t *loop;
	struct session *first;
	struct keys *keys;
	int epoll; /* of all sessions' sockets: one poll handle for all */
	uv_poll_t poll;
	uv_timer_t timer;
	uint64_t timer_ms; /* when it is due; 0: it rests */
	unsigned waiting;  /* requests under way */
	unsigned busy;     /* net-snmp is in a call: nothing that it holds may go */
	bool dirty;
	unsigned open_handles;
	bool closing;
	netsnmp_large_fd_set ready; /* of one bit */
	struct message_room room;
};

static void open_begin(struct session *s);
static void on_timer(uv_timer_t *t);

/* ---- a request's end ---- */

static void timer_by(struct sessions *set, uint64_t due_ms)
{
	uint64_t now_ms = uv_now(set->loop);

	if (set->timer_ms && set->timer_ms <= due_ms)
		return;
	set->timer_ms = due_ms;
	uv_timer_start(&set->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void wait_until(struct session *s, uint64_t due_ms)
{
	s->deadline_ms = due_ms;
	timer_by(s->set, due_ms);
}

static void request_forget(struct session *s)
{
	s->on_answer = NULL;
	s->failed = REASON_OK;
	if (s->pdu)
		snmp_free_pdu(s->pdu);
	s->pdu = NULL;
	if (--s->set->waiting || !s->set->timer_ms)
		return;
	s->set->timer_ms = 0;
	uv_timer_stop(&s->set->timer);
}

static void finish(struct session *s, enum reason reason, const char *note)
{
	struct session_answer a = {.reason = reason,
	        .note = note,
	        .from = s,
	        .retries = s->resent,
	        .rtt_us = reason == REASON_OK ? (int64_t)(uv_hrtime() - s->sent_ns) / 1000 : METRIC_UNKNOWN};
	void (*on_answer)(void *arg, const struct session_answer *a) = s->on_answer;
	void *arg = s->arg;

	if (!on_answer)
		return;
	if (reason == REASON_OK) {
		a.error = s->got.error;
		a.error_index = s->got.error_index;
	}
	request_forget(s);
	on_answer(arg, &a);
	s->variables = NULL;
	s->got.varbinds = cursor_of(NULL, 0);
}

/* Told from the timer: who asks is not called back from within. */
static void fail_later(struct session *s, enum reason reason, const char *note)
{
	s->failed = reason;
	s->note = note;
	wait_until(s, uv_now(s->set->loop));
}

static enum reason reason_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return REASON_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return REASON_UNREACHABLE;
	case EPERM:
	case EACCES:
		return REASON_PROHIBITED;
	default:
		return REASON_LOCAL;
	}
}

/* ---- what net-snmp tells ---- */

/* Stands in for net-snmp's parser of v1 and v2c. */
static int on_parse(netsnmp_session *ns, netsnmp_pdu *pdu, u_char *data, size_t len)
{
	struct session *s = ns->callback_magic;
	struct message *m = &s->got;

	if (message_read(data, len, m) || m->pdu != MESSAGE_RESPONSE || m->version != ns->version) {
		s->broken++;
		return -1;
	}
	if (!s->on_answer || m->request_id != s->request_id)
		s->late++;
	pdu->version = ns->version;
	pdu->command = SNMP_MSG_RESPONSE;
	pdu->reqid = m->request_id;
	pdu->flags |= UCD_MSG_FLAG_RESPONSE_PDU;
	return 0;
}

static int got_report(struct session *s, netsnmp_pdu *pdu)
{
	switch (snmpv3_get_report_type(pdu)) {
	case SNMPERR_NOT_IN_TIME_WINDOW:
		return 1; /* net-snmp learnt the time of it, and asks again */
	case SNMPERR_UNKNOWN_ENG_ID:
		s->engine_len = 0;
		s->drop = s->set->dirty = true;
		finish(s, REASON_PROTOCOL, "its SNMP engine is another one now");
		return 1;
	case SNMPERR_UNKNOWN_USER_NAME:
		finish(s, REASON_AUTHENTICATION, "it does not know the user");
		return 1;
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		finish(s, REASON_AUTHENTICATION, "it wants another security level of the user");
		return 1;
	case SNMPERR_AUTHENTICATION_FAILURE:
		finish(s, REASON_AUTHENTICATION, "the authentication password or algorithm is wrong");
		return 1;
	case SNMPERR_DECRYPTION_ERR:
		finish(s, REASON_AUTHENTICATION, "the privacy password or algorithm is wrong");
		return 1;
	default:
		finish(s, REASON_PROTOCOL, "an SNMP report of an unknown kind");
		return 1;
	}
}

static int got_message(struct session *s, netsnmp_pdu *pdu)
{
	if (pdu->command == SNMP_MSG_REPORT)
		return got_report(s, pdu);
	if (s->spec.version == 3) {
		s->got = (struct message){.error = pdu->errstat, .error_index = pdu->errindex};
		s->variables = pdu->variables;
	}
	finish(s, REASON_OK, NULL);
	return 1;
}

static int on_message(int op, netsnmp_session *ns, int request_id, netsnmp_pdu *pdu, void *magic)
{
	struct session *s = magic;

	(void)ns;
	/* who cannot decrypt a request cannot repeat its id: net-snmp matched the report by the message's */
	if (!s->on_answer || s->closed || (request_id != s->request_id && (!pdu || pdu->command != SNMP_MSG_REPORT)))
		return 1;
	switch (op) {
	case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
		return got_message(s, pdu);
	case NETSNMP_CALLBACK_OP_TIMED_OUT:
		finish(s, REASON_TIMEOUT, NULL);
		return 1;
	case NETSNMP_CALLBACK_OP_RESEND:
		s->resent++;
		s->sent_ns = uv_hrtime();
		return 1;
	case NETSNMP_CALLBACK_OP_SEND_FAILED:
		finish(s, REASON_UNREACHABLE, NULL);
		return 1;
	default:
		return 1; /* a security error comes before the report that names it */
	}
}

/* net-snmp's varbind as ours. */
static void varbind_of(const netsnmp_variable_list *n, struct varbind *v)
{
	*v = (struct varbind){.type = n->type, .oid = n->name, .oid_len = n->name_length, .len = n->val_len};
	switch (n->type) {
	case VARBIND_INTEGER:
		v->number = (uint64_t)*n->val.integer;
		v->len = 0;
		break;
	case VARBIND_COUNTER:
	case VARBIND_GAUGE:
	case VARBIND_TICKS:
		v->number = (uint64_t)*n->val.integer & UINT32_MAX;
		v->len = 0;
		break;
	case VARBIND_COUNTER64:
		v->number = (uint64_t)n->val.counter64->high << 32 | (n->val.counter64->low & UINT32_MAX);
		v->len = 0;
		break;
	case VARBIND_OID:
		v->name = n->val.objid;
		v->len = n->val_len / sizeof(oid);
		break;
	default:
		v->bytes = n->val.string;
	}
}

bool session_next(struct session_answer *a, struct varbind *v)
{
	struct session *s = a->from;

	if (s->spec.version != 3)
		return message_next(&s->got.varbinds, &s->set->room, v);
	if (!s->variables)
		return false;
	varbind_of(s->variables, v);
	s->variables = s->variables->next_variable;
	return true;
}

bool session_broken(const struct session_answer *a)
{
	return a->from->got.varbinds.failed;
}

/* ---- opening ---- */

static void handle_drop(struct session *s)
{
	if (s->handle)
		snmp_sess_close(s->handle); /* its socket with it, which leaves the epoll set so */
	if (s->transport)
		peer_discard(s->transport);
	s->handle = NULL;
	s->transport = NULL;
	s->phase = PHASE_CLOSED;
	s->drop = false;
}

static void send_now(struct session *s)
{
	netsnmp_session *ns = snmp_sess_session(s->handle);

	ns->timeout = s->timeout_ms * 1000;
	ns->retries = (int)s->retries;
	s->sent_ns = uv_hrtime();
	s->rounds = 0;
	s->request_id = snmp_sess_async_send(s->handle, s->pdu, on_message, s);
	if (s->request_id) {
		s->pdu = NULL;
		wait_until(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms + 1);
		return;
	}
	fail_later(s, ns->s_snmp_errno == SNMPERR_BAD_SENDTO ? reason_of(ns->s_errno) : REASON_LOCAL,
	        ns->s_snmp_errno == SNMPERR_BAD_SENDTO ? NULL : snmp_api_errstring(ns->s_snmp_errno));
}

static void open_handle(struct session *s)
{
	netsnmp_session like;

	snmp_sess_init(&like);
	like.callback = on_message;
	like.callback_magic = s;
	like.flags |= SNMP_FLAGS_DONT_PROBE;
	if (s->spec.version == 3) {
		keys_teach(s->set->keys, &s->spec, s->engine, s->engine_len);
		keys_apply(s->set->keys, &s->spec, &like);
		like.securityEngineID = like.contextEngineID = s->engine;
		like.securityEngineIDLen = like.contextEngineIDLen = s->engine_len;
		like.engineBoots = s->boots;
		like.engineTime = s->time_s;
	} else {
		like.version = s->spec.version == 1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
		like.community = (u_char *)s->spec.community;
		like.community_len = strlen(s->spec.community);
	}
	s->handle = snmp_sess_add_ex(
	        &like, s->transport, NULL, s->spec.version == 3 ? NULL : on_parse, NULL, NULL, NULL, NULL, NULL);
	explicit_bzero(&like, sizeof(like));
	s->transport = NULL; /* net-snmp frees it in any case */
	if (!s->handle) {
		s->phase = PHASE_CLOSED;
		fail_later(s, REASON_LOCAL, "net-snmp refused the session");
		return;
	}
	/* opening clears it; without it the next request might wait for an answer, and all with it */
	snmp_sess_session(s->handle)->flags |= SNMP_FLAGS_DONT_PROBE;
	s->phase = PHASE_OPEN;
	send_now(s);
}

static void discovery_send(struct session *s)
{
	uint8_t out[MESSAGE_DISCOVERY_BYTES];

	s->discovery_id = (uint32_t)chance_below(0x7fffffff);
	message_discovery(s->discovery_id, out);
	s->sent_ns = uv_hrtime();
	if (s->transport->f_send(s->transport, out, sizeof(out), NULL, NULL) < 0)
		fail_later(s, reason_of(errno), NULL);
	else
		wait_until(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms);
}

static void discovery_read(struct session *s)
{
	struct message_head head;
	uint8_t data[DATAGRAM_MAX];
	void *opaque;
	int opaque_len, len = s->transport->f_recv(s->transport, data, sizeof(data), &opaque, &opaque_len);

	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail_later(s, reason_of(errno), NULL);
		return;
	}
	if (message_head_read(data, (size_t)len, &head) || head.pdu != MESSAGE_REPORT || head.engine_len < 5) {
		s->broken++;
	} else if (head.id != s->discovery_id) {
		s->late++;
	} else {
		memcpy(s->engine, head.engine, head.engine_len);
		s->engine_len = head.engine_len;
		s->boots = head.boots;
		s->time_s = head.time_s;
		open_handle(s);
	}
}

static void open_peer(struct session *s, const union peer_address *address)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};

	s->transport = peer_connect(address);
	if (!s->transport) {
		s->phase = PHASE_CLOSED;
		fail_later(s, reason_of(errno), NULL);
		return;
	}
	epoll_ctl(s->set->epoll, EPOLL_CTL_ADD, s->transport->sock, &e);
	if (s->spec.version == 3 && !s->engine_len) {
		s->phase = PHASE_ENGINE;
		s->rounds = 0;
		discovery_send(s);
	} else {
		open_handle(s);
	}
}

static void on_name(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct session *s = lookup->data; /* NULL: closed meanwhile */
	union peer_address address = {0};

	free(lookup);
	if (s) {
		s->lookup = NULL;
		s->phase = PHASE_CLOSED;
	}
	if (s && s->on_answer && !status && found->ai_addrlen <= sizeof(address)) {
		memcpy(&address, found->ai_addr, found->ai_addrlen);
		open_peer(s, &address);
	} else if (s && s->on_answer) {
		fail_later(s, REASON_DNS, NULL);
	}
	uv_freeaddrinfo(found);
}

static void open_name(struct session *s)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	char port[8];

	snprintf(port, sizeof(port), "%u", s->port);
	s->phase = PHASE_NAME;
	wait_until(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms * (1 + s->retries));
	if (s->lookup)
		return; /* an earlier one is still out */
	s->lookup = mem_alloc(sizeof(*s->lookup));
	s->lookup->data = s;
	if (!uv_getaddrinfo(s->set->loop, s->lookup, on_name, s->host, port, &hints))
		return;
	free(s->lookup);
	s->lookup = NULL;
	fail_later(s, REASON_DNS, NULL);
}

static void open_begin(struct session *s)
{
	const char *wrong = keys_refuse(&s->spec);
	union peer_address address;

	if (wrong || peer_split(s->spec.address, s->host, &s->port))
		fail_later(s, REASON_LOCAL, wrong ? wrong : "its address is none");
	else if (peer_numeric(s->host, s->port, &address))
		open_name(s);
	else
		open_peer(s, &address);
}

/* ---- requests ---- */

static netsnmp_pdu *pdu_of(const struct session_request *r)
{
	static const int commands[] = {[SESSION_GET] = SNMP_MSG_GET,
	        [SESSION_GETNEXT] = SNMP_MSG_GETNEXT,
	        [SESSION_GETBULK] = SNMP_MSG_GETBULK};
	netsnmp_pdu *pdu = snmp_pdu_create(commands[r->command]);

	if (!pdu)
		log_die("out of memory");
	if (r->command == SESSION_GETBULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = r->repetitions;
	}
	for (size_t i = 0; i < r->count; i++)
		snmp_add_null_var(pdu, r->oids[i], r->oid_lens[i]);
	return pdu;
}

void session_ask(struct session *s, const struct session_request *r)
{
	s->on_answer = r->on_answer;
	s->arg = r->arg;
	s->retries = r->retries;
	s->timeout_ms = r->timeout_ms;
	s->resent = 0;
	s->request_id = 0;
	s->pdu = pdu_of(r);
	s->set->waiting++;
	if (s->drop && !s->set->busy)
		handle_drop(s);
	if (s->drop)
		wait_until(s, uv_now(s->set->loop)); /* opened anew when net-snmp is out of it */
	else if (s->phase == PHASE_OPEN)
		send_now(s);
	else
		open_begin(s);
}

void session_cancel(struct session *s)
{
	if (!s->on_answer)
		return;
	request_forget(s);
	/* net-snmp cannot forget one request: its session goes, which makes late answers strangers' too */
	s->drop = true;
	if (s->set->busy)
		s->set->dirty = true;
	else
		handle_drop(s);
}

/* ---- events ---- */

static void session_free(struct session *s)
{
	handle_drop(s);
	explicit_bzero(&s->spec, sizeof(s->spec));
	free(s);
}

/* net-snmp is out of its call: what was to go goes. */
static void settle(struct sessions *set)
{
	struct session **link = &set->first, *s;

	if (--set->busy || !set->dirty)
		return;
	set->dirty = false;
	while ((s = *link)) {
		if (s->closed) {
			*link = s->next;
			session_free(s);
			continue;
		}
		if (s->drop)
			handle_drop(s);
		link = &s->next;
	}
}

static void handle_read(struct session *s)
{
	netsnmp_transport *t = snmp_sess_transport(s->handle);
	netsnmp_session *ns = snmp_sess_session(s->handle);
	int fd = t->sock;

	NETSNMP_LARGE_FD_SET(fd, &s->set->ready);
	if (snmp_sess_read2(s->handle, &s->set->ready) && ns->s_snmp_errno == SNMPERR_BAD_RECVFROM &&
	        reason_of(ns->s_errno) == REASON_REFUSED && s->on_answer) {
		s->drop = s->set->dirty = true;
		finish(s, REASON_REFUSED, NULL);
	}
	NETSNMP_LARGE_FD_CLR(fd, &s->set->ready);
}

static void on_sockets(uv_poll_t *poll, int status, int events)
{
	struct sessions *set = poll->data;
	struct epoll_event got[EVENTS_MAX];
	int count = status < 0 ? 0 : epoll_wait(set->epoll, got, EVENTS_MAX, 0);

	(void)events;
	set->busy++;
	for (int i = 0; i < count; i++) {
		struct session *s = got[i].data.ptr;

		if (s->closed || s->drop)
			continue;
		if (s->phase == PHASE_ENGINE)
			discovery_read(s);
		else if (s->phase == PHASE_OPEN)
			handle_read(s);
	}
	settle(set);
}

static void session_due(struct session *s)
{
	if (s->failed) {
		enum reason reason = s->failed;

		if (s->phase == PHASE_ENGINE)
			s->drop = s->set->dirty = true;
		finish(s, reason, s->note);
	} else if (s->phase == PHASE_CLOSED) {
		open_begin(s);
	} else if (s->phase == PHASE_NAME) {
		finish(s, REASON_DNS, "its name is not answered");
	} else if (s->phase == PHASE_ENGINE && s->rounds++ < s->retries) {
		s->resent++;
		discovery_send(s);
	} else if (s->phase == PHASE_OPEN && s->rounds++ <= s->retries + ROUNDS_EXTRA) {
		snmp_sess_timeout(s->handle);
		if (s->on_answer && !s->failed)
			wait_until(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms);
	} else {
		s->drop = s->set->dirty = true;
		finish(s, REASON_TIMEOUT, NULL);
	}
}

static void on_timer(uv_timer_t *t)
{
	struct sessions *set = t->data;
	uint64_t now_ms = uv_now(set->loop), next_ms = UINT64_MAX;

	set->timer_ms = now_ms; /* nothing below sets it before we have seen them all */
	set->busy++;
	for (struct session *s = set->first; s; s = s->next) {
		if (!s->closed && s->on_answer && s->deadline_ms <= now_ms && !(s->drop && s->phase != PHASE_CLOSED))
			session_due(s);
	}
	settle(set);
	for (struct session *s = set->first; s; s = s->next)
		if (s->on_answer && s->deadline_ms < next_ms)
			next_ms = s->deadline_ms;
	set->timer_ms = 0;
	if (next_ms != UINT64_MAX)
		timer_by(set, next_ms);
}

void session_close(struct session *s)
{
	struct sessions *set = s->set;

	if (s->on_answer)
		request_forget(s);
	if (s->lookup) {
		s->lookup->data = NULL;
		uv_cancel((uv_req_t *)s->lookup);
	}
	s->closed = set->dirty = true;
	set->busy++;
	settle(set);
}

struct session *session_open(struct sessions *set, const struct gear_spec *spec)
{
	struct session *s = mem_alloc(sizeof(*s));

	s->set = set;
	s->spec = *spec;
	s->next = set->first;
	set->first = s;
	return s;
}

struct session_pace *session_pace(struct session *s)
{
	return &s->pace;
}

int session_version(const struct session *s)
{
	return s->spec.version;
}

void session_strays(const struct session *s, unsigned *late, unsigned *broken)
{
	*late = s->late;
	*broken = s->broken;
}

/* ---- the set ---- */

struct sessions *sessions_new(uv_loop_t *loop)
{
	struct sessions *set = mem_alloc(sizeof(*set));

	library_start();
	set->loop = loop;
	set->keys = keys_new();
	set->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll < 0)
		log_die("no epoll set for SNMP: %s", strerror(errno));
	netsnmp_large_fd_set_init(&set->ready, FD_SETSIZE);
	uv_poll_init(loop, &set->poll, set->epoll);
	uv_timer_init(loop, &set->timer);
	set->poll.data = set->timer.data = set;
	set->open_handles = 2;
	uv_poll_start(&set->poll, UV_READABLE, on_sockets);
	return set;
}

static void on_closed(uv_handle_t *h)
{
	struct sessions *set = h->data;

	if (--set->open_handles)
		return;
	close(set->epoll);
	netsnmp_large_fd_set_cleanup(&set->ready);
	keys_free(set->keys);
	free(set);
}

void sessions_close(struct sessions *set)
{
	uv_close((uv_handle_t *)&set->poll, on_closed);
	uv_close((uv_handle_t *)&set->timer, on_closed);
}
