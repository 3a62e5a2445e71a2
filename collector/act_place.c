/* For whoever has a caller on the phone: the lamps of a place, the fault slip, the carriers' month. */
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/clock.h"

#define PLACE_MAX 200

static bool is_english(const struct act *act)
{
	const char *language = act_text(act, "language");

	return *language ? !strcmp(language, "en") : act->core->config->language == LANGUAGE_EN;
}

void act_lamps(struct act *act)
{
	const char *place = act_text(act, "place");

	if (!*place || strlen(place) > PLACE_MAX) {
		act_refuse(act, 400, "place: 1 to %d bytes expected", PLACE_MAX);
		return;
	}
	json_t *answer = view_lamps(act->core->view, place, clock_wall_ms());
	if (answer)
		act_answer(act, answer);
	else
		act_refuse(act, 503, "no inventory is in force");
}

void act_slip(struct act *act)
{
	const char *why = "";
	json_t *answer = view_slip(act->core->view, act_text(act, "incident"), is_english(act), &why);

	if (answer)
		act_answer(act, answer);
	else
		act_refuse(act, 404, "%s", why);
}

void act_outages(struct act *act)
{
	const char *why = "", *month = act_text(act, "month"), *carrier = act_text(act, "carrier");
	bool csv = json_is_true(json_object_get(act->request, "csv"));
	char *text = csv ? view_outages_csv(act->core->view, month, carrier, is_english(act), &why) : NULL;
	json_t *answer = csv ? text ? json_pack("{s:s}", "csv", text) : NULL
	                     : view_outages(act->core->view, month, carrier, &why);

	free(text);
	if (answer)
		act_answer(act, answer);
	else
		act_refuse(act, 400, "%s", why);
}
