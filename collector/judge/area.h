/*
 * area: sites that go dark together, for one reason: one wide incident instead of many.
 *
 * When an agent falls silent or a line goes down, its trouble is held some seconds, until the others that could have gone with it have
 * been heard since or are silent too. Then area_group.h says what they have in common; their troubles make one incident of kind "agent"
 * (or "uplink" when only lines are down), wide, with `sites`. Incidents that were opened for some of them before are merged into it; the first that
 * people were told of becomes the wide one, so that they are not mailed twice. It grows while others follow. It is over when all are
 * back, or when the few that are still dark some minutes after the rest get incidents of their own. What the sites' agents
 * testify afterwards are votes: the majority is the fact. Runs in judge.
 */
#ifndef SANSANG_JUDGE_AREA_H
#define SANSANG_JUDGE_AREA_H

#include "collector/judge/trouble.h"

/* Others that went this long before or after are looked at together. */
#define AREA_WINDOW_MS 60000
/* So long after the last one it takes up another. */
#define AREA_GROWS_MS 240000
/* The most that a trouble waits for the others, from when it was detected. */
#define AREA_HOLD_MS 6000
/* So long after most are back those that are not get incidents of their own. */
#define AREA_OUTLIVED_MS 180000

/* Of more sites than this the single ones are not told one by one: the mail lists them. */
#define AREA_EVIDENCE 20

/* Is it one of these? */
bool area_is(const struct incident *i);
/* ... and is the site part of it? */
bool area_covers(const struct incident *i, const char *site);
/* How much longer to wait for the others; 0: decide. */
int64_t area_hold_ms(const struct judge *j, const struct trouble *t);
/* The wide incident that the trouble is part of, made when it is the one that shows it; NULL: the site stands alone. */
struct incident *area_find(struct judge *j, struct trouble *t, bool *primary);
/* Those that outlived the rest. */
void area_tick(struct judge *j);
/* A site's agent testifies about a wide incident. False: it is none, `answer` stands as it is. */
bool area_testify(struct judge *j, struct incident *i, enum fact f, enum answer answer, int64_t at, const char *who);

#endif
