#include "collector/judge/area_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/words.h"
#include "common/memory.h"

#define SUMMARY_NAMES 3
#define EVIDENCE_NAMES 20

static const char *site_name(const struct judge *j, const char *id)
{
	const struct site *s = j->inv ? inventory_site(j->inv, id) : NULL;
	return s && s->name && s->name[0] ? s->name : id;
}

/* "A, B, C và 11 nơi khác". Gives it. */
static char *list_names(const struct judge *j, const json_t *ids, size_t most, bool vi)
{
	struct buf b = {0};
	size_t count = json_array_size(ids), shown = count <= most + 1 ? count : most;
	for (size_t k = 0; k < shown; k++)
		buf_printf(&b, "%s%s", k ? ", " : "", site_name(j, json_string_value(json_array_get(ids, k))));
	if (count > shown)
		buf_printf(&b, vi ? " và %zu nơi khác" : " and %zu more", count - shown);
	buf_put_u8(&b, 0);
	return (char *)b.data;
}

char *area_summary(const struct judge *j, const struct incident *i, bool vi)
{
	const struct cause_words *cause = cause_words(i->finding.verdict.cause);
	char *names = list_names(j, i->sites, SUMMARY_NAMES, vi);
	size_t count = json_array_size(i->sites);
	const char *what = vi ? cause->vi : cause->en, *form;
	if (i->kind == KIND_AGENT)
		form = vi ? "%zu địa điểm cùng mất liên lạc: %s (%s)" : "%zu sites went dark together: %s (%s)";
	else
		form = vi ? "Kênh truyền của %zu địa điểm cùng mất: %s (%s)"
		          : "Lines of %zu sites went down together: %s (%s)";
	char *text = mem_printf(form, count, what, names);
	free(names);
	return text;
}

static void say(struct incident *i, int64_t at, char *vi, char *en)
{
	incident_evidence(i, at, "judge", vi, en);
	free(vi);
	free(en);
}

void area_say_begin(const struct judge *j, struct incident *i, const char *shared)
{
	char *vi = list_names(j, i->sites, EVIDENCE_NAMES, true), *en = list_names(j, i->sites, EVIDENCE_NAMES, false);
	size_t count = json_array_size(i->sites);
	if (shared)
		say(i, i->opened_at,
		        mem_printf("%zu địa điểm cùng mất, các kênh của chúng đều đi qua %s: %s", count, shared, vi),
		        mem_printf("%zu sites went together, their lines all go by %s: %s", count, shared, en));
	else
		say(i, i->opened_at, mem_printf("%zu địa điểm lân cận cùng mất, của nhiều nhà mạng: %s", count, vi),
		        mem_printf("%zu neighbouring sites on several lines went together: %s", count, en));
	free(vi);
	free(en);
}

static json_t *still_dark(const struct judge *j, const struct incident *i)
{
	json_t *ids = json_array();
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *t = j->troubles[k];
		bool known = t->incident != i || !t->primary || !t->check->site;
		size_t m;
		json_t *id;
		json_array_foreach(ids, m, id) known |=
		        t->check->site && !strcmp(json_string_value(id), t->check->site->id);
		if (!known)
			json_array_append_new(ids, json_string(t->check->site->id));
	}
	return ids;
}

void area_say_rest(const struct judge *j, struct incident *i)
{
	json_t *ids = still_dark(j, i);
	char *vi = list_names(j, ids, EVIDENCE_NAMES, true), *en = list_names(j, ids, EVIDENCE_NAMES, false);
	say(i, j->now, mem_printf("Các địa điểm khác đã có lại; còn mất, tính là sự cố riêng: %s", vi),
	        mem_printf("The others are back; still dark, from now on by themselves: %s", en));
	free(vi);
	free(en);
	json_decref(ids);
}
