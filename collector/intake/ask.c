/*
 * Asks: people's questions to an agent, on their way from core to its session and back. At most
 * INTAKE_ASKS_MAX wait at a time; an answer later than ASK_WAIT_MS finds nobody. What the agent
 * answers is read as JSON here and written anew, so that core never parses an agent's bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "collector/intake/session.h"
#include "collector/message.h"

#define ASK_WAIT_MS 60000

/* `json` may be NULL. */
static void ask_reply(struct intake *in, uint32_t call, int status, const char *json)
{
	struct buf *m = &in->message;

	buf_reset(m);
	buf_put_svarint(m, status);
	buf_put_blob(m, json, json ? strlen(json) : 0);
	if (in->core)
		channel_reply(in->core, MESSAGE_ASK, call, m->data, m->len);
}

static void ask_remove(struct intake *in, unsigned i)
{
	in->asks[i] = in->asks[--in->ask_count];
}

static int ask_send(struct intake *in, struct session *s, uint32_t call, const uint8_t *json, size_t len)
{
	Sansang__Ask a = SANSANG__ASK__INIT;

	if (!s)
		return -ENOTCONN;
	if (!s->can_ask)
		return -ENOTSUP;
	if (len > WIRE_ASK_MAX)
		return -EMSGSIZE;
	if (in->ask_count == INTAKE_ASKS_MAX)
		return -EBUSY;
	if (!in->ask_last_id)
		in->ask_last_id = chance_u64() >> 1; /* an answer to a question of before a restart finds no other */
	a.id = ++in->ask_last_id;
	a.json = (ProtobufCBinaryData){len, (uint8_t *)json};
	in->asks[in->ask_count++] = (struct ask){s, a.id, call, (int64_t)uv_now(in->loop) + ASK_WAIT_MS};
	wire_put(&in->frame, WIRE_ASK, &a.base);
	session_send(s);
	return 0;
}

void ask_take(struct intake *in, uint32_t call, struct cursor *c)
{
	char node[WIRE_NODE_MAX];
	size_t len;

	cursor_str(c, node, sizeof(node));
	const uint8_t *json = cursor_blob(c, &len);
	const struct agent *a = c->failed ? NULL : agents_find(&in->agents, node);
	int status = c->failed ? -EBADMSG : ask_send(in, a ? a->live : NULL, call, json, len);
	if (status)
		ask_reply(in, call, status, NULL);
}

/* Only an object is an answer. Gives text of our own writing (malloc'ed), or NULL. */
static char *answer_text(const ProtobufCBinaryData *json)
{
	json_t *o = json->len <= WIRE_ANSWER_MAX
	                    ? json_loadb((const char *)json->data, json->len, JSON_REJECT_DUPLICATES, NULL)
	                    : NULL;
	char *text = json_is_object(o) ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

void ask_frame(struct session *s, const struct wire_frame *f)
{
	struct intake *in = s->in;
	Sansang__Answer *a = sansang__answer__unpack(NULL, f->len, f->body);
	char *text = a ? answer_text(&a->json) : NULL;

	for (unsigned i = 0; text && i < in->ask_count; i++) {
		if (in->asks[i].s != s || in->asks[i].id != a->id)
			continue;
		uint32_t call = in->asks[i].call;
		ask_remove(in, i);
		ask_reply(in, call, 0, text);
		break;
	}
	if (!text)
		session_bad(s, "answer");
	free(text);
	if (a)
		sansang__answer__free_unpacked(a, NULL);
}

void ask_drop(struct session *s)
{
	struct intake *in = s->in;

	for (unsigned i = in->ask_count; i-- > 0;) {
		if (in->asks[i].s != s)
			continue;
		uint32_t call = in->asks[i].call;
		ask_remove(in, i);
		ask_reply(in, call, -ENOTCONN, NULL);
	}
}

void ask_tick(struct intake *in, int64_t now_ms)
{
	for (unsigned i = in->ask_count; i-- > 0;) {
		if (now_ms < in->asks[i].until_ms)
			continue;
		uint32_t call = in->asks[i].call;
		ask_remove(in, i);
		ask_reply(in, call, -ETIMEDOUT, NULL);
	}
}

void ask_forget(struct intake *in)
{
	in->ask_count = 0;
}
