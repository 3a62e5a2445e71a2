#include "collector/inventory/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/inventory/keys.h"
#include "collector/inventory/private.h"
#include "common/memory.h"

#define CENTRAL_EVERY_MS 60000
#define USUAL_EVERY_MS 10000

const struct inventory_whole *inventory_whole(const struct inventory *inv)
{
	return (const void *)inv;
}

/* ---- loading ---- */

static int digest_of(const char *path, char hex[65])
{
	uint8_t block[65536], sum[32];
	unsigned len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	EVP_MD_CTX *md = fd < 0 ? NULL : EVP_MD_CTX_new();
	int good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);

	while (good && (n = read(fd, block, sizeof(block))) > 0)
		good = EVP_DigestUpdate(md, block, (size_t)n);
	int rc = n < 0 || fd < 0 ? -errno : good && EVP_DigestFinal_ex(md, sum, &len) ? 0 : -EIO;
	EVP_MD_CTX_free(md);
	if (fd >= 0)
		close(fd);
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return rc;
}

/* The map beside a published copy: "<digest>.yaml" has "<digest>.topojson". */
static char *copied_map(const char *path)
{
	size_t len = strlen(path);

	if (len < 5 || strcmp(path + len - 5, ".yaml"))
		return NULL;
	char *map = mem_printf("%.*s.topojson", (int)(len - 5), path);
	if (access(map, F_OK) == 0)
		return map;
	free(map);
	return NULL;
}

/* What the tables of keys cannot say: derived values and defaults that hang on other values. */
static void values_complete(struct inventory *inv, const char *path, int language)
{
	char *map = inv->map ? copied_map(path) : NULL;

	if (map) {
		free(inv->map);
		inv->map = map;
	}
	for (size_t i = 0; i < inv->site_count; i++) {
		struct site *s = &inv->sites[i];
		inv->simulated |= s->simulated;
		for (size_t u = 0; u < s->uplink_count; u++)
			if (!s->uplinks[u].id)
				s->uplinks[u].id = mem_str(s->id);
	}
	for (size_t i = 0; i < inv->service_count; i++) {
		struct service *sv = &inv->services[i];
		if (!sv->every_ms)
			sv->every_ms = sv->responsible == RESPONSIBLE_CENTRAL ? CENTRAL_EVERY_MS : USUAL_EVERY_MS;
		if (sv->checked_by.count == 0)
			sv->checked_by_all = true;
	}
	for (size_t i = 0; i < inv->contact_count; i++)
		if (!inv->contacts[i].language_place.line)
			inv->contacts[i].language = language;
}

static void lines_build(struct inventory_whole *w)
{
	struct inventory *inv = &w->inv;
	size_t count = 0;

	for (size_t i = 0; i < inv->site_count; i++)
		count += inv->sites[i].uplink_count;
	w->lines = mem_alloc((count + 1) * sizeof(*w->lines));
	for (size_t i = 0; i < inv->site_count; i++)
		for (size_t u = 0; u < inv->sites[i].uplink_count; u++)
			w->lines[w->line_count++] =
			        (struct line){inv->sites[i].uplinks[u].id, &inv->sites[i].uplinks[u], &inv->sites[i]};
	id_table_build(&w->uplinks, w->lines, sizeof(*w->lines), w->line_count);
}

static int succession_compare(const void *a, const void *b)
{
	const struct succession *x = a, *y = b;

	if (x->old != y->old)
		return x->old < y->old ? -1 : 1;
	return (x->heir > y->heir) - (x->heir < y->heir);
}

static void successions_build(struct inventory_whole *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->inv.unit_count; i++)
		count += w->inv.units[i].formed_from.count;
	w->successions = mem_alloc((count + 1) * sizeof(*w->successions));
	for (size_t i = 0; i < w->inv.unit_count; i++)
		for (size_t f = 0; f < w->inv.units[i].formed_from.count; f++) {
			long old = id_table_find(&w->units, w->inv.units[i].formed_from.items[f]);
			if (old >= 0)
				w->successions[w->succession_count++] = (struct succession){(uint32_t)old, (uint32_t)i};
		}
	qsort(w->successions, w->succession_count, sizeof(*w->successions), succession_compare);
}

static void tables_build(struct inventory_whole *w)
{
	struct inventory *inv = &w->inv;

	id_table_build(&w->units, inv->unit_count ? &inv->units->id : NULL, sizeof(*inv->units), inv->unit_count);
	id_table_build(&w->sites, inv->site_count ? &inv->sites->id : NULL, sizeof(*inv->sites), inv->site_count);
	id_table_build(&w->nodes, inv->node_count ? &inv->nodes->id : NULL, sizeof(*inv->nodes), inv->node_count);
	id_table_build(&w->services, inv->service_count ? &inv->services->id : NULL, sizeof(*inv->services),
	        inv->service_count);
	lines_build(w);
	successions_build(w);
	for (size_t i = 0; i < inv->node_count; i++)
		inv->nodes[i].at = inventory_site(inv, inv->nodes[i].site);
	pollers_build(w);
}

int inventory_load(const char *path, const char *zone, int language, struct inventory **out, struct conf_errors *errors)
{
	struct inventory_whole *w = mem_alloc(sizeof(*w));
	char digest[65] = "";

	*out = NULL;
	int rc = conf_load(path, inventory_keys, zone, &w->inv, errors);
	if (rc) {
		free(w);
		return rc;
	}
	rc = digest_of(path, digest);
	if (rc)
		conf_error(errors, path, (struct conf_place){0}, "cannot be read (%s)", strerror(-rc));
	w->inv.digest = mem_str(digest);
	values_complete(&w->inv, path, language);
	tables_build(w);
	if (!rc)
		rc = inventory_check(w, path, errors);
	if (rc)
		inventory_free(&w->inv);
	else
		*out = &w->inv;
	return rc;
}

void inventory_free(struct inventory *inv)
{
	struct inventory_whole *w = (struct inventory_whole *)(void *)inv;

	if (!inv)
		return;
	id_table_free(&w->units);
	id_table_free(&w->sites);
	id_table_free(&w->nodes);
	id_table_free(&w->services);
	id_table_free(&w->uplinks);
	free(w->lines);
	free(w->successions);
	free(inv->digest);
	conf_free(inventory_keys, inv);
	free(w);
}

/* ---- looking up ---- */

const struct unit *inventory_unit(const struct inventory *inv, const char *id)
{
	long i = id_table_find(&inventory_whole(inv)->units, id);

	return i < 0 ? NULL : &inv->units[i];
}

const struct site *inventory_site(const struct inventory *inv, const char *id)
{
	long i = id_table_find(&inventory_whole(inv)->sites, id);

	return i < 0 ? NULL : &inv->sites[i];
}

const struct node *inventory_node(const struct inventory *inv, const char *id)
{
	long i = id_table_find(&inventory_whole(inv)->nodes, id);

	return i < 0 ? NULL : &inv->nodes[i];
}

const struct service *inventory_service(const struct inventory *inv, const char *id)
{
	long i = id_table_find(&inventory_whole(inv)->services, id);

	return i < 0 ? NULL : &inv->services[i];
}

const struct line *inventory_line(const struct inventory *inv, const char *id)
{
	const struct inventory_whole *w = inventory_whole(inv);
	long i = id_table_find(&w->uplinks, id);

	return i < 0 ? NULL : &w->lines[i];
}

const char *responsible_name(int r)
{
	return r >= RESPONSIBLE_COMMUNE && r <= RESPONSIBLE_CENTRAL ? responsibles[r] : "unknown";
}

const char *uplink_kind_name(int kind)
{
	return kind >= UPLINK_TSLCD && kind <= UPLINK_4G ? uplink_kinds[kind] : "unknown";
}

const char *check_name(int check)
{
	return check >= CHECK_TCP && check <= CHECK_ICMP ? check_types[check] : "unknown";
}
