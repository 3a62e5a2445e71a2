/*
 * `sansang maintenance | planned-cuts`: stretches in which something may be down.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/sansang.h"
#include "common/memory.h"

#define CSV_MAX_BYTES (512 * 1024)

/* ["unit:a", "site:b"] to one text, for the table. */
static void rows_complete(const struct options *o, json_t *rows)
{
	json_t *row, *one;
	size_t i, k;

	json_array_foreach(o->json ? NULL : rows, i, row)
	{
		char text[200] = "";
		json_array_foreach(json_object_get(row, "targets"), k, one)
		{
			size_t used = strlen(text);
			snprintf(text + used, sizeof(text) - used, "%s%s", k ? ", " : "", json_string_value(one));
		}
		json_object_set_new(row, "targets_text", json_string(text));
		json_object_set_new(row, "approved_text",
		        json_string(json_is_true(json_object_get(row, "approved")) ? "approved" : "not approved"));
	}
}

static int list(const struct options *o, const char *act, const char *key, bool cuts)
{
	static const struct column maintenance[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Nơi", "Targets", "targets_text", CELL_TEXT},
	        {"Từ lúc", "From", "from", CELL_TIME},
	        {"Đến lúc", "Until", "until", CELL_TIME},
	        {"Trạng thái", "State", "state", CELL_STATE},
	        {"Người ghi", "By", "by", CELL_TEXT},
	        {"Lý do", "Reason", "reason", CELL_TEXT},
	        {0},
	};
	static const struct column planned[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Nơi", "Targets", "targets_text", CELL_TEXT},
	        {"Từ lúc", "From", "from", CELL_TIME},
	        {"Đến lúc", "Until", "until", CELL_TIME},
	        {"Trạng thái", "State", "state", CELL_STATE},
	        {"Phê duyệt", "Approved", "approved_text", CELL_STATE},
	        {"Lý do", "Reason", "reason", CELL_TEXT},
	        {0},
	};
	json_t *answer = sansang_question(o, json_pack("{s:s, s:b}", "act", act, "all", o->all));

	rows_complete(o, json_object_get(answer, key));
	return sansang_show(o, answer, key, cuts ? planned : maintenance);
}

/* ---- maintenance ---- */

static int maintenance_add(const struct options *o)
{
	json_int_t from = o->from ? sansang_instant(o->from) : 0, until = o->until ? sansang_instant(o->until) : -1;
	json_t *targets = json_array();

	if (o->argc < 2 || from < 0 || until < 0 || !o->reason) {
		json_decref(targets);
		fprintf(stderr,
		        "usage: sansang maintenance add TARGET... --until T [--from T] --reason TEXT [--id ID]\n"
		        "       TARGET: unit:ID, site:ID, node:ID, service:ID, uplink:ID, province:ID\n"
		        "       T: 2025-07-01T22:00, +2h or Unix seconds\n");
		return 2;
	}
	for (int i = 1; i < o->argc; i++)
		json_array_append_new(targets, json_string(o->argv[i]));
	json_t *question = json_pack("{s:s, s:o, s:I, s:s, s:s}", "act", "maintenance", "targets", targets, "until",
	        until * 1000, "reason", o->reason, "id", o->id ? o->id : "");
	if (o->from)
		json_object_set_new(question, "from", json_integer(from * 1000));
	json_t *answer = sansang_question(o, question);
	const char *id = json_string_value(json_object_get(json_object_get(answer, "maintenance"), "id"));
	if (id && !o->json)
		puts(id);
	return sansang_show(o, answer, NULL, NULL);
}

int sansang_command_maintenance(const struct options *o)
{
	if (!o->argc || !strcmp(o->argv[0], "list"))
		return list(o, "maintenance-list", "maintenance", false);
	if (!strcmp(o->argv[0], "add"))
		return maintenance_add(o);
	if (!strcmp(o->argv[0], "end") && o->argc == 2)
		return sansang_show(o,
		        sansang_question(o, json_pack("{s:s, s:s}", "act", "maintenance-end", "id", o->argv[1])), NULL,
		        NULL);
	fprintf(stderr, "usage: sansang maintenance [list] [--all] | add TARGET... | end ID\n");
	return 2;
}

/* ---- planned power cuts ---- */

/* Gives the file's text, or NULL with the reason said. */
static char *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = f ? mem_alloc(CSV_MAX_BYTES + 1) : NULL;

	*len = text ? fread(text, 1, CSV_MAX_BYTES + 1, f) : 0;
	bool bad = !f || ferror(f) || *len > CSV_MAX_BYTES;
	if (bad)
		fprintf(stderr, "sansang: %s: %s\n", path,
		        *len > CSV_MAX_BYTES ? "larger than 512 KB, expected several files" : strerror(errno));
	if (f)
		fclose(f);
	if (!bad)
		return text;
	free(text);
	return NULL;
}

static int say_problems(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "problems"), *row;
	size_t i;

	json_array_foreach((json_t *)list, i, row)
	{
		const char *column = json_string_value(json_object_get(row, "column"));
		fprintf(stderr, "row %d%s%s: %s\n", (int)json_integer_value(json_object_get(row, "row")),
		        column && *column ? ", " : "", column ? column : "",
		        json_string_value(json_object_get(row, "text")));
	}
	return json_array_size(list) ? 1 : 0;
}

static int cuts_import(const struct options *o)
{
	static const struct column columns[] = {
	        {"Dòng", "Row", "row", CELL_NUMBER},
	        {"Tên", "Name", "name", CELL_TEXT},
	        {"Nơi", "Targets", "targets_text", CELL_TEXT},
	        {"Từ lúc", "From", "from", CELL_TIME},
	        {"Đến lúc", "Until", "until", CELL_TIME},
	        {"Phê duyệt", "Approved", "approved_text", CELL_STATE},
	        {0},
	};
	size_t len;
	char *text = file_read(o->argv[1], &len);
	json_t *csv = text ? json_stringn(text, len) : NULL;
	bool read = text != NULL;

	free(text);
	if (!csv) {
		if (read)
			fprintf(stderr, "sansang: %s is not UTF-8 text: save it as CSV UTF-8\n", o->argv[1]);
		return 1;
	}
	json_t *answer = sansang_question(
	        o, json_pack("{s:s, s:o, s:b}", "act", "planned-cuts", "csv", csv, "dry_run", o->dry_run));
	int problems = o->json ? json_array_size(json_object_get(answer, "problems")) > 0 : say_problems(answer);
	rows_complete(o, json_object_get(answer, "planned_cuts"));
	int status = sansang_show(o, answer, "planned_cuts", columns);
	return status ? status : problems;
}

int sansang_command_planned_cuts(const struct options *o)
{
	if (!o->argc || !strcmp(o->argv[0], "list"))
		return list(o, "planned-cuts-list", "planned_cuts", true);
	if (!strcmp(o->argv[0], "import") && o->argc == 2)
		return cuts_import(o);
	fprintf(stderr, "usage: sansang planned-cuts [list] [--all] | import FILE.csv [--dry-run]\n");
	return 2;
}
