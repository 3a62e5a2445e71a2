#include "agent/probe/mtu_search.h"

unsigned mtu_search_next(const struct mtu_search *s, unsigned sizes[MTU_SEARCH_SIZES])
{
	unsigned between = s->high > s->low ? s->high - s->low - 1 : 0;
	unsigned count = between < MTU_SEARCH_SIZES ? between : MTU_SEARCH_SIZES;

	for (unsigned i = 0; i < count; i++)
		sizes[i] = s->low + (i + 1) * (between + 1) / (count + 1);
	return count;
}

void mtu_search_take(struct mtu_search *s, const unsigned *sizes, const bool *passed, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (passed[i] && sizes[i] > s->low && sizes[i] < s->high)
			s->low = sizes[i];
	for (unsigned i = 0; i < count; i++)
		if (!passed[i] && sizes[i] > s->low && sizes[i] < s->high)
			s->high = sizes[i];
}
