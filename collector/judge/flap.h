/*
 * flap: what goes down again and again is one incident with a count.
 *
 * The first down opens the incident as ever. One that lasted less than FLAP_SHORT_MS may be the first of many: it is over only after
 * FLAP_PAUSE_MS without another. From the third within FLAP_WINDOW_MS on, the incident flaps (fact FLAPS, `flaps` is the
 * count), and is over only after FLAP_QUIET_MS of quiet; resolved_at is the end of the last down all the same. So people are told of
 * the beginning and of one end. Lines, interfaces, agents, services and gear flap; what is only degraded and what is wide does not.
 * The times of the last downs are kept with the check. Runs in judge. Times are UTC ms.
 */
#ifndef SANSANG_JUDGE_FLAP_H
#define SANSANG_JUDGE_FLAP_H

#include <stdbool.h>
#include <stdint.h>

#define FLAP_TIMES 3
#define FLAP_WINDOW_MS 900000
#define FLAP_QUIET_MS 300000
#define FLAP_SHORT_MS 60000
#define FLAP_PAUSE_MS 45000

struct judge;
struct judge_check;
struct incident;

/* A down of the check made, or took up, the incident. */
void flap_down(struct judge *j, struct incident *i, struct judge_check *c, int64_t from);
/* All that made the incident is well since i->last_end: ends it, or lets it wait for more. */
void flap_up(struct judge *j, struct incident *i);
/* What waited long enough ends. */
void flap_tick(struct judge *j);

#endif
