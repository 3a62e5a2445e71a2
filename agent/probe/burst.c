#include "agent/probe/burst.h"

void burst_init(struct burst *b, uv_loop_t *loop, void (*begin)(struct burst_place *place))
{
	b->first = NULL;
	b->end = &b->first;
	b->begin = begin;
	b->turn_ms = 0;
	b->begun = 0;
	uv_idle_init(loop, &b->idle);
}

static void on_idle(uv_idle_t *idle)
{
	struct burst *b = (struct burst *)((char *)idle - offsetof(struct burst, idle));

	for (unsigned i = 0; i < BURST_MAX && b->first; i++) {
		struct burst_place *place = b->first;

		burst_leave(b, place);
		b->begin(place);
	}
	if (!b->first)
		uv_idle_stop(idle);
}

bool burst_may(struct burst *b, struct burst_place *place)
{
	uint64_t now_ms = uv_now(b->idle.loop);

	if (b->turn_ms != now_ms) {
		b->turn_ms = now_ms;
		b->begun = 0;
	}
	if (b->begun < BURST_MAX) {
		b->begun++;
		return true;
	}
	place->next = NULL;
	place->waiting = true;
	*b->end = place;
	b->end = &place->next;
	uv_idle_start(&b->idle, on_idle);
	return false;
}

void burst_leave(struct burst *b, struct burst_place *place)
{
	struct burst_place **at = &b->first;

	if (!place->waiting)
		return;
	while (*at != place)
		at = &(*at)->next;
	*at = place->next;
	if (!*at)
		b->end = at;
	place->waiting = false;
}

void burst_close(struct burst *b, uv_close_cb on_closed)
{
	uv_close((uv_handle_t *)&b->idle, on_closed);
}
