/*
 * netlink: questions to the kernel's routing tables, and its news.
 *
 * Answers come at once, so a question waits for them (at most a second). The news
 * socket is apart and does not block. Runs in the agent process. Fails with -errno.
 */
#ifndef SANSANG_NETLINK_H
#define SANSANG_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_ATTRIBUTES 64

struct netlink;

/* The attributes of a message by type; borrowed from it, types beyond the table are passed over. */
struct netlink_attributes {
	const struct rtattr *at[NETLINK_ATTRIBUTES];
};

typedef void (*netlink_on_message)(void *arg, const struct nlmsghdr *message);

/* `groups`: RTMGRP_* bits for a news socket; 0 for questions. */
int netlink_open(struct netlink **out, unsigned groups);
void netlink_close(struct netlink *n);
int netlink_fd(const struct netlink *n);

/* Asks for `type` with `body` (a struct rtgenmsg, ifinfomsg, rtmsg and attributes); dump: for all there are. 0 or -errno. */
int netlink_ask(struct netlink *n, uint16_t type, bool dump, const void *body, size_t len,
        netlink_on_message on_message, void *arg);
/* Reads what news there is. 0, or -ENOBUFS when some were lost: look at all anew. */
int netlink_news(struct netlink *n, netlink_on_message on_message, void *arg);

/* `header_len` is that of the fixed part; false when the message is shorter. */
bool netlink_parse(const struct nlmsghdr *message, size_t header_len, struct netlink_attributes *out);
/* 0 when the attribute is missing or short. */
uint32_t netlink_u32(const struct rtattr *a);

#endif
