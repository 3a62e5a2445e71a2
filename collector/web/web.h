/*
 * web: what the parts of the web process share.
 *
 * Web process only. One struct web lives from start to stop; handlers reach it through
 * request->web and never keep it. Channels are NULL while their peer is away. What is
 * asked of a peer goes through web_ask(), which holds the request until the answer is there.
 */
#ifndef SANSANG_WEB_WEB_H
#define SANSANG_WEB_WEB_H

#include "collector/config.h"
#include "collector/inventory/inventory.h"
#include "collector/view/view.h"
#include "collector/web/auth.h"
#include "collector/web/cache.h"
#include "collector/web/live.h"
#include "collector/web/page_ack.h"
#include "collector/web/request.h"
#include "collector/web/static.h"
#include "common/channel.h"

#define WEB_PEERS_MAX 64
#define WEB_ANSWER_MS 20000 /* a peer that takes longer: 504 */
#define WEB_ASK_MS 75000    /* the same when an agent is asked: core gives up after 60 s */

enum web_peer { PEER_CORE, PEER_RENDER, PEER_SERIES, PEER_JUDGE, PEER_KINDS };

struct web {
	const struct collector_config *config;
	struct inventory *inventory; /* NULL until core said which */
	struct blob *map;            /* the TopoJSON, or NULL */
	char map_etag[40];
	struct view *view;
	struct auth *auth;
	struct live *live;
	struct cache *cache;
	struct site_files *files;
	struct page_ack *page_ack;
	struct channel *peers[PEER_KINDS][WEB_PEERS_MAX];
	unsigned render_turn;
	struct request *unanswered;
	json_t *core_status;    /* core's last answer to `status`, for what the pages always show; may be NULL */
	int64_t core_status_ms; /* when it was last asked; boot clock */
	struct {
		uint64_t requests, refused, errors;
	} figures;
};

/* The answer of a peer; `payload` NULL when the peer went away. The request may have been answered (504) meanwhile. */
typedef void (*web_on_reply)(struct request *r, struct cursor *payload);

/* Answers 503 itself when the peer is away. */
void web_ask(struct request *r, struct channel *ch, uint16_t kind, const void *data, size_t len, web_on_reply on_reply);
/* Asks core: takes `json`. */
void web_ask_core(struct request *r, json_t *json, web_on_reply on_reply);
/* Reads the JSON that is the rest of a payload; NULL when it is none. */
json_t *payload_json(struct cursor *payload);

/* Answers 504 to those that waited as long as their patience. */
void web_expire(struct web *w, int64_t now_ms);

#endif
