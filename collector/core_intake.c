#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "collector/tokens.h"
#include "common/batch.h"
#include "common/log.h"

#define NODE_SIZE 64
#define SERIAL_SIZE 64
#define VERSION_SIZE 24

/* ---- batches ---- */

static void pause_intakes(struct core *core, bool paused)
{
	if (core->intakes_paused == paused)
		return;
	core->intakes_paused = paused;
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].channel && !strcmp(core->links[i].peer, "intake"))
			channel_pause(core->links[i].channel, paused);
}

static void reply_status(struct core_link *l, uint16_t kind, uint32_t id, int status)
{
	struct buf b = {0};

	buf_put_svarint(&b, status);
	channel_reply(l->channel, kind, id, b.data, b.len);
	buf_free(&b);
}

static void on_batch_stored(int status, int64_t record_id, void *arg)
{
	struct core_answer *a = arg;
	struct core *core = a->link->core;
	uint32_t id = a->id;
	struct core_link *l = core_answer_take(a);

	(void)record_id;
	core->batches += status == 0;
	core->duplicates += status == -EALREADY;
	core->refused += status && status != -EALREADY;
	if (l)
		reply_status(l, MESSAGE_BATCH, id, status);
	if (!status)
		core_wake(core);
	if (core->intakes_paused && journal_queued(core->journal) < CORE_QUEUE_MAX / 2)
		pause_intakes(core, false);
}

/* What lies between the last batch and this one never comes: agents send in sequence. */
static void record_gap(struct core *core, const struct record *r)
{
	uint64_t last = journal_stream_seq(core->journal, r->node, r->epoch);
	char body[64];

	if (r->seq <= last + 1)
		return;
	struct record gap = *r;
	gap.kind = RECORD_GAP;
	gap.seq = last + 1;
	gap.flags = 0;
	gap.body = (const uint8_t *)body;
	gap.body_len = (size_t)snprintf(body, sizeof(body), "{\"next\":%llu}", (unsigned long long)r->seq);
	journal_append(core->journal, &gap, NULL, NULL);
}

static void read_dict(struct core *core, const struct record *r, struct cursor *c)
{
	char class_name[32], instance[METRIC_INSTANCE_MAX];
	uint64_t count = cursor_varint(c);

	for (uint64_t i = 0; i < count && !c->failed; i++) {
		uint64_t set = cursor_varint(c);
		cursor_str(c, class_name, sizeof(class_name));
		uint8_t layout = cursor_u8(c);
		cursor_str(c, instance, sizeof(instance));
		/* a duplicate's entries are the same ones again */
		if (!c->failed && set < BATCH_SETS_MAX)
			journal_dict(core->journal, r->node, r->epoch, (uint32_t)set, class_name, layout, instance);
	}
}

void core_on_batch(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct core *core = l->core;
	struct record r = {.kind = RECORD_BATCH};
	char node[NODE_SIZE];

	cursor_str(c, node, sizeof(node));
	r.node = node;
	r.epoch = cursor_u64(c);
	r.seq = cursor_u64(c);
	const uint8_t *boot = cursor_bytes(c, BOOT_ID_BYTES);
	if (boot)
		memcpy(r.boot, boot, BOOT_ID_BYTES);
	r.flags = cursor_u8(c) ? 0 : RECORD_UNCERTAIN;
	r.offset_ms = cursor_svarint(c);
	cursor_svarint(c); /* the agent's wall clock: intake has weighed it */
	const struct node *n = core->inventory && !c->failed ? inventory_node(core->inventory, node) : NULL;
	if (!n || !r.seq) {
		reply_status(l, MESSAGE_BATCH, id, n ? -EBADMSG : -EACCES);
		return;
	}
	/* what follows a refused batch must not be stored before it: it would pass for a gap */
	if (journal_full(core->journal)) {
		core->refused++;
		reply_status(l, MESSAGE_BATCH, id, -ENOSPC);
		return;
	}
	if (n->at && n->at->simulated)
		r.flags |= RECORD_SIMULATED;
	record_gap(core, &r);
	read_dict(core, &r, c);
	r.body = cursor_blob(c, &r.body_len);
	if (c->failed || r.body_len > BATCH_BYTES_MAX) {
		reply_status(l, MESSAGE_BATCH, id, -EBADMSG);
		return;
	}
	journal_append(core->journal, &r, on_batch_stored, core_answer_later(l, MESSAGE_BATCH, id));
	if (journal_queued(core->journal) > CORE_QUEUE_MAX)
		pause_intakes(core, true);
}

/* ---- hello ---- */

static void put_authorities(struct core *core, struct buf *b)
{
	const struct buf *ca;
	size_t count = ca_certificates(core->ca, &ca);

	buf_put_varint(b, count);
	for (size_t i = 0; i < count; i++)
		buf_put_blob(b, ca[i].data, ca[i].len);
}

/* `has`: the version that the agent has already; its secrets do not travel again. */
static void put_welcome(struct core *core, const struct node *n, uint64_t epoch, const char *has, struct buf *b)
{
	int64_t step_ms = n->at && n->at->step_ms ? n->at->step_ms : core->config->step_ms;
	char *config = core_orders(core, n);
	const char *version = core_orders_version(core, n);

	buf_put_svarint(b, 0);
	buf_put_str(b, "");
	buf_put_u64(b, journal_stream_committed(core->journal, n->id, epoch));
	buf_put_u8(b, journal_stream_outdated(core->journal, n->id, epoch));
	buf_put_str(b, version);
	buf_put_blob(b, config, config && strcmp(version, has) ? strlen(config) : 0);
	put_authorities(core, b);
	buf_put_u32(b, (uint32_t)step_ms);
	buf_put_u8(b, n->at && n->at->simulated);
	core_orders_free(config);
}

/* One live connection a node, whichever worker the kernel gave it to. */
static void replace_elsewhere(struct core_link *here, const char *node)
{
	struct core *core = here->core;
	struct buf b = {0};

	buf_put_str(&b, node);
	for (unsigned i = 0; i < core->link_count; i++) {
		struct core_link *l = &core->links[i];
		if (l != here && l->channel && !strcmp(l->peer, "intake"))
			channel_send(l->channel, MESSAGE_REPLACED, b.data, b.len);
	}
	buf_free(&b);
}

void core_on_hello(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct core *core = l->core;
	char node[NODE_SIZE], serial[SERIAL_SIZE], has[VERSION_SIZE];
	const char *why = "the node is not in the inventory, or not a server";
	struct buf b = {0};

	cursor_str(c, node, sizeof(node));
	cursor_str(c, serial, sizeof(serial));
	uint64_t epoch = cursor_u64(c);
	bool again = cursor_u8(c);
	cursor_str(c, has, sizeof(has));
	const struct node *n = core->inventory && !c->failed ? inventory_node(core->inventory, node) : NULL;
	int status = n && n->kind == NODE_SERVER ? serial_check(core->db, node, serial, &why) : -EACCES;
	if (!status) {
		put_welcome(core, n, epoch, has, &b);
		if (!again)
			replace_elsewhere(l, node);
	} else {
		buf_put_svarint(&b, status);
		buf_put_str(&b, why);
	}
	channel_reply(l->channel, MESSAGE_HELLO, id, b.data, b.len);
	if (b.data)
		explicit_bzero(b.data, b.len); /* it holds the gear's secrets */
	buf_free(&b);
}

/* ---- states and hints ---- */

static void on_state_stored(int status, int64_t id, void *arg)
{
	struct core *core = arg;

	(void)id;
	if (!status)
		core_wake(core);
}

void core_on_agent_state(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct record r = {.kind = RECORD_AGENT};
	char node[NODE_SIZE];

	(void)id;
	cursor_str(c, node, sizeof(node));
	r.node = node;
	r.body = cursor_blob(c, &r.body_len);
	if (c->failed)
		log_warn("intake:%u sent a broken agent state", l->index);
	else
		journal_append(l->core->journal, &r, on_state_stored, l->core);
}

void core_on_hint(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct buf b = {.data = (uint8_t *)c->data + c->at, .len = cursor_left(c)}; /* passed on as it came */

	(void)id;
	core_send(l->core, "judge", MESSAGE_HINT, &b);
	core_send(l->core, "web", MESSAGE_HINT, &b);
}
