/*
 * config: collector.yaml, declared in config.c as a table of keys (common/conf.h).
 * Strings are owned by the struct. Paths are absolute after loading.
 */
#ifndef SANSANG_COLLECTOR_CONFIG_H
#define SANSANG_COLLECTOR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/mail/smtp.h"

enum language { LANGUAGE_VI, LANGUAGE_EN };

struct collector_config {
	char *path; /* of the file itself, absolute */
	char *state_dir;
	char *inventory; /* path of province.yaml */
	char *user;      /* NULL: keep the uid */
	char *socket;    /* key `socket`; default <state_dir>/sansang.sock */
	int64_t step_ms;
	char *log_level; /* key `log`: error, warn, info, debug */
	struct {
		char *listen;
		int64_t workers;
	} agents;
	struct {
		char *listen;
		char *certificate; /* NULL: own CA's */
		struct conf_place certificate_place;
		char *key;
		struct conf_place key_place;
		struct conf_strings names;
		bool kiosk;
		char *url; /* "https://sansang.laocai.example:8443": for links in mails; NULL: mails have none */
	} web;
	struct {
		int64_t keep_ms, max_bytes;
	} journal;
	struct {
		char *server; /* NULL: no mail is sent */
		char *from, *user;
		struct conf_place user_place;
		char *password_file;
		struct conf_place password_place;
		int tls;              /* enum mail_tls */
		struct {              /* mail.inbox: answers to mails are read there; server NULL: none are */
			char *server; /* "imaps://host:993" or "imap://..." */
			struct conf_place server_place;
			char *user;
			struct conf_place user_place;
			char *password_file;
			struct conf_place password_place;
			char *folder;
			int64_t every_ms;
		} inbox;
	} mail;
	int64_t series_shards;  /* key `series: { shards: 1 }` */
	int64_t render_workers; /* key `render: { workers: 1 }` */
	int language;           /* enum language */
	char *timezone;
};

/* 0, or -errno with `errors` filled. */
int collector_config_load(const char *path, struct collector_config *out, struct conf_errors *errors);
void collector_config_free(struct collector_config *c);
/* "<state_dir>/NAME", gives. */
char *collector_state_path(const struct collector_config *c, const char *name);

#endif
