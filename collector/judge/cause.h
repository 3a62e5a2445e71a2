/*
 * cause: the closed list of causes, what each means to a person (cause.c), and the evidence that
 * speaks for and against each (weigh.c). Pure tables; runs in judge, tell and view.
 */
#ifndef SANSANG_JUDGE_CAUSE_H
#define SANSANG_JUDGE_CAUSE_H

#include <stdbool.h>

#include "collector/judge/fact.h"
#include "collector/judge/state.h"
#include "common/metric.h"
#include "common/reason.h"

enum cause {
	CAUSE_UNKNOWN,
	CAUSE_SITE_POWER,
	CAUSE_AREA_POWER,
	CAUSE_UPLINK_DOWN,
	CAUSE_UPLINK_DEGRADED,
	CAUSE_UPLINK_SATURATED,
	CAUSE_LAN_LINK_DOWN,
	CAUSE_GEAR_DOWN,
	CAUSE_HOST_DOWN,
	CAUSE_AGENT_DOWN,
	CAUSE_SERVICE_DOWN,
	CAUSE_SERVICE_HUNG,
	CAUSE_SERVICE_FILTERED,
	CAUSE_DNS_FAILURE,
	CAUSE_CERTIFICATE,
	CAUSE_MTU_BLACKHOLE,
	CAUSE_ADDRESS_CONFLICT,
	CAUSE_ONE_WAY_LOSS,
	CAUSE_CLOCK_SKEW,
	CAUSE_FLAPPING,
	CAUSE_UPSTREAM_SHARED,
	CAUSE_COLLECTOR_ISOLATED,
	CAUSE_COUNT
};

enum confidence { CONFIDENCE_UNCLEAR, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

struct cause_words {
	const char *name;                /* "service-down" */
	const char *vi, *en;             /* a phrase */
	const char *first_vi, *first_en; /* what to check first */
};

#define RULED_OUT_MAX 8

struct verdict {
	enum cause cause;
	enum confidence confidence;
};

/* What cause_judge() says. */
struct finding {
	struct verdict verdict;
	enum cause runner_up; /* CAUSE_UNKNOWN: none */
	unsigned ruled_out_count;
	struct {
		enum cause cause;
		enum fact by;       /* and its answer stands in the facts */
	} ruled_out[RULED_OUT_MAX]; /* those that had something in their favour, or that people would think of first */
	enum fact disputed;         /* the winner rested on it, so the cause is unknown; FACT_COUNT: none */
};

/* One line of evidence: when `fact` has `answer`, the cause gains `weight`, or is ruled out by RULES_OUT. */
#define RULES_OUT (-100)
struct cause_rule {
	enum cause cause;
	enum fact fact;
	enum answer answer;
	int weight; /* 1 hints, 3 supports, 9 alone is enough for certain */
};
/* The table, for tests and the manual. */
const struct cause_rule *cause_rules(size_t *count);

const struct cause_words *cause_words(enum cause cause);
/* CAUSE_UNKNOWN for a word that is none. */
enum cause cause_named(const char *name);
const char *confidence_name(enum confidence c);
enum confidence confidence_named(const char *name);
/*
 * Weighs the facts. `kind`: what the incident is about; causes that cannot be of that kind do not take part. Certain needs a
 * weight of 9 and a clear lead; likely a lead of 2; otherwise unclear. Nothing in favour of anything, or a disputed fact under the winner: unknown.
 */
struct finding cause_judge(enum check_kind kind, const struct facts *facts);
/* Whose fault a cause is when the service or line does not say it: a power company is nobody of ours, then "commune". */
const char *cause_responsible(enum cause cause, const char *otherwise);
/* Is it a matter of a line, so that the verdict names line and carrier? */
bool cause_of_line(enum cause cause);
/* Is a mail due for it when the unit is live? Otherwise it is a warning, for the digest. */
bool cause_alarms(enum cause cause);

#endif
