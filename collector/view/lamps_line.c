/* The lamps of the lines: looked at from inside where somebody there looks, else from the collector. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/circuits.h"
#include "collector/judge/slip.h"
#include "collector/view/lamps.h"

static bool is_of_line(const struct scene *c, const json_t *incident, const struct uplink *line)
{
	struct circuit lines[64];
	size_t count = circuits_known(incident) && slip_wanted(incident, c->v->inv)
	                       ? circuits_of(incident, c->v->inv, lines, 64)
	                       : 0;
	for (size_t k = 0; k < count && k < 64; k++)
		if (lines[k].line == line)
			return true;
	return false;
}

static void call_carrier(struct lamp *l, const struct uplink *u)
{
	bool hotline = u->hotline && *u->hotline, circuit = u->circuit && *u->circuit;
	const char *carrier = u->carrier && *u->carrier ? u->carrier : NULL;
	snprintf(l->call_vi, LAMP_TEXT_SIZE, "%s %s, mã kênh %s",
	        carrier ? carrier : "nhà mạng (chưa có trong danh mục)",
	        hotline ? u->hotline : "(chưa có đường dây nóng trong danh mục)",
	        circuit ? u->circuit : "(chưa có trong danh mục)");
	snprintf(l->call_en, LAMP_TEXT_SIZE, "%s %s, circuit %s",
	        carrier ? carrier : "the carrier (not in the inventory)",
	        hotline ? u->hotline : "(no hotline in the inventory)",
	        circuit ? u->circuit : "(not in the inventory)");
}

/* The best of those that look at the line from inside; when nobody does, from outside; NULL: nobody looks. */
static const struct seen_check *line_seen(const struct scene *c, const struct uplink *u)
{
	const struct seen_check *inside = NULL, *outside = NULL;
	for (size_t k = 0; k < c->s->check_count; k++) {
		const struct seen_check *s = &c->s->checks[k];
		if (s->site != c->site || s->uplink != u || s->state == STATE_UNOBSERVED)
			continue;
		const struct seen_check **best = s->outside ? &outside : &inside;
		if (!*best || s->state < (*best)->state)
			*best = s;
	}
	return inside ? inside : outside;
}

static void line_words(const struct seen_check *s, struct lamp *l)
{
	const struct uplink *u = s->uplink;
	if (check_words(s, l->why_vi, l->why_en, LAMP_TEXT_SIZE))
		return;
	const char *carrier = u->carrier ? u->carrier : u->id;
	int n = snprintf(l->why_vi, LAMP_TEXT_SIZE, "%s: thông%s", carrier, s->outside ? " (nhìn từ ngoài)" : "");
	int m = snprintf(l->why_en, LAMP_TEXT_SIZE, "%s: works%s", carrier, s->outside ? " (seen from outside)" : "");
	if (isnan(s->value[1]) || n < 0 || m < 0 || n >= LAMP_TEXT_SIZE || m >= LAMP_TEXT_SIZE)
		return;
	snprintf(l->why_vi + n, (size_t)(LAMP_TEXT_SIZE - n), ", trễ %.0f ms", s->value[1]);
	snprintf(l->why_en + m, (size_t)(LAMP_TEXT_SIZE - m), ", delay %.0f ms", s->value[1]);
}

static const json_t *line_incident(const struct scene *c, const struct uplink *u)
{
	size_t k;
	json_t *o;
	json_array_foreach(c->incidents, k, o) if (is_of_line(c, o, u)) return o;
	return NULL;
}

/* Of several lines of a kind the worst one speaks; the lamp is red only when all are down. */
void lamp_lines(const struct scene *c, struct lamp *l, bool tslcd)
{
	const struct seen_check *worst = NULL;
	const struct uplink *of = NULL;
	unsigned count = 0, down = 0;
	for (size_t k = 0; k < c->site->uplink_count; k++) {
		const struct uplink *u = &c->site->uplinks[k];
		if ((u->kind == UPLINK_TSLCD) != tslcd)
			continue;
		const struct seen_check *s = line_seen(c, u);
		count++;
		of = of ? of : u;
		down += s && s->state == STATE_DOWN;
		if (s && (!worst || s->state > worst->state)) {
			worst = s;
			of = u;
		}
	}
	if (!count) {
		lamp_say(l, "none", 0, "địa điểm không có kênh này", "the site has no such line");
		return;
	}
	call_carrier(l, of);
	const json_t *i = line_incident(c, of);
	if (worst) {
		bool partly = worst->state == STATE_DOWN && down < count;
		l->state = partly ? "degraded" : state_name(worst->state);
		l->since = worst->since;
		line_words(worst, l);
	} else {
		lamp_say(l, "unobserved", 0, "không đo được lúc này: trạm đo không báo về",
		        "not measured now: no agent reports");
	}
	if (i && worst && worst->state == STATE_UP) /* what was seen is still better than what was concluded */
		l->incident = i;
	else if (i) {
		lamp_explain(l, i);
		l->state = worst ? l->state : "down";
		l->since = json_integer_value(json_object_get(i, "opened_at"));
	}
}
