#include "collector/tell/affected.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define NAMES_MAX 20    /* one place: a whole province is not read name by name */
#define ROW_UNITS_MAX 6 /* more units are a section */
#define SERVICES_MAX 12

/* ---- counting ---- */

static void site_count(const struct scene *s, struct affected *a, const char *id)
{
	const struct site *site = id ? inventory_site(s->f->inventory, id) : NULL;

	if (site)
		json_object_set_new(a->sites, site->id, json_true());
}

static const struct site *site_of_node(const struct scene *s, const char *node)
{
	const struct node *n = inventory_node(s->f->inventory, node);

	return n ? n->at : NULL;
}

/* A line that is looked at from outside is its own site's matter, not that of the node that looks: "path:mk-ts@core-srv". */
static const struct site *site_of_line(const struct scene *s, const char *line, size_t len)
{
	const struct inventory *inv = s->f->inventory;

	for (size_t i = 0; i < inv->site_count; i++)
		for (size_t k = 0; k < inv->sites[i].uplink_count; k++)
			if (strlen(inv->sites[i].uplinks[k].id) == len &&
			        !strncmp(inv->sites[i].uplinks[k].id, line, len))
				return &inv->sites[i];
	return NULL;
}

/* "service:land@mk-srv1", "uplink:ts@mk-srv1", "path:mk-ts@core-srv", "site:mk-hq" */
static void affect_count(const struct scene *s, struct affected *a, json_t *pairs, const char *text)
{
	const char *at = strrchr(text, '@');
	const struct site *of_line =
	        at && !strncmp(text, "path:", 5) ? site_of_line(s, text + 5, (size_t)(at - text - 5)) : NULL;
	const struct site *site = of_line ? of_line : at ? site_of_node(s, at + 1) : NULL;

	if (!strncmp(text, "site:", 5))
		site_count(s, a, text + 5);
	if (site)
		site_count(s, a, site->id);
	if (strncmp(text, "service:", 8))
		return;
	char *service = at ? mem_strn(text + 8, (size_t)(at - text - 8)) : mem_str(text + 8);
	char *pair = mem_printf("%s@%s", service, site ? site->id : at ? at + 1 : "");
	if (!json_object_get(pairs, pair)) {
		json_int_t count = json_integer_value(json_object_get(a->services, service));

		json_object_set_new(pairs, pair, json_true());
		json_object_set_new(a->services, service, json_integer(count + 1));
	}
	free(service);
	free(pair);
}

static void units_count(const struct scene *s, struct affected *a)
{
	const struct inventory *inv = s->f->inventory;

	for (size_t i = 0; i < inv->site_count; i++) {
		const struct unit *u = json_object_get(a->sites, inv->sites[i].id)
		                               ? site_unit(inv, &inv->sites[i], s->opened_at)
		                               : NULL;
		json_int_t count = u ? json_integer_value(json_object_get(a->units, u->id)) : 0;

		if (u)
			json_object_set_new(a->units, u->id, json_integer(count + 1));
	}
}

struct affected affected_of(const struct scene *s)
{
	struct affected a = {json_object(), json_object(), json_object()};
	json_t *pairs = json_object(), *one;
	size_t i;

	site_count(s, &a, s->site ? s->site->id : NULL);
	json_array_foreach(json_object_get(s->incident, "sites"), i, one) site_count(s, &a, json_string_value(one));
	json_array_foreach(json_object_get(s->incident, "affects"), i, one) if (json_string_value(one))
	        affect_count(s, &a, pairs, json_string_value(one));
	units_count(s, &a);
	json_decref(pairs);
	return a;
}

void affected_free(struct affected *a)
{
	json_decref(a->sites);
	json_decref(a->units);
	json_decref(a->services);
	*a = (struct affected){0};
}

bool affected_many(const struct affected *a)
{
	return json_object_size(a->units) > 1;
}

/* ---- saying it ---- */

static void row_add(struct page *p, const char *label, struct buf *text)
{
	buf_put_u8(text, 0);
	page_add(p, PART_ROW, label, (char *)text->data);
	buf_free(text);
}

/* "Xã A, Xã B (2 địa điểm)" */
static void unit_names(const struct scene *s, const struct affected *a, struct buf *out)
{
	const char *id;
	json_t *count;

	json_object_foreach(a->units, id, count)
	{
		const struct unit *u = inventory_unit(s->f->inventory, id);

		buf_printf(out, "%s%s", out->len ? ", " : "", u ? u->name : id);
		if (json_integer_value(count) > 1)
			buf_printf(
			        out, " (%lld %s)", (long long)json_integer_value(count), scene_word(s, WORD_SITES_OF));
	}
}

static void units_row(const struct scene *s, const struct affected *a, struct page *p)
{
	size_t units = json_object_size(a->units), sites = json_object_size(a->sites);
	struct buf text = {0};

	if (units <= ROW_UNITS_MAX) {
		unit_names(s, a, &text);
	} else {
		buf_printf(&text, "%zu %s", units, scene_word(s, WORD_COMMUNES));
		if (sites != units)
			buf_printf(&text, ", %zu %s", sites, scene_word(s, WORD_SITES_OF));
	}
	row_add(p, scene_word(s, WORD_AFFECTED_UNITS), &text);
}

static const char *service_name(const struct scene *s, const char *id)
{
	const struct service *sv = inventory_service(s->f->inventory, id);

	return sv ? sv->name : id;
}

static void services_row(const struct scene *s, const struct affected *a, struct page *p)
{
	struct buf text = {0};
	size_t said = 0;
	const char *id;
	json_t *count;

	json_object_foreach(a->services, id, count)
	{
		if (said++ >= SERVICES_MAX)
			continue;
		buf_printf(&text, "%s%s (%lld %s)", said > 1 ? ", " : "", service_name(s, id),
		        (long long)json_integer_value(count), scene_word(s, WORD_SITES_OF));
	}
	if (said > SERVICES_MAX)
		buf_printf(&text, ", %s %zu", scene_word(s, WORD_MORE), said - SERVICES_MAX);
	if (said)
		row_add(p, scene_word(s, WORD_AFFECTED_SERVICES), &text);
}

/* Do all of them hang on one node? Then it need not be said with each. */
static bool one_node(const json_t *affects)
{
	const char *first = NULL;
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)affects, i, one)
	{
		const char *text = json_string_value(one), *at = text ? strrchr(text, '@') : NULL;

		if (!at)
			continue;
		if (first && strcmp(first, at))
			return false;
		first = at;
	}
	return first != NULL;
}

static char *name_of(const struct scene *s, const char *text, bool bare)
{
	const char *at = strrchr(text, '@');
	char *short_text = mem_strn(text, bare && at ? (size_t)(at - text) : strlen(text));
	char *name = scene_affected_name(s, short_text);

	free(short_text);
	return name;
}

/* Of one place: all that is affected, by name. */
static void names_row(const struct scene *s, struct page *p)
{
	const json_t *affects = json_object_get(s->incident, "affects");
	bool bare = one_node(affects);
	struct buf text = {0};
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)affects, i, one)
	{
		const char *what = json_string_value(one);
		char *name = what && i < NAMES_MAX ? name_of(s, what, bare) : NULL;

		if (name)
			buf_printf(&text, "%s%s", text.len ? ", " : "", name);
		free(name);
	}
	if (json_array_size(affects) > NAMES_MAX)
		buf_printf(&text, ", %s %zu", scene_word(s, WORD_MORE), json_array_size(affects) - NAMES_MAX);
	row_add(p, scene_word(s, WORD_AFFECTS), &text);
}

void affected_add_rows(const struct scene *s, const struct affected *a, struct page *p)
{
	if (!affected_many(a)) {
		names_row(s, p);
		return;
	}
	units_row(s, a, p);
	services_row(s, a, p);
}

void affected_add_units(const struct scene *s, const struct affected *a, struct page *p)
{
	struct buf text = {0};
	char *heading;

	if (json_object_size(a->units) <= ROW_UNITS_MAX)
		return;
	heading = mem_printf("%s (%zu)", scene_word(s, WORD_AFFECTED_UNITS), json_object_size(a->units));
	page_add(p, PART_HEADING, NULL, heading);
	free(heading);
	unit_names(s, a, &text);
	buf_put_u8(&text, 0);
	page_add(p, PART_TEXT, NULL, (char *)text.data);
	buf_free(&text);
}

void affected_add_minutes(const struct scene *s, struct page *p)
{
	const json_t *lost = json_object_get(s->incident, "minutes_lost");
	struct buf text = {0};
	size_t said = 0;
	const char *id;
	json_t *minutes;

	json_object_foreach((json_t *)lost, id, minutes)
	{
		if (!json_is_number(minutes) || json_number_value(minutes) < 1 || said++ >= SERVICES_MAX)
			continue;
		buf_printf(&text, "%s%s: %.0f %s", said > 1 ? "; " : "", service_name(s, id),
		        json_number_value(minutes), scene_word(s, WORD_MINUTES));
	}
	if (said > SERVICES_MAX)
		buf_printf(&text, "; %s %zu", scene_word(s, WORD_MORE), said - SERVICES_MAX);
	if (said)
		row_add(p, scene_word(s, WORD_MINUTES_LOST), &text);
}
