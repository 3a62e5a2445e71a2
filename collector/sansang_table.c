#include "collector/sansang_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

static const struct {
	const char *word, *vi;
} words[] = {
        {"up", "hoạt động"},
        {"degraded", "suy giảm"},
        {"down", "gián đoạn"},
        {"unobserved", "chưa quan sát"},
        {"excused", "bảo trì"},
        {"open", "đang mở"},
        {"acknowledged", "đang xử lý"},
        {"resolved", "đã khôi phục"},
        {"merged", "đã gộp"},
        {"alarm", "báo động"},
        {"warning", "cảnh báo"},
        {"planned", "sắp tới"},
        {"ack", "tiếp nhận xử lý"},
        {"comment", "ghi chú"},
        {"ticket", "số phiếu báo hỏng"},
        {"close", "đóng sự cố"},
        {"merge", "gộp sự cố"},
        {"running", "đang diễn ra"},
        {"over", "đã xong"},
        {"approved", "đã duyệt"},
        {"not approved", "chưa duyệt"},
        {"connected", "đã kết nối"},
        {"silent", "im lặng"},
        {"closed", "đã ngắt"},
        {"never", "chưa từng"},
        {"certain", "chắc chắn"},
        {"likely", "khả năng cao"},
        {"unclear", "chưa rõ"},
        {"applied", "đang dùng"},
        {"not applied yet", "cấu hình mới chưa nhận"},
        {"unit", "đơn vị"},
        {"site", "địa điểm"},
        {"node", "thiết bị"},
        {"service", "dịch vụ"},
        {"incident", "có sự cố"},
        {"measured", "có đo thấy"},
        {"nothing", "không đo thấy lỗi"},
        {"unmeasured", "không có số liệu"},
        {"passed", "đạt"},
        {"failed", "không đạt"},
        {"cancelled", "đã hủy"},
};

static const char *word_in(bool english, const char *word)
{
	for (size_t i = 0; !english && i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].vi;
	return word;
}

/* C1 controls are C2 80 .. C2 9F in UTF-8. */
static void text_tame(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

void table_tame(json_t *v)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(v))
		text_tame((char *)json_string_value(v));
	json_array_foreach(v, i, item) table_tame(item);
	json_object_foreach(v, key, item)
	{
		text_tame((char *)key);
		table_tame(item);
	}
}

/* Columns that the text takes on a terminal; combining marks take none. */
static int text_width(const char *s)
{
	mbstate_t state = {0};
	int width = 0;
	wchar_t c;

	for (size_t n; (n = mbrtowc(&c, s, MB_CUR_MAX, &state)) && n < (size_t)-2; s += n)
		width += wcwidth(c) > 0 ? wcwidth(c) : 0;
	return width;
}

/* "a.b" reaches into an object. */
static const json_t *member(const json_t *row, const char *key)
{
	char part[64];
	const char *dot = strchr(key, '.');

	if (!dot)
		return json_object_get(row, key);
	snprintf(part, sizeof(part), "%.*s", (int)(dot - key), key);
	return member(json_object_get(row, part), dot + 1);
}

void table_cell(bool english, const json_t *row, const struct column *c, char *out, size_t size)
{
	const json_t *v = member(row, c->key);

	out[0] = 0;
	if (c->cell == CELL_TIME && json_is_integer(v)) {
		time_t at = (time_t)(json_integer_value(v) / 1000);
		struct tm tm;
		localtime_r(&at, &tm);
		strftime(out, size, "%d/%m/%Y %H:%M", &tm);
	} else if (c->cell == CELL_MARK) {
		snprintf(out, size, "%s", json_is_true(v) ? english ? "simulated" : "mô phỏng" : "");
	} else if (c->cell == CELL_OUTSIDE) {
		bool outside = json_is_string(v) && !strcmp(json_string_value(v), "outside");
		snprintf(out, size, "%s", !outside ? "" : english ? "seen from outside" : "nhìn từ ngoài");
	} else if (json_is_string(v)) {
		snprintf(out, size, "%s",
		        c->cell == CELL_STATE ? word_in(english, json_string_value(v)) : json_string_value(v));
	} else if (json_is_integer(v)) {
		snprintf(out, size, "%lld", (long long)json_integer_value(v));
	} else if (json_is_real(v)) {
		snprintf(out, size, "%.1f", json_real_value(v));
	}
}

void table_pad(const char *text, int width, bool right, bool last)
{
	int pad = width - text_width(text);

	printf("%*s%s%*s%s", right && pad > 0 ? pad : 0, "", text, !right && !last && pad > 0 ? pad : 0, "",
	        last ? "\n" : "  ");
}

/* The row's cells, or the titles when row is NULL. Nothing is printed after the last cell that has text. */
static void print_row(bool english, const json_t *row, const struct column *columns, const int *width)
{
	char text[TABLE_COLUMNS_MAX][TABLE_CELL_SIZE];
	int last = 0;

	for (int k = 0; columns[k].key; k++) {
		if (row)
			table_cell(english, row, &columns[k], text[k], sizeof(text[k]));
		else
			snprintf(text[k], sizeof(text[k]), "%s", english ? columns[k].en : columns[k].vi);
		last = *text[k] ? k : last;
	}
	for (int k = 0; k <= last; k++)
		table_pad(text[k], width[k], columns[k].cell == CELL_NUMBER, k == last);
}

void table_print(bool english, const json_t *rows, const struct column *columns)
{
	char text[TABLE_CELL_SIZE];
	int width[TABLE_COLUMNS_MAX];
	const json_t *row;
	size_t i;

	for (int k = 0; columns[k].key; k++) {
		width[k] = text_width(english ? columns[k].en : columns[k].vi);
		json_array_foreach(rows, i, row)
		{
			table_cell(english, row, &columns[k], text, sizeof(text));
			width[k] = text_width(text) > width[k] ? text_width(text) : width[k];
		}
	}
	print_row(english, NULL, columns, width);
	json_array_foreach(rows, i, row) print_row(english, row, columns, width);
}
