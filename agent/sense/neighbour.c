#include "agent/sense/neighbour.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/route.h"
#include "common/memory.h"

#define MAC_BYTES 6

struct neighbour {
	const struct sense_context *context;
	struct netlink *netlink;
	char gateway[ROUTE_TEXT], interface[IF_NAMESIZE]; /* "": none */
	char last[NEIGHBOUR_MAC_TEXT];                    /* the last one known */
	bool missing;
};

/* What the kernel holds of one neighbour. */
struct entry {
	bool found;
	uint16_t state; /* NUD_* */
	char mac[NEIGHBOUR_MAC_TEXT];
};

static void on_entry(void *arg, const struct nlmsghdr *m)
{
	const struct ndmsg *n = NLMSG_DATA(m);
	struct netlink_attributes a;
	struct entry *e = arg;

	if (m->nlmsg_type != RTM_NEWNEIGH || !netlink_parse(m, sizeof(*n), &a))
		return;
	e->found = true;
	e->state = n->ndm_state;
	if (!a.at[NDA_LLADDR] || RTA_PAYLOAD(a.at[NDA_LLADDR]) != MAC_BYTES)
		return;
	const uint8_t *mac = RTA_DATA(a.at[NDA_LLADDR]);
	snprintf(e->mac, sizeof(e->mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
	        mac[5]);
}

enum neighbour_answer neighbour_ask(
        struct netlink *n, const char *address, const char *interface, char mac[NEIGHBOUR_MAC_TEXT])
{
	struct {
		struct ndmsg head;
		struct rtattr dst;
		uint8_t address[16];
	} question = {.head = {.ndm_family = AF_INET}, .dst = {.rta_type = NDA_DST}};
	struct entry e = {0};
	char plain[ROUTE_TEXT];
	size_t len = 4;

	mac[0] = '\0';
	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(address, "%"), address);
	question.head.ndm_ifindex = (int)if_nametoindex(interface);
	if (inet_pton(AF_INET6, plain, question.address) == 1) {
		question.head.ndm_family = AF_INET6;
		len = 16;
	} else if (inet_pton(AF_INET, plain, question.address) != 1) {
		return NEIGHBOUR_UNKNOWN;
	}
	question.dst.rta_len = (unsigned short)RTA_LENGTH(len);
	if (!question.head.ndm_ifindex ||
	        netlink_ask(n, RTM_GETNEIGH, false, &question, sizeof(question.head) + RTA_LENGTH(len), on_entry, &e) ||
	        !e.found)
		return NEIGHBOUR_UNKNOWN;
	if (e.state & (NUD_FAILED | NUD_INCOMPLETE))
		return NEIGHBOUR_SILENT;
	memcpy(mac, e.mac, sizeof(e.mac));
	return e.mac[0] ? NEIGHBOUR_KNOWN : NEIGHBOUR_UNKNOWN;
}

static void tell(struct neighbour *n, int64_t boot_ms, const char *mac)
{
	const struct sink *sink = n->context->sink;
	bool changed = n->last[0] && strcmp(n->last, mac);
	char text[160];

	snprintf(text, sizeof(text), "gateway %s %s%s%s", n->gateway, mac, changed ? " was " : "",
	        changed ? n->last : "");
	sink->event(sink->arg, boot_ms, "gateway-mac", text);
	if (changed)
		sink->urgent(sink->arg);
}

static void neighbour_read(void *state, int64_t boot_ms)
{
	struct neighbour *n = state;
	char mac[NEIGHBOUR_MAC_TEXT];

	if (!n->gateway[0])
		return;
	switch (neighbour_ask(n->netlink, n->gateway, n->interface, mac)) {
	case NEIGHBOUR_UNKNOWN:
		break;
	case NEIGHBOUR_SILENT:
		if (!n->missing && n->last[0])
			tell(n, boot_ms, "none");
		n->missing = true;
		break;
	case NEIGHBOUR_KNOWN:
		if (!n->missing && !strcmp(mac, n->last))
			break;
		tell(n, boot_ms, mac);
		n->missing = false;
		memcpy(n->last, mac, sizeof(n->last));
		break;
	}
}

static void neighbour_place(void *state, const struct sense_place *place)
{
	struct neighbour *n = state;

	if (!strcmp(n->gateway, place->gateway) && !strcmp(n->interface, place->interface))
		return;
	snprintf(n->gateway, sizeof(n->gateway), "%s", place->gateway);
	snprintf(n->interface, sizeof(n->interface), "%s", place->interface);
	n->last[0] = '\0'; /* another gateway: another address is no wonder */
	n->missing = false;
}

static void *neighbour_open(const struct sense_context *context)
{
	struct neighbour *n = mem_alloc(sizeof(*n));

	n->context = context;
	if (!netlink_open(&n->netlink, 0))
		return n;
	free(n);
	return NULL;
}

static void neighbour_close(void *state)
{
	struct neighbour *n = state;

	netlink_close(n->netlink);
	free(n);
}

const struct sense sense_neighbour = {
        .name = "neighbour",
        .open = neighbour_open,
        .read = neighbour_read,
        .place = neighbour_place,
        .close = neighbour_close,
};
