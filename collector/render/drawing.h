/*
 * drawing: arguments of one rrd_graph, put together piece by piece.
 *
 * Every text that goes in is escaped here (':' and '\' for rrdtool, '&' and '<' for Pango). Colours are those of Okabe and
 * Ito (red: Tol's), which people with any colour vision can tell apart. Figures (last, min, average, max, 95th
 * percentile) are shown as a table below the picture and printed for its plain description too.
 *
 * Runs in render.
 */
#ifndef SANSANG_RENDER_DRAWING_H
#define SANSANG_RENDER_DRAWING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRAWING_FIGURES_MAX 16
#define DRAWING_LABEL_SIZE 96

#define COLOUR_BLUE "#0072B2"
#define COLOUR_SKY "#56B4E9"
#define COLOUR_GREEN "#009E73"
#define COLOUR_YELLOW "#F0E442"
#define COLOUR_ORANGE "#E69F00"
#define COLOUR_RED "#CC3311"
#define COLOUR_PURPLE "#CC79A7"
#define COLOUR_GREY "#8A8F98"
#define COLOUR_PALE "#C9CDD3"

enum drawing_language { DRAWING_VI, DRAWING_EN };

/* A text in both languages. */
struct words {
	const char *vi, *en;
};

struct drawing {
	char **argv; /* owned */
	int argc, cap;
	int language;
	bool tables; /* room for the table of figures */
	const char *rrd_dir;
	struct {
		char label[DRAWING_LABEL_SIZE];
		const char *unit;
	} figures[DRAWING_FIGURES_MAX]; /* each printed four values: last, average, max, 95 % */
	unsigned figure_count;
};

void drawing_begin(struct drawing *d, const char *rrd_dir, int language, bool tables);
void drawing_free(struct drawing *d);
const char *drawing_word(const struct drawing *d, const struct words *w);
/* One argument. */
void drawing_add(struct drawing *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "DEF:name=file:source:cf"; `file` is relative to rrd/. */
void drawing_def(struct drawing *d, const char *name, const char *file, const char *source, const char *cf);
/* Text for legends and comments. Returns out. */
const char *drawing_escape(const char *text, char *out, size_t size);
/* The heading of the table of figures, whose columns are `width` letters wide: what their formats print. */
void drawing_heading(struct drawing *d, int width);
/* The first column of a row of the table that has no line in the picture. */
void drawing_row(struct drawing *d, const char *label);
/*
 * The figures of series `name` (its peaks are in `peak`) behind the legend entry that was added last, whose label is
 * `label` padded by drawing_label. `format` is for GPRINT ("%8.2lf"), `unit` is printed with each ("ms", "" with %s formats).
 */
void drawing_figures(
        struct drawing *d, const char *name, const char *peak, const char *label, const char *format, const char *unit);
/* "label" cut or padded to so many letters, escaped. Returns out. */
const char *drawing_pad(const char *label, int letters, char *out, size_t size);
/* "label" padded to the table's first column, escaped. Returns out. */
const char *drawing_label(const char *label, char *out, size_t size);
/* "LINE1:name" or "AREA:name" with its colour, and its label when there is room for the table. */
void drawing_legend(struct drawing *d, const char *what, const char *colour, const char *label);
/*
 * A data source as a line (over a pale area), with a row of figures; `expression` is what makes it the unit shown (",1,*"). The series is
 * called v0, v1 ... in the order of figures, its raw values v0_r.
 */
void drawing_line(struct drawing *d, const char *file, const char *source, const char *expression, const char *colour,
        const struct words *label, const char *format, const char *unit, bool area);
/* Shades all heights where the CDEF condition on it holds: "loss,100,GE". `label` may be NULL. */
void drawing_shade(struct drawing *d, const char *name, const char *condition, const char *colour,
        const struct words *label, bool both_sides);

#endif
