#include "collector/render/catalog.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/render/subject.h"
#include "common/memory.h"

#define FILES_MAX 128

/* The names without ".rrd" of a node's files, sorted. */
struct names {
	char name[FILES_MAX][96];
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void names_read(struct names *names, const char *rrd_dir, const struct node *n)
{
	char *path = mem_printf("%s/%s/%s", rrd_dir, n->at->id, n->id);
	DIR *dir = opendir(path);
	struct dirent *e;

	names->count = 0;
	while (dir && names->count < FILES_MAX && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		if (len < 5 || len >= sizeof(names->name[0]) || *e->d_name == '.' ||
		        strcmp(e->d_name + len - 4, ".rrd") != 0)
			continue;
		memcpy(names->name[names->count], e->d_name, len - 4);
		names->name[names->count++][len - 4] = 0;
	}
	if (dir)
		closedir(dir);
	free(path);
	qsort(names->name, names->count, sizeof(names->name[0]), by_name);
}

static struct catalog_entry *entry_add(struct catalog *c)
{
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		c->entries = mem_grow(c->entries, c->cap, sizeof(*c->entries));
	}
	memset(&c->entries[c->count], 0, sizeof(c->entries[0]));
	return &c->entries[c->count++];
}

static void entry_fill(struct catalog_entry *e, const struct inventory *inv, const struct graph_kind *kind,
        const struct node *n, const char *instance)
{
	e->graph = kind->name;
	e->site = n->at->id;
	e->node = n->id;
	subject_title(inv, kind, n, instance, DRAWING_VI, e->title_vi, sizeof(e->title_vi));
	subject_title(inv, kind, n, instance, DRAWING_EN, e->title_en, sizeof(e->title_en));
}

/* Lines come in the order of the inventory, all else in that of the names. */
static size_t rank_of(const struct graph_kind *kind, const struct site *s, const char *instance)
{
	if (kind->class != CLASS_UPLINK)
		return 0;
	for (size_t i = 0; i < s->uplink_count; i++)
		if (strcmp(s->uplinks[i].id, instance) == 0)
			return i;
	return *instance ? s->uplink_count : 0;
}

static void add_file(struct catalog *c, const struct inventory *inv, const struct graph_kind *kind,
        const struct node *n, const char *name, const char *instance)
{
	struct catalog_entry *e = entry_add(c);

	entry_fill(e, inv, kind, n, instance);
	snprintf(e->target, sizeof(e->target), "file:%s/%s/%s", n->at->id, n->id, name);
}

/* All graphs of one kind. */
static void add_kind(struct catalog *c, const struct inventory *inv, const struct graph_kind *kind,
        const struct node *n, const struct names *names)
{
	size_t of_class = 0, ranks = kind->class == CLASS_UPLINK ? n->at->uplink_count : 0;

	for (size_t rank = 0; rank <= ranks; rank++) {
		for (size_t i = 0; i < names->count; i++) {
			const char *instance;
			const struct metric_class *class = subject_class(names->name[i], &instance);

			if (!class || class->id != kind->class || rank_of(kind, n->at, instance) != rank)
				continue;
			of_class++;
			if (kind->files_most == 1)
				add_file(c, inv, kind, n, names->name[i], instance);
		}
	}
	if (kind->files_most > 1 && of_class > 1) {
		struct catalog_entry *e = entry_add(c);

		entry_fill(e, inv, kind, n, "");
		snprintf(e->target, sizeof(e->target), "node:%s", n->id);
	}
}

void catalog_add_node(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct node *n, int64_t at)
{
	struct names *names = mem_alloc(sizeof(*names));
	const struct graph_kind *kind;

	(void)at;
	if (n->at)
		names_read(names, rrd_dir, n);
	for (unsigned i = 0; n->at && (kind = kind_at(i)); i++)
		add_kind(c, inv, kind, n, names);
	free(names);
}

/* The site's lines as the agent beside the collector sees them: nhìn từ ngoài. */
static void add_outside(struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct site *s)
{
	const struct node *n = inv->collector_node ? inventory_node(inv, inv->collector_node) : NULL;
	const struct graph_kind *kind = kind_named("path");

	for (size_t i = 0; n && n->at && n->at != s && i < s->uplink_count; i++) {
		char name[96];
		snprintf(name, sizeof(name), "path-%s", s->uplinks[i].id);
		char *path = mem_printf("%s/%s/%s/%s.rrd", rrd_dir, n->at->id, n->id, name);

		if (access(path, R_OK) == 0)
			add_file(c, inv, kind, n, name, s->uplinks[i].id);
		free(path);
	}
}

static bool lists_lines(const struct catalog *c, size_t from)
{
	for (size_t i = from; i < c->count; i++)
		if (strcmp(c->entries[i].graph, "uplink") == 0)
			return true;
	return false;
}

void catalog_add_site(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct site *s, int64_t at)
{
	size_t before = c->count;

	for (size_t i = 0; i < inv->node_count; i++)
		if (inv->nodes[i].at == s)
			catalog_add_node(c, rrd_dir, inv, &inv->nodes[i], at);
	if (!lists_lines(c, before))
		add_outside(c, rrd_dir, inv, s);
}

void catalog_add_unit(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct unit *u, int64_t at)
{
	for (int required = 1; required >= 0; required--)
		for (size_t i = 0; i < inv->site_count; i++)
			if (inv->sites[i].required == (required == 1) && site_unit(inv, &inv->sites[i], at) == u)
				catalog_add_site(c, rrd_dir, inv, &inv->sites[i], at);
}

void catalog_free(struct catalog *c)
{
	free(c->entries);
	*c = (struct catalog){0};
}
