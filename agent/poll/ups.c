/*
 * ups: the four MIBs in which a UPS tells of its battery, brought to one.
 *
 * A card often answers several of them, some in part: the one that tells most is the source, and what it leaves out the others fill in.
 */
#include "agent/poll/kept.h"

#define TICKS_A_SECOND 100
#define RUNTIME_MOST_S (30 * 86400)
#define DECIVOLTS_MOST 10000

#define UPS_SOURCE_BATTERY 5 /* upsOutputSource, xupsOutputSource */
#define APC_ON_BATTERY 3     /* upsBasicOutputStatus */
#define ABM_DISCHARGING 2    /* xupsBatteryAbmStatus */
#define MGE_YES 1
#define MGE_NO 2

static int64_t times(int64_t v, int64_t by)
{
	return figure_within(v, 0, INT32_MAX) == MODEL_UNKNOWN ? MODEL_UNKNOWN : v * by;
}

static int64_t parts(int64_t v, int64_t of)
{
	return figure_within(v, 0, INT32_MAX) == MODEL_UNKNOWN ? MODEL_UNKNOWN : (v + of / 2) / of;
}

static int64_t either(int64_t a, int64_t b)
{
	return a != MODEL_UNKNOWN ? a : b;
}

/* 1 when v is `yes`, 0 for any other value that is told. */
static int is_so(int64_t v, int64_t yes)
{
	return v == MODEL_UNKNOWN ? -1 : v == yes;
}

static void ups_mib(const int64_t *f, struct model_ups *u)
{
	u->battery_status = figure_within(f[FIGURE_UPS_STATUS], 1, 4);
	u->charge_pct = f[FIGURE_UPS_CHARGE];
	u->runtime_s = times(f[FIGURE_UPS_MINUTES], 60);
	u->on_battery = is_so(f[FIGURE_UPS_SOURCE], UPS_SOURCE_BATTERY);
	if (u->on_battery < 0 && f[FIGURE_UPS_ON_BATTERY_S] != MODEL_UNKNOWN)
		u->on_battery = f[FIGURE_UPS_ON_BATTERY_S] > 0;
	u->load_pct = f[FIGURE_UPS_LOAD];
	u->input_dv = times(f[FIGURE_UPS_INPUT_V], 10);
	u->output_dv = times(f[FIGURE_UPS_OUTPUT_V], 10);
	u->battery_dv = f[FIGURE_UPS_BATTERY_DV];
	u->temperature_c = f[FIGURE_UPS_TEMPERATURE];
}

static void powernet(const int64_t *f, struct model_ups *u)
{
	u->battery_status = figure_within(f[FIGURE_APC_STATUS], 1, 4);
	u->charge_pct = either(parts(f[FIGURE_APC_CHARGE_TENTHS], 10), f[FIGURE_APC_CHARGE]);
	u->runtime_s = parts(f[FIGURE_APC_RUNTIME_TICKS], TICKS_A_SECOND);
	u->on_battery = is_so(f[FIGURE_APC_OUTPUT], APC_ON_BATTERY);
	u->load_pct = either(parts(f[FIGURE_APC_LOAD_TENTHS], 10), f[FIGURE_APC_LOAD]);
	u->input_dv = times(f[FIGURE_APC_INPUT_V], 10);
	u->output_dv = times(f[FIGURE_APC_OUTPUT_V], 10);
	u->battery_dv = times(f[FIGURE_APC_BATTERY_V], 10);
	u->temperature_c = f[FIGURE_APC_TEMPERATURE];
}

/* It has no word for the state of the battery but what it does with it. */
static void xups(const int64_t *f, struct model_ups *u)
{
	u->charge_pct = f[FIGURE_XUPS_CHARGE];
	u->runtime_s = figure_within(f[FIGURE_XUPS_RUNTIME_S], 0, RUNTIME_MOST_S);
	u->on_battery = is_so(f[FIGURE_XUPS_SOURCE], UPS_SOURCE_BATTERY);
	if (u->on_battery < 0)
		u->on_battery = is_so(f[FIGURE_XUPS_ABM], ABM_DISCHARGING);
	u->load_pct = f[FIGURE_XUPS_LOAD];
	u->input_dv = times(f[FIGURE_XUPS_INPUT_V], 10);
	u->output_dv = times(f[FIGURE_XUPS_OUTPUT_V], 10);
	u->battery_dv = times(f[FIGURE_XUPS_BATTERY_V], 10);
}

static void mge(const int64_t *f, struct model_ups *u)
{
	if (f[FIGURE_MGE_LOW] == MGE_YES || f[FIGURE_MGE_LOW] == MGE_NO)
		u->battery_status = f[FIGURE_MGE_LOW] == MGE_YES ? 3 : 2;
	u->charge_pct = f[FIGURE_MGE_CHARGE];
	u->runtime_s = figure_within(f[FIGURE_MGE_RUNTIME_S], 0, RUNTIME_MOST_S);
	u->on_battery = is_so(f[FIGURE_MGE_ON_BATTERY], MGE_YES);
	u->load_pct = f[FIGURE_MGE_LOAD];
	u->input_dv = f[FIGURE_MGE_INPUT_DV];
	u->output_dv = f[FIGURE_MGE_OUTPUT_DV];
	u->battery_dv = f[FIGURE_MGE_BATTERY_DV];
}

static const struct ups_source {
	const char *name;
	void (*read)(const int64_t *figures, struct model_ups *u);
} sources[] = {
        {"UPS-MIB", ups_mib},
        {"PowerNet-MIB", powernet},
        {"XUPS-MIB", xups},
        {"MG-SNMP-UPS-MIB", mge},
};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static struct model_ups nothing(void)
{
	return (struct model_ups){.battery_status = MODEL_UNKNOWN,
	        .charge_pct = MODEL_UNKNOWN,
	        .runtime_s = MODEL_UNKNOWN,
	        .load_pct = MODEL_UNKNOWN,
	        .on_battery = -1,
	        .input_dv = MODEL_UNKNOWN,
	        .output_dv = MODEL_UNKNOWN,
	        .battery_dv = MODEL_UNKNOWN,
	        .temperature_c = MODEL_UNKNOWN};
}

static struct model_ups source_read(const struct ups_source *s, const int64_t *figures)
{
	struct model_ups u = nothing();

	s->read(figures, &u);
	u.source = s->name;
	u.charge_pct = figure_within(u.charge_pct, 0, 100);
	u.runtime_s = figure_within(u.runtime_s, 0, RUNTIME_MOST_S);
	u.load_pct = figure_within(u.load_pct, 0, 1000);
	u.input_dv = figure_within(u.input_dv, 0, DECIVOLTS_MOST);
	u.output_dv = figure_within(u.output_dv, 0, DECIVOLTS_MOST);
	u.battery_dv = figure_within(u.battery_dv, 0, DECIVOLTS_MOST);
	u.temperature_c = figure_within(u.temperature_c, -40, 150);
	return u;
}

static int told(const struct model_ups *u)
{
	return (u->battery_status != MODEL_UNKNOWN) + (u->charge_pct != MODEL_UNKNOWN) +
	       (u->runtime_s != MODEL_UNKNOWN) + (u->on_battery >= 0);
}

static void fill_in(struct model_ups *u, const struct model_ups *from)
{
	u->battery_status = either(u->battery_status, from->battery_status);
	u->charge_pct = either(u->charge_pct, from->charge_pct);
	u->runtime_s = either(u->runtime_s, from->runtime_s);
	u->on_battery = u->on_battery >= 0 ? u->on_battery : from->on_battery;
	u->load_pct = either(u->load_pct, from->load_pct);
	u->input_dv = either(u->input_dv, from->input_dv);
	u->output_dv = either(u->output_dv, from->output_dv);
	u->battery_dv = either(u->battery_dv, from->battery_dv);
	u->temperature_c = either(u->temperature_c, from->temperature_c);
}

void ups_finish(struct model *m)
{
	struct model_ups each[SOURCES], *best = NULL;

	for (size_t i = 0; i < SOURCES; i++) {
		each[i] = source_read(&sources[i], m->work->figures);
		if (told(&each[i]) && (!best || told(&each[i]) > told(best)))
			best = &each[i];
	}
	m->ups = best ? *best : nothing();
	for (size_t i = 0; best && i < SOURCES; i++)
		fill_in(&m->ups, &each[i]);
}
