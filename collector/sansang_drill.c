/* `sansang drill plan|begin|cancel|show|list`: failures made on purpose, and their sheets. */
#include <stdio.h>
#include <stdlib.h>
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

static int usage(void)
{
	fprintf(stderr,
	        "usage: sansang drill plan TARGET[,TARGET] --cause CAUSE [--from T] [--until T] [--within 15s]\n"
	        "               [--mail-within 30s] [--to CONTACT[,CONTACT]|none] WHAT WILL BE DONE\n"
	        "       sansang drill begin ID | cancel ID | show ID | list [TARGET]\n"
	        "       TARGET: site:ID, unit:ID, node:ID, service:ID or uplink:ID; CAUSE: uplink-down, site-power, "
	        "...\n"
	        "       T: 2025-07-01T14:00 or Unix seconds; `drill begin` says: the cut is made now\n");
	return 2;
}

/* "15s", "2m", "1500ms" to ms; -1: none of them. */
static json_int_t span_of(const char *text)
{
	static const struct {
		const char *unit;
		json_int_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
	char *end;
	long n = strtol(text, &end, 10);

	for (size_t i = 0; n > 0 && n <= 86400000 && i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].unit, end))
			return n * units[i].ms;
	return -1;
}

static bool put_span(json_t *question, const char *key, const char *text)
{
	json_int_t ms = text ? span_of(text) : 0;

	if (text && ms > 0)
		json_object_set_new(question, key, json_integer(ms));
	return ms >= 0;
}

static bool put_instant(json_t *question, const char *key, const char *text)
{
	json_int_t at = text ? sansang_instant(text) : 0;

	if (text && at > 0)
		json_object_set_new(question, key, json_integer(at * 1000));
	return at >= 0;
}

/* ---- sheets ---- */

static const char *words_of(const struct options *o, const json_t *row, const char *vi, const char *en)
{
	return word(row, o->english ? en : vi);
}

static void print_line(const struct options *o, const char *vi, const char *en, const char *text)
{
	if (!*text)
		return;
	table_pad(o->english ? en : vi, 20, false, false);
	puts(text);
}

static const char *time_text(const json_t *row, const char *key, char *out, size_t size)
{
	time_t at = (time_t)(json_integer_value(json_object_get(row, key)) / 1000);
	struct tm tm;

	out[0] = 0;
	if (at && localtime_r(&at, &tm))
		strftime(out, size, "%H:%M:%S %d/%m/%Y", &tm);
	return out;
}

/* "7,2 giây sau khi cắt (yêu cầu 15)" */
static const char *delay_text(
        const struct options *o, const json_t *drill, const char *key, const char *wanted, char *out, size_t size)
{
	const json_t *ms = json_object_get(json_object_get(drill, "sheet"), key);

	out[0] = 0;
	if (json_is_integer(ms))
		snprintf(out, size,
		        o->english ? "after %.1f s (wanted within %.0f s)" : "sau %.1f giây (yêu cầu trong %.0f giây)",
		        (double)json_integer_value(ms) / 1000,
		        (double)json_integer_value(json_object_get(drill, wanted)) / 1000);
	return out;
}

static void list_text(const json_t *list, char *out, size_t size)
{
	size_t i;
	json_t *v;

	out[0] = 0;
	json_array_foreach(list, i, v)
	{
		size_t n = strlen(out);
		snprintf(out + n, size - n, "%s%s", i ? ", " : "", json_string_value(v) ? json_string_value(v) : "");
	}
}

static void print_sheet(const struct options *o, const json_t *drill)
{
	const json_t *sheet = json_object_get(drill, "sheet");
	json_t *reason;
	char text[400];
	size_t i;

	if (!json_is_object(sheet))
		return;
	print_line(o, "Sự cố", "Incident", word(sheet, "incident"));
	print_line(o, "Kết luận nguyên nhân", "Cause found", words_of(o, drill, "seen_vi", "seen_en"));
	print_line(
	        o, "Phát hiện", "Noticed", delay_text(o, drill, "detect_ms", "detect_within_ms", text, sizeof(text)));
	print_line(o, "Thư", "Mailed", delay_text(o, drill, "mail_ms", "mail_within_ms", text, sizeof(text)));
	print_line(o, "Khôi phục", "Restored", time_text(sheet, "resolved_at", text, sizeof(text)));
	json_array_foreach(json_object_get(sheet, "reasons"), i, reason)
	        printf("  – %s\n", word(reason, o->english ? "en" : "vi"));
}

static const struct {
	const char *state, *vi, *en;
} verdicts[] = {
        {"planned", "ĐÃ LÊN KẾ HOẠCH", "PLANNED"},
        {"running", "ĐANG DIỄN TẬP", "RUNNING"},
        {"passed", "ĐẠT", "PASSED"},
        {"failed", "KHÔNG ĐẠT", "FAILED"},
        {"cancelled", "ĐÃ HỦY", "CANCELLED"},
};

static void print_drill(const struct options *o, const json_t *d)
{
	char text[400], more[64];
	const char *verdict = "?";

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (!strcmp(verdicts[i].state, word(d, "state")))
			verdict = o->english ? verdicts[i].en : verdicts[i].vi;
	printf("%s %s: %s\n", o->english ? "DRILL" : "DIỄN TẬP", word(d, "id"), verdict);
	print_line(o, "Nội dung", "What is done", word(d, "what"));
	list_text(json_object_get(d, "targets"), text, sizeof(text));
	print_line(o, "Đối tượng", "Targets", text);
	print_line(o, "Nguyên nhân dự kiến", "Expected cause", words_of(o, d, "cause_vi", "cause_en"));
	snprintf(text, sizeof(text), "%s – %s", time_text(d, "from", more, sizeof(more)), "");
	time_text(d, "until", more, sizeof(more));
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", more);
	print_line(o, "Thời gian", "Window", text);
	print_line(o, "Cắt lúc", "Cut at", time_text(d, "began_at", text, sizeof(text)));
	list_text(json_object_get(d, "contacts"), text, sizeof(text));
	print_line(o, "Người nhận thư", "Mailed to",
	        *text        ? text
	        : o->english ? "nobody (no mail is part of it)"
	                     : "không (không thử thư)");
	print_line(o, "Người lập", "By", word(d, "by"));
	print_sheet(o, d);
}

static int show_drill(const struct options *o, json_t *answer)
{
	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	const json_t *d = json_object_get(answer, "drill");
	if (json_object_get(answer, "pending"))
		printf("%s\n", word(answer, "id"));
	else
		print_drill(o, d ? d : answer);
	json_decref(answer);
	return 0;
}

/* ---- commands ---- */

static int drill_plan(const struct options *o)
{
	struct buf b = {0};

	if (o->argc < 3 || !o->cause)
		return usage();
	for (int i = 2; i < o->argc; i++)
		buf_printf(&b, "%s%s", i > 2 ? " " : "", o->argv[i]);
	json_t *words = json_stringn((const char *)b.data, b.len);
	buf_free(&b);
	json_t *question = json_pack("{s:s, s:s, s:s, s:o}", "act", "drill", "targets", o->argv[1], "cause", o->cause,
	        "words", words ? words : json_string(""));
	if (o->to)
		json_object_set_new(question, "contacts", json_string(o->to));
	if (!put_instant(question, "from", o->from) || !put_instant(question, "until", o->until) ||
	        !put_span(question, "detect_within_ms", o->within) ||
	        !put_span(question, "mail_within_ms", o->mail_within)) {
		json_decref(question);
		return usage();
	}
	return show_drill(o, sansang_question(o, question));
}

static int drill_list(const struct options *o)
{
	const struct column columns[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Kết quả", "State", "state", CELL_STATE},
	        {"Từ", "From", "from", CELL_TIME},
	        {"Đến", "Until", "until", CELL_TIME},
	        {"Nguyên nhân dự kiến", "Expected cause", o->english ? "cause_en" : "cause_vi", CELL_TEXT},
	        {"Nội dung", "What is done", "what", CELL_TEXT},
	        {0},
	};
	json_t *answer =
	        sansang_question(o, json_pack("{s:s, s:s}", "act", "drills", "target", o->argc > 1 ? o->argv[1] : ""));
	return sansang_show(o, answer, "drills", columns);
}

int sansang_command_drill(const struct options *o)
{
	static const struct {
		const char *word, *act;
	} acts[] = {{"begin", "drill-begin"}, {"cancel", "drill-cancel"}, {"show", "drills"}};

	if (!strcmp(o->argv[0], "plan"))
		return drill_plan(o);
	if (!strcmp(o->argv[0], "list") && o->argc <= 2)
		return drill_list(o);
	for (size_t i = 0; o->argc == 2 && i < sizeof(acts) / sizeof(*acts); i++)
		if (!strcmp(acts[i].word, o->argv[0]))
			return show_drill(
			        o, sansang_question(o, json_pack("{s:s, s:s}", "act", acts[i].act, "id", o->argv[1])));
	return usage();
}
