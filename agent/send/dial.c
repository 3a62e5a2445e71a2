#include "agent/send/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/send/proxy.h"
#include "common/memory.h"

#define ADDRESS_MS 5000 /* for one address to answer, and for the proxy */
#define WHY_MAX 160

struct dial {
	uv_loop_t *loop;
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	uv_write_t write;
	uv_timer_t patience;
	uv_tcp_t *tcp; /* at hand, or NULL */
	struct addrinfo *found, *next;
	unsigned open; /* callbacks that still have to come before it may be freed */
	bool ended;    /* on_done was called, or must not be any more */
	dial_on_done on_done;
	void *arg;
	char *target, *proxy;
	struct buf ask, answer;
	char address[64];
	char why[WHY_MAX];
};

static void dial_release(struct dial *d)
{
	if (--d->open)
		return;
	uv_freeaddrinfo(d->found);
	buf_free(&d->ask);
	buf_free(&d->answer);
	free(d->target);
	free(d->proxy);
	free(d);
}

static void on_patience_closed(uv_handle_t *h)
{
	dial_release(h->data);
}

static void dial_end(struct dial *d)
{
	d->ended = true;
	uv_close((uv_handle_t *)&d->patience, on_patience_closed);
}

static void address_next(struct dial *d);

static void on_tcp_abandoned(uv_handle_t *h)
{
	struct dial *d = h->data;

	free(h);
	if (!d->ended)
		address_next(d);
	dial_release(d);
}

/* This address will not do. */
static void address_abandon(struct dial *d, const char *why)
{
	uv_tcp_t *tcp = d->tcp;

	if (!tcp)
		return;
	d->tcp = NULL;
	uv_timer_stop(&d->patience);
	snprintf(d->why, sizeof(d->why), "%s: %s", d->address, why);
	uv_close((uv_handle_t *)tcp, on_tcp_abandoned);
}

static void dial_succeed(struct dial *d)
{
	uv_tcp_t *tcp = d->tcp;

	d->tcp = NULL;
	uv_read_stop((uv_stream_t *)tcp);
	dial_end(d);
	d->on_done(0, "", tcp, d->address, d->arg);
	dial_release(d);
}

static void on_patience(uv_timer_t *timer)
{
	address_abandon(timer->data, "no answer");
}

/* ---- the proxy ---- */

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	struct dial *d = h->data;

	(void)wanted;
	buf_reserve(&d->answer, PROXY_ANSWER_MAX);
	*out = uv_buf_init((char *)d->answer.data + d->answer.len, PROXY_ANSWER_MAX);
}

static void on_proxy_read(uv_stream_t *tcp, ssize_t n, const uv_buf_t *room)
{
	struct dial *d = tcp->data;
	unsigned code;
	char why[64];

	(void)room;
	if (n < 0) {
		address_abandon(d, "the proxy hung up");
		return;
	}
	d->answer.len += (size_t)n;
	int status = proxy_answer(d->answer.data, d->answer.len, &code);
	if (status > 0) {
		dial_succeed(d);
	} else if (status < 0) {
		snprintf(why, sizeof(why), code ? "the proxy answers %u" : "the proxy does not speak HTTP", code);
		address_abandon(d, why);
	}
}

static void on_proxy_written(uv_write_t *req, int status)
{
	struct dial *d = req->data;

	if (status < 0 && !d->ended)
		address_abandon(d, uv_strerror(status));
	dial_release(d);
}

static void proxy_begin(struct dial *d)
{
	buf_reset(&d->ask);
	buf_reset(&d->answer);
	proxy_ask(&d->ask, d->target);
	uv_buf_t b = uv_buf_init((char *)d->ask.data, (unsigned)d->ask.len);
	d->write.data = d;
	int status = uv_write(&d->write, (uv_stream_t *)d->tcp, &b, 1, on_proxy_written);
	if (!status) {
		d->open++;
		status = uv_read_start((uv_stream_t *)d->tcp, on_alloc, on_proxy_read);
	}
	if (status)
		address_abandon(d, uv_strerror(status));
	else
		uv_timer_start(&d->patience, on_patience, ADDRESS_MS, 0);
}

/* ---- addresses ---- */

static void on_connect(uv_connect_t *req, int status)
{
	struct dial *d = req->data;

	if (status == UV_ECANCELED || !d->tcp)
		return; /* abandoned or cancelled: its close callback goes on */
	if (status)
		address_abandon(d, uv_strerror(status));
	else if (d->proxy)
		proxy_begin(d);
	else
		dial_succeed(d);
}

static void dial_fail(struct dial *d, int status)
{
	dial_end(d);
	d->on_done(status, d->why, NULL, "", d->arg);
}

static void address_next(struct dial *d)
{
	struct addrinfo *a = d->next;

	if (!a) {
		dial_fail(d, -EHOSTUNREACH);
		return;
	}
	d->next = a->ai_next;
	uv_ip_name(a->ai_addr, d->address, sizeof(d->address));
	d->tcp = mem_alloc(sizeof(*d->tcp));
	d->open++;
	uv_tcp_init(d->loop, d->tcp);
	d->tcp->data = d->connect.data = d;
	int status = uv_tcp_connect(&d->connect, d->tcp, a->ai_addr, on_connect);
	if (status)
		address_abandon(d, uv_strerror(status));
	else
		uv_timer_start(&d->patience, on_patience, ADDRESS_MS, 0);
}

static void on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct dial *d = req->data;

	d->found = d->next = found;
	if (!d->ended) {
		if (status) {
			snprintf(
			        d->why, sizeof(d->why), "%s: %s", d->proxy ? d->proxy : d->target, uv_strerror(status));
			dial_fail(d, -EHOSTUNREACH);
		} else
			address_next(d);
	}
	dial_release(d);
}

/* Looks the name up; -EINVAL when there is no port. */
static int lookup_begin(struct dial *d)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	char *text = mem_str(d->proxy ? d->proxy : d->target), *host = text;
	char *colon = strrchr(text, ':');
	int status = -EINVAL;

	if (colon) {
		*colon = 0;
		if (*text == '[' && colon[-1] == ']') {
			colon[-1] = 0;
			host++;
		}
		status = uv_getaddrinfo(d->loop, &d->lookup, on_lookup, host, colon + 1, &hints);
	}
	free(text);
	return status;
}

static void on_no_lookup(uv_timer_t *timer)
{
	struct dial *d = timer->data;

	snprintf(d->why, sizeof(d->why), "%s: not host:port", d->proxy ? d->proxy : d->target);
	dial_fail(d, -EINVAL);
}

struct dial *dial_new(uv_loop_t *loop, const char *target, const char *proxy, dial_on_done on_done, void *arg)
{
	struct dial *d = mem_alloc(sizeof(*d));

	*d = (struct dial){.loop = loop, .open = 1, .on_done = on_done, .arg = arg};
	d->target = mem_str(target);
	d->proxy = mem_str(proxy);
	uv_timer_init(loop, &d->patience);
	d->lookup.data = d->patience.data = d;
	if (lookup_begin(d))
		uv_timer_start(&d->patience, on_no_lookup, 0, 0);
	else
		d->open++;
	return d;
}

void dial_cancel(struct dial *d)
{
	if (d->ended)
		return;
	dial_end(d);
	uv_cancel((uv_req_t *)&d->lookup);
	address_abandon(d, "cancelled");
}
