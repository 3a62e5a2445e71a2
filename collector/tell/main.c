#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/journal/journal.h"
#include "collector/message.h"
#include "collector/role.h"
#include "collector/tell/deliver.h"
#include "collector/tell/hooks.h"
#include "collector/tell/inbox.h"
#include "collector/tell/outbox.h"
#include "collector/tell/rounds.h"
#include "collector/tell/route.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TURN_RECORDS 2000    /* read in one turn of the loop */
#define IDLE_MS 2000         /* looks into the journal even when nobody woke it */
#define CURSOR_EVERY_MS 1000 /* the cursor alone is committed at most so often */

struct tell {
	const struct collector_config *config;
	struct process *self;
	uv_loop_t loop;
	uv_timer_t timer;
	struct inventory *inventory; /* NULL until core said which: nothing is read before */
	struct outbox *outbox;
	struct zone *zone;
	struct follower *follower;
	struct deliver *deliver;
	struct hooks *hooks;
	struct inbox *inbox; /* NULL: answers are read nowhere */
	struct channel *core, *render;
	int64_t read_id, committed_id, committed_at;
	bool telling; /* a sent mail is on its way into the journal */
};

static struct desk desk_of(const struct tell *t)
{
	return (struct desk){t->outbox, t->inventory, t->zone};
}

/* ---- the journal to the outbox ---- */

static int record_take(struct tell *t, const struct record *r, bool *open)
{
	const struct desk desk = desk_of(t);
	json_t *body;
	int status = 0;

	if (r->kind != RECORD_CONCLUSION)
		return 0;
	body = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	if (body && !*open)
		status = outbox_begin(t->outbox);
	if (body && !status) {
		*open = true;
		status = route_conclusion(&desk, body, r->at_ms, clock_wall_ms());
	}
	json_decref(body);
	return status < 0 ? status : 0;
}

static void cursor_send(struct tell *t)
{
	struct buf b = {0};

	if (!t->core)
		return;
	buf_put_str(&b, "tell");
	buf_put_svarint(&b, t->committed_id);
	channel_send(t->core, MESSAGE_CURSOR, b.data, b.len);
	buf_free(&b);
}

/* Rows and cursor in one transaction; a cursor that moved over nothing of ours is not worth a sync for each turn. */
static int turn_commit(struct tell *t, bool open)
{
	int64_t now = clock_boot_ms();
	int status = 0;

	if (t->read_id == t->committed_id || (!open && now - t->committed_at < CURSOR_EVERY_MS))
		return 0;
	if (!open)
		status = outbox_begin(t->outbox);
	if (!status)
		status = outbox_commit(t->outbox, t->read_id);
	if (status)
		return status;
	t->committed_id = t->read_id;
	t->committed_at = now;
	cursor_send(t);
	return 0;
}

/* Begins again at the last commit: what was read since then is read again. */
static void follower_again(struct tell *t)
{
	char *dir = collector_state_path(t->config, "journal");

	follower_close(t->follower);
	t->follower = NULL;
	t->read_id = t->committed_id;
	if (follower_open(&t->follower, dir, t->committed_id))
		t->follower = NULL;
	free(dir);
}

static void journal_read(struct tell *t);

static void on_timer(uv_timer_t *timer)
{
	journal_read(timer->data);
}

static void journal_read(struct tell *t)
{
	const struct desk desk = desk_of(t);
	struct record r;
	bool open = false;
	int status = 0, got = 0, count;

	if (!t->inventory)
		return;
	if (!t->follower)
		follower_again(t);
	for (count = 0; t->follower && count < TURN_RECORDS && !status; count++) {
		got = follower_next(t->follower, &r);
		if (got <= 0)
			break;
		status = record_take(t, &r, &open);
		if (!status)
			t->read_id = r.id;
	}
	if (!status)
		status = turn_commit(t, open);
	else if (open)
		outbox_rollback(t->outbox);
	if (status || got < 0)
		follower_again(t);
	else if (t->follower && !got)
		rounds_make(&desk, clock_wall_ms());
	deliver_kick(t->deliver);
	hooks_kick(t->hooks);
	/* a full disk is tried again at leisure; more records at once */
	if (!uv_is_closing((uv_handle_t *)&t->timer))
		uv_timer_start(&t->timer, on_timer, count == TURN_RECORDS && !status ? 0 : IDLE_MS, 0);
}

/* ---- sent mails to the journal, so that screens can count them ---- */

struct told {
	struct tell *tell;
	int64_t id;
};

static void untold_tell(struct tell *t);

static void on_told(struct cursor *payload, void *arg)
{
	struct told *told = arg;
	struct tell *t = told->tell;
	int64_t status = payload ? cursor_svarint(payload) : -EAGAIN;

	t->telling = false;
	if (payload && !payload->failed && (status == 0 || status == -EALREADY)) {
		outbox_told(t->outbox, told->id);
		untold_tell(t);
	}
	free(told);
}

static void untold_tell(struct tell *t)
{
	struct outbox_row row;
	struct buf b = {0};
	struct told *told;
	int64_t sent_at;
	json_t *json;
	char *text, *key;

	if (t->telling || !t->core || outbox_untold(t->outbox, &row, &sent_at) != 1)
		return;
	json = json_pack("{s:s, s:s, s:s, s:s, s:I}", "type", "mail", "incident", row.incident, "kind", row.kind,
	        "contact", row.contact, "at", (json_int_t)sent_at);
	text = json_dumps(json, JSON_COMPACT);
	key = mem_printf("mail/%s/%s/%s", row.incident, row.kind, row.contact);
	buf_put_str(&b, key);
	buf_put_blob(&b, text, strlen(text));
	told = mem_alloc(sizeof(*told));
	*told = (struct told){t, row.id};
	t->telling = true;
	channel_call(t->core, MESSAGE_CONCLUDE, b.data, b.len, on_told, told);
	buf_free(&b);
	free(key);
	free(text);
	json_decref(json);
	outbox_row_clear(&row);
}

static void on_sent(void *arg)
{
	untold_tell(arg);
}

/* ---- peers ---- */

static void tell_inventory(struct tell *t, const char *digest)
{
	struct conf_errors errors = {0};
	struct inventory *inv, *old = t->inventory;
	char *name, *path;

	if (!*digest || strspn(digest, "0123456789abcdef") != strlen(digest))
		return;
	name = mem_printf("inventory/%s.yaml", digest);
	path = collector_state_path(t->config, name);
	if (inventory_load(path, t->config->timezone, t->config->language, &inv, &errors) == 0) {
		struct desk desk;

		t->inventory = inv;
		deliver_set_inventory(t->deliver, inv);
		hooks_set_inventory(t->hooks, inv);
		inventory_free(old);
		desk = desk_of(t);
		rounds_again(&desk);
		journal_read(t);
	} else {
		log_error("tell keeps its inventory: %s cannot be loaded", path);
	}
	conf_errors_free(&errors);
	free(name);
	free(path);
}

static void status_reply(struct tell *t, struct channel *ch, uint32_t id)
{
	struct outbox_figures f = outbox_figures(t->outbox), hooks = outbox_hook_figures(t->outbox);
	struct inbox_figures in = inbox_figures(t->inbox);
	struct buf b = {0};

	buf_printf(&b,
	        "{\"queued\":%lld,\"sent\":%lld,\"failed\":%lld,\"late\":%lld,\"cursor\":%lld,\"replies_read\":%lld,"
	        "\"replies_taken\":%lld,\"replies_refused\":%lld,"
	        "\"hooks_queued\":%lld,\"hooks_sent\":%lld,\"hooks_failed\":%lld}",
	        (long long)f.queued, (long long)f.sent, (long long)f.failed, (long long)f.late,
	        (long long)t->committed_id, (long long)in.read, (long long)in.acknowledged, (long long)in.refused,
	        (long long)hooks.queued, (long long)hooks.sent, (long long)hooks.failed);
	channel_reply(ch, MESSAGE_STATUS, id, b.data, b.len);
	buf_free(&b);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct tell *t = arg;
	char digest[80];

	switch (kind) {
	case MESSAGE_ACK_KEY:
		if (cursor_left(payload) == ACKMARK_KEY_BYTES)
			deliver_set_key(t->deliver, cursor_bytes(payload, ACKMARK_KEY_BYTES));
		break;
	case MESSAGE_WEBHOOKS:
		hooks_set_keys(t->hooks, payload);
		break;
	case MESSAGE_WAKE:
		uv_timer_start(&t->timer, on_timer, 0, 0);
		break;
	case MESSAGE_INVENTORY:
		cursor_str(payload, digest, sizeof(digest));
		tell_inventory(t, digest);
		break;
	case MESSAGE_STATUS:
		status_reply(t, ch, id);
		break;
	default:
		break;
	}
}

static void on_peer_close(struct channel *ch, void *arg)
{
	struct tell *t = arg;

	if (t->core == ch) {
		t->core = NULL;
		inbox_set_core(t->inbox, NULL);
	}
	if (t->render == ch) {
		t->render = NULL;
		deliver_set_render(t->deliver, NULL);
	}
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_peer_close};
	struct tell *t = arg;

	if (!strcmp(peer, "core")) {
		t->core = channel_open(&t->loop, fd, &handlers, t);
		t->telling = false;
		inbox_set_core(t->inbox, t->core);
		cursor_send(t);
		untold_tell(t);
	} else if (!strcmp(peer, "render") && index == 0) {
		t->render = channel_open(&t->loop, fd, &handlers, t);
		deliver_set_render(t->deliver, t->render);
	} else {
		close(fd); /* one render worker draws fast enough for mails */
	}
}

/* ---- life ---- */

static void on_stop(void *arg)
{
	struct tell *t = arg;

	deliver_close(t->deliver);
	hooks_close(t->hooks);
	inbox_close(t->inbox);
	uv_close((uv_handle_t *)&t->timer, NULL);
	if (t->core)
		channel_close(t->core);
	if (t->render)
		channel_close(t->render);
	process_close(t->self);
}

/* What getaddrinfo loads by name is loaded while that is still allowed. */
static void resolver_warm(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", "25", NULL, &found) == 0)
		freeaddrinfo(found);
}

static int tell_sandbox(const struct collector_config *config)
{
	char *journal = collector_state_path(config, "journal"),
	     *inventories = collector_state_path(config, "inventory");
	char *outbox = collector_state_path(config, "outbox.db"), *wal = collector_state_path(config, "outbox.db-wal");
	char *shm = collector_state_path(config, "outbox.db-shm");
	struct sandbox_path paths[] = {
	        {journal, SANDBOX_WRITE}, /* readers of a WAL share its index, which they map for writing */
	        {inventories, SANDBOX_READ},
	        {outbox, SANDBOX_WRITE},
	        {wal, SANDBOX_WRITE},
	        {shm, SANDBOX_WRITE},
	        {"/etc", SANDBOX_READ}, /* the resolver's files, the trusted authorities */
	        {"/run/systemd/resolve", SANDBOX_READ},
	        {"/usr/share", SANDBOX_READ},
	        {"/usr/lib", SANDBOX_READ},
	        {"/lib", SANDBOX_READ},
	        {NULL, SANDBOX_READ},
	};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_CONNECT | SANDBOX_FILES, .paths = paths};
	int status;

	resolver_warm();
	status = sandbox_enter(&rules);
	free(journal);
	free(inventories);
	free(outbox);
	free(wal);
	free(shm);
	return status;
}

static int tell_begin(struct tell *t)
{
	char *path = collector_state_path(t->config, "outbox.db");
	int status = outbox_open(&t->outbox, path);

	free(path);
	if (!status)
		status = zone_load(t->config->timezone, &t->zone);
	if (!status)
		status = deliver_open(&t->deliver, &t->loop, t->config, t->outbox, on_sent, t);
	if (!status)
		status = inbox_open(&t->inbox, &t->loop, t->config);
	if (!status)
		status = hooks_open(&t->hooks, &t->loop, t->outbox, 0);
	if (status)
		return status;
	t->read_id = t->committed_id = outbox_cursor(t->outbox);
	uv_timer_init(&t->loop, &t->timer);
	t->timer.data = t;
	return tell_sandbox(t->config);
}

static void tell_end(struct tell *t)
{
	deliver_free(t->deliver);
	hooks_free(t->hooks);
	inbox_free(t->inbox);
	follower_close(t->follower);
	outbox_close(t->outbox);
	zone_free(t->zone);
	inventory_free(t->inventory);
	uv_loop_close(&t->loop);
	free(t);
}

int tell_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct tell *t = mem_alloc(sizeof(*t));

	t->self = self;
	t->config = arg;
	setenv("TZ", t->config->timezone, 1); /* letters speak of local time */
	tzset();
	uv_loop_init(&t->loop);
	if (tell_begin(t))
		return 1;
	process_listen(self, &t->loop, &events, t);
	process_ready(self);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	tell_end(t);
	return 0;
}
