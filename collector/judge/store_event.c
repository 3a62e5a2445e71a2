#include "collector/judge/event.h"
#include "collector/judge/store_private.h"

static int put_event(struct store *s, const struct node_event *e)
{
	sqlite3_stmt *st = s->statements[PUT_EVENT];
	sqlite3_bind_int64(st, 1, e->node->id);
	sqlite3_bind_int64(st, 2, e->at);
	store_bind_text(st, 3, e->kind);
	store_bind_text(st, 4, e->subject);
	store_bind_text(st, 5, e->text);
	return store_step(s, st);
}

static int drop(struct store *s, enum store_statement statement, int64_t node, int64_t bound)
{
	sqlite3_stmt *st = s->statements[statement];
	sqlite3_bind_int64(st, 1, node);
	sqlite3_bind_int64(st, 2, bound);
	return store_step(s, st);
}

int store_events(struct store *s, const struct judge *j)
{
	int rc = 0;
	for (size_t k = 0; k < j->event_count && !rc; k++)
		rc = put_event(s, &j->events[k]);
	/* each node that told something, once: its events mostly stand together */
	for (size_t k = 0; k < j->event_count && !rc; k++)
		if (!k || j->events[k].node != j->events[k - 1].node)
			rc = drop(s, CUT_EVENTS, j->events[k].node->id, EVENTS_KEPT);
	if (!rc && j->fleet.count && j->now > EVENTS_KEEP_MS)
		rc = drop(s, DROP_EVENTS, j->fleet.nodes[s->pruned % j->fleet.count]->id, j->now - EVENTS_KEEP_MS);
	return rc;
}
