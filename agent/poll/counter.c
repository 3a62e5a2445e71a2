#include "agent/poll/counter.h"

#include "common/metric.h"

int64_t counter_step(struct counter *c, int64_t raw, int bits, int64_t most, bool reset)
{
	int64_t delta = raw - c->raw;

	if (raw == METRIC_UNKNOWN || raw < 0 || !bits)
		return METRIC_UNKNOWN;
	if (!c->bits) {
		*c = (struct counter){.bits = bits, .raw = raw, .total = raw};
		return raw;
	}
	reset |= c->bits != bits;
	if (delta < 0 && bits == 32) {
		delta = (int64_t)(uint32_t)(raw - c->raw);
		/* without a speed: a wrap is likelier than not only from the upper half to the lower */
		reset |= delta > (most ? most : INT32_MAX);
	} else if (delta < 0 || (most && delta > most)) {
		reset = true;
	}
	c->raw = raw;
	c->bits = bits;
	if (reset)
		return METRIC_UNKNOWN;
	c->total += delta;
	return c->total;
}
