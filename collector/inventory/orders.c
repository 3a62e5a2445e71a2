/*
 * orders: what one agent shall do, as the JSON that agent/config.h describes.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/private.h"

/* Where the line is pinged: its terminal, else the address of what it hangs on; NULL when neither is known. */
static const char *uplink_target(const struct inventory *inv, const struct uplink *u)
{
	if (u->terminal || !u->parent)
		return u->terminal;
	const struct node *n = inventory_node(inv, u->parent);
	if (n && n->address)
		return n->address;
	const struct line *parent = inventory_line(inv, u->parent);
	if (parent && parent->uplink->terminal)
		return parent->uplink->terminal;
	return strcmp(u->parent, "core") ? NULL : inv->core;
}

static json_t *text_or_empty(const char *text)
{
	return json_string(text ? text : "");
}

static json_t *uplinks_json(const struct inventory *inv, const struct site *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->uplink_count; i++) {
		const struct uplink *u = &s->uplinks[i];
		const char *target = uplink_target(inv, u);
		if (!target && !u->gateway)
			continue;
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:o, s:o}", "id", u->id, "instance", s->uplink_count > 1 ? u->id : "",
		                "target", text_or_empty(target ? target : u->gateway), "gateway",
		                text_or_empty(u->gateway)));
	}
	return list;
}

/* The site's line that the service goes by: the named one, or the first of the kind. */
static const struct uplink *service_line(const struct site *s, const struct service *sv)
{
	for (size_t i = 0; sv->via && i < s->uplink_count; i++)
		if (!strcmp(s->uplinks[i].id, sv->via) || !strcmp(uplink_kind_name(s->uplinks[i].kind), sv->via))
			return &s->uplinks[i];
	return NULL;
}

static json_t *service_json(const struct site *s, const struct service *sv)
{
	const struct uplink *u = service_line(s, sv);
	json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "id", sv->id, "type", check_name(sv->check), "target",
	        text_or_empty(sv->target), "every_ms", (json_int_t)sv->every_ms, "via", text_or_empty(u ? u->id : NULL),
	        "source", text_or_empty(u ? u->source : NULL));

	if (sv->check == CHECK_DNS) {
		json_object_set_new(o, "dns_name", text_or_empty(sv->dns_name));
		json_object_set_new(o, "dns_expect", text_or_empty(sv->dns_expect));
	}
	return o;
}

static json_t *services_json(const struct inventory *inv, const struct node *n, int64_t at)
{
	json_t *list = json_array();

	for (size_t i = 0; i < inv->service_count; i++)
		if (service_checked_by(inv, &inv->services[i], n, at))
			json_array_append_new(list, service_json(n->at, &inv->services[i]));
	return list;
}

/* Every line's terminal is probed from beside the collector, so that a site without an agent is seen from outside. */
static json_t *terminals_json(const struct inventory *inv, const struct node *n, int64_t at)
{
	const struct inventory_whole *w = inventory_whole(inv);
	json_t *list = json_array();

	if (!inv->collector_node || strcmp(inv->collector_node, n->id))
		return list;
	for (size_t i = 0; i < w->line_count; i++) {
		const struct line *l = &w->lines[i];
		if (l->uplink->terminal && at >= l->site->from && at < l->site->until)
			json_array_append_new(
			        list, json_pack("{s:s, s:s}", "id", l->id, "target", l->uplink->terminal));
	}
	return list;
}

static void version_of(const json_t *orders, char version[17])
{
	char *text = json_dumps(orders, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t sum[EVP_MAX_MD_SIZE] = {0};
	unsigned len = 0;

	EVP_Digest(text ? text : "", text ? strlen(text) : 0, sum, &len, EVP_sha256(), NULL);
	for (int i = 0; i < 8; i++)
		snprintf(version + 2 * i, 3, "%02x", sum[i]);
	free(text);
}

char *inventory_agent_config(
        const struct inventory *inv, const struct node *n, int64_t step_ms, int64_t at, char version[17])
{
	int64_t step = n->at && n->at->step_ms ? n->at->step_ms : step_ms;
	json_t *o = json_pack("{s:s, s:s, s:I}", "node", n->id, "site", n->site, "step_ms", (json_int_t)step);

	json_object_set_new(o, "uplinks", n->at ? uplinks_json(inv, n->at) : json_array());
	json_object_set_new(o, "core", inv->core ? json_string(inv->core) : json_null());
	json_object_set_new(o, "services", services_json(inv, n, at));
	json_object_set_new(o, "terminals", terminals_json(inv, n, at));
	version_of(o, version);
	json_object_set_new(o, "version", json_string(version));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
