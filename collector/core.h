/*
 * core: journal, inventory, rights, signing. The only writer of the journal and of core.db.
 *
 * Acts are what people ask of core: one JSON object in, one out, by MESSAGE_ACT from web
 * or a line on the Unix socket (ctl.h). The table in core_acts.c says who may. Every request holds
 * "act"; from web also "session" (the cookie's value), and for acts that change something
 * "csrf" (the header X-CSRF; compared by core). Over the socket SO_PEERCRED stands for a session with the
 * role admin. Refused: {"error": "what and what was expected", "status": 400|401|403|404|409|429|503}.
 *
 *   act        right        asks                              answers
 *   login      none         name, password, address           session, user, role, csrf, language, expires_at
 *   session    (session)                                      user, role, csrf, language, expires_at
 *   logout     (session)                                      {}
 *   ack *      technician   incident, text                    {}
 *   ack-show   a mark       mark, address                     see act_mail.c
 *   ack-link   a mark       mark, address                     the same, and "result": acknowledged, already, over
 *   ack-reply  tell alone   from, ids[], text, automatic      the same
 *   token *    admin        node, days (1)                    token, node, expires_at
 *   revoke *   admin        node                              {}
 *   ask *      technician   node, do (trace|probe|check) and   node, do, answer (agent/ask.h); within a minute
 *                           its members as in agent/ask.h
 *   user-add * admin        name, role, password (made when missing)   name, role, password (only when made)
 *   reload *   admin                                          digest, changed; or error with "errors": [lines]
 *   status     viewer                                         see core_status.c
 *   units      viewer       at                                as view_units
 *   nodes      viewer       at                                as view_nodes
 *   incidents  viewer       all                               as view_incidents
 *   find       viewer       words, at                         as view_find
 *   complaint * viewer      place, words, at (now), name      id, complaint; 409 with "candidates" when the place is ambiguous
 *   complaints viewer       place, missed, since              as view_complaints
 *   drill *    technician   targets, cause, words, from, until, detect_within_ms, mail_within_ms, contacts   id, drill
 *   drill-begin *, drill-cancel *   technician   id           id, drill
 *   drills     viewer       id; or target, state              as view_drill, view_drills
 *   lamps      viewer       place                             as view_lamps
 *   slip       viewer       incident, language                as view_slip
 *   outages    viewer       month, carrier, csv, language     as view_outages, or csv
 *   graph      viewer       as MESSAGE_GRAPH                  picture (base64), format
 *   (* changes something: needs csrf when it comes from web)
 *
 * Times are UTC ms. `language` is the collector's. A session lives 12 h.
 */
#ifndef SANSANG_CORE_H
#define SANSANG_CORE_H

#include <jansson.h>
#include <sqlite3.h>

#include "collector/ackmark.h"
#include "collector/acts.h"
#include "collector/ca.h"
#include "collector/config.h"
#include "collector/inventory/inventory.h"
#include "collector/inventory/vault.h"
#include "collector/journal/journal.h"
#include "collector/users.h"
#include "collector/view/view.h"
#include "common/channel.h"
#include "common/process.h"

#define CORE_LINKS_MAX 64
#define CORE_QUEUE_MAX (48 * 1024 * 1024) /* bytes waiting for a commit above which intakes are not listened to */

struct core;
struct ctl;

/* A peer process. Its slot lives as long as core, its channel comes and goes. */
struct core_link {
	struct core *core;
	char peer[16];
	unsigned index;
	char follower[24];       /* its name at the journal, "" when it reads none */
	struct channel *channel; /* NULL while it is away */
	unsigned generation;     /* of the channel: an answer to an older one goes nowhere */
};

/* An answer that waits for a commit. */
struct core_answer {
	struct core_link *link;
	unsigned generation;
	uint16_t kind;
	uint32_t id;
	struct core_answer *next; /* of the spare ones */
};

struct core {
	uv_loop_t loop;
	struct process *self;
	const struct collector_config *config;
	struct journal *journal;
	sqlite3 *db;
	struct ca *ca;
	struct inventory *inventory; /* NULL: none was ever good */
	struct vault *vault;         /* the secrets that it names */
	char (*versions)[17];        /* of each node's orders, "" when not made yet; NULL: none is */
	struct view *view;
	struct ctl *ctl;
	struct login_failures *failures;
	uint8_t ack_key[ACKMARK_KEY_BYTES];
	struct {
		int64_t since_ms;              /* boot clock */
		unsigned written, passed_over; /* in this minute; since the last one written */
	} ack_refusals[2]; /* of links, of answers: a flood at one door does not hide what happens at the other */
	struct core_link links[CORE_LINKS_MAX];
	unsigned link_count;
	struct core_answer *spare;
	uv_check_t wake; /* active while followers are to be woken at the end of this loop turn */
	uv_timer_t tick;
	int64_t woken_id, ticked_at_ms, started_at_ms, certified_at_ms;
	bool intakes_paused, stopping;
	uint64_t batches, duplicates, refused;
};

/* ---- core_link.c: the other processes ---- */
void core_link_add(const char *peer, unsigned index, int fd, struct core *core);
/* The first open link of that role, or NULL. */
struct core_link *core_link_of(struct core *core, const char *peer);
/* Sends a notice to every open link of that role; NULL: of all roles but intake. */
void core_send(struct core *core, const char *peer, uint16_t kind, const struct buf *message);
struct core_answer *core_answer_later(struct core_link *l, uint16_t kind, uint32_t id);
/* The link if it is still the same connection, else NULL. Takes the answer. */
struct core_link *core_answer_take(struct core_answer *a);
/* Something was committed: followers are woken before the loop sleeps. */
void core_wake(struct core *core);

/* ---- core_intake.c, core_enrol.c: what agents say ---- */
void core_on_batch(struct core_link *l, uint32_t id, struct cursor *c);
void core_on_hello(struct core_link *l, uint32_t id, struct cursor *c);
void core_on_agent_state(struct core_link *l, uint32_t id, struct cursor *c);
void core_on_hint(struct core_link *l, uint32_t id, struct cursor *c);
void core_on_enrol(struct core_link *l, uint32_t id, struct cursor *c);

/* ---- core_journal.c: what followers conclude and people do ---- */
void core_on_conclude(struct core_link *l, uint32_t id, struct cursor *c);
/* Appends a RECORD_ACT of these members (takes `body`), "at" is the record's. on_append may be NULL. */
void core_journal_act(struct core *core, json_t *body, journal_on_append on_append, void *arg);
void core_journal_json(struct core *core, enum record_kind kind, json_t *body, journal_on_append on_append, void *arg);

/* ---- core_inventory.c ---- */
/* Loads, checks and puts the file in force; a broken one keeps what was. *changed may be NULL. 0 or -errno with errors. */
int core_inventory_load(struct core *core, bool *changed, struct conf_errors *errors);
void core_inventory_start(struct core *core);
void core_inventory_tell(struct core_link *l);
/* Services begin and end by date: agents ask again when one did since the last tick. */
void core_inventory_tick(struct core *core, int64_t now_ms);

/* ---- core_orders.c: what each agent shall do; the inventory is in force ---- */
/* JSON (agent/config.h), to be given to core_orders_free(); its version is core_orders_version() then. */
char *core_orders(struct core *core, const struct node *n);
const char *core_orders_version(struct core *core, const struct node *n);
void core_orders_free(char *orders);
/* The inventory, the secrets or the day changed. */
void core_orders_forget(struct core *core);

/* ---- core_ask.c ---- */
void core_act_ask(struct act *act);

/* ---- core_status.c, core_graph.c ---- */
void core_act_status(struct act *act);
void core_act_graph(struct act *act);

#endif
