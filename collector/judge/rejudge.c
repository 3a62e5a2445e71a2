#include "collector/judge/rejudge.h"

#include <stdio.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/book.h"
#include "collector/judge/topology.h"
#include "common/memory.h"

#define GAPS_MAX 100000
#define TOLERANCE_MS 30000
#define KEEP_MS 900000 /* a final cause may still change by a late word */

enum reach { REACH_NOTHING, REACH_SITE, REACH_LINE, REACH_NODE, REACH_NETWORK };

/* What each cause takes along. */
static const uint8_t reaches[CAUSE_COUNT] = {
        [CAUSE_SITE_POWER] = REACH_SITE,
        [CAUSE_AREA_POWER] = REACH_SITE,
        [CAUSE_UPLINK_DOWN] = REACH_LINE,
        [CAUSE_ONE_WAY_LOSS] = REACH_LINE,
        [CAUSE_UPSTREAM_SHARED] = REACH_LINE,
        [CAUSE_GEAR_DOWN] = REACH_NETWORK,
        [CAUSE_LAN_LINK_DOWN] = REACH_NODE,
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool at_site(const struct incident *i, const struct judge_check *c)
{
	return c->site && (same(i->site, c->site->id) || area_covers(i, c->site->id));
}

/* Was that line dark: the incident names it, or it is the only one, or all were? */
static bool line_was_dark(const struct incident *i, const struct site *s, const struct uplink *u)
{
	if (i->uplink)
		return same(i->uplink, u->id);
	return s->uplink_count == 1 || i->facts.is[FACT_ALL_LINES].answer == ANSWER_YES || i->wide;
}

static bool by_dark_lines(const struct incident *i, const struct judge_check *c)
{
	bool any = false;
	if (c->kind == KIND_UPLINK)
		return c->uplink && line_was_dark(i, c->site, c->uplink);
	for (size_t k = 0; c->service && k < c->site->uplink_count; k++) {
		const struct uplink *u = &c->site->uplinks[k];
		if (!topology_goes_by(c->service, u))
			continue;
		if (!line_was_dark(i, c->site, u))
			return false;
		any = true;
	}
	return any;
}

static bool is_taken_along(const struct incident *i, const struct judge_check *c)
{
	switch (reaches[i->final.cause]) {
	case REACH_SITE:
		return true;
	case REACH_LINE:
		return c->kind != KIND_HOST && by_dark_lines(i, c);
	case REACH_NODE:
		return c->kind != KIND_HOST && (!i->node || same(i->node, c->node->name));
	case REACH_NETWORK:
		return c->kind != KIND_HOST;
	default:
		return false;
	}
}

static void rejudged_note(struct judge *j, const struct site *s, int64_t since)
{
	for (size_t k = 0; k < j->rejudged_count; k++) {
		if (strcmp(j->rejudged[k].site, s->id))
			continue;
		if (since < j->rejudged[k].since)
			j->rejudged[k].since = since;
		return;
	}
	if (j->rejudged_count == j->rejudged_cap) {
		j->rejudged_cap = j->rejudged_cap ? j->rejudged_cap * 2 : 16;
		j->rejudged = mem_grow(j->rejudged, j->rejudged_cap, sizeof *j->rejudged);
	}
	struct rejudged *r = &j->rejudged[j->rejudged_count++];
	snprintf(r->site, sizeof r->site, "%s", s->id);
	r->since = since;
}

static void write_down(struct judge *j, const struct gap *g)
{
	const struct incident *i = g->incident;
	int64_t end = i->resolved_at ? i->resolved_at + g->check->step_ms : g->stop;
	int64_t start = g->start > i->began_at ? g->start : i->began_at, stop = g->stop < end ? g->stop : end;
	if (stop <= start)
		return;
	if (j->closed_count == j->closed_cap) {
		j->closed_cap = j->closed_cap ? j->closed_cap * 2 : 64;
		j->closed = mem_grow(j->closed, j->closed_cap, sizeof *j->closed);
	}
	j->closed[j->closed_count++] = (struct closed_interval){.check_id = g->check->id,
	        .start = start,
	        .stop = stop,
	        .state = STATE_DOWN,
	        .reason = REASON_HINDSIGHT};
	rejudged_note(j, g->check->site, start);
}

static struct incident *merged_root(const struct judge *j, struct incident *i)
{
	for (unsigned hops = 0; i && i->state == INCIDENT_MERGED && hops < 8; hops++) {
		struct incident *into = incident_find(&j->incidents, i->merged_into);
		if (!into)
			break;
		i = into;
	}
	return i;
}

/* The darkness that the stretch falls into. */
static struct incident *darkness_of(const struct judge *j, const struct judge_check *c, int64_t start, int64_t stop)
{
	struct incident *best = merged_root(j, c->node->witnessed);
	const struct book_list *lists[] = {book_site(j, c->site->id), book_wide(j)};
	if (best && at_site(best, c))
		return best;
	best = NULL;
	for (size_t l = 0; l < 2; l++)
		for (size_t k = 0; k < lists[l]->count; k++) {
			struct incident *i = lists[l]->all[k];
			bool kind = i->kind == KIND_AGENT || i->kind == KIND_UPLINK || i->kind == KIND_INTERFACE ||
			            i->kind == KIND_GEAR;
			int64_t end = i->resolved_at ? i->resolved_at : stop;
			if (kind && i->state != INCIDENT_MERGED && at_site(i, c) && i->began_at < stop &&
			        end > start - TOLERANCE_MS && (!best || i->began_at > best->began_at))
				best = i;
		}
	return best;
}

void rejudge_restore(struct judge *j, struct judge_check *c, int64_t start, int64_t stop, struct incident *i)
{
	if (j->gap_count >= GAPS_MAX)
		return;
	if (j->gap_count == j->gap_cap) {
		j->gap_cap = j->gap_cap ? j->gap_cap * 2 : 64;
		j->gaps = mem_grow(j->gaps, j->gap_cap, sizeof *j->gaps);
	}
	j->gaps[j->gap_count++] = (struct gap){.check = c, .incident = i, .start = start, .stop = stop};
}

void rejudge_move(struct judge *j, struct judge_check *c, const struct transition *t)
{
	bool depends = c->kind == KIND_HOST || c->kind == KIND_SERVICE || c->kind == KIND_UPLINK;
	if (t->from != STATE_UNOBSERVED || !t->since || t->at <= t->since || !depends || !c->site || c->terminal ||
	        j->uncertain || !j->inv)
		return;
	struct incident *i = darkness_of(j, c, t->since, t->at);
	if (!i)
		return;
	struct gap g = {.check = c, .incident = i, .start = t->since, .stop = t->at};
	if (i->final_known && is_taken_along(i, c)) {
		write_down(j, &g);
		i->dirty = j->urgent = true;
	} else {
		rejudge_restore(j, c, t->since, t->at, i);
		j->gaps_dirty = true;
	}
}

void rejudge_incident(struct judge *j, const struct incident *i)
{
	size_t kept = 0;
	for (size_t k = 0; k < j->gap_count; k++) {
		struct gap g = j->gaps[k];
		g.incident = merged_root(j, g.incident);
		bool over = g.incident->final_known && j->now - g.incident->resolved_at > KEEP_MS;
		if (g.incident == i && at_site(i, g.check) && is_taken_along(i, g.check))
			write_down(j, &g);
		else if (!over)
			j->gaps[kept++] = g;
	}
	j->gaps_dirty |= kept != j->gap_count;
	j->gap_count = kept;
}
