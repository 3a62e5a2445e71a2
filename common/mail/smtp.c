#include "common/mail/smtp.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

#define CONNECT_MS 10000

/* How far the conversation came: a refusal means another thing at each step. */
enum step { STEP_HELLO, STEP_SENDER, STEP_RECIPIENT, STEP_DATA };

struct smtp {
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
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

/* One for each socket of libcurl. */
struct watch {
	struct smtp *smtp;
	uv_poll_t poll;
	curl_socket_t socket;
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
	if (s->step < STEP_RECIPIENT || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_COULDNT_CONNECT)
		return SMTP_AWAY;
	if (said >= 500 && said <= 599)
		return SMTP_REFUSED;
	return said >= 400 && said <= 499 && said != 421 ? SMTP_LATER : SMTP_AWAY;
}

static void on_finished(struct smtp *s, CURLcode code)
{
	enum smtp_result result = result_of(s, code);
	char answer[sizeof(s->answer)];

	if (code != CURLE_OK && !*s->answer)
		snprintf(s->answer, sizeof(s->answer), "%s", curl_easy_strerror(code));
	memcpy(answer, s->answer, sizeof(answer));
	curl_multi_remove_handle(s->multi, s->easy);
	s->busy = false;
	s->on_done(result, answer, s->arg);
}

static void finished_collect(struct smtp *s)
{
	CURLMsg *m;
	int left;

	while (!s->closing && (m = curl_multi_info_read(s->multi, &left)))
		if (m->msg == CURLMSG_DONE)
			on_finished(s, m->data.result);
}

/* ---- libcurl's sockets and timer on the loop ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct smtp *s = w->smtp;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(s->multi, w->socket, flags, &running);
	finished_collect(s);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void watch_drop(struct smtp *s, struct watch *w)
{
	curl_multi_assign(s->multi, w->socket, NULL);
	uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *sockp)
{
	struct smtp *s = arg;
	struct watch *w = sockp;
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			watch_drop(s, w);
		return 0;
	}
	if (!w) {
		w = mem_alloc(sizeof(*w));
		w->smtp = s;
		w->socket = socket;
		w->poll.data = w;
		if (uv_poll_init_socket(s->loop, &w->poll, socket)) {
			free(w);
			return -1;
		}
		curl_multi_assign(s->multi, socket, w);
	}
	uv_poll_start(&w->poll, events, on_poll);
	return 0;
}

static void on_timeout(uv_timer_t *timer)
{
	struct smtp *s = timer->data;
	int running;

	curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finished_collect(s);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct smtp *s = arg;

	(void)multi;
	if (s->closing)
		return 0;
	if (timeout_ms < 0)
		uv_timer_stop(&s->timer);
	else
		uv_timer_start(&s->timer, on_timeout, (uint64_t)timeout_ms, 0);
	return 0;
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
	struct smtp *s;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		log_error("libcurl cannot start");
		return -ENOMEM;
	}
	s = mem_alloc(sizeof(*s));
	s->loop = loop;
	s->server = mem_str(o->server);
	s->user = mem_str(o->user);
	s->password = mem_str(o->password);
	s->tls = o->tls;
	s->patience_ms = o->patience_ms ? o->patience_ms : SMTP_PATIENCE_MS;
	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, 1L);
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
	s->busy = curl_multi_add_handle(s->multi, s->easy) == CURLM_OK;
	return s->busy ? 0 : -EIO;
}

void smtp_close(struct smtp *s)
{
	s->closing = true;
	if (s->busy)
		curl_multi_remove_handle(s->multi, s->easy);
	s->busy = false;
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi); /* drops the watches by on_socket */
	uv_close((uv_handle_t *)&s->timer, NULL);
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
	free(s);
	curl_global_cleanup();
}
