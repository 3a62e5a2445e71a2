#include "collector/judge/slip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/cause.h"
#include "collector/judge/circuits.h"
#include "collector/judge/fact.h"
#include "common/buf.h"
#include "common/memory.h"

#define CIRCUITS_MAX 10 /* listed; the rest is counted */
#define EVIDENCE_MAX 7
#define RULED_OUT_LINES 3
#define CONTACTS_MAX 2
#define TEXT_MAX 220 /* bytes of a sentence: it is read out on the phone */

struct slip {
	struct buf out;
	const json_t *incident;
	const struct inventory *inv;
	const struct zone *zone;
	bool english;
	int64_t now;
	struct circuit circuits[CIRCUITS_MAX];
	unsigned count; /* of all circuits, also those that are not listed */
	const char *carrier;
};

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int64_t time_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* The verdict in force. */
static enum cause cause_of(const json_t *incident)
{
	static const char *const keys[] = {"final_cause", "cause_now", "cause"};
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		if (json_is_string(json_object_get(incident, keys[k])))
			return cause_named(word_of(incident, keys[k]));
	return CAUSE_UNKNOWN;
}

/* ---- which circuits ---- */

static void find_circuits(struct slip *s)
{
	s->count = (unsigned)circuits_of(s->incident, s->inv, s->circuits, CIRCUITS_MAX);
	s->carrier = *word_of(s->incident, "carrier") ? word_of(s->incident, "carrier") : NULL;
	for (unsigned k = 0; k < s->count && k < CIRCUITS_MAX && !s->carrier; k++)
		s->carrier = s->circuits[k].line->carrier;
}

static bool is_line_matter(const json_t *incident)
{
	switch (cause_of(incident)) {
	case CAUSE_UPLINK_DOWN:
	case CAUSE_UPLINK_DEGRADED:
	case CAUSE_UPLINK_SATURATED:
	case CAUSE_ONE_WAY_LOSS:
	case CAUSE_MTU_BLACKHOLE:
	case CAUSE_UPSTREAM_SHARED:
		return true;
	case CAUSE_UNKNOWN:
	case CAUSE_FLAPPING:
		return *word_of(incident, "uplink") || !strcmp(word_of(incident, "kind"), "uplink");
	default:
		return false;
	}
}

bool slip_wanted(const json_t *incident, const struct inventory *inv)
{
	struct slip s = {.incident = incident, .inv = inv};
	if (!inv || !json_is_object(incident) || !is_line_matter(incident))
		return false;
	find_circuits(&s);
	return s.count > 0;
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 4))) __attribute__((format(printf, 3, 4))) static void line(
        struct slip *s, const char *vi, const char *en, ...)
{
	char text[600];
	va_list args;
	va_start(args, en);
	vsnprintf(text, sizeof text, s->english ? en : vi, args);
	va_end(args);
	buf_printf(&s->out, "%s\n", text);
}

/* At most TEXT_MAX bytes, cut between letters; what would begin another line does not. */
static const char *sentence(const char *text, char *out, size_t size)
{
	size_t most = size - 4 < TEXT_MAX ? size - 4 : TEXT_MAX, len = strlen(text);
	bool cut = len > most;
	len = cut ? most : len;
	while (cut && len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	snprintf(out, size, "%.*s%s", (int)len, text, cut ? "…" : "");
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return out;
}

static const char *clock_of(const struct slip *s, int64_t at, const char *format, char *out, size_t size)
{
	time_t local = (time_t)((at + zone_offset_ms(s->zone, at)) / 1000);
	struct tm tm;
	gmtime_r(&local, &tm);
	strftime(out, size, format, &tm);
	return out;
}

static const char *site_name(const struct site *s)
{
	return s->name ? s->name : s->id;
}

static void place_of(const struct slip *s, const struct site *site, char *out, size_t size)
{
	const struct unit *u = site_unit(s->inv, site, time_of(s->incident, "opened_at"));
	char where[64] = "";
	if (site->lat != 0 || site->lon != 0)
		snprintf(where, sizeof where, " (%.5f, %.5f)", site->lat, site->lon);
	snprintf(out, size, "%s%s%s%s", u && u->name ? u->name : "", u && u->name ? ", " : "", site_name(site), where);
}

/* What the inventory lacks is said, so that somebody puts it there. */
static void missing(struct slip *s, const char *vi, const char *en, const char *key, const struct uplink *u)
{
	line(s, "%s: CHƯA CÓ trong danh mục (thêm \"%s\" cho kênh %s vào province.yaml)",
	        "%s: MISSING in the inventory (add \"%s\" of line %s to province.yaml)", s->english ? en : vi, key,
	        u->id);
}

static void put_line(struct slip *s, const struct circuit *c)
{
	char place[400], capacity[32] = "";
	const struct uplink *u = c->line;
	place_of(s, c->site, place, sizeof place);
	line(s, "Địa điểm: %s", "Site: %s", place);
	if (u->capacity_mbps > 0)
		snprintf(capacity, sizeof capacity, ", %g Mbps", u->capacity_mbps);
	line(s, "Loại kênh: %s%s", "Line: %s%s", circuit_kind(u), capacity);
	if (u->circuit && *u->circuit)
		line(s, "Mã kênh: %s", "Circuit: %s", u->circuit);
	else
		missing(s, "Mã kênh", "Circuit", "circuit", u);
	if (u->terminal && *u->terminal)
		line(s, "Thiết bị đầu cuối: %s", "Terminal: %s", u->terminal);
}

static void put_lines(struct slip *s)
{
	line(s, "Các kênh cùng lúc (%u):", "Lines at the same time (%u):", s->count);
	for (unsigned k = 0; k < s->count && k < CIRCUITS_MAX; k++) {
		const struct circuit *c = &s->circuits[k];
		const char *circuit = c->line->circuit && *c->line->circuit ? c->line->circuit : NULL;
		char place[400];
		place_of(s, c->site, place, sizeof place);
		line(s, "  %u. %s – %s – mã kênh %s", "  %u. %s – %s – circuit %s", k + 1, place, circuit_kind(c->line),
		        circuit      ? circuit
		        : s->english ? "MISSING in the inventory"
		                     : "CHƯA CÓ trong danh mục");
	}
	if (s->count > CIRCUITS_MAX)
		line(s, "  … và %u kênh khác", "  … and %u more", s->count - CIRCUITS_MAX);
}

static void put_head(struct slip *s)
{
	const struct uplink *u = s->circuits[0].line;
	const char *province = s->inv->name ? s->inv->name : s->inv->id, *hotline = NULL;
	line(s, "PHIẾU BÁO HỎNG KÊNH TRUYỀN", "LINE FAULT SLIP");
	for (unsigned k = 0; k < s->count && k < CIRCUITS_MAX && !hotline; k++)
		if (same(s->circuits[k].line->carrier, s->carrier))
			hotline = s->circuits[k].line->hotline;
	if (s->carrier && hotline && *hotline)
		line(s, "Gửi: %s, đường dây nóng %s", "To: %s, hotline %s", s->carrier, hotline);
	else if (s->carrier) {
		line(s, "Gửi: %s", "To: %s", s->carrier);
		missing(s, "Đường dây nóng", "Hotline", "hotline", u);
	} else {
		missing(s, "Nhà mạng", "Carrier", "carrier", u);
	}
	line(s, "Nơi báo: tỉnh %s", "From: %s province", province);
	if (s->count == 1)
		put_line(s, &s->circuits[0]);
	else
		put_lines(s);
}

static void put_span(struct slip *s)
{
	static const char *const vi[] = {"chưa rõ", "khả năng cao", "chắc chắn"};
	int64_t from = time_of(s->incident, "opened_at"), to = time_of(s->incident, "resolved_at");
	const struct cause_words *w = cause_words(cause_of(s->incident));
	const char *key = json_is_string(json_object_get(s->incident, "final_cause")) ? "confidence" : "now_confidence";
	enum confidence c = confidence_named(
	        *word_of(s->incident, key) ? word_of(s->incident, key) : word_of(s->incident, "confidence"));
	int64_t minutes = ((to ? to : s->now) - from + 30000) / 60000, seconds = (s->now - from) / 1000;
	char a[40], b[40];
	line(s, "Hiện tượng: %s (%s)", "Trouble: %s (%s)", s->english ? w->en : w->vi,
	        s->english ? confidence_name(c) : vi[c]);
	clock_of(s, from, "%H:%M:%S %d/%m/%Y", a, sizeof a);
	if (to)
		line(s, "Từ: %s đến %s, %lld phút", "Since: %s until %s, %lld minutes", a,
		        clock_of(s, to, "%H:%M:%S %d/%m/%Y", b, sizeof b), (long long)minutes);
	else if (seconds < 120)
		line(s, "Từ: %s, chưa khôi phục (đã %lld giây)", "Since: %s, not restored (%lld seconds so far)", a,
		        (long long)(seconds > 0 ? seconds : 0));
	else
		line(s, "Từ: %s, chưa khôi phục (đã %lld phút)", "Since: %s, not restored (%lld minutes so far)", a,
		        (long long)minutes);
}

/* ---- what was measured ---- */

/* What judge says of a moment, then who saw it; else as it was told. */
static bool comes_before(const json_t *a, const json_t *b)
{
	int64_t at = time_of(a, "at"), other = time_of(b, "at");
	return at != other ? at < other : !strcmp(word_of(a, "who"), "judge") && strcmp(word_of(b, "who"), "judge");
}

static void sort_by_time(const json_t **rows, size_t count)
{
	for (size_t k = 1; k < count; k++) {
		const json_t *row = rows[k];
		size_t m = k;
		for (; m > 0 && comes_before(row, rows[m - 1]); m--)
			rows[m] = rows[m - 1];
		rows[m] = row;
	}
}

static void put_evidence(struct slip *s)
{
	const json_t *list = json_object_get(s->incident, "evidence"), *rows[64];
	json_t *v;
	size_t k, count = 0;
	char text[TEXT_MAX + 8], at[24];
	json_array_foreach(list, k, v) if (count < 64 && json_is_object(v)) rows[count++] = v;
	if (!count)
		return;
	sort_by_time(rows, count);
	line(s, "Đo được:", "Measured:");
	for (k = 0; k < count && k < EVIDENCE_MAX; k++) {
		bool ours = !strcmp(word_of(rows[k], "who"), "judge");
		const char *who = !ours ? word_of(rows[k], "who") : s->english ? "the collector" : "máy chủ giám sát";
		line(s, "- %s %s (%s)", "- %s %s (%s)", clock_of(s, time_of(rows[k], "at"), "%H:%M:%S", at, sizeof at),
		        sentence(word_of(rows[k], s->english ? "en" : "vi"), text, sizeof text), who);
	}
}

/* What proves that power and network of the site are fine. */
static const struct proof {
	enum fact fact;
	enum answer answer;
	bool power;
} proofs[] = {
        {FACT_SILENT, ANSWER_NO, true},
        {FACT_AWAKE, ANSWER_YES, true},
        {FACT_ON_BATTERY, ANSWER_NO, true},
        {FACT_OTHER_LINE, ANSWER_YES, true},
        {FACT_TERMINAL, ANSWER_YES, true},
        {FACT_SIBLINGS, ANSWER_YES, true},
        {FACT_REBOOTED, ANSWER_NO, true},
        {FACT_GATEWAY, ANSWER_YES, false},
        {FACT_GEAR, ANSWER_YES, false},
        {FACT_PORT, ANSWER_YES, false},
        {FACT_CARRIER, ANSWER_YES, false},
        {FACT_OTHER_LINE, ANSWER_YES, false},
};

static void put_proof(struct slip *s, bool power, const char *vi, const char *en, json_t *said)
{
	const json_t *facts = json_object_get(s->incident, "facts");
	struct buf why = {0};
	unsigned count = 0;
	for (size_t k = 0; k < sizeof proofs / sizeof proofs[0] && count < 2; k++) {
		const json_t *f = json_object_get(facts, fact_name(proofs[k].fact));
		const json_t *is = json_object_get(f, "is");
		if (proofs[k].power != power || !json_is_boolean(is) ||
		        json_is_true(is) != (proofs[k].answer == ANSWER_YES) ||
		        json_is_true(json_object_get(f, "disputed")))
			continue;
		buf_printf(&why, "%s%s", count++ ? "; " : "",
		        fact_words(proofs[k].fact, proofs[k].answer, s->english ? "en" : "vi"));
		json_object_set_new(said, fact_name(proofs[k].fact), json_true());
	}
	buf_put_u8(&why, 0);
	if (count)
		line(s, "- %s tốt: %s", "- %s fine: %s", s->english ? en : vi, (const char *)why.data);
	else
		line(s, "- %s: chưa xác minh được", "- %s: not verified", s->english ? en : vi);
	buf_free(&why);
}

/* Sentences about other causes, unless they were just said. */
static void put_others(struct slip *s, const json_t *said)
{
	const json_t *list = json_object_get(s->incident, "ruled_out");
	char text[TEXT_MAX + 8];
	unsigned count = 0;
	size_t k;
	json_t *v;
	json_array_foreach(list, k, v)
	{
		const struct cause_words *w = cause_words(cause_named(word_of(v, "cause")));
		if (count >= RULED_OUT_LINES || json_object_get(said, word_of(v, "by")))
			continue;
		line(s, "- Không phải %s: %s", "- Not %s: %s", s->english ? w->en : w->vi,
		        sentence(word_of(v, s->english ? "en" : "vi"), text, sizeof text));
		count++;
	}
}

static void put_ruled_out(struct slip *s)
{
	json_t *said = json_object();
	line(s, "Đã loại trừ:", "Ruled out:");
	put_proof(s, true, "Điện tại địa điểm", "Power at the site", said);
	put_proof(s, false, "Mạng nội bộ (LAN)", "Network of the site (LAN)", said);
	put_others(s, said);
	json_decref(said);
}

/* ---- whom to answer ---- */

static void put_foot(struct slip *s)
{
	const json_t *tickets = json_object_get(s->incident, "tickets");
	const char *ticket = word_of(json_array_get(tickets, json_array_size(tickets) - 1), "ticket");
	size_t complaints = json_array_size(json_object_get(s->incident, "complaints"));
	unsigned count = 0;
	char text[TEXT_MAX + 8];
	if (complaints)
		line(s, "Phản ánh của người dùng: %zu", "User reports: %zu", complaints);
	line(s, "Mã sự cố của tỉnh: %s", "Our incident: %s", word_of(s->incident, "id"));
	if (*ticket)
		line(s, "Số phiếu nhà mạng: %s", "Your ticket: %s", sentence(ticket, text, sizeof text));
	for (size_t k = 0; k < s->inv->contact_count && count < CONTACTS_MAX; k++) {
		const struct contact *c = &s->inv->contacts[k];
		const char *to = c->phone && *c->phone ? c->phone : c->mail;
		if (!to || !*to)
			continue;
		line(s, "Gọi lại: %s, %s", "Call back: %s, %s", c->name ? c->name : c->id, to);
		count++;
	}
	if (!count)
		line(s, "Gọi lại: CHƯA CÓ đầu mối trong danh mục (thêm \"contacts\" vào province.yaml)",
		        "Call back: MISSING in the inventory (add \"contacts\" to province.yaml)");
}

char *slip_text(const json_t *incident, const struct inventory *inv, const struct zone *zone, bool english, int64_t now)
{
	struct slip s = {.incident = incident, .inv = inv, .zone = zone, .english = english, .now = now};
	if (!slip_wanted(incident, inv))
		return NULL;
	find_circuits(&s);
	put_head(&s);
	put_span(&s);
	put_evidence(&s);
	put_ruled_out(&s);
	put_foot(&s);
	buf_put_u8(&s.out, 0);
	return (char *)s.out.data;
}
