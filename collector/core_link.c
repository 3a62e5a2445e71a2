#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/core.h"
#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

/* ---- who may say what ---- */

static void on_cursor(struct core_link *l, uint32_t id, struct cursor *c)
{
	char name[32];

	(void)id;
	cursor_str(c, name, sizeof(name));
	int64_t at = cursor_svarint(c);
	if (c->failed || !*l->follower)
		return;
	/* a follower may read what is committed before we hear that it is: only when nothing is under way is it wrong */
	if (at > journal_last_id(l->core->journal) && !journal_queued(l->core->journal))
		log_error("%s stands at record %lld, the journal ends at %lld: was the journal's folder put back?",
		        l->follower, (long long)at, (long long)journal_last_id(l->core->journal));
	journal_set_cursor(l->core->journal, l->follower, at);
}

static void on_act_answer(const json_t *answer, void *arg)
{
	struct core_answer *a = arg;
	uint16_t kind = a->kind;
	uint32_t id = a->id;
	struct core_link *l = core_answer_take(a);
	char *text = json_dumps(answer, JSON_COMPACT);

	if (l && text)
		channel_reply(l->channel, kind, id, text, strlen(text));
	free(text);
}

static void on_act(struct core_link *l, uint32_t id, struct cursor *c)
{
	json_t *request = json_loadb((const char *)c->data + c->at, cursor_left(c), 0, NULL);

	acts_run(l->core, request, strcmp(l->peer, "tell") ? DOOR_WEB : DOOR_TELL, NULL, on_act_answer,
	        core_answer_later(l, MESSAGE_ACT, id));
}

static const struct {
	uint16_t kind;
	const char *from[3];
	void (*take)(struct core_link *l, uint32_t id, struct cursor *c);
} messages[] = {
        {MESSAGE_BATCH, {"intake"}, core_on_batch},
        {MESSAGE_HELLO, {"intake"}, core_on_hello},
        {MESSAGE_AGENT_STATE, {"intake"}, core_on_agent_state},
        {MESSAGE_HINT, {"intake"}, core_on_hint},
        {MESSAGE_ENROL, {"intake"}, core_on_enrol},
        {MESSAGE_CURSOR, {"judge", "series", "tell"}, on_cursor},
        {MESSAGE_CONCLUDE, {"judge", "tell"}, core_on_conclude},
        {MESSAGE_ACT, {"web", "tell"}, on_act},
};

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct core_link *l = arg;

	(void)ch;
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		if (messages[i].kind != kind)
			continue;
		for (int k = 0; k < 3 && messages[i].from[k]; k++) {
			if (!strcmp(messages[i].from[k], l->peer)) {
				messages[i].take(l, id, payload);
				return;
			}
		}
	}
	log_warn("%s:%u sent a message of kind %u, which is not its to send", l->peer, l->index, kind);
}

static void on_close(struct channel *ch, void *arg)
{
	struct core_link *l = arg;

	if (l->channel == ch)
		l->channel = NULL;
	l->generation++;
}

/* ---- links ---- */

static struct core_link *find_link(struct core *core, const char *peer, unsigned index)
{
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].index == index && !strcmp(core->links[i].peer, peer))
			return &core->links[i];
	if (core->link_count == CORE_LINKS_MAX)
		return NULL;
	struct core_link *l = &core->links[core->link_count++];
	l->core = core;
	l->index = index;
	snprintf(l->peer, sizeof(l->peer), "%s", peer);
	if (!strcmp(peer, "series"))
		snprintf(l->follower, sizeof(l->follower), "series-%u", index);
	else if (!strcmp(peer, "judge") || !strcmp(peer, "tell"))
		snprintf(l->follower, sizeof(l->follower), "%.15s", peer);
	return l;
}

void core_link_add(const char *peer, unsigned index, int fd, struct core *core)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_close};
	struct core_link *l = find_link(core, peer, index);
	struct buf b = {0};

	if (!l || core->stopping) {
		close(fd);
		return;
	}
	l->channel = channel_open(&core->loop, fd, &handlers, l);
	l->generation++;
	if (!strcmp(peer, "intake")) {
		channel_pause(l->channel, core->intakes_paused);
		return;
	}
	if (!strcmp(peer, "tell"))
		channel_send(l->channel, MESSAGE_ACK_KEY, core->ack_key, sizeof(core->ack_key));
	core_inventory_tell(l);
	if (*l->follower) {
		buf_put_svarint(&b, journal_last_id(core->journal));
		channel_send(l->channel, MESSAGE_WAKE, b.data, b.len);
		buf_free(&b);
	}
}

struct core_link *core_link_of(struct core *core, const char *peer)
{
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].channel && !strcmp(core->links[i].peer, peer))
			return &core->links[i];
	return NULL;
}

void core_send(struct core *core, const char *peer, uint16_t kind, const struct buf *message)
{
	for (unsigned i = 0; i < core->link_count; i++) {
		struct core_link *l = &core->links[i];
		if (l->channel && (peer ? !strcmp(l->peer, peer) : strcmp(l->peer, "intake") != 0))
			channel_send(l->channel, kind, message->data, message->len);
	}
}

/* ---- answers after a commit ---- */

struct core_answer *core_answer_later(struct core_link *l, uint16_t kind, uint32_t id)
{
	struct core_answer *a = l->core->spare;

	if (a)
		l->core->spare = a->next;
	else
		a = mem_alloc(sizeof(*a));
	*a = (struct core_answer){.link = l, .generation = l->generation, .kind = kind, .id = id};
	return a;
}

struct core_link *core_answer_take(struct core_answer *a)
{
	struct core_link *l = a->link;
	bool same = l->channel && l->generation == a->generation;

	a->next = l->core->spare;
	l->core->spare = a;
	return same ? l : NULL;
}

static void on_wake(uv_check_t *check)
{
	struct core *core = check->data;
	struct buf b = {0};

	uv_check_stop(check);
	if (journal_last_id(core->journal) == core->woken_id)
		return;
	core->woken_id = journal_last_id(core->journal);
	buf_put_svarint(&b, core->woken_id);
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].channel && *core->links[i].follower)
			channel_send(core->links[i].channel, MESSAGE_WAKE, b.data, b.len);
	buf_free(&b);
}

void core_wake(struct core *core)
{
	if (!core->stopping)
		uv_check_start(&core->wake, on_wake);
}
