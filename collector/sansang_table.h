/*
 * sansang_table: rows of JSON as aligned columns for a terminal, in Vietnamese or English.
 *
 * The command line only. Widths count what a terminal shows (combining marks take nothing), by the
 * LC_CTYPE in force. A column that an answer does not have stays empty.
 */
#ifndef SANSANG_SANSANG_TABLE_H
#define SANSANG_SANSANG_TABLE_H

#include <jansson.h>
#include <stdbool.h>

#define TABLE_COLUMNS_MAX 12
#define TABLE_CELL_SIZE 512

enum cell {
	CELL_TEXT,
	CELL_NUMBER,  /* to the right */
	CELL_TIME,    /* UTC ms, shown in the zone of the one who asks */
	CELL_STATE,   /* a word of ours, translated */
	CELL_MARK,    /* true: "simulated" */
	CELL_OUTSIDE, /* "outside": nobody there tells, it is seen from the collector */
};

struct column {
	const char *vi, *en, *key; /* key may reach inside: "unit.name" */
	enum cell cell;
};

/* `columns` ends with a zero one. Prints to standard output. */
void table_print(bool english, const json_t *rows, const struct column *columns);
/* One cell's text; "" when the row does not have it. */
void table_cell(bool english, const json_t *row, const struct column *c, char *out, size_t size);
/*
 * What comes from afar may hold control characters, which would be commands to the terminal: '?' takes the place of each of their
 * bytes, in every text of `v`, in place.
 */
void table_tame(json_t *v);
/* Prints text within `width`, then two blanks, or the end of the line when `last`. */
void table_pad(const char *text, int width, bool right, bool last);

#endif
