/*
 * vitals: load, memory and heat of a device, from whichever of its tables tells.
 */
#include <string.h>

#include "agent/poll/kept.h"
#include "common/memory.h"

#define STORAGE_RAM 2 /* hrStorageRam, the last element of its type */
#define SENSOR_CELSIUS 8
#define SENSOR_OK 1
#define SCALE_UNITS 9 /* EntitySensorDataScale: 10^0; each step is a thousand */
#define HEAT_LEAST (-40)
#define HEAT_MOST 150

bool indexed_put(struct indexed *t, size_t most, unsigned field, const struct varbind *v)
{
	uint32_t index;
	int64_t number;
	size_t at = 0;

	if (!varbind_index(v, &index))
		return false;
	if (v->type == VARBIND_OID && v->len)
		number = (uint32_t)v->name[v->len - 1];
	else if (!varbind_number(v, &number))
		return false;
	while (at < t->count && t->rows[at].index != index)
		at++;
	if (at == most)
		return false;
	if (at == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 8;
		t->rows = mem_grow(t->rows, t->capacity, sizeof(*t->rows));
	}
	if (at == t->count) {
		t->rows[t->count++].index = index;
		for (size_t f = 0; f < SENSOR_FIELDS; f++)
			t->rows[at].values[f] = MODEL_UNKNOWN;
	}
	t->rows[at].values[field] = number;
	return true;
}

void indexed_begin(struct indexed *t, unsigned field)
{
	for (size_t i = 0; i < t->count; i++)
		t->rows[i].values[field] = MODEL_UNKNOWN;
}

/* Tenths of a per cent that `used` is of `all`. */
static int64_t share(int64_t used, int64_t all)
{
	if (all <= 0 || used < 0 || used > all)
		return MODEL_UNKNOWN;
	return (int64_t)(1000.0 * (double)used / (double)all + 0.5);
}

static int64_t known_or_zero(int64_t v)
{
	return v == MODEL_UNKNOWN || v < 0 ? 0 : v;
}

/* What caches hold is free when it is needed: only UCD tells that apart, so it goes first. */
static int64_t memory_of(const struct model_work *w)
{
	const int64_t *f = w->figures;
	int64_t total = f[FIGURE_MEMORY_TOTAL], used;

	if (total > 0 && total < INT64_MAX / 4 && f[FIGURE_MEMORY_FREE] >= 0) {
		used = total;
		used -= figure_within(f[FIGURE_MEMORY_FREE], 0, total) == MODEL_UNKNOWN ? 0 : f[FIGURE_MEMORY_FREE];
		for (int i = FIGURE_MEMORY_BUFFER; i <= FIGURE_MEMORY_CACHED; i++)
			if (known_or_zero(f[i]) <= used)
				used -= known_or_zero(f[i]);
		return share(used, total);
	}
	if (figure_within(f[FIGURE_MEMORY_PCT], 0, 100) != MODEL_UNKNOWN)
		return f[FIGURE_MEMORY_PCT] * 10;
	if (f[FIGURE_POOL_USED] >= 0 && f[FIGURE_POOL_FREE] >= 0 && f[FIGURE_POOL_USED] < INT64_MAX / 2 &&
	        f[FIGURE_POOL_FREE] < INT64_MAX / 2)
		return share(f[FIGURE_POOL_USED], f[FIGURE_POOL_USED] + f[FIGURE_POOL_FREE]);
	for (size_t i = 0; i < w->storages.count; i++) {
		const int64_t *s = w->storages.rows[i].values;

		if (s[STORAGE_TYPE] == STORAGE_RAM)
			return share(s[STORAGE_USED], s[STORAGE_SIZE]);
	}
	return MODEL_UNKNOWN;
}

static int64_t cpu_of(const struct model_work *w)
{
	const int64_t *f = w->figures;

	if (w->summed[FIGURE_PROCESSORS])
		return figure_within(f[FIGURE_PROCESSORS] / w->summed[FIGURE_PROCESSORS], 0, 100);
	if (figure_within(f[FIGURE_CPU], 0, 100) != MODEL_UNKNOWN)
		return f[FIGURE_CPU];
	return figure_within(f[FIGURE_CPU_IDLE], 0, 100) == MODEL_UNKNOWN ? MODEL_UNKNOWN : 100 - f[FIGURE_CPU_IDLE];
}

/* RFC 3433: value x 10^(3 x (scale - units)) / 10^precision. */
static double sensor_value(const int64_t *s)
{
	int64_t power =
	        3 * (figure_within(s[SENSOR_SCALE], 1, 17) == MODEL_UNKNOWN ? 0 : s[SENSOR_SCALE] - SCALE_UNITS);
	double value = (double)s[SENSOR_VALUE];

	power -= figure_within(s[SENSOR_PRECISION], -8, 9) == MODEL_UNKNOWN ? 0 : s[SENSOR_PRECISION];
	for (; power > 0; power--)
		value *= 10;
	for (; power < 0; power++)
		value /= 10;
	return value;
}

static int64_t hottest(int64_t a, int64_t b)
{
	b = figure_within(b, HEAT_LEAST, HEAT_MOST);
	return b != MODEL_UNKNOWN && (a == MODEL_UNKNOWN || b > a) ? b : a;
}

static int64_t temperature_of(const struct model_work *w)
{
	int64_t heat = hottest(MODEL_UNKNOWN, w->figures[FIGURE_TEMPERATURE]);

	if (w->figures[FIGURE_TEMPERATURE_TENTHS] != MODEL_UNKNOWN)
		heat = hottest(heat, w->figures[FIGURE_TEMPERATURE_TENTHS] / 10);
	for (size_t i = 0; i < w->sensors.count; i++) {
		const int64_t *s = w->sensors.rows[i].values;
		double value = sensor_value(s);

		if (s[SENSOR_TYPE] == SENSOR_CELSIUS && s[SENSOR_STATUS] == SENSOR_OK &&
		        s[SENSOR_VALUE] != MODEL_UNKNOWN && value > HEAT_LEAST && value < HEAT_MOST)
			heat = hottest(heat, (int64_t)(value + 0.5));
	}
	return heat;
}

void vitals_finish(struct model *m)
{
	m->system.cpu_pct = cpu_of(m->work);
	m->system.memory_used_pct = memory_of(m->work);
	m->system.temperature_c = temperature_of(m->work);
}
