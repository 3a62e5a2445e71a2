/*
 * incident: one root cause from first evidence to recovery.
 *
 * Incidents are made and ended by trouble.c and isolation.c through these functions; each change marks
 * the incident dirty. incident_say() tells which conclusions a dirty one still owes, so that what
 * happens between two commits is one conclusion. The id is made of the target and the second at which it
 * began, so a replay makes the same ids. Runs in judge.
 */
#ifndef SANSANG_JUDGE_INCIDENT_H
#define SANSANG_JUDGE_INCIDENT_H

#include <jansson.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"

/* Conclusions about what is older than this when made are marked late: nobody is mailed for them. */
#define INCIDENT_LATE_MS (24 * 3600000LL)

enum incident_state { INCIDENT_OPEN, INCIDENT_ACKNOWLEDGED, INCIDENT_RESOLVED, INCIDENT_MERGED };
const char *incident_state_name(int state);
int incident_state_named(const char *name);

/* What core was told last; stored. SAID_QUIET: open, when nobody was to be mailed (a warning, or excused); "open" is said again when somebody is. */
enum incident_said { SAID_NOTHING, SAID_OPEN, SAID_RESOLVED, SAID_QUIET };

struct incident {
	char id[192];
	enum check_kind kind;                        /* KIND_PATH: the collector's own line */
	char *site, *unit, *node, *service, *uplink; /* owned ids, NULL: of none */
	struct facts facts;                          /* all that is known; cause_judge() says what it means */
	struct finding finding;                      /* ... by these, as of now */
	struct verdict first, final;                 /* as told first; once the site's spool has testified */
	bool final_known;
	enum incident_state state;
	char merged_into[192];
	int64_t opened_at, detected_at, resolved_at; /* 0: not yet */
	int64_t began_at; /* when the stretch at hand began: opened_at, or when it came back; facts are of this stretch */
	bool simulated, late;
	bool live;    /* its unit was live when it began: what alarms (cause.h) is an alarm, else a warning */
	bool outside; /* of a line, as it is seen from the collector: nobody at the site can say */
	bool wide;    /* one service from many sites: site and unit are NULL */
	char *carrier, *circuit; /* owned, of the line; NULL */
	const char *responsible; /* static word */
	char *summary_vi, *summary_en;
	json_t *evidence, *affects; /* owned arrays */
	char *acked_by, *acked_how, *closed_by, *close_reason;
	int64_t acked_at;
	char *excused;                     /* "maintenance:ID", "drill:ID", "planned-cut:ID" or NULL */
	char *why_final_vi, *why_final_en; /* NULL: the final cause is the first one */
	json_t *sites;                     /* owned array: of a wide incident */
	json_t *votes;                     /* owned array: what its sites testified, {fact, who, is}; see area.h */
	json_t *comments, *tickets, *complaints; /* owned arrays, see conclusion.h */
	json_t *minutes_lost;                    /* owned object */
	unsigned reopened, flaps;
	int64_t testified_at; /* when the last node told all; not stored */
	unsigned open_count;  /* troubles that make it and have not ended */
	int64_t last_end;     /* when the last of them ended */
	unsigned changes;     /* conclusions so far */
	enum incident_said said;
	bool dirty, changed; /* to be written and concluded; to be told to web */
};

struct incidents {
	struct incident **all; /* owned, in order of making */
	size_t count, cap;
	struct index by_id;
};

struct incident *incident_find(const struct incidents *all, const char *id);
/* Adds an incident with that id, or gives the one that is there (then *fresh is false). */
struct incident *incident_make(struct incidents *all, const char *id, bool *fresh);
/* Neither resolved nor merged. */
bool incident_is_open(const struct incident *i);
/* When it was over, also of one that is open only to see whether it comes back (flap.h); 0: it goes on, or is part of another. */
int64_t incident_ended_at(const struct incident *i);
/* Was it going on at `at`, give or take? */
bool incident_covers(const struct incident *i, int64_t at, int64_t tolerance_ms);
/* Texts are copied; at most 60 pieces of evidence are kept. */
void incident_evidence(struct incident *i, int64_t at, const char *who, const char *vi, const char *en);
/* "service:land@mk-srv1", once each. */
void incident_affects(struct incident *i, const char *what);
/* Does anything that it affects begin with that? */
bool incident_touches(const struct incident *i, const char *prefix);
/* How many different things of a kind ("service:") it affects, whoever saw it. */
unsigned incident_breadth(const struct incident *i, const char *kind);
void incident_resolve(struct incident *i, int64_t at);
void incident_reopen(struct incident *i);
void incident_merge(struct incident *i, const struct incident *into);
/* The verdict in force: the final one when it is known, else what the facts say now, else the first. Borrowed. */
const struct verdict *incident_verdict(const struct incident *i);
/* ---- incident_json.c ---- */
/* The object of conclusion.h. New reference. */
json_t *incident_json(const struct incident *i);
/* Sets the fields of a fresh incident from such an object. */
void incident_from_json(struct incident *i, const json_t *o);
/* The next conclusion that it owes: "open", "update", "resolve", "reopen", or NULL; counts it as said. */
const char *incident_say(struct incident *i);
void incident_free(struct incident *i);
/* Live, of a cause that alarms: somebody is mailed unless it is excused. */
bool incident_alarms(const struct incident *i);
/* Frees those that `gone` names. */
struct judge;
void incidents_forget(
        struct incidents *all, bool (*gone)(const struct judge *j, const struct incident *i), const struct judge *j);
void incidents_free(struct incidents *all);

#endif
