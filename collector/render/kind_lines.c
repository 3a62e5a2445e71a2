#include "collector/render/kind_lines.h"

#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct words no_data = {"không có số liệu", "no data"};

/* One data source. Without a colour it has a row of figures and no line: its unit is another than the axis's. */
struct lines_row {
	const char *source, *expression, *colour;
	struct words label;
	const char *format, *unit;
	bool area;
};

/* Where the condition holds on `source` the picture is shaded. */
struct lines_band {
	const char *source, *condition, *colour;
	struct words label;
};

static void row_of_figures(struct drawing *d, const char *file, const struct lines_row *row)
{
	char name[16], peak[16], raw[24], peak_raw[24];

	snprintf(name, sizeof(name), "f%u", d->figure_count);
	snprintf(peak, sizeof(peak), "g%u", d->figure_count);
	snprintf(raw, sizeof(raw), "%s_r", name);
	snprintf(peak_raw, sizeof(peak_raw), "%s_r", peak);
	drawing_def(d, raw, file, row->source, "AVERAGE");
	drawing_def(d, peak_raw, file, row->source, "MAX");
	drawing_add(d, "CDEF:%s=%s%s", name, raw, row->expression);
	drawing_add(d, "CDEF:%s=%s%s", peak, peak_raw, row->expression);
	drawing_row(d, drawing_word(d, &row->label));
	drawing_figures(d, name, peak, drawing_word(d, &row->label), row->format, row->unit);
}

static void lines_draw(struct drawing *d, const char *file, const struct lines_row *rows, size_t count)
{
	drawing_heading(d, 11);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].colour)
			drawing_line(d, file, rows[i].source, rows[i].expression, rows[i].colour, &rows[i].label,
			        rows[i].format, rows[i].unit, rows[i].area);
		else
			row_of_figures(d, file, &rows[i]);
	}
}

static void bands_draw(struct drawing *d, const char *file, const struct lines_band *bands, size_t count)
{
	char name[16], condition[64];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "s%zu", i);
		drawing_def(d, name, file, bands[i].source, "AVERAGE");
		snprintf(condition, sizeof(condition), "%s%s", name, bands[i].condition);
		snprintf(name, sizeof(name), "b%zu", i);
		drawing_shade(d, name, condition, bands[i].colour, &bands[i].label, true);
	}
}

void draw_gear(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"rtt_ms", ",1,*", COLOUR_BLUE, {"thời gian trả lời", "response time"}, "%8.2lf", " ms", true},
	        {"poll_ms", ",1,*", COLOUR_ORANGE, {"cả lần đọc", "whole poll"}, "%8.1lf", " ms", false},
	        {"uptime_s", ",86400,/", NULL, {"ngày chạy liên tục", "days since boot"}, "%11.2lf", "", false},
	};
	static const struct lines_band bands[] = {
	        {"up", ",0.5,LT", COLOUR_RED "B0", {"không trả lời", "no answer"}},
	        {"up", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}

void draw_gear_load(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"cpu_pct", ",1,*", COLOUR_BLUE, {"CPU", "CPU"}, "%9.1lf", " %%", true},
	        {"mem_used_pct", ",1,*", COLOUR_ORANGE, {"bộ nhớ", "memory"}, "%9.1lf", " %%", false},
	        {"temperature_c", ",1,*", NULL, {"nhiệt độ", "temperature"}, "%8.1lf", " °C", false},
	};
	static const struct lines_band bands[] = {
	        {"up", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}

static const struct lines_band ups_bands[] = {
        {"on_battery", ",0,GT", COLOUR_RED "60", {"chạy ắc quy", "on battery"}},
        {"on_battery", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
};

void draw_ups(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"charge_pct", ",1,*", COLOUR_GREEN, {"mức ắc quy", "charge"}, "%9.1lf", " %%", true},
	        {"load_pct", ",1,*", COLOUR_ORANGE, {"tải", "load"}, "%9.1lf", " %%", false},
	        {"runtime_min", ",1,*", NULL, {"còn chạy được", "runtime left"}, "%7.1lf", " min", false},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], ups_bands, COUNT(ups_bands));
}

void draw_ups_power(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"input_v", ",1,*", COLOUR_BLUE, {"điện lưới", "mains"}, "%9.1lf", " V", false},
	        {"battery_v", ",1,*", COLOUR_PURPLE, {"ắc quy", "battery"}, "%9.1lf", " V", false},
	        {"temperature_c", ",1,*", NULL, {"nhiệt độ", "temperature"}, "%8.1lf", " °C", false},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], ups_bands, COUNT(ups_bands));
}

void draw_health(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"cpu_stall_pct", ",1,*", COLOUR_BLUE, {"chờ CPU", "waiting for CPU"}, "%9.1lf", " %%", false},
	        {"mem_stall_pct", ",1,*", COLOUR_ORANGE, {"chờ bộ nhớ", "waiting for memory"}, "%9.1lf", " %%", false},
	        {"io_stall_pct", ",1,*", COLOUR_PURPLE, {"chờ đĩa", "waiting for disks"}, "%9.1lf", " %%", false},
	        {"inodes_used_pct", ",1,*", COLOUR_GREEN, {"inode đã dùng", "inodes used"}, "%9.1lf", " %%", false},
	        {"temperature_c", ",1,*", NULL, {"nhiệt độ cao nhất", "hottest sensor"}, "%8.1lf", " °C", false},
	};
	static const struct lines_band bands[] = {
	        {"readonly_fs", ",0,GT", COLOUR_RED "70", {"đĩa chỉ còn đọc được", "read-only file system"}},
	        {"disks_bad", ",0,GT", COLOUR_ORANGE "80", {"ổ đĩa sắp hỏng", "failing disk"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}

/* The offset is signed: late is above the middle, early below. */
void draw_clock(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"offset_ms", ",1,*", COLOUR_BLUE, {"độ lệch", "offset"}, "%8.3lf", " ms", false},
	        {"error_ms", ",1,*", COLOUR_SKY, {"sai số lớn nhất", "maximum error"}, "%8.3lf", " ms", false},
	        {"stratum", ",1,*", NULL, {"tầng (stratum)", "stratum"}, "%11.0lf", "", false},
	};
	static const struct lines_band bands[] = {
	        {"synced", ",0.5,LT", COLOUR_ORANGE "80", {"chưa đồng bộ", "not synchronised"}},
	        {"synced", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
	drawing_add(d, "HRULE:0#30303080");
}

void draw_mtu(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"path_bytes", ",1,*", COLOUR_GREEN, {"gói lớn nhất qua được", "largest that passes"}, "%9.0lf", " B",
	                true},
	        {"full_bytes", ",1,*", COLOUR_GREY, {"gói cỡ đầy đủ", "full size"}, "%9.0lf", " B", false},
	};
	static const struct lines_band bands[] = {
	        {"full_ok", ",0.5,LT", COLOUR_ORANGE "80", {"gói lớn không qua", "large packets vanish"}},
	        {"small_ok", ",0.5,LT", COLOUR_RED "B0", {"gián đoạn", "outage"}},
	        {"small_ok", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}

void draw_certificate(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"days_left", ",1,*", COLOUR_GREEN, {"ngày còn hạn", "days left"}, "%11.1lf", "", true},
	        {"handshake_ms", ",1,*", NULL, {"thời gian bắt tay", "handshake"}, "%8.2lf", " ms", false},
	};
	static const struct lines_band bands[] = {
	        {"days_left", ",14,LT", COLOUR_ORANGE "70", {"còn dưới 14 ngày", "less than 14 days"}},
	        {"trusted", ",0.5,LT", COLOUR_RED "70", {"không tin cậy", "not trusted"}},
	        {"days_left", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}

/* Phases lie on each other: together they are the time to the first byte; the line above them is the whole. */
void draw_http(struct drawing *d, const struct kind_files *files)
{
	static const struct {
		const char *name, *source, *colour;
		struct words label;
	} phases[] = {
	        {"p0", "name_ms", COLOUR_PURPLE, {"tra tên miền", "name"}},
	        {"p1", "connect_ms", COLOUR_GREEN, {"kết nối", "connect"}},
	        {"p2", "tls_ms", COLOUR_ORANGE, {"bắt tay TLS", "TLS"}},
	        {"p3", "first_byte_ms", COLOUR_SKY, {"chờ trả lời", "first byte"}},
	};
	static const struct words total = {"tất cả", "total"};
	static const struct lines_row status[] = {
	        {"status", ",1,*", NULL, {"mã trạng thái", "status"}, "%11.0lf", "", false},
	        {"bytes", ",1,*", NULL, {"dung lượng", "bytes"}, "%8.1lf %s", "B", false},
	};
	static const struct lines_band bands[] = {
	        {"total_ms", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};
	const char *file = files->path[0];

	drawing_heading(d, 11);
	for (size_t i = 0; i < COUNT(phases); i++) {
		char raw[16], peak[16], what[32], text[DRAWING_LABEL_SIZE * 2];
		const char *label = drawing_word(d, &phases[i].label);

		snprintf(raw, sizeof(raw), "%s_r", phases[i].name);
		snprintf(peak, sizeof(peak), "%s_x", phases[i].name);
		snprintf(what, sizeof(what), "AREA:%s", phases[i].name);
		drawing_def(d, raw, file, phases[i].source, "AVERAGE");
		drawing_def(d, peak, file, phases[i].source, "MAX");
		/* a phase that was not needed takes no time */
		drawing_add(d, "CDEF:%s=%s,UN,0,%s,IF", phases[i].name, raw, raw);
		drawing_add(d, "%s%s90:%s%s", what, phases[i].colour,
		        d->tables ? drawing_label(label, text, sizeof(text)) : "", i ? ":STACK" : "");
		drawing_figures(d, raw, peak, label, "%8.1lf", " ms");
	}
	drawing_line(d, file, "total_ms", ",1,*", COLOUR_BLUE, &total, "%8.1lf", " ms", false);
	for (size_t i = 0; i < COUNT(status); i++)
		row_of_figures(d, file, &status[i]);
	bands_draw(d, file, bands, COUNT(bands));
}

void draw_ntp(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"offset_ms", ",1,*", COLOUR_BLUE, {"độ lệch", "offset"}, "%8.3lf", " ms", false},
	        {"delay_ms", ",1,*", COLOUR_ORANGE, {"trễ", "delay"}, "%8.3lf", " ms", false},
	        {"dispersion_ms", ",1,*", COLOUR_SKY, {"độ phân tán", "dispersion"}, "%8.3lf", " ms", false},
	        {"stratum", ",1,*", NULL, {"tầng (stratum)", "stratum"}, "%11.0lf", "", false},
	};
	static const struct lines_band bands[] = {
	        {"offset_ms", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
	drawing_add(d, "HRULE:0#30303080");
}

void draw_echo(struct drawing *d, const struct kind_files *files)
{
	static const struct lines_row rows[] = {
	        {"rtt_ms", ",1,*", COLOUR_BLUE, {"thời gian khứ hồi", "round trip"}, "%8.2lf", " ms", true},
	        {"jitter_ms", ",1,*", COLOUR_ORANGE, {"biến động trễ", "jitter"}, "%8.2lf", " ms", false},
	        {"loss_pct", ",1,*", NULL, {"mất gói", "loss"}, "%9.2lf", " %%", false},
	        {"reordered", ",1,*", NULL, {"sai thứ tự", "reordered"}, "%11.1lf", "", false},
	        {"duplicates", ",1,*", NULL, {"trùng lặp", "duplicates"}, "%11.1lf", "", false},
	};
	static const struct lines_band bands[] = {
	        {"loss_pct", ",99,GE", COLOUR_RED "B0", {"gián đoạn", "outage"}},
	        {"loss_pct", ",UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	};

	lines_draw(d, files->path[0], rows, COUNT(rows));
	bands_draw(d, files->path[0], bands, COUNT(bands));
}
