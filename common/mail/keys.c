#include "common/mail/keys.h"

#include <string.h>

const char *const mail_tls_modes[] = {"required", "opportunistic", "off", NULL};

const char *mail_server_check(const void *value)
{
	const char *text = *(char *const *)value;
	const char *host = !strncmp(text, "smtp://", 7) ? text + 7 : !strncmp(text, "smtps://", 8) ? text + 8 : "";

	return *host && !strpbrk(host, "/@ ") ? NULL : "smtp://HOST:PORT or smtps://HOST:PORT";
}

const char *mail_sender_check(const void *value)
{
	const char *text = *(char *const *)value, *at = strchr(text, '@');

	return at && at > text && at[1] && !strpbrk(text, " <>\"\t\r\n") ? NULL : "an address NAME@HOST";
}
