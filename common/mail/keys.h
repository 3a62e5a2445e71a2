/*
 * keys: checks of what a configuration says about mail, for tables of keys (common/conf.h). NULL, or what was expected.
 */
#ifndef SANSANG_COMMON_MAIL_KEYS_H
#define SANSANG_COMMON_MAIL_KEYS_H

/* smtp://HOST:PORT or smtps://HOST:PORT. */
const char *mail_server_check(const void *value);
/* NAME@HOST. */
const char *mail_sender_check(const void *value);
/* Names of enum mail_tls, in its order; ends with NULL. */
extern const char *const mail_tls_modes[];

#endif
