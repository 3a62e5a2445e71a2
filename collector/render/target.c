#include "collector/render/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/render/catalog.h"
#include "collector/render/subject.h"
#include "collector/series/files.h"
#include "common/memory.h"

#define NODES_MAX 256

/* What was asked for, on its way to files. */
struct search {
	const struct inventory *inv;
	const char *rrd_dir, *graph;
	int64_t at;
	int language;
	const struct unit *unit;
	const struct site *site;
	const struct node *nodes[NODES_MAX]; /* in order of preference */
	size_t node_count;
	const char *service, *uplink; /* id, or NULL */
};

static bool on_disk(const struct search *q, const char *path)
{
	char *full = mem_printf("%s/%s", q->rrd_dir, path);
	bool there = access(full, R_OK) == 0;

	free(full);
	return there;
}

static void search_add_site(struct search *q, const struct site *s)
{
	for (size_t i = 0; i < q->inv->node_count && q->node_count < NODES_MAX; i++)
		if (q->inv->nodes[i].at == s)
			q->nodes[q->node_count++] = &q->inv->nodes[i];
}

static void search_add_unit(struct search *q, const struct unit *u)
{
	for (int required = 1; required >= 0; required--)
		for (size_t i = 0; i < q->inv->site_count; i++)
			if (q->inv->sites[i].required == (required == 1) &&
			        site_unit(q->inv, &q->inv->sites[i], q->at) == u)
				search_add_site(q, &q->inv->sites[i]);
}

static void title_with_unit(const struct search *q, const char *title, const struct site *s, struct graph_target *out)
{
	const struct unit *u = s ? site_unit(q->inv, s, q->at) : q->unit;
	const char *name = u ? u->name : NULL;

	/* "Trụ sở xã Mường Khương · Xã Mường Khương" says it twice, but only the second is the unit's name of that day */
	snprintf(out->title, sizeof(out->title), "%s%s%s", title, name ? " · " : "", name ? name : "");
	out->simulated = s && s->simulated;
}

static int resolve_file(const struct search *q, const char *path, struct graph_target *out, char *why, size_t size)
{
	char full[KIND_PATH_SIZE], node_id[KIND_PATH_SIZE], title[SUBJECT_TITLE_SIZE];
	const char *instance = "", *slash = strchr(path, '/'), *file = strrchr(path, '/');

	snprintf(full, sizeof(full), "%s.rrd", path);
	if (strlen(path) + 5 > sizeof(full) || !files_path_valid(full) || !slash) {
		snprintf(why, size, "file:SITE/NODE/NAME expected");
		return -EINVAL;
	}
	const struct metric_class *class = subject_class(file + 1, &instance);
	out->kind = !class ? NULL : *q->graph ? kind_of(q->graph, class->id) : kind_default(class->id);
	if (!out->kind) {
		snprintf(why, size, "no graph '%.40s' of %.100s", q->graph, file + 1);
		return -EINVAL;
	}
	snprintf(node_id, sizeof(node_id), "%.*s", (int)(file - slash - 1), slash + 1);
	const struct node *n = inventory_node(q->inv, node_id);
	title_with_unit(q, subject_title(q->inv, out->kind, n, instance, q->language, title, sizeof(title)),
	        n ? n->at : NULL, out);
	if (on_disk(q, full)) {
		strcpy(out->files.path[0], full);
		subject_name(q->inv, out->kind, n, instance, q->language, out->files.name[0], DRAWING_LABEL_SIZE);
		out->files.count = 1;
	}
	const struct uplink *u = n && class->id == CLASS_UPLINK ? subject_uplink(n->at, instance) : NULL;
	out->files.capacity_bps = u ? u->capacity_mbps * 1e6 : 0;
	return 0;
}

/* The service's own name is enough in a list of services. */
static void list_add(const struct search *q, struct graph_target *out, const char *path)
{
	const char *instance;
	unsigned i = out->files.count;

	if (i == out->kind->files_most || strlen(path) + 5 > KIND_PATH_SIZE ||
	        !subject_class(strrchr(path, '/') + 1, &instance))
		return;
	const struct service *sv = inventory_service(q->inv, instance);
	snprintf(out->files.path[i], KIND_PATH_SIZE, "%s.rrd", path);
	snprintf(out->files.name[i], DRAWING_LABEL_SIZE, "%s", sv ? sv->name : instance);
	out->files.count++;
}

/* Is the file of that target about the line that was asked for? */
static bool about_uplink(const struct search *q, const struct node *n, const char *target)
{
	const char *instance = "";
	const struct metric_class *class = subject_class(strrchr(target, '/') + 1, &instance);
	const struct uplink *u = class && class->id == CLASS_UPLINK ? subject_uplink(n->at, instance) : NULL;

	return strcmp(u ? u->id : instance, q->uplink) == 0;
}

/* A node's graph of the wanted kind, among those that its files allow. True when there is one. */
static bool resolve_on_node(struct search *q, const struct node *n, struct graph_target *out, char *why, size_t size)
{
	struct catalog list = {0};
	bool found = false;

	catalog_add_node(&list, q->rrd_dir, q->inv, n, q->at);
	for (size_t i = 0; i < list.count && !found; i++) {
		const struct catalog_entry *e = &list.entries[i];

		if (strcmp(e->graph, out->kind->name) == 0 && strncmp(e->target, "file:", 5) == 0 &&
		        (!q->uplink || about_uplink(q, n, e->target)))
			found = resolve_file(q, e->target + 5, out, why, size) == 0;
	}
	catalog_free(&list);
	return found;
}

static bool resolve_services(struct search *q, const struct node *n, struct graph_target *out)
{
	const struct graph_kind *single = kind_of("service", CLASS_SERVICE);
	struct catalog list = {0};
	char title[SUBJECT_TITLE_SIZE];

	catalog_add_node(&list, q->rrd_dir, q->inv, n, q->at);
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.entries[i].graph, single->name) == 0)
			list_add(q, out, list.entries[i].target + 5);
	catalog_free(&list);
	title_with_unit(q, subject_title(q->inv, out->kind, n, "", q->language, title, sizeof(title)), n->at, out);
	return out->files.count > 0;
}

/* Nothing on disk: the picture still says what it would have shown. */
static void resolve_nothing(struct search *q, struct graph_target *out)
{
	const struct site *s = q->site ? q->site : q->node_count ? q->nodes[0]->at : NULL;
	const struct service *sv = q->service ? inventory_service(q->inv, q->service) : NULL;
	char title[384];

	snprintf(title, sizeof(title), "%s%s%s%s%s",
	        q->language == DRAWING_EN ? out->kind->title.en : out->kind->title.vi, sv ? " " : "",
	        sv ? sv->name : "", s ? " · " : "", s ? s->name : "");
	title_with_unit(q, title, s, out);
}

static int resolve_service(struct search *q, struct graph_target *out, char *why, size_t size)
{
	for (size_t i = 0; i < q->node_count; i++) {
		char path[KIND_PATH_SIZE], full[KIND_PATH_SIZE];

		if (!q->nodes[i]->at)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s/svc-%s", q->nodes[i]->at->id, q->nodes[i]->id, q->service) + 5 >
		        (int)sizeof(path))
			continue;
		snprintf(full, sizeof(full), "%.250s.rrd", path);
		if (on_disk(q, full) || q->node_count == 1)
			return resolve_file(q, path, out, why, size);
	}
	resolve_nothing(q, out);
	return 0;
}

static bool resolve_on_nodes(struct search *q, struct graph_target *out, char *why, size_t size)
{
	for (size_t i = 0; i < q->node_count; i++) {
		const struct node *n = q->nodes[i];

		if (n->at && (out->kind->files_most > 1 ? resolve_services(q, n, out)
		                                        : resolve_on_node(q, n, out, why, size)))
			return true;
	}
	return false;
}

/* The line as the agent beside the collector sees its terminal: nhìn từ ngoài. */
static bool resolve_from_outside(struct search *q, struct graph_target *out, char *why, size_t size)
{
	const struct node *n = q->inv->collector_node ? inventory_node(q->inv, q->inv->collector_node) : NULL;
	const struct graph_kind *kind = out->kind;

	out->kind = kind_named("path");
	if (n && n->at && resolve_on_node(q, n, out, why, size))
		return true;
	out->kind = kind;
	return false;
}

/* A place without an agent: the first of its lines that is looked at from the collector. */
static bool resolve_lines_outside(struct search *q, struct graph_target *out, char *why, size_t size)
{
	if (q->uplink || q->service || strcmp(out->kind->name, "uplink") != 0)
		return false;
	for (size_t i = 0; i < q->inv->site_count; i++) {
		const struct site *s = &q->inv->sites[i];
		bool asked = q->unit ? site_unit(q->inv, s, q->at) == q->unit : s == q->site;

		for (size_t k = 0; asked && k < s->uplink_count; k++) {
			q->uplink = s->uplinks[k].id;
			if (resolve_from_outside(q, out, why, size))
				return true;
		}
	}
	q->uplink = NULL;
	return false;
}

static int resolve_found(struct search *q, struct graph_target *out, char *why, size_t size)
{
	bool gear = q->node_count == 1 && q->nodes[0]->kind == NODE_GEAR;
	const char *fallback = q->service ? "service" : q->unit || q->site ? "uplink" : gear ? "gear" : "host";

	out->kind = kind_named(*q->graph ? q->graph : fallback);
	if (!out->kind) {
		snprintf(why, size, "unknown graph '%.60s'", q->graph);
		return -EINVAL;
	}
	if (q->service)
		return resolve_service(q, out, why, size);
	if (!resolve_on_nodes(q, out, why, size) && !(q->uplink && resolve_from_outside(q, out, why, size)) &&
	        !resolve_lines_outside(q, out, why, size))
		resolve_nothing(q, out);
	return 0;
}

/* "service:ID@NODE" names the agent that checks. */
static int search_service_at(
        struct search *q, const char *id, const char *at, char *buffer, size_t buffer_size, char *why, size_t size)
{
	const struct node *n = inventory_node(q->inv, at + 1);

	snprintf(buffer, buffer_size, "%.*s", (int)(at - id), id);
	q->service = buffer;
	if (!n) {
		snprintf(why, size, "no node '%.60s'", at + 1);
		return -ENOENT;
	}
	q->nodes[q->node_count++] = n;
	return 0;
}

static int search_inventory(struct search *q, const char *target, char *why, size_t size)
{
	struct target t;
	int err = inventory_target(q->inv, target, &t, why, size);

	if (err)
		return err;
	if (t.service) {
		q->service = t.service->id;
		for (size_t i = 0; i < q->inv->node_count && q->node_count < NODES_MAX; i++)
			if (service_checked_by(q->inv, t.service, &q->inv->nodes[i], q->at))
				q->nodes[q->node_count++] = &q->inv->nodes[i];
	} else if (t.node) {
		q->nodes[q->node_count++] = t.node;
	} else if (t.site) {
		q->site = t.site;
		search_add_site(q, t.site);
	} else if (t.unit) {
		q->unit = t.unit;
		search_add_unit(q, t.unit);
	} else {
		snprintf(why, size, "no graphs of a whole province; ask for a unit, site, node or service");
		return -EINVAL;
	}
	return 0;
}

static int search_uplink(struct search *q, const char *id, char *why, size_t size)
{
	for (size_t i = 0; i < q->inv->site_count; i++) {
		const struct site *s = &q->inv->sites[i];

		if (!*id || !subject_uplink(s, id))
			continue;
		q->site = s;
		q->uplink = id;
		search_add_site(q, s);
		return 0;
	}
	snprintf(why, size, "no line '%.60s'", id);
	return -ENOENT;
}

int target_resolve(const struct inventory *inv, const char *rrd_dir, const char *target, const char *graph, int64_t at,
        int language, struct graph_target *out, char *why, size_t size)
{
	struct search q = {.inv = inv, .rrd_dir = rrd_dir, .graph = graph, .at = at, .language = language};
	const char *id = strncmp(target, "service:", 8) == 0 ? target + 8 : NULL, *node = id ? strchr(id, '@') : NULL;
	char service[128];
	int err;

	memset(out, 0, sizeof(*out));
	*why = 0;
	if (strncmp(target, "file:", 5) == 0)
		return resolve_file(&q, target + 5, out, why, size);
	if (node)
		err = search_service_at(&q, id, node, service, sizeof(service), why, size);
	else if (strncmp(target, "uplink:", 7) == 0)
		err = search_uplink(&q, target + 7, why, size);
	else
		err = search_inventory(&q, target, why, size);
	return err ? err : resolve_found(&q, out, why, size);
}
