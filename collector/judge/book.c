#include "collector/judge/book.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define SWEEP_MS 60000

struct shelf {
	char *site; /* owned */
	struct book_list list;
};

struct book {
	struct index by_site;   /* site to shelf */
	struct shelf **shelves; /* owned */
	size_t shelf_count, shelf_cap;
	struct book_list wide, lately, all;
	size_t seen;       /* so many of struct incidents are in it */
	int64_t forgot_at; /* of struct judge, when it was made */
	int64_t swept_at;
};

static void list_add(struct book_list *l, struct incident *i)
{
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		l->all = mem_grow(l->all, l->cap, sizeof *l->all);
	}
	l->all[l->count++] = i;
}

static struct shelf *shelf_of(struct book *b, const char *site)
{
	struct shelf *s = index_get(&b->by_site, site);
	if (s)
		return s;
	s = mem_alloc(sizeof *s);
	s->site = mem_str(site);
	if (b->shelf_count == b->shelf_cap) {
		b->shelf_cap = b->shelf_cap ? b->shelf_cap * 2 : 64;
		b->shelves = mem_grow(b->shelves, b->shelf_cap, sizeof *b->shelves);
	}
	b->shelves[b->shelf_count++] = s;
	index_put(&b->by_site, s->site, s);
	return s;
}

static void book_add(struct book *b, struct incident *i)
{
	if (i->site && !i->wide)
		list_add(&shelf_of(b, i->site)->list, i);
	else
		list_add(&b->wide, i);
}

static void book_clear(struct book *b)
{
	for (size_t k = 0; k < b->shelf_count; k++) {
		free(b->shelves[k]->site);
		free(b->shelves[k]->list.all);
		free(b->shelves[k]);
	}
	free(b->shelves);
	free(b->wide.all);
	free(b->lately.all);
	index_free(&b->by_site);
	memset(b, 0, sizeof *b);
}

/* Finds again what is of late: a long one may have been reopened. */
static void sweep(struct book *b, const struct judge *j)
{
	b->lately.count = 0;
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		bool ended = i->resolved_at && !incident_is_open(i);
		if (i->state != INCIDENT_MERGED && (!ended || i->resolved_at > j->now - 2 * BOOK_LATELY_MS))
			list_add(&b->lately, i);
	}
	b->swept_at = j->now;
}

static struct book *book_open(const struct judge *j)
{
	struct judge *mine = (struct judge *)(uintptr_t)j; /* an index changes nothing that anybody sees */
	struct book *b = j->book;
	if (!b)
		b = mine->book = mem_alloc(sizeof *b);
	if (b->forgot_at != j->forgot_at || b->seen > j->incidents.count)
		book_clear(b);
	b->forgot_at = j->forgot_at;
	size_t fresh = j->incidents.count - b->seen;
	for (; b->seen < j->incidents.count; b->seen++)
		book_add(b, j->incidents.all[b->seen]);
	if (!b->swept_at || j->now - b->swept_at > SWEEP_MS || fresh > 64)
		sweep(b, j);
	else
		for (size_t k = fresh; k > 0; k--)
			list_add(&b->lately, j->incidents.all[j->incidents.count - k]);
	return b;
}

const struct book_list *book_site(const struct judge *j, const char *site)
{
	static const struct book_list none;
	const struct shelf *s = index_get(&book_open(j)->by_site, site);
	return s ? &s->list : &none;
}

const struct book_list *book_wide(const struct judge *j)
{
	return &book_open(j)->wide;
}

const struct book_list *book_around(const struct judge *j, int64_t at)
{
	struct book *b = book_open(j);
	if (at > j->now - BOOK_LATELY_MS)
		return &b->lately;
	b->all = (struct book_list){.all = j->incidents.all, .count = j->incidents.count};
	return &b->all;
}

void book_widened(const struct judge *j, struct incident *i)
{
	list_add(&book_open(j)->wide, i);
}

void book_free(struct book *b)
{
	if (!b)
		return;
	book_clear(b);
	free(b);
}
