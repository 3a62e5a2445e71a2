#include "collector/intake/crossing.h"

#define EVERY_MS 10000

static void raise_to(uint32_t *lost, uint32_t sent, uint32_t came)
{
	if (sent > came && sent - came > *lost)
		*lost = sent - came;
}

void crossing_beat(struct crossing *c, uint32_t their_out, uint32_t their_in, uint32_t our_out, uint32_t our_in)
{
	/* the heartbeat itself is one more that came */
	raise_to(&c->lost_up, their_out, our_in ? our_in - 1 : 0);
	if (c->out_before)
		raise_to(&c->lost_down, c->out_before, their_in);
	c->out_before = our_out;
}

bool crossing_due(struct crossing *c, int64_t now_ms)
{
	if (now_ms - c->told_ms < EVERY_MS || (c->lost_up == c->told_up && c->lost_down == c->told_down))
		return false;
	c->told_ms = now_ms;
	c->told_up = c->lost_up;
	c->told_down = c->lost_down;
	return true;
}
