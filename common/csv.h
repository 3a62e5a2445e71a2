/*
 * csv: rows of a spreadsheet as text (RFC 4180), as Excel of any country writes it: UTF-8 with or without BOM, comma, semicolon or
 * tab, lines that end in LF or CRLF, quoted fields with line breaks inside.
 *
 * Pure and bounded: whatever the bytes are, a row is given or the row says what is wrong with it, and reading goes on behind it.
 */
#ifndef SANSANG_CSV_H
#define SANSANG_CSV_H

#include "common/buf.h"

#define CSV_FIELDS_MAX 64
#define CSV_FIELD_MAX 4096

struct csv {
	struct cursor in;
	char separator;
	unsigned line; /* of the file, from 1: where the last row began */
	unsigned next_line;
};

struct csv_row {
	struct buf text; /* owned; the fields, each with its NUL */
	size_t at[CSV_FIELDS_MAX];
	size_t count;
	const char *wrong; /* static English sentence, or NULL */
};

/* Borrows the bytes. The separator is the one that stands most often in the first line. */
void csv_begin(struct csv *c, const void *data, size_t len);
/* False at the end. Rows of nothing but blanks and separators are passed over. */
bool csv_next(struct csv *c, struct csv_row *row);
/* Field k without the blanks around it; "" when the row has none. Borrowed until the next csv_next(). */
const char *csv_field(const struct csv_row *row, size_t k);
void csv_row_free(struct csv_row *row);

#endif
