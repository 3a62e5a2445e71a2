/* The lamp of the services that are checked from the place. */
#include <stdio.h>
#include <string.h>

#include "collector/view/lamps.h"
#include "common/reason.h"

#define NAMED_MAX 3 /* services that fail, by name; the rest is counted */

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* Who takes calls in the province: the first contact with a number. */
static void province_contact(const struct inventory *inv, char *out, size_t size)
{
	snprintf(out, size, "?");
	for (size_t k = inv->contact_count; k > 0; k--) {
		const struct contact *c = &inv->contacts[k - 1];
		const char *to = c->phone && *c->phone ? c->phone : c->mail ? c->mail : "";
		snprintf(out, size, "%s%s%s", c->name ? c->name : c->id, *to ? " " : "", to);
	}
}

static void call_owner(const struct scene *c, struct lamp *l, const struct service *sv)
{
	char contact[200];
	province_contact(c->v->inv, contact, sizeof contact);
	switch (sv->responsible) {
	case RESPONSIBLE_COMMUNE:
		snprintf(l->call_vi, LAMP_TEXT_SIZE, "do xã quản lý: cán bộ công nghệ thông tin của xã");
		snprintf(l->call_en, LAMP_TEXT_SIZE, "the commune's own: its IT staff");
		break;
	case RESPONSIBLE_CENTRAL:
		snprintf(l->call_vi, LAMP_TEXT_SIZE, "do Trung ương quản lý: báo %s", contact);
		snprintf(l->call_en, LAMP_TEXT_SIZE, "central: tell %s", contact);
		break;
	case RESPONSIBLE_CARRIER:
		snprintf(l->call_vi, LAMP_TEXT_SIZE, "do nhà mạng quản lý: báo %s", contact);
		snprintf(l->call_en, LAMP_TEXT_SIZE, "the carrier's: tell %s", contact);
		break;
	default:
		snprintf(l->call_vi, LAMP_TEXT_SIZE, "do tỉnh quản lý: %s", contact);
		snprintf(l->call_en, LAMP_TEXT_SIZE, "the province's: %s", contact);
	}
}

struct tally {
	unsigned all, up, slow, down;
	const struct service *first; /* of those that fail */
	int64_t since;
	char vi[LAMP_TEXT_SIZE / 2], en[LAMP_TEXT_SIZE / 2];
};

static const struct seen_check *service_seen(const struct scene *c, const struct service *sv)
{
	const struct seen_check *best = NULL;
	for (size_t k = 0; k < c->s->check_count; k++) {
		const struct seen_check *s = &c->s->checks[k];
		bool looks = s->kind == KIND_SERVICE && s->site == c->site && s->service == sv;
		if (looks && s->state != STATE_UNOBSERVED && (!best || s->state < best->state))
			best = s;
	}
	return best;
}

static bool is_checked_here(const struct scene *c, const struct service *sv)
{
	const struct inventory *inv = c->v->inv;
	for (size_t k = 0; k < inv->node_count; k++)
		if (inv->nodes[k].at == c->site && service_checked_by(inv, sv, &inv->nodes[k], c->at))
			return true;
	return false;
}

static void tally_add(struct tally *t, const struct service *sv, const struct seen_check *s)
{
	bool bad = s && s->state != STATE_UP;
	t->all++;
	if (!s)
		return;
	t->up += s->state == STATE_UP;
	t->slow += s->state == STATE_DEGRADED;
	t->down += s->state == STATE_DOWN;
	if (!bad)
		return;
	t->since = !t->since || s->since < t->since ? s->since : t->since;
	t->first = t->first ? t->first : sv;
	size_t n = strlen(t->vi), m = strlen(t->en);
	if (t->slow + t->down > NAMED_MAX)
		return;
	snprintf(t->vi + n, sizeof t->vi - n, "%s%s (%s)", n ? ", " : "", sv->name ? sv->name : sv->id,
	        s->state == STATE_DOWN ? reason_vi(s->reason) : "chậm");
	snprintf(t->en + m, sizeof t->en - m, "%s%s (%s)", m ? ", " : "", sv->name ? sv->name : sv->id,
	        s->state == STATE_DOWN ? reason_en(s->reason) : "slow");
}

static const json_t *service_incident(const struct scene *c, const struct service *sv)
{
	char target[96];
	size_t k, m;
	json_t *o, *v;
	snprintf(target, sizeof target, "service:%.64s@", sv->id);
	json_array_foreach(c->incidents, k, o)
	{
		if (!strcmp(word(o, "service"), sv->id))
			return o;
		json_array_foreach(json_object_get(o, "affects"), m,
		        v) if (json_is_string(v) && !strncmp(json_string_value(v), target, strlen(target))) return o;
	}
	return NULL;
}

void lamp_service(const struct scene *c, struct lamp *l)
{
	const struct inventory *inv = c->v->inv;
	struct tally t = {0};
	for (size_t k = 0; k < inv->service_count; k++)
		if (is_checked_here(c, &inv->services[k]))
			tally_add(&t, &inv->services[k], service_seen(c, &inv->services[k]));
	unsigned seen = t.up + t.slow + t.down;
	l->since = t.since;
	l->state = !t.all ? "none" : !seen ? "unobserved" : t.down == seen ? "down" : t.first ? "degraded" : "up";
	if (!t.all) {
		lamp_say(l, "none", 0, "không có dịch vụ nào được đo tại đây", "no service is checked here");
	} else if (!seen) {
		lamp_say(l, "unobserved", 0, "không đo được lúc này: trạm đo không báo về",
		        "not measured now: no agent reports");
	} else if (!t.first) {
		snprintf(l->why_vi, LAMP_TEXT_SIZE, "%u/%u dịch vụ trả lời", t.up, t.all);
		snprintf(l->why_en, LAMP_TEXT_SIZE, "%u of %u services answer", t.up, t.all);
	} else {
		unsigned more = t.slow + t.down > NAMED_MAX ? t.slow + t.down - NAMED_MAX : 0;
		char rest_vi[48] = "", rest_en[48] = "";
		if (more) {
			snprintf(rest_vi, sizeof rest_vi, " và %u dịch vụ khác", more);
			snprintf(rest_en, sizeof rest_en, " and %u more", more);
		}
		snprintf(l->why_vi, LAMP_TEXT_SIZE, "%u/%u dịch vụ lỗi: %s%s", t.slow + t.down, t.all, t.vi, rest_vi);
		snprintf(l->why_en, LAMP_TEXT_SIZE, "%u of %u services fail: %s%s", t.slow + t.down, t.all, t.en,
		        rest_en);
		call_owner(c, l, t.first);
		l->incident = service_incident(c, t.first);
	}
}
