#include "collector/render/kind.h"
#include "collector/render/kind_lines.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct words outage = {"gián đoạn", "outage"};

static void draw_host(struct drawing *d, const struct kind_files *files)
{
	static const struct words cpu = {"CPU", "CPU"}, memory = {"bộ nhớ", "memory"},
	                          disk = {"đĩa đầy nhất", "fullest disk"};
	const char *file = files->path[0];

	drawing_heading(d, 11);
	drawing_line(d, file, "cpu_pct", ",1,*", COLOUR_BLUE, &cpu, "%9.1lf", " %%", true);
	/* memory is a share of the total, which is a source of its own */
	drawing_def(d, "total", file, "mem_total", "AVERAGE");
	drawing_line(d, file, "mem_used", ",total,/,100,*", COLOUR_ORANGE, &memory, "%9.1lf", " %%", false);
	drawing_line(d, file, "disk_used_pct", ",1,*", COLOUR_GREEN, &disk, "%9.1lf", " %%", false);
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static void draw_load(struct drawing *d, const struct kind_files *files)
{
	static const struct words load = {"tải 1 phút", "1-minute load"}, processes = {"số tiến trình", "processes"};

	drawing_heading(d, 11);
	drawing_line(d, files->path[0], "load1", ",1,*", COLOUR_BLUE, &load, "%11.2lf", "", true);
	drawing_def(d, "p_r", files->path[0], "processes", "AVERAGE");
	drawing_def(d, "p_x", files->path[0], "processes", "MAX");
	drawing_row(d, drawing_word(d, &processes));
	drawing_figures(d, "p_r", "p_x", drawing_word(d, &processes), "%11.0lf", "");
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static void draw_memory(struct drawing *d, const struct kind_files *files)
{
	static const struct words used = {"đang dùng", "used"}, total = {"tổng", "total"}, swap = {"hoán đổi", "swap"};

	drawing_heading(d, 11);
	drawing_line(d, files->path[0], "mem_used", ",1,*", COLOUR_ORANGE, &used, "%8.1lf %s", "B", true);
	drawing_line(d, files->path[0], "mem_total", ",1,*", COLOUR_GREY, &total, "%8.1lf %s", "B", false);
	drawing_line(d, files->path[0], "swap_used", ",1,*", COLOUR_PURPLE, &swap, "%8.1lf %s", "B", false);
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static void draw_disk(struct drawing *d, const struct kind_files *files)
{
	static const struct words used = {"đã dùng (đĩa đầy nhất)", "used (fullest disk)"},
	                          left = {"còn trống", "free"};

	drawing_heading(d, 11);
	drawing_line(d, files->path[0], "disk_used_pct", ",1,*", COLOUR_GREEN, &used, "%9.1lf", " %%", true);
	drawing_def(d, "f_r", files->path[0], "disk_free", "AVERAGE");
	drawing_def(d, "f_x", files->path[0], "disk_free", "MAX");
	drawing_row(d, drawing_word(d, &left));
	drawing_figures(d, "f_r", "f_x", drawing_word(d, &left), "%8.1lf %s", "B");
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static void draw_uptime(struct drawing *d, const struct kind_files *files)
{
	static const struct words days = {"ngày chạy liên tục", "days since boot"};

	drawing_heading(d, 11);
	drawing_line(d, files->path[0], "uptime_s", ",86400,/", COLOUR_GREEN, &days, "%11.2lf", "", true);
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static void draw_traffic(struct drawing *d, const struct kind_files *files)
{
	static const struct {
		const char *name, *source, *sign, *colour;
		struct words label;
	} sides[] = {
	        {"in", "in_octets", "", COLOUR_BLUE, {"vào ↑", "in ↑"}},
	        {"out", "out_octets", ",-1,*", COLOUR_ORANGE, {"ra ↓", "out ↓"}},
	};

	drawing_heading(d, 14);
	for (size_t i = 0; i < COUNT(sides); i++) {
		const char *n = sides[i].name;
		char peak[16], what[32];

		snprintf(peak, sizeof(peak), "%s_top", n);
		snprintf(what, sizeof(what), "LINE1:%s_s", n);
		drawing_def(d, i ? "ob" : "ib", files->path[0], sides[i].source, "AVERAGE");
		drawing_def(d, i ? "obx" : "ibx", files->path[0], sides[i].source, "MAX");
		drawing_add(d, "CDEF:%s=%s,8,*", n, i ? "ob" : "ib");
		drawing_add(d, "CDEF:%s=%s,8,*", peak, i ? "obx" : "ibx");
		drawing_add(d, "CDEF:%s_s=%s%s,1,*", n, n, sides[i].sign);
		drawing_add(d, "CDEF:%s_t=%s%s,1,*", n, peak, sides[i].sign);
		drawing_add(d, "AREA:%s_t%s28", n, sides[i].colour);
		drawing_add(d, "AREA:%s_s%s60", n, sides[i].colour);
		drawing_legend(d, what, sides[i].colour, drawing_word(d, &sides[i].label));
		drawing_figures(d, n, peak, drawing_word(d, &sides[i].label), "%7.1lf %s", "bit/s");
	}
	drawing_add(d, "VDEF:in95=in,95,PERCENTNAN");
	drawing_add(d, "LINE1:in95" COLOUR_BLUE "B0::dashes=4,4");
	drawing_add(d, "CDEF:out_down=out,-1,*");
	drawing_add(d, "VDEF:out95=out_down,5,PERCENTNAN");
	drawing_add(d, "LINE1:out95" COLOUR_ORANGE "B0::dashes=4,4");
	drawing_add(d, "HRULE:0#30303080");
	drawing_shade(d, "gone", "ib,UN", COLOUR_GREY "40", &no_data, true);
}

/* Round trip with its spread like smoke, behind it the loss as bands. */
static void draw_path(struct drawing *d, const struct kind_files *files)
{
	static const struct words rtt = {"thời gian khứ hồi", "round trip"}, loss = {"mất gói", "loss"};
	static const struct {
		const char *name, *condition, *colour;
		struct words label;
	} bands[] = {
	        {"gone", "loss,UN", COLOUR_GREY "40", {"không có số liệu", "no data"}},
	        {"b1", "loss,0,GT,loss,5,LE,*", COLOUR_YELLOW "70", {"mất gói đến 5 %", "loss up to 5 %"}},
	        {"b2", "loss,5,GT,loss,20,LE,*", COLOUR_ORANGE "80", {"đến 20 %", "to 20 %"}},
	        {"b3", "loss,20,GT,loss,99,LT,*", COLOUR_PURPLE "A0", {"trên 20 %", "above 20 %"}},
	        {"b4", "loss,99,GE", COLOUR_RED "B0", {"gián đoạn", "outage"}},
	};
	const char *file = files->path[0];

	drawing_def(d, "loss", file, "loss_pct", "AVERAGE");
	drawing_def(d, "loss_x", file, "loss_pct", "MAX");
	drawing_def(d, "low", file, "rtt_min_ms", "AVERAGE");
	drawing_def(d, "high", file, "rtt_max_ms", "MAX");
	for (size_t i = 0; i < COUNT(bands); i++)
		drawing_shade(d, bands[i].name, bands[i].condition, bands[i].colour, NULL, false);
	drawing_add(d, "CDEF:spread=high,low,-");
	drawing_add(d, "AREA:low#00000000");
	drawing_add(d, "AREA:spread" COLOUR_SKY "60::STACK");
	drawing_heading(d, 11);
	drawing_line(d, file, "rtt_ms", ",1,*", COLOUR_BLUE, &rtt, "%8.2lf", " ms", false);
	drawing_row(d, drawing_word(d, &loss));
	drawing_figures(d, "loss", "loss_x", drawing_word(d, &loss), "%9.2lf", " %%");
	if (!d->tables)
		return;
	for (size_t i = 1; i <= COUNT(bands); i++) {
		size_t k = i % COUNT(bands); /* "no data" last */

		drawing_add(d, "CDEF:%s_key=%s,POP,UNKN", bands[k].name, bands[k].name);
		drawing_add(d, "AREA:%s_key%s:%s ", bands[k].name, bands[k].colour, drawing_word(d, &bands[k].label));
	}
}

static void draw_service(struct drawing *d, const struct kind_files *files)
{
	static const struct words connect = {"thời gian kết nối", "connect time"}, up = {"tỷ lệ hoạt động", "up"},
	                          partly = {"gián đoạn một phần", "partly down"};
	const char *file = files->path[0];

	drawing_def(d, "up", file, "up", "AVERAGE");
	drawing_heading(d, 11);
	drawing_line(d, file, "connect_ms", ",1,*", COLOUR_BLUE, &connect, "%8.2lf", " ms", true);
	drawing_add(d, "CDEF:share=up,100,*");
	drawing_row(d, drawing_word(d, &up));
	drawing_figures(d, "share", "share", drawing_word(d, &up), "%9.2lf", " %%");
	drawing_shade(d, "part", "up,0.999,LT,up,0.5,GE,*", COLOUR_ORANGE "80", &partly, false);
	drawing_shade(d, "down", "up,0.5,LT", COLOUR_RED "B0", &outage, false);
	drawing_shade(d, "gone", "up,UN", COLOUR_GREY "40", &no_data, false);
}

/* A row of height 1, of which 0.86 are coloured by what is true of the service: one of four is, the others are 0. */
static void services_row(struct drawing *d, const struct kind_files *files, unsigned i)
{
	static const struct {
		const char *name, *condition, *colour;
	} states[] = {
	        {"g", "%s,0.999,GE", COLOUR_GREEN},
	        {"p", "%s,0.999,LT,%s,0.5,GE,*", COLOUR_ORANGE},
	        {"d", "%s,0.5,LT", COLOUR_RED},
	        {"n", "%s,UN", COLOUR_PALE},
	};
	char name[16], condition[80];

	snprintf(name, sizeof(name), "u%u", i);
	drawing_def(d, name, files->path[i], "up", "AVERAGE");
	for (size_t k = 0; k < COUNT(states); k++) {
		snprintf(condition, sizeof(condition), states[k].condition, name, name);
		drawing_add(d, "CDEF:%s_%s=%s,0.86,0,IF", name, states[k].name, condition);
		drawing_add(d, "AREA:%s_%s%s%s", name, states[k].name, states[k].colour, i || k ? "::STACK" : "");
	}
	drawing_add(d, "CDEF:%s_s=%s,UN,0.14,0.14,IF", name, name);
	drawing_add(d, "AREA:%s_s#00000000::STACK", name);
}

/* Number and name with the share of time that it was up; two to a line. */
static void services_figures(struct drawing *d, const struct kind_files *files, unsigned i)
{
	bool tables = d->tables, line_ends = i % 2 || i + 1 == files->count;
	char name[16], text[DRAWING_LABEL_SIZE + 16], label[DRAWING_LABEL_SIZE * 2];

	snprintf(name, sizeof(name), "u%u_h", i);
	drawing_add(d, "CDEF:%s=u%u,100,*", name, i);
	snprintf(text, sizeof(text), "%2u  %s", i + 1, files->name[i]);
	if (tables)
		drawing_add(d, "COMMENT:%s", drawing_pad(text, 46, label, sizeof(label)));
	d->tables = false;
	drawing_figures(d, name, name, files->name[i], "%7.2lf", " %%");
	d->tables = tables;
	if (tables)
		drawing_add(d, "GPRINT:%s_va:%%6.2lf %%%%%s", name, line_ends ? "\\l" : "    ");
}

/* A row a service: green while up, red while down, grey where nobody knows. */
static void draw_services(struct drawing *d, const struct kind_files *files)
{
	static const struct words up = {"hoạt động", "up"}, partly = {"gián đoạn một phần", "partly down"};
	static const struct {
		const char *colour;
		const struct words *label;
	} keys[] = {{COLOUR_GREEN, &up}, {COLOUR_ORANGE, &partly}, {COLOUR_RED, &outage}, {COLOUR_PALE, &no_data}};

	drawing_add(d, "--y-grid");
	drawing_add(d, "1:1");
	drawing_add(d, "--left-axis-format=%%.0lf");
	for (unsigned i = 0; i < files->count; i++)
		services_row(d, files, i);
	for (unsigned i = 0; i < files->count; i++)
		services_figures(d, files, i);
	if (!d->tables)
		return;
	drawing_add(d, "CDEF:key=u0,POP,UNKN");
	for (size_t i = 0; i < COUNT(keys); i++)
		drawing_add(d, "AREA:key%s:%s  ", keys[i].colour, drawing_word(d, keys[i].label));
}

static void draw_agent(struct drawing *d, const struct kind_files *files)
{
	static const struct words backlog = {"lô chờ gửi", "batches waiting"}, cpu = {"CPU của trạm đo", "agent's CPU"},
	                          memory = {"bộ nhớ trạm đo", "agent's memory"};
	static const struct {
		const char *name, *source;
		const struct words *label;
		const char *format, *unit;
	} figures[] = {{"c", "cpu_pct", &cpu, "%9.3lf", " %%"}, {"m", "rss", &memory, "%8.1lf %s", "B"}};

	drawing_heading(d, 11);
	drawing_line(d, files->path[0], "spool_batches", ",1,*", COLOUR_PURPLE, &backlog, "%11.0lf", "", true);
	for (size_t i = 0; i < COUNT(figures); i++) {
		char peak[8];

		snprintf(peak, sizeof(peak), "%sx", figures[i].name);
		drawing_def(d, figures[i].name, files->path[0], figures[i].source, "AVERAGE");
		drawing_def(d, peak, files->path[0], figures[i].source, "MAX");
		drawing_row(d, drawing_word(d, figures[i].label));
		drawing_figures(d, figures[i].name, peak, drawing_word(d, figures[i].label), figures[i].format,
		        figures[i].unit);
	}
	drawing_shade(d, "gone", "v0_r,UN", COLOUR_GREY "40", &no_data, false);
}

static const struct graph_kind kinds[] = {
        {"uplink", CLASS_UPLINK, 1, {"Kênh truyền", "Line"}, {"ms", "ms"}, "loss_pct", "-l 0 -X 0", draw_path},
        {"traffic", CLASS_UPLINK, 1, {"Lưu lượng kênh truyền", "Line traffic"}, {"bit/s", "bit/s"}, "in_octets", "",
                draw_traffic},
        {"services", CLASS_SERVICE, KIND_FILES_MAX, {"Các dịch vụ", "Services"}, {"dịch vụ", "service"}, "up",
                "-l 0 -r", draw_services},
        {"service", CLASS_SERVICE, 1, {"Dịch vụ", "Service"}, {"ms", "ms"}, "up", "-l 0 -X 0", draw_service},
        {"path", CLASS_PATH, 1, {"Đường đến", "Path to"}, {"ms", "ms"}, "loss_pct", "-l 0 -X 0", draw_path},
        {"host", CLASS_HOST, 1, {"Máy chủ", "Host"}, {"%", "%"}, "cpu_pct", "-l 0 -u 100 -r", draw_host},
        {"load", CLASS_HOST, 1, {"Tải", "Load"}, {"tải", "load"}, "load1", "-l 0 -X 0", draw_load},
        {"memory", CLASS_HOST, 1, {"Bộ nhớ", "Memory"}, {"byte", "bytes"}, "mem_used", "-l 0 -b 1024", draw_memory},
        {"disk", CLASS_HOST, 1, {"Ổ đĩa", "Disk"}, {"%", "%"}, "disk_used_pct", "-l 0 -u 100 -r", draw_disk},
        {"uptime", CLASS_HOST, 1, {"Thời gian chạy liên tục", "Uptime"}, {"ngày", "days"}, "uptime_s", "-l 0",
                draw_uptime},
        {"traffic", CLASS_INTERFACE, 1, {"Lưu lượng cổng", "Traffic of"}, {"bit/s", "bit/s"}, "in_octets", "",
                draw_traffic},
        {"ups", CLASS_UPS, 1, {"Bộ lưu điện", "UPS"}, {"%", "%"}, "on_battery", "-l 0 -u 100 -r", draw_ups},
        {"power", CLASS_UPS, 1, {"Điện áp bộ lưu điện", "Voltages of UPS"}, {"V", "V"}, "input_v", "-l 0 -X 0",
                draw_ups_power},
        {"gear", CLASS_GEAR, 1, {"Thiết bị mạng", "Gear"}, {"ms", "ms"}, "up", "-l 0 -X 0", draw_gear},
        {"gear-load", CLASS_GEAR, 1, {"Tải thiết bị mạng", "Load of gear"}, {"%", "%"}, "up", "-l 0 -u 100 -r",
                draw_gear_load},
        {"certificate", CLASS_TLS, 1, {"Chứng thư", "Certificate"}, {"ngày", "days"}, "days_left", "-l 0 -X 0",
                draw_certificate},
        {"http", CLASS_HTTP, 1, {"Các pha trả lời web", "Web phases"}, {"ms", "ms"}, "total_ms", "-l 0 -X 0",
                draw_http},
        {"ntp", CLASS_NTP, 1, {"Máy chủ thời gian", "Time server"}, {"ms", "ms"}, "offset_ms", "-X 0", draw_ntp},
        {"echo", CLASS_ECHO, 1, {"Chất lượng ping", "Echo quality"}, {"ms", "ms"}, "loss_pct", "-l 0 -X 0", draw_echo},
        {"mtu", CLASS_MTU, 1, {"Cỡ gói qua đường", "Packet size to"}, {"byte", "bytes"}, "small_ok", "-l 0 -X 0",
                draw_mtu},
        {"health", CLASS_HEALTH, 1, {"Sức khỏe máy", "Health"}, {"%", "%"}, "cpu_stall_pct", "-l 0 -u 100 -r",
                draw_health},
        {"clock", CLASS_CLOCK, 1, {"Đồng hồ", "Clock"}, {"ms", "ms"}, "synced", "-X 0", draw_clock},
        {"agent", CLASS_AGENT, 1, {"Trạm đo", "Agent"}, {"lô", "batches"}, "spool_batches", "-l 0 -X 0", draw_agent},
};

const struct graph_kind *kind_of(const char *name, enum metric_class_id class)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].class == class && strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const struct graph_kind *kind_named(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const struct graph_kind *kind_default(enum metric_class_id class)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].class == class && kinds[i].files_most == 1)
			return &kinds[i];
	return NULL;
}

const struct graph_kind *kind_at(unsigned i)
{
	return i < COUNT(kinds) ? &kinds[i] : NULL;
}
