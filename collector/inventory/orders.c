/*
 * orders: what one agent shall do, as the JSON that agent/config.h describes.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/private.h"
#include "collector/inventory/vault.h"

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
		json_array_append_new(
		        list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", u->id, "instance",
		                      s->uplink_count > 1 ? u->id : "", "target",
		                      text_or_empty(target ? target : u->gateway), "gateway", text_or_empty(u->gateway),
		                      "source", text_or_empty(u->source), "interface", text_or_empty(u->interface)));
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

static void text_add(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static void number_add(json_t *o, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_set_new(o, key, json_integer(value));
}

/* Only what was said: the agent knows the defaults. */
static void options_add(json_t *o, const struct service *sv, const struct vault *vault)
{
	const struct check_options *p = &sv->options;

	text_add(o, "server_name", p->server_name);
	text_add(o, "ca", vault_text(vault, p->ca_file));
	if (!p->verify)
		json_object_set_new(o, "verify", json_false());
	text_add(o, "status", p->status);
	text_add(o, "header", p->header);
	text_add(o, "body", p->body);
	number_add(o, "redirects", p->redirects);
	text_add(o, "dns_name", sv->dns_name);
	text_add(o, "dns_expect", sv->dns_expect);
	number_add(o, "count", p->count);
}

static json_t *service_json(const struct site *s, const struct service *sv, const struct vault *vault)
{
	const struct uplink *u = service_line(s, sv);
	json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "id", sv->id, "type", check_name(sv->check),
	        "target", text_or_empty(sv->target), "every_ms", (json_int_t)sv->every_ms, "via",
	        text_or_empty(u ? u->id : NULL), "source", text_or_empty(u ? u->source : NULL), "interface",
	        text_or_empty(u ? u->interface : NULL));

	options_add(o, sv, vault);
	return o;
}

static json_t *services_json(const struct inventory *inv, const struct vault *vault, const struct node *n, int64_t at)
{
	json_t *list = json_array();

	for (size_t i = 0; i < inv->service_count; i++)
		if (service_checked_by(inv, &inv->services[i], n, at))
			json_array_append_new(list, service_json(n->at, &inv->services[i], vault));
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

/* NULL when a file that it needs could not be read: gear that is asked with a wrong secret may lock us out. */
static json_t *gear_json(const struct node *n, const struct vault *vault)
{
	const struct node_snmp *s = &n->snmp;
	const char *community = s->community_file ? vault_text(vault, s->community_file) : "public",
	           *auth = vault_text(vault, s->auth_file), *privacy = vault_text(vault, s->privacy_file);

	if (!community || (s->auth_file && !auth) || (s->privacy_file && !privacy))
		return NULL;
	json_t *o = json_pack("{s:s, s:s, s:I, s:s}", "id", n->id, "address", n->address, "every_ms",
	        (json_int_t)n->every_ms, "version", s->version);
	if (strcmp(s->version, "3")) {
		text_add(o, "community", community);
		return o;
	}
	text_add(o, "user", s->user);
	text_add(o, "auth", s->auth);
	text_add(o, "auth_secret", auth);
	text_add(o, "privacy", s->privacy);
	text_add(o, "privacy_secret", privacy);
	return o;
}

static json_t *gear_list_json(const struct inventory *inv, const struct vault *vault, const struct node *n, int64_t at)
{
	json_t *list = json_array();

	for (size_t i = 0; i < inv->node_count; i++) {
		const struct node *gear = &inv->nodes[i];
		if (gear->poller != n || !gear->at || at < gear->at->from || at >= gear->at->until)
			continue;
		json_t *o = gear_json(gear, vault);
		if (o)
			json_array_append_new(list, o);
	}
	return list;
}

static void version_of(const json_t *orders, char version[17])
{
	char *text = json_dumps(orders, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t sum[EVP_MAX_MD_SIZE] = {0};
	unsigned len = 0;

	EVP_Digest(text ? text : "", text ? strlen(text) : 0, sum, &len, EVP_sha256(), NULL);
	if (text)
		explicit_bzero(text, strlen(text));
	for (int i = 0; i < 8; i++)
		snprintf(version + 2 * i, 3, "%02x", sum[i]);
	free(text);
}

char *inventory_agent_config(const struct inventory *inv, const struct vault *vault, const struct node *n,
        int64_t step_ms, int64_t at, char version[17])
{
	int64_t step = n->at && n->at->step_ms ? n->at->step_ms : step_ms;
	json_t *o = json_pack("{s:s, s:s, s:I}", "node", n->id, "site", n->site, "step_ms", (json_int_t)step);

	json_object_set_new(o, "uplinks", n->at ? uplinks_json(inv, n->at) : json_array());
	json_object_set_new(o, "core", inv->core ? json_string(inv->core) : json_null());
	json_object_set_new(o, "services", services_json(inv, vault, n, at));
	json_object_set_new(o, "terminals", terminals_json(inv, n, at));
	json_object_set_new(o, "gear", gear_list_json(inv, vault, n, at));
	version_of(o, version);
	json_object_set_new(o, "version", json_string(version));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
