#include "agent/sense/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The best default route seen so far. */
struct search {
	int family;
	bool found;
	uint32_t metric;
	unsigned interface;
	uint8_t gateway[16];
};

static const struct rtattr *first_hop_gateway(const struct rtattr *multipath, unsigned *interface)
{
	const struct rtnexthop *hop = RTA_DATA(multipath);

	if (RTA_PAYLOAD(multipath) < sizeof(*hop) || hop->rtnh_len > RTA_PAYLOAD(multipath))
		return NULL;
	*interface = (unsigned)hop->rtnh_ifindex;
	int left = (int)hop->rtnh_len - (int)sizeof(*hop);
	for (const struct rtattr *a = RTNH_DATA(hop); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == RTA_GATEWAY)
			return a;
	return NULL;
}

static void on_route(void *arg, const struct nlmsghdr *m)
{
	const struct rtmsg *r = NLMSG_DATA(m);
	struct netlink_attributes a;
	struct search *s = arg;

	if (m->nlmsg_type != RTM_NEWROUTE || !netlink_parse(m, sizeof(*r), &a) || r->rtm_family != s->family ||
	        r->rtm_dst_len || r->rtm_type != RTN_UNICAST || r->rtm_table != RT_TABLE_MAIN)
		return;
	unsigned interface = netlink_u32(a.at[RTA_OIF]);
	uint32_t metric = netlink_u32(a.at[RTA_PRIORITY]);
	const struct rtattr *gateway = a.at[RTA_GATEWAY];
	if (!gateway && a.at[RTA_MULTIPATH])
		gateway = first_hop_gateway(a.at[RTA_MULTIPATH], &interface);
	size_t len = s->family == AF_INET ? 4 : 16;
	if (!gateway || RTA_PAYLOAD(gateway) < len || (s->found && metric >= s->metric))
		return;
	s->found = true;
	s->metric = metric;
	s->interface = interface;
	memcpy(s->gateway, RTA_DATA(gateway), len);
}

int route_gateway(struct netlink *n, char out[ROUTE_TEXT])
{
	static const int families[] = {AF_INET, AF_INET6};
	char name[IF_NAMESIZE];

	out[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		struct search s = {.family = families[i]};
		struct rtmsg all = {.rtm_family = (unsigned char)families[i]};
		int status = netlink_ask(n, RTM_GETROUTE, true, &all, sizeof(all), on_route, &s);

		if (status)
			return status;
		if (!s.found)
			continue;
		inet_ntop(s.family, s.gateway, out, INET6_ADDRSTRLEN);
		if (s.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL((struct in6_addr *)s.gateway) &&
		        if_indextoname(s.interface, name))
			snprintf(out + strlen(out), ROUTE_TEXT - strlen(out), "%%%s", name);
		return 0;
	}
	return -ENOENT;
}

static void on_way(void *arg, const struct nlmsghdr *m)
{
	struct netlink_attributes a;

	if (m->nlmsg_type == RTM_NEWROUTE && netlink_parse(m, sizeof(struct rtmsg), &a))
		*(unsigned *)arg = netlink_u32(a.at[RTA_OIF]);
}

unsigned route_interface(struct netlink *n, const char *address)
{
	struct {
		struct rtmsg head;
		struct rtattr dst;
		uint8_t address[16];
	} ask = {.head = {.rtm_family = AF_INET, .rtm_dst_len = 32}, .dst = {.rta_type = RTA_DST}};
	unsigned interface = 0;
	size_t len = 4;

	if (inet_pton(AF_INET6, address, ask.address) == 1) {
		ask.head.rtm_family = AF_INET6;
		ask.head.rtm_dst_len = 128;
		len = 16;
	} else if (inet_pton(AF_INET, address, ask.address) != 1) {
		return 0;
	}
	ask.dst.rta_len = (unsigned short)RTA_LENGTH(len);
	netlink_ask(n, RTM_GETROUTE, false, &ask, sizeof(ask.head) + RTA_LENGTH(len), on_way, &interface);
	return interface;
}
