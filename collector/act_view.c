/* Questions that view answers: the same JSON that web gives. */
#include <string.h>

#include "collector/core.h"
#include "common/clock.h"

static void answer_or_say(struct act *act, json_t *answer)
{
	if (answer)
		act_answer(act, answer);
	else
		act_refuse(act, 503, "no inventory is in force");
}

static int64_t instant(const struct act *act)
{
	return act_number(act, "at", clock_wall_ms());
}

void act_units(struct act *act)
{
	answer_or_say(act, view_units(act->core->view, instant(act)));
}

void act_nodes(struct act *act)
{
	answer_or_say(act, view_nodes(act->core->view, instant(act)));
}

void act_incidents(struct act *act)
{
	answer_or_say(act, view_incidents(act->core->view, json_is_true(json_object_get(act->request, "all"))));
}

void act_find(struct act *act)
{
	const char *words = act_text(act, "words");

	if (!*words || strlen(words) > 200)
		act_refuse(act, 400, "words: 1 to 200 bytes expected");
	else
		answer_or_say(act, view_find(act->core->view, words, instant(act)));
}
