#include "agent/probe/names.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define KEEP_MS 60000
#define KEEP_FAILED_MS 5000
#define FORGET_MS 600000 /* not asked for that long */

struct name {
	struct names *names;
	struct name *next;
	char *host;
	uv_getaddrinfo_t request;
	bool pending, known;
	uint64_t expires_ms, asked_ms, begun_ns;
	struct name_answer answer;
};

struct names {
	uv_loop_t *loop;
	void (*on_answer)(void *arg, const char *host);
	void *arg;
	struct name *first;
	bool closed;
};

struct names *names_new(uv_loop_t *loop, void (*on_answer)(void *arg, const char *host), void *arg)
{
	struct names *n = mem_alloc(sizeof(*n));

	n->loop = loop;
	n->on_answer = on_answer;
	n->arg = arg;
	return n;
}

static void name_free(struct name *m)
{
	free(m->host);
	free(m);
}

/* Drops what no lookup holds and is too old, or all when closed. */
static void sweep(struct names *n)
{
	struct name **at = &n->first;

	while (*at) {
		struct name *m = *at;

		if (m->pending || (!n->closed && uv_now(n->loop) - m->asked_ms < FORGET_MS)) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		name_free(m);
	}
	if (n->closed && !n->first)
		free(n);
}

void names_close(struct names *n)
{
	if (!n)
		return;
	n->closed = true;
	for (struct name *m = n->first; m; m = m->next)
		if (m->pending)
			uv_cancel((uv_req_t *)&m->request);
	sweep(n);
}

static void take_addresses(struct name *m, const struct addrinfo *list)
{
	m->answer.count = 0;
	for (const struct addrinfo *a = list; a && m->answer.count < NAMES_ADDRESSES_MAX; a = a->ai_next) {
		union probe_address *to = &m->answer.addresses[m->answer.count];

		if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || a->ai_addrlen > sizeof(*to))
			continue;
		memset(to, 0, sizeof(*to));
		memcpy(to, a->ai_addr, a->ai_addrlen);
		m->answer.count++;
	}
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct name *m = request->data;
	struct names *n = m->names;

	m->pending = false;
	m->known = true;
	m->answer.took_us = (int64_t)(uv_hrtime() - m->begun_ns) / 1000;
	take_addresses(m, status ? NULL : list);
	uv_freeaddrinfo(list);
	m->expires_ms = uv_now(n->loop) + (m->answer.count ? KEEP_MS : KEEP_FAILED_MS);
	if (n->closed)
		sweep(n);
	else
		n->on_answer(n->arg, m->host);
}

static void look_up(struct name *m)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	m->request.data = m;
	m->begun_ns = uv_hrtime();
	m->pending = !uv_getaddrinfo(m->names->loop, &m->request, on_resolved, m->host, NULL, &hints);
	if (m->pending)
		return;
	m->known = true;
	m->answer.count = 0;
	m->expires_ms = uv_now(m->names->loop) + KEEP_FAILED_MS;
}

const struct name_answer *names_get(struct names *n, const char *host)
{
	struct name *m = n->first;

	while (m && strcmp(m->host, host))
		m = m->next;
	if (!m) {
		sweep(n);
		m = mem_alloc(sizeof(*m));
		m->names = n;
		m->host = mem_str(host);
		m->next = n->first;
		n->first = m;
	}
	m->asked_ms = uv_now(n->loop);
	if (!m->pending && (!m->known || uv_now(n->loop) >= m->expires_ms))
		look_up(m);
	return m->pending ? NULL : &m->answer;
}
