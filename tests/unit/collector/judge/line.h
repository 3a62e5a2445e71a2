/*
 * line: a line as chance makes it, asked as the agent asks (agent/probe/closer.h): 32 echoes in two trains a step, and after a loss
 * echoes 20 ms apart until the next step. Losses by Gilbert's two states, jitter uniform. For tests.
 */
#ifndef SANSANG_TEST_LINE_H
#define SANSANG_TEST_LINE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define STEP_MS 10000

struct line {
	uint64_t seed;
	double loss, burst; /* share of echoes that are lost, and mean length of a stretch of them */
	bool inside, lost_before, look;
	unsigned echoes, lost, bursts, look_echoes, look_lost;
	double rtt_ms, jitter_ms;
};

/* What the agent tells of a step. */
struct line_step {
	double loss_pct, rtt_ms;
	bool looked; /* a row of class look goes before */
	unsigned echoes, lost, bursts;
};

static double chance(struct line *l)
{
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	return (double)(l->seed >> 11) / 9007199254740992.0;
}

static bool echo(struct line *l)
{
	double leave = 1 / l->burst, enter = l->loss * leave / (1 - l->loss);
	if (l->loss <= 0)
		l->inside = false;
	else if (l->burst <= 1)
		l->inside = chance(l) < l->loss;
	else
		l->inside = l->inside ? chance(l) >= leave : chance(l) < enter;
	l->echoes++;
	l->lost += l->inside;
	l->bursts += l->inside && !l->lost_before;
	l->lost_before = l->inside;
	return !l->inside;
}

/* The step's own echoes; `begins_ms`: what is lost of it is lost from then on. */
static struct line_step line_train(struct line *l, int64_t begins_ms)
{
	double loss = l->loss, rtt = 0;
	unsigned lost = 0, sent = 32;
	for (unsigned k = 0; k < sent; k++) {
		l->loss = (int64_t)(k / 16) * 250 >= begins_ms ? loss : 0;
		lost += !echo(l);
		if (k == 31 && lost == 32)
			sent = 64;
	}
	for (unsigned k = 0; k < 32; k++)
		rtt += (l->rtt_ms + chance(l) * l->jitter_ms) / 32;
	l->loss = loss;
	if (lost == sent)
		return (struct line_step){.loss_pct = 100, .rtt_ms = NAN};
	l->look = lost || (l->look_lost > 1 && l->look_lost * 50 >= l->look_echoes);
	return (struct line_step){.loss_pct = lost * 100.0 / sent,
	        .rtt_ms = rtt,
	        .looked = l->lost || l->echoes != sent,
	        .echoes = l->echoes,
	        .lost = l->lost,
	        .bursts = l->bursts};
}

/* What goes on until the next step, in runs of at most 64; each waits 300 ms for what is late. It is told with the next one. */
static void line_look(struct line *l, int64_t begins_ms)
{
	double loss = l->loss;
	for (int64_t ms = 550; l->look && ms < STEP_MS - 500;) {
		unsigned room = (unsigned)(STEP_MS - ms - 300) / 20, run = room < 64 ? room : 64, gone = 0;
		for (unsigned k = 0; k < run; k++) {
			l->loss = ms + (int64_t)k * 20 >= begins_ms ? loss : 0;
			gone += !echo(l);
		}
		l->loss = loss;
		l->look_echoes += run;
		l->look_lost += gone;
		ms += run * 20 + (gone ? 300 : 20);
		if (gone == run)
			break;
	}
}

static struct line_step line_step(struct line *l, int64_t begins_ms)
{
	struct line_step s = line_train(l, begins_ms);
	l->echoes = l->lost = l->bursts = l->look_echoes = l->look_lost = 0;
	if (s.loss_pct >= 100)
		l->lost_before = l->look = false;
	else
		line_look(l, begins_ms);
	return s;
}

static struct line line_of(uint64_t run, double loss, double burst)
{
	struct line l = {
	        .seed = (run + 1) * 0x9e3779b97f4a7c15u, .loss = loss, .burst = burst, .rtt_ms = 12, .jitter_ms = 20};
	for (unsigned k = 0; k < 8; k++)
		chance(&l);
	return l;
}

#endif
