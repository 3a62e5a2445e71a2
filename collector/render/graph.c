#include "collector/render/graph.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/memory.h"

#define DAY_S 86400
#define TABLES_FROM_HEIGHT 170
#define TITLE_LETTER_PX 9
#define SMALL_BELOW_HEIGHT 230
#define PRINTS_PER_FIGURE 4
#define PRINTS_MAX (DRAWING_FIGURES_MAX * PRINTS_PER_FIGURE)
#define PRINT_SIZE 48

static const struct words simulated_mark = {"SỐ LIỆU MÔ PHỎNG", "SIMULATED DATA"};
static const struct words nothing = {"Chưa có số liệu trong khoảng thời gian này", "No data in this period"};
static const struct words went_live = {"Vận hành chính thức", "Go-live"};
static const struct words trial_began = {"Bắt đầu vận hành thử", "Trial began"};

/* ---- the request ---- */

static void take_string(json_t *o, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));

	snprintf(out, size, "%s", s ? s : "");
}

static int64_t take_number(json_t *o, const char *key, int64_t fallback)
{
	json_t *v = json_object_get(o, key);

	return json_is_number(v) ? (int64_t)json_number_value(v) : fallback;
}

int graph_request_read(
        struct graph_request *r, const char *json, size_t len, int64_t now_ms, int language, char *why, size_t size)
{
	json_t *o = json_loadb(json, len, 0, NULL);
	const char *words = json_string_value(json_object_get(o, "language")),
	           *format = json_string_value(json_object_get(o, "format"));

	memset(r, 0, sizeof(*r));
	if (!json_is_object(o)) {
		json_decref(o);
		snprintf(why, size, "a JSON object expected");
		return -EINVAL;
	}
	take_string(o, "target", r->target, sizeof(r->target));
	take_string(o, "graph", r->graph, sizeof(r->graph));
	take_string(o, "title", r->title, sizeof(r->title));
	r->to_s = take_number(o, "to", now_ms / 1000);
	r->from_s = take_number(o, "from", r->to_s - DAY_S);
	int64_t width = take_number(o, "width", 900), height = take_number(o, "height", 240);
	r->width = (unsigned)(width < GRAPH_WIDTH_MIN   ? GRAPH_WIDTH_MIN
	                      : width > GRAPH_WIDTH_MAX ? GRAPH_WIDTH_MAX
	                                                : width);
	r->height = (unsigned)(height < GRAPH_HEIGHT_MIN   ? GRAPH_HEIGHT_MIN
	                       : height > GRAPH_HEIGHT_MAX ? GRAPH_HEIGHT_MAX
	                                                   : height);
	r->png = format && strcmp(format, "png") == 0;
	r->language = words ? strcmp(words, "en") == 0 : language;
	bool format_known = !format || r->png || strcmp(format, "svg") == 0;
	json_decref(o);
	if (!format_known || r->from_s < 0 || r->to_s <= r->from_s || r->to_s - r->from_s > INT64_C(20) * 366 * DAY_S) {
		snprintf(why, size,
		        format_known ? "from and to: Unix seconds, from before to, at most 20 years"
		                     : "format: svg or png");
		return -EINVAL;
	}
	return 0;
}

/* ---- the frame of the picture ---- */

/* Time axis by seconds a pixel: names of days and months are left out, for they would be English. */
static const struct {
	double below;
	const char *grid;
} time_axes[] = {
        {3, "MINUTE:1:MINUTE:5:MINUTE:5:0:%H:%M"},
        {8, "MINUTE:5:MINUTE:15:MINUTE:15:0:%H:%M"},
        {20, "MINUTE:10:HOUR:1:HOUR:1:0:%H:%M"},
        {60, "MINUTE:30:HOUR:2:HOUR:2:0:%H:%M"},
        {130, "HOUR:1:HOUR:6:HOUR:4:0:%H:%M"},
        {350, "HOUR:3:HOUR:12:HOUR:12:0:%d/%m %H:%M"},
        {1000, "HOUR:6:DAY:1:DAY:1:86400:%d/%m"},
        {2500, "HOUR:12:DAY:1:DAY:2:86400:%d/%m"},
        {6000, "DAY:1:WEEK:1:DAY:7:86400:%d/%m"},
        {20000, "WEEK:1:MONTH:1:MONTH:1:2592000:%m/%Y"},
        {1e30, "MONTH:1:MONTH:3:MONTH:3:0:%m/%Y"},
};

static void add_options(struct drawing *d, const char *options)
{
	char copy[64], *save, *word;

	snprintf(copy, sizeof(copy), "%s", options);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		drawing_add(d, "%s", word);
}

static void add_time_axis(struct drawing *d, const struct graph_request *r)
{
	double seconds_px = (double)(r->to_s - r->from_s) / (r->width - 80.0);
	size_t i = 0;

	while (seconds_px >= time_axes[i].below)
		i++;
	drawing_add(d, "--x-grid");
	drawing_add(d, "%s", time_axes[i].grid);
}

/* Cuts at a letter's end, where the picture ends. */
static void cut_title(char *title, unsigned width)
{
	unsigned letters = 0, most = width / TITLE_LETTER_PX - 1;
	char *end = NULL;

	for (char *p = title; *p; p++) {
		if ((*p & 0xc0) == 0x80)
			continue;
		if (++letters == most)
			end = p;
	}
	if (letters > most)
		strcpy(end, "…");
}

static void plain_title(const struct graph_request *r, const struct graph_target *t, char *out, size_t size)
{
	snprintf(out, size, "%s", *r->title ? r->title : t->title);
}

/* A title has no ':' to escape, only what Pango would take for markup. */
static void escape_markup(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (*out = 0; *text && n + 6 < size; text++)
		n += (size_t)(*text == '&'   ? snprintf(out + n, size - n, "&amp;")
		              : *text == '<' ? snprintf(out + n, size - n, "&lt;")
		                             : snprintf(out + n, size - n, "%c", *text));
}

static void add_frame(struct drawing *d, const struct graph_request *r, const struct graph_target *t)
{
	static const char *const options[] = {"--full-size-mode", "--pango-markup", "--slope-mode",
	        "--disable-rrdtool-tag", "--border=0", "--font=DEFAULT:8:DejaVu Sans",
	        "--font=TITLE:10:DejaVu Sans Bold", "--font=WATERMARK:8:DejaVu Sans Bold", "--color=BACK#FFFFFF",
	        "--color=CANVAS#FFFFFF", "--color=GRID#E7EAEE", "--color=MGRID#C9CFD8", "--color=FONT#1F2933",
	        "--color=AXIS#7B8794", "--color=ARROW#00000000", "--color=FRAME#7B8794", "--grid-dash=1:0"};
	char title[512], escaped[1024];

	drawing_add(d, "rrdtool");
	drawing_add(d, "-");
	drawing_add(d, "--imgformat=%s", r->png ? "PNG" : "SVG");
	drawing_add(d, "--start=%lld", (long long)r->from_s);
	drawing_add(d, "--end=%lld", (long long)r->to_s);
	drawing_add(d, "--width=%u", r->width);
	drawing_add(d, "--height=%u", r->height);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		drawing_add(d, "%s", options[i]);
	plain_title(r, t, title, sizeof(title));
	cut_title(title, r->width);
	escape_markup(title, escaped, sizeof(escaped));
	drawing_add(d, "--font=LEGEND:%d:DejaVu Sans Mono", r->height < SMALL_BELOW_HEIGHT ? 7 : 8);
	drawing_add(d, "--title");
	drawing_add(d, "%s", escaped);
	drawing_add(d, "--vertical-label");
	drawing_add(d, "%s", drawing_word(d, &t->kind->axis));
	add_time_axis(d, r);
	add_options(d, t->kind->scale);
	if (t->simulated) {
		drawing_add(d, "--watermark");
		drawing_add(d, "<span foreground=\"" COLOUR_RED "\">%s</span>", drawing_word(d, &simulated_mark));
	}
}

static void add_instant(
        struct drawing *d, const struct graph_request *r, int64_t at_ms, const char *label, const char *colour)
{
	char escaped[256];

	if (!at_ms || at_ms / 1000 < r->from_s || at_ms / 1000 > r->to_s)
		return;
	if (d->tables)
		drawing_add(d, "VRULE:%lld%s:%s  :dashes=5,3", (long long)(at_ms / 1000), colour,
		        drawing_escape(label, escaped, sizeof(escaped)));
	else
		drawing_add(d, "VRULE:%lld%s::dashes=5,3", (long long)(at_ms / 1000), colour);
}

static void add_instants(struct drawing *d, const struct graph_request *r, const struct inventory *inv)
{
	if (!inv)
		return;
	add_instant(d, r, inv->go_live, drawing_word(d, &went_live), "#1F2933");
	add_instant(d, r, inv->trial_from, drawing_word(d, &trial_began), "#52606D");
	for (size_t i = 0; i < inv->milestone_count; i++)
		if (inv->milestones[i].at != inv->go_live && inv->milestones[i].at != inv->trial_from)
			add_instant(d, r, inv->milestones[i].at, inv->milestones[i].name, COLOUR_PURPLE);
}

/* ---- is there anything to show? ---- */

static bool file_has_data(const char *rrd_dir, const char *path, const char *source, const struct graph_request *r)
{
	char *full = mem_printf("%s/%s", rrd_dir, path), **names = NULL;
	time_t start = r->from_s, end = r->to_s;
	unsigned long step = (unsigned long)((r->to_s - r->from_s) / r->width), columns = 0, watched = 0;
	double *data = NULL;
	bool found = false;

	step = step ? step : 1;
	rrd_clear_error();
	if (rrd_fetch_r(full, "AVERAGE", &start, &end, &step, &columns, &names, &data) == 0) {
		for (unsigned long c = 0; c < columns; c++) {
			if (strcmp(names[c], source) == 0)
				watched = c;
			rrd_freemem(names[c]);
		}
		for (size_t i = watched; i < (size_t)(end - start) / step * columns && !found; i += columns)
			found = !isnan(data[i]);
		rrd_freemem(names);
		rrd_freemem(data);
	}
	free(full);
	return found;
}

static bool target_has_data(const char *rrd_dir, const struct graph_target *t, const struct graph_request *r)
{
	for (unsigned i = 0; i < t->files.count; i++)
		if (file_has_data(rrd_dir, t->files.path[i], t->kind->watched, r))
			return true;
	return false;
}

/* ---- the plain description ---- */

static void put_xml(struct buf *out, const char *text)
{
	for (; *text; text++) {
		const char *as = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;

		if (as)
			buf_put(out, as, strlen(as));
		else if ((unsigned char)*text >= 0x20)
			buf_put_u8(out, (uint8_t)*text);
	}
}

static void put_time(struct buf *out, int64_t at_s)
{
	time_t at = at_s;
	struct tm tm;
	char text[32];

	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%d/%m/%Y %H:%M", &tm);
	buf_put(out, text, strlen(text));
}

static const char *trim(char *text)
{
	while (*text == ' ')
		text++;
	for (size_t n = strlen(text); n && text[n - 1] == ' '; n--)
		text[n - 1] = 0;
	return text;
}

static void put_figures(struct buf *out, const struct drawing *d, char prints[][PRINT_SIZE])
{
	static const struct words names[PRINTS_PER_FIGURE] = {
	        {"mới nhất", "last"}, {"trung bình", "average"}, {"lớn nhất", "max"}, {"95 %", "95th percentile"}};

	for (unsigned f = 0; f < d->figure_count; f++) {
		put_xml(out, "; ");
		put_xml(out, d->figures[f].label);
		buf_put_u8(out, ':');
		for (unsigned i = 0; i < PRINTS_PER_FIGURE; i++) {
			const char *value = trim(prints[f * PRINTS_PER_FIGURE + i]);

			buf_put_u8(out, ' ');
			put_xml(out, drawing_word(d, &names[i]));
			buf_put_u8(out, ' ');
			put_xml(out, strstr(value, "nan") ? "?" : value);
			if (i + 1 < PRINTS_PER_FIGURE)
				buf_put_u8(out, ',');
		}
	}
}

static void put_description(struct buf *out, const struct drawing *d, const struct graph_request *r,
        const struct graph_target *t, char prints[][PRINT_SIZE], bool data)
{
	char title[512];

	plain_title(r, t, title, sizeof(title));
	buf_put(out, "<title>", 7);
	put_xml(out, title);
	buf_put(out, "</title><desc>", 14);
	put_xml(out, title);
	buf_put(out, ". ", 2);
	put_time(out, r->from_s);
	buf_put(out, " - ", 3);
	put_time(out, r->to_s);
	if (t->simulated) {
		buf_put(out, "; ", 2);
		put_xml(out, drawing_word(d, &simulated_mark));
	}
	if (data) {
		put_figures(out, d, prints);
	} else {
		buf_put(out, "; ", 2);
		put_xml(out, drawing_word(d, &nothing));
	}
	buf_put(out, "</desc>", 7);
}

/* ---- drawing ---- */

static void add_content(struct drawing *d, const struct graph_request *r, const struct graph_target *t,
        const struct inventory *inv, bool data)
{
	if (data) {
		t->kind->draw(d, &t->files);
	} else {
		drawing_add(d, "--y-grid=none");
		drawing_add(d, "HRULE:0#00000000");
		drawing_add(d, "COMMENT: \\n");
		drawing_add(d, "COMMENT:<span size=\"large\" foreground=\"#52606D\">%s</span>\\c",
		        drawing_word(d, &nothing));
	}
	add_instants(d, r, inv);
}

static void picture_put(struct buf *out, const struct graph_request *r, const struct graph_target *t,
        const struct drawing *d, const rrd_info_t *info, bool data)
{
	char prints[PRINTS_MAX][PRINT_SIZE];
	const rrd_blob_t *image = NULL;
	unsigned n;

	memset(prints, 0, sizeof(prints));
	for (; info; info = info->next) {
		if (strcmp(info->key, "image") == 0 && info->type == RD_I_BLO)
			image = &info->value.u_blo;
		else if (info->type == RD_I_STR && sscanf(info->key, "print[%u]", &n) == 1 && n < PRINTS_MAX)
			snprintf(prints[n], PRINT_SIZE, "%s", info->value.u_str);
	}
	if (!image)
		return;
	const char *begin = (const char *)image->ptr, *svg = r->png ? NULL : memmem(begin, image->size, "<svg", 4);
	const char *end = svg ? memchr(svg, '>', image->size - (size_t)(svg - begin)) : NULL;
	if (!end) {
		buf_put(out, begin, image->size);
		return;
	}
	buf_put(out, begin, (size_t)(end + 1 - begin));
	put_description(out, d, r, t, prints, data);
	buf_put(out, end + 1, image->size - (size_t)(end + 1 - begin));
}

int graph_draw(const struct graph_request *r, const struct graph_target *t, const struct inventory *inv,
        const char *rrd_dir, struct buf *out, char *why, size_t size)
{
	bool data = target_has_data(rrd_dir, t, r);
	struct drawing d;
	size_t before = out->len;

	drawing_begin(&d, rrd_dir, r->language, r->height >= TABLES_FROM_HEIGHT);
	add_frame(&d, r, t);
	add_content(&d, r, t, inv, data);
	rrd_clear_error();
	rrd_info_t *info = rrd_graph_v(d.argc, d.argv);
	if (info && !rrd_test_error())
		picture_put(out, r, t, &d, info, data);
	else
		snprintf(why, size, "rrdtool: %s", rrd_get_error());
	rrd_info_free(info);
	drawing_free(&d);
	if (out->len == before && !*why)
		snprintf(why, size, "rrdtool gave no picture");
	return out->len > before ? 0 : -EIO;
}
