/* The monthly list as CSV, and the months of a zone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/outages.h"
#include "common/buf.h"

#define COLUMNS 12

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* Quoted always; what a spreadsheet would run gets an apostrophe (OWASP, CSV injection). */
static void put_cell(struct buf *out, const char *text, bool last)
{
	const char *skip = text + strspn(text, " ");
	buf_printf(out, "\"%s", *skip && strchr("=+-@\t\r\n", *skip) ? "'" : "");
	for (; *text; text++) {
		if (*text == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, (uint8_t)((unsigned char)*text < ' ' ? ' ' : *text));
	}
	buf_printf(out, last ? "\"\r\n" : "\",");
}

static void put_row(struct buf *out, const char *const cells[COLUMNS])
{
	for (int k = 0; k < COLUMNS; k++)
		put_cell(out, cells[k] ? cells[k] : "", k == COLUMNS - 1);
}

static const char *time_text(const json_t *o, const char *key, const struct zone *zone, char *out, size_t size)
{
	const json_t *v = json_object_get(o, key);
	out[0] = 0;
	if (json_is_integer(v)) {
		int64_t at = json_integer_value(v);
		time_t local = (time_t)((at + zone_offset_ms(zone, at)) / 1000);
		struct tm tm;
		gmtime_r(&local, &tm);
		strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	}
	return out;
}

static const char *number_text(const json_t *o, const char *key, char *out, size_t size)
{
	snprintf(out, size, "%lld", (long long)json_integer_value(json_object_get(o, key)));
	return out;
}

static void put_outage(
        struct buf *out, const char *carrier, const json_t *c, const json_t *x, const struct zone *zone, bool english)
{
	char begin[32], end[32], minutes[24], note[160] = "";
	const char *excused = text_of(x, "excused");
	if (*excused)
		snprintf(note, sizeof note, english ? "excused: %.120s" : "không tính: %.120s", excused);
	else if (json_is_null(json_object_get(x, "end")))
		snprintf(note, sizeof note, "%s", english ? "not restored" : "chưa khôi phục");
	const char *const cells[COLUMNS] = {carrier, text_of(c, "unit_name"), text_of(c, "site_name"),
	        text_of(c, "kind"), text_of(c, "circuit"), time_text(x, "begin", zone, begin, sizeof begin),
	        time_text(x, "end", zone, end, sizeof end), number_text(x, "minutes", minutes, sizeof minutes),
	        text_of(x, english ? "cause_en" : "cause_vi"), text_of(x, "ticket"), text_of(x, "incident"), note};
	put_row(out, cells);
}

static void put_sum(struct buf *out, const char *carrier, const json_t *c, bool english)
{
	const json_t *share = json_object_get(c, "availability");
	char minutes[24], note[200], percent[24];
	snprintf(percent, sizeof percent,
	        json_is_real(share) ? "%.3f %%"
	        : english           ? "not measured"
	                            : "chưa đo",
	        json_real_value(share) * 100);
	snprintf(note, sizeof note,
	        english ? "total: %lld outages, availability %s, excused %lld minutes"
	                : "tổng: %lld lần, mức khả dụng %s, không tính %lld phút",
	        (long long)json_integer_value(json_object_get(c, "outages")), percent,
	        (long long)json_integer_value(json_object_get(c, "excused_minutes")));
	const char *const cells[COLUMNS] = {carrier, text_of(c, "unit_name"), text_of(c, "site_name"),
	        text_of(c, "kind"), text_of(c, "circuit"), "", "", number_text(c, "minutes", minutes, sizeof minutes),
	        "", "", "", note};
	put_row(out, cells);
}

char *outages_csv(const json_t *report, const struct zone *zone, bool english)
{
	static const char *const vi[COLUMNS] = {"Nhà mạng", "Đơn vị", "Địa điểm", "Loại kênh", "Mã kênh", "Bắt đầu",
	        "Kết thúc", "Số phút", "Nguyên nhân", "Số phiếu nhà mạng", "Mã sự cố", "Ghi chú"};
	static const char *const en[COLUMNS] = {"Carrier", "Unit", "Site", "Line", "Circuit", "Begin", "End", "Minutes",
	        "Cause", "Carrier's ticket", "Incident", "Note"};
	struct buf out = {0};
	size_t k, m, n;
	json_t *carrier, *c, *x;
	buf_put(&out, "\xef\xbb\xbf", 3);
	put_row(&out, english ? en : vi);
	json_array_foreach(json_object_get(report, "carriers"), k, carrier)
	{
		const char *name = text_of(carrier, "carrier");
		json_array_foreach(json_object_get(carrier, "circuits"), m, c)
		{
			json_array_foreach(json_object_get(c, "list"), n, x)
			        put_outage(&out, name, c, x, zone, english);
			put_sum(&out, name, c, english);
		}
	}
	json_array_foreach(json_object_get(report, "unattributed"), n, x)
	        put_outage(&out, english ? "(line not known)" : "(chưa rõ kênh)", x, x, zone, english);
	buf_put_u8(&out, 0);
	return (char *)out.data;
}

/* ---- months ---- */

bool outages_month(const char *text, const struct zone *zone, int64_t *from, int64_t *until)
{
	int year, month, used = 0;
	if (strlen(text) != 7 || sscanf(text, "%4d-%2d%n", &year, &month, &used) != 2 || used != 7 || year < 2000 ||
	        year > 2200 || month < 1 || month > 12)
		return false;
	struct tm first = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1};
	struct tm next = {.tm_year = year - 1900 + month / 12, .tm_mon = month % 12, .tm_mday = 1};
	*from = zone_utc_ms(zone, (int64_t)timegm(&first) * 1000);
	*until = zone_utc_ms(zone, (int64_t)timegm(&next) * 1000);
	return true;
}

void outages_month_of(int64_t at, const struct zone *zone, char out[8])
{
	time_t local = (time_t)((at + zone_offset_ms(zone, at)) / 1000);
	struct tm tm;
	gmtime_r(&local, &tm);
	strftime(out, 8, "%Y-%m", &tm);
}
