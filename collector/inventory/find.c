/*
 * A caller says "ta ngai cho" or "xã Tả Ngài Chồ": both sides are folded, the leading word of rank is set aside, and the
 * rest is compared word by word. How well it fits gives the score; a fitting rank and fitting accents decide between equals.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/private.h"
#include "common/memory.h"

#define FOLDED_MAX 256
#define FOUND_MAX 1024

enum fit { FIT_NONE = 0, FIT_INSIDE = 300, FIT_WORDS = 400, FIT_BEGINNING = 600, FIT_EXACT = 800 };

static const int kind_bonus[] = {[FIND_UNIT] = 40, [FIND_SITE] = 20, [FIND_SERVICE] = 30, [FIND_NODE] = 10};
static const char *const ranks[] = {"thi tran ", "thi xa ", "phuong ", "xa ", "tt ", "p ", "x ", NULL};

struct asking {
	const struct inventory *inv;
	int64_t at;
	const char *words;       /* as typed */
	char folded[FOLDED_MAX]; /* whole */
	const char *bare;        /* behind the word of rank */
	struct find_hit *found;
	size_t count;
};

static const char *bare_name(const char *folded)
{
	for (size_t i = 0; ranks[i]; i++) {
		size_t len = strlen(ranks[i]);
		if (!strncmp(folded, ranks[i], len) && folded[len])
			return folded + len;
	}
	return folded;
}

static bool word_begins(const char *name, const char *word, size_t len)
{
	for (const char *p = name; p; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (!strncmp(p, word, len))
			return true;
	}
	return false;
}

/* Does every word asked for begin a word of the name? */
static bool words_fit(const char *name, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");
		if (!word_begins(name, words, len))
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

static int name_fit(const char *name, const char *words)
{
	size_t len = strlen(words);

	if (!strcmp(name, words))
		return FIT_EXACT;
	if (!strncmp(name, words, len))
		return FIT_BEGINNING + (name[len] == ' ' ? 50 : 0);
	if (words_fit(name, words))
		return FIT_WORDS;
	return len >= 3 && strstr(name, words) ? FIT_INSIDE : FIT_NONE;
}

static int score_of(const struct asking *a, const char *id, const char *name)
{
	char folded_name[FOLDED_MAX], folded_id[FOLDED_MAX];

	fold_vietnamese(name, folded_name, sizeof(folded_name));
	fold_vietnamese(id, folded_id, sizeof(folded_id));
	int by_name = name_fit(bare_name(folded_name), a->bare), by_id = name_fit(folded_id, a->folded);
	if (by_name == FIT_NONE && by_id == FIT_NONE)
		return 0;
	int score = by_name >= by_id ? by_name : by_id - 5;
	if (!strncmp(folded_name, a->folded, strlen(a->folded)))
		score += 3; /* the rank fits too */
	if (strstr(name, a->words))
		score += 4; /* the accents fit too */
	return score;
}

static void consider(struct asking *a, enum find_kind kind, const char *id, const char *name, const struct unit *unit)
{
	int score = score_of(a, id, name);

	if (score && a->count < FOUND_MAX)
		a->found[a->count++] = (struct find_hit){kind, id, name, unit, score + kind_bonus[kind]};
}

static void units_consider(struct asking *a)
{
	for (size_t i = 0; i < a->inv->unit_count; i++) {
		const struct unit *u = &a->inv->units[i];
		size_t before = a->count;
		consider(a, FIND_UNIT, u->id, u->name, unit_successor(a->inv, u, a->at));
		if (a->count > before && unit_in_force(u, a->at))
			a->found[before].score += 6; /* what is in force comes before what was */
	}
}

static void places_consider(struct asking *a)
{
	const struct inventory *inv = a->inv;

	for (size_t i = 0; i < inv->site_count; i++)
		consider(a, FIND_SITE, inv->sites[i].id, inv->sites[i].name, site_unit(inv, &inv->sites[i], a->at));
	for (size_t i = 0; i < inv->service_count; i++)
		consider(a, FIND_SERVICE, inv->services[i].id, inv->services[i].name, NULL);
	for (size_t i = 0; i < inv->node_count; i++)
		consider(a, FIND_NODE, inv->nodes[i].id, inv->nodes[i].id,
		        inv->nodes[i].at ? site_unit(inv, inv->nodes[i].at, a->at) : NULL);
}

/* A former unit that bears the name of the one that took it over says nothing more. */
static bool repeats_heir(const struct find_hit *hit)
{
	char a[FOLDED_MAX], b[FOLDED_MAX];

	if (hit->kind != FIND_UNIT || !hit->unit || !strcmp(hit->unit->id, hit->id))
		return false;
	fold_vietnamese(hit->name, a, sizeof(a));
	fold_vietnamese(hit->unit->name, b, sizeof(b));
	return !strcmp(bare_name(a), bare_name(b));
}

static int hit_compare(const void *x, const void *y)
{
	const struct find_hit *a = x, *b = y;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	int rc = strcmp(a->name, b->name);
	return rc ? rc : strcmp(a->id, b->id);
}

size_t inventory_find(const struct inventory *inv, const char *words, int64_t at, struct find_hit *hits, size_t max)
{
	struct asking a = {.inv = inv, .at = at, .words = words};
	size_t count = 0;

	a.bare = bare_name(fold_vietnamese(words, a.folded, sizeof(a.folded)));
	if (!*a.bare || !max)
		return 0;
	a.found = mem_alloc(FOUND_MAX * sizeof(*a.found));
	units_consider(&a);
	places_consider(&a);
	qsort(a.found, a.count, sizeof(*a.found), hit_compare);
	for (size_t i = 0; i < a.count && count < max; i++)
		if (!repeats_heir(&a.found[i]))
			hits[count++] = a.found[i];
	free(a.found);
	return count;
}
