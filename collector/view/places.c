#include <errno.h>

#include "collector/view/lamps.h"

json_t *place_json(const struct place *p)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "site", p->site->id, "site_name",
	        p->site->name ? p->site->name : p->site->id, "unit", json_text(p->unit ? p->unit->id : NULL),
	        "unit_name", json_text(p->unit ? p->unit->name : NULL), "former",
	        json_text(p->former ? p->former->name : NULL));
}

/* NULL with *out set, or the refusal. */
json_t *place_refused(const struct inventory *inv, const char *words, int64_t at, struct place *out)
{
	struct place candidates[PLACE_CANDIDATES_MAX];
	size_t count = 0;
	int err = inventory_place(inv, words, at, out, candidates, &count);
	if (!err)
		return NULL;
	json_t *list = json_array();
	for (size_t k = 0; k < count; k++)
		json_array_append_new(list, place_json(&candidates[k]));
	const char *text = err == -EEXIST ? "several places are called so: say which" : "no place is called so";
	return json_pack("{s:s, s:i, s:o}", "error", text, "status", err == -EEXIST ? 409 : 404, "candidates", list);
}

json_t *view_place(struct view *v, const char *words, int64_t at)
{
	struct place p;
	if (!v->inv)
		return NULL;
	json_t *refused = place_refused(v->inv, words, at, &p);
	return refused ? refused : place_json(&p);
}
