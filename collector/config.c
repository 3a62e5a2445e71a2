#include "collector/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mail/keys.h"
#include "common/memory.h"
#include "common/zone.h"

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const languages[] = {"vi", "en", NULL};

static const char *inbox_check(const void *value)
{
	const char *text = *(char *const *)value;
	const char *host = !strncmp(text, "imap://", 7) ? text + 7 : !strncmp(text, "imaps://", 8) ? text + 8 : "";

	return *host && !strpbrk(host, "/@ ") ? NULL : "imaps://HOST:PORT or imap://HOST:PORT";
}

/* Links in mails are made of it: what a mail program would cut or misread is not taken. */
static const char *url_check(const void *value)
{
	const char *text = *(char *const *)value;
	const char *host = !strncmp(text, "https://", 8) ? text + 8 : "";
	size_t len = strlen(host);
	bool plain = len && len < 200 && *host != '/' && host[len - 1] != '/';

	for (size_t i = 0; i < len; i++)
		plain &= host[i] > ' ' && host[i] < 0x7f && !strchr("\"'<>()@?#\\", host[i]);
	return plain ? NULL : "https://HOST or https://HOST:PORT, without a slash at its end";
}

static const char *zone_check(const void *value)
{
	struct zone *zone;

	if (zone_load(*(char *const *)value, &zone))
		return "a time zone of /usr/share/zoneinfo such as Asia/Ho_Chi_Minh";
	zone_free(zone);
	return NULL;
}

#define AT(member) offsetof(struct collector_config, member)

static const struct conf_key agents_keys[] = {
        {"listen", CONF_ADDRESS, AT(agents.listen), "0.0.0.0:8440", .help = "where agents connect"},
        {"workers", CONF_INT, AT(agents.workers), "1", .min = 1, .max = 64,
                .help = "intake processes that share the port"},
        {0},
};
static const struct conf_key web_keys[] = {
        {"listen", CONF_ADDRESS, AT(web.listen), "0.0.0.0:8443", .help = "where browsers connect (HTTPS)"},
        {"certificate", CONF_PATH, AT(web.certificate), .place_wanted = true,
                .help = "PEM file; the collector's own CA makes one when unset"},
        {"key", CONF_PATH, AT(web.key), .place_wanted = true, .help = "PEM file of mode 0600, with certificate"},
        {"names", CONF_STRINGS, AT(web.names), .help = "host names and addresses that the own certificate shall carry"},
        {"kiosk", CONF_BOOL, AT(web.kiosk), "no", .help = "show map and incidents without a login (wall screens)"},
        {"url", CONF_STRING, AT(web.url), .check = url_check,
                .help = "the dashboard's address as people reach it, for links in mails; without it mails have none"},
        {0},
};
static const struct conf_key journal_keys[] = {
        {"keep", CONF_DURATION, AT(journal.keep_ms), "8d", .min = 600e3, .max = 400 * 86400e3,
                .help = "age at which a segment is dropped"},
        {"max", CONF_SIZE, AT(journal.max_bytes), "20GB", .min = 1048576, .max = 1e15,
                .help = "size at which the oldest segments are dropped"},
        {0},
};
static const struct conf_key inbox_keys[] = {
        {"server", CONF_STRING, AT(mail.inbox.server), .check = inbox_check, .place_wanted = true,
                .help = "imaps://HOST:PORT or imap://HOST:PORT where answers to mails arrive; none are read when "
                        "unset"},
        {"user", CONF_STRING, AT(mail.inbox.user), .place_wanted = true, .help = "login at that server"},
        {"password_file", CONF_PATH, AT(mail.inbox.password_file), .place_wanted = true,
                .help = "file of mode 0600 that holds the password"},
        {"folder", CONF_STRING, AT(mail.inbox.folder), "INBOX", .help = "folder that is read"},
        {"every", CONF_DURATION, AT(mail.inbox.every_ms), "30s", .min = 1000, .max = 3600e3,
                .help = "how often it is looked into"},
        {0},
};
static const struct conf_key mail_keys[] = {
        {"server", CONF_STRING, AT(mail.server), .check = mail_server_check,
                .help = "smtp://HOST:PORT or smtps://HOST:PORT; no mail is sent when unset"},
        {"tls", CONF_CHOICE, AT(mail.tls), "required", .choices = mail_tls_modes,
                .help = "whether STARTTLS must succeed"},
        {"from", CONF_STRING, AT(mail.from), "sansang@localhost", .check = mail_sender_check,
                .help = "sender's address"},
        {"user", CONF_STRING, AT(mail.user), .place_wanted = true, .help = "login at the mail server"},
        {"password_file", CONF_PATH, AT(mail.password_file), .place_wanted = true,
                .help = "file of mode 0600 that holds the password"},
        {"inbox", CONF_MAP, .keys = inbox_keys, .help = "where people answer mails: a reply acknowledges"},
        {0},
};
static const struct conf_key series_keys[] = {
        {"shards", CONF_INT, AT(series_shards), "1", .min = 1, .max = 64,
                .help = "series processes, each with its share of the files"},
        {0},
};
static const struct conf_key render_keys[] = {
        {"workers", CONF_INT, AT(render_workers), "1", .min = 1, .max = 64, .help = "processes that draw graphs"},
        {0},
};
static const struct conf_key keys[] = {
        {"state_dir", CONF_PATH, AT(state_dir), "/var/lib/sansang", .help = "where everything is kept"},
        {"inventory", CONF_PATH, AT(inventory), .required = true, .help = "the province: province.yaml"},
        {"user", CONF_STRING, AT(user), .help = "user to run as when started as root"},
        {"socket", CONF_PATH, AT(socket),
                .help = "Unix socket of the sansang command; state_dir/sansang.sock when unset"},
        {"step", CONF_DURATION, AT(step_ms), "10s", .min = 1000, .max = 3600e3,
                .help = "how often agents sample; a site may set its own"},
        {"log", CONF_STRING, AT(log_level), "info", .choices = log_levels, .help = "how much is logged"},
        {"agents", CONF_MAP, .keys = agents_keys, .help = "the port of the agents"},
        {"web", CONF_MAP, .keys = web_keys, .help = "the dashboard and the API"},
        {"journal", CONF_MAP, .keys = journal_keys, .help = "how much of the journal is kept"},
        {"mail", CONF_MAP, .keys = mail_keys, .help = "the server that takes alarms"},
        {"series", CONF_MAP, .keys = series_keys, .help = "storing of series"},
        {"render", CONF_MAP, .keys = render_keys, .help = "drawing of graphs"},
        {"language", CONF_CHOICE, AT(language), "vi", .choices = languages,
                .help = "language of mails, graphs and of new users"},
        {"timezone", CONF_STRING, AT(timezone), "Asia/Ho_Chi_Minh", .check = zone_check,
                .help = "zone of bare dates, calendars and texts"},
        {0},
};

static void pair_check(const char *path, const char *names, const char *a, struct conf_place a_place, const char *b,
        struct conf_place b_place, struct conf_errors *errors)
{
	if (!a != !b)
		conf_error(errors, path, a ? a_place : b_place, "%s belong together, expected both or neither", names);
}

/* What no single key can say. */
static int config_check(const struct collector_config *c, const char *path, struct conf_errors *errors)
{
	size_t before = errors->count;

	pair_check(path, "web.certificate and web.key", c->web.certificate, c->web.certificate_place, c->web.key,
	        c->web.key_place, errors);
	pair_check(path, "mail.user and mail.password_file", c->mail.user, c->mail.user_place, c->mail.password_file,
	        c->mail.password_place, errors);
	pair_check(path, "mail.inbox.user and mail.inbox.password_file", c->mail.inbox.user, c->mail.inbox.user_place,
	        c->mail.inbox.password_file, c->mail.inbox.password_place, errors);
	pair_check(path, "mail.inbox.server and mail.inbox.user", c->mail.inbox.server, c->mail.inbox.server_place,
	        c->mail.inbox.user, c->mail.inbox.user_place, errors);
	return errors->count == before ? 0 : -EINVAL;
}

static char *path_absolute(const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || !getcwd(here, sizeof(here)))
		return mem_str(path);
	return mem_printf("%s/%s", here, path);
}

int collector_config_load(const char *path, struct collector_config *out, struct conf_errors *errors)
{
	*out = (struct collector_config){0};
	int rc = conf_load(path, keys, NULL, out, errors);
	if (rc)
		return rc;
	out->path = path_absolute(path);
	if (!out->socket)
		out->socket = collector_state_path(out, "sansang.sock");
	rc = config_check(out, path, errors);
	if (rc)
		collector_config_free(out);
	return rc;
}

void collector_config_free(struct collector_config *c)
{
	conf_free(keys, c);
	free(c->path);
	*c = (struct collector_config){0};
}

char *collector_state_path(const struct collector_config *c, const char *name)
{
	return mem_printf("%s/%s", c->state_dir, name);
}
