#include "agent/poll/session_inner.h"

#include <errno.h>
#include <string.h>

#include "agent/poll/varbinds.h"
#include "common/log.h"

/* ---- a request's end ---- */

void session_forget(struct session *s)
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

void session_finish(struct session *s, enum reason reason, const char *note)
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
	session_forget(s);
	on_answer(arg, &a);
	s->variables = NULL;
	s->got.varbinds = cursor_of(NULL, 0);
}

/* Told from the timer: who asks is not called back from within. */
void session_fail(struct session *s, enum reason reason, const char *note)
{
	s->failed = reason;
	s->note = note;
	session_wait(s, uv_now(s->set->loop));
}

enum reason session_reason(int err)
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
int session_on_parse(netsnmp_session *ns, netsnmp_pdu *pdu, u_char *data, size_t len)
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
		session_finish(s, REASON_PROTOCOL, "its SNMP engine is another one now");
		return 1;
	case SNMPERR_UNKNOWN_USER_NAME:
		session_finish(s, REASON_AUTHENTICATION, "it does not know the user");
		return 1;
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		session_finish(s, REASON_AUTHENTICATION, "it wants another security level of the user");
		return 1;
	case SNMPERR_AUTHENTICATION_FAILURE:
		session_finish(s, REASON_AUTHENTICATION, "the authentication password or algorithm is wrong");
		return 1;
	case SNMPERR_DECRYPTION_ERR:
		session_finish(s, REASON_AUTHENTICATION, "the privacy password or algorithm is wrong");
		return 1;
	default:
		session_finish(s, REASON_PROTOCOL, "an SNMP report of an unknown kind");
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
	session_finish(s, REASON_OK, NULL);
	return 1;
}

int session_on_message(int op, netsnmp_session *ns, int request_id, netsnmp_pdu *pdu, void *magic)
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
		/* net-snmp drops the report of an engine that is not the one it knew: next time it is asked who it is */
		if (s->spec.version == 3) {
			s->engine_len = 0;
			s->drop = s->set->dirty = true;
		}
		session_finish(s, REASON_TIMEOUT, NULL);
		return 1;
	case NETSNMP_CALLBACK_OP_RESEND:
		s->resent++;
		s->sent_ns = uv_hrtime();
		return 1;
	case NETSNMP_CALLBACK_OP_SEND_FAILED:
		session_finish(s, REASON_UNREACHABLE, NULL);
		return 1;
	default:
		return 1; /* a security error comes before the report that names it */
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

/* ---- requests ---- */

void session_send(struct session *s)
{
	netsnmp_session *ns = snmp_sess_session(s->handle);

	ns->timeout = s->timeout_ms * 1000;
	ns->retries = (int)s->retries;
	s->sent_ns = uv_hrtime();
	s->rounds = 0;
	s->request_id = snmp_sess_async_send(s->handle, s->pdu, session_on_message, s);
	if (s->request_id) {
		s->pdu = NULL;
		session_wait(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms + 1);
		return;
	}
	session_fail(s, ns->s_snmp_errno == SNMPERR_BAD_SENDTO ? session_reason(ns->s_errno) : REASON_LOCAL,
	        ns->s_snmp_errno == SNMPERR_BAD_SENDTO ? NULL : snmp_api_errstring(ns->s_snmp_errno));
}

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
		session_drop(s);
	if (s->drop)
		session_wait(s, uv_now(s->set->loop)); /* opened anew when net-snmp is out of it */
	else if (s->phase == PHASE_OPEN)
		session_send(s);
	else
		session_begin(s);
}

void session_cancel(struct session *s)
{
	if (!s->on_answer)
		return;
	session_forget(s);
	/* net-snmp cannot forget one request: its session goes, which makes late answers strangers' too */
	s->drop = true;
	if (s->set->busy)
		s->set->dirty = true;
	else
		session_drop(s);
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
