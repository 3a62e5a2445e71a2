#include "agent/sense/lease.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/netlink.h"
#include "common/clock.h"
#include "common/memory.h"

#define ADDRESSES_MAX 64
#define FOR_EVER UINT32_MAX
#define LATE_PART 8 /* a client renews at a half, at the latest at seven eighths (RFC 2131, 4.4.5) */
#define WHAT_TEXT (IF_NAMESIZE + INET6_ADDRSTRLEN + 8)

struct address {
	int interface;
	uint8_t family, prefix, bytes[16];
	char what[WHAT_TEXT]; /* "eth0 10.20.1.10/24" */
	uint32_t lifetime_s;  /* FOR_EVER: nobody lent it */
	int64_t until_boot_ms;
	bool local, duplicate, late, seen;
};

struct lease {
	const struct sense_context *context;
	struct netlink *netlink, *news;
	uv_poll_t poll;
	struct address list[ADDRESSES_MAX];
	size_t count;
};

static void tell(struct lease *l, const struct address *a, const char *what, const char *lifetime)
{
	const struct sink *sink = l->context->sink;
	char text[WHAT_TEXT + 64];

	if (a->local)
		return;
	snprintf(text, sizeof(text), "%s %s%s", a->what, what, lifetime);
	sink->event(sink->arg, clock_boot_ms(), "lease", text);
	sink->urgent(sink->arg);
}

static void tell_duplicate(struct lease *l, const struct address *a)
{
	const struct sink *sink = l->context->sink;
	char text[WHAT_TEXT + 16];

	snprintf(text, sizeof(text), "%.*s kernel", (int)strcspn(a->what, "/"), a->what);
	sink->event(sink->arg, clock_boot_ms(), "address-conflict", text);
	sink->urgent(sink->arg);
}

static struct address *find(struct lease *l, const struct address *like)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].interface == like->interface && l->list[i].family == like->family &&
		        l->list[i].prefix == like->prefix &&
		        !memcmp(l->list[i].bytes, like->bytes, sizeof(like->bytes)))
			return &l->list[i];
	return NULL;
}

static void drop(struct lease *l, struct address *a)
{
	tell(l, a, "lost", "");
	*a = l->list[--l->count];
}

/* A message as an address; false when it is none that we follow. */
static bool read_address(const struct nlmsghdr *m, struct address *out)
{
	const struct ifaddrmsg *i = NLMSG_DATA(m);
	struct netlink_attributes a;
	char name[IF_NAMESIZE], text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (!netlink_parse(m, sizeof(*i), &a) || (i->ifa_family != AF_INET && i->ifa_family != AF_INET6))
		return false;
	const struct rtattr *bytes = a.at[IFA_LOCAL] ? a.at[IFA_LOCAL] : a.at[IFA_ADDRESS];
	size_t len = i->ifa_family == AF_INET ? 4 : 16;
	if (!bytes || RTA_PAYLOAD(bytes) < len || i->ifa_scope == RT_SCOPE_HOST)
		return false;
	memcpy(out->bytes, RTA_DATA(bytes), len);
	out->interface = (int)i->ifa_index;
	out->family = i->ifa_family;
	out->prefix = i->ifa_prefixlen;
	out->local = i->ifa_scope == RT_SCOPE_LINK && i->ifa_family == AF_INET6;
	uint32_t flags = a.at[IFA_FLAGS] ? netlink_u32(a.at[IFA_FLAGS]) : i->ifa_flags;
	out->duplicate = flags & IFA_F_DADFAILED;
	out->lifetime_s = FOR_EVER;
	if (a.at[IFA_CACHEINFO] && RTA_PAYLOAD(a.at[IFA_CACHEINFO]) >= sizeof(struct ifa_cacheinfo))
		out->lifetime_s = ((const struct ifa_cacheinfo *)RTA_DATA(a.at[IFA_CACHEINFO]))->ifa_valid;
	out->until_boot_ms = clock_boot_ms() + (int64_t)out->lifetime_s * 1000;
	snprintf(out->what, sizeof(out->what), "%s %s/%u", if_indextoname((unsigned)out->interface, name) ? name : "-",
	        inet_ntop(out->family, out->bytes, text, sizeof(text)), out->prefix);
	return true;
}

static void on_new(struct lease *l, const struct address *fresh)
{
	struct address *a = find(l, fresh);
	char lifetime[24] = "";

	if (!a && l->count == ADDRESSES_MAX)
		return;
	if (fresh->lifetime_s != FOR_EVER)
		snprintf(lifetime, sizeof(lifetime), " %us", fresh->lifetime_s);
	if (!a) {
		a = &l->list[l->count++];
		*a = *fresh;
		a->duplicate = false; /* not told yet */
		tell(l, a, "new", lifetime);
	} else if (fresh->until_boot_ms > a->until_boot_ms + 1000 || fresh->lifetime_s == FOR_EVER) {
		a->lifetime_s = fresh->lifetime_s; /* renewed */
		a->until_boot_ms = fresh->until_boot_ms;
		a->late = false;
	}
	a->seen = true;
	if (fresh->duplicate && !a->duplicate)
		tell_duplicate(l, a);
	a->duplicate = fresh->duplicate;
}

static void on_message(void *arg, const struct nlmsghdr *m)
{
	struct address fresh, *a;
	struct lease *l = arg;

	if ((m->nlmsg_type != RTM_NEWADDR && m->nlmsg_type != RTM_DELADDR) || !read_address(m, &fresh))
		return;
	if (m->nlmsg_type == RTM_NEWADDR) {
		on_new(l, &fresh);
		return;
	}
	a = find(l, &fresh);
	if (a)
		drop(l, a);
}

/* All anew: at the start, and when news were lost. */
static void look_at_all(struct lease *l)
{
	struct ifaddrmsg all = {0};

	for (size_t i = 0; i < l->count; i++)
		l->list[i].seen = false;
	if (netlink_ask(l->netlink, RTM_GETADDR, true, &all, sizeof(all), on_message, l))
		return;
	for (size_t i = l->count; i-- > 0;)
		if (!l->list[i].seen)
			drop(l, &l->list[i]);
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	struct lease *l = poll->data;

	(void)status;
	(void)events;
	if (netlink_news(l->news, on_message, l) == -ENOBUFS)
		look_at_all(l);
}

static void lease_read(void *state, int64_t boot_ms)
{
	struct lease *l = state;
	char left[24];

	for (size_t i = 0; i < l->count; i++) {
		struct address *a = &l->list[i];
		int64_t left_s = (a->until_boot_ms - boot_ms) / 1000;

		if (a->lifetime_s == FOR_EVER || a->late || left_s < 0 || left_s > a->lifetime_s / LATE_PART)
			continue;
		a->late = true;
		snprintf(left, sizeof(left), " %ds", (int)left_s);
		tell(l, a, "not-renewed", left);
	}
}

static void lease_start(void *state)
{
	struct lease *l = state;

	uv_poll_init(l->context->loop, &l->poll, netlink_fd(l->news));
	l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_news);
	look_at_all(l);
}

static void lease_stop(void *state)
{
	uv_close((uv_handle_t *)&((struct lease *)state)->poll, NULL);
}

static void lease_close(void *state)
{
	struct lease *l = state;

	netlink_close(l->news);
	netlink_close(l->netlink);
	free(l);
}

static void *lease_open(const struct sense_context *context)
{
	struct lease *l = mem_alloc(sizeof(*l));

	l->context = context;
	if (!netlink_open(&l->netlink, 0) && !netlink_open(&l->news, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
		return l;
	lease_close(l);
	return NULL;
}

const struct sense sense_lease = {
        .name = "lease",
        .open = lease_open,
        .start = lease_start,
        .read = lease_read,
        .stop = lease_stop,
        .close = lease_close,
};
