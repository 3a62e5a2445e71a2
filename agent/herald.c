#include "agent/herald.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/talk.h"
#include "agent/witness/watchman.h"
#include "common/channel.h"
#include "common/memory.h"

#define LINES_MAX 8
#define LOST_ALL 10000   /* PATH_LOSS is in hundredths of a percent */
#define ROW_OLD_MS 60000 /* a line that is not looked at any more says nothing */

struct way {
	char name[METRIC_INSTANCE_MAX];
	int64_t boot_ms;
	bool works;
};

struct herald {
	uv_loop_t *loop;
	struct channel *witness; /* NULL while it is away */
	char site[METRIC_INSTANCE_MAX], why[200];
	bool alive;
	uint8_t way;
	struct way gateway, lines[LINES_MAX];
	unsigned line_count;
};

struct herald *herald_new(uv_loop_t *loop)
{
	struct herald *h = mem_alloc(sizeof(*h));

	h->loop = loop;
	return h;
}

static void tell(struct herald *h)
{
	struct buf b = {0};

	if (!h->witness)
		return;
	buf_put_u8(&b, h->alive);
	buf_put_u8(&b, h->way);
	buf_put_str(&b, h->site);
	buf_put_str(&b, h->alive ? "" : h->why);
	channel_send(h->witness, TALK_HEARD, b.data, b.len);
	buf_free(&b);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	(void)ch, (void)kind, (void)id, (void)payload, (void)arg; /* it has nothing to say to us */
}

static void on_close(struct channel *ch, void *arg)
{
	struct herald *h = arg;

	if (h->witness == ch)
		h->witness = NULL;
}

void herald_link(struct herald *h, int fd)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_close};

	h->witness = channel_open(h->loop, fd, &handlers, h);
	tell(h);
}

void herald_site(struct herald *h, const char *site)
{
	if (!strcmp(h->site, site))
		return;
	snprintf(h->site, sizeof(h->site), "%s", site);
	tell(h);
}

void herald_alive(struct herald *h)
{
	h->alive = true;
	tell(h);
}

void herald_trouble(struct herald *h, bool refused, const char *why)
{
	bool news = h->alive != refused || strncmp(h->why, why, sizeof(h->why) - 1);

	h->alive = refused;
	snprintf(h->why, sizeof(h->why), "%s", why);
	if (news)
		tell(h);
}

static uint8_t way_of(const struct herald *h, int64_t boot_ms)
{
	bool seen = false;

	if (h->gateway.boot_ms > boot_ms - ROW_OLD_MS && h->gateway.boot_ms && !h->gateway.works)
		return WAY_DOWN;
	for (unsigned i = 0; i < h->line_count; i++) {
		if (h->lines[i].boot_ms <= boot_ms - ROW_OLD_MS)
			continue;
		if (h->lines[i].works)
			return WAY_WORKS;
		seen = true;
	}
	return seen ? WAY_DOWN : h->gateway.boot_ms ? WAY_WORKS : WAY_UNKNOWN;
}

static struct way *line_named(struct herald *h, const char *name)
{
	for (unsigned i = 0; i < h->line_count; i++)
		if (!strcmp(h->lines[i].name, name))
			return &h->lines[i];
	if (h->line_count == LINES_MAX)
		return NULL;
	snprintf(h->lines[h->line_count].name, sizeof(h->lines[0].name), "%s", name);
	return &h->lines[h->line_count++];
}

void herald_row(
        struct herald *h, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	bool line = class_id == CLASS_UPLINK, gateway = class_id == CLASS_PATH && !strcmp(subject, "gateway");
	struct way *w = line ? line_named(h, subject) : gateway ? &h->gateway : NULL;
	uint8_t way;

	if (!w || values[PATH_LOSS] == METRIC_UNKNOWN)
		return;
	w->boot_ms = boot_ms;
	w->works = values[PATH_LOSS] < LOST_ALL;
	way = way_of(h, boot_ms);
	if (way == h->way)
		return;
	h->way = way;
	tell(h);
}

void herald_close(struct herald *h)
{
	if (h->witness)
		channel_close(h->witness);
}

void herald_free(struct herald *h)
{
	free(h);
}
