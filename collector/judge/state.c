#include "collector/judge/state.h"

#include <stddef.h>

static const char *const state_names[] = {"unobserved", "up", "degraded", "down"};

static const struct {
	const char *name;
	struct state_rule rule;
	uint8_t accuses_from; /* enum state */
	bool warns;
} kinds[KIND_COUNT] = {
        [KIND_HOST] = {"host", {1, 2, 3}, STATE_DOWN, true},
        [KIND_INTERFACE] = {"if", {1, 1, 3}, STATE_DOWN, false},
        /* quality.h has its own patience */
        [KIND_PATH] = {"path", {1, 2, 1}, STATE_DEGRADED, false},
        [KIND_UPLINK] = {"uplink", {1, 2, 1}, STATE_DEGRADED, false},
        /* the agent has confirmed a failure by quick re-probes before it says so */
        [KIND_SERVICE] = {"svc", {1, 2, 3}, STATE_DOWN, false},
        [KIND_AGENT] = {"agent", {1, 1, 1}, STATE_DOWN, false},
        [KIND_HEALTH] = {"health", {1, 2, 2}, STATE_DEGRADED, true},
        [KIND_CLOCK] = {"clock", {1, 2, 3}, STATE_DEGRADED, false},
        /* the last gasp may be the only row */
        [KIND_UPS] = {"ups", {1, 2, 1}, STATE_DEGRADED, true},
        /* busy gear misses a poll now and then */
        [KIND_GEAR] = {"gear", {2, 1, 3}, STATE_DOWN, false},
        [KIND_MTU] = {"mtu", {2, 2, 2}, STATE_DEGRADED, false},
        [KIND_TLS] = {"tls", {1, 1, 1}, STATE_DEGRADED, true},
        [KIND_CONFLICT] = {"conflict", {1, 1, 1}, STATE_DEGRADED, false},
};

const char *state_name(int state)
{
	return state_names[state >= STATE_UNOBSERVED && state <= STATE_DOWN ? state : STATE_UNOBSERVED];
}

const char *check_kind_name(int kind)
{
	return kind >= 0 && kind < KIND_COUNT ? kinds[kind].name : "unknown";
}

const struct state_rule *state_rule(enum check_kind kind)
{
	return &kinds[kind].rule;
}

bool state_accuses(enum check_kind kind, int state)
{
	return state >= kinds[kind].accuses_from;
}

bool state_alarms(enum check_kind kind)
{
	return !kinds[kind].warns;
}

int64_t state_step_ms(enum check_kind kind, const struct state_machine *m, int64_t step_ms)
{
	/* 2.5 of these are more than the poller's longest pause */
	return kind == KIND_GEAR && m->state == STATE_DOWN ? step_ms * 4 : step_ms;
}

int64_t state_patience_ms(int64_t step_ms)
{
	return step_ms * 5 / 2;
}

static void move(struct state_machine *m, uint8_t to, int64_t at, uint8_t reason, struct transition *out)
{
	*out = (struct transition){.from = m->state, .to = to, .reason = reason, .since = m->since, .at = at};
	m->state = to;
	m->since = at;
	m->reason = reason;
	m->run = 0;
}

static uint8_t rows_needed(const struct state_machine *m, const struct state_rule *rule, enum state seen)
{
	if (seen == STATE_DOWN)
		return rule->down_rows;
	if (m->state == STATE_UNOBSERVED)
		return 1;
	if (seen == STATE_UP || m->state == STATE_DOWN)
		return rule->up_rows;
	return rule->degraded_rows;
}

unsigned state_feed(struct state_machine *m, const struct state_rule *rule, int64_t step_ms, int64_t at,
        enum state seen, uint8_t reason, struct transition out[2])
{
	unsigned count = 0;
	if (at <= m->at)
		return 0;
	if (m->state != STATE_UNOBSERVED && at - m->at > state_patience_ms(step_ms)) {
		int64_t end = m->at + step_ms;
		move(m, STATE_UNOBSERVED, end > m->since ? end : m->since, 0, &out[count++]);
	}
	m->at = at;
	if (seen == (enum state)m->state) {
		m->run = 0;
		return count;
	}
	/* out of down, slow and good rows both speak for the way back */
	bool goes_on = m->run && (m->run_state == seen || (m->state == STATE_DOWN && seen < STATE_DOWN));
	if (!goes_on) {
		m->run = 0;
		m->run_at = at;
	}
	m->run_state = (uint8_t)seen;
	m->run++;
	if (m->run >= rows_needed(m, rule, seen))
		move(m, (uint8_t)seen, m->run_at, reason, &out[count++]);
	return count;
}

bool state_set(struct state_machine *m, int64_t at, enum state to, uint8_t reason, struct transition *out)
{
	if (at < m->since)
		at = m->since;
	if (at > m->at)
		m->at = at;
	if ((enum state)m->state == to)
		return false;
	move(m, (uint8_t)to, at, reason, out);
	return true;
}

enum state state_now(const struct state_machine *m, int64_t step_ms, int64_t now, int64_t *since)
{
	bool old = m->state != STATE_UNOBSERVED && now - m->at > state_patience_ms(step_ms);
	if (since)
		*since = old ? m->at + step_ms : m->since;
	return old ? STATE_UNOBSERVED : (enum state)m->state;
}
