#include "collector/web/web.h"

#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/memory.h"

void web_expire(struct web *w, int64_t now_ms)
{
	for (struct request *r = w->unanswered, *next; r; r = next) {
		next = r->next;
		if (now_ms - r->began_ms > (r->patience_ms ? r->patience_ms : WEB_ANSWER_MS)) {
			w->figures.errors++;
			request_error(r, 504, "no answer in time");
		}
	}
}

struct asked {
	struct request *request;
	web_on_reply on_reply;
};

static void on_peer_reply(struct cursor *payload, void *arg)
{
	struct asked *asked = arg;

	if (!payload)
		request_error(asked->request, 503, "a part of the collector is starting again, try again");
	else if (!asked->request->answered)
		asked->on_reply(asked->request, payload);
	request_release(asked->request);
	free(asked);
}

void web_ask(struct request *r, struct channel *ch, uint16_t kind, const void *data, size_t len, web_on_reply on_reply)
{
	struct asked *asked;

	if (!ch) {
		request_error(r, 503, "a part of the collector is starting, try again");
		return;
	}
	asked = mem_alloc(sizeof(*asked));
	*asked = (struct asked){.request = request_hold(r), .on_reply = on_reply};
	channel_call(ch, kind, data, len, on_peer_reply, asked);
}

json_t *payload_json(struct cursor *payload)
{
	size_t left = cursor_left(payload);
	const uint8_t *data = cursor_bytes(payload, left);

	return data ? json_loadb((const char *)data, left, 0, NULL) : NULL;
}

void web_ask_core(struct request *r, json_t *json, web_on_reply on_reply)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	if (!text) {
		request_error(r, 400, "text must be UTF-8");
		return;
	}
	web_ask(r, r->web->peers[PEER_CORE][0], MESSAGE_ACT, text, strlen(text), on_reply);
	explicit_bzero(text, strlen(text)); /* it may hold a password */
	free(text);
}
