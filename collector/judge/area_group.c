#include "collector/judge/area_group.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"

#define PARENT_LEAST 2
#define CARRIER_LEAST 3
#define POWER_LEAST 3
/* a stray fault may fall into the same minute: fewer than a tenth, or one alone, do not speak against what explains the rest */
#define STRAY_SHARE 10
#define NAMES_MAX 64
#define CARRIER_TOGETHER_MS 20000

struct thing {
	const char *name;
	bool carrier;
};

static bool hangs_on(const struct topology *t, const struct uplink *u, const struct thing *what)
{
	const char *names[TOPOLOGY_DEPTH];
	if (what->carrier)
		return u->carrier && !strcasecmp(u->carrier, what->name);
	/* the line itself may be what others hang on */
	if (!strcmp(u->id, what->name))
		return true;
	unsigned count = topology_upstreams(t, u, names);
	for (unsigned k = 0; k < count; k++)
		if (!strcmp(names[k], what->name))
			return true;
	return false;
}

static size_t line_count(const struct site *s)
{
	return s->uplink_count < AREA_LINES_MAX ? s->uplink_count : AREA_LINES_MAX;
}

/* Does it explain the site? With `weak` also a site of which nothing is known but that one of its lines hangs on it. */
static bool explains(const struct topology *t, const struct area_site *a, const struct thing *what, bool weak)
{
	bool any = false, all = true;
	for (size_t k = 0; k < line_count(a->site); k++) {
		uint32_t bit = 1u << k;
		if (a->down ? !(a->down & bit) : a->up & bit)
			continue;
		bool hangs = hangs_on(t, &a->site->uplinks[k], what);
		any |= hangs;
		all &= hangs;
	}
	return any && (all || (weak && !a->down));
}

/* A carrier that fails takes its sites in one moment; those that stand near each other may differ by what feeds them. */
static bool together(
        const struct topology *t, const struct area_site *a, const struct area_site *self, const struct thing *what)
{
	return !what->carrier || llabs(a->from - self->from) <= CARRIER_TOGETHER_MS ||
	       topology_near(t, a->site, self->site);
}

static bool takes(const struct topology *t, const struct area_site *a, const struct area_site *self,
        const struct thing *what, bool weak)
{
	return !a->well && explains(t, a, what, weak) && together(t, a, self, what);
}

static size_t count_explained(const struct topology *t, const struct area_site *all, size_t count, size_t self,
        const struct thing *what, bool weak)
{
	size_t n = 0;
	for (size_t k = 0; k < count; k++)
		n += takes(t, &all[k], &all[self], what, weak);
	return n;
}

/* Somebody who hangs on it is well. */
static bool contradicted(const struct topology *t, const struct area_site *all, size_t count, const struct thing *what)
{
	for (size_t k = 0; k < count; k++) {
		const struct site *s = all[k].site;
		for (size_t m = 0; m < line_count(s); m++) {
			bool known = all[k].up & (1u << m) || (all[k].well && s->uplink_count == 1);
			if (known && hangs_on(t, &s->uplinks[m], what))
				return true;
		}
	}
	return false;
}

static size_t thing_add(struct thing *things, size_t count, const char *name, bool carrier)
{
	for (size_t k = 0; k < count; k++)
		if (things[k].carrier == carrier && !strcasecmp(things[k].name, name))
			return count;
	if (count == NAMES_MAX || !name[0])
		return count;
	things[count] = (struct thing){name, carrier};
	return count + 1;
}

/* What may be to blame for a site: parents before carriers. */
static size_t things_of(const struct topology *t, const struct area_site *a, struct thing things[NAMES_MAX])
{
	const char *names[TOPOLOGY_DEPTH];
	size_t count = 0;
	for (size_t k = 0; k < line_count(a->site); k++) {
		const struct uplink *u = &a->site->uplinks[k];
		if (a->up & (1u << k))
			continue;
		count = thing_add(things, count, u->id, false);
		unsigned above = topology_upstreams(t, u, names);
		for (unsigned m = 0; m < above; m++)
			count = thing_add(things, count, names[m], false);
	}
	for (size_t k = 0; k < line_count(a->site); k++)
		if (!(a->up & (1u << k)) && a->site->uplinks[k].carrier)
			count = thing_add(things, count, a->site->uplinks[k].carrier, true);
	return count;
}

/* The one that explains most; of equals the first, which is the nearest. Its count, 0: none. */
static size_t best_thing(
        const struct topology *t, const struct area_site *all, size_t count, size_t self, bool weak, struct thing *best)
{
	struct thing things[NAMES_MAX];
	size_t found = things_of(t, &all[self], things), most = 0;
	for (size_t k = 0; k < found; k++) {
		size_t n = explains(t, &all[self], &things[k], weak)
		                   ? count_explained(t, all, count, self, &things[k], weak)
		                   : 0;
		size_t least = things[k].carrier ? CARRIER_LEAST : PARENT_LEAST;
		if (n < least || n <= most || (!things[k].carrier && contradicted(t, all, count, &things[k])))
			continue;
		most = n;
		*best = things[k];
	}
	return most;
}

/* Marks the dark sites that hang together with `self` as neighbours of neighbours; their number. */
static size_t mark_near(const struct topology *t, struct area_site *all, size_t count, size_t self)
{
	size_t *queue = mem_alloc(count * sizeof *queue), head = 0, tail = 0;
	for (size_t k = 0; k < count; k++)
		all[k].member = false;
	if (all[self].dark) {
		queue[tail++] = self;
		all[self].member = true;
	}
	for (; head < tail; head++) {
		for (size_t k = 0; k < count; k++) {
			if (all[k].member || !all[k].dark || !topology_near(t, all[queue[head]].site, all[k].site))
				continue;
			all[k].member = true;
			queue[tail++] = k;
		}
	}
	free(queue);
	return tail;
}

static size_t unexplained(const struct topology *t, const struct area_site *all, size_t count, const struct thing *what)
{
	size_t n = 0;
	for (size_t k = 0; k < count; k++)
		n += all[k].member && !explains(t, &all[k], what, false);
	return n;
}

enum area_kind area_group(
        const struct topology *t, struct area_site *all, size_t count, size_t self, const char **shared)
{
	struct thing best;
	bool power = false;
	size_t near = mark_near(t, all, count, self);
	for (size_t k = 0; k < count; k++)
		power |= all[k].member && all[k].power;
	size_t most = best_thing(t, all, count, self, false, &best);
	size_t stray = most ? unexplained(t, all, count, &best) : near;
	bool fits = most && (stray <= 1 || stray * STRAY_SHARE < near);
	if (near >= POWER_LEAST && (power || !fits))
		return AREA_POWER;
	bool weak = !most;
	if (weak)
		most = best_thing(t, all, count, self, true, &best);
	for (size_t k = 0; k < count; k++)
		all[k].member = most && takes(t, &all[k], &all[self], &best, weak);
	if (most)
		*shared = best.name;
	return most ? AREA_UPSTREAM : AREA_NONE;
}
