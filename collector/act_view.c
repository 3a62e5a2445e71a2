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

/* What only core knows: is the configuration that the agent has applied the one in force? */
static void node_complete(struct core *core, json_t *row)
{
	const char *id = json_string_value(json_object_get(row, "id")),
	           *applied = json_string_value(json_object_get(row, "config_version"));
	const struct node *n = id && core->inventory ? inventory_node(core->inventory, id) : NULL;

	if (!n)
		return;
	json_object_set_new(row, "config_current",
	        n->kind == NODE_SERVER && applied ? json_boolean(!strcmp(applied, core_orders_version(core, n)))
	                                          : json_null());
}

void act_nodes(struct act *act)
{
	json_t *answer = view_nodes(act->core->view, instant(act)), *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "nodes"), i, row) node_complete(act->core, row);
	answer_or_say(act, answer);
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
