/* Incidents in state.db, what people did about them, and what excuses them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/judge/excuse.h"
#include "collector/judge/loss.h"
#include "collector/judge/store_private.h"
#include "common/memory.h"

int store_acts(struct store *s, const struct judge *j)
{
	int rc = 0;
	sqlite3_stmt *st = s->statements[PUT_ACT];
	for (size_t k = 0; k < j->act_count && !rc; k++) {
		const struct noted_act *a = &j->acts[k];
		store_bind_text(st, 1, a->incident);
		sqlite3_bind_int64(st, 2, a->at);
		store_bind_text(st, 3, a->by);
		store_bind_text(st, 4, a->word);
		store_bind_text(st, 5, a->text);
		rc = store_step(s, st);
	}
	return rc;
}

static int put_excuse(struct store *s, const struct excuse *e)
{
	sqlite3_stmt *st = s->statements[PUT_EXCUSE];
	json_t *o = excuse_json(e);
	char *body = json_dumps(o, JSON_COMPACT);
	store_bind_text(st, 1, e->id);
	store_bind_text(st, 2, excuse_kind_name(e->kind));
	sqlite3_bind_int64(st, 3, e->from);
	sqlite3_bind_int64(st, 4, e->until);
	store_bind_text(st, 5, body);
	int rc = store_step(s, st);
	free(body);
	json_decref(o);
	return rc;
}

int store_excuses(struct store *s, struct judge *j)
{
	int rc = 0;
	for (size_t k = 0; j->excuses.dirty && k < j->excuses.count && !rc; k++)
		if (j->excuses.all[k]->dirty)
			rc = put_excuse(s, j->excuses.all[k]);
	return rc;
}

/* ---- incidents ---- */

static size_t read_intervals(void *arg, int64_t check_id, int64_t from, int64_t until, struct interval *out, size_t max)
{
	struct store *s = arg;
	sqlite3_stmt *st = s->statements[GET_INTERVALS];
	size_t count = 0;
	sqlite3_bind_int64(st, 1, check_id);
	sqlite3_bind_int64(st, 2, from);
	sqlite3_bind_int64(st, 3, until);
	while (count < max && sqlite3_step(st) == SQLITE_ROW)
		out[count++] = (struct interval){
		        sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), (uint8_t)sqlite3_column_int(st, 2)};
	sqlite3_reset(st);
	return count;
}

static void count_loss(struct store *s, const struct judge *j, struct incident *i)
{
	json_decref(i->minutes_lost);
	i->minutes_lost = loss_count(j, i, read_intervals, s);
}

static int put_incident(struct store *s, const struct incident *i, const char *body)
{
	sqlite3_stmt *st = s->statements[PUT_INCIDENT];
	store_bind_text(st, 1, i->id);
	sqlite3_bind_int(st, 2, incident_is_open(i));
	store_bind_text(st, 3, incident_state_name(i->state));
	store_bind_text(st, 4, i->site);
	store_bind_text(st, 5, i->unit);
	store_bind_text(st, 6, i->node);
	store_bind_text(st, 7, i->service);
	sqlite3_bind_int64(st, 8, i->opened_at);
	sqlite3_bind_int64(st, 9, i->resolved_at);
	sqlite3_bind_int(st, 10, i->simulated);
	sqlite3_bind_int(st, 11, (int)i->changes);
	sqlite3_bind_int(st, 12, (int)i->said);
	store_bind_text(st, 13, body);
	return store_step(s, st);
}

static int put_conclusion(struct store *s, const struct incident *i, const char *change, json_t *object)
{
	sqlite3_stmt *st = s->statements[PUT_CONCLUSION];
	char key[256];
	snprintf(key, sizeof key, "incident/%s/%s/%u", i->id, change, i->changes);
	json_t *o = json_pack(
	        "{s:s, s:s, s:b, s:O}", "type", "incident", "change", change, "late", (int)i->late, "incident", object);
	char *body = json_dumps(o, JSON_COMPACT);
	store_bind_text(st, 1, key);
	store_bind_text(st, 2, body);
	int rc = store_step(s, st);
	free(body);
	json_decref(o);
	return rc;
}

int store_incidents(struct store *s, struct judge *j)
{
	int rc = 0;
	for (size_t k = 0; k < j->incidents.count && !rc; k++) {
		struct incident *i = j->incidents.all[k];
		const char *change;
		if (!i->dirty)
			continue;
		if (i->state == INCIDENT_RESOLVED)
			count_loss(s, j, i);
		json_t *object = incident_json(i);
		char *body = json_dumps(object, JSON_COMPACT);
		while (!rc && (change = incident_say(i)))
			rc = put_conclusion(s, i, change, object);
		rc = rc ? rc : put_incident(s, i, body);
		free(body);
		json_decref(object);
	}
	return rc;
}
