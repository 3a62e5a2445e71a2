#include <stdio.h>
#include <string.h>

#include "collector/judge/trouble.h"
#include "collector/judge/words.h"
#include "common/memory.h"

static void conclude(struct judge *j, struct incident *i, enum cause cause, enum confidence confidence)
{
	i->final = (struct verdict){cause, confidence};
	i->final_known = true;
	words_summary(j, i);
	i->changed = true;
	j->urgent = true;
}

void testimony_line(struct judge *j, struct incident *i, const struct judge_check *c)
{
	/* a terminal without power answers as little as one whose line is cut */
	if (c->terminal && i->first.cause == CAUSE_SITE_POWER)
		return;
	if (c->kind == KIND_INTERFACE)
		conclude(j, i, CAUSE_LAN_LINK_DOWN, CONFIDENCE_CERTAIN);
	else if (!i->final_known || i->final.cause != CAUSE_LAN_LINK_DOWN)
		conclude(j, i, CAUSE_UPLINK_DOWN, c->terminal ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
}

/* Its samples go on after the dark stretch: all that it had to say about it is said. */
static void finish(struct judge *j, struct judge_node *n, struct incident *i, bool rebooted, int64_t at)
{
	n->witnessed = NULL;
	n->dirty = true;
	if (i->final_known || i->kind != KIND_AGENT || i->state == INCIDENT_MERGED)
		return;
	if (rebooted) {
		incident_evidence(i, at, n->name, "Máy đã khởi động lại trong thời gian mất liên lạc",
		        "The host restarted during the silence");
		/* it had said that mains power was gone, and then it was off */
		bool power = i->first.cause == CAUSE_SITE_POWER;
		conclude(j, i, power ? CAUSE_SITE_POWER : CAUSE_HOST_DOWN,
		        power ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	} else if (n->awake) {
		incident_evidence(i, at, n->name, "Trạm đo vẫn chạy và ghi số liệu trong lúc mất liên lạc",
		        "The agent ran and kept measuring during the silence");
		conclude(j, i, CAUSE_UPLINK_DOWN, CONFIDENCE_LIKELY);
	} else {
		incident_evidence(i, at, n->name, "Trạm đo không chạy trong lúc mất liên lạc, máy không khởi động lại",
		        "The agent did not run during the silence; the host did not restart");
		conclude(j, i, CAUSE_AGENT_DOWN, CONFIDENCE_LIKELY);
	}
}

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
	i->opened_at = last;
	i->detected_at = i->simulated && i->late ? back : j->now;
	i->responsible = responsible_name(RESPONSIBLE_COMMUNE);
	i->first = (struct verdict){CAUSE_HOST_DOWN, CONFIDENCE_CERTAIN};
	words_summary(j, i);
	snprintf(vi, sizeof vi, "Mã khởi động của máy đã đổi; không có số liệu trong %lld giây",
	        (long long)(back - last) / 1000);
	snprintf(en, sizeof en, "Its boot id changed; no samples for %lld seconds", (long long)(back - last) / 1000);
	incident_evidence(i, back, n->name, vi, en);
	incident_resolve(i, back);
	j->urgent = true;
}

static struct incident *dark_around(const struct judge *j, const struct judge_node *n, int64_t at)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		bool ours = i->kind == KIND_AGENT && i->site && n->site && !strcmp(i->site, n->site->id);
		if ((ours || i->kind == KIND_PATH) && incident_covers(i, at, 60000))
			return i;
	}
	return NULL;
}

void testimony_batch(struct judge *j, struct judge_node *n, bool rebooted, int64_t before, int64_t first, int64_t last)
{
	int64_t step = n->agent->step_ms;
	struct incident *i = n->witnessed;
	if (!first || !n->inv)
		return;
	if (i && last > i->opened_at + 2 * step && first < i->resolved_at - step)
		n->awake = true;
	if (i && (rebooted || last > i->resolved_at))
		finish(j, n, i, rebooted, first);
	else if (!i && rebooted && before && first - before > state_patience_ms(step) && !dark_around(j, n, first))
		restarted(j, n, before, first);
}
