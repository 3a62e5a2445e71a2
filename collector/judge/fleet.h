/*
 * fleet: the nodes that report and their checks, as judge holds them in memory.
 *
 * Nodes and checks appear with their first record and stay. A row's subject "mk-sw1/ge-0-0-1" makes a check of that gear, if the
 * agent that tells it may speak for it; gear has no connection of its own. What the inventory knows of them (site, service,
 * uplink) is looked up again at every reload; the links borrow from the inventory. Runs in judge.
 */
#ifndef SANSANG_JUDGE_FLEET_H
#define SANSANG_JUDGE_FLEET_H

#include "collector/inventory/inventory.h"
#include "collector/judge/figures.h"
#include "collector/judge/flap.h"
#include "collector/judge/index.h"
#include "collector/judge/quality.h"
#include "collector/judge/state.h"
#include "common/clock.h"
#include "common/metric.h"

#define FLEET_SETS_MAX 65536
#define EVENT_KIND_MAX 32
#define EVENTS_RECENT 4 /* remembered of each node */
/* Checks of one node; more are passed over: a peer chooses their names. */
#define FLEET_CHECKS_MAX 2048

enum agent_link { LINK_NEVER, LINK_CONNECTED, LINK_SILENT, LINK_CLOSED }; /* stored */
const char *agent_link_name(int link);                                    /* "never" ... */

enum witness_bits {
	WITNESS_AWAKE = 1,    /* it has samples from within */
	WITNESS_REBOOTED = 2, /* another boot id since */
	WITNESS_HOLE = 4,     /* a time without samples */
	WITNESS_DONE = 8      /* its samples go on after the end: all is said */
};

/* What a set number stands for. */
struct judge_set {
	struct judge_check *check; /* NULL: nothing that is judged */
	bool known;                /* asked before */
	bool look;                 /* closer looks at that check, not its own rows */
};

/* Something that a node told beside its rows (event.h). */
struct node_event {
	struct judge_node *node;
	int64_t at;
	char kind[EVENT_KIND_MAX];
	char subject[METRIC_INSTANCE_MAX]; /* without the gear's id: "eth0", "svc:land", "" the node itself */
	char *text;                        /* owned; what follows the subject, valid UTF-8 in one line */
};

struct judge_node {
	int64_t id; /* row in state.db */
	char name[64];
	const struct node *inv; /* NULL: not in the inventory */
	const struct site *site;
	bool simulated, dirty;
	uint8_t link; /* enum agent_link */
	int64_t link_at;
	int64_t life_at;    /* last record from it, collector's clock */
	int64_t sample_at;  /* last sample time */
	int64_t confirm_by; /* after a restart: the link is believed until then, 0 none */
	char software[64], address[64];
	char config_version[20]; /* of the central configuration that it has applied, "" not told */
	int64_t battery_at;      /* since when its UPS is on battery, by its word; 0 it is not */
	int64_t skew_ms, backlog;
	uint8_t boot[BOOT_ID_BYTES];
	bool boot_known;
	uint64_t epoch;
	struct judge_set *sets; /* by set number, of `epoch` */
	uint32_t set_count;
	struct judge_check **checks; /* owned */
	uint32_t check_count;
	struct judge_check *agent;  /* its connection, made with the node */
	struct incident *witnessed; /* dark stretch that its spool has still to testify about */
	struct node_event *recent;  /* owned; EVENTS_RECENT of them, NULL until the first */
	unsigned events_pending;    /* taken since the last commit */
	int64_t dark_from;          /* when it fell silent; 0: not known, then the incident's beginning; not stored */
	uint8_t awake;              /* what it told of that stretch, enum witness_bits */
};

struct judge_check {
	int64_t id; /* row in state.db */
	struct judge_node *node;
	enum check_kind kind;
	char instance[METRIC_NODE_MAX];
	const struct service *service; /* of the inventory, by kind; NULL otherwise */
	const struct uplink *uplink;   /* also of a terminal that is looked at from outside */
	const struct site *site;       /* whose matter it is: the node's, or the terminal's */
	bool terminal;                 /* path from the collector to a line's terminal */
	bool dirty;
	bool shown_old; /* it was said that it is unobserved */
	int64_t step_ms;
	int64_t row_at; /* last row; machine.at counts hints too */
	struct state_machine machine;
	double value[FIGURES_VALUES_MAX]; /* last: loss and rtt, or connect time; NaN unknown */
	struct figures *figures;          /* owned, NULL for kinds without */
	struct quality *quality;          /* owned; of lines, paths and gear's ports, NULL until a row came */
	struct trouble *trouble;          /* of incident.h */
	int64_t downs[FLAP_TIMES];        /* when it went down last, the oldest first; 0: never */
};

struct fleet {
	struct judge_node **nodes; /* owned */
	uint32_t count, cap;
	struct index by_name;
	const struct inventory *inv; /* borrowed, may be NULL at first */
	int64_t step_ms;
	int64_t last_node_id, last_check_id;
};

struct judge_node *fleet_node(const struct fleet *f, const char *name);
/* Makes it when missing. NULL for a name that cannot be one. */
struct judge_node *fleet_node_make(struct fleet *f, const char *name);
struct judge_check *fleet_check(const struct judge_node *n, enum check_kind kind, const char *instance);
/* Makes it when missing; NULL when the node has too many. */
struct judge_check *fleet_check_make(struct fleet *f, struct judge_node *n, enum check_kind kind, const char *instance);
/* Made when missing. */
struct quality *check_quality_make(struct judge_check *c);
/* What is bad about a line (enum quality_bits): seen by the check, or of a site's only line by the path to the core too. */
unsigned check_quality(const struct judge_check *c);
/* Begins another epoch: set numbers are forgotten. */
void fleet_epoch(struct judge_node *n, uint64_t epoch);
void fleet_set(struct fleet *f, struct judge_node *n, uint32_t set, const char *class_name, const char *subject);
/* The check that a subject of node `n` is about, made when missing; NULL when there is none for it, or `n` may not speak for that gear. */
struct judge_check *fleet_subject(struct fleet *f, struct judge_node *n, const char *class_name, const char *subject);
/* Whose matter a subject is: `n` itself or gear that it may speak for; *instance (borrowed from subject) is the part behind the gear's id. NULL: it may not. */
struct judge_node *fleet_subject_node(
        struct fleet *f, struct judge_node *n, const char *subject, const char **instance);
/* A new inventory is in force; borrowed from now on, the old one may be freed after this. */
void fleet_relink(struct fleet *f, const struct inventory *inv);
/* State as shown at `now`; a simulated check never grows old: its history ends where it ends. */
enum state check_state_now(const struct judge_check *c, int64_t now, int64_t *since);
void fleet_free(struct fleet *f);

#endif
