#include "collector/judge/drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/drill_sheet.h"
#include "collector/judge/life.h"
#include "common/log.h"
#include "common/memory.h"

#define TARGETS_MAX 50
#define MAILS_MAX 200
#define INCIDENTS_MAX 1000
#define FINAL_WAIT_MS 60000 /* for what a site's spool testifies after it is back */
#define BACK_WAIT_MS 10000  /* of what has no such witness: does it stay up? */
#define MAIL_WAIT_MS 60000  /* for the word of tell that a mail left */
#define OVER_WAIT_MS 60000  /* what was cut in the last moment is still noticed */

const char *drill_state_name(int state)
{
	static const char *const names[] = {"planned", "running", "passed", "failed", "cancelled"};
	return names[state >= DRILL_PLANNED && state <= DRILL_CANCELLED ? state : DRILL_CANCELLED];
}

static int state_named(const char *name)
{
	int k = DRILL_PLANNED;
	while (k < DRILL_CANCELLED && strcmp(drill_state_name(k), name))
		k++;
	return k;
}

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int64_t number_of(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static struct drill *drill_find(const struct judge *j, const char *id)
{
	for (size_t k = 0; j->drills && k < j->drills->count; k++)
		if (!strcmp(j->drills->all[k]->id, id))
			return j->drills->all[k];
	return NULL;
}

static void drill_free(struct drill *d)
{
	free(d->what);
	free(d->by);
	json_decref(d->targets);
	json_decref(d->contacts);
	json_decref(d->mails);
	json_decref(d->incidents);
	json_decref(d->sheet);
	free(d);
}

static bool is_active(const struct drill *d)
{
	return d->state == DRILL_PLANNED || d->state == DRILL_RUNNING;
}

static void touch(struct judge *j, struct drill *d)
{
	d->dirty = j->urgent = true;
}

/* ---- plans ---- */

static json_t *strings_of(const json_t *o, const char *key, size_t most)
{
	json_t *list = json_array(), *v;
	size_t k;
	json_array_foreach(json_object_get(o, key), k, v) if (json_is_string(v) && json_array_size(list) < most)
	        json_array_append(list, v);
	return list;
}

static json_t *list_of(const json_t *o, const char *key)
{
	const json_t *list = json_object_get(o, key);
	return json_is_array(list) ? json_deep_copy(list) : json_array();
}

/* NULL when it cannot be one. */
static struct drill *drill_of(const json_t *o)
{
	const char *id = word_of(o, "id");
	struct drill *d = mem_alloc(sizeof *d);
	snprintf(d->id, sizeof d->id, "%s", id);
	d->targets = strings_of(o, "targets", TARGETS_MAX);
	d->contacts = strings_of(o, "contacts", TARGETS_MAX);
	d->mails =
	        json_is_array(json_object_get(o, "mails")) ? json_deep_copy(json_object_get(o, "mails")) : json_array();
	d->incidents = list_of(o, "incidents");
	d->what = mem_str(word_of(o, "what"));
	d->by = mem_str(word_of(o, "by"));
	d->cause = cause_named(word_of(o, "cause"));
	d->from = number_of(o, "from", 0);
	d->until = number_of(o, "until", 0);
	d->detect_within_ms = number_of(o, "detect_within_ms", DRILL_DETECT_MS);
	d->mail_within_ms = number_of(o, "mail_within_ms", DRILL_MAIL_MS);
	d->began_at = number_of(o, "began_at", 0);
	if (*id && strlen(id) < sizeof d->id && json_array_size(d->targets) && d->cause != CAUSE_UNKNOWN &&
	        d->from > 0 && d->until > d->from && d->until - d->from <= DRILL_LONGEST_MS)
		return d;
	drill_free(d);
	return NULL;
}

static void drill_add(struct judge *j, struct drill *d)
{
	if (!j->drills)
		j->drills = mem_alloc(sizeof *j->drills);
	struct drills *all = j->drills;
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 16;
		all->all = mem_grow(all->all, all->cap, sizeof *all->all);
	}
	all->all[all->count++] = d;
}

/* While it runs nobody but its own contacts is mailed for its targets, and their minutes are excused. */
static void put_excuse(struct judge *j, const struct drill *d)
{
	char why[256] = "";
	json_t *o = json_pack("{s:s, s:s, s:O, s:I, s:I, s:b, s:s, s:s}", "id", d->id, "kind", "drill", "targets",
	        d->targets, "from", (json_int_t)d->from, "until", (json_int_t)d->until, "approved", 1, "by", d->by,
	        "reason", d->what);
	if (excuse_put(&j->excuses, j->inv, o, why, sizeof why))
		log_warn("drill %s excuses nothing: %s", d->id, why);
	json_decref(o);
	life_excuse_all(j);
}

static void plan(struct judge *j, const json_t *o)
{
	struct drill *d = drill_find(j, word_of(o, "id")) ? NULL : drill_of(o);
	if (!d)
		return;
	drill_add(j, d);
	put_excuse(j, d);
	touch(j, d);
}

static void begin(struct judge *j, struct drill *d, int64_t at)
{
	if (d->began_at || at >= d->until)
		return;
	d->began_at = at;
	d->state = DRILL_RUNNING;
	if (at < d->from) {
		d->from = at;
		put_excuse(j, d);
	}
	touch(j, d);
}

static void finish(struct judge *j, struct drill *d, enum drill_state state, int64_t at)
{
	d->state = state;
	d->filed_at = at;
	excuse_end(&j->excuses, d->id, at);
	life_excuse_all(j); /* what is still down is no drill any more */
	touch(j, d);
}

void drill_act(struct judge *j, const json_t *o, int64_t at)
{
	const char *word = word_of(o, "act");
	struct drill *d = drill_find(j, word_of(o, "id"));
	if (!strcmp(word, "drill"))
		plan(j, o);
	else if (d && is_active(d) && !strcmp(word, "drill-begin"))
		begin(j, d, at);
	else if (d && is_active(d) && !strcmp(word, "drill-cancel"))
		finish(j, d, DRILL_CANCELLED, at);
}

/* ---- what it brings about ---- */

static bool is_excused(const struct incident *i, const struct drill *d)
{
	return i->excused && !strncmp(i->excused, "drill:", 6) && !strcmp(i->excused + 6, d->id);
}

/* What it brings about is its own for good, as it was noticed: when the hour is over the incident is excused no more, and counts anew. */
static void collect(struct judge *j, struct drill *d)
{
	for (size_t k = 0; k < j->incidents.count; k++) {
		const struct incident *i = j->incidents.all[k];
		if (!is_excused(i, d) || drill_has(d, i->id) || json_array_size(d->incidents) >= INCIDENTS_MAX)
			continue;
		json_array_append_new(
		        d->incidents, json_pack("{s:s, s:I, s:I}", "id", i->id, "opened_at", (json_int_t)i->opened_at,
		                              "detected_at", (json_int_t)i->detected_at));
		touch(j, d);
	}
}

void drill_mailed(struct judge *j, const json_t *o)
{
	const struct incident *i = incident_find(&j->incidents, word_of(o, "incident"));
	for (size_t k = 0; i && j->drills && k < j->drills->count; k++) {
		struct drill *d = j->drills->all[k];
		if (!is_active(d) || json_array_size(d->mails) >= MAILS_MAX)
			continue;
		collect(j, d);
		if (!drill_has(d, i->id))
			continue;
		json_array_append_new(d->mails,
		        json_pack("{s:s, s:s, s:s, s:I}", "incident", i->id, "kind", word_of(o, "kind"), "contact",
		                word_of(o, "contact"), "at", (json_int_t)number_of(o, "at", j->now)));
		touch(j, d);
	}
}

/* Is there nothing left to wait for? */
static bool is_due(const struct judge *j, const struct drill *d)
{
	bool mailed = !json_array_size(d->contacts) || json_array_size(d->mails), waits = false;
	unsigned count = 0;
	if (j->now >= d->until + OVER_WAIT_MS)
		return true;
	size_t k;
	json_t *own;
	json_array_foreach(d->incidents, k, own)
	{
		const struct incident *i = incident_find(&j->incidents, word_of(own, "id"));
		if (!i || i->state == INCIDENT_MERGED)
			continue;
		int64_t patience = i->kind == KIND_AGENT && !i->final_known ? FINAL_WAIT_MS : BACK_WAIT_MS;
		count++;
		waits |= incident_is_open(i) || j->now - i->resolved_at < patience ||
		         (!mailed && j->now - number_of(own, "detected_at", 0) < d->mail_within_ms + MAIL_WAIT_MS);
	}
	return count && !waits;
}

static void file(struct judge *j, struct drill *d)
{
	json_decref(d->sheet);
	d->sheet = drill_sheet(j, d);
	finish(j, d, json_array_size(json_object_get(d->sheet, "reasons")) ? DRILL_FAILED : DRILL_PASSED, j->now);
}

void drill_tick(struct judge *j)
{
	struct drills *all = j->drills;
	size_t kept = 0;
	for (size_t k = 0; all && k < all->count; k++) {
		struct drill *d = all->all[k];
		if (d->state == DRILL_PLANNED && j->now >= d->from) {
			d->state = DRILL_RUNNING;
			touch(j, d);
		}
		if (d->state == DRILL_RUNNING)
			collect(j, d);
		if (d->state == DRILL_RUNNING && is_due(j, d))
			file(j, d);
		if (is_active(d) || d->dirty)
			all->all[kept++] = d;
		else
			drill_free(d);
	}
	if (all)
		all->count = kept;
}

/* ---- on disk ---- */

static json_t *time_json(int64_t ms)
{
	return ms ? json_integer(ms) : json_null();
}

json_t *drill_json(const struct drill *d)
{
	json_t *o = json_pack("{s:s, s:O, s:s, s:s, s:I, s:I, s:O, s:s, s:I, s:I, s:s, s:O, s:O}", "id", d->id,
	        "targets", d->targets, "what", d->what, "cause", cause_words(d->cause)->name, "from",
	        (json_int_t)d->from, "until", (json_int_t)d->until, "contacts", d->contacts, "by", d->by,
	        "detect_within_ms", (json_int_t)d->detect_within_ms, "mail_within_ms", (json_int_t)d->mail_within_ms,
	        "state", drill_state_name(d->state), "mails", d->mails, "incidents", d->incidents);
	json_object_set_new(o, "began_at", time_json(d->began_at));
	json_object_set_new(o, "filed_at", time_json(d->filed_at));
	json_object_set(o, "sheet", d->sheet ? d->sheet : json_null());
	return o;
}

void drill_load(struct judge *j, const json_t *o, unsigned changes)
{
	struct drill *d = drill_find(j, word_of(o, "id")) ? NULL : drill_of(o);
	if (!d)
		return;
	d->state = (enum drill_state)state_named(word_of(o, "state"));
	d->changes = changes;
	drill_add(j, d);
}

const char *drill_id(const struct drill *d)
{
	return d->id;
}

unsigned drill_say(struct drill *d)
{
	if (!d->dirty)
		return 0;
	d->dirty = false;
	return ++d->changes;
}

void drills_free(struct judge *j)
{
	for (size_t k = 0; j->drills && k < j->drills->count; k++)
		drill_free(j->drills->all[k]);
	if (j->drills)
		free(j->drills->all);
	free(j->drills);
	j->drills = NULL;
}
