/*
 * snapshot: nodes and checks of judge's tables at one instant, tied to the inventory. Made for one question and freed with it.
 */
#ifndef SANSANG_VIEW_SNAPSHOT_H
#define SANSANG_VIEW_SNAPSHOT_H

#include "collector/inventory/inventory.h"
#include "collector/judge/index.h"
#include "collector/judge/rollup.h"
#include "collector/view/rows.h"

struct seen_node {
	int64_t id;
	const struct node *inv; /* borrowed; never NULL: other nodes are left out */
	int link;               /* enum agent_link */
	int64_t link_at, life_at, sample_at, skew_ms, backlog;
	char software[64], config_version[20];
	size_t checks; /* 1 + index of its first check, 0 none */
};

struct seen_check {
	const struct seen_node *node;
	enum check_kind kind;
	char instance[64];
	const struct site *site; /* whose matter it is */
	const struct unit *unit; /* that the site belongs to at the instant asked for, or NULL */
	const struct service *service;
	const struct uplink *uplink;
	enum state state; /* as it shows now */
	int64_t since;
	int reason;
	double value[2]; /* NaN unknown */
	bool outside;    /* a terminal, looked at from the collector */
	size_t next;     /* 1 + index of the node's next check, 0 none */
};

struct snapshot {
	struct seen_node *nodes;
	size_t node_count;
	struct seen_check *checks;
	size_t check_count, check_cap;
	struct index by_name; /* seen_node by node id */
};

/* Every node; checks of every node, or only of the nodes of sites that `unit` has at `at` (and the collector's). */
void snapshot_take(
        struct snapshot *s, struct rows *rows, const struct inventory *inv, const struct unit *unit, int64_t at);
void snapshot_free(struct snapshot *s);
const struct seen_node *snapshot_node(const struct snapshot *s, const char *id);
/* The node's checks one by one: begin with NULL; NULL at the end. */
const struct seen_check *snapshot_check(
        const struct snapshot *s, const struct seen_node *n, const struct seen_check *before);
/* Adds the check to a rollup. */
void snapshot_add(struct rollup *r, const struct seen_check *c);

#endif
