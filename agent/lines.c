#include "agent/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/route.h"
#include "common/clock.h"
#include "common/memory.h"

struct lines {
	const struct sink *sink;
	struct netlink *netlink; /* NULL: nothing is known */
	const struct central *central;
	unsigned *interfaces; /* of central's lines */
	char gateway[ROUTE_TEXT], interface[IF_NAMESIZE];
	char used[METRIC_INSTANCE_MAX]; /* id of the line in use, "" not known */
};

struct lines *lines_open(const struct sink *sink)
{
	struct lines *l = mem_alloc(sizeof(*l));

	l->sink = sink;
	if (netlink_open(&l->netlink, 0))
		l->netlink = NULL;
	return l;
}

void lines_close(struct lines *l)
{
	if (!l)
		return;
	netlink_close(l->netlink);
	free(l->interfaces);
	free(l);
}

void lines_set(struct lines *l, const struct central *central)
{
	l->central = central;
	free(l->interfaces);
	l->interfaces = mem_alloc((central->uplink_count + 1) * sizeof(unsigned));
}

/* The configured gateway says it best; a line without one is known by its interface. */
static const char *line_used(const struct lines *l)
{
	const struct central *c = l->central;

	for (size_t i = 0; c && i < c->uplink_count; i++)
		if (c->uplinks[i].gateway[0] && !strcmp(c->uplinks[i].gateway, l->gateway))
			return c->uplinks[i].id;
	for (size_t i = 0; c && i < c->uplink_count; i++)
		if (!c->uplinks[i].gateway[0] && c->uplinks[i].interface[0] &&
		        !strcmp(c->uplinks[i].interface, l->interface))
			return c->uplinks[i].id;
	return "";
}

static void tell(const struct lines *l, const char *id, const char *what)
{
	char text[METRIC_INSTANCE_MAX + 16];

	if (!id[0])
		return;
	snprintf(text, sizeof(text), "%s %s", id, what);
	l->sink->event(l->sink->arg, clock_boot_ms(), "line", text);
	l->sink->urgent(l->sink->arg);
}

static void use(struct lines *l)
{
	const char *used = line_used(l);

	if (!strcmp(used, l->used))
		return;
	tell(l, l->used, "unused");
	snprintf(l->used, sizeof(l->used), "%s", used);
	tell(l, l->used, "used");
}

void lines_look(struct lines *l, struct sense_place *place)
{
	if (l->netlink) {
		route_gateway(l->netlink, l->gateway);
		/* a name with "%eth0" behind it says the interface itself */
		const char *scope = strchr(l->gateway, '%');
		unsigned index = scope ? if_nametoindex(scope + 1) : route_interface(l->netlink, l->gateway);
		if (!index || !if_indextoname(index, l->interface))
			l->interface[0] = '\0';
		for (size_t i = 0; l->central && i < l->central->uplink_count; i++)
			l->interfaces[i] = route_interface(l->netlink, l->central->uplinks[i].target);
		use(l);
	}
	place->gateway = l->gateway;
	place->interface = l->interface;
}

const int64_t *lines_filled(const struct lines *l, const struct iface *iface, const char *instance,
        const int64_t *values, int64_t filled[METRIC_COLUMNS_MAX])
{
	memcpy(filled, values, metric_class(CLASS_UPLINK)->count * sizeof(filled[0]));
	for (size_t i = 0; iface && l->central && i < l->central->uplink_count; i++)
		if (!strcmp(l->central->uplinks[i].instance, instance)) {
			iface_octets(iface, l->interfaces[i], &filled[PATH_IN_OCTETS], &filled[PATH_OUT_OCTETS]);
			break;
		}
	return filled;
}
