#include "agent/probe/closer.h"

#define LOOK_MS 12000 /* a step, and the next one's echoes */
#define WAIT_LEAST_MS 300
#define WAIT_MOST_MS 2000
#define COUNT_LEAST 8
#define BAD_ONE_IN 50

static void count(struct closer *c, const struct probe_result *r)
{
	unsigned joined = c->in_burst && r->lost_first;

	c->echoes += r->sent;
	c->lost += r->sent - r->received;
	c->bursts += r->bursts - joined;
	c->in_burst = r->lost_last;
}

void closer_note(struct closer *c, const struct probe_result *r, bool look, int64_t now_ms)
{
	int64_t wait_ms = r->rtt_max_us == PROBE_UNKNOWN ? 0 : r->rtt_max_us * 4 / 1000;

	if (!r->received) {
		/* that is not loss, that is down: who looks again is the next step */
		c->until_ms = 0;
		if (!look)
			*c = (struct closer){0};
		else
			count(c, r);
		return;
	}
	count(c, r);
	c->wait_ms = wait_ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : wait_ms > WAIT_MOST_MS ? WAIT_MOST_MS : wait_ms;
	if (look) {
		c->look_echoes += r->sent;
		c->look_lost += r->sent - r->received;
		return;
	}
	if (r->received < r->sent || (c->look_lost > 1 && c->look_lost * BAD_ONE_IN >= c->look_echoes))
		c->until_ms = now_ms + LOOK_MS;
	c->look_echoes = c->look_lost = 0;
}

void closer_take(struct closer *c, struct probe_result *r)
{
	r->looked = c->echoes;
	r->looked_lost = c->lost;
	r->looked_bursts = c->bursts;
	c->echoes = c->lost = c->bursts = 0;
}

unsigned closer_count(const struct closer *c, int64_t now_ms, int64_t due_ms)
{
	int64_t room = (due_ms - now_ms - c->wait_ms) / CLOSER_GAP_MS;

	if (now_ms >= c->until_ms || room < COUNT_LEAST)
		return 0;
	return room < CLOSER_RUN ? (unsigned)room : CLOSER_RUN;
}
