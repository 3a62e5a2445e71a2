#include "collector/web/page_ack.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "collector/web/web.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/zone.h"

#define ADDRESSES 256
#define MINUTE_MS 60000
#define HTML "text/html; charset=utf-8"

struct knocker {
	char address[64];
	int64_t since_ms;
	unsigned asks, refusals;
};

struct page_ack {
	struct zone *zone;
	struct knocker knockers[ADDRESSES]; /* by hash: a clash forgets the older one */
};

/* ---- words ---- */

enum text {
	TEXT_TITLE,
	TEXT_SINCE,
	TEXT_OPEN,
	TEXT_TAKEN,
	TEXT_TAKEN_AT,
	TEXT_OVER,
	TEXT_BUTTON,
	TEXT_AS,
	TEXT_DONE,
	TEXT_ALREADY,
	TEXT_ENDED,
	TEXT_THANKS,
	TEXT_EXPIRED,
	TEXT_FORGED,
	TEXT_GONE,
	TEXT_STRANGE,
	TEXT_SLOWLY,
	TEXT_AGAIN,
	TEXT_NOTHING,
	TEXT_COUNT
};

static const struct {
	const char *vi, *en;
} texts[TEXT_COUNT] = {
        [TEXT_TITLE] = {"Tiếp nhận xử lý sự cố", "Acknowledge an incident"},
        [TEXT_SINCE] = {"Từ lúc", "Since"},
        [TEXT_OPEN] = {"Chưa ai tiếp nhận", "Nobody has acknowledged it"},
        [TEXT_TAKEN] = {"Đã tiếp nhận:", "Acknowledged by"},
        [TEXT_TAKEN_AT] = {"lúc", "at"},
        [TEXT_OVER] = {"Đã khôi phục lúc", "Over since"},
        [TEXT_BUTTON] = {"Tôi tiếp nhận xử lý", "I acknowledge it"},
        [TEXT_AS] = {"Người tiếp nhận:", "You are"},
        [TEXT_DONE] = {"Đã ghi nhận. Cảm ơn!", "Noted. Thank you!"},
        [TEXT_ALREADY] = {"Sự cố này đã có người tiếp nhận từ trước. Cảm ơn!",
                "It had been acknowledged before. Thank you!"},
        [TEXT_ENDED] = {"Sự cố này đã kết thúc, không cần tiếp nhận nữa. Cảm ơn!",
                "It is over: there is nothing left to acknowledge. Thank you!"},
        [TEXT_THANKS] = {"Có thể đóng trang này.", "You may close this page."},
        [TEXT_EXPIRED] = {"Liên kết trong thư đã hết hạn (7 ngày).", "The link of that mail has expired (7 days)."},
        [TEXT_FORGED] = {"Liên kết này không hợp lệ. Hãy mở lại từ thư gốc, nguyên vẹn.",
                "This link is not valid. Open it from the mail again, whole."},
        [TEXT_GONE] = {"Sự cố hoặc người nhận thư này không còn trong hệ thống.",
                "This incident, or the contact that the mail went to, is not known any more."},
        [TEXT_STRANGE] = {"Yêu cầu đến từ một trang khác nên bị từ chối. Hãy mở liên kết trong thư rồi bấm nút.",
                "This came from another site and is refused. Open the link of the mail and press its button."},
        [TEXT_SLOWLY] = {"Quá nhiều yêu cầu. Hãy đợi một phút rồi thử lại.",
                "Too many requests. Wait a minute, then try again."},
        [TEXT_AGAIN] = {"Máy chủ đang khởi động lại. Hãy thử lại sau ít giây.",
                "The server is starting again. Try again in a few seconds."},
        [TEXT_NOTHING] = {"Chưa có gì được ghi nhận.", "Nothing was acknowledged."},
};

static const char *text_in(enum text t, bool vi)
{
	return vi ? texts[t].vi : texts[t].en;
}

/* ---- HTML ---- */

static const char style[] =
        "body{margin:0;background:#eef0f2;color:#1a1d21;font:17px/1.5 system-ui,'Segoe UI',Roboto,'DejaVu "
        "Sans',sans-serif}main{max-width:32rem;margin:0 auto;background:#fff;min-height:100vh}header{padding:16px "
        "20px;color:#fff;background:#a4262c}header.up{background:#1b6e3c}header.taken{background:#8a5a00}header.no{"
        "background:#4a5260}h1{margin:0;font-size:1.15rem}h2{margin:0 0 8px;font-size:1.25rem;line-height:1.35}"
        "section{padding:18px 20px}p{margin:0 0 10px}b{font-weight:600}button{width:100%;min-height:56px;border:0;"
        "border-radius:8px;background:#0b5cad;color:#fff;font:600 1.15rem system-ui,sans-serif}"
        "button:focus-visible{outline:3px solid #111}.small{color:#4a5260;font-size:.9rem}";

static void html_put(struct buf *out, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '&' || *s == '<' || *s == '>' || *s == '"' || *s == '\'')
			buf_printf(out, "&#%d;", *s);
		else
			buf_put_u8(out, (uint8_t)*s);
	}
}

static void html_tagged(struct buf *out, const char *open, const char *text, const char *close)
{
	if (!text || !*text)
		return;
	buf_printf(out, "%s", open);
	html_put(out, text);
	buf_printf(out, "%s", close);
}

/* Nothing but this page's own style and its own form. */
static void policy_put(struct request *r)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	char hash[48], policy[256];

	SHA256((const uint8_t *)style, sizeof(style) - 1, sum);
	EVP_EncodeBlock((uint8_t *)hash, sum, sizeof(sum));
	snprintf(policy, sizeof(policy),
	        "default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; frame-ancestors "
	        "'none'",
	        hash);
	request_header(r, "content-security-policy", policy);
	request_header(r, "x-robots-tag", "noindex, nofollow");
}

static void page_begin(struct buf *out, bool vi, const char *look, const char *title)
{
	buf_printf(out,
	        "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	        "content=\"width=device-width, initial-scale=1\"><title>%s</title><style>%s</style></head>\n"
	        "<body><main><header class=\"%s\"><h1>%s</h1></header><section>\n",
	        vi ? "vi" : "en", title, style, look, title);
}

/* Takes the buffer. */
static void page_send(struct request *r, unsigned status, struct buf *out)
{
	buf_printf(out, "</section></main></body></html>\n");
	policy_put(r);
	request_answer(r, status, HTML, blob_new(out->data, out->len));
	buf_free(out);
}

/* Who knocks with a bad mark is nobody that we know: in both languages, the collector's first. */
static void page_refuse(struct request *r, unsigned status, enum text why)
{
	bool vi = r->web->config->language != LANGUAGE_EN;
	struct buf out = {0};

	page_begin(&out, vi, "no", text_in(TEXT_TITLE, vi));
	for (int i = 0; i < 2; i++) {
		buf_printf(&out, "<p lang=\"%s\"><b>%s</b><br>%s</p>\n", vi ? "vi" : "en", text_in(why, vi),
		        text_in(TEXT_NOTHING, vi));
		vi = !vi;
	}
	r->web->figures.refused++;
	page_send(r, status, &out);
}

/* ---- pace ---- */

struct page_ack *page_ack_new(const char *zone)
{
	struct page_ack *p = mem_alloc(sizeof(*p));

	if (zone_load(zone, &p->zone))
		p->zone = NULL;
	return p;
}

void page_ack_free(struct page_ack *p)
{
	if (p)
		zone_free(p->zone);
	free(p);
}

static struct knocker *knocker_of(struct page_ack *p, const char *address)
{
	int64_t now = clock_boot_ms();
	uint32_t h = 2166136261u;
	struct knocker *k;

	for (const char *s = address; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	k = &p->knockers[h % ADDRESSES];
	if (strcmp(k->address, address) || now - k->since_ms >= MINUTE_MS) {
		*k = (struct knocker){.since_ms = now};
		snprintf(k->address, sizeof(k->address), "%s", address);
	}
	return k;
}

/* False, answered, when that address asks too much. */
static bool pace_allows(struct request *r)
{
	struct knocker *k = knocker_of(r->web->page_ack, r->address);

	if (++k->asks <= PAGE_ACK_ASKS && k->refusals < PAGE_ACK_REFUSALS)
		return true;
	request_header(r, "retry-after", "60");
	page_refuse(r, 429, TEXT_SLOWLY);
	return false;
}

/* ---- the incident in short ---- */

static const char *member(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static int64_t member_time(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *time_text(const struct web *w, int64_t at, bool vi, char *out, size_t size)
{
	time_t local = (time_t)((at + zone_offset_ms(w->page_ack->zone, at)) / 1000);
	struct tm tm;

	gmtime_r(&local, &tm);
	strftime(out, size, vi ? "%H:%M:%S ngày %d/%m/%Y" : "%H:%M:%S on %Y-%m-%d", &tm);
	return out;
}

static void incident_put(const struct web *w, const json_t *o, bool vi, struct buf *out)
{
	const char *summary = member(o, vi ? "summary_vi" : "summary_en"), *unit = member(o, "unit_name"),
	           *site = member(o, "site_name");
	char at[64];

	html_tagged(out, "<h2>", *summary ? summary : member(o, "summary_vi"), "</h2>\n");
	html_tagged(out, "<p>", unit, "</p>\n");
	if (strcmp(unit, site))
		html_tagged(out, "<p>", site, "</p>\n");
	buf_printf(out, "<p>%s <b>%s</b></p>\n", text_in(TEXT_SINCE, vi),
	        time_text(w, member_time(o, "opened_at"), vi, at, sizeof(at)));
}

static void state_put(const struct web *w, const json_t *o, bool vi, struct buf *out)
{
	const char *state = member(o, "state");
	char at[64];

	if (!strcmp(state, "resolved") || !strcmp(state, "merged")) {
		buf_printf(out, "<p><b>%s %s</b></p>\n", text_in(TEXT_OVER, vi),
		        time_text(w, member_time(o, "resolved_at"), vi, at, sizeof(at)));
	} else if (!strcmp(state, "acknowledged")) {
		buf_printf(out, "<p>%s <b>", text_in(TEXT_TAKEN, vi));
		html_put(out, member(o, "acked_by"));
		buf_printf(out, "</b> %s %s</p>\n", text_in(TEXT_TAKEN_AT, vi),
		        time_text(w, member_time(o, "acked_at"), vi, at, sizeof(at)));
	} else {
		buf_printf(out, "<p><b>%s</b></p>\n", text_in(TEXT_OPEN, vi));
	}
}

static void form_put(const struct request *r, const json_t *o, bool vi, struct buf *out)
{
	html_tagged(out, "<form method=\"post\" action=\"/a/", r->id, "\">");
	html_tagged(out, "<input type=\"hidden\" name=\"mark\" value=\"", r->id, "\">");
	buf_printf(out, "<button type=\"submit\">%s</button></form>\n<p class=\"small\"><br>%s <b>",
	        text_in(TEXT_BUTTON, vi), text_in(TEXT_AS, vi));
	html_put(out, member(o, "contact"));
	buf_printf(out, "</b></p>\n");
}

static const char *look_of(const char *state)
{
	return !strcmp(state, "open") ? "down" : !strcmp(state, "acknowledged") ? "taken" : "up";
}

/* Core's refusal as a page; false when it is none. */
static bool refusal_show(struct request *r, const json_t *o)
{
	static const struct {
		const char *why;
		enum text text;
	} whys[] = {{"expired", TEXT_EXPIRED}, {"contact", TEXT_GONE}, {"incident", TEXT_GONE}};
	enum text text = TEXT_FORGED;
	json_int_t status = json_integer_value(json_object_get(o, "status"));

	if (o && !json_object_get(o, "error"))
		return false;
	if (status != 403) {
		page_refuse(r, 503, TEXT_AGAIN);
		return true;
	}
	for (size_t i = 0; i < sizeof(whys) / sizeof(*whys); i++)
		if (!strcmp(member(o, "why"), whys[i].why))
			text = whys[i].text;
	knocker_of(r->web->page_ack, r->address)->refusals++;
	page_refuse(r, 403, text);
	return true;
}

static void on_shown(struct request *r, struct cursor *payload)
{
	json_t *o = payload_json(payload);
	struct buf out = {0};

	if (!refusal_show(r, o)) {
		bool vi = strcmp(member(o, "language"), "en") != 0;

		page_begin(&out, vi, look_of(member(o, "state")), text_in(TEXT_TITLE, vi));
		incident_put(r->web, o, vi, &out);
		state_put(r->web, o, vi, &out);
		if (!strcmp(member(o, "state"), "open"))
			form_put(r, o, vi, &out);
		page_send(r, 200, &out);
	}
	json_decref(o);
}

static void on_pressed(struct request *r, struct cursor *payload)
{
	json_t *o = payload_json(payload);
	struct buf out = {0};

	if (!refusal_show(r, o)) {
		bool vi = strcmp(member(o, "language"), "en") != 0;
		const char *result = member(o, "result");
		bool done = !strcmp(result, "acknowledged"), over = !strcmp(result, "over");

		cache_flush(r->web->cache, "/api/v1/incidents");
		page_begin(&out, vi, over ? "up" : "taken", text_in(TEXT_TITLE, vi));
		html_tagged(&out, "<h2>", text_in(done ? TEXT_DONE : over ? TEXT_ENDED : TEXT_ALREADY, vi), "</h2>\n");
		incident_put(r->web, o, vi, &out);
		if (done)
			html_tagged(&out, vi ? "<p>Đã tiếp nhận: <b>" : "<p>Acknowledged by <b>", member(o, "contact"),
			        "</b></p>\n");
		else
			state_put(r->web, o, vi, &out);
		html_tagged(&out, "<p class=\"small\">", text_in(TEXT_THANKS, vi), "</p>\n");
		page_send(r, 200, &out);
	}
	json_decref(o);
}

/* ---- doors ---- */

static void core_ask(struct request *r, const char *act, const char *mark, web_on_reply on_reply)
{
	if (!r->web->peers[PEER_CORE][0])
		page_refuse(r, 503, TEXT_AGAIN);
	else
		web_ask_core(
		        r, json_pack("{s:s, s:s, s:s}", "act", act, "mark", mark, "address", r->address), on_reply);
}

void page_ack_show(struct request *r)
{
	if (pace_allows(r))
		core_ask(r, "ack-show", r->id, on_shown);
}

/*
 * A form of another site cannot know the mark; that it may not press our button even if it did is said by its Origin. Pages
 * that send no referrer, like this one, send "null" as theirs: then Sec-Fetch-Site, where there is one, must say it.
 */
static bool origin_is_ours(const struct request *r)
{
	const char *host = strstr(r->origin, "://");

	if (*r->fetch_site && strcmp(r->fetch_site, "same-origin"))
		return false;
	return !*r->origin || !strcmp(r->origin, "null") || (host && !strcasecmp(host + 3, r->host));
}

/* "mark=MARK" and nothing else: the letters of a mark are written as they are in forms. */
static bool form_holds_mark(const struct request *r)
{
	size_t n = strlen(r->id);

	return r->body.len == n + 5 && !memcmp(r->body.data, "mark=", 5) && !memcmp(r->body.data + 5, r->id, n);
}

void page_ack_press(struct request *r)
{
	if (!pace_allows(r))
		return;
	if (!origin_is_ours(r)) {
		page_refuse(r, 403, TEXT_STRANGE);
		return;
	}
	/* without it core refuses, and writes that down */
	core_ask(r, "ack-link", form_holds_mark(r) ? r->id : "", on_pressed);
}
