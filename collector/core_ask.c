/*
 * The act "ask": something is looked at by an agent, now. Written into the audit, then handed to the intake that
 * has the agent; core goes on with its other work meanwhile, an answer or its lack comes within a minute.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "common/memory.h"

#define TEXT_MAX 2000

struct asking {
	struct act *act;
	unsigned next; /* link of core that is to be tried next */
	char *json;    /* for the agent */
};

/* What each kind of ask needs and may have; NULL ends. */
static const struct {
	const char *name;
	const char *needs[3], *may[2];
} kinds[] = {
        {"trace", {"target"}, {"source"}},
        {"probe", {"type", "target"}, {NULL}},
        {"check", {"service"}, {NULL}},
};

static const struct {
	int status, http;
	const char *text;
} refusals[] = {
        {-ENOTCONN, 409, "the agent of %s is not connected"},
        {-ENOTSUP, 409, "the agent of %s is too old to be asked: update it"},
        {-ETIMEDOUT, 503, "the agent of %s did not answer within a minute"},
        {-EBUSY, 429, "too many asks are under way, %s was not asked: try again"},
        {-EMSGSIZE, 400, "the ask for %s is too long"},
};

static void asking_free(struct asking *a)
{
	free(a->json);
	free(a);
}

static void refuse(struct asking *a, int64_t status)
{
	struct act *act = a->act;
	const char *node = act_text(act, "node");

	asking_free(a);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (refusals[i].status != status)
			continue;
		char *text = mem_printf(refusals[i].text, node);
		act_refuse(act, refusals[i].http, "%s", text);
		free(text);
		return;
	}
	act_refuse(act, 503, "the agent of %s could not be asked: %s", node, strerror((int)-status));
}

static void answer(struct asking *a, const uint8_t *json, size_t len)
{
	struct act *act = a->act;
	json_t *o = json_loadb((const char *)json, len, JSON_REJECT_DUPLICATES, NULL);
	const char *error = json_string_value(json_object_get(o, "error"));

	asking_free(a);
	if (error)
		act_refuse(act, 409, "%s: %s", act_text(act, "node"), error);
	else if (json_is_object(o))
		act_answer(act, json_pack("{s:s, s:s, s:O}", "node", act_text(act, "node"), "do", act_text(act, "do"),
		                        "answer", o));
	else
		act_refuse(act, 503, "the answer of %s cannot be read", act_text(act, "node"));
	json_decref(o);
}

static void ask_next(struct asking *a, int64_t status);

static void on_answer(struct cursor *payload, void *arg)
{
	struct asking *a = arg;
	size_t len = 0;

	if (!payload) {
		ask_next(a, -EPIPE);
		return;
	}
	int64_t status = cursor_svarint(payload);
	const uint8_t *json = cursor_blob(payload, &len);
	if (payload->failed)
		refuse(a, -EBADMSG);
	else if (status == -ENOTCONN)
		ask_next(a, status);
	else if (status)
		refuse(a, status);
	else
		answer(a, json, len);
}

/* Which intake has the agent is known to the intakes alone: one after the other. `status` is what the last one said. */
static void ask_next(struct asking *a, int64_t status)
{
	struct core *core = a->act->core;
	struct buf b = {0};

	while (a->next < core->link_count) {
		struct core_link *l = &core->links[a->next++];
		if (!l->channel || strcmp(l->peer, "intake"))
			continue;
		buf_put_str(&b, act_text(a->act, "node"));
		buf_put_blob(&b, a->json, strlen(a->json));
		channel_call(l->channel, MESSAGE_ASK, b.data, b.len, on_answer, a);
		buf_free(&b);
		return;
	}
	refuse(a, status);
}

static void on_recorded(int status, int64_t id, void *arg)
{
	struct asking *a = arg;

	(void)id;
	if (!status) {
		ask_next(a, -ENOTCONN);
		return;
	}
	struct act *act = a->act;
	asking_free(a);
	act_refuse(act, 503, "the act cannot be recorded: %s", strerror(-status));
}

/* Takes the member over; false with the act refused when it is missing or no good. */
static bool member_take(struct act *act, const char *name, bool needed, json_t *out)
{
	const char *text = act_text(act, name);

	if (!*text && !json_object_get(act->request, name) && !needed)
		return true;
	if (!*text || strlen(text) > TEXT_MAX) {
		act_refuse(act, 400, "%s: text of 1 to %d bytes expected", name, TEXT_MAX);
		return false;
	}
	json_object_set_new(out, name, json_string(text));
	return true;
}

/* The ask as the agent gets it, with nothing in it that we do not know; NULL with the act refused. */
static json_t *ask_of(struct act *act)
{
	const char *what = act_text(act, "do");
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[i].name, what))
		i++;
	if (i == sizeof(kinds) / sizeof(*kinds)) {
		act_refuse(act, 400, "do: \"%.40s\" is not known, expected trace, probe or check", what);
		return NULL;
	}
	json_t *o = json_pack("{s:s}", "do", what);
	bool good = true;
	for (int k = 0; good && k < 3 && kinds[i].needs[k]; k++)
		good = member_take(act, kinds[i].needs[k], true, o);
	for (int k = 0; good && k < 2 && kinds[i].may[k]; k++)
		good = member_take(act, kinds[i].may[k], false, o);
	if (good)
		return o;
	json_decref(o);
	return NULL;
}

static bool node_can_be_asked(struct act *act)
{
	const char *node = act_text(act, "node");
	const struct node *n = act->core->inventory ? inventory_node(act->core->inventory, node) : NULL;

	if (n && n->kind == NODE_SERVER)
		return true;
	act_refuse(act, n ? 400 : 404,
	        n ? "node %.80s is no server: only servers have an agent" : "node %.80s is not in the inventory", node);
	return false;
}

void core_act_ask(struct act *act)
{
	json_t *o = node_can_be_asked(act) ? ask_of(act) : NULL;

	if (!o)
		return;
	struct asking *a = mem_alloc(sizeof(*a));
	a->act = act;
	a->json = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	core_journal_act(act->core,
	        json_pack("{s:s, s:s, s:s, s:s, s:s}", "act", "ask", "by", act->by, "target", act_text(act, "node"),
	                "text", a->json, "door", act->door == DOOR_WEB ? "web" : "socket"),
	        on_recorded, a);
}
