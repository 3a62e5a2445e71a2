/*
 * fact: what is known about an incident, one closed list of questions with the answers yes, no and not known.
 *
 * Facts are collected from the fleet, the topology, events and what a site's spool testifies (fact.c, testimony.c); cause.c
 * weighs them by its table and never looks anywhere else, so a verdict can always say by which facts. Every fact has a
 * sentence for yes and one for no, in both languages. An answer keeps who saw it and when. An answer of a site's own
 * agent after the fact (its spool) beats one from afar; two speakers that contradict each other at the same rank make the fact disputed (one speaker may correct itself), and a disputed
 * fact that the winner rests on makes the verdict `unknown`, with the contradiction said. Pure but for fact_collect(). Runs in judge.
 */
#ifndef SANSANG_JUDGE_FACT_H
#define SANSANG_JUDGE_FACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum fact {
	/* ---- the agent's connection ---- */
	FACT_SILENT,       /* nothing is heard of the agent any more */
	FACT_CLOSED,       /* its connection was closed in order: something there was still alive to close it */
	FACT_GOODBYE,      /* it said that it was being stopped, with the host or alone */
	FACT_SHUTDOWN,     /* ... and the host was going down in order */
	FACT_ONE_WAY,      /* bytes still come one way: TCP_INFO of either end */
	FACT_ACKNOWLEDGES, /* its host's kernel acknowledges every packet, and the agent says nothing */
	FACT_SIBLINGS,     /* another agent of the site reports */
	/* ---- seen from the collector's side ---- */
	FACT_TERMINAL,     /* a terminal of the site's lines answers from outside */
	FACT_ALL_LINES,    /* every line of the site is dark, and they are of more than one carrier */
	FACT_OTHER_LINE,   /* another line of the site works */
	FACT_SAME_CARRIER, /* other sites of the same carrier or parent went at the same time, and only such */
	FACT_NEIGHBOURS,   /* neighbouring sites on different carriers went at the same time */
	FACT_EVERYBODY,    /* most agents, or the collector's own way out, went at the same time */
	FACT_OTHERS_REACH, /* the same service is reached from other sites */
	/* ---- power and host ---- */
	FACT_ON_BATTERY,    /* the UPS said before that mains power is gone */
	FACT_REBOOTED,      /* the host has another boot id than before */
	FACT_UNCLEAN,       /* ... and it had not been shut down in order */
	FACT_AWAKE,         /* it kept measuring during the silence */
	FACT_GEAR_REBOOTED, /* gear of the site has restarted in that time too */
	FACT_PLANNED_CUT,   /* a power cut was announced for there and then */
	/* ---- the site's network, by its own agent ---- */
	FACT_LINE,        /* echoes over the line were answered to the site's own agent */
	FACT_CARRIER,     /* the server's interface had carrier */
	FACT_GATEWAY,     /* its gateway answered */
	FACT_GEAR,        /* the gear in front (router, switch) answered */
	FACT_PORT,        /* the port of the switch that the server hangs on was up */
	FACT_CONFLICT,    /* two machines claim one address */
	FACT_GATEWAY_MAC, /* the gateway's MAC changed */
	/* ---- quality of a line ---- */
	FACT_LOSS,         /* echoes are lost, 5 % or more */
	FACT_DELAY,        /* far slower than usual, by 100 ms or more */
	FACT_FULL,         /* traffic is near the contracted capacity, or delay came with a plateau of traffic */
	FACT_LARGE_ONLY,   /* only large packets vanish */
	FACT_LOSS_ONE_WAY, /* what is lost is lost in one direction */
	FACT_FLAPS,        /* down and up three times or more in a quarter of an hour */
	/* ---- a service ---- */
	FACT_REFUSED,         /* connections are refused */
	FACT_RESET,           /* connections are torn down at once */
	FACT_HUNG,            /* it accepts and does not answer */
	FACT_NO_REPLY,        /* the connection came about, and then nothing within the time */
	FACT_NO_ANSWER,       /* connections get no answer at all */
	FACT_PROHIBITED,      /* a router says that it is prohibited, or a trace ends before the server */
	FACT_WRONG_ANSWER,    /* status, header, body or protocol is wrong */
	FACT_NO_NAME,         /* its name is not resolved */
	FACT_BAD_CERTIFICATE, /* expired, not yet valid, wrong name, untrusted, revoked */
	FACT_IS_NAME_SERVER, /* the service that fails is a name server, or services by name fail together and those by address do not */
	/* ---- time ---- */
	FACT_CLOCK_OFF, /* the node's clock is wrong by more than a second */
	FACT_CLOCK_FAR, /* ... by a minute or more: sign-ins and signatures fail, so it is an alarm */
	FACT_COUNT
};

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };
/* Who speaks, rising by how much it counts. */
enum rank { RANK_NONE, RANK_AFAR, RANK_SITE, RANK_HINDSIGHT };

struct fact_answer {
	uint8_t answer, rank; /* enum answer, enum rank */
	bool disputed;        /* two of the same rank said yes and no */
	int64_t at;
	char who[64];
};

struct facts {
	struct fact_answer is[FACT_COUNT];
};

/* "silent" ...: in JSON and tests. */
const char *fact_name(enum fact f);
/* FACT_COUNT for a word that is none. */
enum fact fact_named(const char *name);
/* The sentence for that answer in "vi" or "en"; static. */
const char *fact_words(enum fact f, enum answer answer, const char *language);
/* A higher rank replaces, the same rank with another answer disputes. True when anything changed. */
bool fact_set(struct facts *all, enum fact f, enum answer answer, enum rank rank, int64_t at, const char *who);
/* {"silent": {"is": true, "rank": 1, "at": ms, "who": "judge"}, ...}; new reference. */
json_t *facts_json(const struct facts *all);
void facts_from_json(struct facts *all, const json_t *o);

struct judge;
struct incident;
/* Heartbeats come every 5 s: so long after the last frame what was seen is of the time after. */
#define SURVEY_BEAT_MS 6000
/* So long after it a terminal that did not answer would have been told of at once: silence about it means that it answers. */
#define SURVEY_TERMINAL_MS 19000
/* Looks at fleet and topology as they are now and sets what they tell about the incident. */
void fact_collect(struct judge *j, struct incident *i);
/* Is that gear read by an agent of its own site? Then a line that is cut does not explain that it is silent. */
struct node;
bool fact_is_near(const struct node *gear);
/* ... and does the site's way out go through it, as far as is known? */
struct site;
bool fact_is_front(const struct judge *j, const struct site *s, const struct node *gear);
/*
 * How the other files of judge say what they know: sets the fact, judges the incident again and marks it dirty when that changed
 * anything. Before there is an incident see trouble_know() in trouble.h. True when the fact was news.
 */
bool judge_know(struct judge *j, struct incident *i, enum fact f, enum answer answer, enum rank rank, int64_t at,
        const char *who);
/* Weighs the incident's facts anew. Its first verdict follows until it was said, its final one once that is known. */
void judge_again(struct judge *j, struct incident *i);

#endif
