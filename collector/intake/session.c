#include "collector/intake/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "collector/message.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/memory.h"
#include "common/stall.h"

#define STRANGER_MS 10000 /* to shake hands and say hello or enrol */
#define LEAVING_MS 2000
#define REPLACED_RETRY_S 60 /* two boxes with one identity take turns slowly */
#define SILENT_MS 12000
#define DEAD_MS 60000
#define STRANGERS_MAX 1024
#define UNREAD_MAX (1024 * 1024) /* bytes that a peer may leave with us */
#define HINT_STATES_MAX 256

/* ---- what core is told ---- */

static void say_tcp(struct session *s, json_t *o)
{
	struct stall t;
	int fd;

	if (!s->tls || uv_fileno((uv_handle_t *)tls_tcp(s->tls), &fd) || stall_read(fd, &t))
		return;
	json_object_set_new(o, "tcp",
	        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "verdict", stall_name(t.kind),
	                "unacked", (json_int_t)t.unacked, "sacked", (json_int_t)t.sacked, "retransmits",
	                (json_int_t)t.in_a_row, "repeated", (json_int_t)t.repeated, "mss", (json_int_t)t.mss,
	                "out_of_order", (json_int_t)t.out_of_order, "rtt_us", (json_int_t)t.rtt_us, "acked_ms_ago",
	                (json_int_t)t.acked_ms_ago, "heard_ms_ago", (json_int_t)t.heard_ms_ago));
}

void session_say(struct session *s, const char *state, const char *why)
{
	struct intake *in = s->in;

	if (!in->core || in->stopping || !s->agent)
		return;
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "state", state, "why", why, "address", s->address, "rtt_us",
	        (json_int_t)s->rtt_us, "skew_ms", (json_int_t)s->skew_ms);
	if (s->software)
		json_object_set_new(o, "software", json_string(s->software));
	if (*s->applied_version)
		json_object_set_new(o, "config_version", json_string(s->applied_version));
	if (!strcmp(state, "silent") || !strcmp(state, "reset"))
		say_tcp(s, o);
	if (!strcmp(state, "lossy")) {
		json_object_set_new(o, "lost_up", json_integer((json_int_t)s->crossing.lost_up));
		json_object_set_new(o, "lost_down", json_integer((json_int_t)s->crossing.lost_down));
	}
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return;
	buf_reset(&in->message);
	buf_put_str(&in->message, s->agent->id);
	buf_put_blob(&in->message, text, strlen(text));
	channel_send(in->core, MESSAGE_AGENT_STATE, in->message.data, in->message.len);
	free(text);
}

/* ---- holding ---- */

void session_hold(struct session *s)
{
	s->holders++;
}

void session_drop(struct session *s)
{
	if (--s->holders)
		return;
	free(s->software);
	free(s);
}

/* ---- sending ---- */

void session_send(struct session *s)
{
	struct buf *frame = &s->in->frame;

	if (s->tls)
		tls_write(s->tls, frame->data, frame->len);
	buf_reset(frame);
}

void session_beat(struct session *s)
{
	const struct wire_heartbeat h = {.boot_ms = clock_boot_ms(),
	        .wall_ms = clock_wall_ms(),
	        .offset_ms = s->agent ? s->agent->offset.offset_ms : 0,
	        .echo_boot_ms = s->peer_boot_ms,
	        .rtt_us = s->rtt_us};

	wire_put_heartbeat(&s->in->frame, &h);
	session_send(s);
	s->beat_ms = (int64_t)uv_now(s->in->loop) + WIRE_HEARTBEAT_MS;
}

/* ---- ending ---- */

static void agent_leave(struct session *s, const char *state, const char *why)
{
	if (s->state == SESSION_STRANGER)
		s->in->stranger_count--;
	if (!s->agent || s->agent->live != s)
		return;
	s->agent->live = NULL;
	s->in->connected_count--;
	session_say(s, state, why);
}

void session_close(struct session *s)
{
	if (s->tls)
		tls_close(s->tls);
}

void session_refuse(struct session *s, enum wire_refusal code, const char *why, uint32_t retry_after_s)
{
	if (s->state == SESSION_LEAVING || s->state == SESSION_CLOSED)
		return;
	agent_leave(s, "closed", why);
	s->state = SESSION_LEAVING;
	s->deadline_ms = (int64_t)uv_now(s->in->loop) + LEAVING_MS;
	wire_put_refusal(&s->in->frame, code, why, retry_after_s);
	session_send(s);
	lane_clear(s);
	ask_drop(s);
}

void session_bad(struct session *s, const char *why)
{
	s->in->counts.bad_frames++;
	log_debug("%s%s%s: bad frame: %s", s->agent ? s->agent->id : "", s->agent ? " at " : "", s->address, why);
	session_refuse(s, WIRE_REFUSED_PROTOCOL, why, 0);
	session_close(s);
}

void session_replaced(struct session *s)
{
	s->in->counts.replaced++;
	s->in->connected_count--;
	s->agent->live = NULL; /* before the refusal, which would speak of it to core */
	session_refuse(s, WIRE_REFUSED_REPLACED, "connected anew", REPLACED_RETRY_S);
	session_close(s);
}

static void session_unlink(struct session *s)
{
	struct intake *in = s->in;

	if (s->next)
		s->next->before = s->before;
	if (s->before)
		s->before->next = s->next;
	else
		in->sessions = s->next;
	in->session_count--;
	if (s->ack_due) {
		struct session **at = &in->acks;
		while (*at != s)
			at = &(*at)->next_ack;
		*at = s->next_ack;
	}
	if (s->paused)
		in->paused_count--;
}

static void on_close(struct tls_stream *tls, int status, const char *why, void *arg)
{
	struct session *s = arg;

	(void)tls;
	s->tls = NULL;
	if (s->state == SESSION_OPENING && status) {
		s->in->counts.handshakes_failed++;
		log_debug("%s: %s", s->address, why);
	}
	agent_leave(s, !status || status == UV_EOF ? "closed" : "reset", why);
	s->state = SESSION_CLOSED;
	session_unlink(s);
	lane_clear(s);
	ask_drop(s);
	session_drop(s);
}

/* ---- frames ---- */

static void on_heartbeat(struct session *s, const struct wire_frame *f)
{
	struct wire_heartbeat h;
	struct stall t;
	int fd;

	if (wire_read_heartbeat(f, &h)) {
		session_bad(s, "heartbeat");
		return;
	}
	s->in->counts.heartbeats++;
	s->peer_boot_ms = h.boot_ms;
	s->rtt_us = h.rtt_us;
	s->backlog = h.backlog;
	if (h.segments_out && !uv_fileno((uv_handle_t *)tls_tcp(s->tls), &fd) && !stall_read(fd, &t))
		crossing_beat(&s->crossing, h.segments_out, h.segments_in, t.segments_out, t.segments_in);
	if (s->state == SESSION_READY)
		offset_measure(&s->agent->offset, clock_wall_ms() - h.boot_ms);
	session_beat(s); /* at once, so that the agent measures the way and not our timer */
}

static void put_state(struct session *s, const Sansang__Hint__State *st)
{
	struct buf *m = &s->in->message;

	buf_put_str(m, st->class_name);
	buf_put_str(m, st->instance);
	buf_put_u8(m, st->up != 0);
	buf_put_u8(m, st->reason < REASON_COUNT ? (uint8_t)st->reason : REASON_PROTOCOL);
	buf_put_svarint(m, st->since_boot_ms + s->agent->offset.offset_ms);
}

static bool hint_right(const Sansang__Hint *h)
{
	if (!h || h->n_state > HINT_STATES_MAX)
		return false;
	for (size_t i = 0; i < h->n_state; i++)
		if (!metric_class_named(h->state[i]->class_name) || !metric_subject_valid(h->state[i]->instance))
			return false;
	return true;
}

static void on_hint(struct session *s, const struct wire_frame *f)
{
	struct buf *m = &s->in->message;
	Sansang__Hint *h = sansang__hint__unpack(NULL, f->len, f->body);

	if (!hint_right(h)) {
		session_bad(s, "hint");
	} else if (s->in->core) {
		s->in->counts.hints++;
		buf_reset(m);
		buf_put_str(m, s->agent->id);
		buf_put_svarint(m, h->boot_ms + s->agent->offset.offset_ms);
		buf_put_varint(m, h->n_state);
		for (size_t i = 0; i < h->n_state; i++)
			put_state(s, h->state[i]);
		channel_send(s->in->core, MESSAGE_HINT, m->data, m->len);
	}
	if (h)
		sansang__hint__free_unpacked(h, NULL);
}

/* Which frame is allowed in which state; all others are bad. */
static const struct frame_rule {
	void (*on_frame)(struct session *s, const struct wire_frame *f);
	unsigned states;
} frame_rules[WIRE_KINDS] = {
        [WIRE_HELLO] = {hello_frame, 1u << SESSION_GREETING},
        [WIRE_BATCH] = {lane_frame, 1u << SESSION_READY},
        [WIRE_HEARTBEAT] = {on_heartbeat, 1u << SESSION_ASKING | 1u << SESSION_READY},
        [WIRE_HINT] = {on_hint, 1u << SESSION_READY},
        [WIRE_ENROL] = {enrol_frame, 1u << SESSION_STRANGER},
        [WIRE_RENEW] = {enrol_renew_frame, 1u << SESSION_READY},
        [WIRE_APPLIED] = {hello_applied_frame, 1u << SESSION_READY},
        [WIRE_ANSWER] = {ask_frame, 1u << SESSION_READY},
};

static void on_frame(struct session *s, const struct wire_frame *f)
{
	const struct frame_rule *rule = &frame_rules[f->kind];

	s->heard_ms = (int64_t)uv_now(s->in->loop);
	if (s->silent) {
		s->silent = false;
		session_say(s, "heard", "");
	}
	if (f->kind == WIRE_NONE)
		return;
	if (!(rule->states & 1u << s->state))
		session_bad(s, "not expected now");
	else
		rule->on_frame(s, f);
}

static size_t on_data(struct tls_stream *tls, const uint8_t *data, size_t len, void *arg)
{
	struct session *s = arg;
	size_t used = 0;

	(void)tls;
	while (used < len && !s->paused) {
		struct wire_frame f;
		if (s->state >= SESSION_LEAVING)
			return len;
		size_t max = s->state == SESSION_READY ? WIRE_FRAME_MAX : WIRE_EARLY_MAX;
		ssize_t n = wire_next(data + used, len - used, max, &f);
		if (!n)
			break;
		if (n < 0) {
			session_bad(s, n == -EMSGSIZE ? "too long" : "malformed");
			return len;
		}
		used += (size_t)n;
		on_frame(s, &f);
	}
	return used;
}

/* ---- beginning ---- */

static void on_open(struct tls_stream *tls, void *arg)
{
	struct session *s = arg;
	const char *node = tls_peer_name(tls);

	if (node && *node && strlen(node) < WIRE_NODE_MAX) {
		s->state = SESSION_GREETING;
	} else if (node) {
		session_bad(s, "certificate without a name");
	} else {
		s->state = SESSION_STRANGER;
		if (++s->in->stranger_count > STRANGERS_MAX)
			session_refuse(s, WIRE_REFUSED_BUSY, "too many enrol at once", 30);
	}
}

static void address_text(uv_tcp_t *tcp, char *out, size_t size)
{
	struct sockaddr_storage at;
	int len = sizeof(at);
	char ip[INET6_ADDRSTRLEN] = "";

	if (uv_tcp_getpeername(tcp, (struct sockaddr *)&at, &len) || uv_ip_name((struct sockaddr *)&at, ip, sizeof(ip)))
		return;
	/* an IPv4 peer of a dual-stack listener is shown as what it is */
	snprintf(out, size, "%s", strncmp(ip, "::ffff:", 7) || !strchr(ip, '.') ? ip : ip + 7);
}

void session_new(struct intake *in, uv_tcp_t *tcp)
{
	static const struct tls_handlers handlers = {on_open, on_data, on_close};
	struct session *s = mem_alloc(sizeof(*s));
	int64_t now = (int64_t)uv_now(in->loop);

	*s = (struct session){
	        .in = in, .holders = 1, .deadline_ms = now + STRANGER_MS, .heard_ms = now, .next = in->sessions};
	if (in->sessions)
		in->sessions->before = s;
	in->sessions = s;
	in->session_count++;
	in->counts.accepted++;
	address_text(tcp, s->address, sizeof(s->address));
	s->tls = tls_stream_new(in->tls, tcp, &handlers, s);
}

static void tick_ready(struct session *s, int64_t now_ms)
{
	bool deaf = tls_pending(s->tls) > UNREAD_MAX;

	if (s->paused)
		s->heard_ms = now_ms; /* we do not listen */
	if (deaf || now_ms - s->heard_ms > DEAD_MS) {
		agent_leave(s, "reset", deaf ? "it reads nothing" : "no frame for a minute");
		session_close(s);
		return;
	}
	if (now_ms - s->heard_ms > SILENT_MS && !s->silent) {
		s->silent = true;
		s->in->counts.silent++;
		session_say(s, "silent", "no frame for 12 s");
	}
	hello_applied_tick(s, now_ms);
	if (crossing_due(&s->crossing, now_ms))
		session_say(s, "lossy", "");
	if (now_ms >= s->beat_ms)
		session_beat(s);
}

void session_tick(struct session *s, int64_t now_ms)
{
	if (s->state == SESSION_READY)
		tick_ready(s, now_ms);
	else if (s->state == SESSION_ASKING)
		s->deadline_ms = now_ms + STRANGER_MS; /* core is away: not its fault */
	else if (now_ms >= s->deadline_ms)
		session_close(s);
}
