#include <errno.h>

#include "collector/view/lamps.h"
#include "common/buf.h"

json_t *place_json(const struct place *p)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "site", p->site->id, "site_name",
	        p->site->name ? p->site->name : p->site->id, "unit", json_text(p->unit ? p->unit->id : NULL),
	        "unit_name", json_text(p->unit ? p->unit->name : NULL), "former",
	        json_text(p->former ? p->former->name : NULL));
}

/* "  pha-long-hq  Xã Pha Long, Trụ sở xã Pha Long (Xã Tả Ngài Chồ)": for whoever has to choose. */
static json_t *place_line(const struct place *p)
{
	struct buf b = {0};
	buf_printf(&b, "  %s  %s%s%s", p->site->id, p->unit && p->unit->name ? p->unit->name : "",
	        p->unit && p->unit->name ? ", " : "", p->site->name ? p->site->name : p->site->id);
	if (p->former && p->former->name)
		buf_printf(&b, " (%s)", p->former->name);
	json_t *line = json_stringn((const char *)b.data, b.len);
	buf_free(&b);
	return line;
}

json_t *place_refused(const struct inventory *inv, const char *words, int64_t at, struct place *out)
{
	struct place candidates[PLACE_CANDIDATES_MAX];
	size_t count = 0;
	int err = inventory_place(inv, words, at, out, candidates, &count);
	if (!err)
		return NULL;
	json_t *list = json_array(), *lines = json_array();
	for (size_t k = 0; k < count; k++) {
		json_array_append_new(list, place_json(&candidates[k]));
		json_array_append_new(lines, place_line(&candidates[k]));
	}
	const char *text = err == -EEXIST
	                           ? "có nhiều nơi cùng tên, hãy chọn một / several places are called so, say which"
	                           : "không có nơi nào tên như vậy / no place is called so";
	return json_pack("{s:s, s:i, s:o, s:o}", "error", text, "status", err == -EEXIST ? 409 : 404, "candidates",
	        list, "errors", lines);
}

json_t *view_place(struct view *v, const char *words, int64_t at)
{
	struct place p;
	if (!v->inv)
		return NULL;
	json_t *refused = place_refused(v->inv, words, at, &p);
	return refused ? refused : place_json(&p);
}
