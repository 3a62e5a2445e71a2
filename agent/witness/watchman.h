/*
 * watchman: when is the collector's silence to be told, to whom, and when its return? Pure: what is heard and the time in, mails that are owed out.
 *
 * The collector is silent when the agent has no connection to it for `after_ms`, while its own way out works. Is its own line down too, it may be
 * only us: then it takes WATCHMAN_UNSURE_MS and the letter says so. Each recipient is told once, and of the return once, when the
 * connection has stood for WATCHMAN_STEADY_MS; who was not told of the silence is not told of its end. An agent that never knew the collector says nothing.
 * Runs in the witness. Times are UTC ms.
 */
#ifndef SANSANG_WITNESS_WATCHMAN_H
#define SANSANG_WITNESS_WATCHMAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define WATCHMAN_TO_MAX 16
#define WATCHMAN_STEADY_MS 20000
#define WATCHMAN_UNSURE_MS 600000

enum watchman_way { WAY_UNKNOWN, WAY_WORKS, WAY_DOWN };
enum watchman_mail { WATCHMAN_SILENT, WATCHMAN_BACK, WATCHMAN_MAILS };

struct watchman {
	int64_t after_ms;
	unsigned to_count;
	bool known;                /* the collector was heard once */
	bool connected;            /* as the agent last said */
	int64_t lost_at, heard_at; /* of the silence at hand; 0 none */
	int64_t way_at;            /* since when `way` is so */
	uint8_t way;               /* enum watchman_way */
	bool due;                  /* the silence is to be told */
	bool unsure;               /* ... and our own line was down as well */
	bool told[WATCHMAN_TO_MAX][WATCHMAN_MAILS];
};

void watchman_connected(struct watchman *w, int64_t now);
void watchman_lost(struct watchman *w, int64_t now);
void watchman_way(struct watchman *w, enum watchman_way way, int64_t now);
/* The next mail that is owed at `now`; false: none. */
bool watchman_owed(struct watchman *w, int64_t now, unsigned *to, enum watchman_mail *mail);
/* The mail server took it. */
void watchman_sent(struct watchman *w, unsigned to, enum watchman_mail mail);
/* When to ask again though nothing was heard; -1: not needed. */
int64_t watchman_wake_at(const struct watchman *w, int64_t now);

/* What must survive a restart; new reference. `to` are the recipients, in order. */
json_t *watchman_json(const struct watchman *w, char *const *to);
/* Recipients are known by their address; nonsense is passed over. */
void watchman_from_json(struct watchman *w, const json_t *o, char *const *to, int64_t now);

#endif
