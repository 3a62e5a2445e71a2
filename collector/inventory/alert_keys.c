#include "collector/inventory/keys.h"

#include <string.h>

#include "collector/inventory/inventory.h"

/* The closed list of judge/cause.c, which stands in a layer above this one; alert_keys_test compares them. */
const char *const alert_causes[] = {"site-power", "area-power", "uplink-down", "uplink-degraded", "uplink-saturated",
        "lan-link-down", "gear-down", "host-down", "agent-down", "service-down", "service-hung", "service-filtered",
        "dns-failure", "certificate", "mtu-blackhole", "address-conflict", "one-way-loss", "clock-skew", "flapping",
        "upstream-shared", "collector-isolated", "unknown", NULL};
static const char *const severities[] =
        {[ROUTE_ANY] = "any", [ROUTE_WARNING] = "warning", [ROUTE_ALARM] = "alarm", NULL};

int alerts_minutes(const char *text)
{
	const char *digits = "0123456789";
	int hours, minutes;

	if (strlen(text) != 5 || text[2] != ':' || strspn(text, digits) != 2 || strspn(text + 3, digits) != 2)
		return -1;
	hours = (text[0] - '0') * 10 + text[1] - '0';
	minutes = (text[3] - '0') * 10 + text[4] - '0';
	return hours < 24 && minutes < 60 ? hours * 60 + minutes : -1;
}

static const char *clock_check(const void *value)
{
	return alerts_minutes(*(char *const *)value) < 0 ? "a time of day HH:MM, in quotes, such as \"08:00\"" : NULL;
}

static const char *cause_check(const void *value)
{
	const char *text = *(char *const *)value;

	for (size_t i = 0; alert_causes[i]; i++)
		if (!strcmp(alert_causes[i], text))
			return NULL;
	return "a cause such as site-power, uplink-down or service-down";
}

static const char *url_check(const void *value)
{
	const char *text = *(char *const *)value;
	const char *host = !strncmp(text, "https://", 8) ? text + 8 : !strncmp(text, "http://", 7) ? text + 7 : "";
	bool plain = *host && *host != '/' && strlen(host) < 1000;

	for (const char *c = host; *c; c++)
		plain &= *c > ' ' && *c < 0x7f && !strchr("\"'<>\\@#", *c);
	return plain ? NULL : "https://HOST/PATH or http://HOST/PATH, without a name or password in it";
}

/* ---- rotas ---- */

#define HOLIDAY(member) offsetof(struct rota_holiday, member)
static const struct conf_key holiday_keys[] = {
        {"from", CONF_TIME, HOLIDAY(from), .required = true, .help = "first instant"},
        {"until", CONF_TIME, HOLIDAY(until), .required = true, .place_wanted = true,
                .help = "instant at which it is over"},
        {"who", CONF_ID, HOLIDAY(who), .required = true, .place_wanted = true,
                .help = "the contact on call meanwhile, whoever's turn it is"},
        {0},
};

#define ROTA(member) offsetof(struct rota, member)
static const struct conf_key rota_keys[] = {
        {"id", CONF_ID, ROTA(id), .required = true, .id_unique = true, .place_wanted = true,
                .help = "identity of the rota, used where a contact may stand"},
        {"members", CONF_STRINGS, ROTA(members), .help = "contacts, in the order of their turns"},
        {"start", CONF_TIME, ROTA(start), .required = true, .help = "day on which the first member's turn begins"},
        {"handover", CONF_STRING, ROTA(handover), "08:00", .check = clock_check,
                .help = "time of day at which turns change, HH:MM"},
        {"turn", CONF_DURATION, ROTA(turn_ms), "7d", .min = 1, .max = 366 * 86400e3, .place_wanted = true,
                .help = "length of a turn, in whole days"},
        {"holidays", CONF_LIST, ROTA(holidays), .keys = holiday_keys, .item_size = sizeof(struct rota_holiday),
                .help = "stretches for which one contact is named"},
        {0},
};

/* ---- routes ---- */

#define STEP(member) offsetof(struct route_step, member)
static const struct conf_key step_keys[] = {
        {"after", CONF_DURATION, STEP(after_ms), .required = true, .min = 1000, .max = 7 * 86400e3,
                .place_wanted = true, .help = "how long nobody has acknowledged"},
        {"to", CONF_STRINGS, STEP(to), .required = true, .help = "contacts or rotas that are told then"},
        {0},
};

#define ROUTE(member) offsetof(struct alert_route, member)
static const struct conf_key route_keys[] = {
        {"units", CONF_STRINGS, ROUTE(units), .help = "incidents at sites that belong to one of them on that day"},
        {"sites", CONF_STRINGS, ROUTE(sites), .help = "incidents at one of these sites"},
        {"sectors", CONF_STRINGS, ROUTE(sectors), .help = "incidents that affect a service of one of these sectors"},
        {"causes", CONF_STRINGS, ROUTE(causes), .check = cause_check, .help = "incidents of one of these causes"},
        {"severity", CONF_CHOICE, ROUTE(severity), "any", .choices = severities, .place_wanted = true,
                .help = "any, warning or alarm"},
        {"to", CONF_STRINGS, ROUTE(to), .required = true, .help = "contacts or rotas that are told"},
        {"escalate", CONF_LIST, ROUTE(steps), .keys = step_keys, .item_size = sizeof(struct route_step),
                .help = "who is told next while nobody has acknowledged"},
        {"webhooks", CONF_STRINGS, ROUTE(webhooks), .help = "webhooks that are told beside them"},
        {0},
};

/* ---- the rest ---- */

#define HOOK(member) offsetof(struct webhook, member)
static const struct conf_key webhook_keys[] = {
        {"id", CONF_ID, HOOK(id), .required = true, .id_unique = true, .help = "identity of the webhook"},
        {"url", CONF_STRING, HOOK(url), .required = true, .check = url_check, .place_wanted = true,
                .help = "where alarms are posted as JSON"},
        {"secret_file", CONF_STRING, HOOK(secret_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "file of mode 0600 with the secret that signs them; unsigned without"},
        {"ca_file", CONF_STRING, HOOK(ca_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "PEM file of the authorities to believe; the system's when unset"},
        {0},
};

#define ALERTS(member) offsetof(struct inventory, alerts.member)
static const struct conf_key digest_keys[] = {
        {"at", CONF_STRING, ALERTS(digest_at), "07:00", .check = clock_check, .help = "time of day, HH:MM"},
        {"to", CONF_STRINGS, ALERTS(digest_to), .help = "contacts or rotas; else those whom alarms would go to"},
        {0},
};
static const struct conf_key storm_keys[] = {
        {"sites", CONF_INT, ALERTS(storm_sites), "5", .min = 1, .max = 100000,
                .help = "so many sites by different incidents are told one by one, more are not"},
        {"every", CONF_DURATION, ALERTS(storm_every_ms), "30m", .min = 1000, .max = 86400e3,
                .help = "within how long, and how often the rest is told in one mail"},
        {0},
};
const struct conf_key alert_keys[] = {
        {"rotas", CONF_LIST, ALERTS(rotas), .keys = rota_keys, .item_size = sizeof(struct rota),
                .help = "who is on call, turn by turn"},
        {"routes", CONF_LIST, ALERTS(routes), .keys = route_keys, .item_size = sizeof(struct alert_route),
                .help = "who is told of what: the first that fits; without one, every contact"},
        {"webhooks", CONF_LIST, ALERTS(webhooks), .keys = webhook_keys, .item_size = sizeof(struct webhook),
                .help = "programs that are told"},
        {"digest", CONF_MAP, .keys = digest_keys, .help = "warnings, once a day"},
        {"storm", CONF_MAP, .keys = storm_keys, .help = "when openings are gathered into one mail"},
        {0},
};

#define PLANNED(member) offsetof(struct planned, member)
const struct conf_key maintenance_keys[] = {
        {"id", CONF_ID, PLANNED(id), .required = true, .id_unique = true, .help = "identity of the maintenance"},
        {"targets", CONF_STRINGS, PLANNED(targets), .required = true,
                .help = "what is worked on: unit:ID, site:ID, node:ID, service:ID, uplink:ID or province:ID"},
        {"from", CONF_TIME, PLANNED(from), .required = true, .help = "when it begins"},
        {"until", CONF_TIME, PLANNED(until), .required = true, .place_wanted = true, .help = "when it is over"},
        {"reason", CONF_STRING, PLANNED(reason), .required = true, .help = "what is done, for people"},
        {0},
};
