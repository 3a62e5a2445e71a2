/* event_fact: what an event of a site says about its incident, as facts. A table: which events, and when they must have happened to mean that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/event.h"

#define LATE_MS 60000 /* told later than this: from a spool */
#define MINUTE_MS 60000

/* Whose event it must be. */
enum voice { VOICE_SITE, VOICE_NODE };

static const struct {
	const char *kind, *holds, *but; /* its text holds the words, and not these; NULL: any */
	enum fact fact;
	enum answer answer;
	enum voice voice;
	int64_t before_ms, after_ms; /* around the beginning; after_ms 0: until the end */
} rows[] = {
        {"ups", "on-battery", NULL, FACT_ON_BATTERY, ANSWER_YES, VOICE_SITE, EVENTS_BEFORE_MS, 90000},
        {"boot", "host unclean", NULL, FACT_REBOOTED, ANSWER_YES, VOICE_NODE, 0, 0},
        {"boot", "host clean", NULL, FACT_REBOOTED, ANSWER_YES, VOICE_NODE, 0, 0},
        /* a panic is no matter of power */
        {"boot", "host unclean", "kernel panic", FACT_UNCLEAN, ANSWER_YES, VOICE_NODE, 0, 0},
        {"boot", "host clean", NULL, FACT_UNCLEAN, ANSWER_NO, VOICE_NODE, 0, 0},
        {"carrier", " down", NULL, FACT_CARRIER, ANSWER_NO, VOICE_NODE, 30000, 30000},
        {"carrier", " removed", NULL, FACT_CARRIER, ANSWER_NO, VOICE_NODE, 30000, 30000},
        {"gateway-mac", " none was ", NULL, FACT_GATEWAY, ANSWER_NO, VOICE_SITE, 30000, 0},
        {"gateway-mac", " was ", " none", FACT_GATEWAY_MAC, ANSWER_YES, VOICE_SITE, 2 * MINUTE_MS, 0},
        {"address-conflict", NULL, " over", FACT_CONFLICT, ANSWER_YES, VOICE_SITE, 2 * MINUTE_MS, 0},
        {"agent-stopped", NULL, NULL, FACT_GOODBYE, ANSWER_YES, VOICE_NODE, 30000, 30000},
        {"agent-stopped", "host", NULL, FACT_SHUTDOWN, ANSWER_YES, VOICE_NODE, 30000, 30000},
        {"uplink-lost", "loss one way", NULL, FACT_ONE_WAY, ANSWER_YES, VOICE_NODE, MINUTE_MS, 0},
        {"uplink-lost", "MTU hole", NULL, FACT_LARGE_ONLY, ANSWER_YES, VOICE_NODE, MINUTE_MS, 0},
        {"gear-restarted", NULL, NULL, FACT_GEAR_REBOOTED, ANSWER_YES, VOICE_SITE, MINUTE_MS, 0},
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* When what it tells happened: gear says for how long it runs. */
static int64_t moment_of(const struct node_event *e)
{
	long long seconds;
	if (!strcmp(e->kind, "gear-restarted") && sscanf(e->text, "restarted %lld s ago", &seconds) == 1 &&
	        seconds >= 0 && seconds < 86400 * 30)
		return e->at - seconds * 1000;
	return e->at;
}

static bool fits(const struct incident *i, const struct node_event *e, size_t k, const char *words)
{
	int64_t at = moment_of(e);
	/* a wide incident is of every node at its sites */
	if (rows[k].voice == VOICE_NODE && i->node && !same(i->node, e->node->name))
		return false;
	if (strcmp(rows[k].kind, e->kind) || (rows[k].holds && !strstr(words, rows[k].holds)) ||
	        (rows[k].but && strstr(words, rows[k].but)))
		return false;
	if (at < i->began_at - rows[k].before_ms)
		return false;
	return rows[k].after_ms ? at <= i->began_at + rows[k].after_ms
	                        : !i->resolved_at || at <= i->resolved_at + MINUTE_MS;
}

/* A trace that ends on the way says that something there filters; one that arrives, that nothing does. */
static void trace_speaks(struct judge *j, struct incident *i, const struct node_event *e)
{
	json_t *o = json_loads(e->text, 0, NULL);
	bool reached = json_is_true(json_object_get(o, "reached"));
	size_t hops = json_array_size(json_object_get(o, "hops"));
	json_decref(o);
	/* the ways of many sites to one service differ */
	if (hops && i->kind == KIND_SERVICE && !i->wide && e->at >= i->began_at)
		judge_know(j, i, FACT_PROHIBITED, reached ? ANSWER_NO : ANSWER_YES, RANK_SITE, e->at, e->node->name);
}

void event_speaks(struct judge *j, struct incident *i, const struct node_event *e)
{
	char words[512];
	enum rank rank = j->now - e->at > LATE_MS ? RANK_HINDSIGHT : RANK_SITE;
	if (!strcmp(e->kind, "trace")) {
		trace_speaks(j, i, e);
		return;
	}
	snprintf(words, sizeof words, "%s %s", e->subject, e->text);
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		if (fits(i, e, k, words))
			judge_know(j, i, rows[k].fact, rows[k].answer, rank, moment_of(e), e->node->name);
}
