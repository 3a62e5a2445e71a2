/*
 * alerts: who is told of what, as province.yaml says it (`alerts:` and `maintenance:`).
 *
 *   alerts:
 *     rotas:                          # who is on call, turn by turn
 *       - { id: duty, members: [an, binh, chi], start: 2025-06-30, handover: "08:00",      # the first member from that day's 08:00 for a turn,
 *           turn: 7d,                                                                      # then the next one, and so on
 *           holidays: [ { from: 2025-09-01, until: 2025-09-03, who: binh } ] }             # until is not within
 *     routes:                         # the first that fits tells who; none fits, or no routes: every contact and webhook
 *       - { units: [muong-khuong], sites: [..], sectors: [land], causes: [site-power], severity: alarm,   # each optional, all must fit
 *           to: [duty, chief],                                                             # contacts or rotas
 *           escalate: [ { after: 15m, to: [chief] }, { after: 1h, to: [boss] } ],          # while nobody has acknowledged
 *           webhooks: [chat] }
 *     webhooks: [ { id: chat, url: "https://10.0.0.7/hook", secret_file: hook.secret,      # JSON, signed (tell/webhook.h)
 *                   ca_file: hook-ca.pem } ]                                               # whom to believe; the system's authorities when unset
 *     digest:   { at: "07:00", to: [duty] }       # warnings, once a day; default 07:00, to whom alarms would go
 *     storm:    { sites: 5, every: 30m }          # more sites by different incidents within every: one digest instead
 *   maintenance:
 *     - { id: swap-router, targets: ["site:mk-hq"], from: 2025-07-05T20:00:00+07:00, until: 2025-07-05T22:00:00+07:00, reason: "Thay router" }
 *
 * Part of struct inventory; declared in alert_keys.c, checked in alert_check.c (unknown contacts, empty rotas, bad times:
 * file:line:column) and owned by it. Whoever is named in `to`, members or `who` has a mail address.
 */
#ifndef SANSANG_INVENTORY_ALERTS_H
#define SANSANG_INVENTORY_ALERTS_H

#include "common/conf.h"

struct rota_holiday {
	int64_t from, until; /* UTC ms */
	struct conf_place until_place;
	char *who;
	struct conf_place who_place;
};

struct rota {
	char *id;
	struct conf_place id_place;
	struct conf_strings members; /* contact ids */
	int64_t start;               /* UTC ms of that day's midnight in the province's zone */
	char *handover;              /* "08:00" in the province's zone */
	int64_t turn_ms;             /* whole days */
	struct conf_place turn_place;
	struct rota_holiday *holidays;
	size_t holiday_count;
};

struct route_step {
	int64_t after_ms;
	struct conf_place after_place;
	struct conf_strings to;
};

enum route_severity { ROUTE_ANY, ROUTE_WARNING, ROUTE_ALARM };

struct alert_route {
	struct conf_strings units, sites, sectors, causes, to, webhooks;
	int severity; /* enum route_severity */
	struct conf_place severity_place;
	struct route_step *steps;
	size_t step_count;
};

struct webhook {
	char *id, *url;
	struct conf_place url_place;
	char *secret_file; /* relative to province.yaml's folder (vault.h); NULL: unsigned */
	struct conf_place secret_file_place;
	char *ca_file; /* of PEM, likewise; NULL: the system's authorities */
	struct conf_place ca_file_place;
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
	char *digest_at; /* "07:00" in the province's zone */
	struct conf_strings digest_to;
	int64_t storm_sites, storm_every_ms;
};

/* Minutes since midnight of "HH:MM", or -1. */
int alerts_minutes(const char *text);

#endif
