#include "agent/poll/picture.h"

#include <inttypes.h>
#include <string.h>

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define GREY "\033[90m"
#define PLAIN "\033[0m"

#define STATE_UP 1
#define STATE_DOWN 2
#define LINE_MAX_BYTES 256

static json_t *number(int64_t v)
{
	return v == MODEL_UNKNOWN ? json_null() : json_integer(v);
}

static json_t *scaled(int64_t v, int64_t by)
{
	return v == MODEL_UNKNOWN ? json_null() : json_real((double)v / (double)by);
}

static json_t *interface_json(const struct model_interface *i)
{
	json_t *o = json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "index", (json_int_t)i->index, "name",
	        i->name, "descr", text_json(&i->descr), "alias", text_json(&i->alias), "type", number(i->type),
	        "speed_bps", number(i->speed_bps), "admin", number(i->admin), "oper", number(i->oper));

	json_object_set_new(o, "in_octets", number(i->in_octets));
	json_object_set_new(o, "out_octets", number(i->out_octets));
	json_object_set_new(o, "counter_bits", i->counter_bits ? json_integer(i->counter_bits) : json_null());
	json_object_set_new(o, "in_packets", number(i->in_packets));
	json_object_set_new(o, "out_packets", number(i->out_packets));
	json_object_set_new(o, "in_errors", number(i->in_errors));
	json_object_set_new(o, "out_errors", number(i->out_errors));
	json_object_set_new(o, "in_discards", number(i->in_discards));
	json_object_set_new(o, "out_discards", number(i->out_discards));
	json_object_set_new(
	        o, "last_change_s", number(i->last_change_ticks < 0 ? MODEL_UNKNOWN : i->last_change_ticks / 100));
	return o;
}

static json_t *ups_json(const struct model_ups *u)
{
	if (!u->source)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "source", u->source, "battery_status",
	        number(u->battery_status), "charge_pct", number(u->charge_pct), "runtime_min",
	        number(u->runtime_s == MODEL_UNKNOWN ? MODEL_UNKNOWN : u->runtime_s / 60), "on_battery",
	        u->on_battery < 0 ? json_null() : json_boolean(u->on_battery), "load_pct", number(u->load_pct),
	        "input_v", scaled(u->input_dv, 10), "output_v", scaled(u->output_dv, 10), "battery_v",
	        scaled(u->battery_dv, 10), "temperature_c", number(u->temperature_c));
}

json_t *picture_json(const struct model *m)
{
	const struct model_system *s = &m->system;
	json_t *o = json_pack("{s:o, s:o, s:o}", "sys_name", text_json(&s->name), "sys_descr", text_json(&s->descr),
	        "uptime_s", number(s->uptime_ticks < 0 ? MODEL_UNKNOWN : s->uptime_ticks / 100));
	json_t *interfaces = json_array(), *neighbours = json_array();

	for (size_t i = 0; i < m->interface_count; i++)
		json_array_append_new(interfaces, interface_json(&m->interfaces[i]));
	for (size_t i = 0; i < m->neighbour_count; i++)
		json_array_append_new(neighbours, model_neighbour_json(&m->neighbours[i]));
	json_object_set_new(o, "interfaces", interfaces);
	json_object_set_new(o, "neighbours", neighbours);
	json_object_set_new(o, "ups", ups_json(&m->ups));
	json_object_set_new(o, "sys_object_id", s->object_id[0] ? json_string(s->object_id) : json_null());
	json_object_set_new(o, "sys_location", text_json(&s->location));
	json_object_set_new(o, "running_s", number(s->uptime_s));
	json_object_set_new(o, "cpu_pct", number(s->cpu_pct));
	json_object_set_new(o, "memory_used_pct", scaled(s->memory_used_pct, 10));
	json_object_set_new(o, "temperature_c", number(s->temperature_c));
	return o;
}

/* How many columns of a terminal a text takes, near enough: one a letter. */
static int width_of(const char *s)
{
	int width = 0;

	for (; *s; s++)
		width += ((unsigned char)*s & 0xc0) != 0x80;
	return width;
}

/* printf pads by bytes and cuts letters in two; Vietnamese names need it by letters. */
static void cell(FILE *out, const char *s, int width)
{
	int left = width;
	const char *end = s;

	while (*end && (left || ((unsigned char)*end & 0xc0) == 0x80)) {
		left -= ((unsigned char)*end & 0xc0) != 0x80;
		end++;
	}
	fprintf(out, "%.*s%*s ", (int)(end - s), s, left > 0 ? left : 0, "");
}

static const char *speed_text(int64_t bps, char *out, size_t size)
{
	if (bps == MODEL_UNKNOWN || !bps)
		return "-";
	if (bps >= 1000000000)
		snprintf(out, size, "%.3gG", (double)bps / 1e9);
	else if (bps >= 1000000)
		snprintf(out, size, "%.4gM", (double)bps / 1e6);
	else
		snprintf(out, size, "%.4gk", (double)bps / 1e3);
	return out;
}

static const char *count_text(int64_t v, char *out, size_t size)
{
	static const char units[] = "kMGTPE";
	double d = (double)v;
	int u = -1;

	if (v == MODEL_UNKNOWN)
		return "-";
	for (; d >= 9999.5 && u < 5; u++)
		d /= 1000;
	snprintf(out, size, u < 0 ? "%.0f" : d < 100 ? "%.1f%c" : "%.0f%c", d, units[u < 0 ? 0 : u]);
	return out;
}

static const char *state_text(int64_t state)
{
	static const char *const states[] = {
	        "?", "up", "down", "testing", "unknown", "dormant", "absent", "lower-down"};

	return state > 0 && state < (int64_t)(sizeof(states) / sizeof(states[0])) ? states[state] : states[0];
}

/* Green: as it is meant to be. Red: wanted, but down. */
static const char *state_colour(const struct model_interface *i)
{
	if (i->admin == STATE_DOWN)
		return GREY;
	return i->oper == STATE_UP ? GREEN : i->oper == STATE_DOWN ? RED : YELLOW;
}

static void interface_print(FILE *out, const struct model_interface *i, int name_width, bool colour)
{
	int64_t faults = (i->in_errors > 0 ? i->in_errors : 0) + (i->out_errors > 0 ? i->out_errors : 0);
	char alias[LINE_MAX_BYTES], n[32];

	fprintf(out, "  %6" PRId64 " ", i->index);
	cell(out, i->name, name_width);
	fputs(colour ? state_colour(i) : "", out);
	cell(out, i->admin == STATE_DOWN ? "off" : state_text(i->oper), 10);
	fputs(colour ? PLAIN : "", out);
	fprintf(out, "%7s ", speed_text(i->speed_bps, n, sizeof(n)));
	fprintf(out, "%8s ", count_text(i->in_octets, n, sizeof(n)));
	fprintf(out, "%8s ", count_text(i->out_octets, n, sizeof(n)));
	fprintf(out, "%s%8s%s  ", colour && faults ? YELLOW : "", count_text(faults, n, sizeof(n)),
	        colour ? PLAIN : "");
	fprintf(out, "%s\n", model_text_print(&i->alias, alias, sizeof(alias)));
}

static void heading(FILE *out, size_t count, const char *noun, bool colour)
{
	fprintf(out, "\n%s%zu %s%s%s\n", colour ? BOLD : "", count, noun, count == 1 ? "" : "s", colour ? PLAIN : "");
}

static void interfaces_print(FILE *out, const struct model *m, bool colour)
{
	int width = 9;

	for (size_t i = 0; i < m->interface_count; i++)
		if (width_of(m->interfaces[i].name) > width)
			width = width_of(m->interfaces[i].name);
	if (width > 32)
		width = 32;
	heading(out, m->interface_count, "interface", colour);
	if (m->interface_count)
		fprintf(out, "  %6s %-*s %-10s %7s %8s %8s %8s  %s\n", "index", width, "name", "state", "bit/s", "in B",
		        "out B", "errors", "alias");
	for (size_t i = 0; i < m->interface_count; i++)
		interface_print(out, &m->interfaces[i], width, colour);
}

static void neighbours_print(FILE *out, const struct model *m, bool colour)
{
	char port[LINE_MAX_BYTES], chassis[LINE_MAX_BYTES], system[LINE_MAX_BYTES];

	if (!m->neighbour_count)
		return;
	heading(out, m->neighbour_count, "neighbour", colour);
	for (size_t i = 0; i < m->neighbour_count; i++) {
		const struct model_neighbour *n = &m->neighbours[i];

		model_text_print(&n->local_port, port, sizeof(port));
		fprintf(out, "  %s  ", n->protocol);
		cell(out, port[0] ? port : "?", 24);
		model_text_print(&n->port, port, sizeof(port));
		model_text_print(&n->system, system, sizeof(system));
		model_text_print(&n->chassis, chassis, sizeof(chassis));
		fprintf(out, "-> %s%s%s", system, system[0] ? ", " : "", port);
		fprintf(out, strcmp(system, chassis) ? " (%s)\n" : "\n", chassis);
	}
}

static void ups_print(FILE *out, const struct model_ups *u, bool colour)
{
	static const char *const states[] = {"?", "not known", "normal", "low", "depleted"};
	bool bad = u->on_battery > 0 || u->battery_status > 2;

	if (!u->source)
		return;
	fprintf(out, "\n%sUPS%s  %s%s%s", colour ? BOLD : "", colour ? PLAIN : "", colour ? bad ? RED : GREEN : "",
	        u->on_battery > 0    ? "ON BATTERY"
	        : u->on_battery == 0 ? "on mains"
	                             : "source of power not told",
	        colour ? PLAIN : "");
	if (u->battery_status != MODEL_UNKNOWN)
		fprintf(out, ", battery %s", states[u->battery_status]);
	if (u->charge_pct != MODEL_UNKNOWN)
		fprintf(out, ", %" PRId64 " %% charged", u->charge_pct);
	if (u->runtime_s != MODEL_UNKNOWN)
		fprintf(out, ", %" PRId64 " min left", u->runtime_s / 60);
	if (u->load_pct != MODEL_UNKNOWN)
		fprintf(out, ", load %" PRId64 " %%", u->load_pct);
	if (u->input_dv != MODEL_UNKNOWN)
		fprintf(out, ", input %.0f V", (double)u->input_dv / 10);
	if (u->temperature_c != MODEL_UNKNOWN)
		fprintf(out, ", %" PRId64 " °C", u->temperature_c);
	fprintf(out, " (%s)\n", u->source);
}

static void system_print(FILE *out, const struct model_system *s, bool colour)
{
	char name[LINE_MAX_BYTES], descr[LINE_MAX_BYTES];

	model_text_print(&s->name, name, sizeof(name));
	model_text_print(&s->descr, descr, sizeof(descr));
	fprintf(out, "%s%s%s\n%s%s", colour ? BOLD : "", name[0] ? name : "(no name)", colour ? PLAIN : "", descr,
	        descr[0] ? "\n" : "");
	if (s->uptime_s != MODEL_UNKNOWN)
		fprintf(out, "up %" PRId64 " d %02" PRId64 ":%02" PRId64 "  ", s->uptime_s / 86400,
		        s->uptime_s / 3600 % 24, s->uptime_s / 60 % 60);
	if (s->cpu_pct != MODEL_UNKNOWN)
		fprintf(out, "CPU %" PRId64 " %%  ", s->cpu_pct);
	if (s->memory_used_pct != MODEL_UNKNOWN)
		fprintf(out, "memory %.0f %%  ", (double)s->memory_used_pct / 10);
	if (s->temperature_c != MODEL_UNKNOWN)
		fprintf(out, "%" PRId64 " °C  ", s->temperature_c);
	model_text_print(&s->location, name, sizeof(name));
	fprintf(out, "%s\n", name);
}

void picture_print(FILE *out, const struct model *m, bool colour)
{
	system_print(out, &m->system, colour);
	interfaces_print(out, m, colour);
	neighbours_print(out, m, colour);
	ups_print(out, &m->ups, colour);
}
