#include "collector/tell/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/outbox_private.h"

bool known_urgent(const json_t *incident)
{
	return !strcmp(desk_text(incident, "state"), "open") && strcmp(desk_text(incident, "severity"), "warning") &&
	       !*desk_text(incident, "excused");
}

int known_put(const struct desk *d, const json_t *incident, int64_t at, bool news)
{
	static const char sql[] =
	        "INSERT INTO known(id, body, at, alarm, open, news) VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON "
	        "CONFLICT(id) DO UPDATE SET body = excluded.body, at = excluded.at, alarm = "
	        "excluded.alarm, open = excluded.open, news = news OR excluded.news";
	const char *state = desk_text(incident, "state");
	bool alarm = strcmp(desk_text(incident, "severity"), "warning") != 0;
	bool open = !strcmp(state, "open") || !strcmp(state, "acknowledged");
	char *body = json_dumps(incident, JSON_COMPACT);
	int status = !body ? -ENOMEM
	                   : outbox_run(d->outbox, outbox_query(d->outbox, sql, "ssiiii", desk_text(incident, "id"),
	                                                   body, at, (int64_t)alarm, (int64_t)open, (int64_t)news));

	free(body);
	return status < 0 ? status : 0;
}

bool known_routed(const struct desk *d, const char *id)
{
	return outbox_number(outbox_query(d->outbox, "SELECT routed FROM known WHERE id = ?1", "s", id), 0);
}

int known_set_routed(const struct desk *d, const char *id)
{
	int status =
	        outbox_run(d->outbox, outbox_query(d->outbox, "UPDATE known SET routed = 1 WHERE id = ?1", "s", id));

	return status < 0 ? status : 0;
}

static json_t *body_of(const struct desk *d, const char *sql, const char *id)
{
	sqlite3_stmt *s = outbox_query(d->outbox, sql, "s", id);
	json_t *o = s && sqlite3_step(s) == SQLITE_ROW ? json_loads(outbox_text(s, 0), 0, NULL) : NULL;

	sqlite3_finalize(s);
	return o;
}

json_t *known_get(const struct desk *d, const char *id)
{
	return body_of(d, "SELECT body FROM known WHERE id = ?1", id);
}

int known_put_drill(const struct desk *d, const json_t *drill)
{
	char *body = json_dumps(drill, JSON_COMPACT);
	int status = !body ? -ENOMEM
	                   : outbox_run(d->outbox,
	                             outbox_query(d->outbox, "INSERT OR REPLACE INTO drill(id, body) VALUES(?1, ?2)",
	                                     "ss", desk_text(drill, "id"), body));

	free(body);
	return status < 0 ? status : 0;
}

json_t *known_drill(const struct desk *d, const char *id)
{
	return body_of(d, "SELECT body FROM drill WHERE id = ?1", id);
}
