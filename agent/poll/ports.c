#include "agent/poll/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/counter.h"
#include "common/memory.h"

#define COUNTERS 8
#define OCTETS_LEAST 60    /* of a packet, about */
#define RATE_SLACK 1000000 /* what a burst or a late answer may add */
#define RENUMBERED_WORDS_MAX 1000
#define TYPE_LOOPBACK 24

struct port {
	char name[METRIC_NODE_MAX];
	int64_t index, discontinuity;
	unsigned fresh; /* the mark of the last poll that showed it */
	bool restart;
	struct counter counters[COUNTERS];
};

/* Where each counter comes from and goes to. */
static const struct {
	size_t offset;
	uint8_t column;
	bool octets, narrow; /* narrow: 32 bits whatever the others are */
} counters[COUNTERS] = {
        {offsetof(struct model_interface, in_octets), IF_IN_OCTETS, true, false},
        {offsetof(struct model_interface, out_octets), IF_OUT_OCTETS, true, false},
        {offsetof(struct model_interface, in_packets), IF_IN_PACKETS, false, false},
        {offsetof(struct model_interface, out_packets), IF_OUT_PACKETS, false, false},
        {offsetof(struct model_interface, in_errors), IF_IN_ERRORS, false, true},
        {offsetof(struct model_interface, out_errors), IF_OUT_ERRORS, false, true},
        {offsetof(struct model_interface, in_discards), IF_IN_DROPS, false, true},
        {offsetof(struct model_interface, out_discards), IF_OUT_DROPS, false, true},
};

void ports_free(struct ports *p)
{
	free(p->items);
	memset(p, 0, sizeof(*p));
}

void ports_restart(struct ports *p)
{
	for (size_t i = 0; i < p->count; i++)
		p->items[i].restart = true;
}

const char *ports_name(const struct ports *p, int64_t index)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].index == index && p->items[i].fresh == p->fresh)
			return p->items[i].name;
	return NULL;
}

/* ---- names ---- */

static void name_of(const struct model_interface *i, char out[METRIC_NODE_MAX])
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

	snprintf(out, METRIC_NODE_MAX, "%s", i->name && i->name[0] ? i->name : "if");
	for (char *p = out; *p; p++)
		if (!strchr(allowed, *p) || (p == out && *p == '.'))
			*p = '-';
}

static void name_twin(char name[METRIC_NODE_MAX], int64_t index)
{
	char tail[24];

	int len = snprintf(tail, sizeof(tail), ".%lld", (long long)index);
	name[METRIC_NODE_MAX - 1 - len] = 0;
	strcat(name, tail);
}

static struct port *port_named(struct ports *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->items[i].name, name))
			return &p->items[i];
	return NULL;
}

/* The interfaces mostly come as they came before, so the one at the same place is looked at first. */
static struct port *port_of(struct ports *p, size_t place, const struct model_interface *i)
{
	char name[METRIC_NODE_MAX];
	struct port *port;

	name_of(i, name);
	port = place < p->count && !strcmp(p->items[place].name, name) ? &p->items[place] : port_named(p, name);
	if (port && port->fresh == p->fresh) {
		name_twin(name, i->index);
		port = port_named(p, name);
	}
	if (port)
		return port;
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 8;
		p->items = mem_grow(p->items, p->room, sizeof(*p->items));
	}
	port = &p->items[p->count++];
	memset(port, 0, sizeof(*port));
	memcpy(port->name, name, sizeof(name));
	port->index = i->index;
	port->discontinuity = i->discontinuity_ticks;
	port->fresh = p->fresh - 1;
	return port;
}

/* ---- telling ---- */

static int64_t most_since(const struct model_interface *i, bool octets, int64_t passed_ms)
{
	double most;

	if (i->speed_bps == MODEL_UNKNOWN || i->speed_bps <= 0 || passed_ms <= 0)
		return 0;
	most = (double)i->speed_bps / 8 / (octets ? 1 : OCTETS_LEAST) * (double)passed_ms / 1000 * 1.5 + RATE_SLACK;
	return most < 9e18 ? (int64_t)most : 0;
}

static void row_tell(struct port *port, const struct model_interface *i, const char *subject, int64_t boot_ms,
        int64_t passed_ms, const struct sink *sink)
{
	bool reset =
	        port->restart || (i->discontinuity_ticks != MODEL_UNKNOWN && port->discontinuity != MODEL_UNKNOWN &&
	                                 i->discontinuity_ticks != port->discontinuity);
	int64_t values[METRIC_COLUMNS_MAX];

	for (unsigned c = 0; c < COUNTERS; c++) {
		int64_t raw = *(const int64_t *)((const char *)i + counters[c].offset);
		int bits = counters[c].narrow ? 32 : counters[c].octets ? i->counter_bits : i->packet_bits;

		values[counters[c].column] = counter_step(
		        &port->counters[c], raw, bits, most_since(i, counters[c].octets, passed_ms), reset);
	}
	values[IF_CARRIER] = i->oper == MODEL_UNKNOWN || i->oper == 4 ? METRIC_UNKNOWN : i->oper == 1;
	values[IF_SPEED] = i->speed_bps;
	port->restart = false;
	port->discontinuity = i->discontinuity_ticks;
	sink->row(sink->arg, CLASS_INTERFACE, subject, boot_ms, values);
}

/* Down by the wire and not by will; testing, unknown and dormant are neither. */
static void state_tell(const struct model_interface *i, const char *subject, int64_t boot_ms, const struct sink *sink)
{
	bool up = i->oper == 1;

	if (i->admin == 1 && (up || i->oper == 2 || i->oper == 6 || i->oper == 7))
		sink->state(sink->arg, boot_ms, CLASS_INTERFACE, subject, up, up ? REASON_OK : REASON_UNREACHABLE);
}

static void renumber(struct port *port, int64_t index, struct buf *words)
{
	if (port->index != index && words->len < RENUMBERED_WORDS_MAX)
		buf_printf(words, "%s%s %lld->%lld", words->len ? ", " : "", port->name, (long long)port->index,
		        (long long)index);
	port->index = index;
}

/* Interfaces of calls come and go under ever new names. */
static void ports_forget_gone(struct ports *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].fresh == p->fresh)
			p->items[kept++] = p->items[i];
	p->count = kept;
}

void ports_told(struct ports *p, const struct model *m, const char *id, int64_t boot_ms, const struct sink *sink,
        struct buf *renumbered)
{
	size_t place = 0;

	if (p->count > PORTS_MAX)
		ports_forget_gone(p);
	p->fresh++;
	for (size_t n = 0; n < m->interface_count && place < PORTS_MAX; n++) {
		const struct model_interface *i = &m->interfaces[n];
		char subject[METRIC_INSTANCE_MAX];
		struct port *port;

		if (i->type == TYPE_LOOPBACK)
			continue;
		port = port_of(p, place++, i);
		port->fresh = p->fresh;
		renumber(port, i->index, renumbered);
		snprintf(subject, sizeof(subject), "%s/%s", id, port->name);
		row_tell(port, i, subject, boot_ms, p->told_ms ? boot_ms - p->told_ms : 0, sink);
		state_tell(i, subject, boot_ms, sink);
	}
	p->told_ms = boot_ms;
}
