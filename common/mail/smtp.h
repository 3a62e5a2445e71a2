/*
 * smtp: one letter at a time to the mail server, libcurl on our loop.
 *
 * Tell process and the witness, by libcurl (transfer.h). Nothing here blocks: a server that accepts and then
 * says nothing is given up after SMTP_PATIENCE_MS. The connection is kept for the next letter
 * while the server lets it. TLS as configured: required fails closed; opportunistic takes STARTTLS when offered,
 * whoever's certificate it is (better than clear text, no proof of identity), and with a password insists on it.
 */
#ifndef SANSANG_COMMON_SMTP_H
#define SANSANG_COMMON_SMTP_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define SMTP_PATIENCE_MS 60000

enum mail_tls { MAIL_TLS_REQUIRED, MAIL_TLS_OPPORTUNISTIC, MAIL_TLS_OFF };

enum smtp_result {
	SMTP_SENT,    /* DATA was accepted */
	SMTP_AWAY,    /* no server, no login, or it will not take our mails now: all wait */
	SMTP_LATER,   /* 4xx for this recipient or letter: only it waits */
	SMTP_STALLED, /* no answer about this recipient or letter within the patience: only it waits */
	SMTP_REFUSED, /* 5xx for this recipient or letter: for good */
};

struct smtp_options {
	const char *server;          /* "smtp://host:port" or "smtps://..." */
	const char *user, *password; /* NULL: no login */
	int tls;                     /* enum mail_tls */
	int64_t patience_ms;         /* 0: SMTP_PATIENCE_MS */
};

struct smtp;

/* `answer` is the server's refusal or a reason; valid during the call. */
typedef void (*smtp_on_done)(enum smtp_result result, const char *answer, void *arg);

/* Copies the options. 0 or -errno, logged. */
int smtp_open(struct smtp **out, uv_loop_t *loop, const struct smtp_options *o);
/* Takes nothing: `data` must live until on_done, which comes later, once. -EBUSY while another letter is on its way. */
int smtp_send(struct smtp *s, const char *from, const char *to, const uint8_t *data, size_t len, smtp_on_done on_done,
        void *arg);
/* Gives up what is on its way (no on_done) and closes its handles; free it after the loop has ended. */
void smtp_close(struct smtp *s);
void smtp_free(struct smtp *s);

#endif
