/*
 * session_inner: what the halves of session.h share: session.c (requests and answers), session_open.c (names, engines, sockets), sessions.c (the set).
 *
 * Runs in the eyes process. Nobody else includes it.
 */
#ifndef SANSANG_SESSION_INNER_H
#define SANSANG_SESSION_INNER_H

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/poll/keys.h"
#include "agent/poll/message.h"
#include "agent/poll/peer.h"
#include "agent/poll/session.h"

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

/* The timer comes at `due_ms` or before, and with it session_due. */
void session_wait(struct session *s, uint64_t due_ms);
/* Gives the answer that there is none, or that s->got and s->variables hold. */
void session_finish(struct session *s, enum reason reason, const char *note);
/* The same, from the timer: who asks is not called back from within. */
void session_fail(struct session *s, enum reason reason, const char *note);
void session_forget(struct session *s);
enum reason session_reason(int err);
/* What net-snmp calls: in place of its parser of v1 and v2c, and with what came. */
int session_on_parse(netsnmp_session *ns, netsnmp_pdu *pdu, u_char *data, size_t len);
int session_on_message(int op, netsnmp_session *ns, int request_id, netsnmp_pdu *pdu, void *magic);
/* The session is open: s->pdu leaves. */
void session_send(struct session *s);

/* Towards session_send. */
void session_begin(struct session *s);
/* Of a session in PHASE_ENGINE. */
void session_discover(struct session *s);
void session_discovered(struct session *s);
void session_drop(struct session *s);

/* By sessions.c: net-snmp is out of its call: what was to go goes. */
void sessions_settle(struct sessions *set);

#endif
