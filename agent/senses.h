/*
 * senses: the tables of all senses (sense/sense.h), one for the agent process and one for the eyes, and what drives them.
 */
#ifndef SANSANG_SENSES_H
#define SANSANG_SENSES_H

#include "agent/sense/sense.h"

enum senses_of { SENSES_AGENT, SENSES_EYES };

struct senses;

/* `context` is borrowed for the life of it. Before rights are dropped. */
struct senses *senses_open(enum senses_of of, const struct sense_context *context);
void senses_start(struct senses *s);
void senses_read(struct senses *s, int64_t boot_ms);
void senses_place(struct senses *s, const struct sense_place *place);
void senses_stop(struct senses *s);
void senses_close(struct senses *s);

#endif
