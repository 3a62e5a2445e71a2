#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "collector/intake/listener.h"
#include "collector/intake/session.h"
#include "collector/message.h"
#include "collector/role.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TICK_MS 1000
#define TRIM_MS 60000
#define BACKLOG 4096
#define SESSIONS_MAX 65536
#define NODE_TEXT_MAX WIRE_NODE_MAX

struct intake_role {
	struct intake in;
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_timer_t tick, trim;
	uv_check_t turn;
	int64_t certificate_mark; /* of the files in use */
};

/* ---- the server's certificate ---- */

static int64_t file_mark(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0
	                       : (int64_t)((uint64_t)st.st_mtim.tv_sec * 1000000007u + (uint64_t)st.st_mtim.tv_nsec);
}

/* The set is part of it: after a roll-over it names an authority more. */
static bool certificate_changed(struct intake_role *r, const char *crt, const char *set)
{
	int64_t mark = file_mark(crt) + 3 * file_mark(set);

	if (mark == r->certificate_mark)
		return false;
	r->certificate_mark = mark;
	return true;
}

/* Core makes the files before we start, and anew before they expire; sessions keep the context they began with. */
static void certificate_load(struct intake_role *r)
{
	char *crt = collector_state_path(r->in.config, "tls/intake.crt"),
	     *key = collector_state_path(r->in.config, "tls/intake.key"),
	     *set = collector_state_path(r->in.config, "tls/ca.pem");
	struct tls_options o = {.side = TLS_SERVER, .certificate_file = crt, .key_file = key, .peer_optional = true};
	struct tls_context *fresh;
	struct buf *ca = NULL;

	if (certificate_changed(r, crt, set)) {
		int status = tls_authorities_read(set, &ca, &o.ca_count);
		o.ca = ca;
		if (status)
			log_error("intake: %s: %s", set, strerror(-status));
		else if (!tls_context_new(&fresh, &o)) {
			tls_context_free(r->in.tls);
			r->in.tls = fresh;
		}
		tls_authorities_free(ca, o.ca_count);
	}
	free(crt);
	free(key);
	free(set);
}

/* ---- core ---- */

/* The live session of the node that the message names, or NULL. */
static struct session *session_named(struct intake *in, struct cursor *c)
{
	char node[NODE_TEXT_MAX];

	cursor_str(c, node, sizeof(node));
	struct agent *a = c->failed ? NULL : agents_find(&in->agents, node);
	return a ? a->live : NULL;
}

static void on_revoke(struct intake *in, struct cursor *c)
{
	struct session *s = session_named(in, c);

	if (!s)
		return;
	session_refuse(s, WIRE_REFUSED_NODE, "revoked", 0);
	session_close(s);
}

static void on_replaced(struct intake *in, struct cursor *c)
{
	struct session *s = session_named(in, c);

	if (s)
		session_replaced(s);
}

static void on_config(struct intake *in, struct cursor *c)
{
	char node[NODE_TEXT_MAX], version[24];
	size_t len;

	cursor_str(c, node, sizeof(node));
	cursor_str(c, version, sizeof(version));
	const uint8_t *json = cursor_blob(c, &len);
	if (c->failed)
		return;
	if (!*node) {
		for (struct session *s = in->sessions; s; s = s->next)
			if (s->state == SESSION_READY)
				hello_ask(s);
		return;
	}
	struct agent *a = agents_find(&in->agents, node);
	if (a && a->live)
		hello_push_config(a->live, version, json, len);
}

static json_t *figures(const struct intake *in)
{
	const struct intake_counts *n = &in->counts;
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	        {"connections", in->session_count},
	        {"connected", in->connected_count},
	        {"accepted", n->accepted},
	        {"handshakes_failed", n->handshakes_failed},
	        {"batches", n->batches},
	        {"values", n->values},
	        {"duplicates", n->duplicates},
	        {"held", n->held},
	        {"hints", n->hints},
	        {"heartbeats", n->heartbeats},
	        {"bad_frames", n->bad_frames},
	        {"refused", n->refused},
	        {"enrolled", n->enrolled},
	        {"renewed", n->renewed},
	        {"silent", n->silent},
	        {"replaced", n->replaced},
	        {"waiting_bytes", in->waiting_bytes},
	};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		json_object_set_new(o, rows[i].name, json_integer((json_int_t)rows[i].value));
	return o;
}

static void status_reply(struct intake *in, struct channel *ch, uint32_t id)
{
	json_t *o = figures(in);
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	channel_reply(ch, MESSAGE_STATUS, id, text, strlen(text));
	free(text);
}

static void on_core_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct intake *in = &((struct intake_role *)arg)->in;

	if (kind == MESSAGE_STATUS && id)
		status_reply(in, ch, id);
	else if (kind == MESSAGE_REVOKE)
		on_revoke(in, payload);
	else if (kind == MESSAGE_REPLACED)
		on_replaced(in, payload);
	else if (kind == MESSAGE_CONFIG)
		on_config(in, payload);
	else if (kind == MESSAGE_ASK && id)
		ask_take(in, id, payload);
}

static void on_core_close(struct channel *ch, void *arg)
{
	struct intake_role *r = arg;

	if (r->in.core == ch) {
		r->in.core = NULL;
		ask_forget(&r->in);
	}
}

/* A new core knows nothing of us: who is here, then what the old one did not answer. */
static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {on_core_message, on_core_close};
	struct intake_role *r = arg;

	(void)index;
	if (strcmp(peer, "core")) {
		close(fd);
		return;
	}
	r->in.core = channel_open(&r->loop, fd, &handlers, r);
	certificate_load(r);
	for (struct session *s = r->in.sessions; s; s = s->next) {
		if (s->state == SESSION_ASKING || s->state == SESSION_READY)
			hello_ask(s);
		if (s->state == SESSION_READY)
			lane_resend(s);
	}
}

/* ---- the loop ---- */

static void on_handle_free(uv_handle_t *h)
{
	free(h);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct intake_role *r = listener->data;

	if (status < 0)
		return;
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));
	uv_tcp_init(&r->loop, tcp);
	if (uv_accept(listener, (uv_stream_t *)tcp) || !r->in.tls || r->in.session_count >= SESSIONS_MAX) {
		r->in.counts.refused++;
		uv_close((uv_handle_t *)tcp, on_handle_free);
		return;
	}
	session_new(&r->in, tcp);
}

static void on_tick(uv_timer_t *timer)
{
	struct intake_role *r = timer->data;
	int64_t now = (int64_t)uv_now(&r->loop);

	if (!r->in.tls)
		certificate_load(r);
	for (struct session *s = r->in.sessions, *next; s; s = next) {
		next = s->next;
		session_tick(s, now);
	}
	ask_tick(&r->in, now);
}

static void on_trim(uv_timer_t *timer)
{
	certificate_load(timer->data);
	malloc_trim(0); /* handshakes leave holes */
}

static void on_turn(uv_check_t *check)
{
	lane_turn(&((struct intake_role *)check->data)->in);
}

static void on_stop(void *arg)
{
	struct intake_role *r = arg;

	r->in.stopping = true; /* the agents did not leave: nothing of this is journalled */
	for (struct session *s = r->in.sessions; s; s = s->next)
		session_close(s);
	uv_close((uv_handle_t *)&r->trim, NULL);
	uv_close((uv_handle_t *)&r->tick, NULL);
	uv_close((uv_handle_t *)&r->turn, NULL);
	uv_close((uv_handle_t *)&r->listener, NULL);
	if (r->in.core)
		channel_close(r->in.core);
	tls_context_free(r->in.tls);
	r->in.tls = NULL;
	process_close(r->in.self);
}

static int role_listen(struct intake_role *r)
{
	const char *address = r->in.config->agents.listen;
	int fd = listener_bind(address, r->in.config->agents.workers > 1);

	if (fd < 0)
		return fd;
	int status = uv_tcp_open(&r->listener, fd);
	if (!status)
		status = uv_listen((uv_stream_t *)&r->listener, BACKLOG, on_connection);
	if (status)
		log_error("intake: %s: %s", address, uv_strerror(status));
	return status;
}

static int role_sandbox(const struct collector_config *config)
{
	char *tls = collector_state_path(config, "tls");
	const struct sandbox_path paths[] = {{tls, SANDBOX_READ}, {NULL, SANDBOX_READ}};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_LISTEN, .paths = paths};
	int status = sandbox_enter(&rules);

	free(tls);
	return status;
}

static void files_limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void role_begin(struct intake_role *r)
{
	uv_tcp_init(&r->loop, &r->listener);
	uv_timer_init(&r->loop, &r->tick);
	uv_timer_init(&r->loop, &r->trim);
	uv_check_init(&r->loop, &r->turn);
	r->listener.data = r->tick.data = r->trim.data = r->turn.data = r;
	uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
	uv_timer_start(&r->trim, on_trim, TRIM_MS, TRIM_MS);
	uv_check_start(&r->turn, on_turn);
}

int intake_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct intake_role *r = mem_alloc(sizeof(*r));

	uv_loop_init(&r->loop);
	r->in.loop = &r->loop;
	r->in.self = self;
	r->in.config = arg;
	files_limit_raise();
	role_begin(r);
	if (role_listen(r) || role_sandbox(r->in.config))
		return 1;
	certificate_load(r);
	process_listen(self, &r->loop, &events, r);
	process_ready(self);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_loop_close(&r->loop);
	agents_free(&r->in.agents);
	buf_free(&r->in.frame);
	buf_free(&r->in.message);
	free(r);
	return 0;
}
