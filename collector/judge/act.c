#include "collector/judge/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/complaint.h"
#include "collector/judge/drill.h"
#include "collector/judge/life.h"
#include "collector/judge/trouble.h"
#include "common/log.h"
#include "common/memory.h"

#define MERGES_MAX 16 /* how far an incident is followed into the one that took it up */
#define LISTED_MAX 200

struct doing {
	struct judge *j;
	const json_t *o;
	const char *word, *by, *text;
	int64_t at;
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* The incident, or the wider one that it has become part of. */
static struct incident *incident_now(const struct judge *j, const char *id)
{
	struct incident *i = incident_find(&j->incidents, id), *wider;
	for (int k = 0; k < MERGES_MAX && i && i->state == INCIDENT_MERGED; k++) {
		wider = incident_find(&j->incidents, i->merged_into);
		if (!wider)
			break;
		i = wider;
	}
	return i;
}

static void text_set(char **to, const char *text)
{
	free(*to);
	*to = mem_str(text);
}

static void touch(struct judge *j, struct incident *i)
{
	i->dirty = i->changed = j->urgent = true;
}

static void note(const struct doing *d, const struct incident *i)
{
	struct judge *j = d->j;
	if (j->act_count == j->act_cap) {
		j->act_cap = j->act_cap ? j->act_cap * 2 : 16;
		j->acts = mem_grow(j->acts, j->act_cap, sizeof *j->acts);
	}
	struct noted_act *a = &j->acts[j->act_count++];
	memset(a, 0, sizeof *a);
	snprintf(a->incident, sizeof a->incident, "%s", i->id);
	snprintf(a->by, sizeof a->by, "%s", d->by);
	snprintf(a->word, sizeof a->word, "%s", d->word);
	a->text = mem_str(d->text);
	a->at = d->at;
}

/* ---- on one incident ---- */

static void do_ack(const struct doing *d, struct incident *i)
{
	const char *door = text_of(d->o, "door");
	note(d, i);
	if (i->state != INCIDENT_OPEN)
		return;
	i->state = INCIDENT_ACKNOWLEDGED;
	text_set(&i->acked_by, d->by);
	text_set(&i->acked_how, !*door || !strcmp(door, "socket") ? "cli" : door);
	i->acked_at = d->at;
	touch(d->j, i);
}

static void list_add(const struct doing *d, struct incident *i, json_t *list, const char *key)
{
	note(d, i);
	if (!*d->text || json_array_size(list) >= LISTED_MAX)
		return;
	json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "at", (json_int_t)d->at, "by", d->by, key, d->text));
	touch(d->j, i);
}

static void do_comment(const struct doing *d, struct incident *i)
{
	list_add(d, i, i->comments, "text");
}

static void do_ticket(const struct doing *d, struct incident *i)
{
	list_add(d, i, i->tickets, "ticket");
}

static void do_close(const struct doing *d, struct incident *i)
{
	if (life_close(d->j, i, d->by, d->text, json_is_true(json_object_get(d->o, "forced")), d->at))
		note(d, i);
}

static void do_merge(const struct doing *d, struct incident *i)
{
	struct incident *into = incident_now(d->j, text_of(d->o, "into"));
	if (!into || into == i || i->state == INCIDENT_MERGED || into->state == INCIDENT_MERGED)
		return;
	note(d, i);
	note(d, into);
	trouble_merge(d->j, i, into, true);
	touch(d->j, into);
}

/* ---- excuses ---- */

static void excuse_take(const struct doing *d, const char *kind, const json_t *excuse)
{
	char why[160];
	json_t *o = json_is_object(excuse) ? json_copy((json_t *)excuse) : NULL;
	if (!o)
		return;
	json_object_set_new(o, "kind", json_string(kind));
	json_object_set_new(o, "by", json_string(d->by));
	if (excuse_put(&d->j->excuses, d->j->inv, o, why, sizeof why))
		log_warn("%s by %s excuses nothing: %s", d->word, d->by, why);
	json_decref(o);
}

static void do_maintenance(const struct doing *d)
{
	excuse_take(d, excuse_kind_name(EXCUSE_MAINTENANCE), json_object_get(d->o, "excuse"));
	life_excuse_all(d->j);
}

static void do_maintenance_end(const struct doing *d)
{
	const struct excuse *e = excuse_find(&d->j->excuses, text_of(d->o, "target"));
	/* a drill ends by its own acts */
	if (e && e->kind != EXCUSE_DRILL && excuse_end(&d->j->excuses, e->id, d->at))
		life_excuse_all(d->j);
}

static void do_planned_cuts(const struct doing *d)
{
	size_t k;
	json_t *one;
	json_array_foreach(json_object_get(d->o, "excuses"), k, one)
	        excuse_take(d, excuse_kind_name(EXCUSE_PLANNED_CUT), one);
	life_excuse_all(d->j);
}

static void do_drill(const struct doing *d)
{
	drill_act(d->j, d->o, d->at);
}

static void do_complaint(const struct doing *d)
{
	complaint_act(d->j, d->o, d->at);
}

static const struct {
	const char *word;
	void (*on_incident)(const struct doing *d, struct incident *i);
	void (*on_all)(const struct doing *d);
} words[] = {
        {"ack", do_ack, NULL},
        {"comment", do_comment, NULL},
        {"ticket", do_ticket, NULL},
        {"close", do_close, NULL},
        {"merge", do_merge, NULL},
        {"maintenance", NULL, do_maintenance},
        {"maintenance-end", NULL, do_maintenance_end},
        {"planned-cuts", NULL, do_planned_cuts},
        {"drill", NULL, do_drill},
        {"drill-begin", NULL, do_drill},
        {"drill-cancel", NULL, do_drill},
        {"complaint", NULL, do_complaint},
};

void act_read(struct judge *j, const struct record *r)
{
	json_t *o = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	const struct doing d = {j, o, text_of(o, "act"), text_of(o, "by"), text_of(o, "text"), r->at_ms};
	for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
		if (strcmp(words[k].word, d.word))
			continue;
		struct incident *i = words[k].on_incident ? incident_now(j, text_of(o, "target")) : NULL;
		if (i)
			words[k].on_incident(&d, i);
		else if (words[k].on_all)
			words[k].on_all(&d);
	}
	json_decref(o);
}

void acts_forget(struct judge *j)
{
	for (size_t k = 0; k < j->act_count; k++)
		free(j->acts[k].text);
	j->act_count = 0;
}
