#include "agent/sense/iface.h"

#include <errno.h>
#include <fcntl.h>

#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/sense/netlink.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/metric.h"

#define LINK_LOWER_UP (1u << 16) /* IFF_LOWER_UP: linux/if.h and net/if.h exclude each other */
#define WHOLE_STEPS 6            /* steps between looks at all that there is to know, even without news */
#define SPEED_STEPS 30           /* steps between looks at an interface's speed, beside each change of carrier */

static const char *const container_names[] = {"veth", "docker", "br-", "virbr", "cni", "flannel", "cali", "vnet", "tap",
        "dummy", "ifb", "sit", "ip6tnl", "tunl", "gre", "erspan", "teql", NULL};

struct link {
	int index;
	char name[IF_NAMESIZE];
	bool carrier, seen;
	unsigned speed_age;
	bool half;
	int64_t values[METRIC_COLUMNS_MAX];
};

struct iface {
	struct netlink *ask, *news;
	char sys_root[128];
	const struct conf_strings *wanted;
	struct iface_handlers handlers;
	struct link links[IFACE_MAX];
	size_t count;
	unsigned reads; /* since the last whole look */
	bool whole;     /* look at all of it in the next read: something changed */
	bool telling;   /* changes are news, not how it was found */
};

/* Where each counter stands in the kernel's struct. */
static const struct {
	enum interface_column column;
	size_t offset;
} counters[] = {
        {IF_IN_OCTETS, offsetof(struct rtnl_link_stats64, rx_bytes)},
        {IF_OUT_OCTETS, offsetof(struct rtnl_link_stats64, tx_bytes)},
        {IF_IN_PACKETS, offsetof(struct rtnl_link_stats64, rx_packets)},
        {IF_OUT_PACKETS, offsetof(struct rtnl_link_stats64, tx_packets)},
        {IF_IN_ERRORS, offsetof(struct rtnl_link_stats64, rx_errors)},
        {IF_OUT_ERRORS, offsetof(struct rtnl_link_stats64, tx_errors)},
        {IF_IN_DROPS, offsetof(struct rtnl_link_stats64, rx_dropped)},
        {IF_OUT_DROPS, offsetof(struct rtnl_link_stats64, tx_dropped)},
};

static bool named(const struct conf_strings *list, const char *name)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return false;
}

static bool wanted(const struct iface *s, const char *name, unsigned flags)
{
	if (!metric_instance_valid(name))
		return false;
	if (named(s->wanted, name))
		return true;
	if (flags & IFF_LOOPBACK)
		return false;
	for (const char *const *n = container_names; *n; n++)
		if (!strncmp(name, *n, strlen(*n)))
			return flags & IFF_UP && flags & IFF_RUNNING;
	return true;
}

static struct link *link_find(struct iface *s, int index)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->links[i].index == index)
			return &s->links[i];
	return NULL;
}

static struct link *link_add(struct iface *s, int index, const char *name, bool carrier)
{
	struct link *l;

	if (s->count == IFACE_MAX)
		return NULL;
	l = &s->links[s->count++];
	memset(l, 0, sizeof(*l));
	l->index = index;
	l->carrier = carrier;
	l->speed_age = SPEED_STEPS;
	snprintf(l->name, sizeof(l->name), "%s", name);
	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		l->values[i] = METRIC_UNKNOWN;
	return l;
}

/* <sys>/class/net/NAME/WHAT; "" when there is none (a virtual or a lost interface). */
static void read_attribute(const struct iface *s, const char *name, const char *what, char text[32])
{
	char path[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/class/net/%s/%s", s->sys_root, name, what);
	text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	got = read(fd, text, 31);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* The kernel's speed is Mbit/s, -1 or nothing. */
static void read_speed(struct iface *s, struct link *l)
{
	char text[32];
	bool half;

	read_attribute(s, l->name, "speed", text);
	long mbit = strtol(text, NULL, 10);
	l->values[IF_SPEED] = mbit > 0 && mbit < 4294967 ? (int64_t)mbit * 1000000 : METRIC_UNKNOWN;
	read_attribute(s, l->name, "duplex", text);
	half = !strcmp(text, "half");
	if (half != l->half && (half || !strcmp(text, "full"))) {
		l->half = half;
		s->handlers.on_duplex(s->handlers.arg, l->name, half, mbit > 0 ? mbit : 0);
	}
}

static void link_carrier(struct iface *s, struct link *l, bool up)
{
	if (l->carrier == up)
		return;
	l->carrier = up;
	l->speed_age = SPEED_STEPS;
	if (s->telling)
		s->handlers.on_carrier(s->handlers.arg, l->name, up, false);
}

static void link_counters(struct link *l, const void *stats, size_t len)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t v;

		if (len < counters[i].offset + sizeof(v))
			continue;
		memcpy(&v, (const char *)stats + counters[i].offset, sizeof(v));
		l->values[counters[i].column] = (int64_t)(v & INT64_MAX);
	}
}

/* A link as the kernel tells it, in a dump or as news; NULL when it is none of ours. */
static struct link *link_told(struct iface *s, const struct nlmsghdr *m, const struct netlink_attributes *a)
{
	const struct ifinfomsg *info = NLMSG_DATA(m);
	const struct rtattr *name = a->at[IFLA_IFNAME], *carrier = a->at[IFLA_CARRIER];
	struct link *l = link_find(s, info->ifi_index);
	char text[IF_NAMESIZE];
	bool up = info->ifi_flags & IFF_UP && (carrier && RTA_PAYLOAD(carrier) ? *(const uint8_t *)RTA_DATA(carrier)
	                                                                       : !!(info->ifi_flags & LINK_LOWER_UP));

	if (!name || info->ifi_family == AF_BRIDGE)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)RTA_PAYLOAD(name), (const char *)RTA_DATA(name));
	if (!wanted(s, text, info->ifi_flags) && !(l && l->carrier))
		return NULL;
	if (l && strcmp(l->name, text))
		snprintf(l->name, sizeof(l->name), "%s", text); /* renamed */
	if (!l) {
		l = link_add(s, info->ifi_index, text, up);
		if (l && s->telling)
			s->handlers.on_carrier(s->handlers.arg, l->name, up, false);
		return l;
	}
	link_carrier(s, l, up);
	return l;
}

static void link_row(struct iface *s, struct link *l)
{
	l->values[IF_CARRIER] = l->carrier;
	if (++l->speed_age > SPEED_STEPS) {
		read_speed(s, l);
		l->speed_age = 0;
	}
	s->handlers.on_row(s->handlers.arg, l->name, l->values);
}

static void on_link(void *arg, const struct nlmsghdr *m)
{
	struct netlink_attributes a;
	struct iface *s = arg;
	struct link *l;

	if (m->nlmsg_type != RTM_NEWLINK || !netlink_parse(m, sizeof(struct ifinfomsg), &a))
		return;
	l = link_told(s, m, &a);
	if (!l)
		return;
	l->seen = true;
	if (a.at[IFLA_STATS64])
		link_counters(l, RTA_DATA(a.at[IFLA_STATS64]), RTA_PAYLOAD(a.at[IFLA_STATS64]));
	link_row(s, l);
}

/* Counters alone: a tenth of the work of telling all about an interface. */
static void on_stats(void *arg, const struct nlmsghdr *m)
{
	const struct if_stats_msg *stats = NLMSG_DATA(m);
	struct netlink_attributes a;
	struct iface *s = arg;
	struct link *l;

	if (m->nlmsg_type != RTM_NEWSTATS || !netlink_parse(m, sizeof(*stats), &a))
		return;
	l = link_find(s, (int)stats->ifindex);
	if (!l || !a.at[IFLA_STATS_LINK_64])
		return;
	link_counters(l, RTA_DATA(a.at[IFLA_STATS_LINK_64]), RTA_PAYLOAD(a.at[IFLA_STATS_LINK_64]));
	link_row(s, l);
}

static void link_gone(struct iface *s, struct link *l)
{
	char name[IF_NAMESIZE];

	memcpy(name, l->name, sizeof(name));
	*l = s->links[--s->count];
	s->handlers.on_carrier(s->handlers.arg, name, false, true);
}

static int read_whole(struct iface *s)
{
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	int status;

	for (size_t i = 0; i < s->count; i++)
		s->links[i].seen = false;
	status = netlink_ask(s->ask, RTM_GETLINK, true, &all, sizeof(all), on_link, s);
	for (size_t i = s->count; !status && i-- > 0;)
		if (!s->links[i].seen)
			link_gone(s, &s->links[i]);
	s->telling = true;
	s->whole = status;
	s->reads = 0;
	return status;
}

int iface_read(struct iface *s)
{
	struct if_stats_msg counters_only = {.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)};

	if (s->whole || !s->telling || ++s->reads >= WHOLE_STEPS)
		return read_whole(s);
	if (netlink_ask(s->ask, RTM_GETSTATS, true, &counters_only, sizeof(counters_only), on_stats, s))
		return read_whole(s); /* kernels before 4.7 */
	return 0;
}

bool iface_octets(const struct iface *s, unsigned index, int64_t *in, int64_t *out)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->links[i].index == (int)index) {
			*in = s->links[i].values[IF_IN_OCTETS];
			*out = s->links[i].values[IF_OUT_OCTETS];
			return true;
		}
	return false;
}

int iface_news_fd(const struct iface *s)
{
	return netlink_fd(s->news);
}

static void on_news(void *arg, const struct nlmsghdr *m)
{
	struct netlink_attributes a;
	struct iface *s = arg;
	struct link *l;

	if (m->nlmsg_type == RTM_NEWROUTE || m->nlmsg_type == RTM_DELROUTE)
		s->handlers.on_route(s->handlers.arg);
	if (m->nlmsg_type == RTM_NEWLINK || m->nlmsg_type == RTM_DELLINK)
		s->whole = true;
	if ((m->nlmsg_type != RTM_NEWLINK && m->nlmsg_type != RTM_DELLINK) ||
	        !netlink_parse(m, sizeof(struct ifinfomsg), &a))
		return;
	if (m->nlmsg_type == RTM_NEWLINK) {
		link_told(s, m, &a);
		return;
	}
	l = link_find(s, ((const struct ifinfomsg *)NLMSG_DATA(m))->ifi_index);
	if (l && ((const struct ifinfomsg *)NLMSG_DATA(m))->ifi_family != AF_BRIDGE)
		link_gone(s, l);
}

void iface_news(struct iface *s)
{
	/* lost news are made up for by the next step's dump */
	if (netlink_news(s->news, on_news, s) == -ENOBUFS) {
		s->whole = true;
		s->handlers.on_route(s->handlers.arg);
	}
}

int iface_open(
        struct iface **out, const char *sys_root, const struct conf_strings *names, const struct iface_handlers *h)
{
	struct iface *s = mem_alloc(sizeof(*s));
	int status = netlink_open(&s->ask, 0);

	if (!status)
		status = netlink_open(&s->news, RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	if (status) {
		log_error("no netlink socket for the interfaces: %s", strerror(-status));
		iface_close(s);
		return status;
	}
	snprintf(s->sys_root, sizeof(s->sys_root), "%s", sys_root);
	s->wanted = names;
	s->handlers = *h;
	*out = s;
	return 0;
}

void iface_close(struct iface *s)
{
	if (!s)
		return;
	netlink_close(s->ask);
	netlink_close(s->news);
	free(s);
}
