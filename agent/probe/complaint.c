#include "agent/probe/complaint.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <string.h>

#include "agent/probe/note.h"

#define QUEUE_MOST 8 /* read for one verdict */

/* What is not named here is a way that is not there. */
static const struct {
	uint8_t origin, type, code;
	enum reason reason;
} sayings[] = {
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, REASON_OK},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_NET_ANO, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_HOST_ANO, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_PARAMETERPROB, 0, REASON_PROTOCOL},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_DEST_UNREACH, ICMPV6_ADM_PROHIBITED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_DEST_UNREACH, ICMPV6_POLICY_FAIL, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_DEST_UNREACH, ICMPV6_REJECT_ROUTE, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_PKT_TOOBIG, 0, REASON_OK},
        {SO_EE_ORIGIN_ICMP6, ICMPV6_PARAMPROB, 0, REASON_PROTOCOL},
};

void complaint_hear(int fd, int family)
{
	int one = 1;

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
}

static enum reason reason_of(const struct sock_extended_err *e)
{
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (sayings[i].origin == e->ee_origin && sayings[i].type == e->ee_type && sayings[i].code == e->ee_code)
			return sayings[i].reason;
	return REASON_UNREACHABLE;
}

static struct cmsghdr *error_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) &&
		        c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)))
			return c;
	return NULL;
}

bool complaint_of(struct msghdr *m, struct complaint *out)
{
	struct cmsghdr *c = error_of(m);
	struct sock_extended_err e;
	size_t left;

	memset(out, 0, sizeof(*out));
	if (!c)
		return false;
	memcpy(&e, CMSG_DATA(c), sizeof(e));
	if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
		return false;
	/* the kernel lays down the sender's address right behind */
	left = c->cmsg_len - CMSG_LEN(sizeof(e));
	memcpy(&out->by, CMSG_DATA(c) + sizeof(e), left < sizeof(out->by) ? left : sizeof(out->by));
	out->reason = reason_of(&e);
	return out->reason != REASON_OK;
}

void complaint_note(const struct complaint *c, char note[PROBE_NOTE_MAX])
{
	char text[INET6_ADDRSTRLEN] = "";

	if (c->by.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &c->by.v4.sin_addr, text, sizeof(text));
	else if (c->by.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &c->by.v6.sin6_addr, text, sizeof(text));
	if (text[0])
		note_put(note, "%s says so", text);
}

enum reason complaint_read(int fd, int error, char note[PROBE_NOTE_MAX])
{
	enum reason reason = probe_reason(error);

	for (int i = 0; fd >= 0 && i < QUEUE_MOST; i++) {
		_Alignas(struct cmsghdr) uint8_t control[256];
		struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};
		struct complaint c;

		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		if (!complaint_of(&m, &c))
			continue;
		reason = c.reason;
		complaint_note(&c, note);
	}
	return reason;
}
