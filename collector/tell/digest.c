#include "collector/tell/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/tell/known.h"
#include "collector/tell/list_letter.h"
#include "collector/tell/oncall.h"
#include "collector/tell/outbox_private.h"

#define DAY_MS 86400000LL
#define MINUTE_MS 60000LL

/* ---- when ---- */

/* The last time at or before `now_ms` that the clock showed digest.at; its local midnight in *day. */
static int64_t last_time(const struct desk *d, int64_t now_ms, int64_t *day)
{
	int64_t minutes = alerts_minutes(d->inventory->alerts.digest_at);
	int64_t local = now_ms + zone_offset_ms(d->zone, now_ms);
	int64_t at;

	*day = local / DAY_MS * DAY_MS;
	at = zone_utc_ms(d->zone, *day + minutes * MINUTE_MS);
	if (at <= now_ms)
		return at;
	*day -= DAY_MS;
	return zone_utc_ms(d->zone, *day + minutes * MINUTE_MS);
}

static int64_t day_made(const struct desk *d)
{
	return outbox_number(outbox_query(d->outbox, "SELECT value FROM fact WHERE name = 'digest'", ""), -1);
}

int64_t digest_due(const struct desk *d, int64_t now_ms)
{
	int64_t day, at = last_time(d, now_ms, &day);

	return day_made(d) < day ? at : at + DAY_MS;
}

static int day_set(const struct desk *d, int64_t day)
{
	int status = outbox_run(d->outbox,
	        outbox_query(d->outbox, "INSERT OR REPLACE INTO fact(name, value) VALUES('digest', ?1)", "i", day));

	return status < 0 ? status : 0;
}

/* ---- what, and to whom ---- */

/* Of each contact its list, and whether anything in it is new. */
struct gathered {
	json_t *lists, *fresh;
};

static void item_give(struct gathered *g, const struct contact *c, json_t *item, bool news)
{
	json_t *list = json_object_get(g->lists, c->id);

	if (!list) {
		list = json_array();
		json_object_set_new(g->lists, c->id, list);
	}
	json_array_append(list, item);
	if (news)
		json_object_set_new(g->fresh, c->id, json_true());
}

static void warning_take(const struct desk *d, struct gathered *g, const char *body, bool news, int64_t now_ms)
{
	const struct conf_strings *to = &d->inventory->alerts.digest_to;
	json_t *incident = json_loads(body, 0, NULL), *item = incident ? list_item(incident) : NULL;
	struct oncall who = {0};

	if (item && !*desk_text(incident, "excused") && !*desk_text(incident, "merged_into")) {
		json_object_set_new(item, "news", json_boolean(news));
		if (to->count)
			oncall_add(d->inventory, d->zone, to, now_ms, &who);
		else
			oncall_for(d->inventory, d->zone, incident, now_ms, &who);
		for (size_t i = 0; i < who.count; i++)
			item_give(g, who.who[i], item, news);
	}
	oncall_free(&who);
	json_decref(item);
	json_decref(incident);
}

static int list_put(const struct desk *d, const char *contact, json_t *list, int64_t day, int64_t from, int64_t now_ms)
{
	json_t *body =
	        json_pack("{s:O, s:I, s:I}", "list", list, "from", (json_int_t)from, "until", (json_int_t)now_ms);
	char *text = json_dumps(body, JSON_COMPACT), kind[24];
	time_t seconds = (time_t)(day / 1000);
	struct tm tm;
	int status;

	gmtime_r(&seconds, &tm); /* `day` is local already */
	strftime(kind, sizeof(kind), "digest-%Y%m%d", &tm);
	status = text ? outbox_put(d->outbox, "digest", kind, contact, now_ms, text) : -ENOMEM;
	free(text);
	json_decref(body);
	return status < 0 ? status : 0;
}

static int digest_make(const struct desk *d, int64_t day, int64_t from, int64_t now_ms)
{
	struct gathered g = {json_object(), json_object()};
	sqlite3_stmt *s = outbox_query(d->outbox,
	        "SELECT body, news FROM known WHERE NOT alarm AND (open OR news) ORDER BY news DESC, open DESC, at",
	        "");
	const char *contact;
	json_t *list;
	int status = 0;

	while (s && sqlite3_step(s) == SQLITE_ROW)
		warning_take(d, &g, outbox_text(s, 0), sqlite3_column_int(s, 1), now_ms);
	sqlite3_finalize(s);
	json_object_foreach(g.lists, contact, list) if (!status && json_object_get(g.fresh, contact)) status =
	        list_put(d, contact, list, day, from, now_ms);
	json_decref(g.lists);
	json_decref(g.fresh);
	if (!status)
		status = outbox_run(d->outbox, outbox_query(d->outbox, "UPDATE known SET news = 0 WHERE news", ""));
	return status < 0 ? status : 0;
}

int digest_tick(const struct desk *d, int64_t now_ms)
{
	int64_t day, made = day_made(d);
	int status = 0;

	last_time(d, now_ms, &day);
	if (made >= day)
		return 0;
	/* at the very first start there was no day before */
	if (made >= 0)
		status = digest_make(d, day, now_ms - DAY_MS, now_ms);
	return status ? status : day_set(d, day);
}
