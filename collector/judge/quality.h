/*
 * quality: how good a line is, from the echoes of the last minutes: does it lose 5 % or more, is it slower than usual by 100 ms or more, is it full?
 *
 * Loss is judged by counts, each row's with those of the agent's closer looks (agent/probe/closer.h). A score is Page's cumulative
 * sum (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954) of the log likelihood ratio of two Poisson rates of
 * lost echoes, `bad` against `well`: score = max(0, score + x ln(bad / well) - n (bad - well)) for x losses among n echoes. Under the
 * rate `well` e^score is at most a martingale, however the agent chooses how often to look, so between false alarms lie e^limit echoes or
 * more (Lorden 1971). Losses come in bursts on healthy lines too; so three scores stand side by side, for single losses, for bursts of about four and
 * of about twenty echoes: each counts a burst at most as one and a half or two of its units (table in quality.c).
 *
 * Measured with the agent's way of asking (tests/unit/collector/judge/quality_test.c, runs seeded), from the beginning of the loss: 5 % at random
 * is seen within 45 s in 97 %, within 60 s in 99.7 % of runs. 10 % in bursts with a mean of four echoes: within 60 s in 97 %; 28 % in bursts
 * of twenty (15 % each way): within 60 s in 90 %, within 90 s in 98 %. 5 % in bursts of four cannot be told so soon from what a healthy line may
 * do: within 60 s in 39 %, two minutes in 84 %. False alarms at 1 % of loss and 20 ms of jitter: none in 400 days of a line at random, 0 to 5 in 400 days when
 * losses come in bursts with a mean of 1.5 to 20 echoes. Loss is over when the last minute lost 2 % or less.
 *
 * Slow: three rows in a row whose mean round trip is 80 ms above the usual one; over when three are within 40 ms of it. The usual one follows
 * good rows with a weight of 1/64, slow ones with 1/2048, so that a detour for good is usual after some hours.
 *
 * A row in which nothing came is no loss but an outage: it begins everything anew but the usual round trip. Pure, but for quality_tell(); kept with the
 * check in state.db. Runs in judge. Times are UTC ms.
 */
#ifndef SANSANG_JUDGE_QUALITY_H
#define SANSANG_JUDGE_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/judge/ways.h"

#define QUALITY_SCALES 3
#define QUALITY_ROWS 16
#define QUALITY_WINDOW_MS 60000
/* Share of the capacity from which a line is full. */
#define QUALITY_FULL 0.8

enum quality_bits { QUALITY_LOSSY = 1, QUALITY_SLOW = 2 };

/* Zero at first. */
struct quality {
	struct ways ways; /* of the agent's connection */
	double score[QUALITY_SCALES];
	double usual_ms; /* round trip; 0 not known */
	uint32_t rows;   /* that the usual round trip was made of, at most 64 */
	struct quality_row {
		int64_t at;
		uint32_t echoes, lost;
	} row[QUALITY_ROWS]; /* a ring */
	uint8_t next, slow_run, fast_run, bits;
	struct {
		int64_t at; /* of the look row that waits for its row; 0: none */
		uint32_t echoes, lost, bursts;
	} look;
	struct {
		int64_t at, octets[2];         /* last counters: in, out; at 0: none */
		double bps[2], last_bps[2][2]; /* rate; those of the two rows before */
		double usual_bps[2];           /* slow mean */
		uint32_t rows;                 /* rates so far, at most 64 */
	} traffic;
};

/* Of the last minute. */
double quality_loss_pct(const struct quality *q);
/* A row of class look: what the next row of that time is about. */
void quality_look(struct quality *q, int64_t at, int64_t echoes, int64_t lost, int64_t bursts);
/* A row of a line; NaN: not known. Gives quality_bits. */
unsigned quality_row(struct quality *q, int64_t at, double loss_pct, double rtt_ms);
/* Counters of the line's traffic; negative: not known. */
void quality_traffic(struct quality *q, int64_t at, int64_t in_octets, int64_t out_octets);
/* Is it at `share` of the capacity in either direction? False when either is not known. */
bool quality_is_full(const struct quality *q, int64_t at, double capacity_mbps);
/* Has the traffic stood at one level, far above its usual, for three rows? That is what a limit looks like that nobody told us. */
bool quality_is_plateau(const struct quality *q);

void quality_encode(const struct quality *q, struct buf *out);
/* Sets c->failed on bad bytes; `q` is zero then. */
void quality_decode(struct quality *q, struct cursor *c);

struct judge;
struct judge_check;
/* Says of a check that is degraded what is bad about it, as facts of its trouble. */
void quality_tell(struct judge *j, struct judge_check *c);
/* A line that was bad is down: what was known of it so far says nothing any more about whether it works. */
void quality_worse(struct judge *j, struct judge_check *c, int64_t at);

#endif
