#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

#define KEY_SIZE 256
#define CONCLUSION_MAX (1024 * 1024)

/* ---- conclusions ---- */

static void on_concluded(int status, int64_t record_id, void *arg)
{
	struct core_answer *a = arg;
	struct core *core = a->link->core;
	uint32_t id = a->id;
	struct core_link *l = core_answer_take(a);
	struct buf b = {0};

	if (!status)
		core_wake(core);
	if (!l)
		return;
	buf_put_svarint(&b, status);
	buf_put_svarint(&b, record_id);
	channel_reply(l->channel, MESSAGE_CONCLUDE, id, b.data, b.len);
	buf_free(&b);
}

void core_on_conclude(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct record r = {.kind = RECORD_CONCLUSION, .node = ""};
	struct core_answer *a = core_answer_later(l, MESSAGE_CONCLUDE, id);
	char key[KEY_SIZE];

	cursor_str(c, key, sizeof(key));
	r.key = key;
	r.body = cursor_blob(c, &r.body_len);
	if (c->failed || !*key || r.body_len > CONCLUSION_MAX)
		on_concluded(-EBADMSG, 0, a);
	else
		journal_append(l->core->journal, &r, on_concluded, a);
}

/* ---- acts and other records of JSON ---- */

/* Followers hear of it after the commit, whoever asked. */
struct told {
	struct core *core;
	journal_on_append on_append;
	void *arg;
};

static void on_stored(int status, int64_t id, void *arg)
{
	struct told *t = arg;

	if (!status)
		core_wake(t->core);
	if (t->on_append)
		t->on_append(status, id, t->arg);
	free(t);
}

void core_journal_json(struct core *core, enum record_kind kind, json_t *body, journal_on_append on_append, void *arg)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct told *t = mem_alloc(sizeof(*t));

	*t = (struct told){.core = core, .on_append = on_append, .arg = arg};
	json_decref(body);
	if (!text || core->stopping) { /* text that is not UTF-8 came in, or a late answer of a thread */
		if (!text)
			log_error("a record of kind %d could not be written as JSON", kind);
		on_stored(text ? -ESHUTDOWN : -EBADMSG, 0, t);
		free(text);
		return;
	}
	struct record r = {.kind = kind, .node = "", .body = (const uint8_t *)text, .body_len = strlen(text)};
	journal_append(core->journal, &r, on_stored, t);
	free(text);
}

void core_journal_act(struct core *core, json_t *body, journal_on_append on_append, void *arg)
{
	core_journal_json(core, RECORD_ACT, body, on_append, arg);
}
