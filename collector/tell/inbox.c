#include "collector/tell/inbox.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/message.h"
#include "collector/tell/reply.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mail/password.h"
#include "common/mail/transfer.h"
#include "common/memory.h"

#define CONNECT_MS 10000
#define ANSWER_MAX (64 * 1024) /* of a search */

/* What the transfer under way is for. */
enum errand { ERRAND_NONE, ERRAND_SEARCH, ERRAND_FETCH, ERRAND_CORE, ERRAND_UNSEE };

struct inbox {
	const struct collector_config *config;
	struct transfers *transfers;
	CURL *easy;
	uv_timer_t timer;
	struct channel *core;
	char *folder; /* its address */
	char password[512];
	enum errand errand;
	bool closing;
	unsigned turn; /* core's answers to older questions are dropped */
	unsigned refs; /* the owner's and one for each question in flight */
	int64_t wait_ms;
	struct buf got;
	uint32_t uids[INBOX_ROUND_MAX];
	unsigned count, at;
	struct inbox_figures figures;
};

struct question {
	struct inbox *inbox;
	unsigned turn;
};

static void inbox_release(struct inbox *i)
{
	if (--i->refs)
		return;
	explicit_bzero(i->password, sizeof(i->password));
	buf_free(&i->got);
	free(i->folder);
	free(i);
}

/* ---- rounds ---- */

static void on_timer(uv_timer_t *timer);

static void round_end(struct inbox *i, const char *failure)
{
	int64_t every = i->config->mail.inbox.every_ms;

	i->errand = ERRAND_NONE;
	if (failure && i->wait_ms <= every)
		log_warn("mail.inbox %s: %s", i->config->mail.inbox.server, failure);
	if (!failure && i->wait_ms > every)
		log_info("mail.inbox %s can be read again", i->config->mail.inbox.server);
	i->figures.failures += failure != NULL;
	i->wait_ms = !failure ? every : i->wait_ms * 2 < INBOX_MOST_MS ? i->wait_ms * 2 : INBOX_MOST_MS;
	if (!i->closing)
		uv_timer_start(&i->timer, on_timer, (uint64_t)i->wait_ms, 0);
}

static size_t on_bytes(char *data, size_t size, size_t count, void *arg)
{
	struct inbox *i = arg;
	size_t most = i->errand == ERRAND_FETCH ? REPLY_BYTES_MAX : ANSWER_MAX, len = size * count;
	size_t room = i->got.len < most ? most - i->got.len : 0;

	buf_put(&i->got, data, len < room ? len : room);
	return len; /* more than that is not wanted, and no error */
}

/* `path` follows the folder's address; `request` NULL: what the address says. */
static void errand_begin(struct inbox *i, enum errand errand, const char *path, const char *request)
{
	char *url = mem_printf("%s%s", i->folder, path);

	i->errand = errand;
	buf_reset(&i->got);
	curl_easy_setopt(i->easy, CURLOPT_URL, url);
	curl_easy_setopt(i->easy, CURLOPT_CUSTOMREQUEST, request);
	free(url);
	if (transfer_start(i->transfers, i->easy))
		round_end(i, "libcurl does not take it");
}

static void search_begin(struct inbox *i)
{
	static const char *const months[] = {
	        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t since = (time_t)(clock_wall_ms() / 1000) - INBOX_DAYS * 86400;
	char request[80];
	struct tm tm;

	gmtime_r(&since, &tm);
	snprintf(request, sizeof(request), "UID SEARCH UNSEEN SINCE %d-%s-%d", tm.tm_mday, months[tm.tm_mon],
	        tm.tm_year + 1900);
	i->count = i->at = 0;
	i->figures.rounds++;
	errand_begin(i, ERRAND_SEARCH, "", request);
}

static void on_timer(uv_timer_t *timer)
{
	struct inbox *i = timer->data;

	if (i->errand == ERRAND_NONE && i->core)
		search_begin(i);
	else
		uv_timer_start(&i->timer, on_timer, (uint64_t)i->config->mail.inbox.every_ms, 0);
}

/* "* SEARCH 3 7 12" */
static void uids_read(struct inbox *i)
{
	char *line, *end;

	buf_put_u8(&i->got, 0);
	line = strstr((char *)i->got.data, "* SEARCH");
	for (line = line ? line + 8 : NULL; line && *line == ' ' && i->count < INBOX_ROUND_MAX; line = end) {
		unsigned long uid = strtoul(line, &end, 10);

		if (end == line || !uid || uid > UINT32_MAX)
			break;
		i->uids[i->count++] = (uint32_t)uid;
	}
}

static void mail_next(struct inbox *i)
{
	char path[80];

	if (i->at == i->count) {
		round_end(i, NULL);
		return;
	}
	snprintf(path, sizeof(path), ";UID=%u/;PARTIAL=0.%d", i->uids[i->at++], REPLY_BYTES_MAX);
	errand_begin(i, ERRAND_FETCH, path, NULL);
}

/* ---- one that acknowledges ---- */

/* Core could not say: the mail is kept for the next round. */
static void mail_keep(struct inbox *i)
{
	char request[80];

	snprintf(request, sizeof(request), "UID STORE %u -FLAGS.SILENT (\\Seen)", i->uids[i->at - 1]);
	errand_begin(i, ERRAND_UNSEE, "", request);
}

static void on_core(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct inbox *i = q->inbox;
	json_t *o =
	        payload ? json_loadb((const char *)payload->data + payload->at, cursor_left(payload), 0, NULL) : NULL;
	json_int_t status = json_integer_value(json_object_get(o, "status"));

	if (q->turn == i->turn && i->errand == ERRAND_CORE && !i->closing) {
		if (!o || status == 503) {
			mail_keep(i);
		} else {
			i->figures.acknowledged += !json_object_get(o, "error");
			i->figures.refused += json_object_get(o, "error") != NULL;
			mail_next(i);
		}
	}
	json_decref(o);
	free(q);
	inbox_release(i);
}

static void core_ask(struct inbox *i, const struct reply *r)
{
	json_t *ids = json_array();
	struct question *q;
	json_t *o;
	char *text;

	if (!i->core) {
		mail_keep(i);
		return;
	}
	for (unsigned k = 0; k < r->id_count; k++)
		json_array_append_new(ids, json_string(r->ids[k])); /* one that is not UTF-8 is none of ours */
	o = json_pack("{s:s, s:s, s:o, s:s, s:b}", "act", "ack-reply", "from", r->from, "ids", ids, "text", r->text,
	        "automatic", r->automatic);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text) { /* letters that JSON does not take: none that we would have written */
		mail_next(i);
		return;
	}
	q = mem_alloc(sizeof(*q));
	*q = (struct question){i, ++i->turn};
	i->refs++;
	i->errand = ERRAND_CORE;
	channel_call(i->core, MESSAGE_ACT, text, strlen(text), on_core, q);
	free(text);
}

static void mail_read(struct inbox *i)
{
	struct reply *r = mem_alloc(sizeof(*r));

	i->figures.read++;
	if (reply_read(i->got.data, i->got.len, r) == 0 && r->word)
		core_ask(i, r);
	else
		mail_next(i);
	free(r);
}

/* ---- libcurl's word ---- */

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	struct inbox *i = arg;
	enum errand errand = i->errand;

	(void)easy;
	/* somebody else took it away meanwhile */
	bool gone = errand == ERRAND_FETCH && (code == CURLE_REMOTE_FILE_NOT_FOUND || code == CURLE_WEIRD_SERVER_REPLY);
	if (code != CURLE_OK && !gone) {
		round_end(i, curl_easy_strerror(code));
		return;
	}
	switch (errand) {
	case ERRAND_SEARCH:
		uids_read(i);
		mail_next(i);
		break;
	case ERRAND_FETCH:
		if (gone)
			mail_next(i);
		else
			mail_read(i);
		break;
	default: /* unseen again: core is away, so are all others */
		round_end(i, NULL);
	}
}

/* ---- life ---- */

static void easy_prepare(struct inbox *i)
{
	const struct collector_config *c = i->config;
	bool open = !strncmp(c->mail.inbox.server, "imap://", 7), proven = c->mail.tls == MAIL_TLS_REQUIRED;
	long use = open && c->mail.tls == MAIL_TLS_OFF ? CURLUSESSL_NONE : CURLUSESSL_ALL;
	CURL *e = i->easy;

	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	curl_easy_setopt(e, CURLOPT_USE_SSL, use);
	proven = proven || (!open && c->mail.tls != MAIL_TLS_OFF);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, proven ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, proven ? 2L : 0L);
	curl_easy_setopt(e, CURLOPT_USERNAME, c->mail.inbox.user);
	curl_easy_setopt(e, CURLOPT_PASSWORD, i->password);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, i);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)INBOX_PATIENCE_MS);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*"); /* whatever the environment says */
}

static char *folder_address(const struct inbox *i)
{
	const char *server = i->config->mail.inbox.server, *folder = i->config->mail.inbox.folder;
	char *escaped = curl_easy_escape(i->easy, folder && *folder ? folder : "INBOX", 0);
	size_t n = strlen(server);
	char *address = mem_printf("%.*s/%s", (int)(n && server[n - 1] == '/' ? n - 1 : n), server, escaped);

	curl_free(escaped);
	return address;
}

int inbox_open(struct inbox **out, uv_loop_t *loop, const struct collector_config *config)
{
	struct inbox *i;
	int status;

	*out = NULL;
	if (!config->mail.inbox.server)
		return 0;
	i = mem_alloc(sizeof(*i));
	i->refs = 1;
	i->config = config;
	i->wait_ms = config->mail.inbox.every_ms;
	status = config->mail.inbox.password_file
	                 ? password_read("mail.inbox.password_file", config->mail.inbox.password_file, i->password,
	                           sizeof(i->password))
	                 : 0;
	if (!status)
		i->transfers = transfers_open(loop, 1, on_done, i);
	if (!i->transfers) {
		inbox_release(i);
		return status ? status : -ENOMEM;
	}
	i->easy = curl_easy_init();
	i->folder = folder_address(i);
	easy_prepare(i);
	uv_timer_init(loop, &i->timer);
	i->timer.data = i;
	uv_timer_start(&i->timer, on_timer, (uint64_t)config->mail.inbox.every_ms, 0);
	*out = i;
	return 0;
}

void inbox_set_core(struct inbox *i, struct channel *core)
{
	if (i)
		i->core = core;
}

struct inbox_figures inbox_figures(const struct inbox *i)
{
	return i ? i->figures : (struct inbox_figures){0};
}

void inbox_close(struct inbox *i)
{
	if (!i)
		return;
	i->closing = true;
	if (i->errand == ERRAND_SEARCH || i->errand == ERRAND_FETCH || i->errand == ERRAND_UNSEE)
		transfer_stop(i->transfers, i->easy);
	curl_easy_cleanup(i->easy);
	transfers_close(i->transfers);
	uv_close((uv_handle_t *)&i->timer, NULL);
}

void inbox_free(struct inbox *i)
{
	if (!i)
		return;
	transfers_free(i->transfers);
	inbox_release(i);
}
