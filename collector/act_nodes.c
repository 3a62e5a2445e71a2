#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "collector/tokens.h"
#include "common/log.h"

/* ---- agents ---- */

void act_token(struct act *act)
{
	struct core *core = act->core;
	const char *node = act_text(act, "node");
	const struct node *n = core->inventory ? inventory_node(core->inventory, node) : NULL;
	char word[TOKEN_WORD_SIZE];
	struct token token;
	int64_t expires_at;

	if (!n || n->kind != NODE_SERVER) {
		act_refuse(act, n ? 400 : 404,
		        n ? "node %.80s is no server: only servers have an agent"
		          : "node %.80s is not in the inventory",
		        node);
		return;
	}
	int err = token_make(
	        core->db, node, act_number(act, "days", 1), act->by, clock_wall_ms(), token.secret, &expires_at);
	if (err) {
		act_refuse(act, err == -EINVAL ? 400 : 503,
		        err == -EINVAL ? "days: 1 to 30 expected" : "the token cannot be stored");
		return;
	}
	ca_fingerprint(core->ca, token.ca_fingerprint);
	token_encode(&token, word);
	act_record(act, "token", node, "",
	        json_pack("{s:s, s:s, s:I}", "token", word, "node", node, "expires_at", (json_int_t)expires_at));
	explicit_bzero(&token, sizeof(token));
	explicit_bzero(word, sizeof(word));
}

void act_revoke(struct act *act)
{
	struct core *core = act->core;
	const char *node = act_text(act, "node");
	struct buf b = {0};
	int done = serial_revoke(core->db, node, clock_wall_ms());

	if (done < 0) {
		act_refuse(act, 503, "the revocation cannot be stored: %s", strerror(-done));
		return;
	}
	if (!done) {
		act_refuse(act, 404, "node %.80s has no certificate and no open token", node);
		return;
	}
	buf_put_str(&b, node);
	core_send(core, "intake", MESSAGE_REVOKE, &b);
	buf_free(&b);
	act_record(act, "revoke", node, "", NULL);
}

/* ---- the inventory ---- */

void act_reload(struct act *act)
{
	struct conf_errors errors = {0};
	bool changed;
	int err = core_inventory_load(act->core, &changed, &errors);

	if (err) {
		json_t *lines = json_array();
		for (size_t i = 0; i < errors.count; i++)
			json_array_append_new(lines, json_string(errors.lines[i]));
		act_answer(act,
		        json_pack("{s:s, s:i, s:o}", "error", "the inventory is broken; the one before stays in force",
		                "status", 409, "errors", lines));
	} else {
		act_record(act, "reload", act->core->inventory->digest, changed ? "changed" : "unchanged",
		        json_pack("{s:s, s:b}", "digest", act->core->inventory->digest, "changed", changed));
	}
	conf_errors_free(&errors);
}
