#include "agent/poll/session_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/memory.h"

#define DATAGRAM_MAX 2048 /* of a REPORT */

void session_drop(struct session *s)
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

static void open_handle(struct session *s)
{
	netsnmp_session like;

	snmp_sess_init(&like);
	like.callback = session_on_message;
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
	s->handle = snmp_sess_add_ex(&like, s->transport, NULL, s->spec.version == 3 ? NULL : session_on_parse, NULL,
	        NULL, NULL, NULL, NULL);
	explicit_bzero(&like, sizeof(like));
	s->transport = NULL; /* net-snmp frees it in any case */
	if (!s->handle) {
		s->phase = PHASE_CLOSED;
		session_fail(s, REASON_LOCAL, "net-snmp refused the session");
		return;
	}
	/* opening clears it; without it the next request might wait for an answer, and all with it */
	snmp_sess_session(s->handle)->flags |= SNMP_FLAGS_DONT_PROBE;
	s->phase = PHASE_OPEN;
	session_send(s);
}

void session_discover(struct session *s)
{
	uint8_t out[MESSAGE_DISCOVERY_BYTES];

	s->discovery_id = (uint32_t)chance_below(0x7fffffff);
	message_discovery(s->discovery_id, out);
	s->sent_ns = uv_hrtime();
	if (s->transport->f_send(s->transport, out, sizeof(out), NULL, NULL) < 0)
		session_fail(s, session_reason(errno), NULL);
	else
		session_wait(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms);
}

void session_discovered(struct session *s)
{
	struct message_head head;
	uint8_t data[DATAGRAM_MAX];
	void *opaque;
	int opaque_len, len = s->transport->f_recv(s->transport, data, sizeof(data), &opaque, &opaque_len);

	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			session_fail(s, session_reason(errno), NULL);
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
		session_fail(s, session_reason(errno), NULL);
		return;
	}
	epoll_ctl(s->set->epoll, EPOLL_CTL_ADD, s->transport->sock, &e);
	if (s->spec.version == 3 && !s->engine_len) {
		s->phase = PHASE_ENGINE;
		s->rounds = 0;
		session_discover(s);
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
		session_fail(s, REASON_DNS, NULL);
	}
	uv_freeaddrinfo(found);
}

static void open_name(struct session *s)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	char port[8];

	snprintf(port, sizeof(port), "%u", s->port);
	s->phase = PHASE_NAME;
	session_wait(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms * (1 + s->retries));
	if (s->lookup)
		return; /* an earlier one is still out */
	s->lookup = mem_alloc(sizeof(*s->lookup));
	s->lookup->data = s;
	if (!uv_getaddrinfo(s->set->loop, s->lookup, on_name, s->host, port, &hints))
		return;
	free(s->lookup);
	s->lookup = NULL;
	session_fail(s, REASON_DNS, NULL);
}

void session_begin(struct session *s)
{
	const char *wrong = keys_refuse(&s->spec);
	union peer_address address;

	if (wrong || peer_split(s->spec.address, s->host, &s->port))
		session_fail(s, REASON_LOCAL, wrong ? wrong : "its address is none");
	else if (peer_numeric(s->host, s->port, &address))
		open_name(s);
	else
		open_peer(s, &address);
}
