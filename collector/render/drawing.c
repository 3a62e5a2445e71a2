#include "collector/render/drawing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define LABEL_WIDTH 24

static const struct words headings[] = {
        {"mới nhất", "last"},
        {"nhỏ nhất", "min"},
        {"trung bình", "average"},
        {"lớn nhất", "max"},
        {"95 %", "95 %"},
};

void drawing_begin(struct drawing *d, const char *rrd_dir, int language, bool tables)
{
	*d = (struct drawing){.rrd_dir = rrd_dir, .language = language, .tables = tables};
}

void drawing_free(struct drawing *d)
{
	for (int i = 0; i < d->argc; i++)
		free(d->argv[i]);
	free(d->argv);
	d->argv = NULL;
}

const char *drawing_word(const struct drawing *d, const struct words *w)
{
	return d->language == DRAWING_EN ? w->en : w->vi;
}

void drawing_add(struct drawing *d, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	if (d->argc + 1 >= d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->argv = mem_grow(d->argv, (size_t)d->cap, sizeof(char *));
	}
	d->argv[d->argc++] = text;
	d->argv[d->argc] = NULL;
}

const char *drawing_escape(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 8 < size; text++) {
		const char *as = *text == '&'    ? "&amp;"
		                 : *text == '<'  ? "&lt;"
		                 : *text == '>'  ? "&gt;"
		                 : *text == ':'  ? "\\:"
		                 : *text == '\\' ? "\\\\"
		                                 : NULL;

		if (as)
			n += (size_t)snprintf(out + n, size - n, "%s", as);
		else
			out[n++] = *text;
	}
	out[n] = 0;
	return out;
}

/* A path is no Pango text: only rrdtool's own escape. */
static size_t escape_path(const char *part, char *out, size_t size)
{
	size_t n = 0;

	for (; *part && n + 3 < size; part++) {
		if (*part == ':' || *part == '\\')
			out[n++] = '\\';
		out[n++] = *part;
	}
	out[n] = 0;
	return n;
}

void drawing_def(struct drawing *d, const char *name, const char *file, const char *source, const char *cf)
{
	char dir[1024], path[600];

	escape_path(d->rrd_dir, dir, sizeof(dir));
	escape_path(file, path, sizeof(path));
	drawing_add(d, "DEF:%s=%s/%s:%s:%s", name, dir, path, source, cf);
}

/* Letters, not bytes: what a Vietnamese text takes in a fixed-width font. */
static int letters_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

const char *drawing_pad(const char *label, int letters, char *out, size_t size)
{
	char padded[DRAWING_LABEL_SIZE * 2];
	size_t n = 0;

	for (; *label && n + 5 < sizeof(padded); label++) {
		if ((*label & 0xc0) != 0x80 && letters-- == 0)
			break;
		padded[n++] = *label;
	}
	while (letters-- > 0 && n + 1 < sizeof(padded))
		padded[n++] = ' ';
	padded[n] = 0;
	return drawing_escape(padded, out, size);
}

const char *drawing_label(const char *label, char *out, size_t size)
{
	return drawing_pad(label, LABEL_WIDTH, out, size);
}

/* Piece by piece like a row of figures: rrdtool sets each with the same space. */
void drawing_heading(struct drawing *d, int width)
{
	if (!d->tables)
		return;
	drawing_row(d, "");
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		const char *text = drawing_word(d, &headings[i]);
		int pad = width - letters_of(text);

		drawing_add(d, "COMMENT:%*s%s%s", pad > 0 ? pad : 0, "", text,
		        i + 1 == sizeof(headings) / sizeof(headings[0]) ? "\\l" : "");
	}
}

void drawing_row(struct drawing *d, const char *label)
{
	char text[DRAWING_LABEL_SIZE * 2];

	if (d->tables)
		drawing_add(d, "COMMENT:  %s", drawing_label(label, text, sizeof(text)));
}

void drawing_figures(
        struct drawing *d, const char *name, const char *peak, const char *label, const char *format, const char *unit)
{
	static const struct {
		const char *name, *function;
		bool of_peak, described;
	} figures[] = {{"vl", "LAST", false, true}, {"vn", "MINIMUM", false, false}, {"va", "AVERAGE", false, true},
	        {"vx", "MAXIMUM", true, true}, {"vp", "95,PERCENTNAN", false, true}};
	char text[DRAWING_LABEL_SIZE], escaped_unit[32];

	snprintf(text, sizeof(text), "%s", label);
	drawing_escape(unit, escaped_unit, sizeof(escaped_unit));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		drawing_add(d, "VDEF:%s_%s=%s,%s", name, figures[i].name, figures[i].of_peak ? peak : name,
		        figures[i].function);
		if (d->tables)
			drawing_add(d, "GPRINT:%s_%s:%s%s%s", name, figures[i].name, format, escaped_unit,
			        i == 4 ? "\\l" : "");
		if (figures[i].described)
			drawing_add(d, "PRINT:%s_%s:%s%s", name, figures[i].name, format, escaped_unit);
	}
	if (d->figure_count < DRAWING_FIGURES_MAX) {
		memcpy(d->figures[d->figure_count].label, text, sizeof(text));
		d->figures[d->figure_count++].unit = unit;
	}
}

void drawing_shade(struct drawing *d, const char *name, const char *condition, const char *colour,
        const struct words *label, bool both_sides)
{
	char text[DRAWING_LABEL_SIZE * 2] = "";

	if (label && d->tables)
		drawing_escape(drawing_word(d, label), text, sizeof(text));
	drawing_add(d, "CDEF:%s=%s,INF,UNKN,IF", name, condition);
	drawing_add(d, *text ? "AREA:%s%s:%s  " : "AREA:%s%s%s", name, colour, text);
	if (!both_sides)
		return;
	drawing_add(d, "CDEF:%s_under=%s,NEGINF,UNKN,IF", name, condition);
	drawing_add(d, "AREA:%s_under%s", name, colour);
}

void drawing_legend(struct drawing *d, const char *what, const char *colour, const char *label)
{
	char text[DRAWING_LABEL_SIZE * 2];

	if (d->tables)
		drawing_add(d, "%s%s:%s", what, colour, drawing_label(label, text, sizeof(text)));
	else
		drawing_add(d, "%s%s", what, colour);
}

void drawing_line(struct drawing *d, const char *file, const char *source, const char *expression, const char *colour,
        const struct words *label, const char *format, const char *unit, bool area)
{
	char raw[48], peak_raw[48], name[32], peak[32], what[48];

	snprintf(name, sizeof(name), "v%u", d->figure_count);
	snprintf(peak, sizeof(peak), "x%u", d->figure_count);
	snprintf(raw, sizeof(raw), "%s_r", name);
	snprintf(peak_raw, sizeof(peak_raw), "%s_r", peak);
	drawing_def(d, raw, file, source, "AVERAGE");
	drawing_def(d, peak_raw, file, source, "MAX");
	drawing_add(d, "CDEF:%s=%s%s", name, raw, expression);
	drawing_add(d, "CDEF:%s=%s%s", peak, peak_raw, expression);
	if (area) {
		drawing_add(d, "AREA:%s%s30", name, colour);
	}
	snprintf(what, sizeof(what), "LINE1.5:%s", name);
	drawing_legend(d, what, colour, drawing_word(d, label));
	drawing_figures(d, name, peak, drawing_word(d, label), format, unit);
}
