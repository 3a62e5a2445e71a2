/*
 * alerts: who is told of what, as province.yaml says it (`alerts:` and `maintenance:`).
 *
 *   alerts:
 *     rotas:                          # who is on call, week by week
 *       - { id: duty, members: [an, binh, chi], start: 2025-06-30, handover: "08:00",      # the first member from that day's 08:00 for a turn,
 *           turn: 7d,                                                                      # then the next one, and so on
 *           holidays: [ { from: 2025-09-01, until: 2025-09-03, who: binh } ] }             # until is not within
 *     routes:                         # the first that fits tells who; none fits, or no routes: every contact
 *       - { units: [muong-khuong], sites: [..], sectors: [land], causes: [site-power], severity: alarm,   # each optional, all must fit
 *           to: [duty, chief],                                                             # contacts or rotas
 *           escalate: [ { after: 15m, to: [chief] }, { after: 1h, to: [boss] } ],          # while nobody has acknowledged
 *           webhooks: [chat] }
 *     webhooks: [ { id: chat, url: "https://10.0.0.7/hook", secret_file: hook.secret } ]   # JSON, signed (webhook.h)
 *     digest:   { at: "07:00", to: [duty] }       # warnings, once a day; default 07:00, to whom alarms would go
 *     storm:    { sites: 5, every: 30m }          # so many sites by different incidents within every: one digest instead
 *     repeat:   never
 *   maintenance:
 *     - { id: swap-router, targets: ["site:mk-hq"], from: 2025-07-05T20:00:00+07:00, until: 2025-07-05T22:00:00+07:00, reason: "Thay router" }
 *
 * Part of struct inventory; parsed, checked (unknown contacts, empty rotas, bad times: file:line:column) and owned by it.
 */
#ifndef SANSANG_INVENTORY_ALERTS_H
#define SANSANG_INVENTORY_ALERTS_H

#include "common/conf.h"

struct rota_holiday {
	int64_t from, until; /* UTC ms */
	char *who;
	struct conf_place who_place;
};

struct rota {
	char *id;
	struct conf_place id_place;
	struct conf_strings members; /* contact ids */
	int64_t start;               /* UTC ms of that day's midnight in the province's zone */
	char *handover;              /* "08:00" */
	struct conf_place handover_place;
	int64_t turn_ms; /* whole days */
	struct conf_place turn_place;
	struct rota_holiday *holidays;
	size_t holiday_count;
};

struct route_step {
	int64_t after_ms;
	struct conf_strings to;
};

struct alert_route {
	struct conf_strings units, sites, sectors, causes, to, webhooks;
	int severity; /* -1 any, 0 warning, 1 alarm */
	struct route_step *steps;
	size_t step_count;
};

struct webhook {
	char *id, *url;
	struct conf_place url_place;
	char *secret_file; /* relative to province.yaml's folder (vault.h); NULL: unsigned */
	struct conf_place secret_file_place;
};

struct planned {
	char *id;
	struct conf_strings targets;
	int64_t from, until;
	struct conf_place until_place;
	char *reason;
};

struct alerts {
	struct rota *rotas;
	size_t rota_count;
	struct alert_route *routes;
	size_t route_count;
	struct webhook *webhooks;
	size_t webhook_count;
	char *digest_at; /* "07:00" */
	struct conf_place digest_at_place;
	struct conf_strings digest_to;
	int64_t storm_sites, storm_every_ms;
};

#endif
