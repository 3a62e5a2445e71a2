/*
 * weigh: the table of evidence, and the verdict that follows from it.
 *
 * Every row adds its weight to a cause when the fact has that answer; RULES_OUT ends it. Weights were chosen so that one proof (9) is enough
 * for certain, what fits several causes alike leaves them within a point of each other (unclear), and each
 * further fact that only one of them explains parts them by two or more (likely).
 */
#include "collector/judge/cause.h"

#include <string.h>

#define CERTAIN_WEIGHT 9
#define CERTAIN_LEAD 3
#define LIKELY_LEAD 2

#define YES ANSWER_YES
#define NO ANSWER_NO

static const struct cause_rule rules[] = {
        /* nothing is heard any more: the line is the commonest reason, and nobody there can say so */
        {CAUSE_UPLINK_DOWN, FACT_SILENT, YES, 2},
        {CAUSE_SITE_POWER, FACT_SILENT, YES, 1},
        {CAUSE_AREA_POWER, FACT_SILENT, YES, 1},
        {CAUSE_LAN_LINK_DOWN, FACT_SILENT, YES, 1},
        {CAUSE_GEAR_DOWN, FACT_SILENT, YES, 1},
        {CAUSE_HOST_DOWN, FACT_SILENT, YES, 1},
        {CAUSE_SITE_POWER, FACT_SILENT, NO, RULES_OUT},
        {CAUSE_AREA_POWER, FACT_SILENT, NO, -3},
        /* who closes a connection is still there to close it */
        {CAUSE_AGENT_DOWN, FACT_CLOSED, YES, 4},
        {CAUSE_HOST_DOWN, FACT_CLOSED, YES, 1},
        {CAUSE_UPLINK_DOWN, FACT_CLOSED, YES, -6},
        {CAUSE_SITE_POWER, FACT_CLOSED, YES, -4},
        {CAUSE_LAN_LINK_DOWN, FACT_CLOSED, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_CLOSED, YES, -6},
        {CAUSE_AGENT_DOWN, FACT_GOODBYE, YES, 6},
        {CAUSE_HOST_DOWN, FACT_GOODBYE, YES, 2},
        {CAUSE_UPLINK_DOWN, FACT_GOODBYE, YES, RULES_OUT},
        {CAUSE_LAN_LINK_DOWN, FACT_GOODBYE, YES, RULES_OUT},
        {CAUSE_HOST_DOWN, FACT_SHUTDOWN, YES, 12},
        {CAUSE_AGENT_DOWN, FACT_SHUTDOWN, YES, -6},
        {CAUSE_HOST_DOWN, FACT_SHUTDOWN, NO, -3},
        {CAUSE_ONE_WAY_LOSS, FACT_ONE_WAY, YES, 9},
        {CAUSE_UPLINK_DOWN, FACT_ONE_WAY, YES, -9},
        {CAUSE_UPLINK_DEGRADED, FACT_ONE_WAY, YES, -6},
        {CAUSE_SITE_POWER, FACT_ONE_WAY, YES, RULES_OUT},
        {CAUSE_AREA_POWER, FACT_ONE_WAY, YES, RULES_OUT},
        {CAUSE_HOST_DOWN, FACT_ONE_WAY, YES, RULES_OUT},
        {CAUSE_LAN_LINK_DOWN, FACT_ONE_WAY, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_ONE_WAY, YES, -6},
        /* its kernel lives and the way to it is well */
        {CAUSE_AGENT_DOWN, FACT_ACKNOWLEDGES, YES, 6},
        {CAUSE_UPLINK_DOWN, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_SITE_POWER, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_AREA_POWER, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_UPSTREAM_SHARED, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_LAN_LINK_DOWN, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_GEAR_DOWN, FACT_ACKNOWLEDGES, YES, RULES_OUT},
        {CAUSE_HOST_DOWN, FACT_ACKNOWLEDGES, YES, -6},
        /* one machine of several: neither power nor the line */
        {CAUSE_HOST_DOWN, FACT_SIBLINGS, YES, 3},
        {CAUSE_LAN_LINK_DOWN, FACT_SIBLINGS, YES, 1},
        {CAUSE_AGENT_DOWN, FACT_SIBLINGS, YES, 1},
        {CAUSE_SITE_POWER, FACT_SIBLINGS, YES, RULES_OUT},
        {CAUSE_AREA_POWER, FACT_SIBLINGS, YES, RULES_OUT},
        {CAUSE_UPLINK_DOWN, FACT_SIBLINGS, YES, -6},
        {CAUSE_UPSTREAM_SHARED, FACT_SIBLINGS, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_SIBLINGS, YES, -2},
        {CAUSE_UPLINK_DOWN, FACT_SIBLINGS, NO, 2},
        {CAUSE_SITE_POWER, FACT_SIBLINGS, NO, 2},
        {CAUSE_HOST_DOWN, FACT_SIBLINGS, NO, -6},

        /* the terminal lives where the line ends: alive, the line and the power are well */
        {CAUSE_LAN_LINK_DOWN, FACT_TERMINAL, YES, 2},
        {CAUSE_HOST_DOWN, FACT_TERMINAL, YES, 1},
        {CAUSE_AGENT_DOWN, FACT_TERMINAL, YES, 1},
        {CAUSE_UPLINK_DOWN, FACT_TERMINAL, YES, RULES_OUT},
        {CAUSE_SITE_POWER, FACT_TERMINAL, YES, -6},
        {CAUSE_AREA_POWER, FACT_TERMINAL, YES, -6},
        {CAUSE_UPSTREAM_SHARED, FACT_TERMINAL, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_TERMINAL, YES, -1},
        {CAUSE_UPLINK_DOWN, FACT_TERMINAL, NO, 1},
        {CAUSE_SITE_POWER, FACT_TERMINAL, NO, 1},
        {CAUSE_AREA_POWER, FACT_TERMINAL, NO, 1},
        {CAUSE_UPSTREAM_SHARED, FACT_TERMINAL, NO, 1},
        {CAUSE_GEAR_DOWN, FACT_TERMINAL, NO, 1},
        {CAUSE_LAN_LINK_DOWN, FACT_TERMINAL, NO, -3},
        {CAUSE_HOST_DOWN, FACT_TERMINAL, NO, -5},
        {CAUSE_AGENT_DOWN, FACT_TERMINAL, NO, -2},
        /* two carriers do not fail in one second: what they share at the site does */
        {CAUSE_SITE_POWER, FACT_ALL_LINES, YES, 4},
        {CAUSE_GEAR_DOWN, FACT_ALL_LINES, YES, 2},
        {CAUSE_UPLINK_DOWN, FACT_ALL_LINES, YES, -2},
        {CAUSE_UPLINK_DOWN, FACT_OTHER_LINE, YES, 2},
        {CAUSE_SITE_POWER, FACT_OTHER_LINE, YES, RULES_OUT},
        {CAUSE_AREA_POWER, FACT_OTHER_LINE, YES, RULES_OUT},
        {CAUSE_GEAR_DOWN, FACT_OTHER_LINE, YES, -2},
        {CAUSE_UPSTREAM_SHARED, FACT_SAME_CARRIER, YES, 6},
        {CAUSE_UPLINK_DOWN, FACT_SAME_CARRIER, YES, -3},
        {CAUSE_SITE_POWER, FACT_SAME_CARRIER, YES, -3},
        {CAUSE_AREA_POWER, FACT_SAME_CARRIER, YES, -6},
        {CAUSE_AREA_POWER, FACT_NEIGHBOURS, YES, 6},
        {CAUSE_SITE_POWER, FACT_NEIGHBOURS, YES, -4},
        {CAUSE_UPLINK_DOWN, FACT_NEIGHBOURS, YES, -4},
        {CAUSE_UPSTREAM_SHARED, FACT_NEIGHBOURS, YES, -4},
        {CAUSE_COLLECTOR_ISOLATED, FACT_EVERYBODY, YES, 6},
        {CAUSE_SITE_POWER, FACT_EVERYBODY, YES, -6},
        {CAUSE_AREA_POWER, FACT_EVERYBODY, YES, -6},
        {CAUSE_UPLINK_DOWN, FACT_EVERYBODY, YES, -6},
        {CAUSE_UPSTREAM_SHARED, FACT_EVERYBODY, YES, -6},
        {CAUSE_COLLECTOR_ISOLATED, FACT_EVERYBODY, NO, -6},
        /* one site that cannot reach what others can: something on its way */
        {CAUSE_SERVICE_FILTERED, FACT_OTHERS_REACH, YES, 2},
        {CAUSE_SERVICE_DOWN, FACT_OTHERS_REACH, YES, -4},
        {CAUSE_SERVICE_HUNG, FACT_OTHERS_REACH, YES, -3},
        {CAUSE_SERVICE_FILTERED, FACT_OTHERS_REACH, NO, 1},
        {CAUSE_SERVICE_HUNG, FACT_OTHERS_REACH, NO, 1},

        {CAUSE_SITE_POWER, FACT_ON_BATTERY, YES, 6},
        {CAUSE_AREA_POWER, FACT_ON_BATTERY, YES, 3},
        {CAUSE_HOST_DOWN, FACT_ON_BATTERY, YES, -6},
        {CAUSE_UPSTREAM_SHARED, FACT_ON_BATTERY, YES, -3},
        {CAUSE_GEAR_DOWN, FACT_ON_BATTERY, YES, -3},
        {CAUSE_SITE_POWER, FACT_ON_BATTERY, NO, -6},
        {CAUSE_AREA_POWER, FACT_ON_BATTERY, NO, -6},
        {CAUSE_HOST_DOWN, FACT_REBOOTED, YES, 5},
        {CAUSE_SITE_POWER, FACT_REBOOTED, YES, 1},
        {CAUSE_AREA_POWER, FACT_REBOOTED, YES, 1},
        {CAUSE_UPLINK_DOWN, FACT_REBOOTED, YES, -1},
        {CAUSE_LAN_LINK_DOWN, FACT_REBOOTED, YES, -3},
        {CAUSE_AGENT_DOWN, FACT_REBOOTED, YES, -4},
        {CAUSE_GEAR_DOWN, FACT_REBOOTED, YES, -4},
        {CAUSE_UPSTREAM_SHARED, FACT_REBOOTED, YES, -2},
        {CAUSE_SITE_POWER, FACT_REBOOTED, NO, RULES_OUT},
        {CAUSE_HOST_DOWN, FACT_REBOOTED, NO, RULES_OUT},
        {CAUSE_AGENT_DOWN, FACT_REBOOTED, NO, 2},
        {CAUSE_SITE_POWER, FACT_UNCLEAN, YES, 4},
        {CAUSE_AREA_POWER, FACT_UNCLEAN, YES, 3},
        {CAUSE_HOST_DOWN, FACT_UNCLEAN, YES, 1},
        {CAUSE_UPLINK_DOWN, FACT_UNCLEAN, YES, -3},
        {CAUSE_UPSTREAM_SHARED, FACT_UNCLEAN, YES, -3},
        {CAUSE_HOST_DOWN, FACT_UNCLEAN, NO, 3},
        /* a UPS shuts its host down in order */
        {CAUSE_SITE_POWER, FACT_UNCLEAN, NO, -3},
        {CAUSE_UPLINK_DOWN, FACT_AWAKE, YES, 3},
        {CAUSE_UPSTREAM_SHARED, FACT_AWAKE, YES, 3},
        {CAUSE_LAN_LINK_DOWN, FACT_AWAKE, YES, 2},
        {CAUSE_GEAR_DOWN, FACT_AWAKE, YES, 1},
        {CAUSE_HOST_DOWN, FACT_AWAKE, YES, RULES_OUT},
        {CAUSE_AGENT_DOWN, FACT_AWAKE, YES, RULES_OUT},
        /* a server may live on its UPS while the router is off */
        {CAUSE_SITE_POWER, FACT_AWAKE, YES, -4},
        {CAUSE_AREA_POWER, FACT_AWAKE, YES, -4},
        {CAUSE_AGENT_DOWN, FACT_AWAKE, NO, 3},
        {CAUSE_HOST_DOWN, FACT_AWAKE, NO, 2},
        {CAUSE_SITE_POWER, FACT_AWAKE, NO, 1},
        {CAUSE_UPLINK_DOWN, FACT_AWAKE, NO, -4},
        {CAUSE_LAN_LINK_DOWN, FACT_AWAKE, NO, -3},
        {CAUSE_GEAR_DOWN, FACT_AWAKE, NO, -3},
        {CAUSE_SITE_POWER, FACT_GEAR_REBOOTED, YES, 3},
        {CAUSE_AREA_POWER, FACT_GEAR_REBOOTED, YES, 3},
        {CAUSE_GEAR_DOWN, FACT_GEAR_REBOOTED, YES, 6},
        {CAUSE_LAN_LINK_DOWN, FACT_GEAR_REBOOTED, YES, -5},
        {CAUSE_SITE_POWER, FACT_GEAR_REBOOTED, NO, -4},
        {CAUSE_AREA_POWER, FACT_GEAR_REBOOTED, NO, -4},
        {CAUSE_SITE_POWER, FACT_PLANNED_CUT, YES, 4},
        {CAUSE_AREA_POWER, FACT_PLANNED_CUT, YES, 4},

        /* what its own agent measured on it settles it; the commonest wrong guess is the router before it */
        {CAUSE_UPLINK_DOWN, FACT_LINE, NO, 9},
        {CAUSE_UPLINK_DOWN, FACT_LINE, YES, RULES_OUT},
        {CAUSE_UPSTREAM_SHARED, FACT_LINE, NO, 3},
        {CAUSE_LAN_LINK_DOWN, FACT_CARRIER, NO, 9},
        {CAUSE_UPLINK_DOWN, FACT_CARRIER, NO, -9},
        {CAUSE_GEAR_DOWN, FACT_CARRIER, NO, 1},
        {CAUSE_GEAR_DOWN, FACT_CARRIER, YES, 1},
        {CAUSE_UPLINK_DOWN, FACT_GATEWAY, NO, -12},
        {CAUSE_UPSTREAM_SHARED, FACT_GATEWAY, NO, -6},
        {CAUSE_LAN_LINK_DOWN, FACT_GATEWAY, NO, 3},
        {CAUSE_GEAR_DOWN, FACT_GATEWAY, NO, 4},
        {CAUSE_SITE_POWER, FACT_GATEWAY, NO, 2},
        {CAUSE_COLLECTOR_ISOLATED, FACT_GATEWAY, NO, 4},
        {CAUSE_UPLINK_DOWN, FACT_GATEWAY, YES, 3},
        {CAUSE_LAN_LINK_DOWN, FACT_GATEWAY, YES, RULES_OUT},
        {CAUSE_GEAR_DOWN, FACT_GATEWAY, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_GEAR, NO, 5},
        {CAUSE_LAN_LINK_DOWN, FACT_GEAR, NO, 1},
        {CAUSE_SITE_POWER, FACT_GEAR, NO, 2},
        {CAUSE_UPLINK_DOWN, FACT_GEAR, NO, -3},
        {CAUSE_GEAR_DOWN, FACT_GEAR, YES, -9},
        {CAUSE_UPLINK_DOWN, FACT_GEAR, YES, 2},
        {CAUSE_LAN_LINK_DOWN, FACT_PORT, NO, 5},
        {CAUSE_LAN_LINK_DOWN, FACT_PORT, YES, -3},
        {CAUSE_ADDRESS_CONFLICT, FACT_CONFLICT, YES, 12},
        {CAUSE_SERVICE_DOWN, FACT_CONFLICT, YES, -6},
        {CAUSE_SERVICE_FILTERED, FACT_CONFLICT, YES, -3},
        {CAUSE_LAN_LINK_DOWN, FACT_CONFLICT, YES, -4},
        {CAUSE_GEAR_DOWN, FACT_CONFLICT, YES, -4},
        {CAUSE_UPLINK_DOWN, FACT_CONFLICT, YES, -6},
        {CAUSE_UPLINK_DEGRADED, FACT_CONFLICT, YES, -4},
        {CAUSE_ADDRESS_CONFLICT, FACT_CONFLICT, NO, RULES_OUT},
        {CAUSE_ADDRESS_CONFLICT, FACT_GATEWAY_MAC, YES, 2},
        {CAUSE_GEAR_DOWN, FACT_GATEWAY_MAC, YES, 1},

        {CAUSE_UPLINK_DEGRADED, FACT_LOSS, YES, 7},
        {CAUSE_UPLINK_SATURATED, FACT_LOSS, YES, 2},
        {CAUSE_ONE_WAY_LOSS, FACT_LOSS, YES, 1},
        /* what is lost on the way makes services look hung, filtered or without a name */
        {CAUSE_SERVICE_FILTERED, FACT_LOSS, YES, -6},
        {CAUSE_SERVICE_HUNG, FACT_LOSS, YES, -6},
        {CAUSE_DNS_FAILURE, FACT_LOSS, YES, -9},
        {CAUSE_UPLINK_DEGRADED, FACT_DELAY, YES, 6},
        {CAUSE_UPLINK_SATURATED, FACT_DELAY, YES, 2},
        {CAUSE_UPLINK_SATURATED, FACT_FULL, YES, 7},
        {CAUSE_UPLINK_DEGRADED, FACT_FULL, YES, -9},
        {CAUSE_UPLINK_SATURATED, FACT_FULL, NO, -6},
        {CAUSE_UPLINK_DEGRADED, FACT_FULL, NO, 2},
        {CAUSE_MTU_BLACKHOLE, FACT_LARGE_ONLY, YES, 9},
        {CAUSE_SERVICE_HUNG, FACT_LARGE_ONLY, YES, -6},
        {CAUSE_SERVICE_FILTERED, FACT_LARGE_ONLY, YES, -3},
        {CAUSE_UPLINK_DOWN, FACT_LARGE_ONLY, YES, -6},
        {CAUSE_UPLINK_DEGRADED, FACT_LARGE_ONLY, YES, -6},
        {CAUSE_HOST_DOWN, FACT_LARGE_ONLY, YES, RULES_OUT},
        {CAUSE_SITE_POWER, FACT_LARGE_ONLY, YES, RULES_OUT},
        {CAUSE_MTU_BLACKHOLE, FACT_LARGE_ONLY, NO, RULES_OUT},
        {CAUSE_ONE_WAY_LOSS, FACT_LOSS_ONE_WAY, YES, 9},
        {CAUSE_UPLINK_DEGRADED, FACT_LOSS_ONE_WAY, YES, -6},
        {CAUSE_ONE_WAY_LOSS, FACT_LOSS_ONE_WAY, NO, RULES_OUT},
        /* that it comes back each time says more than what it is while it is away */
        {CAUSE_FLAPPING, FACT_FLAPS, YES, 12},
        {CAUSE_UPLINK_DOWN, FACT_FLAPS, YES, -6},
        {CAUSE_UPLINK_DEGRADED, FACT_FLAPS, YES, -4},
        {CAUSE_LAN_LINK_DOWN, FACT_FLAPS, YES, -6},
        {CAUSE_GEAR_DOWN, FACT_FLAPS, YES, -4},
        {CAUSE_AGENT_DOWN, FACT_FLAPS, YES, -3},
        {CAUSE_SERVICE_DOWN, FACT_FLAPS, YES, -6},
        {CAUSE_SERVICE_HUNG, FACT_FLAPS, YES, -6},
        {CAUSE_SERVICE_FILTERED, FACT_FLAPS, YES, -3},
        {CAUSE_FLAPPING, FACT_FLAPS, NO, RULES_OUT},

        {CAUSE_SERVICE_DOWN, FACT_REFUSED, YES, 9},
        {CAUSE_SERVICE_FILTERED, FACT_REFUSED, YES, 1},
        {CAUSE_SERVICE_DOWN, FACT_RESET, YES, 5},
        {CAUSE_SERVICE_FILTERED, FACT_RESET, YES, 2},
        {CAUSE_SERVICE_HUNG, FACT_HUNG, YES, 9},
        {CAUSE_MTU_BLACKHOLE, FACT_HUNG, YES, 1},
        {CAUSE_SERVICE_HUNG, FACT_NO_REPLY, YES, 6},
        {CAUSE_MTU_BLACKHOLE, FACT_NO_REPLY, YES, 2},
        {CAUSE_SERVICE_FILTERED, FACT_NO_REPLY, YES, 1},
        {CAUSE_SERVICE_DOWN, FACT_HUNG, YES, -3},
        {CAUSE_SERVICE_FILTERED, FACT_NO_ANSWER, YES, 3},
        {CAUSE_SERVICE_DOWN, FACT_NO_ANSWER, YES, 2},
        {CAUSE_SERVICE_FILTERED, FACT_PROHIBITED, YES, 5},
        {CAUSE_SERVICE_FILTERED, FACT_PROHIBITED, NO, -2},
        {CAUSE_SERVICE_DOWN, FACT_PROHIBITED, NO, 1},
        {CAUSE_SERVICE_DOWN, FACT_WRONG_ANSWER, YES, 6},
        {CAUSE_SERVICE_FILTERED, FACT_WRONG_ANSWER, YES, RULES_OUT},
        {CAUSE_SERVICE_HUNG, FACT_WRONG_ANSWER, YES, -6},
        {CAUSE_DNS_FAILURE, FACT_NO_NAME, YES, 9},
        {CAUSE_SERVICE_DOWN, FACT_NO_NAME, YES, -3},
        {CAUSE_DNS_FAILURE, FACT_NO_NAME, NO, -3},
        {CAUSE_CERTIFICATE, FACT_BAD_CERTIFICATE, YES, 9},
        {CAUSE_CERTIFICATE, FACT_BAD_CERTIFICATE, NO, RULES_OUT},
        /* whatever is wrong with a name server, names are not resolved */
        {CAUSE_DNS_FAILURE, FACT_IS_NAME_SERVER, YES, 9},
        {CAUSE_SERVICE_DOWN, FACT_IS_NAME_SERVER, YES, -6},
        {CAUSE_SERVICE_HUNG, FACT_IS_NAME_SERVER, YES, -6},
        {CAUSE_SERVICE_FILTERED, FACT_IS_NAME_SERVER, YES, -3},

        {CAUSE_CLOCK_SKEW, FACT_CLOCK_OFF, YES, 9},
        {CAUSE_CLOCK_SKEW, FACT_CLOCK_OFF, NO, RULES_OUT},
        {CAUSE_CLOCK_SKEW, FACT_CLOCK_FAR, YES, 9},
};
#define RULE_COUNT (sizeof rules / sizeof rules[0])

#define OF(kind) (1u << (kind))
#define DARK (OF(KIND_AGENT) | OF(KIND_UPLINK))
#define ANYTHING (~0u)

/*
 * What each cause can be the reason of; `obvious`: people think of it first, so that it was ruled out is worth a word; `needs`: without this fact
 * (one more than its number) it is not in question.
 */
static const struct {
	unsigned may, obvious, needs;
} reach[CAUSE_COUNT] = {
        [CAUSE_SITE_POWER] = {.may = DARK | OF(KIND_GEAR) | OF(KIND_HOST) | OF(KIND_UPS), .obvious = DARK},
        [CAUSE_AREA_POWER] = {.may = DARK | OF(KIND_HOST), .needs = FACT_NEIGHBOURS + 1},
        [CAUSE_UPLINK_DOWN] = {.may = DARK, .obvious = OF(KIND_AGENT) | OF(KIND_SERVICE)},
        [CAUSE_UPLINK_DEGRADED] = {.may = DARK | OF(KIND_SERVICE)},
        [CAUSE_UPLINK_SATURATED] = {.may = DARK, .obvious = OF(KIND_UPLINK)},
        [CAUSE_LAN_LINK_DOWN] = {.may = DARK | OF(KIND_INTERFACE) | OF(KIND_GEAR)},
        [CAUSE_GEAR_DOWN] = {.may = DARK | OF(KIND_GEAR) | OF(KIND_INTERFACE), .obvious = OF(KIND_UPLINK)},
        [CAUSE_HOST_DOWN] = {.may = OF(KIND_AGENT) | OF(KIND_HOST), .obvious = OF(KIND_AGENT)},
        [CAUSE_AGENT_DOWN] = {.may = OF(KIND_AGENT), .obvious = OF(KIND_AGENT)},
        [CAUSE_SERVICE_DOWN] = {.may = OF(KIND_SERVICE), .obvious = OF(KIND_SERVICE)},
        [CAUSE_SERVICE_HUNG] = {.may = OF(KIND_SERVICE)},
        [CAUSE_SERVICE_FILTERED] = {.may = OF(KIND_SERVICE)},
        [CAUSE_DNS_FAILURE] = {.may = OF(KIND_SERVICE), .obvious = OF(KIND_SERVICE)},
        [CAUSE_CERTIFICATE] = {.may = OF(KIND_SERVICE) | OF(KIND_TLS)},
        [CAUSE_MTU_BLACKHOLE] = {.may = DARK | OF(KIND_SERVICE) | OF(KIND_MTU) | OF(KIND_PATH)},
        [CAUSE_ADDRESS_CONFLICT] = {.may = ANYTHING},
        [CAUSE_ONE_WAY_LOSS] = {.may = DARK},
        [CAUSE_CLOCK_SKEW] = {.may = OF(KIND_CLOCK) | OF(KIND_AGENT) | OF(KIND_HOST)},
        [CAUSE_FLAPPING] = {.may = ANYTHING},
        [CAUSE_UPSTREAM_SHARED] = {.may = DARK, .needs = FACT_SAME_CARRIER + 1},
        [CAUSE_COLLECTOR_ISOLATED] = {.may = OF(KIND_PATH)},
};

/* Of two with equal weight the commoner one comes first. */
static const uint8_t common[] = {CAUSE_UPLINK_DOWN, CAUSE_SITE_POWER, CAUSE_LAN_LINK_DOWN, CAUSE_HOST_DOWN,
        CAUSE_AGENT_DOWN, CAUSE_GEAR_DOWN, CAUSE_SERVICE_DOWN, CAUSE_SERVICE_FILTERED, CAUSE_SERVICE_HUNG,
        CAUSE_DNS_FAILURE, CAUSE_UPLINK_DEGRADED, CAUSE_UPLINK_SATURATED, CAUSE_AREA_POWER, CAUSE_UPSTREAM_SHARED,
        CAUSE_CERTIFICATE, CAUSE_MTU_BLACKHOLE, CAUSE_ADDRESS_CONFLICT, CAUSE_ONE_WAY_LOSS, CAUSE_CLOCK_SKEW,
        CAUSE_FLAPPING, CAUSE_COLLECTOR_ISOLATED};
#define COMMON_COUNT (sizeof common / sizeof common[0])

struct tally {
	int weight, against; /* sum, and the heaviest single weight against it */
	bool favoured;
	enum fact by;
};

const struct cause_rule *cause_rules(size_t *count)
{
	*count = RULE_COUNT;
	return rules;
}

static void tally_all(const struct facts *facts, struct tally all[CAUSE_COUNT])
{
	memset(all, 0, CAUSE_COUNT * sizeof *all);
	for (size_t k = 0; k < RULE_COUNT; k++) {
		const struct cause_rule *r = &rules[k];
		struct tally *t = &all[r->cause];
		if (facts->is[r->fact].answer != r->answer)
			continue;
		t->weight += r->weight;
		t->favoured |= r->weight > 0;
		if (r->weight < t->against) {
			t->against = r->weight;
			t->by = r->fact;
		}
	}
}

static bool in_question(enum check_kind kind, enum cause c, const struct facts *facts)
{
	unsigned needs = reach[c].needs;
	return (reach[c].may & OF(kind)) && (!needs || facts->is[needs - 1].answer == ANSWER_YES);
}

static bool stands(const struct tally *t)
{
	return t->favoured && t->weight > 0 && t->against != RULES_OUT;
}

static enum cause best_but(
        enum check_kind kind, const struct facts *facts, const struct tally all[CAUSE_COUNT], enum cause but)
{
	enum cause best = CAUSE_UNKNOWN;
	for (size_t k = 0; k < COMMON_COUNT; k++) {
		enum cause c = (enum cause)common[k];
		if (c == but || !in_question(kind, c, facts) || !stands(&all[c]))
			continue;
		if (best == CAUSE_UNKNOWN || all[c].weight > all[best].weight)
			best = c;
	}
	return best;
}

static enum confidence confidence_of(const struct tally all[CAUSE_COUNT], enum cause best, enum cause second)
{
	int lead = all[best].weight - (second != CAUSE_UNKNOWN ? all[second].weight : 0);
	if (all[best].weight >= CERTAIN_WEIGHT && lead >= CERTAIN_LEAD)
		return CONFIDENCE_CERTAIN;
	return lead >= LIKELY_LEAD ? CONFIDENCE_LIKELY : CONFIDENCE_UNCLEAR;
}

static struct finding weigh(enum check_kind kind, const struct facts *facts)
{
	struct tally all[CAUSE_COUNT];
	struct finding f = {.disputed = FACT_COUNT};
	tally_all(facts, all);
	f.verdict.cause = best_but(kind, facts, all, CAUSE_UNKNOWN);
	if (f.verdict.cause != CAUSE_UNKNOWN) {
		f.runner_up = best_but(kind, facts, all, f.verdict.cause);
		f.verdict.confidence = confidence_of(all, f.verdict.cause, f.runner_up);
	}
	for (size_t k = 0; k < COMMON_COUNT && f.ruled_out_count < RULED_OUT_MAX; k++) {
		enum cause c = (enum cause)common[k];
		const struct tally *t = &all[c];
		bool asked = in_question(kind, c, facts);
		bool thought_of = (reach[c].obvious & OF(kind)) || (asked && t->favoured);
		if (!thought_of || !t->against || (stands(t) && asked) || c == f.verdict.cause)
			continue;
		f.ruled_out[f.ruled_out_count].cause = c;
		f.ruled_out[f.ruled_out_count++].by = t->by;
	}
	return f;
}

/* Does the verdict hold whichever of the two is true? Then the less sure one is said; otherwise nobody knows. */
struct finding cause_judge(enum check_kind kind, const struct facts *facts)
{
	struct finding said = weigh(kind, facts);
	struct facts other = *facts;
	for (unsigned f = 0; f < FACT_COUNT; f++) {
		if (!facts->is[f].disputed)
			continue;
		for (enum answer a = ANSWER_UNKNOWN; a <= ANSWER_YES; a++) {
			other.is[f].answer = (uint8_t)a;
			struct finding would = weigh(kind, &other);
			if (would.verdict.cause != said.verdict.cause) {
				said.runner_up = said.verdict.cause;
				said.verdict = (struct verdict){CAUSE_UNKNOWN, CONFIDENCE_UNCLEAR};
				said.disputed = (enum fact)f;
				return said;
			}
			if (would.verdict.confidence < said.verdict.confidence)
				said.verdict.confidence = would.verdict.confidence;
		}
		other.is[f] = facts->is[f];
	}
	return said;
}
