/*
 * inventory: the province as province.yaml says it, parsed whole and checked.
 *
 * A struct inventory never changes after loading; a reload makes a new one. All strings and
 * arrays are owned by it. Times are UTC ms; 0 in `from` means always, INT64_MAX in `until` means for ever.
 * "As of" questions take a UTC ms instant: membership and units in force follow it.
 */
#ifndef SANSANG_INVENTORY_H
#define SANSANG_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/inventory/alerts.h"
#include "common/conf.h"

enum responsible { RESPONSIBLE_COMMUNE, RESPONSIBLE_PROVINCE, RESPONSIBLE_CARRIER, RESPONSIBLE_CENTRAL };
enum uplink_kind { UPLINK_TSLCD, UPLINK_INTERNET, UPLINK_4G };
enum node_kind { NODE_SERVER, NODE_GEAR };
enum check_type { CHECK_TCP, CHECK_TLS, CHECK_HTTP, CHECK_DNS, CHECK_NTP, CHECK_ICMP };

/* Members named *_place say where the value before them stood in the file: for the checks only. */
struct unit {
	char *id, *name, *kind, *code;
	int64_t from, until;
	struct conf_place until_place;
	int64_t go_live; /* of this unit; 0: the province's */
	struct conf_strings formed_from;
};

struct membership {
	char *unit;
	struct conf_place unit_place;
	int64_t from, until;
	struct conf_place until_place;
};

struct uplink {
	char *id;
	struct conf_place id_place;
	char *carrier, *circuit, *hotline, *parent, *terminal, *gateway;
	char *source;    /* the address that the site's server has on this line, or NULL when not known */
	char *interface; /* the site's server's interface on this line, or NULL when not known */
	int kind;        /* enum uplink_kind */
	int responsible; /* enum responsible; the carrier by default */
	double capacity_mbps;
};

struct site {
	char *id, *name, *role;
	bool required, simulated; /* simulated: its data is made up (the demo); said wherever it is shown */
	double lat, lon;          /* both 0: not known */
	int64_t step_ms;          /* 0: the collector's */
	int64_t from, until;
	struct conf_place until_place;
	struct membership *units;
	size_t unit_count;
	struct uplink *uplinks;
	size_t uplink_count;
};

/* How gear is read. Files hold secrets: their names are relative to province.yaml's folder (vault.h). */
struct node_snmp {
	char *version; /* "1", "2c", "3" */
	struct conf_place version_place;
	char *community_file; /* NULL: "public" */
	struct conf_place community_file_place;
	char *user;
	struct conf_place user_place;
	char *auth;
	struct conf_place auth_place;
	char *auth_file;
	struct conf_place auth_file_place;
	char *privacy;
	struct conf_place privacy_place;
	char *privacy_file;
	struct conf_place privacy_file_place;
};

struct node {
	char *id;
	struct conf_place id_place;
	char *site;
	struct conf_place site_place;
	char *address; /* of gear: "HOST", "HOST:PORT", "[V6]:PORT" */
	char *polled_by;
	struct conf_place polled_by_place;
	int kind;         /* enum node_kind */
	int64_t every_ms; /* of gear: how often it is read */
	struct conf_place every_place;
	struct node_snmp snmp;
	/* derived */
	const struct site *at;
	const struct node *poller; /* see inventory_poller */
};

/* What a check asks beyond its target; NULL, and of numbers -1: the agent's default (agent/probe/options.h). */
struct check_options {
	char *server_name, *status, *header, *body;
	char *ca_file; /* of PEM, relative to province.yaml's folder (vault.h) */
	struct conf_place ca_file_place;
	bool verify;
	int64_t redirects, count;
	const char *stray; /* an option that its kind of check does not have, or NULL */
	struct conf_place stray_place;
};

struct service {
	char *id, *name, *sector;
	char *via; /* a kind of line or the id of one, or NULL */
	struct conf_place via_place;
	char *succeeds;
	struct conf_place succeeds_place;
	int responsible; /* enum responsible */
	int64_t every_ms;
	bool mandatory;
	int64_t from, until;
	struct conf_place until_place;
	int check;    /* enum check_type */
	char *target; /* "host:port", URL or host (of dns: the server) */
	char *dns_name, *dns_expect;
	struct check_options options;
	bool checked_by_all;
	struct conf_strings checked_by; /* site or unit ids */
};

struct contact {
	char *id, *name, *mail, *phone;
	int language; /* enum language of collector/config.h */
	struct conf_place language_place;
};

struct milestone {
	char *id, *name;
	int64_t at;
};

struct inventory {
	char *id, *name, *map; /* map: absolute path of the topojson file, or NULL */
	char *collector_node;  /* province.collector_node: node whose agent stands beside the collector, or NULL */
	struct conf_place collector_node_place;
	char *core;   /* province.core: address that agents ping as the core, or NULL: the collector's address in use */
	char *digest; /* SHA-256 of the file, hex */
	int64_t trial_from, go_live; /* 0 when not set */
	struct conf_place go_live_place;
	bool simulated; /* any site is */
	struct unit *units;
	size_t unit_count;
	struct site *sites;
	size_t site_count;
	struct node *nodes;
	size_t node_count;
	struct service *services;
	size_t service_count;
	struct contact *contacts;
	size_t contact_count;
	struct milestone *milestones;
	size_t milestone_count;
	struct alerts alerts;    /* alerts.h */
	struct planned *planned; /* `maintenance:` */
	size_t planned_count;
};

/* 0, or -errno with errors. `language` is for contacts that name none; zone is IANA. */
int inventory_load(
        const char *path, const char *zone, int language, struct inventory **out, struct conf_errors *errors);
void inventory_free(struct inventory *inv);
/*
 * Writes <folder>/<digest>.yaml and, when the province has a map, <folder>/<digest>.topojson beside it: a copy that other
 * processes load with inventory_load (`map` is then the copy's). `path` is the file that `inv` was loaded from.
 * 0 or -errno; written to a temporary name, synced and renamed.
 */
int inventory_publish(const struct inventory *inv, const char *path, const char *folder);

/* NULL when there is none; found by hash, O(1). */
const struct unit *inventory_unit(const struct inventory *inv, const char *id);
const struct site *inventory_site(const struct inventory *inv, const char *id);
const struct node *inventory_node(const struct inventory *inv, const char *id);
const struct service *inventory_service(const struct inventory *inv, const char *id);

bool unit_in_force(const struct unit *u, int64_t at);
/* When it goes live: its own instant, or the province's; 0: it always was. */
int64_t unit_go_live(const struct inventory *inv, const struct unit *u);
/* The unit that the site belongs to at that instant, or NULL. */
const struct unit *site_unit(const struct inventory *inv, const struct site *s, int64_t at);
/* The unit in force at `at` that took over from `u` (u itself when in force; through formed_from), or NULL. */
const struct unit *unit_successor(const struct inventory *inv, const struct unit *u, int64_t at);
/* Does this node's agent check that service (checked_by, and dates at `at`)? Only servers check. */
bool service_checked_by(const struct inventory *inv, const struct service *sv, const struct node *n, int64_t at);
/* The server whose agent reads that gear: polled_by, else the first server of its site, else province.collector_node; NULL: nobody. */
const struct node *inventory_poller(const struct inventory *inv, const struct node *gear);
/*
 * A row or an event of node `agent` may be about gear ("mk-sw1/ge-0-0-1"): the gear with that id if that agent may tell of it
 * (reads it, stands at the same site, or is province.collector_node), else NULL.
 */
const struct node *inventory_speaks_for(const struct inventory *inv, const struct node *agent, const char *gear_id);
const char *responsible_name(int r);    /* "commune" ... */
const char *uplink_kind_name(int kind); /* "tslcd" ... */
const char *check_name(int check);      /* "tcp" ... */

/* ---- find: what a caller says, without accents, former names included (inventory/find.c) ---- */

enum find_kind { FIND_UNIT, FIND_SITE, FIND_NODE, FIND_SERVICE };
struct find_hit {
	enum find_kind kind;
	const char *id, *name;   /* of what was found: borrowed from the inventory */
	const struct unit *unit; /* the unit in force today that answers for it, or NULL */
	int score;               /* higher is better */
};
/* Best first, at most `max`. Words are matched after folding accents (đ too), case and the words xã/phường/thị trấn. Returns the number of hits. */
size_t inventory_find(const struct inventory *inv, const char *words, int64_t at, struct find_hit *hits, size_t max);
/* Folds Vietnamese text (NFC or NFD) to plain lower-case ASCII letters, digits and single blanks. Returns out. */
const char *fold_vietnamese(const char *text, char *out, size_t size);

/* ---- targets: `unit:ID`, `site:ID`, `node:ID`, `service:ID`, `province:ID`, or a bare id when only one thing has it ---- */
struct target {
	const struct unit *unit;
	const struct site *site;
	const struct node *node;
	const struct service *service;
	bool province;
};
/* 0; -ENOENT; -EEXIST when ambiguous. `why` (size at least 256) says it with the candidates. */
int inventory_target(const struct inventory *inv, const char *text, struct target *out, char *why, size_t size);

/*
 * What one agent shall do: JSON for the wire (malloc'ed), as agent/config.h describes. It holds the secrets of the gear that
 * the agent reads: wipe it. The version changes with anything in it. Gear and authorities whose files `vault` lacks are left out.
 */
struct vault;
char *inventory_agent_config(const struct inventory *inv, const struct vault *vault, const struct node *n,
        int64_t step_ms, int64_t at, char version[17]);

#endif
