#include "collector/inventory/cuts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "collector/inventory/place.h"
#include "common/clock.h"
#include "common/conf_time.h"
#include "common/csv.h"

enum column { COLUMN_UNIT, COLUMN_SITE, COLUMN_FROM, COLUMN_UNTIL, COLUMN_WORDS, COLUMN_APPROVED, COLUMNS };

static const char *const column_names[COLUMNS] = {"unit", "site", "from", "until", "words", "approved"};

/* Titles, folded (find.c). */
static const struct {
	const char *title;
	enum column column;
} titles[] = {
        {"unit", COLUMN_UNIT},
        {"commune", COLUMN_UNIT},
        {"don vi", COLUMN_UNIT},
        {"xa", COLUMN_UNIT},
        {"xa phuong", COLUMN_UNIT},
        {"site", COLUMN_SITE},
        {"dia diem", COLUMN_SITE},
        {"noi", COLUMN_SITE},
        {"from", COLUMN_FROM},
        {"tu", COLUMN_FROM},
        {"tu luc", COLUMN_FROM},
        {"bat dau", COLUMN_FROM},
        {"until", COLUMN_UNTIL},
        {"to", COLUMN_UNTIL},
        {"den", COLUMN_UNTIL},
        {"den luc", COLUMN_UNTIL},
        {"ket thuc", COLUMN_UNTIL},
        {"words", COLUMN_WORDS},
        {"reason", COLUMN_WORDS},
        {"ly do", COLUMN_WORDS},
        {"noi dung", COLUMN_WORDS},
        {"ghi chu", COLUMN_WORDS},
        {"approved", COLUMN_APPROVED},
        {"duyet", COLUMN_APPROVED},
        {"da duyet", COLUMN_APPROVED},
        {"phe duyet", COLUMN_APPROVED},
};

static const struct {
	const char *word;
	bool yes;
} answers[] = {
        {"yes", true},
        {"y", true},
        {"x", true},
        {"1", true},
        {"true", true},
        {"co", true},
        {"duyet", true},
        {"da duyet", true},
        {"", false},
        {"no", false},
        {"n", false},
        {"0", false},
        {"false", false},
        {"khong", false},
        {"chua", false},
        {"chua duyet", false},
};

struct reading {
	const struct inventory *inv;
	const struct zone *zone;
	int64_t now;
	size_t column[COLUMNS]; /* 1 + field, 0: there is none */
	json_t *cuts, *problems;
	unsigned row;
};

static void problem(struct reading *r, const char *column, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void problem(struct reading *r, const char *column, const char *fmt, ...)
{
	char text[600];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	json_t *said = json_string(text);
	json_array_append_new(r->problems, json_pack("{s:i, s:s, s:o}", "row", (int)r->row, "column", column, "text",
	                                           said ? said : json_string("not understood")));
}

static bool titles_read(struct reading *r, const struct csv_row *row)
{
	char folded[128];
	for (size_t k = 0; k < row->count; k++) {
		fold_vietnamese(csv_field(row, k), folded, sizeof folded);
		for (size_t m = 0; m < sizeof titles / sizeof titles[0]; m++)
			if (!strcmp(titles[m].title, folded) && !r->column[titles[m].column])
				r->column[titles[m].column] = k + 1;
	}
	if (!r->column[COLUMN_UNIT] && !r->column[COLUMN_SITE])
		problem(r, "unit", "the first row has no column unit or site (đơn vị, địa điểm)");
	if (!r->column[COLUMN_FROM])
		problem(r, "from", "the first row has no column from (từ lúc)");
	if (!r->column[COLUMN_UNTIL])
		problem(r, "until", "the first row has no column until (đến lúc)");
	return json_array_size(r->problems) == 0;
}

static const char *cell(const struct reading *r, const struct csv_row *row, enum column c)
{
	return r->column[c] ? csv_field(row, r->column[c] - 1) : "";
}

/* ---- one row ---- */

static void say_candidates(
        struct reading *r, const char *column, const char *words, const struct place *all, size_t count)
{
	char list[400] = "";
	size_t at = 0;
	for (size_t k = 0; k < count && at < sizeof list - 80; k++)
		at += (size_t)snprintf(list + at, sizeof list - at, "%s%s:%.40s", k ? ", " : "",
		        all[k].unit ? "unit" : "site", all[k].unit ? all[k].unit->id : all[k].site->id);
	problem(r, column, "\"%.80s\" may be several, expected one of %s", words, list);
}

/* "unit:pha-long", or nothing with the problem told. */
static bool place_read(struct reading *r, const struct csv_row *row, char *target, size_t size, const char **name)
{
	enum column c = *cell(r, row, COLUMN_SITE) ? COLUMN_SITE : COLUMN_UNIT;
	const char *words = cell(r, row, c);
	struct place p, others[PLACE_CANDIDATES_MAX];
	size_t count;
	if (!*words) {
		problem(r, column_names[c], "is empty, expected the name or id of a unit or site");
		return false;
	}
	int rc = inventory_place(r->inv, words, r->now, &p, others, &count);
	if (rc == -EEXIST)
		say_candidates(r, column_names[c], words, others, count);
	else if (rc)
		problem(r, column_names[c], "no unit and no site is called \"%.80s\"", words);
	if (rc)
		return false;
	bool whole = c == COLUMN_UNIT && p.unit;
	snprintf(target, size, "%s:%s", whole ? "unit" : "site", whole ? p.unit->id : p.site->id);
	*name = whole ? p.unit->name : p.site->name;
	return true;
}

/* As people write it: day first or year first, a clock with or without seconds, in the province's zone. */
static bool local_read(const char *text, const struct zone *zone, int64_t *at)
{
	unsigned a, b, c, h = 0, m = 0;
	char sep[2], iso[40];
	int used = 0, clock = 0;
	if (sscanf(text, "%4u%1[/.-]%4u%*1[/.-]%4u%n", &a, sep, &b, &c, &used) != 4 || !used)
		return false;
	const char *rest = text + used + strspn(text + used, " T,");
	if (*rest && (sscanf(rest, "%2u%*1[:hH]%2u%n", &h, &m, &clock) != 2 || !clock))
		return false;
	rest += clock;
	if (!strcmp(rest, ":00"))
		rest += 3;
	if (*rest)
		return false;
	bool year_first = a > 31;
	snprintf(iso, sizeof iso, "%04u-%02u-%02uT%02u:%02u:00Z", (year_first ? a : c) % 10000, b % 100,
	        (year_first ? c : a) % 100, h % 100, m % 100);
	if (a > 9999 || b > 12 || c > 9999 || conf_time_read(iso, NULL, at))
		return false;
	*at = zone_utc_ms(zone, *at);
	return true;
}

static bool time_read(struct reading *r, const struct csv_row *row, enum column c, int64_t *at)
{
	const char *text = cell(r, row, c);
	if (strlen(text) < 40 && (local_read(text, r->zone, at) || !conf_time_read(text, r->zone, at)))
		return true;
	problem(r, column_names[c], "\"%.60s\" is no time, expected such as 05/07/2025 08:00 or 2025-07-05 08:00",
	        text);
	return false;
}

static bool times_read(struct reading *r, const struct csv_row *row, int64_t *from, int64_t *until)
{
	bool good = time_read(r, row, COLUMN_FROM, from);
	good = time_read(r, row, COLUMN_UNTIL, until) && good;
	if (!good)
		return false;
	const char *wrong = *until <= *from                   ? "is not after from"
	                    : *until - *from > CUT_LONGEST_MS ? "is more than 7 days after from"
	                    : *until <= r->now                ? "is over already: what was, cannot be planned"
	                                                      : NULL;
	if (wrong)
		problem(r, "until", "%s", wrong);
	return !wrong;
}

static bool approval_read(struct reading *r, const struct csv_row *row, bool *yes)
{
	char folded[64];
	fold_vietnamese(cell(r, row, COLUMN_APPROVED), folded, sizeof folded);
	for (size_t k = 0; k < sizeof answers / sizeof answers[0]; k++)
		if (!strcmp(answers[k].word, folded)) {
			*yes = answers[k].yes;
			return true;
		}
	problem(r, "approved", "\"%.40s\" is neither yes nor no (có, không)", cell(r, row, COLUMN_APPROVED));
	return false;
}

static void cut_name(const char *target, int64_t from, char *out, size_t size)
{
	char stamp[32];
	clock_format_utc(from, stamp, sizeof stamp);
	snprintf(out, size, "cut-%.36s-%.4s%.2s%.2sT%.2s%.2s", strchr(target, ':') + 1, stamp, stamp + 5, stamp + 8,
	        stamp + 11, stamp + 14);
}

static bool is_repeated(struct reading *r, const char *id)
{
	size_t k;
	json_t *o;
	json_array_foreach(r->cuts, k, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "id")), id))
			continue;
		problem(r, "from", "the same place and time stand in row %d",
		        (int)json_integer_value(json_object_get(o, "row")));
		return true;
	}
	return false;
}

static void row_read(struct reading *r, const struct csv_row *row)
{
	char target[100], id[64];
	const char *name = NULL;
	int64_t from, until;
	bool approved = false;
	if (row->wrong) {
		problem(r, "", "%s", row->wrong);
		return;
	}
	/* every problem of a row is told, not only the first */
	bool good = place_read(r, row, target, sizeof target, &name);
	good = times_read(r, row, &from, &until) && good;
	good = approval_read(r, row, &approved) && good;
	if (strlen(cell(r, row, COLUMN_WORDS)) > 1000) {
		problem(r, "words", "is longer than 1000 bytes");
		good = false;
	}
	if (!good)
		return;
	cut_name(target, from, id, sizeof id);
	if (is_repeated(r, id))
		return;
	json_array_append_new(
	        r->cuts, json_pack("{s:s, s:[s], s:I, s:I, s:s, s:b, s:i, s:s}", "id", id, "targets", target, "from",
	                         (json_int_t)from, "until", (json_int_t)until, "reason", cell(r, row, COLUMN_WORDS),
	                         "approved", (int)approved, "row", (int)r->row, "name", name ? name : ""));
}

void cuts_read(const struct inventory *inv, const struct zone *zone, int64_t now, const void *csv, size_t len,
        json_t **cuts, json_t **problems)
{
	struct reading r = {.inv = inv, .zone = zone, .now = now, .cuts = json_array(), .problems = json_array()};
	struct csv_row row = {0};
	struct csv c;
	csv_begin(&c, csv, len);
	bool any = csv_next(&c, &row);
	r.row = c.line;
	if (!any)
		problem(&r, "", "the file is empty");
	else if (row.wrong)
		problem(&r, "", "%s", row.wrong);
	else if (titles_read(&r, &row))
		while (json_array_size(r.cuts) + json_array_size(r.problems) < CUTS_MAX && csv_next(&c, &row)) {
			r.row = c.line;
			row_read(&r, &row);
		}
	if (json_array_size(r.cuts) + json_array_size(r.problems) >= CUTS_MAX)
		problem(&r, "", "there are more than 2000 rows, expected several files");
	csv_row_free(&row);
	*cuts = r.cuts;
	*problems = r.problems;
}
