/*
 * `sansang incidents | incident | ack | comment | close | merge | ticket`: what is wrong, why, how we know, and what people did about it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "collector/sansang.h"

#define LABEL_WIDTH 20

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* ---- the list ---- */

/* "Xã Pha Long, Đất đai" */
static void where_put(json_t *row, bool english)
{
	const char *unit = text_of(row, "unit_name"), *site = text_of(row, "site_name"),
	           *service = text_of(row, "service_name");
	size_t sites = json_array_size(json_object_get(row, "sites"));
	const char *place = *unit ? unit : site;
	char many[48] = "", text[400];

	if (!*place && sites)
		snprintf(many, sizeof(many), english ? "%zu sites" : "%zu địa điểm", sites);
	if (!*place && !sites && *service)
		snprintf(many, sizeof(many), english ? "many sites" : "nhiều địa điểm");
	place = *place ? place : many;
	snprintf(text, sizeof(text), "%s%s%s", place, *place && *service ? ", " : "", service);
	json_object_set_new(row, "where_text", json_string(text));
}

int sansang_command_incidents(const struct options *o)
{
	const struct column columns[] = {
	        {"Từ lúc", "Since", "opened_at", CELL_TIME},
	        {"Ở đâu", "Where", "where_text", CELL_TEXT},
	        {"Nguyên nhân", "Cause", o->english ? "cause_en" : "cause_vi", CELL_TEXT},
	        {"Mức tin cậy", "Confidence", "confidence", CELL_STATE},
	        {"Mức độ", "Severity", "severity", CELL_STATE},
	        {"Trạng thái", "State", "state", CELL_STATE},
	        {"Khôi phục", "Resolved", "resolved_at", CELL_TIME},
	        {"Miễn tính", "Excused", "excused", CELL_TEXT},
	        {"", "", "simulated", CELL_MARK},
	        {"Mã", "Id", "id", CELL_TEXT},
	        {0},
	};
	json_t *answer = sansang_question(o, json_pack("{s:s, s:b}", "act", "incidents", "all", o->all)), *row;
	size_t i;

	json_array_foreach(o->json ? NULL : json_object_get(answer, "incidents"), i, row) where_put(row, o->english);
	return sansang_show(o, answer, "incidents", columns);
}

/* ---- one, whole ---- */

static void print_line(bool english, const char *vi, const char *en, const char *text)
{
	if (!*text)
		return;
	table_pad(english ? en : vi, LABEL_WIDTH, false, false);
	puts(text);
}

/* A member of the incident on a line of its own. */
static void print_member(const struct options *o, const json_t *incident, const struct column *c)
{
	char text[TABLE_CELL_SIZE];

	table_cell(o->english, incident, c, text, sizeof(text));
	if (c->cell == CELL_NUMBER && !strcmp(text, "0"))
		return; /* that nothing was counted is no news */
	print_line(o->english, c->vi, c->en, text);
}

static const char *cause_text(const struct options *o, const json_t *incident, const char *name)
{
	const json_t *words = json_object_get(json_object_get(incident, "causes"), name);
	const char *text = text_of(words, o->english ? "en" : "vi");

	return *text ? text : name;
}

/* The member names a cause: printed in words, with its confidence when there is one. */
static void print_cause(const struct options *o, const json_t *incident, const char *vi, const char *en,
        const char *key, const char *confidence)
{
	static const char blank[] = "";
	const char *name = text_of(incident, key);
	const struct column c = {vi, en, confidence ? confidence : blank, CELL_STATE};
	char sure[64] = "", text[400];

	if (!*name)
		return;
	if (confidence)
		table_cell(o->english, incident, &c, sure, sizeof(sure));
	snprintf(text, sizeof(text), "%s%s%s%s", cause_text(o, incident, name), *sure ? " (" : "", sure,
	        *sure ? ")" : "");
	print_line(o->english, vi, en, text);
}

static void print_causes(const struct options *o, const json_t *incident)
{
	const json_t *list = json_object_get(incident, "ruled_out"), *row;
	const char *language = o->english ? "en" : "vi";
	size_t i;

	print_cause(o, incident, "Kết luận đầu tiên", "First said", "cause", "first_confidence");
	print_cause(o, incident, "Kết luận hiện nay", "Now", "cause_now", "now_confidence");
	print_cause(o, incident, "Kết luận cuối cùng", "Final", "final_cause", "confidence");
	print_line(o->english, "Vì sao đổi", "Why it changed",
	        text_of(incident, o->english ? "why_final_en" : "why_final_vi"));
	print_cause(o, incident, "Khả năng thứ hai", "Runner-up", "runner_up", NULL);
	print_line(o->english, "Mâu thuẫn", "Contradiction", text_of(json_object_get(incident, "disputed"), language));
	json_array_foreach((json_t *)list, i, row)
	{
		char text[600];
		snprintf(text, sizeof(text), "%s: %s", cause_text(o, incident, text_of(row, "cause")),
		        text_of(row, language));
		print_line(o->english, i ? "" : "Đã loại trừ", i ? "" : "Ruled out", text);
	}
	print_line(o->english, "Kiểm tra trước tiên", "Check first",
	        text_of(incident, o->english ? "check_first_en" : "check_first_vi"));
}

/* One line a row of the list: time, who, what. */
static void print_rows(const struct options *o, const json_t *incident, const char *key, const char *vi, const char *en,
        const char *who, const char *what)
{
	static const struct column act = {"", "", "act", CELL_STATE};
	const json_t *list = json_object_get(incident, key), *row;
	char word[TABLE_CELL_SIZE];
	size_t i;

	if (json_array_size(list))
		printf("\n%s\n", o->english ? en : vi);
	json_array_foreach((json_t *)list, i, row)
	{
		char stamp[32];
		time_t at = (time_t)(json_integer_value(json_object_get(row, "at")) / 1000);
		struct tm tm;
		localtime_r(&at, &tm);
		strftime(stamp, sizeof(stamp), "%d/%m %H:%M:%S", &tm);
		table_cell(o->english, row, &act, word, sizeof(word));
		printf("  %s  %s%s%s%s%s\n", stamp, text_of(row, who), *word ? " " : "", word,
		        *text_of(row, what) ? ": " : "", text_of(row, what));
	}
}

static void print_list(const struct options *o, const json_t *list, const char *vi, const char *en)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)list, i, value) print_line(
	        o->english, i ? "" : vi, i ? "" : en, json_string_value(value) ? json_string_value(value) : "");
}

static void print_minutes(const struct options *o, const json_t *incident)
{
	const char *key;
	json_t *value;
	bool first = true;

	json_object_foreach(json_object_get(incident, "minutes_lost"), key, value)
	{
		char text[200];
		snprintf(text, sizeof(text), o->english ? "%s: %lld min" : "%s: %lld phút", key,
		        (long long)json_integer_value(value));
		print_line(o->english, first ? "Phút mất dịch vụ" : "", first ? "Minutes lost" : "", text);
		first = false;
	}
}

static void print_incident(const struct options *o, json_t *incident)
{
	const struct column members[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Ở đâu", "Where", "where_text", CELL_TEXT},
	        {"Trạng thái", "State", "state", CELL_STATE},
	        {"Mức độ", "Severity", "severity", CELL_STATE},
	        {"Gộp vào", "Merged into", "merged_into", CELL_TEXT},
	        {"Bắt đầu", "Began", "opened_at", CELL_TIME},
	        {"Phát hiện", "Detected", "detected_at", CELL_TIME},
	        {"Khôi phục", "Resolved", "resolved_at", CELL_TIME},
	        {"Tiếp nhận bởi", "Acknowledged by", "acked_by", CELL_TEXT},
	        {"Đóng bởi", "Closed by", "closed_by", CELL_TEXT},
	        {"Lý do đóng", "Why closed", "close_reason", CELL_TEXT},
	        {"Miễn tính", "Excused", "excused", CELL_TEXT},
	        {"Mở lại", "Reopened", "reopened", CELL_NUMBER},
	        {"Số lần chập chờn", "Flaps", "flaps", CELL_NUMBER},
	        {"Nhà mạng", "Carrier", "carrier", CELL_TEXT},
	        {"Mã kênh", "Circuit", "circuit", CELL_TEXT},
	        {"Số thư đã gửi", "Mails", "mails", CELL_NUMBER},
	        {"Số liệu", "Data", "simulated", CELL_MARK},
	};

	puts(text_of(incident, o->english ? "summary_en" : "summary_vi"));
	where_put(incident, o->english);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		print_member(o, incident, &members[i]);
	print_causes(o, incident);
	print_minutes(o, incident);
	print_list(o, json_object_get(incident, "affects"), "Bị ảnh hưởng", "Affected");
	print_list(o, json_object_get(incident, "still_down"), "Còn gián đoạn", "Still down");
	print_rows(o, incident, "evidence", "Bằng chứng", "Evidence", "who", o->english ? "en" : "vi");
	print_rows(o, incident, "acts", "Việc đã làm", "Acts", "by", "text");
	print_rows(o, incident, "complaints", "Phản ánh", "User reports", "by", "words");
}

int sansang_command_incident(const struct options *o)
{
	json_t *answer = sansang_question(o, json_pack("{s:s, s:s}", "act", "incident", "incident", o->argv[0]));

	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	print_incident(o, answer);
	json_decref(answer);
	return 0;
}

/* ---- acts ---- */

/* Takes the question; says which incident it was done to when that is another one. */
static int act_on(const struct options *o, json_t *question)
{
	json_t *answer = sansang_question(o, question);
	const char *id = text_of(answer, "incident");

	if (answer && !o->json && *id && strcmp(id, o->argv[0]))
		printf(o->english ? "done to %s, which took it up\n" : "đã ghi vào %s, nơi nó đã gộp vào\n", id);
	return sansang_show(o, answer, NULL, NULL);
}

static int text_act(const struct options *o, const char *act)
{
	return act_on(o, json_pack("{s:s, s:s, s:s, s:b}", "act", act, "incident", o->argv[0], "text",
	                         o->argc > 1 ? o->argv[1] : "", "forced", o->force));
}

int sansang_command_ack(const struct options *o)
{
	return text_act(o, "ack");
}

int sansang_command_comment(const struct options *o)
{
	return text_act(o, "comment");
}

int sansang_command_close(const struct options *o)
{
	return text_act(o, "close");
}

int sansang_command_ticket(const struct options *o)
{
	return text_act(o, "ticket");
}

int sansang_command_merge(const struct options *o)
{
	return act_on(o, json_pack("{s:s, s:s, s:s, s:s}", "act", "merge", "incident", o->argv[0], "into", o->argv[1],
	                         "text", o->argc > 2 ? o->argv[2] : ""));
}
