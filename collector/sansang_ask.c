/*
 * `sansang ask NODE trace TARGET [SOURCE] | probe TYPE TARGET | check SERVICE`: what an agent sees right now, for people.
 */
#include <stdio.h>
#include <string.h>

#include "collector/sansang.h"
#include "collector/sansang_table.h"
#include "common/metric.h"
#include "common/reason.h"

#define LABEL_WIDTH 22

/* ---- words ---- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* "timeout", and in Vietnamese its words. */
static const char *reason_words(bool english, const char *name)
{
	for (int r = 0; !english && r < REASON_COUNT; r++)
		if (!strcmp(reason_name(r), name))
			return reason_vi(r);
	return name;
}

static const struct {
	const char *key, *vi, *en, *unit;
} labels[] = {
        {"note", "Ghi chú", "Note", ""},
        {"sent", "Gói đã gửi", "Echoes sent", ""},
        {"received", "Gói trả lời", "Echoes answered", ""},
        {"loss_pct", "Mất gói", "Loss", " %"},
        {"rtt_ms", "Độ trễ", "Round trip", " ms"},
        {"rtt_min_ms", "Độ trễ thấp nhất", "Least", " ms"},
        {"rtt_max_ms", "Độ trễ cao nhất", "Most", " ms"},
        {"jitter_ms", "Dao động", "Jitter", " ms"},
        {"name_ms", "Tra tên", "Name lookup", " ms"},
        {"connect_ms", "Kết nối", "Connect", " ms"},
        {"tls_ms", "Bắt tay TLS", "TLS handshake", " ms"},
        {"handshake_ms", "Bắt tay TLS", "TLS handshake", " ms"},
        {"first_byte_ms", "Byte đầu tiên", "First byte", " ms"},
        {"total_ms", "Tổng cộng", "Total", " ms"},
        {"days_left", "Chứng thư còn", "Certificate days left", ""},
        {"status", "Mã HTTP", "HTTP status", ""},
        {"offset_ms", "Lệch giờ", "Clock offset", " ms"},
        {"stratum", "Tầng", "Stratum", ""},
};

/* ---- a probe or a check ---- */

static bool number_text(const json_t *v, char *out, size_t size)
{
	if (json_is_integer(v))
		snprintf(out, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(out, size, "%.3f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(out, size, "%s", json_is_true(v) ? "1" : "0");
	else
		return false;
	return true;
}

static void print_member(bool english, const char *key, const json_t *v)
{
	const char *label = key, *unit = "";
	char text[TABLE_CELL_SIZE];

	if (json_is_string(v) && *json_string_value(v))
		snprintf(text, sizeof(text), "%s", json_string_value(v));
	else if (!number_text(v, text, sizeof(text)))
		return;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		if (strcmp(labels[i].key, key))
			continue;
		label = english ? labels[i].en : labels[i].vi;
		unit = labels[i].unit;
	}
	fputs("  ", stdout);
	table_pad(label, LABEL_WIDTH, false, false);
	printf("%s%s\n", text, unit);
}

static void print_probe(bool english, const json_t *answer)
{
	static const char *const said[] = {"type", "target", "up", "reason", "service"};
	bool up = json_is_true(json_object_get(answer, "up"));
	const char *key, *reason = text_of(answer, "reason");
	json_t *value;

	if (*text_of(answer, "service"))
		printf("%s  ", text_of(answer, "service"));
	printf("%s %s  %s", text_of(answer, "type"), text_of(answer, "target"),
	        up        ? english ? "up" : "hoạt động"
	        : english ? "down"
	                  : "gián đoạn");
	if (!up)
		printf(": %s", reason_words(english, reason));
	putchar('\n');
	json_object_foreach((json_t *)answer, key, value)
	{
		bool is_said = false;
		for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
			is_said |= !strcmp(said[i], key);
		if (!is_said)
			print_member(english, key, value);
	}
}

/* ---- a trace ---- */

static void print_hop(bool english, size_t number, const json_t *hop)
{
	const char *address = json_string_value(json_array_get(hop, 0)),
	           *reason = json_string_value(json_array_get(hop, 4));
	json_int_t sent = json_integer_value(json_array_get(hop, 1)),
	           received = json_integer_value(json_array_get(hop, 2));
	const json_t *rtt = json_array_get(hop, 3);

	printf("%4zu  ", number);
	table_pad(address ? address : "*", 24, false, false);
	if (json_is_number(rtt))
		printf("%9.2f ms", json_number_value(rtt));
	else
		printf("%12s", "-");
	if (sent > received)
		printf(english ? "  lost %lld of %lld" : "  mất %lld trong %lld gói", (long long)(sent - received),
		        (long long)sent);
	if (received && reason && strcmp(reason, "ok"))
		printf("  %s", reason_words(english, reason));
	putchar('\n');
}

static void print_mtu(bool english, const json_t *answer)
{
	json_int_t mtu = json_integer_value(json_object_get(answer, "mtu")),
	           full = json_integer_value(json_object_get(answer, "mtu_full")),
	           hop = json_integer_value(json_object_get(answer, "mtu_hop")),
	           passed = json_integer_value(json_object_get(answer, "mtu_passed"));

	if (!mtu)
		return;
	printf(english ? "  packets of up to %lld bytes pass (the interface: %lld)\n"
	               : "  gói tối đa %lld byte đi qua được (giao diện: %lld)\n",
	        (long long)mtu, (long long)full);
	if (mtu >= full)
		return;
	if (hop)
		printf(english ? "  hop %lld says that larger ones are too big\n"
		               : "  chặng %lld báo rằng gói lớn hơn là quá cỡ\n",
		        (long long)hop);
	else
		printf(english ? "  larger ones vanish without a word behind hop %lld: an MTU hole\n"
		               : "  gói lớn hơn mất không một lời báo sau chặng %lld: lỗ đen MTU\n",
		        (long long)passed);
}

static void print_trace(bool english, const json_t *answer)
{
	const char *address = text_of(answer, "address");
	bool reached = json_is_true(json_object_get(answer, "reached"));
	const json_t *hop;
	size_t i;

	printf("%s", text_of(answer, "target"));
	if (*address && strcmp(address, text_of(answer, "target")))
		printf(" (%s)", address);
	printf("  %s", reached ? english ? "reached" : "tới được" : english ? "not reached" : "không tới được");
	if (strcmp(text_of(answer, "reason"), "ok"))
		printf(": %s", reason_words(english, text_of(answer, "reason")));
	printf("  [%s]\n", text_of(answer, "by"));
	json_array_foreach(json_object_get(answer, "hops"), i, hop) print_hop(english, i + 1, hop);
	print_mtu(english, answer);
}

/* ---- the command ---- */

/* The words after NODE as members; the first names the kind. */
static const struct {
	const char *what;
	int least, most;
	const char *members[2];
	void (*print)(bool english, const json_t *answer);
} kinds[] = {
        {"trace", 1, 2, {"target", "source"}, print_trace},
        {"probe", 2, 2, {"type", "target"}, print_probe},
        {"check", 1, 1, {"service"}, print_probe},
};

int sansang_command_ask(const struct options *o)
{
	const char *what = o->argc > 1 ? o->argv[1] : "";
	int words = o->argc - 2;
	size_t k = 0;

	while (k < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[k].what, what))
		k++;
	if (k == sizeof(kinds) / sizeof(*kinds) || words < kinds[k].least || words > kinds[k].most) {
		fprintf(stderr,
		        "usage: sansang ask NODE trace TARGET [SOURCE]      TARGET: HOST, or HOST:PORT to go by TCP\n"
		        "       sansang ask NODE probe TYPE TARGET\n"
		        "       sansang ask NODE check SERVICE\n");
		return 2;
	}
	json_t *question = json_pack("{s:s, s:s, s:s}", "act", "ask", "node", o->argv[0], "do", what);
	for (int i = 0; i < words; i++)
		json_object_set_new(question, kinds[k].members[i], json_string(o->argv[i + 2]));
	json_t *answer = sansang_question(o, question);
	if (!answer)
		return 1;
	if (o->json)
		sansang_print_json(answer);
	else
		kinds[k].print(o->english, json_object_get(answer, "answer"));
	json_decref(answer);
	return 0;
}
