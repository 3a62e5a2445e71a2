#include "agent/probe/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/probe/dns.h"
#include "agent/probe/http.h"
#include "agent/probe/icmp.h"
#include "agent/probe/mtu.h"
#include "agent/probe/ntp.h"
#include "agent/probe/tcp.h"
#include "agent/probe/tls.h"

static const struct probe_type *const types[] = {
        &probe_tcp, &probe_icmp, &probe_tls, &probe_http, &probe_dns, &probe_ntp, &probe_mtu};

static const struct {
	int error;
	enum reason reason;
} reasons[] = {
        {ECONNREFUSED, REASON_REFUSED},
        {ETIMEDOUT, REASON_TIMEOUT},
        {EHOSTUNREACH, REASON_UNREACHABLE},
        {ENETUNREACH, REASON_UNREACHABLE},
        {EHOSTDOWN, REASON_UNREACHABLE},
        {ENETDOWN, REASON_UNREACHABLE},
        {ECONNRESET, REASON_RESET},
        {ECONNABORTED, REASON_RESET},
        {EPIPE, REASON_RESET},
        {EPROTO, REASON_PROTOCOL},
};

const struct probe_type *probe_type_named(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}

struct probe_want probe_done(void)
{
	return (struct probe_want){.done = true, .fd = -1};
}

struct probe_result probe_result_none(void)
{
	struct probe_result r = {.reason = REASON_TIMEOUT,
	        .connect_us = PROBE_UNKNOWN,
	        .total_us = PROBE_UNKNOWN,
	        .rtt_us = PROBE_UNKNOWN,
	        .rtt_min_us = PROBE_UNKNOWN,
	        .rtt_max_us = PROBE_UNKNOWN,
	        .jitter_us = PROBE_UNKNOWN};

	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		r.detail[i] = METRIC_UNKNOWN;
	return r;
}

int probe_bind(int fd, const struct probe_job *job)
{
	if (job->interface[0] &&
	        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, job->interface, (socklen_t)strlen(job->interface)))
		return -errno;
	if (job->source.any.sa_family && bind(fd, &job->source.any, probe_address_len(&job->source)))
		return -errno;
	return 0;
}

/* What is not said about the target is about ourselves: no descriptor, no right, no such source address. */
enum reason probe_reason(int error)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].reason;
	return REASON_LOCAL;
}

socklen_t probe_address_len(const union probe_address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

bool probe_address_equal(const union probe_address *a, const union probe_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET6)
		return !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
	return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

int probe_address_parse(const char *text, uint16_t port, union probe_address *out)
{
	char host[INET6_ADDRSTRLEN];
	const char *scope = strchr(text, '%');
	size_t len = scope ? (size_t)(scope - text) : strlen(text);

	memset(out, 0, sizeof(*out));
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!scope && inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
		return -EINVAL;
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(port);
	if (scope)
		out->v6.sin6_scope_id = if_nametoindex(scope + 1);
	return scope && !out->v6.sin6_scope_id ? -EINVAL : 0;
}

static int parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || !v || v > 65535)
		return -EINVAL;
	*port = (uint16_t)v;
	return 0;
}

static int copy_host(const char *from, size_t len, char *host, size_t size)
{
	if (!len || len >= size || memchr(from, ' ', len))
		return -EINVAL;
	memcpy(host, from, len);
	host[len] = '\0';
	return 0;
}

int probe_target_split(const char *target, bool has_port, char *host, size_t size, uint16_t *port)
{
	const char *end = target + strlen(target), *colon;

	*port = 0;
	if (target[0] == '[') {
		const char *close = strchr(target, ']');

		if (!close || (has_port ? close[1] != ':' : close[1] != '\0'))
			return -EINVAL;
		if (has_port && parse_port(close + 2, port))
			return -EINVAL;
		return copy_host(target + 1, (size_t)(close - target - 1), host, size);
	}
	if (!has_port)
		return copy_host(target, (size_t)(end - target), host, size);
	colon = strchr(target, ':');
	if (!colon || strchr(colon + 1, ':') || parse_port(colon + 1, port))
		return -EINVAL;
	return copy_host(target, (size_t)(colon - target), host, size);
}

int probe_target_of(const struct probe_type *type, const char *target, char *host, size_t size, uint16_t *port)
{
	const char *colon = strchr(target, ':'), *close = strstr(target, "]:");

	if (type->own_hosts && (!target[0] || !strcmp(target, "system"))) {
		*port = type->default_port;
		return copy_host("system", strlen("system"), host, size);
	}
	/* one colon alone is a port's: an IPv6 address has more, and with a port it stands in brackets */
	if (type->default_port && (target[0] == '[' ? close != NULL : colon && !strchr(colon + 1, ':')))
		return probe_target_split(target, true, host, size, port);
	if (probe_target_split(target, type->has_port, host, size, port))
		return -EINVAL;
	if (!type->has_port)
		*port = type->default_port;
	return 0;
}

int probe_url_split(const char *url, bool *secure, char *host, size_t size, uint16_t *port, const char **path)
{
	char authority[512];
	const char *from, *end;

	if (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8))
		return -EINVAL;
	*secure = url[4] == 's' || url[4] == 'S';
	from = url + (*secure ? 8 : 7);
	end = from + strcspn(from, "/?#");
	*path = *end == '/' ? end : "/";
	/* a query right after the host would need a path of its own; '@' hides another host */
	if (end == from || (size_t)(end - from) >= sizeof(authority) || (*end && *end != '/') ||
	        memchr(from, '@', (size_t)(end - from)))
		return -EINVAL;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return -EINVAL;
	memcpy(authority, from, (size_t)(end - from));
	authority[end - from] = '\0';
	if (!probe_target_split(authority, true, host, size, port))
		return 0;
	*port = *secure ? 443 : 80;
	if (authority[0] != '[' && strchr(authority, ':'))
		return -EINVAL;
	if (probe_target_split(authority, false, host, size, &(uint16_t){0}))
		return -EINVAL;
	return 0;
}
