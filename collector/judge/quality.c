#include "collector/judge/quality.h"

#include <math.h>
#include <string.h>

#include "collector/judge/topology.h"
#include "collector/judge/trouble.h"

#define VERSION 1
#define LINE_ECHOES 32 /* of a row without a look: the agent says so when there were others */
#define OLD_ECHOES 5   /* of a row that lost something and has no look: an agent of before */
#define LOSS_OVER 0.02
#define OVER_ECHOES 150
#define SLOW_MORE_MS 80.0
#define FAST_MORE_MS 40.0
#define RUN_ROWS 3
#define USUAL_ROWS 64
#define SLOW_WEIGHT (1.0 / 2048)
#define USUAL_LEAST 3 /* rows, before anything is slow */
#define RATE_MOST_S 150.0
#define PLATEAU 0.15
#define PLATEAU_TIMES 3.0
#define PLATEAU_LEAST_BPS 100e3
#define PLATEAU_ROWS 12

/* A burst counts for at most `most` echoes, and `unit` echoes are one loss. */
static const struct {
	double most, unit, well, bad, limit;
} scales[QUALITY_SCALES] = {
        {2, 1, 0.01, 0.05, 20},
        {6, 4, 0.01 / 4, 0.05 / 4, 16},
        {30, 20, 0.01 / 20, 0.10 / 20, 13},
};

/* ---- loss ---- */

static void forget(struct quality *q)
{
	memset(q->score, 0, sizeof q->score);
	memset(q->row, 0, sizeof q->row);
	q->next = q->slow_run = q->fast_run = q->bits = 0;
}

static void score_add(struct quality *q, double echoes, double lost, double bursts)
{
	for (unsigned k = 0; k < QUALITY_SCALES; k++) {
		double most = bursts * scales[k].most, x = (lost < most ? lost : most) / scales[k].unit;
		double more = x * log(scales[k].bad / scales[k].well) - echoes * (scales[k].bad - scales[k].well);
		q->score[k] = q->score[k] + more > 0 ? q->score[k] + more : 0;
	}
}

struct sum {
	double echoes, lost;
};

static struct sum last_minute(const struct quality *q)
{
	int64_t at = q->row[(q->next + QUALITY_ROWS - 1) % QUALITY_ROWS].at;
	struct sum s = {0};
	for (unsigned k = 0; k < QUALITY_ROWS; k++) {
		if (q->row[k].at <= at - QUALITY_WINDOW_MS)
			continue;
		s.echoes += q->row[k].echoes;
		s.lost += q->row[k].lost;
	}
	return s;
}

double quality_loss_pct(const struct quality *q)
{
	struct sum s = last_minute(q);
	return s.echoes > 0 ? s.lost * 100 / s.echoes : 0;
}

static void judge_loss(struct quality *q)
{
	struct sum s = last_minute(q);
	bool alarm = false;
	for (unsigned k = 0; k < QUALITY_SCALES; k++)
		alarm |= q->score[k] >= scales[k].limit;
	if (!(q->bits & QUALITY_LOSSY)) {
		q->bits |= alarm ? QUALITY_LOSSY : 0;
	} else if (s.echoes >= OVER_ECHOES && s.lost <= s.echoes * LOSS_OVER) {
		q->bits &= (uint8_t)~QUALITY_LOSSY;
		memset(q->score, 0, sizeof q->score);
	}
}

static void take_counts(struct quality *q, int64_t at, double loss_pct)
{
	uint32_t echoes = loss_pct > 0 ? OLD_ECHOES : LINE_ECHOES;
	uint32_t lost = (uint32_t)lround(loss_pct * echoes / 100), bursts = lost > 0;
	if (q->look.at == at) {
		echoes = q->look.echoes;
		lost = q->look.lost;
		bursts = q->look.bursts;
	}
	q->look.at = 0;
	q->row[q->next] = (struct quality_row){at, echoes, lost};
	q->next = (uint8_t)((q->next + 1) % QUALITY_ROWS);
	score_add(q, echoes, lost, bursts);
}

void quality_look(struct quality *q, int64_t at, int64_t echoes, int64_t lost, int64_t bursts)
{
	bool sane = echoes > 0 && echoes <= 100000 && lost >= 0 && lost <= echoes && bursts >= 0 && bursts <= lost &&
	            (bursts > 0 || !lost);
	if (!sane)
		return;
	q->look.at = at;
	q->look.echoes = (uint32_t)echoes;
	q->look.lost = (uint32_t)lost;
	q->look.bursts = (uint32_t)bursts;
}

/* ---- delay ---- */

static void judge_delay(struct quality *q, double rtt_ms)
{
	if (isnan(rtt_ms))
		return;
	bool known = q->rows >= USUAL_LEAST;
	bool slow = known && rtt_ms >= q->usual_ms + SLOW_MORE_MS, fast = !known || rtt_ms < q->usual_ms + FAST_MORE_MS;
	q->slow_run = (uint8_t)(slow ? q->slow_run + (q->slow_run < RUN_ROWS) : 0);
	q->fast_run = (uint8_t)(fast ? q->fast_run + (q->fast_run < RUN_ROWS) : 0);
	if (q->slow_run >= RUN_ROWS)
		q->bits |= QUALITY_SLOW;
	if (q->fast_run >= RUN_ROWS)
		q->bits &= (uint8_t)~QUALITY_SLOW;
	q->rows += q->rows < USUAL_ROWS && !slow;
	q->usual_ms += (rtt_ms - q->usual_ms) * (slow ? SLOW_WEIGHT : 1.0 / q->rows);
}

unsigned quality_row(struct quality *q, int64_t at, double loss_pct, double rtt_ms)
{
	const struct quality_row *last = &q->row[(q->next + QUALITY_ROWS - 1) % QUALITY_ROWS];
	if (isnan(loss_pct))
		return q->bits;
	if (loss_pct >= 100 || (last->at && at - last->at > QUALITY_WINDOW_MS && !(q->bits & QUALITY_LOSSY)))
		forget(q);
	if (loss_pct >= 100) {
		q->look.at = 0;
		return 0;
	}
	take_counts(q, at, loss_pct);
	judge_loss(q);
	judge_delay(q, rtt_ms);
	return q->bits;
}

/* ---- traffic ---- */

void quality_traffic(struct quality *q, int64_t at, int64_t in_octets, int64_t out_octets)
{
	const int64_t now[2] = {in_octets, out_octets};
	double s = (double)(at - q->traffic.at) / 1000;
	bool known = in_octets >= 0 && out_octets >= 0;
	bool next = known && q->traffic.at && s > 0 && s <= RATE_MOST_S && now[0] >= q->traffic.octets[0] &&
	            now[1] >= q->traffic.octets[1];
	q->traffic.rows = next ? q->traffic.rows + (q->traffic.rows < USUAL_ROWS) : q->traffic.rows;
	for (unsigned k = 0; k < 2; k++) {
		double bps = next ? (double)(now[k] - q->traffic.octets[k]) * 8 / s : 0;
		q->traffic.last_bps[1][k] = q->traffic.last_bps[0][k];
		q->traffic.last_bps[0][k] = q->traffic.bps[k];
		q->traffic.bps[k] = bps;
		q->traffic.octets[k] = now[k];
		/* what is bad is not usual */
		if (next && !q->bits)
			q->traffic.usual_bps[k] += (bps - q->traffic.usual_bps[k]) / q->traffic.rows;
	}
	q->traffic.at = known ? at : 0;
}

bool quality_is_full(const struct quality *q, int64_t at, double capacity_mbps)
{
	double most = q->traffic.bps[0] > q->traffic.bps[1] ? q->traffic.bps[0] : q->traffic.bps[1];
	bool fresh = q->traffic.at && at - q->traffic.at <= (int64_t)(RATE_MOST_S * 1000);
	return fresh && capacity_mbps > 0 && most >= QUALITY_FULL * capacity_mbps * 1e6;
}

bool quality_is_plateau(const struct quality *q)
{
	for (unsigned k = 0; k < 2; k++) {
		double now = q->traffic.bps[k], usual = q->traffic.usual_bps[k];
		bool level = fabs(q->traffic.last_bps[0][k] - now) <= PLATEAU * now &&
		             fabs(q->traffic.last_bps[1][k] - now) <= PLATEAU * now;
		if (level && q->traffic.rows >= PLATEAU_ROWS && now >= PLATEAU_LEAST_BPS &&
		        now >= PLATEAU_TIMES * usual)
			return true;
	}
	return false;
}

/* ---- memory ---- */

static void put_double(struct buf *out, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	buf_put_u64(out, bits);
}

static double get_double(struct cursor *c)
{
	uint64_t bits = cursor_u64(c);
	double value;
	memcpy(&value, &bits, sizeof value);
	return isfinite(value) ? value : 0;
}

void quality_encode(const struct quality *q, struct buf *out)
{
	buf_put_u8(out, VERSION);
	for (unsigned k = 0; k < QUALITY_SCALES; k++)
		put_double(out, q->score[k]);
	put_double(out, q->usual_ms);
	buf_put_varint(out, q->rows);
	for (unsigned k = 0; k < QUALITY_ROWS; k++) {
		buf_put_svarint(out, q->row[k].at);
		buf_put_varint(out, q->row[k].echoes);
		buf_put_varint(out, q->row[k].lost);
	}
	const uint8_t small[] = {q->next, q->slow_run, q->fast_run, q->bits};
	for (unsigned k = 0; k < sizeof small; k++)
		buf_put_u8(out, small[k]);
	buf_put_svarint(out, q->look.at);
	buf_put_varint(out, q->look.echoes);
	buf_put_varint(out, q->look.lost);
	buf_put_varint(out, q->look.bursts);
	buf_put_svarint(out, q->traffic.at);
	buf_put_varint(out, q->traffic.rows);
	ways_encode(&q->ways, out);
	for (unsigned k = 0; k < 2; k++) {
		buf_put_svarint(out, q->traffic.octets[k]);
		put_double(out, q->traffic.bps[k]);
		put_double(out, q->traffic.last_bps[0][k]);
		put_double(out, q->traffic.last_bps[1][k]);
		put_double(out, q->traffic.usual_bps[k]);
	}
}

void quality_decode(struct quality *q, struct cursor *c)
{
	memset(q, 0, sizeof *q);
	if (cursor_u8(c) != VERSION)
		c->failed = true;
	for (unsigned k = 0; k < QUALITY_SCALES; k++)
		q->score[k] = get_double(c);
	q->usual_ms = get_double(c);
	q->rows = (uint32_t)cursor_varint(c) % (USUAL_ROWS + 1);
	for (unsigned k = 0; k < QUALITY_ROWS; k++) {
		q->row[k].at = cursor_svarint(c);
		q->row[k].echoes = (uint32_t)cursor_varint(c);
		q->row[k].lost = (uint32_t)cursor_varint(c);
	}
	q->next = cursor_u8(c) % QUALITY_ROWS;
	q->slow_run = cursor_u8(c);
	q->fast_run = cursor_u8(c);
	q->bits = cursor_u8(c);
	q->look.at = cursor_svarint(c);
	q->look.echoes = (uint32_t)cursor_varint(c);
	q->look.lost = (uint32_t)cursor_varint(c);
	q->look.bursts = (uint32_t)cursor_varint(c);
	q->traffic.at = cursor_svarint(c);
	q->traffic.rows = (uint32_t)cursor_varint(c) % (USUAL_ROWS + 1);
	ways_decode(&q->ways, c);
	for (unsigned k = 0; k < 2; k++) {
		q->traffic.octets[k] = cursor_svarint(c);
		q->traffic.bps[k] = get_double(c);
		q->traffic.last_bps[0][k] = get_double(c);
		q->traffic.last_bps[1][k] = get_double(c);
		q->traffic.usual_bps[k] = get_double(c);
	}
	if (c->failed)
		memset(q, 0, sizeof *q);
}

/* ---- what it means ---- */

/* What fills a line goes through a port of the router before it. */
static bool gear_is_full(const struct judge *j, const struct node *gear, double capacity_mbps)
{
	const struct judge_node *n = gear ? fleet_node(&j->fleet, gear->id) : NULL;
	unsigned full = 0;
	for (uint32_t k = 0; n && k < n->check_count; k++) {
		const struct judge_check *c = n->checks[k];
		full += c->kind == KIND_INTERFACE && c->quality && quality_is_full(c->quality, j->now, capacity_mbps);
	}
	return full > 0;
}

/* By the line's own counters at any agent of the site. */
static bool line_is_full(const struct judge *j, const struct judge_check *line, double capacity_mbps)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		for (uint32_t m = 0; n->site == line->site && m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			if (c->kind != KIND_UPLINK || c->uplink != line->uplink || !c->quality)
				continue;
			if (quality_is_full(c->quality, j->now, capacity_mbps) || quality_is_plateau(c->quality))
				return true;
		}
	}
	return false;
}

void quality_tell(struct judge *j, struct judge_check *c)
{
	const struct uplink *u = c->uplink;
	enum rank rank = c->terminal ? RANK_AFAR : RANK_SITE;
	unsigned bits = check_quality(c);
	if (!c->trouble || !u || !bits)
		return;
	if (bits & QUALITY_LOSSY)
		trouble_know(j, c, FACT_LOSS, ANSWER_YES, rank, c->row_at, c->node->name);
	if (bits & QUALITY_SLOW)
		trouble_know(j, c, FACT_DELAY, ANSWER_YES, rank, c->row_at, c->node->name);
	const struct node *gear = j->topology ? topology_gateway_gear(j->topology, c->site, u) : NULL;
	if (gear_is_full(j, gear, u->capacity_mbps) || line_is_full(j, c, u->capacity_mbps))
		trouble_know(j, c, FACT_FULL, ANSWER_YES, rank, c->row_at, c->node->name);
}

void quality_worse(struct judge *j, struct judge_check *c, int64_t at)
{
	enum fact f = c->terminal ? FACT_TERMINAL : FACT_LINE;
	if ((c->kind != KIND_UPLINK && !c->terminal) || !c->trouble || !c->trouble->incident)
		return;
	if (c->trouble->incident->facts.is[f].answer == ANSWER_YES)
		c->trouble->incident->facts.is[f] = (struct fact_answer){0};
	trouble_know(j, c, f, ANSWER_NO, c->terminal ? RANK_AFAR : RANK_SITE, at, c->node->name);
}
