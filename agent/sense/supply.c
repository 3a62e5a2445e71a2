#include "agent/sense/supply.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define POWER (NUT_ON_BATTERY | NUT_ON_MAINS)

struct unit {
	char name[NUT_NAME_MAX];
	unsigned status; /* last told */
	bool lost;       /* told */
	bool measured;   /* `last` is filled */
	struct nut_readings last;
};

struct supply {
	const struct sink *sink;
	struct unit units[NUT_UPS_MAX];
	size_t count;
};

/* What is told when it begins and when it ends; `gasp`: leaves at once. */
static const struct {
	unsigned status;
	const char *begins, *ends;
	bool gasp;
} changes[] = {
        {NUT_ON_BATTERY, "on-battery", "on-mains", true},
        {NUT_LOW, "low", "no-longer-low", true},
        {NUT_FORCED, "forced-shutdown", "shutdown-withdrawn", true},
        {NUT_OFF, "off", "on", true},
        {NUT_BYPASS, "bypass", "bypass-ended", true},
        {NUT_OVERLOAD, "overload", "overload-ended", true},
        {NUT_REPLACE, "replace-battery", "battery-good", false},
        {NUT_ALARM, "alarm", "alarm-ended", false},
};

static const char *name_among(const struct supply *s, size_t ups, const char *only)
{
	return s->count > 1 ? s->units[ups].name : only;
}

static void tell(struct supply *s, size_t ups, const char *what)
{
	const struct unit *u = &s->units[ups];
	char text[256];
	int len = snprintf(text, sizeof(text), "%s %.100s", name_among(s, ups, "ups"), what);

	if (u->measured && isfinite(u->last.charge_pct))
		len += snprintf(text + len, sizeof(text) - (size_t)len, " charge %.0f %%", u->last.charge_pct);
	if (u->measured && isfinite(u->last.runtime_s))
		snprintf(text + len, sizeof(text) - (size_t)len, " runtime %.0f min", u->last.runtime_s / 60);
	log_info("ups: %s", text);
	s->sink->event(s->sink->arg, clock_boot_ms(), "ups", text);
}

/* As it is told: a battery that is being calibrated does not mean that the mains are gone; what it does not say is as it was. */
static unsigned told_status(unsigned before, unsigned status)
{
	if (status & NUT_CALIBRATING)
		status &= ~(unsigned)NUT_ON_BATTERY;
	return status & POWER ? status : status | (before & POWER);
}

void supply_status(struct supply *s, size_t ups, unsigned status)
{
	struct unit *u = &s->units[ups];
	unsigned changed;
	bool gasp = false;

	status = told_status(u->status, status);
	changed = u->status ^ status;
	u->status = status;
	if (u->lost) {
		u->lost = false;
		tell(s, ups, "found");
	}
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (!(changed & changes[i].status))
			continue;
		tell(s, ups, status & changes[i].status ? changes[i].begins : changes[i].ends);
		gasp |= changes[i].gasp;
	}
	if (status & POWER)
		s->sink->state(s->sink->arg, clock_boot_ms(), CLASS_UPS, name_among(s, ups, ""),
		        !(status & NUT_ON_BATTERY), status & NUT_ON_BATTERY ? REASON_STATUS : REASON_OK);
	if (gasp)
		s->sink->urgent(s->sink->arg);
}

void supply_readings(struct supply *s, size_t ups, int64_t row_boot_ms, const struct nut_readings *r)
{
	const struct metric *m = metric_class(CLASS_UPS)->metrics;
	int64_t values[METRIC_COLUMNS_MAX];

	s->units[ups].last = *r;
	s->units[ups].measured = true;
	supply_status(s, ups, r->status);
	values[UPS_ON_BATTERY] = r->status & POWER ? !!(r->status & NUT_ON_BATTERY) : METRIC_UNKNOWN;
	values[UPS_CHARGE] = metric_scaled(&m[UPS_CHARGE], r->charge_pct);
	values[UPS_RUNTIME] = metric_scaled(&m[UPS_RUNTIME], r->runtime_s / 60);
	values[UPS_LOAD] = metric_scaled(&m[UPS_LOAD], r->load_pct);
	values[UPS_INPUT] = metric_scaled(&m[UPS_INPUT], r->input_v);
	values[UPS_BATTERY] = metric_scaled(&m[UPS_BATTERY], r->battery_v);
	values[UPS_TEMPERATURE] = metric_scaled(&m[UPS_TEMPERATURE], r->temperature_c);
	s->sink->row(s->sink->arg, CLASS_UPS, name_among(s, ups, ""), row_boot_ms, values);
}

void supply_lost(struct supply *s, size_t ups, const char *why)
{
	char what[128];

	if (s->units[ups].lost)
		return;
	s->units[ups].lost = true;
	snprintf(what, sizeof(what), "lost (%s)", why);
	tell(s, ups, what);
}

void supply_set(struct supply *s, const struct nut *nut)
{
	s->count = nut_count(nut);
	for (size_t i = 0; i < s->count; i++) {
		if (!strcmp(s->units[i].name, nut_name(nut, i)))
			continue;
		s->units[i] = (struct unit){0};
		strcpy(s->units[i].name, nut_name(nut, i));
	}
}

struct supply *supply_new(const struct sink *sink)
{
	struct supply *s = mem_alloc(sizeof(*s));

	s->sink = sink;
	return s;
}

void supply_free(struct supply *s)
{
	free(s);
}
