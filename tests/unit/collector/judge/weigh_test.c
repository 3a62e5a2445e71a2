/*
 * Each case is a fault as its facts show it, and the verdict that people are owed. A rule of the table that no case uses fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "collector/judge/weigh.c"

#define ROUNDS 20000

static const struct {
	enum check_kind kind;
	const char *facts; /* "silent terminal-", and "?" disputed */
	const char *cause, *confidence, *runner_up, *ruled_out;
} cases[] = {
        /* ---- a site is dark ---- */
        {KIND_AGENT, "silent", "uplink-down", "unclear", "site-power", NULL},
        {KIND_AGENT, "silent terminal-", "uplink-down", "unclear", "site-power", NULL},
        {KIND_AGENT, "silent terminal", "lan-link-down", "unclear", "host-down", "uplink-down"},
        {KIND_AGENT, "silent siblings", "host-down", "likely", "lan-link-down", "site-power"},
        {KIND_AGENT, "silent siblings terminal", "host-down", "unclear", "lan-link-down", "uplink-down"},
        {KIND_AGENT, "silent siblings- terminal-", "uplink-down", "unclear", "site-power", "host-down"},
        {KIND_AGENT, "silent terminal- all-lines", "site-power", "likely", "gear-down", NULL},
        {KIND_AGENT, "silent on-battery", "site-power", "likely", "uplink-down", "host-down"},
        {KIND_AGENT, "silent on-battery-", "uplink-down", "unclear", NULL, "site-power"},
        {KIND_AGENT, "silent terminal- planned-cut", "site-power", "likely", NULL, NULL},
        {KIND_AGENT, "silent terminal- other-line", "uplink-down", "likely", NULL, "site-power"},
        {KIND_AGENT, "silent terminal- same-carrier", "upstream-shared", "likely", NULL, NULL},
        {KIND_AGENT, "silent terminal- same-carrier awake line-", NULL, NULL, NULL, "agent-down"},
        {KIND_AGENT, "silent terminal- neighbours", "area-power", "likely", NULL, NULL},
        {KIND_AGENT, "silent terminal- neighbours planned-cut on-battery unclean rebooted", "area-power", "certain",
                NULL, NULL},
        {KIND_AGENT, "silent- neighbours", "area-power", NULL, NULL, NULL},
        {KIND_AGENT, "silent neighbours siblings", "host-down", NULL, NULL, "area-power"},
        {KIND_AGENT, "silent one-way", "one-way-loss", "certain", NULL, "site-power"},
        {KIND_AGENT, "silent terminal large-only", "mtu-blackhole", "certain", NULL, "host-down"},
        {KIND_AGENT, "silent acknowledges", "agent-down", "likely", NULL, "uplink-down"},
        /* ---- what came afterwards ---- */
        {KIND_AGENT, "silent terminal- rebooted unclean", "site-power", "likely", NULL, "uplink-down"},
        {KIND_AGENT, "silent terminal- rebooted unclean gear-rebooted", "site-power", "certain", NULL, "agent-down"},
        {KIND_AGENT, "silent terminal- rebooted unclean on-battery", "site-power", "certain", NULL, NULL},
        {KIND_AGENT, "silent terminal- rebooted unclean- on-battery", "site-power", "likely", NULL, NULL},
        {KIND_AGENT, "silent terminal rebooted unclean", "host-down", "likely", NULL, "uplink-down"},
        {KIND_AGENT, "silent terminal rebooted unclean-", "host-down", "certain", NULL, "site-power"},
        {KIND_AGENT, "silent terminal- rebooted unclean gear-rebooted-", NULL, "unclear", NULL, NULL},
        {KIND_AGENT, "silent rebooted", "host-down", "likely", "site-power", NULL},
        {KIND_AGENT, "silent rebooted- awake-", "agent-down", "likely", NULL, "host-down"},
        {KIND_AGENT, "silent terminal- awake gateway line- rebooted- carrier", "uplink-down", "certain", NULL,
                "site-power"},
        {KIND_AGENT, "silent terminal awake carrier- line- gateway-", "lan-link-down", "certain", NULL, "uplink-down"},
        {KIND_AGENT, "silent terminal awake gateway- carrier", "lan-link-down", "likely", "gear-down", NULL},
        {KIND_AGENT, "silent terminal- awake gateway- carrier line-", "gear-down", "likely", NULL, "host-down"},
        {KIND_AGENT, "silent terminal- awake gateway- carrier line- gear-", "gear-down", "certain", NULL,
                "uplink-down"},
        {KIND_AGENT, "silent all-lines terminal- awake gateway- carrier gear-", "gear-down", "certain", NULL, NULL},
        {KIND_AGENT, "silent awake gear", "uplink-down", "likely", NULL, "gear-down"},
        {KIND_AGENT, "silent awake port-", "lan-link-down", NULL, NULL, NULL},
        {KIND_AGENT, "silent awake port", "uplink-down", "likely", NULL, NULL},
        {KIND_AGENT, "silent awake line", NULL, NULL, NULL, "uplink-down"},
        {KIND_AGENT, "silent terminal gear-rebooted awake", "gear-down", "likely", NULL, NULL},
        {KIND_AGENT, "silent awake neighbours gear-rebooted-", NULL, NULL, NULL, NULL},
        {KIND_AGENT, "silent awake same-carrier gateway- gear-", NULL, NULL, NULL, NULL},
        {KIND_AGENT, "silent terminal same-carrier siblings neighbours on-battery unclean rebooted", NULL, NULL, NULL,
                NULL},
        /* ---- who is stopped in order ---- */
        {KIND_AGENT, "closed", "agent-down", "likely", NULL, "uplink-down"},
        {KIND_AGENT, "closed goodbye", "agent-down", "certain", NULL, "uplink-down"},
        {KIND_AGENT, "closed goodbye shutdown-", "agent-down", "certain", NULL, "host-down"},
        {KIND_AGENT, "closed goodbye shutdown", "host-down", "certain", NULL, NULL},
        {KIND_AGENT, "closed rebooted unclean-", "host-down", "certain", NULL, NULL},
        {KIND_AGENT, "closed terminal siblings flaps", "flapping", NULL, NULL, NULL},
        /* ---- lines ---- */
        {KIND_UPLINK, "line-", "uplink-down", "certain", NULL, NULL},
        {KIND_UPLINK, "line- silent-", "uplink-down", "certain", NULL, "site-power"},
        {KIND_UPLINK, "line- all-lines silent-", "uplink-down", "likely", NULL, "site-power"},
        {KIND_UPLINK, "line- all-lines silent- gateway- gear-", "gear-down", "certain", NULL, "uplink-down"},
        {KIND_UPLINK, "line- carrier-", "lan-link-down", "certain", NULL, "uplink-down"},
        {KIND_UPLINK, "terminal-", "uplink-down", "unclear", "site-power", NULL},
        {KIND_UPLINK, "terminal- silent- other-line", "uplink-down", "likely", NULL, "site-power"},
        {KIND_UPLINK, "line- same-carrier", "upstream-shared", NULL, NULL, NULL},
        {KIND_UPLINK, "loss", "uplink-degraded", "likely", "uplink-saturated", NULL},
        {KIND_UPLINK, "loss full-", "uplink-degraded", "certain", NULL, "uplink-saturated"},
        {KIND_UPLINK, "delay", "uplink-degraded", "likely", "uplink-saturated", NULL},
        {KIND_UPLINK, "loss delay full", "uplink-saturated", "certain", NULL, NULL},
        {KIND_UPLINK, "loss loss-one-way", "one-way-loss", "certain", NULL, NULL},
        {KIND_UPLINK, "loss loss-one-way-", "uplink-degraded", "likely", NULL, "one-way-loss"},
        {KIND_UPLINK, "loss one-way", "one-way-loss", "certain", NULL, NULL},
        {KIND_UPLINK, "loss large-only", "mtu-blackhole", "certain", NULL, NULL},
        {KIND_UPLINK, "loss large-only-", "uplink-degraded", "likely", NULL, NULL},
        {KIND_UPLINK, "line- flaps", "flapping", "certain", "uplink-down", NULL},
        {KIND_UPLINK, "loss flaps carrier- gear-", "flapping", NULL, NULL, NULL},
        {KIND_UPLINK, "line- flaps-", "uplink-down", "certain", NULL, NULL},
        {KIND_UPLINK, "loss conflict", "address-conflict", "certain", NULL, NULL},
        {KIND_UPLINK, "everybody line- silent neighbours same-carrier on-battery", NULL, NULL, NULL, NULL},
        /* ---- services ---- */
        {KIND_SERVICE, "refused", "service-down", "certain", NULL, NULL},
        {KIND_SERVICE, "refused others-reach", "service-down", "likely", "service-filtered", NULL},
        {KIND_SERVICE, "reset", "service-down", "likely", NULL, NULL},
        {KIND_SERVICE, "hung", "service-hung", "certain", NULL, "service-down"},
        {KIND_SERVICE, "hung others-reach-", "service-hung", "certain", NULL, NULL},
        {KIND_SERVICE, "hung others-reach large-only", "mtu-blackhole", "certain", NULL, NULL},
        {KIND_SERVICE, "no-reply", "service-hung", "likely", "mtu-blackhole", NULL},
        {KIND_SERVICE, "no-reply large-only", "mtu-blackhole", "certain", NULL, "service-hung"},
        {KIND_SERVICE, "no-answer", "service-filtered", "unclear", "service-down", NULL},
        {KIND_SERVICE, "no-answer others-reach-", "service-filtered", "likely", NULL, NULL},
        {KIND_SERVICE, "no-answer prohibited", "service-filtered", "likely", NULL, NULL},
        {KIND_SERVICE, "no-answer prohibited-", "service-down", "likely", NULL, NULL},
        {KIND_SERVICE, "wrong-answer", "service-down", "likely", NULL, NULL},
        {KIND_SERVICE, "wrong-answer others-reach-", "service-down", "likely", NULL, "service-filtered"},
        {KIND_SERVICE, "no-answer loss", "uplink-degraded", "likely", NULL, "service-filtered"},
        {KIND_SERVICE, "no-reply loss", "uplink-degraded", "likely", NULL, "service-hung"},
        {KIND_SERVICE, "no-name loss", "uplink-degraded", "likely", NULL, "dns-failure"},
        {KIND_SERVICE, "hung wrong-answer", "service-down", NULL, NULL, NULL},
        {KIND_SERVICE, "no-name", "dns-failure", "certain", NULL, NULL},
        {KIND_SERVICE, "no-name wrong-answer", "dns-failure", "certain", NULL, NULL},
        {KIND_SERVICE, "no-name- wrong-answer", "service-down", "likely", NULL, "dns-failure"},
        {KIND_SERVICE, "refused is-name-server", "dns-failure", "certain", NULL, NULL},
        {KIND_SERVICE, "hung is-name-server", "dns-failure", "certain", NULL, NULL},
        {KIND_SERVICE, "no-answer is-name-server", "dns-failure", "certain", NULL, NULL},
        {KIND_SERVICE, "bad-certificate", "certificate", "certain", NULL, NULL},
        {KIND_SERVICE, "wrong-answer bad-certificate-", "service-down", "likely", NULL, NULL},
        {KIND_SERVICE, "refused conflict", "address-conflict", "certain", NULL, NULL},
        {KIND_SERVICE, "no-answer conflict", "address-conflict", "certain", NULL, NULL},
        {KIND_SERVICE, "refused hung no-answer flaps", "flapping", NULL, NULL, NULL},
        /* ---- the rest ---- */
        {KIND_TLS, "bad-certificate", "certificate", "certain", NULL, NULL},
        {KIND_MTU, "large-only", "mtu-blackhole", "certain", NULL, NULL},
        {KIND_CLOCK, "clock-off", "clock-skew", "certain", NULL, NULL},
        {KIND_CLOCK, "clock-far", "clock-skew", "certain", NULL, NULL},
        {KIND_CLOCK, "clock-off-", "unknown", "unclear", NULL, NULL},
        {KIND_INTERFACE, "carrier-", "lan-link-down", "certain", "gear-down", NULL},
        {KIND_INTERFACE, "carrier- gear-rebooted", "gear-down", NULL, NULL, NULL},
        {KIND_INTERFACE, "conflict carrier-", "address-conflict", "certain", NULL, NULL},
        {KIND_INTERFACE, "gateway-mac conflict-", NULL, NULL, NULL, NULL},
        {KIND_GEAR, "gear-", "gear-down", "likely", NULL, NULL},
        {KIND_GEAR, "gear- gear-rebooted", "gear-down", "certain", NULL, NULL},
        {KIND_GEAR, "gear- gateway-mac flaps conflict", NULL, NULL, NULL, NULL},
        {KIND_HOST, "rebooted awake-", "host-down", "likely", NULL, NULL},
        {KIND_HOST, "rebooted unclean awake- on-battery", "site-power", "certain", NULL, NULL},
        {KIND_PATH, "everybody", "collector-isolated", "likely", NULL, NULL},
        {KIND_PATH, "everybody gateway-", "collector-isolated", "certain", NULL, NULL},
        {KIND_PATH, "everybody-", "unknown", "unclear", NULL, NULL},
        /* ---- contradictions: nobody knows ---- */
        {KIND_AGENT, "silent terminal- awake gateway? line-", "unknown", "unclear", "uplink-down", NULL},
        {KIND_AGENT, "silent awake?", "unknown", "unclear", "uplink-down", NULL},
        {KIND_SERVICE, "refused?", "unknown", "unclear", "service-down", NULL},
        {KIND_SERVICE, "hung clock-off?", "service-hung", "certain", NULL, NULL},
        {KIND_AGENT, "awake rebooted-", "uplink-down", "unclear", NULL, "host-down"},
        {KIND_AGENT, "", "unknown", "unclear", NULL, NULL},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

static struct facts facts_of(const char *text)
{
	struct facts all = {0};
	char copy[256], *save = NULL;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);
		bool no = w[len - 1] == '-', disputed = w[len - 1] == '?';
		w[len - (no || disputed)] = 0;
		enum fact f = fact_named(w);
		if (f == FACT_COUNT)
			fail_msg("no such fact: %s", w);
		fact_set(&all, f, no ? ANSWER_NO : ANSWER_YES, RANK_SITE, 1, "test");
		all.is[f].disputed = disputed;
	}
	return all;
}

static void test_the_faults(void **state)
{
	unsigned wrong = 0;
	(void)state;
	for (size_t k = 0; k < CASE_COUNT; k++) {
		struct facts facts = facts_of(cases[k].facts);
		struct finding f = cause_judge(cases[k].kind, &facts);
		const char *cause = cause_words(f.verdict.cause)->name;
		const char *sure = confidence_name(f.verdict.confidence), *second = cause_words(f.runner_up)->name;
		bool out = !cases[k].ruled_out;
		for (unsigned m = 0; m < f.ruled_out_count; m++)
			out |= !strcmp(
			        cause_words(f.ruled_out[m].cause)->name, cases[k].ruled_out ? cases[k].ruled_out : "");
		if ((!cases[k].cause || !strcmp(cause, cases[k].cause)) &&
		        (!cases[k].confidence || !strcmp(sure, cases[k].confidence)) &&
		        (!cases[k].runner_up || !strcmp(second, cases[k].runner_up)) && out)
			continue;
		wrong++;
		print_error("\"%s\" of %s: %s %s (then %s)%s, not %s %s (then %s)\n", cases[k].facts,
		        check_kind_name(cases[k].kind), cause, sure, second, out ? "" : " without ruling out",
		        cases[k].cause, cases[k].confidence,
		        cases[k].runner_up ? cases[k].runner_up : cases[k].ruled_out);
	}
	assert_int_equal(wrong, 0);
}

static void test_every_rule_is_used(void **state)
{
	unsigned unused = 0;
	(void)state;
	for (size_t r = 0; r < RULE_COUNT; r++) {
		bool used = false;
		for (size_t k = 0; k < CASE_COUNT && !used; k++) {
			struct facts facts = facts_of(cases[k].facts);
			used = (reach[rules[r].cause].may & OF(cases[k].kind)) &&
			       facts.is[rules[r].fact].answer == rules[r].answer;
		}
		if (!used)
			print_error("no case uses: %s, %s %s\n", cause_words(rules[r].cause)->name,
			        fact_name(rules[r].fact), rules[r].answer == ANSWER_YES ? "yes" : "no");
		unused += !used;
	}
	assert_int_equal(unused, 0);
}

static void test_the_table_is_whole(void **state)
{
	bool supported[CAUSE_COUNT] = {false}, weighed[FACT_COUNT] = {false}, ordered[CAUSE_COUNT] = {false};
	(void)state;
	for (size_t r = 0; r < RULE_COUNT; r++) {
		assert_true(
		        rules[r].cause != CAUSE_UNKNOWN && rules[r].weight != 0 && rules[r].answer != ANSWER_UNKNOWN);
		assert_true(rules[r].weight >= RULES_OUT && rules[r].weight <= 12);
		supported[rules[r].cause] |= rules[r].weight > 0;
		weighed[rules[r].fact] = true;
		for (size_t m = 0; m < r; m++)
			assert_false(rules[m].cause == rules[r].cause && rules[m].fact == rules[r].fact &&
			             rules[m].answer == rules[r].answer);
	}
	for (size_t k = 0; k < COMMON_COUNT; k++)
		ordered[common[k]] = true;
	for (unsigned c = CAUSE_UNKNOWN + 1; c < CAUSE_COUNT; c++)
		if (!supported[c] || !ordered[c] || !reach[c].may)
			fail_msg("%s has no support, no place or no kind", cause_words((enum cause)c)->name);
	for (unsigned f = 0; f < FACT_COUNT; f++)
		if (!weighed[f])
			fail_msg("%s says nothing about anything", fact_name((enum fact)f));
}

static void random_facts(struct facts *all, unsigned *seed)
{
	memset(all, 0, sizeof *all);
	for (unsigned n = (unsigned)rand_r(seed) % 12; n; n--) {
		unsigned f = (unsigned)rand_r(seed) % FACT_COUNT;
		fact_set(all, (enum fact)f, rand_r(seed) % 2 ? ANSWER_YES : ANSWER_NO, RANK_SITE, 1, "test");
		all->is[f].disputed = rand_r(seed) % 8 == 0;
	}
}

static void test_no_cause_without_support(void **state)
{
	unsigned seed = 7;
	(void)state;
	for (unsigned n = 0; n < ROUNDS; n++) {
		struct facts facts;
		random_facts(&facts, &seed);
		struct finding f = cause_judge((enum check_kind)(rand_r(&seed) % KIND_COUNT), &facts);
		bool supported = f.verdict.cause == CAUSE_UNKNOWN;
		for (size_t r = 0; r < RULE_COUNT; r++)
			if (rules[r].cause == f.verdict.cause && facts.is[rules[r].fact].answer == rules[r].answer) {
				supported |= rules[r].weight > 0;
				assert_int_not_equal(rules[r].weight, RULES_OUT);
			}
		assert_true(supported);
		if (f.verdict.cause == CAUSE_UNKNOWN)
			assert_int_equal(f.verdict.confidence, CONFIDENCE_UNCLEAR);
		assert_true(f.runner_up == CAUSE_UNKNOWN || f.runner_up != f.verdict.cause);
	}
}

static void test_support_never_lowers(void **state)
{
	unsigned seed = 11;
	(void)state;
	for (unsigned n = 0; n < ROUNDS; n++) {
		const struct cause_rule *r = &rules[(size_t)rand_r(&seed) % RULE_COUNT];
		struct facts facts;
		struct tally before[CAUSE_COUNT], after[CAUSE_COUNT];
		random_facts(&facts, &seed);
		if (r->weight < 0 || facts.is[r->fact].answer != ANSWER_UNKNOWN)
			continue;
		tally_all(&facts, before);
		fact_set(&facts, r->fact, r->answer, RANK_SITE, 1, "test");
		tally_all(&facts, after);
		assert_true(after[r->cause].weight > before[r->cause].weight);
		assert_true(!stands(&before[r->cause]) || stands(&after[r->cause]));
	}
}

/* Whatever is contradicted, the verdict is one that holds either way, or none. */
static void test_a_contradiction_is_never_decided(void **state)
{
	unsigned seed = 13;
	(void)state;
	for (unsigned n = 0; n < ROUNDS; n++) {
		struct facts facts;
		random_facts(&facts, &seed);
		enum fact f = (enum fact)((unsigned)rand_r(&seed) % FACT_COUNT);
		for (unsigned k = 0; k < FACT_COUNT; k++)
			facts.is[k].disputed = false;
		if (facts.is[f].answer == ANSWER_UNKNOWN)
			continue;
		struct finding one = cause_judge(KIND_AGENT, &facts);
		facts.is[f].answer = facts.is[f].answer == ANSWER_YES ? ANSWER_NO : ANSWER_YES;
		struct finding two = cause_judge(KIND_AGENT, &facts);
		facts.is[f].disputed = true;
		struct finding both = cause_judge(KIND_AGENT, &facts);
		if (one.verdict.cause != two.verdict.cause) {
			assert_int_equal(both.verdict.cause, CAUSE_UNKNOWN);
			assert_int_equal(both.disputed, f);
		} else {
			assert_true(both.verdict.confidence <= one.verdict.confidence);
			assert_true(both.verdict.confidence <= two.verdict.confidence);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_faults),
	        cmocka_unit_test(test_every_rule_is_used),
	        cmocka_unit_test(test_the_table_is_whole),
	        cmocka_unit_test(test_no_cause_without_support),
	        cmocka_unit_test(test_support_never_lowers),
	        cmocka_unit_test(test_a_contradiction_is_never_decided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
