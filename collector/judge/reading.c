#include "collector/judge/reading.h"

#include <math.h>
#include <stdlib.h>

#include "collector/judge/address.h"
#include "collector/judge/event.h"
#include "collector/judge/trouble.h"
#include "common/batch.h"
#include "common/log.h"

#define YEAR_2020_MS 1577836800000LL
/* a row from later than this is the agent's wrong clock */
#define FUTURE_MS 60000
#define DISK_FULL 95.0 /* percent */
#define CLOCK_OFF_MS 1000.0
#define CLOCK_FAR_MS 60000
#define SKEW_OFF_MS 2000      /* a slow line makes some of it */
#define CERTIFICATE_DAYS 14.0 /* time enough to have another signed */

struct reading {
	struct judge *j;
	struct judge_node *n;
	const struct record *r;
	int64_t first, last;
};

static double value_at(enum metric_class_id id, const int64_t *v, unsigned count, unsigned column)
{
	return column < count ? metric_value(&metric_class(id)->metrics[column], v[column]) : NAN;
}

static void measure(struct judge *j, struct judge_check *c, unsigned slot, enum metric_class_id id, unsigned column,
        int64_t at, const int64_t *v, unsigned count)
{
	(void)j;
	const struct metric *m = &metric_class(id)->metrics[column];
	bool known = column < count && v[column] != METRIC_UNKNOWN;
	c->value[slot] = known ? metric_value(m, v[column]) : NAN;
	if (known)
		figures_add(c->figures, slot, at, v[column], metric_scale(m->decimals));
}

static enum state read_path(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	measure(j, c, 0, CLASS_PATH, PATH_LOSS, at, v, count);
	measure(j, c, 1, CLASS_PATH, PATH_RTT, at, v, count);
	if (isnan(c->value[0]))
		return STATE_UNOBSERVED;
	quality_row(check_quality_make(c), at, c->value[0], c->value[1]);
	if (count > PATH_OUT_OCTETS && v[PATH_IN_OCTETS] != METRIC_UNKNOWN)
		quality_traffic(c->quality, at, v[PATH_IN_OCTETS], v[PATH_OUT_OCTETS]);
	if (c->value[0] >= 100) {
		*reason = REASON_TIMEOUT;
		return STATE_DOWN;
	}
	return check_quality(c) ? STATE_DEGRADED : STATE_UP;
}

static enum state read_service(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	measure(j, c, 0, CLASS_SERVICE, SVC_CONNECT, at, v, count);
	if (!count || v[SVC_UP] == METRIC_UNKNOWN)
		return STATE_UNOBSERVED;
	if (v[SVC_UP])
		return STATE_UP;
	int64_t why = SVC_REASON < count ? v[SVC_REASON] : METRIC_UNKNOWN;
	*reason = why > REASON_OK && why < REASON_COUNT ? (uint8_t)why : REASON_LOCAL;
	return STATE_DOWN;
}

static enum state read_interface(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)reason;
	/* what goes through a router may fill the line behind it */
	if (count > IF_OUT_OCTETS && c->node->inv && c->node->inv->kind == NODE_GEAR &&
	        v[IF_IN_OCTETS] != METRIC_UNKNOWN)
		quality_traffic(check_quality_make(c), at, v[IF_IN_OCTETS], v[IF_OUT_OCTETS]);
	if (count <= IF_CARRIER || v[IF_CARRIER] == METRIC_UNKNOWN)
		return STATE_UNOBSERVED;
	return v[IF_CARRIER] ? STATE_UP : STATE_DOWN;
}

static enum state read_host(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)c;
	(void)at;
	(void)reason;
	double used = value_at(CLASS_HOST, v, count, HOST_DISK_USED);
	return !isnan(used) && used >= DISK_FULL ? STATE_DEGRADED : STATE_UP;
}

/* A clock that nobody keeps may be right all the same: only what is off is bad. */
static enum state clock_state(const struct judge_check *c)
{
	return fabs(c->value[0]) > CLOCK_OFF_MS || llabs(c->node->skew_ms) > SKEW_OFF_MS ? STATE_DEGRADED : STATE_UP;
}

/* How far the agent's wall clock is from the collector's is told each step: a clock that was set wrong is seen within a minute. */
static void read_skew(struct judge *j, struct judge_node *n, int64_t at)
{
	struct judge_check *c = fleet_check(n, KIND_CLOCK, "");
	struct transition out[2];
	if (!c && llabs(n->skew_ms) <= SKEW_OFF_MS)
		return;
	c = c ? c : fleet_check_make(&j->fleet, n, KIND_CLOCK, "");
	if (!c || n->simulated)
		return;
	unsigned moves = state_feed(
	        &c->machine, state_rule(KIND_CLOCK), c->step_ms, at, clock_state(c), REASON_UNSYNCHRONISED, out);
	c->dirty = true;
	for (unsigned k = 0; k < moves; k++)
		judge_move(j, c, &out[k], true);
	if (c->trouble && llabs(n->skew_ms) >= CLOCK_FAR_MS)
		trouble_know(j, c, FACT_CLOCK_FAR, ANSWER_YES, RANK_SITE, at, n->name);
}

/* The agent's own figures say nothing about a state: its connection does that. */
static enum state read_agent(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)reason;
	if (count > AGENT_SPOOL_BATCHES && v[AGENT_SPOOL_BATCHES] != METRIC_UNKNOWN)
		c->node->backlog = v[AGENT_SPOOL_BATCHES];
	if (count > AGENT_SKEW && v[AGENT_SKEW] != METRIC_UNKNOWN)
		c->node->skew_ms = v[AGENT_SKEW];
	if (!j->uncertain)
		read_skew(j, c->node, at);
	return STATE_UNOBSERVED;
}

/* A switch or router answers its poll, or not. The round trip says later that it once did. */
static enum state read_gear(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	if (count <= GEAR_UP || v[GEAR_UP] == METRIC_UNKNOWN)
		return STATE_UNOBSERVED;
	if (!v[GEAR_UP]) {
		*reason = REASON_TIMEOUT;
		return STATE_DOWN;
	}
	double rtt = value_at(CLASS_GEAR, v, count, GEAR_RTT);
	c->value[0] = isnan(rtt) ? 0 : rtt;
	return STATE_UP;
}

static enum state read_ups(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)reason;
	c->value[0] = value_at(CLASS_UPS, v, count, UPS_CHARGE);
	c->value[1] = value_at(CLASS_UPS, v, count, UPS_RUNTIME);
	if (count <= UPS_ON_BATTERY || v[UPS_ON_BATTERY] == METRIC_UNKNOWN)
		return STATE_UNOBSERVED;
	/* an agent that starts when the mains are back has no change to tell */
	if (!v[UPS_ON_BATTERY] && at > c->node->battery_at)
		c->node->battery_at = 0;
	return v[UPS_ON_BATTERY] ? STATE_DEGRADED : STATE_UP;
}

static enum state read_health(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	(void)reason;
	double inodes = value_at(CLASS_HEALTH, v, count, HEALTH_INODES);
	c->value[0] = value_at(CLASS_HEALTH, v, count, HEALTH_READONLY);
	c->value[1] = value_at(CLASS_HEALTH, v, count, HEALTH_DISKS_BAD);
	/* comparisons with what is not known are false */
	return c->value[0] > 0 || c->value[1] > 0 || inodes >= DISK_FULL ? STATE_DEGRADED : STATE_UP;
}

static enum state read_clock(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	c->value[0] = value_at(CLASS_CLOCK, v, count, CLOCK_OFFSET);
	*reason = REASON_UNSYNCHRONISED;
	return clock_state(c);
}

/* Only large packets vanish, and no router said that they are too large for the path: a hole. */
static enum state read_mtu(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	c->value[0] = value_at(CLASS_MTU, v, count, MTU_FULL_BYTES);
	c->value[1] = value_at(CLASS_MTU, v, count, MTU_PATH_BYTES);
	if (count <= MTU_FULL_OK || v[MTU_SMALL_OK] != 1 || v[MTU_FULL_OK] == METRIC_UNKNOWN)
		return STATE_UNOBSERVED;
	if (v[MTU_FULL_OK])
		return STATE_UP;
	*reason = REASON_TOO_LARGE;
	return STATE_DEGRADED;
}

static enum state read_tls(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	c->value[0] = value_at(CLASS_TLS, v, count, TLS_DAYS_LEFT);
	if (isnan(c->value[0]))
		return STATE_UNOBSERVED;
	if (c->value[0] >= CERTIFICATE_DAYS)
		return STATE_UP;
	*reason = REASON_EXPIRED;
	return STATE_DEGRADED;
}

static enum state (*const readers[KIND_COUNT])(
        struct judge *, struct judge_check *, int64_t, const int64_t *, unsigned, uint8_t *) = {
        [KIND_HOST] = read_host,
        [KIND_INTERFACE] = read_interface,
        [KIND_PATH] = read_path,
        [KIND_UPLINK] = read_path,
        [KIND_SERVICE] = read_service,
        [KIND_AGENT] = read_agent,
        [KIND_HEALTH] = read_health,
        [KIND_CLOCK] = read_clock,
        [KIND_UPS] = read_ups,
        [KIND_GEAR] = read_gear,
        [KIND_MTU] = read_mtu,
        [KIND_TLS] = read_tls,
};

/* NULL: nothing is known of it. */
static const struct judge_set *set_of(struct reading *rd, uint32_t set)
{
	struct judge_node *n = rd->n;
	const char *class_name, *instance;
	uint8_t layout;
	if (set < n->set_count && n->sets[set].known)
		return &n->sets[set];
	const struct judge_source *s = &rd->j->source;
	if (!s->dict || !s->dict(s->arg, n->name, n->epoch, set, &class_name, &layout, &instance))
		return NULL;
	fleet_set(&rd->j->fleet, n, set, class_name, instance);
	return set < n->set_count ? &n->sets[set] : NULL;
}

/* Of the row that follows. */
static void read_look(struct judge_check *c, int64_t at, const int64_t *v, unsigned count)
{
	if (count > LOOK_BURSTS && v[LOOK_ECHOES] != METRIC_UNKNOWN)
		quality_look(check_quality_make(c), at, v[LOOK_ECHOES], v[LOOK_LOST], v[LOOK_BURSTS]);
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct reading *rd = arg;
	(void)layout; /* columns are only ever appended */
	fleet_set(&rd->j->fleet, rd->n, set, class_name, instance);
}

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct reading *rd = arg;
	struct transition out[2];
	int64_t at = boot_ms + rd->r->offset_ms;
	/* a box that woke in 1970 and could not be verified: its times mean nothing */
	if (at < YEAR_2020_MS || at > rd->r->at_ms + FUTURE_MS)
		return;
	const struct judge_set *known = set_of(rd, set);
	struct judge_check *c = known ? known->check : NULL;
	if (!c || at <= c->row_at)
		return;
	if (known->look) {
		read_look(c, at, values, count);
		return;
	}
	if (c->figures && figures_over(c->figures, at)) {
		judge_keep_hour(rd->j, c);
		figures_begin(c->figures, at);
	}
	c->row_at = at;
	c->dirty = true;
	rd->j->rows++;
	if (!rd->first)
		rd->first = at;
	if (at > rd->last)
		rd->last = at;
	uint8_t reason = REASON_OK;
	enum state seen = readers[c->kind](rd->j, c, at, values, count, &reason);
	if (seen == STATE_UNOBSERVED)
		return;
	int64_t step_ms = state_step_ms(c->kind, &c->machine, c->step_ms);
	unsigned moves = state_feed(&c->machine, state_rule(c->kind), step_ms, at, seen, reason, out);
	for (unsigned i = 0; i < moves; i++)
		judge_move(rd->j, c, &out[i], !isnan(c->value[0]));
	if (c->trouble && seen == STATE_DEGRADED)
		quality_tell(rd->j, c);
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct reading *rd = arg;
	int64_t at = boot_ms + rd->r->offset_ms;
	if (at < YEAR_2020_MS || at > rd->r->at_ms + FUTURE_MS)
		return;
	event_take(rd->j, rd->n, at, kind, text);
	address_event(rd->j, rd->n, at, kind, text);
}

void reading_batch(struct judge *j, struct judge_node *n, const struct record *r, int64_t *first, int64_t *last)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict, .on_row = on_row, .on_event = on_event};
	struct reading rd = {.j = j, .n = n, .r = r};
	fleet_epoch(n, r->epoch);
	int rc = batch_decode(r->body, r->body_len, &handlers, &rd, NULL);
	if (rc)
		log_warn("record %lld of %s: the batch cannot be read", (long long)r->id, n->name);
	*first = rd.first;
	*last = rd.last;
	if (rd.last > n->sample_at)
		n->sample_at = rd.last;
}
