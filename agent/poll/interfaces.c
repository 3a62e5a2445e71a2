#include <stdio.h>
#include <string.h>

#include "agent/poll/kept.h"
#include "common/memory.h"

#define MEGA 1000000
#define SPEED_MAX_MBPS 100000000 /* more is nonsense */

void interfaces_begin(struct model *m)
{
	const struct model_work *w = m->work;

	for (size_t r = 0; r < w->root_count; r++) {
		const struct model_ask *a = &model_asks[w->asks[r]];

		for (size_t i = 0; a->thing == THING_INTERFACE && i < m->interface_count; i++)
			m->interfaces[i].raw[a->field] = MODEL_UNKNOWN;
	}
	m->work->interface_at = 0;
}

/* Where `index` stands or would stand. */
static size_t place_of(const struct model *m, int64_t index)
{
	size_t low = 0, high = m->interface_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (m->interfaces[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct model_interface *interface_find(const struct model *m, int64_t index)
{
	size_t at = place_of(m, index);

	return at < m->interface_count && m->interfaces[at].index == index ? &m->interfaces[at] : NULL;
}

static struct model_interface *interface_add(struct model *m, size_t at, int64_t index)
{
	struct model_work *w = m->work;
	struct model_interface *i;

	if (m->interface_count == INTERFACES_MAX)
		return NULL;
	if (m->interface_count == w->interface_capacity) {
		w->interface_capacity = w->interface_capacity ? w->interface_capacity * 2 : 8;
		m->interfaces = mem_grow(m->interfaces, w->interface_capacity, sizeof(*m->interfaces));
	}
	i = &m->interfaces[at];
	memmove(i + 1, i, (m->interface_count++ - at) * sizeof(*i));
	*i = (struct model_interface){.index = index};
	for (size_t f = 0; f < IFACE_FIELDS; f++)
		i->raw[f] = MODEL_UNKNOWN;
	if (!m->full)
		m->stranger = true;
	return i;
}

/* Tables come by rising index, side by side or one column after the other: mostly it is the last one, or the next. */
static struct model_interface *interface_of(struct model *m, int64_t index)
{
	size_t *at = &m->work->interface_at;

	if (*at < m->interface_count && m->interfaces[*at].index == index)
		return &m->interfaces[*at];
	if (*at + 1 < m->interface_count && m->interfaces[*at + 1].index == index)
		return &m->interfaces[++*at];
	*at = place_of(m, index);
	if (*at < m->interface_count && m->interfaces[*at].index == index)
		return &m->interfaces[*at];
	return interface_add(m, *at, index);
}

static struct model_text *text_of(struct model_interface *i, unsigned field)
{
	switch ((enum interface_text)field) {
	case IFACE_DESCR:
		return &i->descr;
	case IFACE_NAME:
		return &i->if_name;
	case IFACE_ALIAS:
		return &i->alias;
	case IFACE_MAC:
		return &i->mac;
	}
	return NULL;
}

bool interface_put(struct model *m, const struct model_ask *ask, const struct varbind *v)
{
	struct model_interface *i;
	struct model_text text;
	uint32_t index;
	int64_t number;

	if (!varbind_index(v, &index) || index > INT32_MAX)
		return false;
	if (ask->thing == THING_INTERFACE) {
		if (!varbind_number(v, &number))
			return false;
		i = interface_of(m, index);
		if (i)
			i->raw[ask->field] = number;
		return i != NULL;
	}
	if (!varbind_text(v, &m->work->texts, &text))
		return false;
	i = interface_of(m, index);
	if (i)
		*text_of(i, ask->field) = text;
	return i != NULL;
}

/* ifHighSpeed is in millions and rounded: below one million only ifSpeed tells, and a bridge's 0 says that it does not know. */
static int64_t speed_of(const int64_t *raw)
{
	if (raw[IFACE_HIGH_SPEED] > 0 && raw[IFACE_HIGH_SPEED] <= SPEED_MAX_MBPS)
		return raw[IFACE_HIGH_SPEED] * MEGA;
	return figure_within(raw[IFACE_SPEED], 0, UINT32_MAX);
}

static int64_t counter_of(int64_t wide, int64_t narrow)
{
	return wide != MODEL_UNKNOWN ? wide : figure_within(narrow, 0, UINT32_MAX);
}

/* Some switches answer these as Counter64: their low half, so that all of them wrap alike. */
static int64_t narrow_of(int64_t counter)
{
	return counter < 0 ? MODEL_UNKNOWN : counter & UINT32_MAX;
}

/* All three kinds of packets; those that a device does not count are left out. Wraps as a counter of 63 bits does. */
static int64_t packets_of(const int64_t *wide, int64_t narrow)
{
	uint64_t sum = 0;

	if (wide[0] == MODEL_UNKNOWN)
		return figure_within(narrow, 0, UINT32_MAX);
	for (int k = 0; k < 3; k++)
		sum += wide[k] != MODEL_UNKNOWN ? (uint64_t)wide[k] : 0;
	return (int64_t)(sum & INT64_MAX);
}

static void counters_finish(struct model_interface *i)
{
	const int64_t *raw = i->raw;
	bool wide = raw[IFACE_IN_OCTETS] != MODEL_UNKNOWN || raw[IFACE_OUT_OCTETS] != MODEL_UNKNOWN;

	i->in_octets = counter_of(raw[IFACE_IN_OCTETS], raw[IFACE_IN_OCTETS_32]);
	i->out_octets = counter_of(raw[IFACE_OUT_OCTETS], raw[IFACE_OUT_OCTETS_32]);
	i->counter_bits = wide ? 64 : i->in_octets != MODEL_UNKNOWN || i->out_octets != MODEL_UNKNOWN ? 32 : 0;
	i->in_packets = packets_of(raw + IFACE_IN_UNICAST, raw[IFACE_IN_PACKETS_32]);
	i->out_packets = packets_of(raw + IFACE_OUT_UNICAST, raw[IFACE_OUT_PACKETS_32]);
	wide = raw[IFACE_IN_UNICAST] != MODEL_UNKNOWN || raw[IFACE_OUT_UNICAST] != MODEL_UNKNOWN;
	i->packet_bits = wide ? 64 : i->in_packets != MODEL_UNKNOWN || i->out_packets != MODEL_UNKNOWN ? 32 : 0;
	i->in_errors = narrow_of(raw[IFACE_IN_ERRORS]);
	i->out_errors = narrow_of(raw[IFACE_OUT_ERRORS]);
	i->in_discards = narrow_of(raw[IFACE_IN_DISCARDS]);
	i->out_discards = narrow_of(raw[IFACE_OUT_DISCARDS]);
}

static const char *name_of(struct model *m, const struct model_interface *i)
{
	char name[256];

	model_text_print(&i->if_name, name, sizeof(name));
	if (!name[0])
		model_text_print(&i->descr, name, sizeof(name));
	if (!name[0])
		snprintf(name, sizeof(name), "%d", (int)i->index);
	return text_keep(&m->work->texts, name, strlen(name)).data;
}

void interfaces_finish(struct model *m)
{
	bool narrow = false;

	for (size_t k = 0; k < m->interface_count; k++) {
		struct model_interface *i = &m->interfaces[k];

		i->type = i->raw[IFACE_TYPE];
		i->admin = i->raw[IFACE_ADMIN];
		i->oper = i->raw[IFACE_OPER];
		i->speed_bps = speed_of(i->raw);
		i->last_change_ticks = i->raw[IFACE_LAST_CHANGE];
		i->discontinuity_ticks = i->raw[IFACE_DISCONTINUITY];
		counters_finish(i);
		if (!i->name)
			i->name = name_of(m, i);
		if (!i->name)
			i->name = ""; /* the pool is full: a device of a hundred thousand words */
		narrow |= i->counter_bits == 32 || i->packet_bits == 32;
		if (!m->full && i->admin == MODEL_UNKNOWN && i->oper == MODEL_UNKNOWN && !i->counter_bits)
			m->stranger = true;
	}
	m->work->narrow = m->work->narrow && !m->full ? true : narrow;
}
