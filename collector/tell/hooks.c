#include "collector/tell/hooks.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/webhook.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define KEYS_MAX 1000

/* What core read for one webhook. */
struct key {
	char *id, *secret, *authorities; /* owned; NULL: none */
};

struct hooks {
	struct webhooks *webhooks;
	struct outbox *outbox;
	const struct inventory *inventory;
	struct key *keys;
	size_t key_count;
	bool keyed; /* core has spoken */
	bool closing;
	uv_timer_t timer;
	struct errand *errands;
};

/* A row on its way. */
struct errand {
	struct errand *next;
	struct hooks *hooks;
	struct outbox_row row;
};

static void on_timer(uv_timer_t *timer)
{
	hooks_kick(timer->data);
}

static void timer_arm(struct hooks *h, int64_t wait_ms)
{
	if (!h->closing)
		uv_timer_start(&h->timer, on_timer, (uint64_t)(wait_ms > 10 ? wait_ms : 10), 0);
}

/* ---- keys ---- */

static void text_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void keys_free(struct key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(keys[i].id);
		text_wipe(keys[i].secret);
		free(keys[i].authorities);
	}
	free(keys);
}

static char *text_take(struct cursor *c)
{
	size_t len;
	const uint8_t *data = cursor_blob(c, &len);

	return data && len ? mem_strn((const char *)data, len) : NULL;
}

void hooks_set_keys(struct hooks *h, struct cursor *payload)
{
	uint64_t count = cursor_varint(payload);
	struct key *keys;
	size_t i;

	if (payload->failed || count > KEYS_MAX)
		return;
	keys = mem_alloc((count + 1) * sizeof(*keys));
	for (i = 0; i < count && !payload->failed; i++) {
		keys[i].id = text_take(payload);
		keys[i].secret = text_take(payload);
		keys[i].authorities = text_take(payload);
	}
	if (payload->failed) {
		log_error("the webhooks' keys cannot be read");
		keys_free(keys, i);
		return;
	}
	keys_free(h->keys, h->key_count);
	h->keys = keys;
	h->key_count = count;
	h->keyed = true;
	hooks_kick(h);
}

static const struct key *key_find(const struct hooks *h, const char *id)
{
	static const struct key none = {0};

	for (size_t i = 0; i < h->key_count; i++)
		if (h->keys[i].id && !strcmp(h->keys[i].id, id))
			return &h->keys[i];
	return &none;
}

/* ---- one row ---- */

static void errand_free(struct errand *e)
{
	for (struct errand **at = &e->hooks->errands; *at; at = &(*at)->next) {
		if (*at != e)
			continue;
		*at = e->next;
		break;
	}
	outbox_row_clear(&e->row);
	free(e);
}

static void row_fail(struct hooks *h, const struct outbox_row *row, const char *why)
{
	log_error("webhook %s, %s of %s: %s", row->contact + strlen(OUTBOX_HOOK), row->kind, row->incident, why);
	outbox_fail(h->outbox, row->id, why);
}

static void row_later(struct hooks *h, const struct outbox_row *row, const char *answer)
{
	int64_t wait_ms = HOOKS_FIRST_MS << (row->attempts < 8 ? row->attempts - 1 : 7);

	if (wait_ms > HOOKS_MOST_MS)
		wait_ms = HOOKS_MOST_MS;
	if (row->attempts == 1)
		log_warn("webhook %s waits: %s", row->contact + strlen(OUTBOX_HOOK), answer);
	outbox_retry(h->outbox, row->id, clock_wall_ms() + wait_ms, answer);
}

static void on_done(enum webhook_result result, const char *answer, void *arg)
{
	struct errand *e = arg;
	struct hooks *h = e->hooks;

	if (result == WEBHOOK_TAKEN) {
		outbox_sent(h->outbox, e->row.id, clock_wall_ms(), false);
		log_info(
		        "webhook %s took %s of %s", e->row.contact + strlen(OUTBOX_HOOK), e->row.kind, e->row.incident);
	} else if (result == WEBHOOK_REFUSED) {
		row_fail(h, &e->row, answer);
	} else {
		row_later(h, &e->row, answer);
	}
	errand_free(e);
	timer_arm(h, 0);
}

static const struct webhook *hook_find(const struct hooks *h, const char *id)
{
	for (size_t i = 0; i < h->inventory->alerts.webhook_count; i++)
		if (!strcmp(h->inventory->alerts.webhooks[i].id, id))
			return &h->inventory->alerts.webhooks[i];
	return NULL;
}

/* The same bytes at every try. NULL when the record cannot be read. */
static char *body_make(const struct hooks *h, const struct outbox_row *row, const char *id)
{
	json_t *incident = json_loads(row->body, 0, NULL), *o;
	char *text = NULL;

	if (!incident)
		return NULL;
	o = json_pack("{s:s, s:s, s:I, s:s, s:o}", "id", id, "kind", row->kind, "at", (json_int_t)row->created_at,
	        "province", h->inventory->id, "incident", incident);
	if (o)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static int errand_send(struct hooks *h, struct errand *e, const struct webhook *hook)
{
	const struct key *key = key_find(h, hook->id);
	char *id = mem_printf("%s.%s.%s", e->row.kind, e->row.incident, hook->id);
	char *body = body_make(h, &e->row, id);
	const struct webhook_post post = {.url = hook->url,
	        .id = id,
	        .secret = key->secret,
	        .authorities = key->authorities,
	        .body = body,
	        .at_ms = clock_wall_ms()};
	int status = body ? webhook_send(h->webhooks, &post, on_done, e) : -EBADMSG;

	free(body);
	free(id);
	return status;
}

/* Takes the row. */
static void row_begin(struct hooks *h, const struct outbox_row *row)
{
	const struct webhook *hook = hook_find(h, row->contact + strlen(OUTBOX_HOOK));
	struct errand *e = mem_alloc(sizeof(*e));
	int status = 0;

	*e = (struct errand){h->errands, h, *row};
	h->errands = e;
	if (!hook)
		row_fail(h, row, "the webhook is gone");
	else if (clock_wall_ms() - row->created_at > HOOKS_GIVE_UP_MS)
		row_fail(h, row, "given up: it took nothing for days");
	else if (hook->secret_file && !key_find(h, hook->id)->secret)
		row_later(h, row, "its secret cannot be read"); /* what ought to be signed is not sent unsigned */
	else if (hook->ca_file && !key_find(h, hook->id)->authorities)
		row_later(h, row, "its authorities cannot be read");
	else if (!(status = errand_send(h, e, hook)))
		return;
	if (status)
		row_fail(h, row, strerror(-status));
	errand_free(e);
}

void hooks_kick(struct hooks *h)
{
	struct outbox_row row;
	int64_t due_at = -1;
	int got = 0;

	while (!h->closing && h->keyed && h->inventory &&
	        (got = outbox_next_hook(h->outbox, clock_wall_ms(), &row, &due_at)) == 1)
		row_begin(h, &row);
	if (got < 0)
		timer_arm(h, HOOKS_MOST_MS); /* the disk: logged by the outbox */
	else if (due_at >= 0)
		timer_arm(h, due_at - clock_wall_ms());
}

/* ---- life ---- */

int hooks_open(struct hooks **out, uv_loop_t *loop, struct outbox *o, int64_t patience_ms)
{
	struct hooks *h = mem_alloc(sizeof(*h));
	int status = webhooks_open(&h->webhooks, loop, patience_ms);

	*out = NULL;
	if (status) {
		free(h);
		return status;
	}
	h->outbox = o;
	uv_timer_init(loop, &h->timer);
	h->timer.data = h;
	*out = h;
	return 0;
}

void hooks_set_inventory(struct hooks *h, const struct inventory *inv)
{
	h->inventory = inv;
	hooks_kick(h);
}

void hooks_close(struct hooks *h)
{
	h->closing = true;
	webhooks_close(h->webhooks);
	while (h->errands)
		errand_free(h->errands);
	uv_close((uv_handle_t *)&h->timer, NULL);
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	keys_free(h->keys, h->key_count);
	webhooks_free(h->webhooks);
	free(h);
}
