#include "tests/bench/model.h"

#include <math.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

static uint64_t hash_text(const char *s)
{
	uint64_t h = UINT64_C(1469598103934665603);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
	return mix(h);
}

/* 0 .. 1, the same for the same things. */
static double dice(const struct model *m, const char *what, int64_t when)
{
	return (double)(mix(m->seed ^ hash_text(what) ^ mix((uint64_t)when)) >> 11) / (double)(UINT64_C(1) << 53);
}

void model_init(struct model *m, const char *node, int64_t go_live_ms, int64_t now_ms)
{
	*m = (struct model){
	        .seed = hash_text(node), .go_live_ms = go_live_ms, .now_ms = now_ms, .zone_ms = (int)(7 * HOUR_MS)};
	double w = dice(m, "weakness", 0), t = dice(m, "trouble", 0);

	m->weakness = w < 0.75 ? w / 5 : w;
	m->trouble = t < 0.03   ? TROUBLE_UPLINK
	             : t < 0.07 ? TROUBLE_SERVICE
	             : t < 0.12 ? TROUBLE_LOSS
	             : t < 0.14 ? TROUBLE_DARK
	                        : TROUBLE_NONE;
}

/* Is `at` within the one interruption that the day of `what` may have? */
static bool interrupted(const struct model *m, const char *what, int64_t at, double chance, double most_hours)
{
	int64_t day = (at + m->zone_ms) / DAY_MS, in_day = (at + m->zone_ms) % DAY_MS;

	if (dice(m, what, day) >= chance)
		return false;
	int64_t start = (int64_t)(dice(m, what, day + 100000) * 20 * (double)HOUR_MS);
	int64_t length = (int64_t)((0.1 + dice(m, what, day + 200000) * most_hours) * (double)HOUR_MS);
	return in_day >= start && in_day < start + length;
}

static bool in_trouble_now(const struct model *m, int trouble)
{
	return (int)m->trouble == trouble;
}

static bool recently(const struct model *m, const char *what, int64_t at)
{
	return at > m->now_ms - (int64_t)((0.5 + 3 * dice(m, what, 1)) * (double)HOUR_MS);
}

bool model_powered(const struct model *m, int64_t at)
{
	if (in_trouble_now(m, TROUBLE_DARK) && recently(m, "dark", at))
		return false;
	return !interrupted(m, "power", at, 0.03, 3);
}

/* 0 at night, about 1 in office hours of working days. */
static double office(const struct model *m, int64_t at)
{
	int64_t local = at + m->zone_ms;
	int weekday = (int)((local / DAY_MS + 4) % 7);
	double hour = (double)(local % DAY_MS) / (double)HOUR_MS;
	double busy = exp(-pow((hour - 9.3) / 1.6, 2)) + 0.9 * exp(-pow((hour - 14.8) / 1.5, 2));

	return (weekday == 0 || weekday == 6 ? 0.12 : 1) * busy;
}

/* Its integral from `from`, carried on from the step before: always rising, as a counter must. */
static double office_seconds(struct model *m, int64_t from, int64_t at)
{
	if (!m->busy_until_ms)
		m->busy_until_ms = from;
	if (at > m->busy_until_ms) {
		m->busy_seconds += office(m, at) * (double)(at - m->busy_until_ms) / 1000;
		m->busy_until_ms = at;
	}
	return m->busy_seconds;
}

void model_host(const struct model *m, int64_t at, int64_t *v)
{
	const struct metric *t = metric_class(CLASS_HOST)->metrics;
	double busy = office(m, at), noise = dice(m, "host", at);
	double memory = 8.0 * 1024 * 1024 * 1024;

	v[HOST_UPTIME] = (at - (m->go_live_ms - 40 * DAY_MS)) / 1000;
	v[HOST_LOAD1] = metric_scaled(&t[HOST_LOAD1], 0.1 + 1.4 * busy + 0.3 * noise);
	v[HOST_CPU] = metric_scaled(&t[HOST_CPU], 3 + 38 * busy + 8 * noise);
	v[HOST_MEM_USED] = metric_scaled(&t[HOST_MEM_USED], memory * (0.35 + 0.2 * busy + 0.02 * noise));
	v[HOST_MEM_TOTAL] = metric_scaled(&t[HOST_MEM_TOTAL], memory);
	v[HOST_SWAP_USED] = 0;
	double filled = 41 + 20 * dice(m, "disk", 0) + (double)(at - m->go_live_ms) / (double)DAY_MS * 0.15;
	v[HOST_DISK_USED] = metric_scaled(&t[HOST_DISK_USED], filled);
	v[HOST_DISK_FREE] = metric_scaled(&t[HOST_DISK_FREE], 240e9 * (1 - filled / 100));
	v[HOST_PROCESSES] = 140 + (int64_t)(40 * busy + 10 * noise);
}

static double rate_bytes(const struct model *m)
{
	return 2e5 + 2.2e6 * dice(m, "traffic", 0);
}

void model_interface(struct model *m, int64_t from, int64_t at, int64_t *v)
{
	double bytes = rate_bytes(m) * office_seconds(m, from, at) + 4000.0 * (double)(at - from) / 1000;

	v[IF_IN_OCTETS] = (int64_t)bytes;
	v[IF_OUT_OCTETS] = (int64_t)(bytes * 0.31);
	v[IF_IN_PACKETS] = (int64_t)(bytes / 870);
	v[IF_OUT_PACKETS] = (int64_t)(bytes * 0.31 / 410);
	v[IF_IN_ERRORS] = v[IF_OUT_ERRORS] = v[IF_IN_DROPS] = v[IF_OUT_DROPS] = 0;
	v[IF_CARRIER] = 1;
	v[IF_SPEED] = 1000000000;
}

static bool line_down(const struct model *m, const char *line, int64_t at)
{
	/* lines were mended before go-live: half the interruptions after it */
	double chance = (at < m->go_live_ms ? 0.10 : 0.05) * (0.3 + m->weakness);

	if (in_trouble_now(m, TROUBLE_UPLINK) && recently(m, "line", at))
		return true;
	return interrupted(m, line, at, chance, 2.5);
}

void model_uplink(struct model *m, const char *line, int64_t from, int64_t at, int64_t *v)
{
	const struct metric *t = metric_class(CLASS_UPLINK)->metrics;
	double busy = office(m, at), noise = dice(m, line, at);
	double rtt = 4 + 22 * dice(m, "distance", 0) + 60 * m->weakness * busy + 4 * noise * noise;
	double loss = noise > 0.995 ? 20 : m->weakness > 0.9 && busy > 0.6 && noise > 0.6 ? 20 * noise : 0;

	if (in_trouble_now(m, TROUBLE_LOSS) && recently(m, "loss", at))
		loss = 20 + 20 * (noise > 0.5);
	model_interface(m, from, at, v); /* only its octets are kept */
	int64_t in = v[IF_IN_OCTETS], out = v[IF_OUT_OCTETS];
	if (line_down(m, line, at)) {
		for (unsigned i = 0; i < 5; i++)
			v[i] = METRIC_UNKNOWN;
		v[PATH_LOSS] = metric_scaled(&t[PATH_LOSS], 100);
	} else {
		v[PATH_LOSS] = metric_scaled(&t[PATH_LOSS], loss);
		v[PATH_RTT] = metric_scaled(&t[PATH_RTT], rtt);
		v[PATH_RTT_MIN] = metric_scaled(&t[PATH_RTT_MIN], rtt * (0.9 - 0.1 * noise));
		v[PATH_RTT_MAX] = metric_scaled(&t[PATH_RTT_MAX], rtt * (1.15 + noise));
		v[PATH_JITTER] = metric_scaled(&t[PATH_JITTER], rtt * 0.1 * (0.5 + noise));
	}
	v[PATH_IN_OCTETS] = in;
	v[PATH_OUT_OCTETS] = out;
}

/* Story 1: the national portal fails on go-live morning, for everyone. */
static bool portal_morning(const struct model *m, const char *service, int64_t at)
{
	int64_t since = at - m->go_live_ms;

	return strstr(service, "portal") && since >= 7 * HOUR_MS + 30 * MINUTE_MS &&
	       since < 7 * HOUR_MS + 52 * MINUTE_MS;
}

/* What a check of that kind says of a service that answers, but wrongly. */
static enum reason broken_as(const char *type)
{
	static const struct {
		const char *type;
		enum reason reason;
	} ways[] = {{"http", REASON_STATUS}, {"tls", REASON_EXPIRED}, {"dns", REASON_SERVER_FAILURE},
	        {"ntp", REASON_UNSYNCHRONISED}};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i].type, type))
			return ways[i].reason;
	return REASON_REFUSED;
}

void model_service(
        const struct model *m, const char *service, const char *type, const char *line, int64_t at, int64_t *v)
{
	const struct metric *t = metric_class(CLASS_SERVICE)->metrics;
	double noise = dice(m, service, at), busy = office(m, at);
	double connect = 6 + 25 * dice(m, "distance", 0) + 40 * m->weakness * busy + 5 * noise;
	bool here = in_trouble_now(m, TROUBLE_SERVICE) && dice(m, service, 2) < 0.4 && recently(m, "service", at);
	enum reason reason = REASON_OK;

	if (line_down(m, line, at))
		reason = REASON_TIMEOUT;
	else if (portal_morning(m, service, at) || here)
		reason = broken_as(type);
	else if (interrupted(m, service, at, 0.004 + 0.02 * m->weakness, 0.5))
		reason = REASON_TIMEOUT;
	v[SVC_UP] = reason == REASON_OK;
	v[SVC_CONNECT] = reason == REASON_OK ? metric_scaled(&t[SVC_CONNECT], connect) : METRIC_UNKNOWN;
	v[SVC_TOTAL] = v[SVC_CONNECT];
	v[SVC_REASON] = reason;
}
