#include "common/csv.h"

#include <string.h>

static const char separators[] = ",;\t";

/* Outside quotes, in the first line. */
static size_t separator_count(struct cursor in, char separator)
{
	size_t count = 0;
	bool quoted = false;
	while (cursor_left(&in)) {
		char b = (char)cursor_u8(&in);
		if (b == '"')
			quoted = !quoted;
		else if (!quoted && b == '\n')
			break;
		count += !quoted && b == separator;
	}
	return count;
}

void csv_begin(struct csv *c, const void *data, size_t len)
{
	size_t most = 0;
	*c = (struct csv){.in = cursor_of(data, len), .separator = separators[0], .line = 1, .next_line = 1};
	struct cursor bom = c->in;
	const uint8_t *mark = len >= 3 ? cursor_bytes(&bom, 3) : NULL;
	if (mark && !memcmp(mark, "\xef\xbb\xbf", 3))
		c->in = bom;
	for (const char *s = separators; *s; s++) {
		size_t count = separator_count(c->in, *s);
		if (count > most) {
			most = count;
			c->separator = *s;
		}
	}
}

static int peek(const struct csv *c)
{
	struct cursor in = c->in;
	return cursor_left(&in) ? cursor_u8(&in) : -1;
}

/* Well-formed UTF-8 without control characters but blanks. */
static bool is_text(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	while (*p) {
		unsigned char b = *p++;
		unsigned more = b < 0x80                ? 0
		                : b >= 0xc2 && b < 0xe0 ? 1
		                : (b & 0xf0) == 0xe0    ? 2
		                : b >= 0xf0 && b < 0xf5 ? 3
		                                        : 9;
		if (more == 9 || b == 0x7f || (b < ' ' && b != '\t' && b != '\n' && b != '\r'))
			return false;
		/* overlong, surrogates, beyond the last plane */
		if ((b == 0xe0 && *p < 0xa0) || (b == 0xed && *p >= 0xa0) || (b == 0xf0 && *p < 0x90) ||
		        (b == 0xf4 && *p >= 0x90))
			return false;
		for (; more; more--)
			if ((*p++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static void wrong(struct csv_row *row, const char *text)
{
	if (!row->wrong)
		row->wrong = text;
}

static void field_put(struct csv_row *row, size_t begin, uint8_t b)
{
	if (!b)
		wrong(row, "a NUL byte stands in it");
	else if (row->text.len - begin >= CSV_FIELD_MAX)
		wrong(row, "a field is longer than 4096 bytes");
	else
		buf_put_u8(&row->text, b);
}

/* One field, what ends it is read too. True when the row goes on. */
static bool field_read(struct csv *c, struct csv_row *row)
{
	size_t begin = row->text.len;
	bool quoted = peek(c) == '"', inside = quoted, more = false;
	if (quoted)
		cursor_u8(&c->in);
	while (cursor_left(&c->in)) {
		uint8_t b = cursor_u8(&c->in);
		if (inside && b == '"' && peek(c) == '"') {
			field_put(row, begin, cursor_u8(&c->in));
		} else if (inside && b == '"') {
			inside = false;
		} else if (!inside && (b == (uint8_t)c->separator || b == '\n')) {
			more = b != '\n';
			c->next_line += b == '\n';
			break;
		} else if (inside || b != '\r') {
			c->next_line += b == '\n';
			field_put(row, begin, b);
		}
	}
	if (inside)
		wrong(row, "a quote is opened and never closed");
	buf_put_u8(&row->text, 0);
	if (!is_text((const char *)row->text.data + begin))
		wrong(row, "it is not UTF-8 text");
	if (row->count < CSV_FIELDS_MAX)
		row->at[row->count++] = begin;
	else
		wrong(row, "it has more than 64 fields");
	return more;
}

/* Blanks around every field go. */
static bool row_trim(struct csv_row *row)
{
	bool any = false;
	for (size_t k = 0; k < row->count; k++) {
		char *s = (char *)row->text.data + row->at[k];
		size_t lead = strspn(s, " \t\r\n"), len = strlen(s);
		while (len > lead && strchr(" \t\r\n", s[len - 1]))
			s[--len] = 0;
		row->at[k] += lead;
		any |= len > lead;
	}
	return any;
}

bool csv_next(struct csv *c, struct csv_row *row)
{
	while (cursor_left(&c->in)) {
		buf_reset(&row->text);
		row->count = 0;
		row->wrong = NULL;
		c->line = c->next_line;
		while (field_read(c, row))
			;
		if (row_trim(row) || row->wrong)
			return true;
	}
	return false;
}

const char *csv_field(const struct csv_row *row, size_t k)
{
	return k < row->count ? (const char *)row->text.data + row->at[k] : "";
}

void csv_row_free(struct csv_row *row)
{
	buf_free(&row->text);
	row->count = 0;
}
