#include "agent/probe/icmp_run.h"

#define TRAINS_IN_TIMEOUT 8 /* so many trains would go into the time that an answer may take */
#define MORE_IN_TIMEOUT 80
#define PATIENCE_LEAST_MS 300

/* As long as nothing at all came the further ones are wanted too. */
unsigned icmp_run_wanted(const struct icmp_run *r)
{
	unsigned all = r->received || r->failed ? r->count : r->count + r->more;

	return all > r->sent ? all : r->sent;
}

bool icmp_run_complete(const struct icmp_run *r)
{
	return r->sent >= icmp_run_wanted(r) && r->received + r->failed >= r->sent;
}

/* After its beginning. */
int64_t icmp_run_due_ms(const struct icmp_run *r, unsigned echo)
{
	int64_t train_ms = r->timeout_ms / TRAINS_IN_TIMEOUT;

	if (!r->train)
		return echo * r->gap_ms;
	if (echo < r->count)
		return echo / r->train * train_ms;
	return (r->count - 1) / r->train * train_ms + (echo - r->count + 2) * r->timeout_ms / MORE_IN_TIMEOUT;
}

static int64_t run_end_ms(const struct icmp_run *r)
{
	int64_t end_ms = r->begun_ms + icmp_run_due_ms(r, r->count - 1u) + r->timeout_ms;
	int64_t patience_ms = r->longest_ns / 250000;

	if (patience_ms < PATIENCE_LEAST_MS)
		patience_ms = PATIENCE_LEAST_MS;
	/* the last ones deserve not much more time than the slowest that came */
	if ((r->train || r->gap_ms) && r->received && r->last_ms + patience_ms < end_ms)
		end_ms = r->last_ms + patience_ms;
	return end_ms;
}

struct probe_want icmp_run_next(const struct icmp_run *r, int64_t now_ms)
{
	int64_t end_ms = run_end_ms(r);

	if (r->sent < icmp_run_wanted(r))
		return (struct probe_want){.fd = -1, .wake_ms = r->begun_ms + icmp_run_due_ms(r, r->sent)};
	if (icmp_run_complete(r) || now_ms >= end_ms)
		return (struct probe_want){.done = true, .fd = -1};
	return (struct probe_want){.fd = -1, .wake_ms = end_ms};
}

/* How many of its echoes, from the first, tell the time. */
static unsigned timed_of(const struct icmp_run *r)
{
	bool enough = __builtin_popcountll(r->answered & (BIT(ICMP_TIMED) - 1)) >= ICMP_TIMED / 2;

	return r->train && enough && r->sent > ICMP_TIMED ? ICMP_TIMED : r->sent;
}

static void time_trips(const struct icmp_run *r, struct probe_result *out)
{
	int64_t sum = 0, jitter = 0, last = NO_TRIP, least = INT64_MAX, most = 0;
	unsigned timed = 0, pairs = 0;

	for (unsigned i = 0; i < timed_of(r); i++) {
		int64_t trip_ns = r->answered & BIT(i) ? r->ns[i] : NO_TRIP;

		if (trip_ns < 0)
			continue;
		timed++;
		sum += trip_ns;
		least = trip_ns < least ? trip_ns : least;
		most = trip_ns > most ? trip_ns : most;
		if (last >= 0) {
			jitter += trip_ns > last ? trip_ns - last : last - trip_ns;
			pairs++;
		}
		last = trip_ns;
	}
	if (!timed)
		return;
	out->rtt_us = (sum / timed + 500) / 1000;
	out->rtt_min_us = (least + 500) / 1000;
	out->rtt_max_us = (most + 500) / 1000;
	if (pairs)
		out->jitter_us = (jitter / pairs + 500) / 1000;
}

static void count_bursts(const struct icmp_run *r, struct probe_result *out)
{
	bool lost = false;

	for (unsigned i = 0; i < r->sent; i++) {
		bool before = lost;

		lost = !(r->answered & BIT(i));
		out->bursts += lost && !before;
		out->lost_first |= lost && !i;
	}
	out->lost_last = lost;
}

static void fill_detail(const struct icmp_run *r, struct probe_result *out)
{
	const int64_t times[][2] = {{ECHO_RTT, out->rtt_us}, {ECHO_RTT_MIN, out->rtt_min_us},
	        {ECHO_RTT_MAX, out->rtt_max_us}, {ECHO_JITTER, out->jitter_us}};

	out->detail[ECHO_LOSS] = (int64_t)(r->sent - r->received) * 10000 / r->sent;
	out->detail[ECHO_REORDERED] = r->reordered;
	out->detail[ECHO_DUPLICATES] = r->duplicates;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		out->detail[times[i][0]] = times[i][1] == PROBE_UNKNOWN ? METRIC_UNKNOWN : times[i][1];
}

void icmp_run_summarize(const struct icmp_run *r, struct probe_result *out)
{
	time_trips(r, out);
	count_bursts(r, out);
	fill_detail(r, out);
	out->connect_us = out->total_us = out->rtt_us;
}
