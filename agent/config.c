#include "agent/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf_scalar.h"
#include "common/mail/keys.h"
#include "common/memory.h"

static const char *const languages[] = {"vi", "en", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};

static const char *collector_check(const void *value)
{
	return conf_address_check(*(char *const *)value);
}

static const char *proxy_check(const void *value)
{
	const char *text = *(char *const *)value;

	if (strncmp(text, "http://", 7) || strpbrk(text, "@ ") || conf_address_check(text + 7))
		return "http://HOST:PORT";
	return NULL;
}

static const char *readable_check(const void *value)
{
	return (*(char *const *)value)[0] == '/' ? NULL : "an absolute path";
}

static const char *interface_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && strlen(text) < 16 && !strpbrk(text, "/ \t\n") ? NULL
	                                                              : "the name of a network interface such as eth0";
}

/* A numeric address: a name could change under a socket that is open. */
static const char *listen_check(const void *value)
{
	const char *text = *(char *const *)value, *what = "ADDRESS:PORT such as 0.0.0.0:162 or [::]:162";
	unsigned char binary[sizeof(struct in6_addr)];
	char host[64];

	if (conf_address_check(text) || strlen(text) >= sizeof(host))
		return what;
	strcpy(host, text);
	*strrchr(host, ':') = '\0';
	if (host[0] != '[')
		return inet_pton(AF_INET, host, binary) == 1 ? NULL : what;
	host[strlen(host) - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, binary) == 1 ? NULL : what;
}

#define UPS_NAME_MAX 63 /* it becomes an instance (metric.h) */

/* "no", or NAME@HOST[:PORT] as NUT's own clients write it. */
static const char *ups_check(const void *value)
{
	const char *text = *(char *const *)value, *at = strchr(text, '@'), *what = "no, or NAME@HOST or NAME@HOST:PORT";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	char address[320];

	if (!strcmp(text, "no"))
		return NULL;
	if (!at || at == text || at - text > UPS_NAME_MAX || text[0] == '.' ||
	        strspn(text, letters) != (size_t)(at - text) || strlen(at) > 260)
		return what;
	snprintf(address, sizeof(address), "%s:1", at + 1);
	return conf_address_check(at + 1) && conf_address_check(address) ? what : NULL;
}

static const char *recipient_check(const void *value)
{
	return mail_sender_check(value);
}

#define WITNESS_TO_MAX 16 /* WATCHMAN_TO_MAX */
#define AT(member) offsetof(struct agent_config, member)

static const struct conf_key capture_keys[] = {
        {"interfaces", CONF_STRINGS, AT(capture_interfaces), .check = interface_check,
                .help = "interfaces whose packets are looked at"},
        {0},
};
static const struct conf_key sandbox_keys[] = {
        {"read", CONF_STRINGS, AT(sandbox_read), .check = readable_check,
                .help = "further paths that the agent may read; logged at start"},
        {0},
};
static const struct conf_key spool_keys[] = {
        {"max", CONF_SIZE, AT(spool_bytes), "64MB", .min = 65536, .max = 1e13,
                .help = "size at which the spool thins its oldest, then drops"},
        {0},
};
static const struct conf_key trap_keys[] = {
        {"listen", CONF_STRING, AT(trap_listen), .check = listen_check,
                .help = "ADDRESS:PORT where SNMP traps and informs of gear are heard, usually 0.0.0.0:162"},
        {0},
};
static const struct conf_key witness_mail_keys[] = {
        {"server", CONF_STRING, AT(witness.server), .check = mail_server_check, .place_wanted = true,
                .help = "smtp://HOST:PORT or smtps://HOST:PORT, best one that does not need the collector's building"},
        {"tls", CONF_CHOICE, AT(witness.tls), "required", .choices = mail_tls_modes,
                .help = "whether STARTTLS must succeed"},
        {"from", CONF_STRING, AT(witness.from), "sansang@localhost", .check = mail_sender_check,
                .help = "sender's address"},
        {"user", CONF_STRING, AT(witness.user), .help = "login at the mail server"},
        {"password_file", CONF_PATH, AT(witness.password_file), .place_wanted = true,
                .help = "file of mode 0600 that holds the password"},
        {0},
};
static const struct conf_key witness_keys[] = {
        {"mail", CONF_MAP, .keys = witness_mail_keys, .help = "the mail server that this agent uses by itself"},
        {"to", CONF_STRINGS, AT(witness.to), .check = recipient_check, .place_wanted = true,
                .help = "addresses that are told, at most 16"},
        {"after", CONF_DURATION, AT(witness.after_ms), "2m", .min = 30e3, .max = 3600e3,
                .help = "how long the collector must be silent"},
        {"language", CONF_STRING, AT(witness.language), "vi", .choices = languages, .help = "vi or en"},
        {0},
};
static const struct conf_key keys[] = {
        {"collector", CONF_STRINGS, AT(collectors), .required = true, .check = collector_check,
                .help = "HOST:PORT of the collector, or a list of them tried in order; names or addresses, IPv4 and "
                        "[IPv6]"},
        {"proxy", CONF_STRING, AT(proxy), .check = proxy_check,
                .help = "http://HOST:PORT of a proxy that allows CONNECT"},
        {"node", CONF_ID, AT(node), .required = true, .help = "id of this node in the province's inventory"},
        {"token_file", CONF_PATH, AT(token_file), .help = "file with the one-time token; removed after enrolment"},
        {"state_dir", CONF_PATH, AT(state_dir), "/var/lib/sansang-agent",
                .help = "where key, certificate and spool are kept"},
        {"user", CONF_STRING, AT(user), .help = "user to run as when started as root"},
        {"log", CONF_STRING, AT(log_level), "info", .choices = log_levels, .help = "how much is logged"},
        {"capture", CONF_MAP, .keys = capture_keys, .help = "packet capture; none when unset"},
        {"sandbox", CONF_MAP, .keys = sandbox_keys, .help = "what the sandbox allows beyond the usual"},
        {"spool", CONF_MAP, .keys = spool_keys, .help = "samples that wait for the collector"},
        {"traps", CONF_MAP, .keys = trap_keys, .help = "traps of network gear; not heard when unset"},
        {"ups", CONF_STRING, AT(ups), .check = ups_check,
                .help = "NAME@HOST[:PORT] of a UPS that NUT's upsd serves; no: none; unset: all of 127.0.0.1's upsd, "
                        "if there is one"},
        {"witness", CONF_MAP, .keys = witness_keys,
                .help = "tells by mail when the collector falls silent, and when it is back; best at another site"},
        {0},
};

/* What no single key can say. */
static int witness_check(const struct agent_config *c, const char *path, struct conf_errors *errors)
{
	size_t before = errors->count;

	if (!c->witness.server != !c->witness.to.count)
		conf_error(errors, path, c->witness.server ? c->witness.server_place : c->witness.to_place,
		        "witness.mail.server and witness.to belong together, expected both or neither");
	if (c->witness.to.count > WITNESS_TO_MAX)
		conf_error(errors, path, c->witness.to_place, "witness.to: %zu addresses, expected at most %d",
		        c->witness.to.count, WITNESS_TO_MAX);
	if (!c->witness.user != !c->witness.password_file)
		conf_error(errors, path, c->witness.password_file ? c->witness.password_place : c->witness.server_place,
		        "witness.mail.user and password_file belong together, expected both or neither");
	return errors->count == before ? 0 : -EINVAL;
}

int agent_config_load(const char *path, struct agent_config *out, struct conf_errors *errors)
{
	char here[PATH_MAX];

	*out = (struct agent_config){0};
	int rc = conf_load(path, keys, NULL, out, errors);
	if (rc)
		return rc;
	if (witness_check(out, path, errors)) {
		conf_free(keys, out);
		return -EINVAL;
	}
	if (path[0] == '/' || !getcwd(here, sizeof(here)))
		out->path = mem_str(path);
	else
		out->path = mem_printf("%s/%s", here, path);
	return 0;
}

void agent_config_free(struct agent_config *c)
{
	conf_free(keys, c);
	free(c->path);
	*c = (struct agent_config){0};
}
