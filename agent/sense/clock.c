#include "agent/sense/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "agent/sense/chrony.h"
#include "common/clock.h"
#include "common/memory.h"

#define ASK_MS 55000             /* a minute, by steps that come a little early */
#define ASK_AGAIN_MS (5 * 60000) /* when nobody was there */
#define KNOWN_MS (3 * 60000)     /* for this long chronyd's last word stands */
#define DATAGRAMS_MAX 8          /* read in one step */

struct keeping {
	bool synchronised;
	double offset_ms, error_ms; /* NAN unknown */
	int stratum;                /* -1 unknown */
	const char *by;             /* NULL: nobody tells */
};

struct clock_sense {
	const struct sense_context *context;
	int chrony; /* a connected UDP socket; -1: none to be had */
	uint32_t sequence;
	int64_t asked_boot_ms, answered_boot_ms; /* 0: never */
	struct chrony_tracking tracking;
	bool told, was_synchronised;
};

static int chrony_connect(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void ask(struct clock_sense *c, int64_t boot_ms)
{
	struct buf b = {0};

	c->asked_boot_ms = boot_ms;
	c->sequence = (uint32_t)chance_u64();
	chrony_ask(&b, c->sequence);
	/* nobody there: said by the next recv, or the one after */
	if (send(c->chrony, b.data, b.len, 0) < 0 && errno != ECONNREFUSED && errno != EAGAIN) {
		close(c->chrony);
		c->chrony = -1;
	}
	buf_free(&b);
}

static void hear(struct clock_sense *c, int64_t boot_ms)
{
	uint8_t data[CHRONY_TRACKING_BYTES * 2];

	for (int i = 0; c->chrony >= 0 && i < DATAGRAMS_MAX; i++) {
		ssize_t got = recv(c->chrony, data, sizeof(data), 0);

		if (got < 0 && errno == ECONNREFUSED)
			c->answered_boot_ms = 0;
		if (got < 0)
			return;
		if (!chrony_answer(data, (size_t)got, c->sequence, &c->tracking))
			c->answered_boot_ms = boot_ms;
	}
}

static void ask_kernel(struct keeping *k)
{
	struct timex t = {0};

	*k = (struct keeping){.offset_ms = NAN, .error_ms = NAN, .stratum = -1};
	if (adjtimex(&t) < 0)
		return;
	k->by = "kernel";
	k->synchronised = !(t.status & STA_UNSYNC);
	if (!k->synchronised)
		return;
	k->offset_ms = (double)t.offset / (t.status & STA_NANO ? 1e6 : 1e3);
	k->error_ms = (double)t.maxerror / 1e3;
}

static void from_chrony(const struct chrony_tracking *t, struct keeping *k)
{
	*k = (struct keeping){.offset_ms = NAN, .error_ms = NAN, .stratum = -1, .by = "chrony"};
	k->synchronised = t->leap != CHRONY_LEAP_UNSYNCHRONISED && t->reference;
	if (!k->synchronised)
		return;
	k->stratum = (int)t->stratum;
	k->offset_ms = t->correction_s * 1e3;
	k->error_ms = (fabs(t->correction_s) + t->root_dispersion_s + t->root_delay_s / 2) * 1e3;
}

static void tell(struct clock_sense *c, const struct keeping *k, int64_t boot_ms)
{
	const struct metric *m = metric_class(CLASS_CLOCK)->metrics;
	const struct sink *s = c->context->sink;
	int64_t values[METRIC_COLUMNS_MAX];
	char text[96];

	values[CLOCK_SYNCED] = k->by ? k->synchronised : METRIC_UNKNOWN;
	values[CLOCK_OFFSET] = metric_scaled(&m[CLOCK_OFFSET], k->offset_ms);
	values[CLOCK_ERROR] = metric_scaled(&m[CLOCK_ERROR], k->error_ms);
	values[CLOCK_STRATUM] = k->stratum < 0 ? METRIC_UNKNOWN : k->stratum;
	s->row(s->arg, CLASS_CLOCK, "", boot_ms, values);
	if (!k->by)
		return;
	s->state(
	        s->arg, boot_ms, CLASS_CLOCK, "", k->synchronised, k->synchronised ? REASON_OK : REASON_UNSYNCHRONISED);
	if (c->told && c->was_synchronised != k->synchronised) {
		snprintf(text, sizeof(text), "host %s by %s", k->synchronised ? "synchronised" : "unsynchronised",
		        k->by);
		s->event(s->arg, boot_ms, "clock", text);
	}
	c->told = true;
	c->was_synchronised = k->synchronised;
}

static void on_read(void *state, int64_t boot_ms)
{
	struct clock_sense *c = state;
	struct keeping k;

	hear(c, boot_ms);
	if (c->answered_boot_ms && boot_ms - c->answered_boot_ms < KNOWN_MS)
		from_chrony(&c->tracking, &k);
	else
		ask_kernel(&k);
	tell(c, &k, boot_ms);
	if (c->chrony >= 0 && boot_ms - c->asked_boot_ms >= (c->answered_boot_ms ? ASK_MS : ASK_AGAIN_MS))
		ask(c, boot_ms);
}

static void *on_open(const struct sense_context *context)
{
	struct clock_sense *c = mem_alloc(sizeof(*c));

	c->context = context;
	c->chrony = chrony_connect(CHRONY_PORT);
	return c;
}

/* The first step then knows who keeps the time. */
static void on_start(void *state)
{
	struct clock_sense *c = state;

	if (c->chrony >= 0)
		ask(c, clock_boot_ms());
}

static void on_close(void *state)
{
	struct clock_sense *c = state;

	if (c->chrony >= 0)
		close(c->chrony);
	free(c);
}

const struct sense sense_clock = {.name = "clock",
        .open = on_open,
        .start = on_start,
        .read = on_read,
        .close = on_close};
