/* Acts whose answer is what judge makes of them: recorded, then looked for in judge's tables until they show it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/clock.h"
#include "common/memory.h"

#define LOOK_EVERY_MS 50
#define LOOK_MOST_MS 5000 /* judge is behind then: the act stands in the journal all the same */

struct wait {
	struct act *act;
	uv_timer_t timer;
	char id[80];
	int64_t until_ms;
	act_look look;
};

static void on_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static void finish(struct wait *w, json_t *answer)
{
	struct act *act = w->act;

	uv_close((uv_handle_t *)&w->timer, on_closed);
	act_answer(act, answer);
}

static void on_timer(uv_timer_t *timer)
{
	struct wait *w = timer->data;
	json_t *answer = w->act->core->stopping ? NULL : w->look(w->act, w->id);

	if (answer)
		finish(w, answer);
	else if (w->act->core->stopping || clock_boot_ms() >= w->until_ms)
		finish(w, json_pack("{s:s, s:b}", "id", w->id, "pending", 1));
}

static void on_recorded(int status, int64_t id, void *arg)
{
	struct wait *w = arg;
	struct act *act = w->act;

	(void)id;
	if (status) {
		free(w);
		act_refuse(act, 503, "the act cannot be recorded: %s", strerror(-status));
		return;
	}
	w->until_ms = clock_boot_ms() + LOOK_MOST_MS;
	uv_timer_init(&act->core->loop, &w->timer);
	w->timer.data = w;
	uv_timer_start(&w->timer, on_timer, LOOK_EVERY_MS, LOOK_EVERY_MS);
}

void act_record_wait(struct act *act, json_t *body, const char *id, act_look look)
{
	struct wait *w = mem_alloc(sizeof(*w));

	w->act = act;
	w->look = look;
	snprintf(w->id, sizeof(w->id), "%s", id);
	core_journal_act(act->core, body, on_recorded, w);
}
