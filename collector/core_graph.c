/* A picture for the command line: asked of render, handed on as base64 in JSON. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "common/memory.h"

#define GRAPH_MAX (8 * 1024 * 1024)

static void on_graph(struct cursor *payload, void *arg)
{
	struct act *act = arg;
	size_t len = 0;

	if (!payload) {
		act_refuse(act, 503, "render went away");
		return;
	}
	int64_t status = cursor_svarint(payload);
	const uint8_t *picture = cursor_blob(payload, &len);
	if (payload->failed || len > GRAPH_MAX) {
		act_refuse(act, 500, "render gave a broken answer");
		return;
	}
	if (status) {
		act_refuse(act, 404, "%.*s", (int)(len < 400 ? len : 400), (const char *)picture);
		return;
	}
	char *text = mem_alloc(len / 3 * 4 + 8);
	EVP_EncodeBlock((unsigned char *)text, picture, (int)len);
	const char *format = act_text(act, "format");
	json_t *answer = json_pack("{s:s, s:s}", "picture", text, "format", *format ? format : "svg");
	free(text);
	act_answer(act, answer);
}

void core_act_graph(struct act *act)
{
	static const char *const passed_on[] = {
	        "target", "graph", "from", "to", "width", "height", "format", "language", "title"};
	struct core_link *l = core_link_of(act->core, "render");
	json_t *question = json_object();

	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		if (json_object_get(act->request, passed_on[i]))
			json_object_set(question, passed_on[i], json_object_get(act->request, passed_on[i]));
	char *text = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	if (!*act_text(act, "target"))
		act_refuse(act, 400, "target: unit:ID, site:ID, node:ID or service:ID@NODE expected");
	else if (!l)
		act_refuse(act, 503, "render is not running");
	else
		channel_call(l->channel, MESSAGE_GRAPH, text, strlen(text), on_graph, act);
	free(text);
}
