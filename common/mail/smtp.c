#include "common/mail/smtp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mail/transfer.h"
#include "common/memory.h"

#define CONNECT_MS 10000

/* How far the conversation came: a refusal means another thing at each step. */
enum step { STEP_HELLO, STEP_SENDER, STEP_RECIPIENT, STEP_DATA };

struct smtp {
	struct transfers *transfers;
	CURL *easy;
	struct curl_slist *to;
	char *server, *user, *password;
	int tls;
	int64_t patience_ms;
	bool busy, closing;
	enum step step;
	char answer[256];    /* the server's last line */
	const uint8_t *data; /* borrowed, while busy */
	size_t len, at;
	smtp_on_done on_done;
	void *arg;
};

/* ---- the conversation ---- */

static void step_note(struct smtp *s, const char *line)
{
	static const struct {
		const char *verb;
		enum step step;
	} verbs[] = {{"MAIL FROM", STEP_SENDER}, {"RCPT TO", STEP_RECIPIENT}, {"DATA", STEP_DATA}};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strncmp(line, verbs[i].verb, strlen(verbs[i].verb)))
			s->step = verbs[i].step;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	struct smtp *s = arg;
	char line[256];

	(void)easy;
	if (type != CURLINFO_HEADER_OUT && type != CURLINFO_HEADER_IN)
		return 0;
	snprintf(line, sizeof(line), "%.*s", (int)(size < 255 ? size : 255), data);
	line[strcspn(line, "\r\n")] = '\0';
	if (type == CURLINFO_HEADER_OUT)
		step_note(s, line);
	else if (line[0] == '4' || line[0] == '5')
		memcpy(s->answer, line, sizeof(line)); /* and not the goodbye after it */
	return 0;
}

static size_t on_read(char *out, size_t size, size_t count, void *arg)
{
	struct smtp *s = arg;
	size_t room = size * count, n = s->len - s->at < room ? s->len - s->at : room;

	memcpy(out, s->data + s->at, n);
	s->at += n;
	return n;
}

static enum smtp_result result_of(struct smtp *s, CURLcode code)
{
	long said = 0;

	if (code == CURLE_OK)
		return SMTP_SENT;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &said);
	/* a refused sender or login is our own trouble, the same for every letter */
	if (s->step < STEP_RECIPIENT || code == CURLE_COULDNT_CONNECT)
		return SMTP_AWAY;
	/* it may be this person's mailbox, or this letter, that it thinks about: the others do not wait for it */
	if (code == CURLE_OPERATION_TIMEDOUT)
		return SMTP_STALLED;
	if (said >= 500 && said <= 599)
		return SMTP_REFUSED;
	return said >= 400 && said <= 499 && said != 421 ? SMTP_LATER : SMTP_AWAY;
}

static void on_finished(CURL *easy, CURLcode code, void *arg)
{
	struct smtp *s = arg;
	enum smtp_result result = result_of(s, code);
	char answer[sizeof(s->answer)];

	(void)easy;
	if (code != CURLE_OK && !*s->answer)
		snprintf(s->answer, sizeof(s->answer), "%s", curl_easy_strerror(code));
	memcpy(answer, s->answer, sizeof(answer));
	s->busy = false;
	s->on_done(result, answer, s->arg);
}

/* ---- life ---- */

static void easy_prepare(struct smtp *s)
{
	static const long use[] = {[MAIL_TLS_REQUIRED] = CURLUSESSL_ALL,
	        [MAIL_TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
	        [MAIL_TLS_OFF] = CURLUSESSL_NONE};
	CURL *e = s->easy;
	bool proven = s->tls == MAIL_TLS_REQUIRED;

	curl_easy_setopt(e, CURLOPT_URL, s->server);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	/* a password is not given in clear to whoever strips STARTTLS from the answer */
	curl_easy_setopt(e, CURLOPT_USE_SSL,
	        s->password && s->tls == MAIL_TLS_OPPORTUNISTIC ? (long)CURLUSESSL_ALL : use[s->tls]);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, proven ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, proven ? 2L : 0L);
	curl_easy_setopt(e, CURLOPT_USERNAME, s->user);
	curl_easy_setopt(e, CURLOPT_PASSWORD, s->password);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(e, CURLOPT_READDATA, s);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
	        e, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->patience_ms < CONNECT_MS ? s->patience_ms : CONNECT_MS));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)s->patience_ms);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*"); /* whatever the environment says */
}

int smtp_open(struct smtp **out, uv_loop_t *loop, const struct smtp_options *o)
{
	struct smtp *s = mem_alloc(sizeof(*s));

	*out = NULL;
	s->transfers = transfers_open(loop, 1, on_finished, s);
	if (!s->transfers) {
		free(s);
		return -ENOMEM;
	}
	s->server = mem_str(o->server);
	s->user = mem_str(o->user);
	s->password = mem_str(o->password);
	s->tls = o->tls;
	s->patience_ms = o->patience_ms ? o->patience_ms : SMTP_PATIENCE_MS;
	s->easy = curl_easy_init();
	easy_prepare(s);
	*out = s;
	return 0;
}

int smtp_send(struct smtp *s, const char *from, const char *to, const uint8_t *data, size_t len, smtp_on_done on_done,
        void *arg)
{
	if (s->busy || s->closing)
		return -EBUSY;
	curl_slist_free_all(s->to);
	s->to = curl_slist_append(NULL, to);
	s->data = data;
	s->len = len;
	s->at = 0;
	s->step = STEP_HELLO;
	s->answer[0] = '\0';
	s->on_done = on_done;
	s->arg = arg;
	curl_easy_setopt(s->easy, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(s->easy, CURLOPT_MAIL_RCPT, s->to);
	curl_easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)len);
	s->busy = transfer_start(s->transfers, s->easy) == 0;
	return s->busy ? 0 : -EIO;
}

void smtp_close(struct smtp *s)
{
	s->closing = true;
	if (s->busy)
		transfer_stop(s->transfers, s->easy);
	s->busy = false;
	curl_easy_cleanup(s->easy);
	transfers_close(s->transfers);
}

void smtp_free(struct smtp *s)
{
	if (!s)
		return;
	curl_slist_free_all(s->to);
	free(s->server);
	free(s->user);
	if (s->password)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	transfers_free(s->transfers);
	free(s);
}
