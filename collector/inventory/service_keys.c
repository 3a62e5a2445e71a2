#include "collector/inventory/service_keys.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/inventory.h"
#include "collector/inventory/keys.h"
#include "common/conf_scalar.h"

#define TEXT_MAX 500 /* bytes of a header or body to look for */

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

static const char *dns_server_check(const void *value)
{
	return host_check(value) ? "a host name or an address of a name server, or system" : NULL;
}

static const char *numeric_check(const void *value)
{
	const char *text = *(char *const *)value;
	uint8_t bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1
	               ? NULL
	               : "an IPv4 or IPv6 address that the answer must hold";
}

/* "200", "200-399", "200,204,301-308". */
static const char *status_check(const void *value)
{
	const char *what = "statuses such as 200, 200-399 or 200,204,301-308";
	const char *p = *(char *const *)value;
	unsigned low, high;
	int used;

	for (;; p++) {
		used = 0;
		if (strspn(p, "0123456789") != 3 || sscanf(p, "%3u%n", &low, &used) != 1)
			return what;
		p += used;
		high = low;
		if (*p == '-' && (strspn(p + 1, "0123456789") != 3 || sscanf(p, "-%3u%n", &high, &used) != 1))
			return what;
		if (*p == '-')
			p += used;
		if (low < 100 || high > 599 || low > high)
			return what;
		if (*p != ',')
			return *p ? what : NULL;
	}
}

static const char *header_check(const void *value)
{
	const char *text = *(char *const *)value, *colon = strchr(text, ':');
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return colon && name && text + name == colon && strlen(text) <= TEXT_MAX
	               ? NULL
	               : "\"Name: text\", a header and what it must hold";
}

static const char *body_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && strlen(text) <= TEXT_MAX ? NULL : "text of 1 to 500 bytes that the page must hold";
}

/* ---- check: ---- */

/* `check:` has one member named by its kind, and the options of that kind; dns has three values of its own. */
struct check_rows {
	char *targets[CHECK_ICMP + 1];
	char *dns_name, *dns_expect;
	char *name;
	struct conf_place name_place;
	char *ca_file;
	struct conf_place ca_file_place;
	bool verify;
	struct conf_place verify_place;
	char *status;
	struct conf_place status_place;
	char *header;
	struct conf_place header_place;
	char *body;
	struct conf_place body_place;
	int64_t redirects;
	struct conf_place redirects_place;
	int64_t count;
	struct conf_place count_place;
};

#define CHECK(member) offsetof(struct check_rows, member)
static const struct conf_key dns_keys[] = {
        {"server", CONF_STRING, CHECK(targets[CHECK_DNS]), .required = true, .check = dns_server_check,
                .help = "address of the name server, or system for the one that the server itself asks"},
        {"name", CONF_STRING, CHECK(dns_name), .required = true, .check = host_check, .help = "the name to ask for"},
        {"expect", CONF_STRING, CHECK(dns_expect), .check = numeric_check,
                .help = "an address that must be in the answer"},
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
        {"name", CONF_STRING, CHECK(name), .check = host_check, .place_wanted = true,
                .help = "tls, http: the name that the certificate must bear; the target's host when unset"},
        {"ca_file", CONF_STRING, CHECK(ca_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "tls, http: PEM file of the authorities to trust instead of the system's"},
        {"verify", CONF_BOOL, CHECK(verify), "yes", .place_wanted = true,
                .help = "tls, http: no to report a certificate that nobody vouches for without calling the service "
                        "down"},
        {"status", CONF_STRING, CHECK(status), .check = status_check, .place_wanted = true,
                .help = "http: statuses that are good, 200-399 when unset"},
        {"header", CONF_STRING, CHECK(header), .check = header_check, .place_wanted = true,
                .help = "http: \"Name: text\" that the answer must have"},
        {"body", CONF_STRING, CHECK(body), .check = body_check, .place_wanted = true,
                .help = "http: text that the page must hold"},
        {"redirects", CONF_INT, CHECK(redirects), .min = 0, .max = 20, .place_wanted = true,
                .help = "http: how many redirects are followed, 5 when unset"},
        {"count", CONF_INT, CHECK(count), .min = 1, .max = 20, .place_wanted = true,
                .help = "icmp: echoes of a run, 5 when unset"},
        {0},
};
static const struct conf_key check_map = {.type = CONF_MAP, .keys = check_keys};

/* Which kinds have which options. */
#define KIND(k) (1u << CHECK_##k)
static const struct {
	const char *name;
	size_t place;
	unsigned kinds;
} check_options[] = {
        {"name", CHECK(name_place), KIND(TLS) | KIND(HTTP)},
        {"ca_file", CHECK(ca_file_place), KIND(TLS) | KIND(HTTP)},
        {"verify", CHECK(verify_place), KIND(TLS) | KIND(HTTP)},
        {"status", CHECK(status_place), KIND(HTTP)},
        {"header", CHECK(header_place), KIND(HTTP)},
        {"body", CHECK(body_place), KIND(HTTP)},
        {"redirects", CHECK(redirects_place), KIND(HTTP)},
        {"count", CHECK(count_place), KIND(ICMP)},
};

static const char *const options_of[] = {[CHECK_TCP] = "no option",
        [CHECK_TLS] = "name, ca_file or verify",
        [CHECK_HTTP] = "status, header, body, redirects, name, ca_file or verify",
        [CHECK_DNS] = "server, name and expect within dns",
        [CHECK_NTP] = "no option",
        [CHECK_ICMP] = "count"};

const char *check_options_of(int check)
{
	return options_of[check];
}

/* The struct that holds the member at which a custom key stores. */
#define SERVICE_OF(out, member) ((struct service *)(void *)((char *)(out)-offsetof(struct service, member)))

/* The first option that the kind does not have is told of when all is read (check.c). */
static void stray_find(struct service *sv, const struct check_rows *rows)
{
	for (size_t i = 0; i < sizeof(check_options) / sizeof(*check_options) && !sv->options.stray; i++) {
		struct conf_place place;
		memcpy(&place, (const char *)rows + check_options[i].place, sizeof(place));
		if (!place.line || check_options[i].kinds & 1u << sv->check)
			continue;
		sv->options.stray = check_options[i].name;
		sv->options.stray_place = place;
	}
}

/* Takes the rows' texts. */
static void check_store(struct service *sv, const struct check_rows *rows)
{
	sv->target = rows->targets[sv->check];
	sv->dns_name = rows->dns_name;
	sv->dns_expect = rows->dns_expect;
	sv->options = (struct check_options){.server_name = rows->name,
	        .status = rows->status,
	        .header = rows->header,
	        .body = rows->body,
	        .ca_file = rows->ca_file,
	        .ca_file_place = rows->ca_file_place,
	        .verify = rows->verify,
	        .redirects = rows->redirects_place.line ? rows->redirects : -1,
	        .count = rows->count_place.line ? rows->count : -1};
	stray_find(sv, rows);
}

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
	check_store(sv, &rows);
}

static void check_free(void *out)
{
	struct service *sv = SERVICE_OF(out, check);
	char **texts[] = {&sv->target, &sv->dns_name, &sv->dns_expect, &sv->options.server_name, &sv->options.status,
	        &sv->options.header, &sv->options.body, &sv->options.ca_file};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
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
                .help = "one of tcp, tls, http, dns { server, name, expect }, ntp, icmp, and beside it its options"},
        {"checked_by", CONF_CUSTOM, SERVICE(checked_by), .custom = checked_by_read, .custom_free = checked_by_free,
                .help = "whose agents check it: all, or ids of sites and units"},
        {0},
};
