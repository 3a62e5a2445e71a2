#include "agent/senses.h"

#include <stdlib.h>

#include "agent/sense/boot.h"
#include "agent/sense/clock.h"
#include "agent/sense/health.h"
#include "agent/sense/conflict.h"
#include "agent/sense/lease.h"
#include "agent/sense/neighbour.h"
#include "agent/sense/resolver.h"
#include "agent/sense/ups.h"
#include "common/memory.h"

#define SENSES_MAX 16

static const struct sense *const tables[][SENSES_MAX] = {
        [SENSES_AGENT] = {&sense_health, &sense_boot, &sense_lease, &sense_neighbour, &sense_resolver, NULL},
        [SENSES_EYES] = {&sense_clock, &sense_ups, &sense_conflict, NULL},
};

struct senses {
	const struct sense *const *table;
	void *states[SENSES_MAX]; /* NULL: nothing to sense */
};

struct senses *senses_open(enum senses_of of, const struct sense_context *context)
{
	struct senses *s = mem_alloc(sizeof(*s));

	s->table = tables[of];
	for (size_t i = 0; s->table[i]; i++)
		s->states[i] = s->table[i]->open(context);
	return s;
}

void senses_start(struct senses *s)
{
	for (size_t i = 0; s->table[i]; i++)
		if (s->states[i] && s->table[i]->start)
			s->table[i]->start(s->states[i]);
}

void senses_read(struct senses *s, int64_t boot_ms)
{
	for (size_t i = 0; s->table[i]; i++)
		if (s->states[i] && s->table[i]->read)
			s->table[i]->read(s->states[i], boot_ms);
}

void senses_place(struct senses *s, const struct sense_place *place)
{
	for (size_t i = 0; s->table[i]; i++)
		if (s->states[i] && s->table[i]->place)
			s->table[i]->place(s->states[i], place);
}

void senses_stop(struct senses *s)
{
	for (size_t i = 0; s->table[i]; i++)
		if (s->states[i] && s->table[i]->stop)
			s->table[i]->stop(s->states[i]);
}

void senses_close(struct senses *s)
{
	for (size_t i = 0; s->table[i]; i++)
		if (s->states[i])
			s->table[i]->close(s->states[i]);
	free(s);
}
