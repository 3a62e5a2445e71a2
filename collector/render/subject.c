#include "collector/render/subject.h"

#include <stdio.h>
#include <string.h>

static const struct words outside = {"nhìn từ ngoài", "seen from outside"};
static const struct words simulated = {"mô phỏng", "simulated"};

/* Paths that every agent measures have names of their own. */
static const struct {
	const char *instance;
	struct words name;
} known_paths[] = {
        {"core", {"máy chủ giám sát", "the collector"}},
        {"gateway", {"cổng mạng", "the gateway"}},
        {"gw", {"cổng mạng", "the gateway"}},
        {"parent", {"thiết bị cấp trên", "the line's parent"}},
};

static const char *in_language(const struct words *w, int language)
{
	return language == DRAWING_EN ? w->en : w->vi;
}

const struct metric_class *subject_class(const char *file, const char **instance)
{
	for (int i = 0; i < CLASS_COUNT; i++) {
		const struct metric_class *c = metric_class((enum metric_class_id)i);
		size_t len = strlen(c->name);

		if (strncmp(file, c->name, len) != 0 || (file[len] && (file[len] != '-' || !c->instanced)))
			continue;
		*instance = file[len] ? file + len + 1 : "";
		return c;
	}
	return NULL;
}

const struct uplink *subject_uplink(const struct site *s, const char *instance)
{
	for (size_t i = 0; s && i < s->uplink_count; i++)
		if (strcmp(s->uplinks[i].id, instance) == 0)
			return &s->uplinks[i];
	return s && !*instance && s->uplink_count ? &s->uplinks[0] : NULL;
}

static void uplink_words(const struct uplink *u, char *out, size_t size)
{
	static const char *const kinds[] = {
	        [UPLINK_TSLCD] = "TSLCD", [UPLINK_INTERNET] = "internet", [UPLINK_4G] = "4G"};

	snprintf(out, size, "%s%s%s", kinds[u->kind], u->carrier ? " " : "", u->carrier ? u->carrier : "");
}

/* A path is to a place with a name, or to the terminal of some site's line, or to what its id says. */
static void path_words(const struct inventory *inv, const char *instance, int language, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(known_paths) / sizeof(known_paths[0]); i++) {
		if (strcmp(known_paths[i].instance, instance) == 0) {
			snprintf(out, size, "%s", in_language(&known_paths[i].name, language));
			return;
		}
	}
	for (size_t i = 0; inv && i < inv->site_count; i++) {
		const struct site *s = &inv->sites[i];
		const struct uplink *u = *instance ? subject_uplink(s, instance) : NULL;
		char line[96];

		if (!u)
			continue;
		uplink_words(u, line, sizeof(line));
		snprintf(out, size, "%s, %s", s->name, line);
		return;
	}
	snprintf(out, size, "%s", instance);
}

/* Classes whose instance is the id of a service. */
static bool of_service(enum metric_class_id class)
{
	return class == CLASS_SERVICE || class == CLASS_TLS || class == CLASS_HTTP || class == CLASS_NTP ||
	       class == CLASS_ECHO;
}

/* What the kind's title is about. */
static void object_words(const struct inventory *inv, const struct graph_kind *kind, const struct node *n,
        const char *instance, int language, char *out, size_t size)
{
	const struct uplink *u = kind->class == CLASS_UPLINK && n ? subject_uplink(n->at, instance) : NULL;
	const struct service *sv = of_service(kind->class) && inv ? inventory_service(inv, instance) : NULL;

	if (u)
		uplink_words(u, out, size);
	else if (kind->class == CLASS_PATH || kind->class == CLASS_MTU)
		path_words(inv, instance, language, out, size);
	else if (kind->files_most > 1)
		*out = 0;
	else if (kind->class == CLASS_UPS || (n && n->kind == NODE_GEAR))
		snprintf(out, size, "%s%s%s", n ? n->id : "", *instance ? " " : "", instance);
	else if (!metric_class(kind->class)->instanced)
		snprintf(out, size, "%s", n ? n->id : "");
	else
		snprintf(out, size, "%s", sv ? sv->name : instance);
}

/* A line's terminal as the agent beside the collector sees it: the graph is about that site, not about where the agent stands. */
static bool is_outside(
        const struct inventory *inv, const struct graph_kind *kind, const struct node *n, const char *instance)
{
	if ((kind->class != CLASS_PATH && kind->class != CLASS_MTU) || !inv || !n || !inv->collector_node ||
	        strcmp(inv->collector_node, n->id) != 0)
		return false;
	for (size_t i = 0; *instance && i < inv->site_count; i++)
		if (&inv->sites[i] != n->at && subject_uplink(&inv->sites[i], instance))
			return true;
	return false;
}

const char *subject_name(const struct inventory *inv, const struct graph_kind *kind, const struct node *n,
        const char *instance, int language, char *out, size_t size)
{
	char object[160];

	object_words(inv, kind, n, instance, language, object, sizeof(object));
	snprintf(out, size, "%s%s%s", in_language(&kind->title, language), *object ? " " : "", object);
	return out;
}

const char *subject_title(const struct inventory *inv, const struct graph_kind *kind, const struct node *n,
        const char *instance, int language, char *out, size_t size)
{
	const struct site *s = n ? n->at : NULL;
	char name[160];

	subject_name(inv, kind, n, instance, language, name, sizeof(name));
	if (is_outside(inv, kind, n, instance))
		snprintf(out, size, "%s (%s)", name, in_language(&outside, language));
	else
		snprintf(out, size, "%s%s%s", name, s ? " · " : "", s ? s->name : "");
	if (s && s->simulated) {
		size_t len = strlen(out);

		snprintf(out + len, size - len, " (%s)", in_language(&simulated, language));
	}
	return out;
}
