#include "tests/bench/known.h"

const struct known_set known_sets[KNOWN_SETS] = {
        {CLASS_HOST, ""},
        {CLASS_INTERFACE, "eth0"},
        {CLASS_INTERFACE, "eth1"},
        {CLASS_PATH, "gateway"},
        {CLASS_PATH, "core"},
        {CLASS_UPLINK, ""},
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

static uint64_t seed_of(unsigned node, unsigned set, unsigned column)
{
	return mix((uint64_t)node << 32 | set << 8 | column);
}

static int64_t rate_of(unsigned node, unsigned set, unsigned column)
{
	return 100 + (int64_t)(seed_of(node, set, column) % 1000);
}

static int64_t known_value(unsigned node, unsigned set, unsigned column, int64_t wall_ms)
{
	const struct metric_class *c = metric_class(known_sets[set].class_id);
	bool path = c->metrics == metric_class(CLASS_PATH)->metrics;

	if (c->metrics[column].kind == METRIC_COUNTER)
		return wall_ms / 1000 * rate_of(node, set, column);
	if (path && column == PATH_LOSS)
		return 0; /* a healthy line: what is measured is storing, not a judge in a storm */
	uint64_t v = mix(seed_of(node, set, column) ^ (uint64_t)wall_ms);
	if (c->id == CLASS_INTERFACE && column == IF_CARRIER)
		return 1;
	if (c->id == CLASS_HOST && column == HOST_DISK_USED)
		return (int64_t)(v % 5000);
	return (int64_t)(v % 10000);
}

void known_row(unsigned node, unsigned set, int64_t wall_ms, int64_t *values)
{
	const struct metric_class *c = metric_class(known_sets[set].class_id);

	for (unsigned i = 0; i < c->count; i++)
		values[i] = known_value(node, set, i, wall_ms);
}

double known_stored(unsigned node, unsigned set, unsigned column, int64_t wall_ms)
{
	const struct metric *m = &metric_class(known_sets[set].class_id)->metrics[column];

	if (m->kind == METRIC_COUNTER)
		return (double)rate_of(node, set, column);
	return metric_value(m, known_value(node, set, column, wall_ms));
}
