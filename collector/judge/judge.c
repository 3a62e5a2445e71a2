#include "collector/judge/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/act.h"
#include "collector/judge/address.h"
#include "collector/judge/area.h"
#include "collector/judge/book.h"
#include "collector/judge/complaint.h"
#include "collector/judge/contact.h"
#include "collector/judge/drill.h"
#include "collector/judge/event.h"
#include "collector/judge/isolation.h"
#include "collector/judge/life.h"
#include "collector/judge/reading.h"
#include "collector/judge/rejudge.h"
#include "collector/judge/topology.h"
#include "collector/judge/trouble.h"
#include "common/memory.h"

#define SWEEP_MS 1000
#define LATE_DECIDES_MS 60000
#define REMOVAL_HOLD_MS 2000 /* an interface that is being removed loses its carrier first: containers come and go */
#define CROWD_HOLD_MS 3000   /* for a service that many sites check: do the others fail too? */
#define LINE_HOLD_MS 5000    /* until the line has spoken */
#define MANY_SITES 3

void judge_init(struct judge *j, int64_t step_ms, const struct judge_source *source)
{
	memset(j, 0, sizeof *j);
	j->fleet.step_ms = step_ms;
	j->source = *source;
}

static void *grown(void *old, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return old;
	*cap = *cap ? *cap * 2 : 64;
	return mem_grow(old, *cap, size);
}

void judge_keep_hour(struct judge *j, struct judge_check *c)
{
	if (!c->figures->hour)
		return;
	j->hours = grown(j->hours, j->hour_count, &j->hour_cap, sizeof *j->hours);
	struct finished_hour *h = &j->hours[j->hour_count++];
	*h = (struct finished_hour){.check_id = c->id, .hour = c->figures->hour};
	figures_encode(c->figures, &h->body);
}

void judge_move(struct judge *j, struct judge_check *c, const struct transition *t, bool connected)
{
	j->moves = grown(j->moves, j->move_count, &j->move_cap, sizeof *j->moves);
	j->moves[j->move_count++] = (struct move){.check = c, .t = *t, .connected = connected};
	c->dirty = true;
	if (t->from == STATE_UNOBSERVED || t->at <= t->since)
		return;
	j->closed = grown(j->closed, j->closed_count, &j->closed_cap, sizeof *j->closed);
	j->closed[j->closed_count++] = (struct closed_interval){
	        .check_id = c->id, .start = t->since, .stop = t->at, .state = t->from, .reason = t->reason};
}

/* Causes before what they cause: power, interfaces, lines, paths, gear, then services; ids make it the same in every replay. */
static int rank(const struct move *m)
{
	static const int ranks[KIND_COUNT] = {[KIND_INTERFACE] = 0,
	        [KIND_UPLINK] = 1,
	        [KIND_PATH] = 2,
	        [KIND_AGENT] = 3,
	        [KIND_HOST] = 4,
	        [KIND_HEALTH] = 4,
	        [KIND_CLOCK] = 4,
	        [KIND_UPS] = 0,
	        [KIND_GEAR] = 5,
	        [KIND_MTU] = 4,
	        [KIND_TLS] = 4,
	        [KIND_CONFLICT] = 0,
	        [KIND_SERVICE] = 6};
	return ranks[m->check->kind];
}

static int compare_moves(const void *a, const void *b)
{
	const struct move *x = a, *y = b;
	if (x->t.at != y->t.at)
		return x->t.at < y->t.at ? -1 : 1;
	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (x->check->id != y->check->id)
		return x->check->id < y->check->id ? -1 : 1;
	/* one check's: out of the gap, then into the new state */
	return x->t.from == y->t.to ? 1 : -1;
}

static unsigned sites_checking(const struct judge *j, const struct service *sv)
{
	const struct site *seen[MANY_SITES];
	unsigned count = 0;
	for (uint32_t k = 0; k < j->fleet.count && count < MANY_SITES; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		bool known = !n->site || !fleet_check(n, KIND_SERVICE, sv->id);
		for (unsigned m = 0; m < count; m++)
			known |= seen[m] == n->site;
		if (!known)
			seen[count++] = n->site;
	}
	return count;
}

/* Has the site's line said anything since? */
static bool line_spoke(const struct judge_check *c, int64_t from)
{
	for (uint32_t k = 0; k < c->node->check_count; k++) {
		const struct judge_check *o = c->node->checks[k];
		if (o->kind == KIND_UPLINK && o->uplink && o->row_at < from)
			return false;
	}
	return true;
}

static int64_t hold_of(const struct judge *j, const struct judge_check *c, int64_t from, int reason)
{
	if (j->now - from > LATE_DECIDES_MS && j->now - from > 2 * c->step_ms)
		return 0;
	if (c->kind == KIND_INTERFACE)
		return REMOVAL_HOLD_MS;
	if (c->kind != KIND_SERVICE || !c->service || isolation_testifies(j, c, reason))
		return 0;
	if (reason != REASON_REFUSED && !line_spoke(c, from))
		return LINE_HOLD_MS;
	return sites_checking(j, c->service) >= MANY_SITES ? CROWD_HOLD_MS : 0;
}

/* Bad news of a check, worse than before or not. */
static void settle_bad(struct judge *j, const struct move *m)
{
	struct judge_check *c = m->check;
	bool down = m->t.to == STATE_DOWN;
	/* an interface that never had carrier accuses nobody */
	if (c->kind == KIND_INTERFACE && m->t.from != STATE_UP)
		return;
	trouble_begin(j, c, m->t.at, m->t.reason, m->connected, down ? hold_of(j, c, m->t.at, m->t.reason) : 0);
	if (down)
		quality_worse(j, c, m->t.at);
	else
		quality_tell(j, c);
	if (!down && c->uplink)
		ways_tell(j, c->node, m->t.at);
}

static void settle(struct judge *j, const struct move *m)
{
	struct judge_check *c = m->check;
	bool seen = m->t.to != STATE_UNOBSERVED;
	if (seen && (m->t.to != STATE_DOWN || (c->kind != KIND_AGENT && !j->uncertain)))
		isolation_path(j, c, m->t.at, (enum state)m->t.to);
	if (seen && !state_accuses(c->kind, m->t.to))
		trouble_end(j, c, m->t.at, false);
	else if (seen && c->kind != KIND_AGENT && !j->uncertain)
		settle_bad(j, m);
	rejudge_move(j, c, &m->t);
	testimony_move(j, c, &m->t);
	c->shown_old = m->t.to == STATE_UNOBSERVED;
	if (j->on_state)
		j->on_state(j->arg, c);
}

void judge_settle(struct judge *j)
{
	if (j->move_count > 1)
		qsort(j->moves, j->move_count, sizeof *j->moves, compare_moves);
	/* settling makes no moves */
	for (size_t k = 0; k < j->move_count; k++)
		settle(j, &j->moves[k]);
	j->move_count = 0;
}

static void read_batch(struct judge *j, const struct record *r)
{
	int64_t first, last;
	struct judge_node *n = fleet_node_make(&j->fleet, r->node);
	if (!n)
		return;
	int64_t before = n->sample_at;
	bool rebooted = n->boot_known && memcmp(n->boot, r->boot, BOOT_ID_BYTES);
	contact_heard(j, n, r->at_ms);
	j->uncertain = r->flags & RECORD_UNCERTAIN;
	if (rebooted)
		testimony_boot(n);
	reading_batch(j, n, r, &first, &last);
	if (!j->uncertain)
		testimony_batch(j, n, rebooted, before, first, last);
	memcpy(n->boot, r->boot, BOOT_ID_BYTES);
	n->boot_known = true;
	judge_settle(j);
	j->uncertain = false;
}

/* tell's word that a mail left; our own conclusions are passed over. */
static void read_conclusion(struct judge *j, const struct record *r)
{
	if (!j->drills || !j->drills->count)
		return;
	json_t *o = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	if (type && !strcmp(type, "mail"))
		drill_mailed(j, o);
	json_decref(o);
}

static void read_death(struct judge *j, const struct record *r)
{
	json_t *o = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	const char *role = json_string_value(json_object_get(o, "role"));
	/* its connections are gone without a word about them */
	if (role && !strcmp(role, "intake"))
		contact_doubt(j, r->at_ms);
	json_decref(o);
}

void judge_record(struct judge *j, const struct record *r)
{
	if (r->at_ms > j->now)
		judge_tick(j, r->at_ms);
	switch (r->kind) {
	case RECORD_BATCH:
		read_batch(j, r);
		break;
	case RECORD_AGENT:
		contact_record(j, r);
		judge_settle(j);
		break;
	case RECORD_ACT:
		act_read(j, r);
		break;
	case RECORD_PROCESS:
		read_death(j, r);
		break;
	case RECORD_CONCLUSION:
		read_conclusion(j, r);
		break;
	default: /* gaps show as unobserved by themselves */
		break;
	}
}

void judge_hint(
        struct judge *j, const char *node, const char *class_name, const char *subject, bool up, int reason, int64_t at)
{
	/* the other kinds are never worse than degraded */
	static const bool accuses[KIND_COUNT] = {[KIND_INTERFACE] = true,
	        [KIND_PATH] = true,
	        [KIND_UPLINK] = true,
	        [KIND_SERVICE] = true,
	        [KIND_GEAR] = true};
	struct transition out[2];
	struct judge_node *n = fleet_node(&j->fleet, node);
	const struct metric_class *class = metric_class_named(class_name);
	const char *instance;
	struct judge_node *whose = n && class && class->id < (int)KIND_ROWS && metric_subject_valid(subject)
	                                   ? fleet_subject_node(&j->fleet, n, subject, &instance)
	                                   : NULL;
	struct judge_check *c = whose ? fleet_check(whose, (enum check_kind) class->id, instance) : NULL;
	/* while a backlog replays, its samples decide when they get here */
	if (!c || c->kind == KIND_AGENT || c->kind == KIND_HOST || at > j->now + SWEEP_MS ||
	        at - c->machine.at > state_patience_ms(state_step_ms(c->kind, &c->machine, c->step_ms)))
		return;
	enum state bad = accuses[c->kind] ? STATE_DOWN : STATE_DEGRADED;
	unsigned moves = state_feed(&c->machine, state_rule(c->kind), state_step_ms(c->kind, &c->machine, c->step_ms),
	        at, up ? STATE_UP : bad, up ? REASON_OK : (uint8_t)reason, out);
	c->dirty = true;
	for (unsigned k = 0; k < moves; k++)
		judge_move(j, c, &out[k], false);
	judge_settle(j);
}

static void sweep(struct judge *j)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		for (uint32_t m = 0; m < n->check_count; m++) {
			struct judge_check *c = n->checks[m];
			bool old = check_state_now(c, j->now, NULL) == STATE_UNOBSERVED;
			if (old != c->shown_old && j->on_state)
				j->on_state(j->arg, c);
			c->shown_old = old;
		}
	}
}

void judge_tick(struct judge *j, int64_t now)
{
	if (now > j->now)
		j->now = now;
	trouble_tick(j);
	testimony_tick(j);
	drill_tick(j);
	if (j->now - j->swept_at < SWEEP_MS)
		return;
	j->swept_at = j->now;
	contact_tick(j);
	address_tick(j);
	judge_settle(j);
	isolation_tick(j);
	area_tick(j);
	flap_tick(j);
	life_tick(j);
	complaints_tick(j);
	sweep(j);
}

/* Checks that are watched no more end their troubles. */
void judge_set_inventory(struct judge *j, const struct inventory *inv)
{
	j->inv = inv;
	fleet_relink(&j->fleet, inv);
	struct topology *topology = topology_make(inv);
	topology_inherit(topology, j->topology);
	j->topology = topology;
	isolation_resume(j);
	excuses_plan(&j->excuses, inv, j->now);
	for (size_t k = j->trouble_count; k > 0; k--) {
		struct judge_check *c = j->troubles[k - 1]->check;
		if (!trouble_counts(c))
			trouble_end(j, c, j->now, true);
	}
}

void judge_resume(struct judge *j, int64_t now)
{
	if (now > j->now)
		j->now = now;
	contact_doubt(j, j->now);
}

void judge_free(struct judge *j)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		free(j->troubles[k]->known);
		free(j->troubles[k]);
	}
	for (size_t k = 0; k < j->hour_count; k++)
		buf_free(&j->hours[k].body);
	acts_forget(j);
	excuses_free(&j->excuses);
	free(j->troubles);
	free(j->moves);
	free(j->closed);
	free(j->gaps);
	free(j->rejudged);
	free(j->hours);
	free(j->acts);
	events_forget(j);
	free(j->events);
	complaints_free(j);
	drills_free(j);
	topology_free(j->topology);
	book_free(j->book);
	fleet_free(&j->fleet);
	incidents_free(&j->incidents);
}
