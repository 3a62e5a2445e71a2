/*
 * testimony: what a node tells about the time when nobody heard it.
 *
 * A node that comes back after it was silent is a witness of its incident. Its spool replays first, in order: samples from within the darkness mean
 * that it was awake, another boot id that it restarted; its gateway, interface, gear and lines say how far it could see. When its samples have passed
 * the moment of its return, or a while after when they do not, it has told all. The incident's final cause is known when all its witnesses
 * have, and nothing more has been said for some seconds.
 */
#include <stdio.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/event.h"
#include "collector/judge/life.h"
#include "collector/judge/rejudge.h"
#include "collector/judge/topology.h"
#include "collector/judge/trouble.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define WITNESS_WAIT_MS 300000 /* who has not told all by then is not waited for */
#define LAST_WORD_MS 5000      /* events of a boot come some seconds after its first samples */
#define OTHERS_BACK_MS 60000   /* agents of one site come back with a back-off of up to 30 s each */
#define TICK_MS 1000
#define GEAR_ASKED_MS 150000
#define DARK_MARGIN_MS 10000 /* a gateway may be gone a moment before the last frame */

/* ---- what a node tells ---- */

void testimony_back(struct judge *j, struct judge_node *n, struct incident *i, int64_t from)
{
	if (i->kind != KIND_AGENT && i->kind != KIND_UPLINK && i->kind != KIND_GEAR && i->kind != KIND_INTERFACE)
		return;
	n->witnessed = i;
	n->dark_from = from;
	n->awake = 0;
	n->dirty = true;
	j->awaiting = true;
}

void testimony_boot(struct judge_node *n)
{
	if (!n->witnessed)
		return;
	n->awake |= WITNESS_REBOOTED;
	n->dirty = true;
}

void testimony_started(struct judge_node *n, int64_t at)
{
	/* who had measured within the darkness before was awake when it began */
	if (!n->witnessed || (n->awake & WITNESS_AWAKE) || !n->dark_from || at < n->dark_from - DARK_MARGIN_MS)
		return;
	n->awake |= WITNESS_HOLE;
	n->dirty = true;
}

static struct incident *root_of(const struct judge *j, struct incident *i)
{
	struct incident *into;
	for (unsigned hops = 0; i && i->state == INCIDENT_MERGED && hops < 8; hops++)
		i = (into = incident_find(&j->incidents, i->merged_into)) ? into : i;
	return i;
}

static void tell(struct judge *j, struct incident *i, const struct judge_node *n, enum fact f, bool yes, int64_t at)
{
	judge_know(j, i, f, yes ? ANSWER_YES : ANSWER_NO, RANK_HINDSIGHT, at, n->name);
}

/* It has been well since before the darkness, and rows say so: there is no hole in what it told, and some were of within it. */
static bool well_throughout(const struct judge_check *c, const struct incident *i, const struct judge_node *n)
{
	return n->link_at - i->began_at >= state_patience_ms(c->step_ms) && !c->machine.run &&
	       c->machine.state == STATE_UP && c->machine.since <= i->began_at && c->row_at > i->began_at;
}

/* What was well all the time, as far as its own rows go; what was not has told so by a trouble. */
static void tell_what_was_well(struct judge *j, struct incident *i, const struct judge_node *n)
{
	for (uint32_t k = 0; k < n->check_count; k++) {
		const struct judge_check *c = n->checks[k];
		if (!well_throughout(c, i, n))
			continue;
		if (c->kind == KIND_INTERFACE && i->facts.is[FACT_CARRIER].answer != ANSWER_NO)
			tell(j, i, n, FACT_CARRIER, true, c->row_at);
		else if (c->kind == KIND_PATH && !strcmp(c->instance, "gateway"))
			tell(j, i, n, FACT_GATEWAY, true, c->row_at);
		/* a terminal stands at the near end of its line: only what is beyond says that the line was well */
		else if (c->kind == KIND_PATH && !strcmp(c->instance, "core"))
			tell(j, i, n, FACT_LINE, true, c->row_at);
	}
}

static void tell_of_gear(struct judge *j, struct incident *i, const struct judge_node *n)
{
	/* it is asked once a minute or so: of a short darkness it says nothing */
	if (n->link_at - i->began_at < GEAR_ASKED_MS)
		return;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *g = j->fleet.nodes[k];
		for (uint32_t m = 0; g->site == n->site && m < g->check_count; m++) {
			const struct judge_check *c = g->checks[m];
			if (c->kind == KIND_GEAR && fact_is_front(j, n->site, g->inv) &&
			        i->facts.is[FACT_GEAR_REBOOTED].answer != ANSWER_YES && well_throughout(c, i, n))
				judge_know(j, i, FACT_GEAR, ANSWER_YES, RANK_HINDSIGHT, c->row_at, g->name);
		}
	}
}

/* The switch port that it hangs on, as the switch told while the site was dark; a port that went down and came back within it has said no. */
static void tell_of_port(struct judge *j, struct incident *i, const struct judge_node *n)
{
	const char *gear, *port;
	if (!j->topology || !topology_port_of(j->topology, n->name, &gear, &port))
		return;
	const struct judge_node *g = fleet_node(&j->fleet, gear);
	const struct judge_check *c = g && g->site == n->site ? fleet_check(g, KIND_INTERFACE, port) : NULL;
	if (!c || c->row_at <= i->began_at)
		return;
	bool down_then = c->machine.state == STATE_DOWN
	                         ? c->machine.since <= n->link_at
	                         : c->machine.since > i->began_at && c->machine.since <= n->link_at;
	if (down_then || well_throughout(c, i, n))
		judge_know(j, i, FACT_PORT, down_then ? ANSWER_NO : ANSWER_YES, RANK_HINDSIGHT, c->row_at, g->name);
}

static void finish(struct judge *j, struct judge_node *n, struct incident *i)
{
	bool awake = n->awake & WITNESS_AWAKE, rebooted = n->awake & WITNESS_REBOOTED, hole = n->awake & WITNESS_HOLE;
	/* a darkness that is shorter than some steps has no samples from within, and no hole either */
	bool was_awake = awake || (!hole && !rebooted);
	int64_t at = n->link_at;
	n->witnessed = NULL;
	n->awake = 0;
	n->dirty = true;
	i->testified_at = j->now;
	if (rebooted)
		incident_evidence(i, at, n->name, "Máy đã khởi động lại trong thời gian mất liên lạc",
		        "The host restarted during the silence");
	else if (was_awake)
		incident_evidence(i, at, n->name, "Trạm đo vẫn chạy và ghi số liệu trong lúc mất liên lạc",
		        "The agent ran and kept measuring during the silence");
	else
		incident_evidence(i, at, n->name, "Trạm đo không chạy trong lúc mất liên lạc, máy không khởi động lại",
		        "The agent did not run during the silence; the host did not restart");
	tell(j, i, n, FACT_REBOOTED, rebooted, at);
	tell(j, i, n, FACT_AWAKE, was_awake, at);
	if (!was_awake)
		return;
	tell_what_was_well(j, i, n);
	tell_of_gear(j, i, n);
	tell_of_port(j, i, n);
}

void testimony_move(struct judge *j, struct judge_check *c, const struct transition *t)
{
	struct judge_node *n = c->node;
	const struct trouble *dark = n->agent ? n->agent->trouble : NULL;
	/* hints do not wait for the journal: they may come before it is known that the node is back */
	struct incident *i = root_of(j, n->witnessed ? n->witnessed : dark ? dark->incident : NULL);
	bool gateway = c->kind == KIND_PATH && !c->terminal && !strcmp(c->instance, "gateway");
	if (!i || !gateway || t->to != STATE_DOWN || j->uncertain)
		return;
	if (t->at >= i->began_at - DARK_MARGIN_MS && (dark || t->at <= n->link_at))
		tell(j, i, n, FACT_GATEWAY, false, t->at);
}

void testimony_line(struct judge *j, struct incident *i, const struct judge_check *c)
{
	if (c->terminal)
		return;
	judge_know(j, i, c->kind == KIND_INTERFACE ? FACT_CARRIER : FACT_LINE, ANSWER_NO,
	        j->now - c->machine.since > LAST_WORD_MS ? RANK_HINDSIGHT : RANK_SITE, c->machine.since, c->node->name);
}

/* ---- a restart that nobody noticed ---- */

/* The host was away between two samples, and nobody noticed then. */
static void restarted(struct judge *j, struct judge_node *n, int64_t last, int64_t back)
{
	char id[192], stamp[32], vi[160], en[160];
	bool fresh;
	const struct unit *unit = site_unit(j->inv, n->site, last);
	clock_format_utc(last, stamp, sizeof stamp);
	snprintf(id, sizeof id, "%.40s.host-%.60s.%.4s%.2s%.2sT%.2s%.2s%.2s", n->site->id, n->name, stamp, stamp + 5,
	        stamp + 8, stamp + 11, stamp + 14, stamp + 17);
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	if (!fresh)
		return;
	i->kind = KIND_HOST;
	i->site = mem_str(n->site->id);
	i->unit = unit ? mem_str(unit->id) : NULL;
	i->node = mem_str(n->name);
	i->simulated = n->simulated;
	i->late = j->now - last > INCIDENT_LATE_MS;
	i->opened_at = i->began_at = last;
	i->detected_at = i->simulated && i->late ? back : j->now;
	life_begin(j, i, n->agent, last);
	i->live = false; /* it came back by itself: a warning */
	snprintf(vi, sizeof vi, "Mã khởi động của máy đã đổi; không có số liệu trong %lld giây",
	        (long long)(back - last) / 1000);
	snprintf(en, sizeof en, "Its boot id changed; no samples for %lld seconds", (long long)(back - last) / 1000);
	incident_evidence(i, back, n->name, vi, en);
	judge_know(j, i, FACT_REBOOTED, ANSWER_YES, RANK_SITE, back, n->name);
	judge_know(j, i, FACT_AWAKE, ANSWER_NO, RANK_SITE, back, n->name);
	event_recall(j, i);
	incident_resolve(i, back);
	testimony_resolved(j, i);
	j->urgent = true;
}

static struct incident *dark_around(const struct judge *j, const struct judge_node *n, int64_t at)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		bool ours = i->kind == KIND_AGENT && n->site &&
		            ((i->site && !strcmp(i->site, n->site->id)) || area_covers(i, n->site->id));
		if ((ours || i->kind == KIND_PATH) && incident_covers(i, at, 60000))
			return i;
	}
	return NULL;
}

void testimony_batch(struct judge *j, struct judge_node *n, bool rebooted, int64_t before, int64_t first, int64_t last)
{
	int64_t step = n->agent->step_ms;
	struct incident *i = root_of(j, n->witnessed);
	if (!first || !n->inv)
		return;
	if (!i) {
		if (rebooted && before && first - before > state_patience_ms(step) && !dark_around(j, n, first))
			restarted(j, n, before, first);
		return;
	}
	uint8_t told = n->awake;
	int64_t dark_from = n->dark_from ? n->dark_from : i->began_at;
	/* a step without a row is one in which it did not run */
	if (before && first - before > step * 3 / 2 && first > dark_from && !(told & WITNESS_AWAKE))
		told |= WITNESS_HOLE;
	/* what it measured after it was off is of its coming back */
	if (last > dark_from + 2 * step && first < n->link_at - step && !(told & (WITNESS_HOLE | WITNESS_REBOOTED)))
		told |= WITNESS_AWAKE;
	if ((told & WITNESS_REBOOTED) ? last > n->link_at - step : last > n->link_at)
		told |= WITNESS_DONE;
	n->dirty |= told != n->awake;
	n->awake = told;
}

/* ---- when all is said ---- */

static void conclude(struct judge *j, struct incident *i)
{
	i->final_known = true;
	judge_again(j, i);
	words_summary(j, i);
	i->dirty = i->changed = j->urgent = true;
	rejudge_incident(j, i);
}

static bool is_dark_kind(const struct incident *i)
{
	return i->kind == KIND_AGENT || i->kind == KIND_UPLINK;
}

void testimony_resolved(struct judge *j, struct incident *i)
{
	if (i->state != INCIDENT_RESOLVED || i->final_known)
		return;
	bool waits = i->kind == KIND_AGENT || i->facts.is[FACT_SILENT].answer == ANSWER_YES;
	for (uint32_t k = 0; is_dark_kind(i) && k < j->fleet.count; k++)
		waits |= root_of(j, j->fleet.nodes[k]->witnessed) == i;
	j->awaiting |= waits;
	if (!waits)
		conclude(j, i);
}

static bool awaits(const struct judge *j, const struct incident *i)
{
	if (j->now - i->resolved_at > WITNESS_WAIT_MS)
		return false;
	for (uint32_t k = 0; k < j->fleet.count; k++)
		if (root_of(j, j->fleet.nodes[k]->witnessed) == i)
			return true;
	/* the last word of one, and the others on their way back */
	if (i->testified_at || i->facts.is[FACT_AWAKE].rank == RANK_HINDSIGHT)
		return j->now - i->testified_at < LAST_WORD_MS;
	return is_dark_kind(i) && j->now - i->resolved_at < OTHERS_BACK_MS;
}

/* Nodes that have told all, and those that have been waited for long enough. True: somebody is still to speak. */
static bool hear_witnesses(struct judge *j)
{
	bool more = false;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		struct incident *i = root_of(j, n->witnessed);
		if (!i)
			continue;
		if (n->awake & WITNESS_DONE) {
			finish(j, n, i);
		} else if (i->state == INCIDENT_RESOLVED && j->now - i->resolved_at > WITNESS_WAIT_MS) {
			n->witnessed = NULL;
			n->awake = 0;
			n->dirty = true;
		} else {
			more = true;
		}
	}
	return more;
}

void testimony_tick(struct judge *j)
{
	if (!j->awaiting || j->now - j->testified_at < TICK_MS)
		return;
	j->testified_at = j->now;
	j->awaiting = hear_witnesses(j);
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		if (i->state != INCIDENT_RESOLVED || i->final_known)
			continue;
		if (awaits(j, i))
			j->awaiting = true;
		else
			conclude(j, i);
	}
}
