#include "collector/inventory/service_keys.h"

#include <stdlib.h>
#include <string.h>

#include "collector/inventory/inventory.h"
#include "collector/inventory/keys.h"
#include "common/conf_scalar.h"

/* In the order of enum check_type. */
const char *const check_types[] = {"tcp", "tls", "http", "dns", "ntp", "icmp", NULL};

static const char *address_check(const void *value)
{
	return conf_address_check(*(char *const *)value);
}

static const char *url_check(const void *value)
{
	const char *text = *(char *const *)value;
	const char *host = !strncmp(text, "http://", 7) ? text + 7 : !strncmp(text, "https://", 8) ? text + 8 : "";

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			host = "";
	return *host && *host != '/' && !strchr(host, '@') ? NULL : "an address http://HOST/... or https://HOST/...";
}

static const char *host_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && *text != '-' && strlen(text) < 254 && !strpbrk(text, " \t\n/@\"'")
	               ? NULL
	               : "a host name or an address";
}

/* `check:` has one member named by its type; dns has three values of its own. */
struct check_rows {
	char *targets[CHECK_ICMP + 1];
	char *dns_name, *dns_expect;
};

#define CHECK(member) offsetof(struct check_rows, member)
static const struct conf_key dns_keys[] = {
        {"server", CONF_STRING, CHECK(targets[CHECK_DNS]), .required = true, .check = host_check,
                .help = "address of the name server"},
        {"name", CONF_STRING, CHECK(dns_name), .required = true, .check = host_check, .help = "the name to ask for"},
        {"expect", CONF_STRING, CHECK(dns_expect), .help = "an address that must be in the answer"},
        {0},
};
static const struct conf_key check_keys[] = {
        {"tcp", CONF_STRING, CHECK(targets[CHECK_TCP]), .check = address_check,
                .help = "host:port that must accept a connection"},
        {"tls", CONF_STRING, CHECK(targets[CHECK_TLS]), .check = address_check,
                .help = "host:port that must complete a TLS handshake"},
        {"http", CONF_STRING, CHECK(targets[CHECK_HTTP]), .check = url_check, .help = "address that must answer"},
        {"dns", CONF_MAP, .keys = dns_keys, .help = "a name that a server must resolve"},
        {"ntp", CONF_STRING, CHECK(targets[CHECK_NTP]), .check = host_check, .help = "time server"},
        {"icmp", CONF_STRING, CHECK(targets[CHECK_ICMP]), .check = host_check, .help = "host that must answer echoes"},
        {0},
};
static const struct conf_key check_map = {.type = CONF_MAP, .keys = check_keys};

/* The struct that holds the member at which a custom key stores. */
#define SERVICE_OF(out, member) ((struct service *)(void *)((char *)(out)-offsetof(struct service, member)))

static void check_read(struct conf_reader *r, const struct conf_node *node, void *out)
{
	struct service *sv = SERVICE_OF(out, check);
	struct check_rows rows = {0};
	int given = 0;

	if (!conf_node_read(r, &check_map, node, &rows)) {
		conf_free(check_keys, &rows);
		return;
	}
	for (int i = 0; i <= CHECK_ICMP; i++) {
		if (!rows.targets[i])
			continue;
		sv->check = i;
		given++;
	}
	if (given != 1) {
		conf_node_error(
		        r, node, "holds %d checks, expected exactly one of tcp, tls, http, dns, ntp, icmp", given);
		conf_free(check_keys, &rows);
		return;
	}
	sv->target = rows.targets[sv->check];
	sv->dns_name = rows.dns_name;
	sv->dns_expect = rows.dns_expect;
}

static void check_free(void *out)
{
	struct service *sv = SERVICE_OF(out, check);

	free(sv->target);
	free(sv->dns_name);
	free(sv->dns_expect);
	sv->target = sv->dns_name = sv->dns_expect = NULL;
}

static const struct conf_key checker_list[] = {{"checked_by", CONF_STRINGS, 0, .required = true}, {0}};

static void checked_by_read(struct conf_reader *r, const struct conf_node *node, void *out)
{
	struct service *sv = SERVICE_OF(out, checked_by);
	const char *text = conf_node_text(node);

	sv->checked_by_all = text && !strcmp(text, "all");
	if (!sv->checked_by_all)
		conf_node_read(r, checker_list, node, &sv->checked_by);
}

static void checked_by_free(void *out)
{
	conf_free(checker_list, out);
}

#define SERVICE(member) offsetof(struct service, member)
const struct conf_key service_keys[] = {
        {"id", CONF_ID, SERVICE(id), .required = true, .id_unique = true, .help = "identity of the service"},
        {"name", CONF_STRING, SERVICE(name), .required = true, .help = "what people call it"},
        {"sector", CONF_ID, SERVICE(sector), "public-services",
                .help = "land, finance, construction, investment, environment, public-services, ..."},
        {"responsible", CONF_CHOICE, SERVICE(responsible), "province", .choices = responsibles,
                .help = "who answers for it"},
        {"via", CONF_ID, SERVICE(via), .place_wanted = true, .help = "the kind of line, or the line, that it goes by"},
        {"every", CONF_DURATION, SERVICE(every_ms), .min = 1000, .max = 3600e3,
                .help = "how often it is checked: 10s, of central services 60s"},
        {"mandatory", CONF_BOOL, SERVICE(mandatory), "yes", .help = "whether it can make a unit not ready"},
        {"from", CONF_TIME, SERVICE(from), .help = "instant from which it is checked"},
        {"until", CONF_TIME, SERVICE(until), "never", .place_wanted = true,
                .help = "instant from which it is not any more"},
        {"succeeds", CONF_ID, SERVICE(succeeds), .place_wanted = true,
                .help = "id of the older service whose place it took"},
        {"check", CONF_CUSTOM, SERVICE(check), .required = true, .custom = check_read, .custom_free = check_free,
                .help = "one of tcp, tls, http, dns { server, name, expect }, ntp, icmp"},
        {"checked_by", CONF_CUSTOM, SERVICE(checked_by), .custom = checked_by_read, .custom_free = checked_by_free,
                .help = "whose agents check it: all, or ids of sites and units"},
        {0},
};
