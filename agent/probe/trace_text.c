#include "agent/probe/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"

static const char *const kinds[] = {
        [TRACE_BY_ICMP] = "icmp",
        [TRACE_BY_TCP] = "tcp",
        [TRACE_BY_UDP] = "udp",
};

const char *trace_address_text(const union probe_address *a, char *out, size_t size)
{
	out[0] = '\0';
	if (a->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->v4.sin_addr, out, (socklen_t)size);
	else if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->v6.sin6_addr, out, (socklen_t)size);
	return out;
}

int trace_target_read(const char *target, struct trace_request *out)
{
	union probe_address literal;

	out->kind = TRACE_TCP;
	if (!probe_target_split(target, true, out->host, sizeof(out->host), &out->port))
		return 0;
	out->kind = TRACE_ICMP;
	if (probe_target_split(target, false, out->host, sizeof(out->host), &out->port))
		return -EINVAL;
	/* a colon that is neither before a port nor of an IPv6 address */
	return strchr(out->host, ':') && probe_address_parse(out->host, 0, &literal) ? -EINVAL : 0;
}

static json_t *address_json(const union probe_address *a)
{
	char text[INET6_ADDRSTRLEN];

	return a->any.sa_family ? json_string(trace_address_text(a, text, sizeof(text))) : json_null();
}

static json_t *hops_json(const struct trace_result *r)
{
	json_t *hops = json_array();

	for (unsigned i = 0; i < r->hop_count; i++) {
		const struct trace_hop *h = &r->hops[i];
		json_t *rtt = h->rtt_us < 0 ? json_null() : json_real((double)h->rtt_us / 1000);

		json_array_append_new(
		        hops, json_pack("[o, i, i, o, s]", address_json(&h->address), (int)h->sent, (int)h->received,
		                      rtt, reason_name(h->received ? h->reason : REASON_TIMEOUT)));
	}
	return hops;
}

char *trace_json(const struct trace_request *request, const struct trace_result *result)
{
	char target[sizeof(request->host) + 8];
	json_t *o;
	char *text;

	snprintf(target, sizeof(target), "%s", request->host);
	if (request->kind == TRACE_TCP)
		snprintf(target, sizeof(target), strchr(request->host, ':') ? "[%s]:%u" : "%s:%u", request->host,
		        request->port);
	o = json_pack("{s:s, s:o, s:s, s:b, s:s, s:i, s:i, s:i, s:i, s:o}", "target", target, "address",
	        address_json(&result->target), "by", kinds[result->by], "reached", result->reached, "reason",
	        reason_name(result->reason), "mtu", (int)result->mtu, "mtu_full", (int)result->mtu_full, "mtu_hop",
	        (int)result->mtu_hop, "mtu_passed", (int)result->mtu_passed, "hops", hops_json(result));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(o);
	return text ? text : mem_str("{}");
}
