#include "collector/judge/loss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define MINUTE_MS 60000
#define MINUTES_MAX (60 * 1440) /* of a longer one its first 60 days */
#define INTERVALS_MAX 2000
#define EXCUSED_MAX 64
#define PAIRS_MAX 8192
#define SEEN_MAX 16 /* agents of one site that check the same */

struct pair {
	const struct service *service;
	const struct site *site;
};

struct loss {
	const struct judge *j;
	loss_read read;
	void *arg;
	int64_t from, until;
	size_t minutes;
	struct pair *pairs;
	size_t pair_count;
	const struct judge_node **nodes; /* those with checks, by site */
	size_t node_count;
	uint8_t *lost, *down; /* a byte a minute: of the service, and of one site */
	struct interval *intervals;
	struct excused excused[EXCUSED_MAX];
};

/* ---- which services at which sites ---- */

static void pair_add(struct loss *l, const struct judge_check *c)
{
	if (c->kind != KIND_SERVICE || !c->service || !c->site || l->pair_count == PAIRS_MAX)
		return;
	l->pairs[l->pair_count++] = (struct pair){c->service, c->site};
}

/* "service:land@mk-srv1", "agent:mk-srv1" */
static void pairs_of(struct loss *l, const char *what)
{
	char instance[METRIC_NODE_MAX];
	const char *colon = strchr(what, ':'), *at = strchr(what, '@');
	const struct judge_node *n = colon ? fleet_node(&l->j->fleet, at ? at + 1 : colon + 1) : NULL;
	if (!n)
		return;
	if (!strncmp(what, "service:", 8) && at && (size_t)(at - colon) <= sizeof instance) {
		snprintf(instance, sizeof instance, "%.*s", (int)(at - colon - 1), colon + 1);
		const struct judge_check *c = fleet_check(n, KIND_SERVICE, instance);
		if (c)
			pair_add(l, c);
	} else if (!strncmp(what, "agent:", 6)) {
		for (uint32_t k = 0; k < n->check_count; k++)
			pair_add(l, n->checks[k]);
	}
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int rc = strcmp(x->service->id, y->service->id);
	return rc ? rc : strcmp(x->site->id, y->site->id);
}

/* ---- their minutes ---- */

static struct check_history history_of(struct loss *l, const struct judge_check *c)
{
	struct check_history h = {.intervals = l->intervals, .excused = l->excused};
	h.count = l->read(l->arg, c->id, l->from, l->until, l->intervals, INTERVALS_MAX - 1);
	if (c->machine.state != STATE_UNOBSERVED && c->machine.since < l->until)
		l->intervals[h.count++] =
		        (struct interval){c->machine.since, c->machine.at + c->step_ms, c->machine.state};
	for (size_t k = 0; k < l->j->excuses.count && h.excused_count < EXCUSED_MAX; k++) {
		const struct excuse *e = l->j->excuses.all[k];
		if (e->approved && e->from < l->until && e->until > l->from &&
		        excuse_covers(e, l->j->inv, c, e->from > l->from ? e->from : l->from))
			l->excused[h.excused_count++] = (struct excused){e->from, e->until};
	}
	return h;
}

/* Only minutes that a stretch of being down touches can be down. */
static void mark_down(struct loss *l, const struct check_history *h)
{
	for (size_t k = 0; k < h->count; k++) {
		const struct interval *v = &h->intervals[k];
		if (v->state != STATE_DOWN || v->stop <= l->from || v->start >= l->until)
			continue;
		int64_t first = v->start > l->from ? (v->start - l->from) / MINUTE_MS : 0;
		for (size_t m = (size_t)first; m < l->minutes && l->from + (int64_t)m * MINUTE_MS < v->stop; m++) {
			int64_t at = l->from + (int64_t)m * MINUTE_MS;
			bool whole = !h->excused_count && v->start <= at && v->stop >= at + MINUTE_MS;
			if (whole || minute_state(h, at) == MINUTE_DOWN)
				l->down[m] |= 1;
		}
	}
}

static void mark_up(struct loss *l, const struct check_history *h)
{
	for (size_t m = 0; m < l->minutes; m++)
		if (l->down[m] == 1 && minute_state(h, l->from + (int64_t)m * MINUTE_MS) == MINUTE_UP)
			l->down[m] |= 2;
}

/* By identity: only who is at the same site matters. */
static int compare_sites(const struct site *a, const struct site *b)
{
	return (uintptr_t)a < (uintptr_t)b ? -1 : a != b;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct judge_node *const *x = a, *const *y = b;
	return compare_sites((*x)->site, (*y)->site);
}

/* One look at the fleet, however many services and sites there are. */
static void nodes_take(struct loss *l)
{
	l->nodes = mem_alloc((l->j->fleet.count + 1) * sizeof(*l->nodes));
	for (uint32_t k = 0; k < l->j->fleet.count; k++)
		if (l->j->fleet.nodes[k]->site && l->j->fleet.nodes[k]->check_count)
			l->nodes[l->node_count++] = l->j->fleet.nodes[k];
	if (l->node_count > 1)
		qsort(l->nodes, l->node_count, sizeof *l->nodes, compare_nodes);
}

static size_t first_node(const struct loss *l, const struct site *site)
{
	size_t low = 0, high = l->node_count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (compare_sites(l->nodes[mid]->site, site) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void lose_at_site(struct loss *l, const struct pair *p)
{
	const struct judge_check *seen[SEEN_MAX];
	unsigned count = 0;
	for (size_t k = first_node(l, p->site); k < l->node_count && l->nodes[k]->site == p->site; k++) {
		const struct judge_check *c = fleet_check(l->nodes[k], KIND_SERVICE, p->service->id);
		if (c && count < SEEN_MAX)
			seen[count++] = c;
	}
	memset(l->down, 0, l->minutes);
	for (unsigned k = 0; k < count; k++) {
		const struct check_history h = history_of(l, seen[k]);
		mark_down(l, &h);
	}
	for (unsigned k = 0; k < count && count > 1; k++) {
		const struct check_history h = history_of(l, seen[k]);
		mark_up(l, &h);
	}
	for (size_t m = 0; m < l->minutes; m++)
		l->lost[m] |= l->down[m] == 1;
}

/* From pair k on, all of one service. Gives the next one. */
static size_t lose_service(struct loss *l, size_t k, json_t *out)
{
	const struct service *service = l->pairs[k].service;
	size_t sum = 0;
	memset(l->lost, 0, l->minutes);
	for (; k < l->pair_count && l->pairs[k].service == service; k++)
		if (!k || compare_pairs(&l->pairs[k - 1], &l->pairs[k]))
			lose_at_site(l, &l->pairs[k]);
	for (size_t m = 0; m < l->minutes; m++)
		sum += l->lost[m];
	if (sum)
		json_object_set_new(out, service->id, json_integer((json_int_t)sum));
	return k;
}

json_t *loss_count(const struct judge *j, const struct incident *i, loss_read read, void *arg)
{
	struct loss l = {.j = j, .read = read, .arg = arg, .from = i->opened_at - i->opened_at % MINUTE_MS};
	json_t *out = json_object(), *what;
	size_t k;
	l.until = i->resolved_at;
	l.minutes = l.until > l.from ? (size_t)((l.until - l.from + MINUTE_MS - 1) / MINUTE_MS) : 0;
	l.minutes = l.minutes < MINUTES_MAX ? l.minutes : MINUTES_MAX;
	if (!l.minutes || !j->inv)
		return out;
	l.pairs = mem_alloc(PAIRS_MAX * sizeof *l.pairs);
	l.intervals = mem_alloc(INTERVALS_MAX * sizeof *l.intervals);
	l.lost = mem_alloc(l.minutes);
	l.down = mem_alloc(l.minutes);
	json_array_foreach(i->affects, k, what) pairs_of(&l, json_string_value(what));
	if (l.pair_count > 1)
		qsort(l.pairs, l.pair_count, sizeof *l.pairs, compare_pairs);
	if (l.pair_count)
		nodes_take(&l);
	for (k = 0; k < l.pair_count;)
		k = lose_service(&l, k, out);
	free(l.pairs);
	free(l.nodes);
	free(l.intervals);
	free(l.lost);
	free(l.down);
	return out;
}
