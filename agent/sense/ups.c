#include "agent/sense/ups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/nut.h"
#include "agent/sense/supply.h"
#include "common/clock.h"
#include "common/memory.h"

#define STATUS_MS 5000    /* between looks at the status */
#define PATIENCE_MS 15000 /* for an answer, and for a connection */
#define RETRY_MS 5000     /* first wait for an upsd that was there or is configured, doubled */
#define RETRY_MAX_MS 60000
#define QUIET_MS (5 * 60000) /* between looks for an upsd that was never there */
#define FAILURES_TOLD 2
#define READ_BYTES 2048

enum phase {
	PHASE_WAITING, /* for the timer, or (never seen) for a step */
	PHASE_LOOKING, /* its name up */
	PHASE_CONNECTING,
	PHASE_TALKING,
	PHASE_CLOSING, /* the connection's handle */
};

struct ups {
	const struct sense_context *context;
	char *name, *host, *port; /* name NULL: all of it */
	struct nut_handlers handlers;
	struct nut *nut;
	struct supply *supply;
	enum phase phase;
	bool configured, seen, stopping;
	bool row_due;      /* a step asked for readings while another answer was awaited */
	unsigned failures; /* in a row */
	int64_t tried_boot_ms, asked_boot_ms, row_boot_ms;
	uv_timer_t timer;
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	uv_tcp_t tcp;
	struct addrinfo *found, *next;
	struct sockaddr_storage numeric;
	char why[80];
	char room[READ_BYTES];
};

static void on_tick(uv_timer_t *timer);

static void on_status(void *arg, size_t ups, unsigned status)
{
	struct ups *u = arg;

	u->seen = true;
	u->failures = 0;
	supply_status(u->supply, ups, status);
}

static void on_readings(void *arg, size_t ups, const struct nut_readings *r)
{
	struct ups *u = arg;

	u->seen = true;
	u->failures = 0;
	supply_readings(u->supply, ups, u->row_boot_ms, r);
}

/* ---- the connection ---- */

static void wait_again(struct ups *u)
{
	uint64_t wait_ms = RETRY_MS;

	u->phase = PHASE_WAITING;
	u->failures++;
	for (unsigned i = 1; i < u->failures && wait_ms < RETRY_MAX_MS; i++)
		wait_ms *= 2;
	if (u->stopping || !(u->configured || u->seen))
		return; /* the next steps look at the clock */
	if (u->failures == FAILURES_TOLD) {
		for (size_t i = 0; i < nut_count(u->nut); i++)
			supply_lost(u->supply, i, u->why);
	}
	uv_timer_start(&u->timer, on_tick, wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS, 0);
}

static void connect_next(struct ups *u);

static void on_closed(uv_handle_t *h)
{
	struct ups *u = h->data;

	if (u->next && !u->stopping)
		connect_next(u);
	else
		wait_again(u);
}

static void hang_up(struct ups *u, const char *why)
{
	if (u->phase != PHASE_CONNECTING && u->phase != PHASE_TALKING)
		return;
	snprintf(u->why, sizeof(u->why), "%s", why);
	u->phase = PHASE_CLOSING;
	uv_timer_stop(&u->timer);
	uv_close((uv_handle_t *)&u->tcp, on_closed);
}

static void say(struct ups *u, void (*ask)(struct nut *n, struct buf *out))
{
	struct buf b = {0};
	uv_buf_t out;

	if (nut_waiting(u->nut))
		return;
	ask(u->nut, &b);
	u->asked_boot_ms = clock_boot_ms();
	out = uv_buf_init((char *)b.data, (unsigned)b.len);
	/* a few lines always fit, unless nobody reads them */
	if (b.len && uv_try_write((uv_stream_t *)&u->tcp, &out, 1) != (int)b.len)
		hang_up(u, "it does not read");
	buf_free(&b);
}

/* The readings have the status in them: the next look at it alone is due after them. */
static void say_readings(struct ups *u)
{
	if (nut_waiting(u->nut) || !nut_count(u->nut))
		return;
	u->row_due = false;
	say(u, nut_ask_readings);
	if (u->phase == PHASE_TALKING)
		uv_timer_again(&u->timer);
}

static void on_listed(void *arg)
{
	struct ups *u = arg;

	if (!nut_count(u->nut)) {
		u->next = NULL;
		hang_up(u, "it serves no UPS");
		return;
	}
	supply_set(u->supply, u->nut);
	say(u, nut_ask_status);
}

static void on_refused(void *arg, size_t ups, const char *word)
{
	struct ups *u = arg;

	if (ups == SIZE_MAX)
		hang_up(u, word);
	else
		supply_lost(u->supply, ups, word);
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	struct ups *u = h->data;

	(void)wanted;
	*out = uv_buf_init(u->room, sizeof(u->room));
}

static void on_bytes(uv_stream_t *tcp, ssize_t got, const uv_buf_t *room)
{
	struct ups *u = tcp->data;

	if (got < 0) {
		hang_up(u, got == UV_EOF ? "it hung up" : uv_strerror((int)got));
		return;
	}
	if (nut_put(u->nut, room->base, (size_t)got)) {
		hang_up(u, "it does not speak NUT's protocol");
		return;
	}
	if (u->row_due && u->phase == PHASE_TALKING)
		say_readings(u);
}

static void talk(struct ups *u)
{
	u->phase = PHASE_TALKING;
	u->row_due = false;
	u->next = NULL;
	nut_reset(u->nut);
	uv_timer_start(&u->timer, on_tick, STATUS_MS, STATUS_MS);
	uv_read_start((uv_stream_t *)&u->tcp, on_alloc, on_bytes);
	if (u->name)
		on_listed(u);
	else
		say(u, nut_ask_list);
}

static void on_connect(uv_connect_t *req, int status)
{
	struct ups *u = req->data;

	if (u->phase != PHASE_CONNECTING)
		return;
	if (status)
		hang_up(u, uv_strerror(status));
	else
		talk(u);
}

static void connect_to(struct ups *u, const struct sockaddr *address)
{
	uv_tcp_init(u->context->loop, &u->tcp);
	u->tcp.data = u->connect.data = u;
	u->phase = PHASE_CONNECTING;
	uv_timer_start(&u->timer, on_tick, PATIENCE_MS, 0);
	int status = uv_tcp_connect(&u->connect, &u->tcp, address, on_connect);
	if (status)
		hang_up(u, uv_strerror(status));
}

static void connect_next(struct ups *u)
{
	struct addrinfo *a = u->next;

	u->next = a->ai_next;
	connect_to(u, a->ai_addr);
}

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct ups *u = req->data;

	uv_freeaddrinfo(u->found);
	u->found = u->next = status ? NULL : found;
	if (u->stopping)
		return;
	if (u->next) {
		connect_next(u);
		return;
	}
	snprintf(u->why, sizeof(u->why), "%s", status ? uv_strerror(status) : "no address");
	wait_again(u);
}

static bool numeric(struct ups *u)
{
	int port = atoi(u->port);

	return !uv_ip4_addr(u->host, port, (struct sockaddr_in *)&u->numeric) ||
	       !uv_ip6_addr(u->host, port, (struct sockaddr_in6 *)&u->numeric);
}

static void dial(struct ups *u)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};

	u->tried_boot_ms = clock_boot_ms();
	if (numeric(u)) {
		connect_to(u, (const struct sockaddr *)&u->numeric);
		return;
	}
	u->phase = PHASE_LOOKING;
	u->lookup.data = u;
	int status = uv_getaddrinfo(u->context->loop, &u->lookup, on_found, u->host, u->port, &hints);
	if (status) {
		snprintf(u->why, sizeof(u->why), "%s", uv_strerror(status));
		wait_again(u);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct ups *u = timer->data;

	if (u->phase == PHASE_WAITING)
		dial(u);
	else if (u->phase == PHASE_CONNECTING)
		hang_up(u, "no answer");
	else if (u->phase == PHASE_TALKING && nut_waiting(u->nut) && clock_boot_ms() - u->asked_boot_ms >= PATIENCE_MS)
		hang_up(u, "no answer");
	else if (u->phase == PHASE_TALKING)
		say(u, nut_ask_status);
}

/* ---- the sense ---- */

/* "NAME@HOST[:PORT]", as agent/config.c let it through; NULL stands for all of this host's. */
static void place_read(struct ups *u, const char *text)
{
	const char *host = text ? strchr(text, '@') + 1 : "127.0.0.1", *colon = strrchr(host, ':');
	size_t len;

	if (colon && host[0] == '[' && colon[-1] != ']')
		colon = NULL; /* within the address */
	len = colon ? (size_t)(colon - host) : strlen(host);
	if (text)
		u->name = mem_strn(text, (size_t)(host - 1 - text));
	u->port = mem_str(colon ? colon + 1 : NUT_PORT);
	u->host = host[0] == '[' ? mem_strn(host + 1, len - 2) : mem_strn(host, len);
	/* spares the thread of a lookup */
	if (!strcmp(u->host, "localhost")) {
		free(u->host);
		u->host = mem_str("127.0.0.1");
	}
}

static void *on_open(const struct sense_context *context)
{
	const char *text = context->config->ups;
	struct ups *u;

	if (text && !strcmp(text, "no"))
		return NULL;
	u = mem_alloc(sizeof(*u));
	u->context = context;
	u->configured = text;
	place_read(u, text);
	u->handlers = (struct nut_handlers){.on_listed = on_listed,
	        .on_status = on_status,
	        .on_readings = on_readings,
	        .on_refused = on_refused,
	        .arg = u};
	u->nut = nut_new(&u->handlers);
	u->supply = supply_new(context->sink);
	if (u->name) {
		nut_set_only(u->nut, u->name);
		supply_set(u->supply, u->nut);
	}
	return u;
}

static void on_start(void *state)
{
	struct ups *u = state;

	uv_timer_init(u->context->loop, &u->timer);
	u->timer.data = u;
	dial(u);
}

static void on_read(void *state, int64_t boot_ms)
{
	struct ups *u = state;

	if (u->phase == PHASE_WAITING && !uv_is_active((uv_handle_t *)&u->timer) &&
	        clock_boot_ms() - u->tried_boot_ms >= QUIET_MS)
		dial(u);
	if (u->phase != PHASE_TALKING)
		return;
	u->row_boot_ms = boot_ms;
	u->row_due = true;
	say_readings(u);
}

static void on_stop(void *state)
{
	struct ups *u = state;

	u->stopping = true;
	uv_close((uv_handle_t *)&u->timer, NULL);
	if (u->phase == PHASE_LOOKING)
		uv_cancel((uv_req_t *)&u->lookup);
	if (u->phase == PHASE_CONNECTING || u->phase == PHASE_TALKING) {
		u->phase = PHASE_CLOSING;
		uv_close((uv_handle_t *)&u->tcp, on_closed);
	}
}

static void on_close(void *state)
{
	struct ups *u = state;

	uv_freeaddrinfo(u->found);
	nut_free(u->nut);
	supply_free(u->supply);
	free(u->name);
	free(u->host);
	free(u->port);
	free(u);
}

const struct sense sense_ups =
        {.name = "ups", .open = on_open, .start = on_start, .read = on_read, .stop = on_stop, .close = on_close};
