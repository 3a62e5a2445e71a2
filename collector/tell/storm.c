#include "collector/tell/storm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/tell/known.h"
#include "collector/tell/list_letter.h"
#include "collector/tell/outbox_private.h"
#include "common/memory.h"

bool storm_holds(const struct desk *d, const char *contact, const char *site, int64_t at)
{
	const struct alerts *a = &d->inventory->alerts;
	/* no more than decide are counted */
	int64_t others = outbox_number(outbox_query(d->outbox,
	                                       "SELECT count(*) FROM (SELECT DISTINCT site FROM outbox WHERE contact = "
	                                       "?1 AND site IS NOT NULL "
	                                       "AND site <> ?2 AND created_at > ?3 LIMIT ?4)",
	                                       "ssii", contact, site, at - a->storm_every_ms, a->storm_sites),
	        0);

	return others >= a->storm_sites;
}

/* A contact's last list, when its first held row came within `every` after it, else that row: `every` later the next list is due. */
static const char waiting_sql[] =
        "SELECT contact, CASE WHEN last + ?1 > first THEN last ELSE first END AS since FROM (SELECT h.contact, "
        "min(h.created_at) AS first, coalesce((SELECT max(l.created_at) FROM outbox l WHERE l.incident = 'storm' AND "
        "l.contact = h.contact), 0) AS last FROM outbox h WHERE h.state = 'held' GROUP BY h.contact) ORDER BY since "
        "LIMIT 1";

int64_t storm_due(const struct desk *d)
{
	sqlite3_stmt *s = outbox_query(d->outbox, waiting_sql, "i", d->inventory->alerts.storm_every_ms);
	int64_t due = -1;

	if (s && sqlite3_step(s) == SQLITE_ROW)
		due = sqlite3_column_int64(s, 1) + d->inventory->alerts.storm_every_ms;
	sqlite3_finalize(s);
	return due;
}

/* Each held incident once, as it is now. */
static json_t *held_list(const struct desk *d, const char *contact)
{
	sqlite3_stmt *s = outbox_query(d->outbox,
	        "SELECT incident, body FROM outbox WHERE state = 'held' AND contact = ?1 GROUP BY incident ORDER BY "
	        "min(id)",
	        "s", contact);
	json_t *list = json_array();

	while (s && sqlite3_step(s) == SQLITE_ROW) {
		json_t *incident = known_get(d, outbox_text(s, 0));

		if (!incident)
			incident = json_loads(outbox_text(s, 1), 0, NULL);
		if (incident)
			json_array_append_new(list, list_item(incident));
		json_decref(incident);
	}
	sqlite3_finalize(s);
	return list;
}

static int list_make(const struct desk *d, const char *contact, int64_t since, int64_t now_ms)
{
	struct outbox *o = d->outbox;
	int64_t number = 1 + outbox_number(outbox_query(o,
	                                           "SELECT max(CAST(substr(kind, 7) AS INTEGER)) FROM outbox WHERE "
	                                           "incident = 'storm' AND contact = ?1",
	                                           "s", contact),
	                             0);
	json_t *body = json_pack("{s:o, s:I, s:I}", "list", held_list(d, contact), "from", (json_int_t)since, "until",
	        (json_int_t)now_ms);
	char *text = json_dumps(body, JSON_COMPACT), kind[32];
	int status;

	snprintf(kind, sizeof(kind), "storm-%lld", (long long)number);
	status = text ? outbox_put(o, "storm", kind, contact, now_ms, text) : -ENOMEM;
	if (status >= 0)
		status = outbox_run(o,
		        outbox_query(o,
		                "UPDATE outbox SET state = 'listed', list = ?1 WHERE state = 'held' AND contact = ?2",
		                "is", outbox_last_row(o), contact));
	free(text);
	json_decref(body);
	return status < 0 ? status : 0;
}

int storm_tick(const struct desk *d, int64_t now_ms)
{
	int status = 0;

	while (!status) {
		sqlite3_stmt *s = outbox_query(d->outbox, waiting_sql, "i", d->inventory->alerts.storm_every_ms);
		bool due = s && sqlite3_step(s) == SQLITE_ROW &&
		           sqlite3_column_int64(s, 1) + d->inventory->alerts.storm_every_ms <= now_ms;
		char *contact = due ? mem_str(outbox_text(s, 0)) : NULL;
		int64_t since = due ? sqlite3_column_int64(s, 1) : 0;

		sqlite3_finalize(s);
		if (!due)
			break;
		status = list_make(d, contact, since, now_ms);
		free(contact);
	}
	return status;
}
