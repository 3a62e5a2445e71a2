#include "collector/judge/complaint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/complaint_words.h"
#include "common/memory.h"

#define MERGES_MAX 8 /* an incident merged into one that was merged ... */

const char *complaint_found_name(int found)
{
	static const char *const names[] = {"incident", "measured", "nothing", "unmeasured"};
	return names[found >= FOUND_INCIDENT && found <= FOUND_UNSEEN ? found : FOUND_UNSEEN];
}

static int found_named(const char *name)
{
	int k = FOUND_INCIDENT;
	while (k < FOUND_UNSEEN && strcmp(complaint_found_name(k), name))
		k++;
	return k;
}

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static struct complaint *complaint_find(const struct judge *j, const char *id)
{
	for (size_t k = 0; j->complaints && k < j->complaints->count; k++)
		if (!strcmp(j->complaints->all[k]->id, id))
			return j->complaints->all[k];
	return NULL;
}

static struct complaint *complaint_make(struct judge *j, const char *id)
{
	if (!j->complaints)
		j->complaints = mem_alloc(sizeof *j->complaints);
	struct complaints *all = j->complaints;
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 16;
		all->all = mem_grow(all->all, all->cap, sizeof *all->all);
	}
	struct complaint *c = mem_alloc(sizeof *c);
	snprintf(c->id, sizeof c->id, "%s", id);
	all->all[all->count++] = c;
	return c;
}

/* ---- which incident explains it ---- */

static enum cause cause_now(const struct incident *i)
{
	return incident_verdict(i)->cause;
}

/* "service:land@mk-srv1": does the node behind the last @ stand there? */
static bool stands_at(const struct judge *j, const char *target, const char *site)
{
	const char *at = strrchr(target, '@');
	const struct node *n = at ? inventory_node(j->inv, at + 1) : NULL;
	return n && same(n->site, site);
}

static bool concerns_site(const struct judge *j, const struct incident *i, const char *site)
{
	size_t k;
	json_t *v;
	if (i->site && !strcmp(i->site, site))
		return true;
	json_array_foreach(i->sites, k, v) if (same(json_string_value(v), site)) return true;
	json_array_foreach(i->affects, k, v) if (stands_at(j, json_string_value(v), site)) return true;
	return false;
}

/* May people at the site have noticed such a thing at all? */
static bool is_felt(const struct incident *i)
{
	bool hidden = i->kind == KIND_CLOCK || i->kind == KIND_HEALTH || (i->kind == KIND_PATH && !i->site);
	return !hidden && cause_now(i) != CAUSE_AGENT_DOWN;
}

/* An incident of one service explains no trouble with another one; what holds a line or a site explains what goes by it. */
static bool explains_service(const struct incident *i, const char *service)
{
	char target[80];
	if (!service)
		return true;
	if (same(i->service, service))
		return true;
	snprintf(target, sizeof target, "service:%.64s@", service);
	return incident_touches(i, target) || (i->kind != KIND_SERVICE && i->kind != KIND_UPLINK);
}

/* How well it explains the complaint; 0 not at all. */
static int explains(const struct judge *j, const struct incident *i, const struct complaint *c)
{
	bool vague = i->kind == KIND_SERVICE && !same(i->service, c->service);
	int64_t before = vague ? COMPLAINT_JUST_BEFORE_MS : COMPLAINT_BEFORE_MS;
	if (!incident_covers(i, c->at, COMPLAINT_AFTER_MS) || c->at < i->opened_at - before)
		return 0;
	if (!is_felt(i) || !concerns_site(j, i, c->site) || !explains_service(i, c->service))
		return 0;
	return 1 + (same(i->service, c->service) ? 4 : 0) + (incident_covers(i, c->at, 0) ? 2 : 0) +
	       (i->kind != KIND_SERVICE ? 1 : 0);
}

static struct incident *best_incident(const struct judge *j, const struct complaint *c)
{
	struct incident *best = NULL;
	int most = 0;
	for (size_t k = j->incidents.count; k > 0; k--) {
		int score = explains(j, j->incidents.all[k - 1], c);
		if (score > most) {
			most = score;
			best = j->incidents.all[k - 1];
		}
	}
	return best;
}

static void attach(struct judge *j, struct complaint *c, struct incident *i)
{
	size_t k;
	json_t *v;
	bool known = false;
	if (!i->complaints)
		i->complaints = json_array();
	json_array_foreach(i->complaints, k, v) known |= !strcmp(word_of(v, "id"), c->id);
	if (!known)
		json_array_append_new(
		        i->complaints, json_pack("{s:s, s:I, s:s, s:s, s:s}", "id", c->id, "at", (json_int_t)c->at,
		                               "site", c->site, "words", c->words, "by", c->name[0] ? c->name : c->by));
	snprintf(c->incident, sizeof c->incident, "%s", i->id);
	c->found = FOUND_INCIDENT;
	c->dirty = i->dirty = i->changed = true;
	complaint_answer(j, c, i);
	j->urgent = true;
}

void complaint_recall(struct judge *j, struct incident *i)
{
	for (size_t k = 0; j->inv && j->complaints && k < j->complaints->count; k++) {
		struct complaint *c = j->complaints->all[k];
		if (!c->incident[0] && explains(j, i, c))
			attach(j, c, i);
	}
}

/* ---- acts ---- */

static int64_t instant(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) && json_integer_value(v) > 0 ? json_integer_value(v) : otherwise;
}

void complaint_act(struct judge *j, const json_t *o, int64_t at)
{
	const struct site *site = j->inv ? inventory_site(j->inv, word_of(o, "site")) : NULL;
	const char *id = word_of(o, "id");
	if (!site || !*id || strlen(id) >= sizeof(((struct complaint *)0)->id) || complaint_find(j, id) ||
	        strlen(word_of(o, "words")) > COMPLAINT_WORDS_MAX)
		return;
	struct complaint *c = complaint_make(j, id);
	c->at = instant(o, "at", at);
	c->filed_at = at;
	const struct unit *unit = site_unit(j->inv, site, c->at);
	c->site = mem_str(site->id);
	c->unit = unit ? mem_str(unit->id) : NULL;
	c->words = mem_str(word_of(o, "words"));
	c->name = mem_str(word_of(o, "name"));
	c->by = mem_str(word_of(o, "by"));
	c->service = mem_str(complaint_service(j->inv, c->words));
	c->measured = json_is_array(json_object_get(o, "measured")) ? json_deep_copy(json_object_get(o, "measured"))
	                                                            : json_array();
	c->dirty = true;
	j->urgent = true;
	struct incident *i = best_incident(j, c);
	if (i)
		attach(j, c, i);
	else
		complaint_answer(j, c, NULL);
}

json_t *complaint_json(const struct complaint *c)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", c->id, "at",
	        (json_int_t)c->at, "filed_at", (json_int_t)c->filed_at, "site", c->site, "words", c->words, "name",
	        c->name, "by", c->by, "found", complaint_found_name(c->found), "answer_vi",
	        c->answer_vi ? c->answer_vi : "", "answer_en", c->answer_en ? c->answer_en : "");
	json_object_set_new(o, "unit", c->unit ? json_string(c->unit) : json_null());
	json_object_set_new(o, "service", c->service ? json_string(c->service) : json_null());
	json_object_set_new(o, "incident", c->incident[0] ? json_string(c->incident) : json_null());
	json_object_set_new(o, "node", json_null());
	return o;
}

static char *text_of(const json_t *o, const char *key)
{
	return mem_str(json_string_value(json_object_get(o, key)));
}

void complaint_load(struct judge *j, const json_t *o, unsigned changes)
{
	const char *id = word_of(o, "id");
	if (!*id || !*word_of(o, "site") || complaint_find(j, id))
		return;
	struct complaint *c = complaint_make(j, id);
	snprintf(c->incident, sizeof c->incident, "%s", word_of(o, "incident"));
	c->site = text_of(o, "site");
	c->unit = text_of(o, "unit");
	c->service = text_of(o, "service");
	c->words = mem_str(word_of(o, "words"));
	c->name = mem_str(word_of(o, "name"));
	c->by = mem_str(word_of(o, "by"));
	c->at = instant(o, "at", 0);
	c->filed_at = instant(o, "filed_at", 0);
	c->found = found_named(word_of(o, "found"));
	c->answer_vi = text_of(o, "answer_vi");
	c->answer_en = text_of(o, "answer_en");
	c->changes = changes;
	c->measured = json_array();
}

static void complaint_free(struct complaint *c)
{
	free(c->site);
	free(c->unit);
	free(c->service);
	free(c->words);
	free(c->name);
	free(c->by);
	free(c->answer_vi);
	free(c->answer_en);
	json_decref(c->measured);
	free(c);
}

/* What was merged into a wider incident is told with that one. */
static void follow_merges(struct judge *j, struct complaint *c)
{
	struct incident *i = c->incident[0] ? incident_find(&j->incidents, c->incident) : NULL;
	struct incident *into = i;
	for (int k = 0; into && into->state == INCIDENT_MERGED && k < MERGES_MAX; k++)
		into = incident_find(&j->incidents, into->merged_into);
	if (into && into != i && into->state != INCIDENT_MERGED)
		attach(j, c, into);
}

void complaints_tick(struct judge *j)
{
	struct complaints *all = j->complaints;
	size_t kept = 0;
	for (size_t k = 0; all && k < all->count; k++) {
		struct complaint *c = all->all[k];
		follow_merges(j, c);
		if (c->dirty || j->now - c->filed_at < COMPLAINT_OPEN_MS)
			all->all[kept++] = c;
		else
			complaint_free(c);
	}
	if (all)
		all->count = kept;
}

void complaints_free(struct judge *j)
{
	for (size_t k = 0; j->complaints && k < j->complaints->count; k++)
		complaint_free(j->complaints->all[k]);
	if (j->complaints)
		free(j->complaints->all);
	free(j->complaints);
	j->complaints = NULL;
}
