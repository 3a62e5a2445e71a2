#include "collector/judge/reading.h"

#include <math.h>

#include "common/batch.h"
#include "common/log.h"

#define YEAR_2020_MS 1577836800000LL
/* a row from later than this is the agent's wrong clock */
#define FUTURE_MS 60000
#define LOSS_SLOW 5.0  /* percent */
#define DISK_FULL 95.0 /* percent */
#define RTT_TIMES 5.0  /* of the usual one, and ... */
#define RTT_MORE_MS 50.0
#define USUAL_WEIGHT (1.0 / 64)

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

/* Far above the usual: both in proportion and in milliseconds. The usual follows slowly, and only good rows. */
static bool rtt_slow(struct judge_check *c, double rtt)
{
	if (isnan(rtt))
		return false;
	if (c->usual_ms > 0 && rtt > c->usual_ms * RTT_TIMES && rtt > c->usual_ms + RTT_MORE_MS)
		return true;
	c->usual_ms = c->usual_ms > 0 ? c->usual_ms + (rtt - c->usual_ms) * USUAL_WEIGHT : rtt;
	return false;
}

static enum state read_path(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	measure(j, c, 0, CLASS_PATH, PATH_LOSS, at, v, count);
	measure(j, c, 1, CLASS_PATH, PATH_RTT, at, v, count);
	if (isnan(c->value[0]))
		return STATE_UNOBSERVED;
	if (c->value[0] >= 100) {
		*reason = REASON_TIMEOUT;
		return STATE_DOWN;
	}
	bool slow = rtt_slow(c, c->value[1]);
	return slow || c->value[0] >= LOSS_SLOW ? STATE_DEGRADED : STATE_UP;
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
	(void)c;
	(void)at;
	(void)reason;
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

/* The agent's own figures say nothing about a state: its connection does that. */
static enum state read_agent(
        struct judge *j, struct judge_check *c, int64_t at, const int64_t *v, unsigned count, uint8_t *reason)
{
	(void)j;
	(void)at;
	(void)reason;
	if (count > AGENT_SPOOL_BATCHES && v[AGENT_SPOOL_BATCHES] != METRIC_UNKNOWN)
		c->node->backlog = v[AGENT_SPOOL_BATCHES];
	if (count > AGENT_SKEW && v[AGENT_SKEW] != METRIC_UNKNOWN)
		c->node->skew_ms = v[AGENT_SKEW];
	return STATE_UNOBSERVED;
}

static enum state (*const readers[KIND_COUNT])(
        struct judge *, struct judge_check *, int64_t, const int64_t *, unsigned, uint8_t *) = {
        [KIND_HOST] = read_host,
        [KIND_INTERFACE] = read_interface,
        [KIND_PATH] = read_path,
        [KIND_UPLINK] = read_path,
        [KIND_SERVICE] = read_service,
        [KIND_AGENT] = read_agent,
};

static struct judge_check *check_of_set(struct reading *rd, uint32_t set)
{
	struct judge_node *n = rd->n;
	const char *class_name, *instance;
	uint8_t layout;
	if (set < n->set_count && n->sets[set])
		return n->sets[set];
	const struct judge_source *s = &rd->j->source;
	if (!s->dict || !s->dict(s->arg, n->name, n->epoch, set, &class_name, &layout, &instance))
		return NULL;
	fleet_set(&rd->j->fleet, n, set, class_name, instance);
	return set < n->set_count ? n->sets[set] : NULL;
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
	struct judge_check *c = check_of_set(rd, set);
	if (!c || at <= c->row_at)
		return;
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
	unsigned moves = state_feed(&c->machine, state_rule(c->kind), c->step_ms, at, seen, reason, out);
	for (unsigned i = 0; i < moves; i++)
		judge_move(rd->j, c, &out[i], !isnan(c->value[0]));
}

void reading_batch(struct judge *j, struct judge_node *n, const struct record *r, int64_t *first, int64_t *last)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict, .on_row = on_row};
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
