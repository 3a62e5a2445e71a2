#include "collector/judge/event_words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/cause.h"

#define HOP_SIZE 64
#define WORD_BYTES 100 /* three of them and a sentence fit */
#define NOTE_BYTES 150

/* {1} is the node, {2} the subject, {3} the text. */
static const struct {
	const char *kind, *begins; /* the text's first word, or " words" that stand within it, "" any */
	bool telling;
	const char *vi, *en;
} sentences[] = {
        {"carrier", "down", true, "Cổng mạng {2} của {1} mất tín hiệu", "Interface {2} of {1} lost carrier"},
        {"carrier", "up", true, "Cổng mạng {2} của {1} có tín hiệu trở lại", "Interface {2} of {1} has carrier again"},
        {"carrier", "removed", true, "Cổng mạng {2} của {1} đã bị gỡ", "Interface {2} of {1} was removed"},
        {"duplex", "", true, "Cổng mạng {2} của {1} đổi tốc độ hoặc chế độ: {3}",
                "Interface {2} of {1} changed speed or duplex: {3}"},
        {"gateway-mac", "none", true, "Cổng mặc định {2} của {1} không còn trả lời ARP",
                "The gateway {2} of {1} does not answer ARP any more"},
        {"gateway-mac", " was none", true, "Cổng mặc định {2} của {1} trả lời ARP trở lại",
                "The gateway {2} of {1} answers ARP again"},
        {"gateway-mac", " was ", true, "Cổng mặc định của {1} đổi địa chỉ MAC: {3}",
                "The gateway of {1} changed its MAC: {3}"},
        {"gateway-mac", "", false, "Cổng mặc định của {1}: {3}", "The gateway of {1}: {3}"},
        {"address-conflict", "", true, "Trùng địa chỉ IP trên {2} của {1}: {3}", "Address conflict on {2} of {1}: {3}"},
        {"resolver", "", false, "Máy chủ DNS của {1}: {3}", "Name servers of {1}: {3}"},
        {"lease", "", false, "Địa chỉ trên {2} của {1}: {3}", "Address on {2} of {1}: {3}"},
        {"line", "used", true, "{1} chuyển sang dùng kênh {2}", "{1} now uses line {2}"},
        {"line", "unused", true, "{1} không còn dùng kênh {2}", "{1} no longer uses line {2}"},
        {"boot", "unclean", true, "Máy {1} khởi động lại sau khi tắt đột ngột: {3}",
                "{1} restarted after an unclean stop: {3}"},
        {"boot", "", true, "Máy {1} đã khởi động lại: {3}", "{1} restarted: {3}"},
        {"readonly", "is", false, "Phân vùng {2} của {1} ghi được trở lại", "File system {2} of {1} is writable again"},
        {"readonly", "", true, "Phân vùng {2} của {1} chỉ còn đọc được", "File system {2} of {1} became read-only"},
        {"disk", "well", false, "Ổ đĩa {2} của {1} bình thường trở lại", "Disk {2} of {1} is well again"},
        {"disk", "", true, "Ổ đĩa {2} của {1} sắp hỏng: {3}", "Disk {2} of {1}: {3}"},
        {"clock", "synchronised", false, "Đồng hồ của {1} đã đồng bộ", "The clock of {1} is synchronised"},
        {"clock", "unsynchronised", false, "Đồng hồ của {1} không còn đồng bộ",
                "The clock of {1} is not synchronised any more"},
        {"ups", "on-battery", true, "Bộ lưu điện ({1}) chạy ắc quy: mất điện lưới",
                "The UPS ({1}) runs on battery: mains power is gone"},
        {"ups", "low", true, "Bộ lưu điện ({1}) sắp cạn ắc quy", "The UPS ({1}) is low on battery"},
        {"ups", "on-mains", true, "Bộ lưu điện ({1}) có điện lưới trở lại", "The UPS ({1}) is on mains again"},
        {"ups", "", false, "Bộ lưu điện ({1}): {3}", "The UPS ({1}): {3}"},
        {"trap", "", true, "Thiết bị {1} báo (trap) {2}: {3}", "Gear {1} sent a trap about {2}: {3}"},
        {"gear-restarted", "", true, "Thiết bị {1} đã khởi động lại", "Gear {1} restarted"},
        {"renumbered", "", false, "Thiết bị {1} đánh số lại các cổng", "Gear {1} renumbered its interfaces"},
        {"getnext", "", false, "Thiết bị {1} không trả lời GETBULK, đọc bằng GETNEXT",
                "Gear {1} stumbles over GETBULK, read by GETNEXT"},
        {"slow-gear", "", false, "Thiết bị {1} trả lời chậm", "Gear {1} answers slowly"},
        {"process-died", "", false, "Một tiến trình của trạm đo {1} đã chết: {2} {3}",
                "A process of agent {1} died: {2} {3}"},
        {"agent-started", "", false, "Trạm đo {1} khởi động ({2})", "Agent {1} started ({2})"},
        {"agent-stopped", "", true, "Trạm đo {1} dừng: {2} {3}", "Agent {1} stopped: {2} {3}"},
        {"uplink-lost", " on our way out", true,
                "Trạm đo {1} mất kết nối: gói gửi đi không tới, gói gửi về vẫn tới ({2} {3})",
                "Agent {1} lost its connection: what it sends does not arrive, what comes does ({2} {3})"},
        {"uplink-lost", " and say nothing", true,
                "Trạm đo {1} mất kết nối: máy chủ giám sát nhận mọi gói nhưng không nói gì ({2} {3})",
                "Agent {1} lost its connection: the collector takes all and says nothing ({2} {3})"},
        {"uplink-lost", " nothing arrives", true, "Trạm đo {1} mất kết nối: không nhận được gói nào ({2} {3})",
                "Agent {1} lost its connection: nothing arrives ({2} {3})"},
        {"uplink-lost", " silent for", true, "Trạm đo {1} mất kết nối: máy chủ giám sát im lặng ({2} {3})",
                "Agent {1} lost its connection: the collector is silent ({2} {3})"},
        {"uplink-lost", "", true, "Trạm đo {1} mất kết nối về máy chủ giám sát: {2} {3}",
                "Agent {1} lost its connection to the collector: {2} {3}"},
        {"spool-lost", "", false, "Trạm đo {1} bỏ bớt số liệu cũ vì đầy bộ nhớ đệm: {2} {3}",
                "Agent {1} gave up old samples, its spool was full: {2} {3}"},
};

/* How many bytes of it to print: at most `max`, never half a letter. */
static int whole(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);
	if (len <= max)
		return (int)len;
	for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return (int)len;
}

static void fill(const char *sentence, const char *node, const char *subject, const char *text, char *out)
{
	const char *const words[] = {node, subject, text};
	size_t len = 0;
	for (const char *p = sentence; *p && len < EVENT_WORDS_SIZE - 1; p++) {
		if (*p != '{') {
			out[len++] = *p;
			continue;
		}
		const char *word = words[p[1] - '1'];
		size_t room = EVENT_WORDS_SIZE - 1 - len;
		size_t take = (size_t)whole(word, room < WORD_BYTES ? room : WORD_BYTES);
		memcpy(out + len, word, take);
		len += take;
		/* nothing there: no blank around it either */
		len -= !take && len && out[len - 1] == ' ';
		p += 2;
	}
	/* "…: " with nothing behind it */
	while (len && (out[len - 1] == ' ' || out[len - 1] == ':'))
		len--;
	out[len] = 0;
}

static void hop_address(const json_t *hops, int64_t index, char out[HOP_SIZE])
{
	const char *address = json_string_value(json_array_get(json_array_get(hops, (size_t)index), 0));
	snprintf(out, HOP_SIZE, "%.*s", whole(address ? address : "?", HOP_SIZE - 4), address ? address : "?");
}

/* The last hop that still answers: what the trace says, else what its hops say. -1: none. */
static int64_t last_alive(const json_t *o)
{
	const json_t *hops = json_object_get(o, "hops"), *broke = json_object_get(o, "broke_after");
	if (json_is_integer(broke))
		return json_integer_value(broke);
	for (int64_t k = (int64_t)json_array_size(hops) - 1; k >= 0; k--)
		if (json_is_string(json_array_get(json_array_get(hops, (size_t)k), 0)))
			return k;
	return -1;
}

/* `was` holds the addresses of the last good path, when it differs; `broke_after` counts along it. */
static void broken_hop(const json_t *o, int64_t index, char out[HOP_SIZE])
{
	const json_t *was = json_object_get(o, "was");
	const char *address = json_is_integer(json_object_get(o, "broke_after"))
	                              ? json_string_value(json_array_get(was, (size_t)index))
	                              : NULL;
	if (address)
		snprintf(out, HOP_SIZE, "%.*s", whole(address, HOP_SIZE - 4), address);
	else
		hop_address(json_object_get(o, "hops"), index, out);
}

static void trace_words(const char *subject, const json_t *o, struct event_words *out)
{
	const char *target = json_string_value(json_object_get(o, "target"));
	size_t hops = json_array_size(json_object_get(o, "hops"));
	int64_t alive = last_alive(o);
	char hop[HOP_SIZE];
	target = target ? target : subject;
	int len = whole(target, WORD_BYTES);
	bool reached = json_is_true(json_object_get(o, "reached"));
	/* that its path is whole says much of a service that fails; of anything else it is no news */
	out->telling = !reached || !strncmp(subject, "svc:", 4);
	if (reached) {
		snprintf(out->vi, sizeof out->vi, "Dò đường tới %.*s: tới nơi qua %zu chặng", len, target, hops);
		snprintf(out->en, sizeof out->en, "Trace to %.*s: reached over %zu hops", len, target, hops);
	} else if (alive < 0) {
		snprintf(out->vi, sizeof out->vi, "Dò đường tới %.*s: không chặng nào trả lời", len, target);
		snprintf(out->en, sizeof out->en, "Trace to %.*s: no hop answers", len, target);
	} else {
		broken_hop(o, alive, hop);
		snprintf(out->vi, sizeof out->vi, "Đường tới %.*s đứt sau chặng %s (chặng thứ %lld)", len, target, hop,
		        (long long)alive + 1);
		snprintf(out->en, sizeof out->en, "The path to %.*s broke after hop %s (hop %lld)", len, target, hop,
		        (long long)alive + 1);
	}
}

static void neighbour_words(const char *node, const json_t *list, struct event_words *out)
{
	size_t count = json_array_size(json_is_object(list) ? json_object_get(list, "neighbours") : list);
	snprintf(out->vi, sizeof out->vi, "%.64s thấy %zu thiết bị kề cận", node, count);
	snprintf(out->en, sizeof out->en, "%.64s sees %zu neighbours", node, count);
}

/* "down timeout no answer within 3 s" of a check. */
static void check_words(const char *subject, const char *text, struct event_words *out)
{
	char state[16] = "", reason[32] = "";
	int used = 0, code = REASON_COUNT;
	sscanf(text, "%15s %31s %n", state, reason, &used);
	for (int r = 0; r < REASON_COUNT; r++)
		if (!strcmp(reason_name(r), reason))
			code = r;
	/* a word longer than any of ours was cut: nothing behind it is a note */
	const char *note = used && text[used - 1] == ' ' ? text + used : "";
	bool up = !strcmp(state, "up");
	subject += !strncmp(subject, "svc:", 4) ? 4 : 0;
	const char *dash = note[0] ? ": " : "";
	snprintf(out->vi, sizeof out->vi, "Dịch vụ %.*s %s%s%s%.*s", whole(subject, WORD_BYTES), subject,
	        up ? "hoạt động" : "gián đoạn, ", up ? "" : reason_vi(code), dash, whole(note, NOTE_BYTES), note);
	snprintf(out->en, sizeof out->en, "Service %.*s is %s%s%s%.*s", whole(subject, WORD_BYTES), subject,
	        up ? "up" : "down, ", up ? "" : reason_en(code), dash, whole(note, NOTE_BYTES), note);
	out->telling = !up && note[0];
}

static bool from_json(
        const char *node, const char *kind, const char *subject, const char *text, struct event_words *out)
{
	bool trace = !strcmp(kind, "trace");
	if (!trace && strcmp(kind, "neighbours"))
		return false;
	json_t *o = json_loads(text, 0, NULL);
	if (o && trace)
		trace_words(subject, o, out);
	else if (o)
		neighbour_words(node, o, out);
	json_decref(o);
	return o != NULL;
}

void event_words(const char *node, const char *kind, const char *subject, const char *text, struct event_words *out)
{
	size_t word = strcspn(text, " ,:");
	memset(out, 0, sizeof *out);
	if (from_json(node, kind, subject, text, out))
		return;
	if (!strcmp(kind, "check")) {
		check_words(subject, text, out);
		return;
	}
	for (size_t k = 0; k < sizeof sentences / sizeof sentences[0]; k++) {
		const char *begins = sentences[k].begins;
		bool within = begins[0] == ' ' && strstr(text, begins);
		if (strcmp(sentences[k].kind, kind) ||
		        (begins[0] && !within && (strlen(begins) != word || strncmp(begins, text, word))))
			continue;
		fill(sentences[k].vi, node, subject, text, out->vi);
		fill(sentences[k].en, node, subject, text, out->en);
		out->telling = sentences[k].telling;
		return;
	}
	snprintf(out->vi, sizeof out->vi, "%.32s %.*s %.*s", kind, whole(subject, WORD_BYTES), subject,
	        whole(text, NOTE_BYTES), text);
	memcpy(out->en, out->vi, sizeof out->en);
}
