/* With a caller on the phone: the lamps of a place, user reports, the fault slip, the carriers' month. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "collector/sansang.h"
#include "collector/sansang_table.h"
#include "common/buf.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* In the language of whoever asks. */
static const char *said(const struct options *o, const json_t *row, const char *vi, const char *en)
{
	return word(row, o->english ? en : vi);
}

static json_t *words_json(const struct options *o, int from)
{
	struct buf b = {0};

	for (int i = from; i < o->argc; i++)
		buf_printf(&b, "%s%s", i > from ? " " : "", o->argv[i]);
	json_t *text = json_stringn(b.len ? (const char *)b.data : "", b.len);
	buf_free(&b);
	return text ? text : json_string("?"); /* bytes that are no UTF-8 */
}

/* Milliseconds into the question, or 2 with the error said. */
static int put_instant(json_t *question, const char *key, const char *option, const char *text)
{
	json_int_t at = text ? sansang_instant(text) : 0;

	if (at < 0) {
		fprintf(stderr, "sansang: %s: expected 2025-07-01, 2025-07-01T07:30, -24h, -7d or Unix seconds\n",
		        option);
		return 2;
	}
	if (text)
		json_object_set_new(question, key, json_integer(at * 1000));
	return 0;
}

static void print_time(const json_t *row, const char *key, const char *before)
{
	time_t at = (time_t)(json_integer_value(json_object_get(row, key)) / 1000);
	char text[32];
	struct tm tm;

	if (!at)
		return;
	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%H:%M %d/%m/%Y", &tm);
	printf("%s%s", before, text);
}

/* ---- lamps ---- */

static const struct {
	const char *state, *vi, *en;
} colours[] = {
        {"up", "XANH", "GREEN"},
        {"degraded", "VÀNG", "YELLOW"},
        {"down", "ĐỎ", "RED"},
        {"unobserved", "XÁM", "GREY"},
        {"none", "–", "–"},
};

static void print_lamp(const struct options *o, const json_t *lamp)
{
	const char *colour = "?", *call = said(o, lamp, "call_vi", "call_en"), *incident = word(lamp, "incident");

	for (size_t i = 0; i < sizeof(colours) / sizeof(*colours); i++)
		if (!strcmp(colours[i].state, word(lamp, "state")))
			colour = o->english ? colours[i].en : colours[i].vi;
	table_pad(said(o, lamp, "vi", "en"), 9, false, false);
	table_pad(colour, 6, false, false);
	printf("%s", said(o, lamp, "why_vi", "why_en"));
	print_time(lamp, "since", o->english ? ", since " : ", từ ");
	putchar('\n');
	if (*call)
		printf("%19s%s %s\n", "", o->english ? "call:" : "gọi:", call);
	if (*incident)
		printf("%19s%s %s\n", "", o->english ? "incident:" : "sự cố:", incident);
	if (json_is_true(json_object_get(lamp, "slip")))
		printf("%19s%s sansang slip %s\n", "", o->english ? "fault slip:" : "phiếu báo hỏng:", incident);
}

int sansang_command_lamps(const struct options *o)
{
	json_t *question = json_pack("{s:s, s:o}", "act", "lamps", "place", words_json(o, 0)), *lamp;
	json_t *answer = sansang_question(o, question);
	size_t i;

	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	printf("%s%s%s", word(answer, "unit_name"), *word(answer, "unit_name") ? " – " : "", word(answer, "site_name"));
	if (*word(answer, "former"))
		printf(o->english ? " (formerly %s)" : " (trước đây: %s)", word(answer, "former"));
	if (json_is_true(json_object_get(answer, "simulated")))
		printf(o->english ? " [simulated]" : " [mô phỏng]");
	putchar('\n');
	json_array_foreach(json_object_get(answer, "lamps"), i, lamp) print_lamp(o, lamp);
	json_decref(answer);
	return 0;
}

/* ---- user reports ---- */

int sansang_command_complaint(const struct options *o)
{
	json_t *question = json_pack("{s:s, s:s, s:o, s:s}", "act", "complaint", "place", o->argv[0], "words",
	        words_json(o, 1), "name", o->name ? o->name : "");
	int status = put_instant(question, "at", "--at", o->at);

	if (status) {
		json_decref(question);
		return status;
	}
	json_t *answer = sansang_question(o, question);
	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	const json_t *c = json_object_get(answer, "complaint");
	if (c)
		printf("%s – %s\n%s\n", word(c, "unit_name"), word(c, "site_name"),
		        said(o, c, "answer_vi", "answer_en"));
	else
		puts(o->english ? "The report is filed; the answer follows: see `sansang complaints`"
		                : "Đã ghi phản ánh; câu trả lời có sau: xem `sansang complaints`");
	printf("%s %s\n", o->english ? "Report:" : "Mã phản ánh:", word(answer, "id"));
	json_decref(answer);
	return 0;
}

int sansang_command_complaints(const struct options *o)
{
	const struct column columns[] = {
	        {"Lúc", "At", "at", CELL_TIME},
	        {"Đơn vị", "Unit", "unit_name", CELL_TEXT},
	        {"Phản ánh", "Words", "words", CELL_TEXT},
	        {"Người báo", "By", "name", CELL_TEXT},
	        {"Kết quả", "Found", "found", CELL_STATE},
	        {"Sự cố", "Incident", "incident", CELL_TEXT},
	        {"Trả lời", "Answer", o->english ? "answer_en" : "answer_vi", CELL_TEXT},
	        {0},
	};
	json_t *question = json_pack("{s:s, s:b}", "act", "complaints", "missed", (int)o->missed);
	int status = put_instant(question, "since", "--since", o->since);

	if (status) {
		json_decref(question);
		return status;
	}
	if (o->argc)
		json_object_set_new(question, "place", words_json(o, 0));
	json_t *answer = sansang_question(o, question);
	return sansang_show(o, answer, "complaints", columns);
}

/* ---- for the carrier ---- */

static const char *language_of(const struct options *o)
{
	return o->language ? o->language : o->english ? "en" : "vi";
}

static bool language_is_good(const struct options *o)
{
	if (!strcmp(language_of(o), "vi") || !strcmp(language_of(o), "en"))
		return true;
	fprintf(stderr, "sansang: --language: vi or en expected\n");
	return false;
}

/* A text of many lines: each is tamed by itself, with the bytes of `end` behind it. */
static void print_lines(const char *text, const char *end)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		json_t *line = json_stringn(text, len);
		table_tame(line);
		printf("%s%s", json_string_value(line) ? json_string_value(line) : "?", end);
		json_decref(line);
		text += len;
		text += *text == '\r';
		text += *text == '\n';
	}
}

/* The answer as it came, line breaks and all. */
static json_t *ask_plain(const struct options *o, json_t *question)
{
	struct options plain = *o;

	plain.json = true;
	return sansang_question(&plain, question);
}

int sansang_command_slip(const struct options *o)
{
	if (!language_is_good(o))
		return 2;
	json_t *answer = ask_plain(
	        o, json_pack("{s:s, s:s, s:s}", "act", "slip", "incident", o->argv[0], "language", language_of(o)));
	if (answer && !o->json)
		print_lines(word(answer, "text"), "\n");
	return sansang_show(o, answer, NULL, NULL);
}

static void print_share(const struct options *o, const json_t *row)
{
	const json_t *share = json_object_get(row, "availability");

	if (json_is_real(share))
		printf(o->english ? "available %.3f %%" : "khả dụng %.3f %%", json_real_value(share) * 100);
	else
		printf(o->english ? "not measured" : "chưa đo");
}

static json_int_t number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static void print_sums(const struct options *o, const json_t *row)
{
	printf(o->english ? "%lld outages, %lld minutes, " : "%lld lần, %lld phút, ", (long long)number(row, "outages"),
	        (long long)number(row, "minutes"));
	if (number(row, "excused_minutes"))
		printf(o->english ? "excused %lld minutes, " : "không tính %lld phút, ",
		        (long long)number(row, "excused_minutes"));
	print_share(o, row);
}

static void print_outage(const struct options *o, const json_t *x)
{
	printf("     ");
	print_time(x, "begin", " ");
	print_time(x, "end", " → ");
	if (json_is_null(json_object_get(x, "end")))
		printf(o->english ? " → still down" : " → chưa khôi phục");
	printf(o->english ? ", %lld minutes, %s" : ", %lld phút, %s", (long long)number(x, "minutes"),
	        said(o, x, "cause_vi", "cause_en"));
	if (*word(x, "ticket"))
		printf(o->english ? ", ticket %s" : ", phiếu %s", word(x, "ticket"));
	if (*word(x, "excused"))
		printf(o->english ? ", excused (%s)" : ", không tính (%s)", word(x, "excused"));
	printf("\n        %s\n", word(x, "incident"));
}

static void print_carrier(const struct options *o, const json_t *carrier)
{
	json_t *c, *x;
	size_t i, k;

	printf("%s: ", *word(carrier, "carrier") ? word(carrier, "carrier")
	               : o->english              ? "(no carrier)"
	                                         : "(chưa rõ)");
	print_sums(o, carrier);
	putchar('\n');
	json_array_foreach(json_object_get(carrier, "circuits"), i, c)
	{
		/* quiet circuits are in the sums, in --json and in --csv */
		if (!json_array_size(json_object_get(c, "list")))
			continue;
		printf("  %s, %s, %s %s: ", word(c, "unit_name"), word(c, "site_name"), word(c, "kind"),
		        word(c, "circuit"));
		print_sums(o, c);
		putchar('\n');
		json_array_foreach(json_object_get(c, "list"), k, x) print_outage(o, x);
	}
}

static int print_outages(const struct options *o, json_t *answer)
{
	const json_t *rest = json_object_get(answer, "unattributed");
	json_t *row;
	size_t i;

	printf(o->english ? "Outages of carriers, %s\n" : "Gián đoạn do nhà mạng, tháng %s\n", word(answer, "month"));
	json_array_foreach(json_object_get(answer, "carriers"), i, row) print_carrier(o, row);
	if (json_array_size(rest))
		puts(o->english ? "Of which the line is not known:" : "Chưa rõ kênh nào:");
	json_array_foreach(rest, i, row)
	{
		printf("  %s\n", word(row, "site_name"));
		print_outage(o, row);
	}
	json_decref(answer);
	return 0;
}

int sansang_command_outages(const struct options *o)
{
	if (!language_is_good(o))
		return 2;
	json_t *question = json_pack("{s:s, s:s, s:s, s:b, s:s}", "act", "outages", "month", o->month ? o->month : "",
	        "carrier", o->carrier ? o->carrier : "", "csv", (int)o->csv, "language", language_of(o));
	json_t *answer = o->csv ? ask_plain(o, question) : sansang_question(o, question);
	if (answer && o->csv && !o->json) {
		print_lines(word(answer, "csv"), "\r\n");
		json_decref(answer);
		return 0;
	}
	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	return print_outages(o, answer);
}
