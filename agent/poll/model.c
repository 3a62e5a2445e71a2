#include "agent/poll/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/kept.h"
#include "common/memory.h"

#define PEAK_MAX 10000 /* of per cents, degrees and their tenths: Huawei writes 2^31 - 1 for "none" */

struct model *model_new(void)
{
	struct model *m = mem_alloc(sizeof(*m));

	m->work = mem_alloc(sizeof(*m->work));
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	text_pool_empty(&m->work->texts);
	free(m->work->storages.rows);
	free(m->work->sensors.rows);
	free(m->work->ports);
	free(m->work);
	free(m->interfaces);
	free(m->neighbours);
	free(m);
}

static bool is_narrow(const struct model_ask *a)
{
	return a->thing == THING_INTERFACE && a->field >= IFACE_IN_OCTETS_32;
}

static bool is_asked(const struct model *m, size_t row)
{
	const struct model_ask *a = &model_asks[row];

	if (m->full)
		return true;
	return a->period == MODEL_EVERY && m->work->answered[row] && (m->work->narrow || !is_narrow(a));
}

static void plan(struct model *m)
{
	struct model_work *w = m->work;

	w->root_count = 0;
	for (size_t i = 0; i < model_asks_count; i++) {
		const struct model_ask *a = &model_asks[i];

		if (!is_asked(m, i))
			continue;
		w->roots[w->root_count] = (struct walk_root){.oid = a->root, .oid_len = a->root_len, .table = a->table};
		w->asks[w->root_count++] = (uint8_t)i;
	}
}

static void forget(struct model *m)
{
	struct model_work *w = m->work;

	memset(w->answered, 0, sizeof(w->answered));
	m->interface_count = m->neighbour_count = 0;
	w->interface_at = w->neighbour_at = w->port_at = w->port_count = 0;
	w->storages.count = w->sensors.count = 0;
	memset(&m->system, 0, sizeof(m->system));
	text_pool_empty(&w->texts);
}

void model_begin(struct model *m, bool full)
{
	struct model_work *w = m->work;

	m->full = full || !w->known;
	m->stranger = false;
	if (m->full)
		forget(m);
	plan(m);
	for (size_t i = 0; i < FIGURE_COUNT; i++)
		w->figures[i] = MODEL_UNKNOWN;
	memset(w->summed, 0, sizeof(w->summed));
	for (size_t r = 0; r < w->root_count; r++) {
		const struct model_ask *a = &model_asks[w->asks[r]];

		if (a->thing == THING_STORAGE || a->thing == THING_SENSOR)
			indexed_begin(a->thing == THING_STORAGE ? &w->storages : &w->sensors, a->field);
	}
	interfaces_begin(m);
}

const struct walk_root *model_roots(struct model *m, size_t *count)
{
	*count = m->work->root_count;
	return m->work->roots;
}

bool varbind_number(const struct varbind *v, int64_t *number)
{
	switch (v->type) {
	case VARBIND_INTEGER:
	case VARBIND_COUNTER:
	case VARBIND_GAUGE:
	case VARBIND_TICKS:
		*number = (int64_t)v->number;
		return *number != MODEL_UNKNOWN;
	case VARBIND_COUNTER64:
		*number = (int64_t)(v->number & INT64_MAX);
		return true;
	default:
		return false;
	}
}

bool varbind_index(const struct varbind *v, uint32_t *index)
{
	if (v->oid_len - v->index_at != 1)
		return false;
	*index = (uint32_t)v->oid[v->index_at];
	return true;
}

bool varbind_text(const struct varbind *v, struct text_pool *pool, struct model_text *text)
{
	if (v->type != VARBIND_BYTES)
		return false;
	*text = text_keep(pool, v->len ? (const void *)v->bytes : "", v->len);
	return text->data != NULL;
}

int64_t figure_within(int64_t value, int64_t least, int64_t most)
{
	return value < least || value > most ? MODEL_UNKNOWN : value;
}

static bool figure_put(struct model_work *w, const struct model_ask *ask, const struct varbind *v)
{
	int64_t *figure = &w->figures[ask->field], number;

	if (!varbind_number(v, &number) || (ask->thing == THING_MOST && number > PEAK_MAX))
		return false;
	if (*figure == MODEL_UNKNOWN)
		*figure = number;
	else if (ask->thing == THING_MOST && number > *figure)
		*figure = number;
	else if (ask->thing == THING_SUM && __builtin_add_overflow(*figure, number, figure))
		return *figure = MODEL_UNKNOWN, false;
	w->summed[ask->field]++;
	return true;
}

static bool text_put(struct model *m, const struct model_ask *ask, const struct varbind *v)
{
	struct model_text *const texts[] = {
	        [TEXT_NAME] = &m->system.name, [TEXT_DESCR] = &m->system.descr, [TEXT_LOCATION] = &m->system.location};

	return varbind_text(v, &m->work->texts, texts[ask->field]);
}

static bool object_put(struct model *m, const struct varbind *v)
{
	size_t at = 0;

	if (v->type != VARBIND_OID)
		return false;
	m->system.object_id[0] = 0;
	for (size_t i = 0; i < v->len && at + 12 < sizeof(m->system.object_id); i++)
		at += (size_t)snprintf(m->system.object_id + at, sizeof(m->system.object_id) - at, i ? ".%u" : "%u",
		        (uint32_t)v->name[i]);
	return true;
}

static bool put(struct model *m, const struct model_ask *ask, const struct varbind *v)
{
	switch ((enum model_thing)ask->thing) {
	case THING_INTERFACE:
	case THING_INTERFACE_TEXT:
		return interface_put(m, ask, v);
	case THING_FIRST:
	case THING_MOST:
	case THING_SUM:
		return figure_put(m->work, ask, v);
	case THING_TEXT:
		return text_put(m, ask, v);
	case THING_OBJECT:
		return object_put(m, v);
	case THING_STORAGE:
		return indexed_put(&m->work->storages, STORAGES_MAX, ask->field, v);
	case THING_SENSOR:
		return indexed_put(&m->work->sensors, SENSORS_MAX, ask->field, v);
	case THING_PORT:
		return port_put(m, ask, v);
	case THING_NEIGHBOUR:
		return neighbour_put(m, ask, v);
	}
	return false;
}

void model_put(struct model *m, const struct varbind *v)
{
	struct model_work *w = m->work;

	if (v->root >= w->root_count || v->index_at >= v->oid_len || !put(m, &model_asks[w->asks[v->root]], v))
		m->refused++;
	else
		w->answered[w->asks[v->root]] = true;
}

/*
 * sysUpTime counts hundredths in 32 bits. The engine's clock, in seconds, began with it or shortly before: the turns
 * that fit between them are added. hrSystemUptime wraps alike and does not help.
 */
static int64_t uptime_of(int64_t ticks, int64_t engine_s)
{
	int64_t turns;

	if (ticks == MODEL_UNKNOWN || ticks < 0 || ticks > UINT32_MAX)
		return MODEL_UNKNOWN;
	if (engine_s < 0 || engine_s > INT32_MAX || engine_s * 100 < ticks)
		return ticks / 100;
	turns = (engine_s * 100 - ticks + (INT64_C(1) << 31)) >> 32;
	if (llabs(engine_s * 100 - ticks - (turns << 32)) > engine_s + 60000)
		turns = 0; /* they did not begin together */
	return (ticks + (turns << 32)) / 100;
}

void model_finish(struct model *m)
{
	const int64_t *f = m->work->figures;

	m->system.uptime_ticks = f[FIGURE_UPTIME];
	m->system.host_ticks = f[FIGURE_HOST_UPTIME];
	m->system.engine_s = f[FIGURE_ENGINE_TIME];
	m->system.uptime_s = uptime_of(f[FIGURE_UPTIME], f[FIGURE_ENGINE_TIME]);
	interfaces_finish(m);
	if (m->full)
		neighbours_finish(m);
	vitals_finish(m);
	ups_finish(m);
	m->work->known = true;
}
