#include "agent/poll/gear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/ports.h"
#include "common/batch.h"
#include "common/buf.h"
#include "common/memory.h"

#define FULL_EVERY 15         /* polls: names and neighbours change seldom */
#define RESTART_SLACK_S 60    /* seconds that a device's clock may be off */
#define TICKS_WRAP_S 42949672 /* 2^32 hundredths: 497 days */
#define NEIGHBOURS_BYTES_MAX (BATCH_TEXT_MAX - METRIC_NODE_MAX - 8)

enum ups_state { UPS_STATE_NONE, UPS_STATE_MAINS, UPS_STATE_BATTERY, UPS_STATE_LOW };

struct gear {
	const char *id;
	const struct sink *sink;
	struct model *model;
	struct ports ports;
	unsigned polls_since_full;
	bool want_full, known, up, told_slow, told_getnext;
	int64_t uptime_s, uptime_ms; /* as told last, and when; -1: never */
	uint64_t neighbours_hash;
	enum ups_state ups;
	unsigned lost; /* since the last row */
};

struct gear *gear_new(const char *id, const struct sink *sink)
{
	struct gear *g = mem_alloc(sizeof(*g));

	g->id = id;
	g->sink = sink;
	g->model = model_new();
	g->want_full = true;
	g->uptime_s = -1;
	return g;
}

void gear_free(struct gear *g)
{
	model_free(g->model);
	ports_free(&g->ports);
	free(g);
}

struct model *gear_model(struct gear *g)
{
	return g->model;
}

bool gear_up(const struct gear *g)
{
	return g->known && g->up;
}

void gear_begin(struct gear *g)
{
	bool full = g->want_full || ++g->polls_since_full >= FULL_EVERY;

	if (full)
		g->polls_since_full = 0;
	model_begin(g->model, full);
}

static void tell(const struct gear *g, int64_t boot_ms, const char *kind, const char *words)
{
	char text[BATCH_TEXT_MAX];

	snprintf(text, sizeof(text), "%s/ %s", g->id, words);
	g->sink->event(g->sink->arg, boot_ms, kind, text);
}

static void row_clear(int64_t *values)
{
	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		values[i] = METRIC_UNKNOWN;
}

static int64_t times(int64_t v, int64_t factor)
{
	return v == MODEL_UNKNOWN ? METRIC_UNKNOWN : v * factor;
}

/* ---- restarts ---- */

/* Its clock says less than it would, had it run on, or wrapped. */
static bool restarted(const struct gear *g, int64_t boot_ms)
{
	int64_t now_s = g->model->system.uptime_s, passed_s, expected_s, slack_s;

	if (g->uptime_s < 0 || now_s == MODEL_UNKNOWN)
		return false;
	passed_s = (boot_ms - g->uptime_ms) / 1000;
	expected_s = g->uptime_s + passed_s;
	slack_s = RESTART_SLACK_S + passed_s / 20;
	if (now_s >= g->uptime_s && now_s + slack_s >= expected_s)
		return false;
	return expected_s < TICKS_WRAP_S - slack_s || now_s + TICKS_WRAP_S + slack_s < expected_s;
}

static void remember_uptime(struct gear *g, int64_t boot_ms)
{
	if (g->model->system.uptime_s == MODEL_UNKNOWN)
		return;
	g->uptime_s = g->model->system.uptime_s;
	g->uptime_ms = boot_ms;
}

/* ---- what is told ---- */

static void state_tell(struct gear *g, int64_t boot_ms, bool up, enum reason reason)
{
	char subject[METRIC_INSTANCE_MAX];

	g->known = true;
	g->up = up;
	snprintf(subject, sizeof(subject), "%s/", g->id);
	g->sink->state(g->sink->arg, boot_ms, CLASS_GEAR, subject, up, reason);
}

static void gear_row(struct gear *g, int64_t boot_ms, const struct walk_result *r, bool up)
{
	const struct model_system *s = &g->model->system;
	char subject[METRIC_INSTANCE_MAX];
	int64_t values[METRIC_COLUMNS_MAX];

	row_clear(values);
	values[GEAR_UP] = up;
	values[GEAR_VALUES] = r->values;
	values[GEAR_LOST] = g->lost;
	g->lost = 0;
	if (up) {
		values[GEAR_RTT] = r->rtt_us;
		values[GEAR_POLL] = r->took_us / 100;
		values[GEAR_UPTIME] = s->uptime_s;
		values[GEAR_CPU] = times(s->cpu_pct, 10);
		values[GEAR_MEM_USED] = s->memory_used_pct;
		values[GEAR_TEMPERATURE] = times(s->temperature_c, 10);
	}
	snprintf(subject, sizeof(subject), "%s/", g->id);
	g->sink->row(g->sink->arg, CLASS_GEAR, subject, boot_ms, values);
}

static void ups_row(struct gear *g, int64_t boot_ms)
{
	const struct model_ups *u = &g->model->ups;
	char subject[METRIC_INSTANCE_MAX];
	int64_t values[METRIC_COLUMNS_MAX];

	row_clear(values);
	if (u->on_battery >= 0)
		values[UPS_ON_BATTERY] = u->on_battery;
	values[UPS_CHARGE] = times(u->charge_pct, 10);
	values[UPS_RUNTIME] = u->runtime_s == MODEL_UNKNOWN ? METRIC_UNKNOWN : u->runtime_s / 6;
	values[UPS_LOAD] = times(u->load_pct, 10);
	values[UPS_INPUT] = u->input_dv;
	values[UPS_BATTERY] = u->battery_dv;
	values[UPS_TEMPERATURE] = times(u->temperature_c, 10);
	snprintf(subject, sizeof(subject), "%s/", g->id);
	g->sink->row(g->sink->arg, CLASS_UPS, subject, boot_ms, values);
}

static void ups_tell(struct gear *g, int64_t boot_ms)
{
	static const char *const words[] = {"unknown", "on-mains", "on-battery", "low"};
	const struct model_ups *u = &g->model->ups;
	char subject[METRIC_INSTANCE_MAX], text[128];
	enum ups_state now;

	if (!u->source)
		return;
	ups_row(g, boot_ms);
	if (u->on_battery < 0)
		return;
	now = u->battery_status == 3 || u->battery_status == 4 ? UPS_STATE_LOW
	      : u->on_battery                                  ? UPS_STATE_BATTERY
	                                                       : UPS_STATE_MAINS;
	snprintf(subject, sizeof(subject), "%s/", g->id);
	g->sink->state(g->sink->arg, boot_ms, CLASS_UPS, subject, !u->on_battery, REASON_OK);
	if (now == g->ups || (now == UPS_STATE_MAINS && g->ups == UPS_STATE_NONE)) {
		g->ups = now;
		return;
	}
	g->ups = now;
	snprintf(text, sizeof(text), "%s charge %lld%% runtime %lld min", words[now],
	        (long long)(u->charge_pct == MODEL_UNKNOWN ? -1 : u->charge_pct),
	        (long long)(u->runtime_s == MODEL_UNKNOWN ? -1 : u->runtime_s / 60));
	tell(g, boot_ms, "ups", text);
	if (now != UPS_STATE_MAINS)
		g->sink->urgent(g->sink->arg); /* a last gasp */
}

static void neighbours_tell(struct gear *g, int64_t boot_ms)
{
	uint64_t hash = 14695981039346656037u;
	char *json;

	if (!g->model->full)
		return;
	json = model_neighbours_json(g->model, NEIGHBOURS_BYTES_MAX);
	for (const char *p = json ? json : ""; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 1099511628211u;
	/* a device that never had any says nothing */
	if (json && hash != g->neighbours_hash && (g->neighbours_hash || g->model->neighbour_count))
		tell(g, boot_ms, "neighbours", json);
	g->neighbours_hash = hash;
	free(json);
}

static void pace_tell(struct gear *g, int64_t boot_ms, const struct walk_result *r)
{
	char text[160];

	if (r->getnext && !g->told_getnext)
		tell(g, boot_ms, "getnext", "does not answer GETBULK: it is walked with GETNEXT");
	g->told_getnext = r->getnext;
	if (r->slow && !g->told_slow) {
		snprintf(text, sizeof(text), "is asked for less at a time: %u values in %lld ms%s%s", r->values,
		        (long long)(r->took_us / 1000), r->note[0] ? ", " : "", r->note);
		tell(g, boot_ms, "slow-gear", text);
		g->told_slow = true;
	}
}

bool gear_told(struct gear *g, int64_t boot_ms, const struct walk_result *r)
{
	struct buf renumbered = {0};
	bool again = restarted(g, boot_ms), full = g->model->full;
	char text[96];

	g->lost += r->retries;
	state_tell(g, boot_ms, true, REASON_OK);
	if (again) {
		snprintf(text, sizeof(text), "restarted %lld s ago", (long long)g->model->system.uptime_s);
		tell(g, boot_ms, "gear-restarted", text);
	}
	remember_uptime(g, boot_ms);
	pace_tell(g, boot_ms, r);
	gear_row(g, boot_ms, r, true);
	ups_tell(g, boot_ms);
	if (again)
		ports_restart(&g->ports);
	g->want_full = !full && (again || g->model->stranger);
	/* names of before its restart may be other interfaces' now */
	if (!g->want_full)
		ports_told(&g->ports, g->model, g->id, boot_ms, g->sink, &renumbered);
	if (renumbered.len) {
		buf_put_u8(&renumbered, 0);
		tell(g, boot_ms, "renumbered", (const char *)renumbered.data);
	}
	buf_free(&renumbered);
	neighbours_tell(g, boot_ms);
	return !g->want_full;
}

void gear_silent(struct gear *g, int64_t boot_ms, const struct walk_result *r, bool sure)
{
	g->lost += r->retries + 1;
	/* what was asked in vain may have been the slow things */
	g->want_full |= g->model->full;
	if (!sure)
		return;
	state_tell(g, boot_ms, false, r->reason);
	gear_row(g, boot_ms, r, false);
}

bool gear_interface(const struct gear *g, int64_t index, char *out, size_t size)
{
	const char *name = ports_name(&g->ports, index);

	if (name)
		snprintf(out, size, "%s/%s", g->id, name);
	return name != NULL;
}
