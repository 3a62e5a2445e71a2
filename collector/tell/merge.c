#include "collector/tell/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/outbox_private.h"
#include "common/memory.h"

/* One who was to hear, or has heard, of the part. */
struct listener {
	char contact[72], state[16], root[300];
	int64_t list;
};

#define LISTENERS_MAX 512

static int heard_of_part(struct outbox *o, const char *whole, const struct listener *l, int64_t at, const char *body)
{
	bool gathered = !strcmp(l->state, "listed");
	const struct outbox_item covered = {.incident = whole,
	        .kind = "open",
	        .contact = l->contact,
	        .body = body,
	        .root = gathered ? NULL : l->root,
	        .state = gathered ? OUTBOX_LISTED : OUTBOX_COVERED,
	        .list = l->list,
	        .created_at = at};
	int status;

	outbox_withdraw(o, whole, "open", l->contact);
	if (outbox_heard(o, whole, l->contact))
		return 0;
	status = outbox_add(o, &covered);
	return status < 0 ? status : 0;
}

/* The first row of each contact: the one by which it was to hear of the part. */
static size_t listeners_read(struct outbox *o, const char *part, struct listener *out)
{
	sqlite3_stmt *s = outbox_query(o,
	        "SELECT contact, state, coalesce(root, kind || '.' || incident || '.' || contact), "
	        "coalesce(list, 0)"
	        " FROM outbox WHERE incident = ?1 GROUP BY contact HAVING id = min(id) LIMIT 512",
	        "s", part);
	size_t count = 0;

	for (; s && count < LISTENERS_MAX && sqlite3_step(s) == SQLITE_ROW; count++) {
		struct listener *l = &out[count];

		snprintf(l->contact, sizeof(l->contact), "%s", outbox_text(s, 0));
		snprintf(l->state, sizeof(l->state), "%s", outbox_text(s, 1));
		snprintf(l->root, sizeof(l->root), "%s", outbox_text(s, 2));
		l->list = sqlite3_column_int64(s, 3);
	}
	sqlite3_finalize(s);
	return count;
}

/* What nobody has read yet. */
static int unheard_drop(struct outbox *o, const char *part)
{
	int status = outbox_run(o, outbox_query(o,
	                                   "DELETE FROM outbox WHERE incident = ?1 AND (state = 'held' OR (state = "
	                                   "'queued' AND attempts = 0))",
	                                   "s", part));

	return status < 0 ? status : 0;
}

int merge_parts(struct outbox *o, const char *part, const char *whole, int64_t at, const char *body)
{
	struct listener *all = mem_alloc(LISTENERS_MAX * sizeof(*all));
	int status = unheard_drop(o, part);
	size_t count = status ? 0 : listeners_read(o, part, all);

	for (size_t i = 0; i < count && !status; i++)
		status = heard_of_part(o, whole, &all[i], at, body);
	free(all);
	return status;
}
