#include "collector/judge/area.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/judge/area_scene.h"
#include "collector/judge/area_words.h"
#include "collector/judge/book.h"
#include "collector/judge/event.h"
#include "collector/judge/isolation.h"
#include "collector/judge/life.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define LATE_DECIDES_MS 60000  /* what is older waits for nothing */
#define PROOF_MS 6000          /* see area_scene.c */
#define OWN_HOLD_MS 8000       /* for the site's terminals to be looked at once more */
#define TERMINAL_HOLD_MS 25000 /* until the site's agent is silent or not, and decided */
#define ASK_MS 500
#define STEPS_AWAY 3 /* who told nothing for so many steps is not waited for */
#define TOLERANCE_MS 30000
#define MOST_BACK 3 /* all but a third */

bool area_is(const struct incident *i)
{
	return i->wide && (i->kind == KIND_AGENT || i->kind == KIND_UPLINK);
}

bool area_covers(const struct incident *i, const char *site)
{
	size_t k;
	json_t *id;
	if (!area_is(i))
		return false;
	json_array_foreach(i->sites, k, id) if (!strcmp(json_string_value(id), site)) return true;
	return false;
}

/* ---- waiting for the others ---- */

static bool shares(const struct judge *j, const struct uplink *a, const struct uplink *b)
{
	const char *name;
	return j->topology && topology_share_upstream(j->topology, a, b, &name);
}

/* Has the other check, of the same kind as the one in trouble, still to say whether it is down too? */
static bool is_awaited(const struct judge *j, const struct trouble *t, const struct judge_check *o)
{
	const struct judge_check *c = t->check;
	if (o == c || o->kind != c->kind || o->site == c->site || !o->site || o->node->simulated || o->trouble)
		return false;
	if (c->kind == KIND_AGENT)
		return o->node->inv && o->node->link == LINK_CONNECTED && !isolation_beside(j, o->node) &&
		       o->node->life_at < t->from + PROOF_MS && o->node->life_at > t->from - STEPS_AWAY * o->step_ms;
	return o->uplink && o->terminal == c->terminal && o->row_at < t->from &&
	       o->row_at > t->from - STEPS_AWAY * o->step_ms && shares(j, o->uplink, c->uplink);
}

/* The site itself, from the other side: its terminals when its agent is silent, its agent when a terminal is dark. */
static bool is_site_awaited(const struct trouble *t, const struct judge_check *o)
{
	const struct judge_check *c = t->check;
	if (o->site != c->site || o->node->simulated)
		return false;
	if (c->kind == KIND_AGENT && o->terminal && o->machine.state != STATE_DOWN)
		return o->row_at > t->from - STEPS_AWAY * o->step_ms &&
		       (o->row_at < t->from + PROOF_MS || o->value[0] >= 100);
	if (!c->terminal || o->kind != KIND_AGENT)
		return false;
	bool undecided = o->trouble && !o->trouble->incident && o->trouble->due;
	return undecided || (o->node->link == LINK_CONNECTED && o->node->life_at < t->from + PROOF_MS);
}

int64_t area_hold_ms(const struct judge *j, const struct trouble *t)
{
	bool others = j->now < t->begun + AREA_HOLD_MS;
	bool own = j->now < t->begun + (t->check->terminal ? TERMINAL_HOLD_MS : OWN_HOLD_MS);
	if (!area_scene_bears(t) || t->incident || j->now - t->from > LATE_DECIDES_MS || (!others && !own))
		return 0;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		for (uint32_t m = 0; m < n->check_count; m++)
			if ((others && is_awaited(j, t, n->checks[m])) || (own && is_site_awaited(t, n->checks[m])))
				return ASK_MS;
	}
	return 0;
}

/* ---- the wide incident ---- */

static struct incident *area_open(struct judge *j, const struct trouble *first)
{
	char id[192], stamp[32];
	bool fresh;
	clock_format_utc(first->from, stamp, sizeof stamp);
	snprintf(id, sizeof id, "area.%.80s.%.4s%.2s%.2sT%.2s%.2s%.2s", first->check->site->id, stamp, stamp + 5,
	        stamp + 8, stamp + 11, stamp + 14, stamp + 17);
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	if (!fresh) {
		incident_reopen(i);
		return i;
	}
	i->kind = first->check->kind == KIND_AGENT ? KIND_AGENT : KIND_UPLINK;
	i->wide = true;
	i->opened_at = i->began_at = first->from;
	i->detected_at = j->now;
	i->late = j->now - first->from > INCIDENT_LATE_MS;
	life_begin(j, i, first->check, first->from);
	return i;
}

/* The incident of one of the sites becomes that of all. */
static void area_widen(struct judge *j, struct incident *i)
{
	char **const own[] = {&i->site, &i->unit, &i->node, &i->uplink, &i->carrier, &i->circuit};
	if (i->wide)
		return;
	i->wide = true;
	i->outside = false;
	for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
		free(*own[k]);
		*own[k] = NULL;
	}
	book_widened(j, i);
}

static void area_add_site(struct incident *i, const struct site *site)
{
	if (area_covers(i, site->id))
		return;
	json_array_append_new(i->sites, json_string(site->id));
	i->dirty = i->changed = true;
}

struct members {
	struct area_scene scene;
	struct trouble *t, *first;    /* the one that is decided, and the earliest */
	struct incident *wide, *told; /* already wide; already told to people */
};

static bool is_member(const struct judge *j, const struct members *m, const struct trouble *o)
{
	if (!area_scene_counts(j, o, m->t))
		return false;
	const struct area_site *a = area_scene_site(&m->scene, j, o->check->site);
	return a && a->member;
}

/* Silence says more than a line, and then the earlier one, and then the order of ids, which is the same in every replay. */
static bool goes_before(const struct trouble *a, const struct trouble *b)
{
	bool silent = a->check->kind == KIND_AGENT;
	if (silent != (b->check->kind == KIND_AGENT))
		return silent;
	return a->from != b->from ? a->from < b->from : a->check->id < b->check->id;
}

static void look_through(struct judge *j, struct members *m)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *o = j->troubles[k];
		if (!is_member(j, m, o))
			continue;
		if (!m->first || goes_before(o, m->first))
			m->first = o;
		struct incident *i = o->incident;
		if (i && area_is(i) && (!m->wide || i->opened_at < m->wide->opened_at))
			m->wide = i;
		if (i && i->said != SAID_NOTHING && (!m->told || i->opened_at < m->told->opened_at))
			m->told = i;
	}
}

/* A line of a site that is silent anyway only shows what happened. */
static bool makes_it(const struct members *m, const struct judge *j, const struct trouble *o)
{
	const struct area_site *a = area_scene_site(&m->scene, j, o->check->site);
	if (o->check->kind == KIND_AGENT || !a || !a->dark)
		return true;
	for (uint32_t k = 0; k < j->fleet.count; k++)
		if (j->fleet.nodes[k]->site == a->site && j->fleet.nodes[k]->link == LINK_SILENT)
			return false;
	return true;
}

static void take_members(struct judge *j, struct members *m, struct incident *root)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *o = j->troubles[k];
		if (!is_member(j, m, o))
			continue;
		area_add_site(root, o->check->site);
		if (o->incident && o->incident != root)
			trouble_merge(j, o->incident, root, true);
		else if (!o->incident && o != m->t)
			trouble_join(j, o, root, makes_it(m, j, o));
	}
}

/* What was found for a few of those that are in it already says nothing new about all. */
static bool speaks_for_all(const struct members *m, const struct incident *root)
{
	size_t members = 0;
	for (size_t k = 0; k < m->scene.gone; k++)
		members += m->scene.all[k].member;
	return members * 10 >= json_array_size(root->sites) * 9;
}

static void know(struct judge *j, struct members *m, struct incident *root, enum area_kind kind)
{
	const char *who = NULL;
	bool power = kind == AREA_POWER;
	if (speaks_for_all(m, root)) {
		enum fact is = power ? FACT_NEIGHBOURS : FACT_SAME_CARRIER;
		enum fact is_not = power ? FACT_SAME_CARRIER : FACT_NEIGHBOURS;
		judge_know(j, root, is, ANSWER_YES, RANK_AFAR, j->now, "judge");
		judge_know(j, root, is_not, ANSWER_NO, RANK_AFAR, j->now, "judge");
	}
	for (size_t k = 0; k < m->scene.gone; k++) {
		const struct area_site *a = &m->scene.all[k];
		int64_t since = a->member ? event_on_battery(j, a->site, m->t->from, &who) : 0;
		if (since && judge_know(j, root, FACT_ON_BATTERY, ANSWER_YES, RANK_AFAR, since, "judge"))
			words_battery(j, root, a->site, m->t->from);
		else if (a->member && a->power && !since)
			judge_know(j, root, FACT_PLANNED_CUT, ANSWER_YES, RANK_AFAR, j->now, "judge");
	}
}

/* Whose lines they are that go by the thing: for the slip and the carrier's month. */
static void name_carrier(struct incident *i, const struct site *site, const char *shared)
{
	for (size_t k = 0; k < site->uplink_count && !i->carrier; k++) {
		const struct uplink *u = &site->uplinks[k];
		bool by = (u->carrier && !strcasecmp(u->carrier, shared)) || (u->parent && !strcmp(u->parent, shared));
		if (by && u->carrier)
			i->carrier = mem_str(u->carrier);
	}
}

static struct incident *area_make(struct judge *j, struct members *m, enum area_kind kind, const char *shared)
{
	look_through(j, m);
	struct incident *root = m->wide ? m->wide : m->told ? m->told : area_open(j, m->first);
	size_t before = json_array_size(root->sites);
	area_widen(j, root);
	take_members(j, m, root);
	if (m->first->from < root->opened_at)
		root->opened_at = m->first->from;
	know(j, m, root, kind);
	if (!before)
		area_say_begin(j, root, kind == AREA_POWER ? NULL : shared);
	if (kind != AREA_POWER && shared)
		name_carrier(root, m->first->check->site, shared);
	words_summary(j, root);
	root->dirty = root->changed = j->urgent = true;
	return root;
}

/* One of which the site is part already. */
static struct incident *known_area(const struct judge *j, const struct trouble *t)
{
	const struct book_list *wide = book_wide(j);
	for (size_t k = wide->count; k > 0; k--) {
		struct incident *i = wide->all[k - 1];
		if (area_is(i) && t->after != i && incident_covers(i, t->from, TOLERANCE_MS) &&
		        area_covers(i, t->check->site->id))
			return i;
	}
	return NULL;
}

/* A new silence after the end is a matter of its own; what a spool tells of the time before belongs to it. */
static bool belongs(const struct incident *i, const struct trouble *t, bool *primary)
{
	if (incident_is_open(i))
		return true;
	*primary = false;
	return t->from <= i->resolved_at && t->check->kind != KIND_AGENT;
}

struct incident *area_find(struct judge *j, struct trouble *t, bool *primary)
{
	struct members m = {.t = t};
	const char *shared = NULL;
	struct incident *root = NULL;
	if (!area_scene_bears(t) || !j->topology || j->uncertain)
		return NULL;
	area_scene_make(&m.scene, j, t);
	struct area_site *self = area_scene_site(&m.scene, j, t->check->site);
	if (self && m.scene.gone > 1) {
		enum area_kind kind =
		        area_group(j->topology, m.scene.all, m.scene.count, (size_t)(self - m.scene.all), &shared);
		root = kind != AREA_NONE ? area_make(j, &m, kind, shared) : NULL;
	}
	root = root ? root : known_area(j, t);
	*primary = root && makes_it(&m, j, t);
	area_scene_free(&m.scene);
	return root && belongs(root, t, primary) ? root : NULL;
}

/* ---- those that outlive the rest ---- */

static bool is_dark(const struct judge *j, const struct incident *i, const char *site)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *t = j->troubles[k];
		if (t->incident == i && t->primary && t->check->site && !strcmp(t->check->site->id, site))
			return true;
	}
	return false;
}

static void area_part(struct judge *j, struct incident *i)
{
	area_say_rest(j, i);
	for (size_t k = 0; k < j->trouble_count; k++)
		if (j->troubles[k]->incident == i)
			j->troubles[k]->primary = false;
	i->open_count = 0;
	j->troubles_dirty = j->urgent = true;
	incident_resolve(i, i->last_end);
	testimony_resolved(j, i);
}

void area_tick(struct judge *j)
{
	const struct book_list *wide = book_wide(j);
	for (size_t k = 0; k < wide->count; k++) {
		struct incident *i = wide->all[k];
		unsigned dark = 0, sites = (unsigned)json_array_size(i->sites);
		if (!area_is(i) || !incident_is_open(i) || !i->last_end || j->now - i->last_end < AREA_OUTLIVED_MS)
			continue;
		for (unsigned m = 0; m < sites; m++)
			dark += is_dark(j, i, json_string_value(json_array_get(i->sites, m)));
		if (dark && dark * MOST_BACK <= sites)
			area_part(j, i);
	}
}

/* ---- testimonies ---- */

/* Takes the vote; how many say yes and no now. */
static void vote(json_t *votes, enum fact f, bool answer, const char *who, unsigned *yes, unsigned *no)
{
	size_t k;
	json_t *row, *mine = NULL;
	*yes = *no = 0;
	json_array_foreach(votes, k, row)
	{
		const char *fact = json_string_value(json_object_get(row, "fact"));
		const char *by = json_string_value(json_object_get(row, "who"));
		if (!fact || !by || strcmp(fact, fact_name(f)))
			continue;
		if (!strcmp(by, who)) {
			mine = row;
			continue;
		}
		bool is = json_is_true(json_object_get(row, "is"));
		*yes += is;
		*no += !is;
	}
	*yes += answer;
	*no += !answer;
	if (mine)
		json_object_set_new(mine, "is", json_boolean(answer));
	else
		json_array_append_new(
		        votes, json_pack("{s:s, s:s, s:b}", "fact", fact_name(f), "who", who, "is", answer));
}

/* The majority's word is what happened to all; it replaces what was said from afar and by the minority. */
static bool settle_fact(struct incident *i, enum fact f, bool yes, int64_t at, const char *who)
{
	struct fact_answer *is = &i->facts.is[f];
	uint8_t answer = yes ? ANSWER_YES : ANSWER_NO;
	if (is->answer == answer && is->rank == RANK_HINDSIGHT)
		return false;
	*is = (struct fact_answer){.answer = answer, .rank = RANK_HINDSIGHT, .at = at};
	snprintf(is->who, sizeof is->who, "%s", who);
	return true;
}

/*
 * Hosts that lost power together did not lose it to a carrier; hosts that were awake did not lose it. A box may write a last row while its
 * power goes, so that it was cut off weighs more.
 */
static void settle_what_they_share(struct incident *i, int64_t at, const char *who)
{
	const struct fact_answer *unclean = &i->facts.is[FACT_UNCLEAN], *awake = &i->facts.is[FACT_AWAKE];
	bool power = unclean->answer == ANSWER_YES && unclean->rank == RANK_HINDSIGHT;
	if (!power && !(awake->answer == ANSWER_YES && awake->rank == RANK_HINDSIGHT))
		return;
	settle_fact(i, FACT_NEIGHBOURS, power, at, who);
	settle_fact(i, FACT_SAME_CARRIER, !power, at, who);
}

bool area_testify(struct judge *j, struct incident *i, enum fact f, enum answer answer, int64_t at, const char *who)
{
	unsigned yes, no;
	if (!area_is(i) || (answer != ANSWER_YES && answer != ANSWER_NO))
		return false;
	vote(i->votes, f, answer == ANSWER_YES, who, &yes, &no);
	i->dirty = true;
	if (yes == no || !settle_fact(i, f, yes > no, at, who))
		return true;
	settle_what_they_share(i, at, who);
	judge_again(j, i);
	return true;
}
