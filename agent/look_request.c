#include "agent/look_request.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define CA_BYTES_MAX (1024 * 1024)
#define NUMBER_MAX 20

static const char usage[] =
        "usage: sansang-agent probe TYPE TARGET [options]\n"
        "\n"
        "  tcp HOST:PORT     takes connections?            icmp HOST    answers echoes?\n"
        "  tls HOST[:PORT]   certificate, version          mtu HOST     how large may packets be?\n"
        "  http URL          web page, http:// or https:// https URL    the same; https:// may be left out\n"
        "  dns [SERVER]      name server, or the system's  ntp HOST     time server\n"
        "  HOST is a name, 10.0.0.5, or [2001:db8::5] before a :PORT\n"
        "\n"
        "  --json            the whole result, one line    --source ADDR, --interface IF   which way to go\n"
        "  tls, http:  --name NAME (asked for and checked in the certificate), --ca FILE (whom to trust), --insecure\n"
        "  http:       --status 200-399, --header \"Name: text\", --body TEXT, --redirects N\n"
        "  dns:        --dns-name NAME, --expect ADDR      icmp:        --count N\n"
        "\n"
        "exit status: 0 up, 1 down, 2 wrong use\n";

enum value {
	VALUE_TEXT,
	VALUE_STATUS,
	VALUE_NUMBER,
	VALUE_FILE,
	VALUE_NONE,
	VALUE_SOURCE,
	VALUE_INTERFACE,
	VALUE_JSON,
	VALUE_HELP
};

/* `at`: in struct probe_options. `kinds`: that take it, NULL: all. */
static const struct option {
	const char *name;
	enum value value;
	size_t at;
	const char *kinds;
	int least; /* of a number */
} options[] = {
        {"--name", VALUE_TEXT, offsetof(struct probe_options, server_name), "tls http", 0},
        {"--ca", VALUE_FILE, offsetof(struct probe_options, ca_pem), "tls http", 0},
        {"--insecure", VALUE_NONE, offsetof(struct probe_options, unverified), "tls http", 0},
        {"--status", VALUE_STATUS, offsetof(struct probe_options, status), "http", 0},
        {"--header", VALUE_TEXT, offsetof(struct probe_options, header), "http", 0},
        {"--body", VALUE_TEXT, offsetof(struct probe_options, body), "http", 0},
        {"--redirects", VALUE_NUMBER, offsetof(struct probe_options, redirects), "http", 0},
        {"--dns-name", VALUE_TEXT, offsetof(struct probe_options, dns_name), "dns", 0},
        {"--expect", VALUE_TEXT, offsetof(struct probe_options, dns_expect), "dns", 0},
        {"--count", VALUE_NUMBER, offsetof(struct probe_options, count), "icmp", 1},
        {"--source", VALUE_SOURCE, 0, NULL, 0},
        {"--interface", VALUE_INTERFACE, 0, NULL, 0},
        {"--json", VALUE_JSON, 0, NULL, 0},
        {"--help", VALUE_HELP, 0, NULL, 0},
        {"-h", VALUE_HELP, 0, NULL, 0},
};

static int wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int wrong(const char *fmt, ...)
{
	va_list args;

	fputs("sansang-agent probe: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n(`sansang-agent probe --help` says the usage)\n", stderr);
	return 2;
}

/* ---- values ---- */

static int read_file(const char *path, char **out)
{
	char *text = mem_alloc(CA_BYTES_MAX + 1);
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(text, 1, CA_BYTES_MAX, f) : 0;
	int error = !f || ferror(f) ? errno : 0;

	if (f)
		fclose(f);
	if (error || !strstr(text, "-----BEGIN ")) {
		free(text);
		return error ? wrong("--ca %s: %s", path, strerror(error))
		             : wrong("--ca %s: expected certificates as PEM text", path);
	}
	free(*out);
	*out = mem_strn(text, len);
	free(text);
	return 0;
}

static int read_number(const struct option *o, const char *text, int *out)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || v < o->least || v > NUMBER_MAX)
		return wrong("%s %s: expected a number from %d to %d", o->name, text, o->least, NUMBER_MAX);
	*out = (int)v;
	return 0;
}

static int read_interface(struct look_request *q, const char *text)
{
	if (!text[0] || strlen(text) >= sizeof(q->spec.interface))
		return wrong("--interface %s: expected the name of a network interface", text);
	snprintf(q->spec.interface, sizeof(q->spec.interface), "%s", text);
	return 0;
}

static int take_value(struct look_request *q, const struct option *o, const char *text)
{
	char *at = (char *)&q->spec.options + o->at;

	switch (o->value) {
	case VALUE_STATUS:
		if (!text[0] || strspn(text, "0123456789,- ") != strlen(text))
			return wrong("--status %s: expected 200, 200-399 or 200,204,301-308", text);
		/* fall through */
	case VALUE_TEXT:
		free(*(char **)at);
		*(char **)at = mem_str(text);
		return 0;
	case VALUE_NUMBER:
		return read_number(o, text, (int *)at);
	case VALUE_FILE:
		return read_file(text, (char **)at);
	case VALUE_NONE:
		*(bool *)at = true;
		return 0;
	case VALUE_SOURCE:
		return probe_address_parse(text, 0, &q->spec.source)
		               ? wrong("--source %s: expected an address of this host", text)
		               : 0;
	case VALUE_INTERFACE:
		return read_interface(q, text);
	case VALUE_JSON:
		q->json = true;
		return 0;
	default:
		q->help = true;
		return 0;
	}
}

/* ---- words ---- */

static const struct option *option_named(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

static bool takes_value(const struct option *o)
{
	return o->value != VALUE_NONE && o->value != VALUE_JSON && o->value != VALUE_HELP;
}

static bool is_for(const struct option *o, const char *kind)
{
	size_t len = strlen(kind);

	for (const char *at = o->kinds; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
		if (!strncmp(at, kind, len) && (at[len] == ' ' || !at[len]))
			return true;
	return !o->kinds;
}

/* The type and the target go to `words`, options into the request. */
static int sort_words(struct look_request *q, int argc, char **argv, const char *words[2], const struct option **used)
{
	int count = 0;

	for (int i = 0; i < argc; i++) {
		const struct option *o = option_named(argv[i]);
		int status;

		if (!o && argv[i][0] == '-' && argv[i][1])
			return wrong("%s: not understood", argv[i]);
		if (!o && count == 2)
			return wrong("%s: expected one type and one target", argv[i]);
		if (!o) {
			words[count++] = argv[i];
			continue;
		}
		if (takes_value(o) && i + 1 == argc)
			return wrong("expected a value after %s", argv[i]);
		status = take_value(q, o, takes_value(o) ? argv[++i] : "");
		if (status)
			return status;
		used[o - options] = o;
	}
	return 0;
}

static int check_used(const struct look_request *q, const struct option **used)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (used[i] && !is_for(used[i], q->spec.type->name))
			return wrong("%s is not for %s: expected with %s", used[i]->name, q->spec.type->name,
			        used[i]->kinds);
	return 0;
}

/* ---- targets ---- */

static int read_url(struct look_request *q, const char *type, const char *target)
{
	bool https = !strcmp(type, "https");
	const char *path;

	q->target = strstr(target, "://") ? mem_str(target) : mem_printf("%s://%s", type, target);
	if (probe_url_split(
	            q->target, &q->spec.options.secure, q->spec.host, sizeof(q->spec.host), &q->spec.port, &path) ||
	        (https && !q->spec.options.secure))
		return wrong("\"%s\" is no web address: expected %s://HOST[:PORT]/PATH", target, type);
	q->spec.options.path = mem_str(path);
	return 0;
}

static int read_target(struct look_request *q, const char *type, const char *target)
{
	const struct probe_type *t = q->spec.type;

	if (!target && !t->own_hosts)
		return wrong("expected a target after %s", type);
	if (t->takes_url)
		return read_url(q, type, target);
	q->target = mem_str(target ? target : "system");
	if (probe_target_of(t, q->target, q->spec.host, sizeof(q->spec.host), &q->spec.port))
		return wrong("\"%s\" is no target: expected %s", q->target,
		        t->has_port       ? "HOST:PORT or [IPV6]:PORT"
		        : t->default_port ? "HOST, HOST:PORT or [IPV6]:PORT"
		                          : "a name or an address");
	return 0;
}

int look_request_read(struct look_request *q, int argc, char **argv)
{
	const struct option *used[sizeof(options) / sizeof(options[0])] = {0};
	const char *words[2] = {0};
	int status;

	memset(q, 0, sizeof(*q));
	q->spec.options = probe_options_none();
	status = sort_words(q, argc, argv, words, used);
	if (status)
		return status;
	if (q->help || !words[0]) {
		fputs(usage, q->help ? stdout : stderr);
		return q->help ? 0 : 2;
	}
	q->spec.type = probe_type_named(!strcmp(words[0], "https") ? "http" : words[0]);
	if (!q->spec.type)
		return wrong(
		        "\"%s\" is no kind of probe: expected tcp, tls, http, https, dns, ntp, icmp or mtu", words[0]);
	status = read_target(q, words[0], words[1]);
	return status ? status : check_used(q, used);
}

void look_request_free(struct look_request *q)
{
	probe_options_free(&q->spec.options);
	free(q->target);
}
