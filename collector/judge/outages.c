#include "collector/judge/outages.h"

#include <stdlib.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/circuits.h"
#include "common/memory.h"

#define CIRCUITS_OF_ONE 4096 /* lines of one incident */

struct spans {
	struct interval *all; /* owned; state is not used */
	size_t count, cap;
};

struct row {
	const struct site *site;
	const struct uplink *line;
	struct spans down, excused, up;
	unsigned outages;
	json_t *list; /* owned */
};

struct outages {
	const struct inventory *inv; /* borrowed */
	char *carrier;               /* owned; NULL: all */
	int64_t from, until, now;
	struct row *rows; /* owned */
	size_t row_count;
	json_t *unattributed; /* owned: carriers' outages of which no line is known */
};

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int64_t time_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* ---- spans ---- */

static void spans_add(struct spans *s, int64_t start, int64_t stop)
{
	if (stop <= start)
		return;
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->all = mem_grow(s->all, s->cap, sizeof *s->all);
	}
	s->all[s->count++] = (struct interval){.start = start, .stop = stop};
}

static int by_start(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorted, without overlaps. */
static void spans_merge(struct spans *s)
{
	size_t kept = 0;
	if (s->count > 1)
		qsort(s->all, s->count, sizeof *s->all, by_start);
	for (size_t k = 0; k < s->count; k++) {
		if (kept && s->all[k].start <= s->all[kept - 1].stop) {
			if (s->all[k].stop > s->all[kept - 1].stop)
				s->all[kept - 1].stop = s->all[k].stop;
		} else {
			s->all[kept++] = s->all[k];
		}
	}
	s->count = kept;
}

static int64_t spans_ms(const struct spans *s)
{
	int64_t sum = 0;
	for (size_t k = 0; k < s->count; k++)
		sum += s->all[k].stop - s->all[k].start;
	return sum;
}

/* How much of `a` lies in `b`; both merged. */
static int64_t spans_common_ms(const struct spans *a, const struct spans *b)
{
	int64_t sum = 0;
	for (size_t k = 0, m = 0; k < a->count && m < b->count;) {
		int64_t from = a->all[k].start > b->all[m].start ? a->all[k].start : b->all[m].start;
		int64_t to = a->all[k].stop < b->all[m].stop ? a->all[k].stop : b->all[m].stop;
		sum += to > from ? to - from : 0;
		if (a->all[k].stop < b->all[m].stop)
			k++;
		else
			m++;
	}
	return sum;
}

/* ---- reading ---- */

struct outages *outages_new(const struct inventory *inv, const char *carrier, int64_t from, int64_t until, int64_t now)
{
	struct outages *o = mem_alloc(sizeof *o);
	size_t lines = 0;
	*o = (struct outages){.inv = inv,
	        .carrier = mem_str(carrier && *carrier ? carrier : NULL),
	        .from = from,
	        .until = until,
	        .now = now,
	        .unattributed = json_array()};
	for (size_t k = 0; k < inv->site_count; k++)
		lines += inv->sites[k].uplink_count;
	o->rows = mem_alloc((lines + 1) * sizeof *o->rows);
	for (size_t k = 0; k < inv->site_count; k++) {
		for (size_t m = 0; m < inv->sites[k].uplink_count; m++) {
			const struct uplink *u = &inv->sites[k].uplinks[m];
			if (o->carrier && strcmp(o->carrier, u->carrier ? u->carrier : ""))
				continue;
			o->rows[o->row_count++] = (struct row){.site = &inv->sites[k], .line = u, .list = json_array()};
		}
	}
	return o;
}

static struct row *row_of(struct outages *o, const struct uplink *line)
{
	for (size_t k = 0; k < o->row_count; k++)
		if (o->rows[k].line == line)
			return &o->rows[k];
	return NULL;
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *minutes_of(int64_t ms)
{
	return json_integer((ms + 30000) / 60000);
}

static enum cause cause_of(const json_t *incident)
{
	static const char *const keys[] = {"final_cause", "cause_now", "cause"};
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		if (json_is_string(json_object_get(incident, keys[k])))
			return cause_named(word_of(incident, keys[k]));
	return CAUSE_UNKNOWN;
}

static json_t *outage_json(const json_t *incident, int64_t ms)
{
	const json_t *tickets = json_object_get(incident, "tickets");
	const char *ticket = word_of(json_array_get(tickets, json_array_size(tickets) - 1), "ticket");
	const struct cause_words *w = cause_words(cause_of(incident));
	int64_t end = time_of(incident, "resolved_at");
	json_t *o = json_pack("{s:s, s:I, s:o, s:o, s:s, s:s, s:s}", "incident", word_of(incident, "id"), "begin",
	        (json_int_t)time_of(incident, "opened_at"), "end", end ? json_integer(end) : json_null(), "minutes",
	        minutes_of(ms), "cause", w->name, "cause_vi", w->vi, "cause_en", w->en);
	json_object_set_new(o, "excused", text_or_null(word_of(incident, "excused")));
	json_object_set_new(o, "ticket", text_or_null(ticket));
	return o;
}

/* A carrier's outage, but its line is not known: listed apart, so that nobody is charged with it and nobody forgets it. */
static void add_unattributed(struct outages *o, const json_t *incident, int64_t ms)
{
	const struct site *site = inventory_site(o->inv, word_of(incident, "site"));
	json_t *row = outage_json(incident, ms);
	json_object_set_new(row, "site", text_or_null(word_of(incident, "site")));
	json_object_set_new(row, "site_name", text_or_null(site ? site->name : NULL));
	json_array_append_new(o->unattributed, row);
}

void outages_add(struct outages *o, const json_t *incident)
{
	int64_t begin = time_of(incident, "opened_at"), end = time_of(incident, "resolved_at");
	bool excused = *word_of(incident, "excused");
	end = end ? end : o->now;
	begin = begin > o->from ? begin : o->from;
	end = end < o->until ? end : o->until;
	if (strcmp(word_of(incident, "responsible"), "carrier") || !strcmp(word_of(incident, "state"), "merged") ||
	        end <= begin)
		return;
	struct circuit *lines = mem_alloc(CIRCUITS_OF_ONE * sizeof *lines);
	size_t count = circuits_of(incident, o->inv, lines, CIRCUITS_OF_ONE);
	count = count < CIRCUITS_OF_ONE ? count : CIRCUITS_OF_ONE;
	if (!count || (count > 1 && !circuits_known(incident))) {
		if (!o->carrier)
			add_unattributed(o, incident, end - begin);
		count = 0;
	}
	for (size_t k = 0; k < count; k++) {
		struct row *r = row_of(o, lines[k].line);
		if (!r)
			continue;
		spans_add(excused ? &r->excused : &r->down, begin, end);
		r->outages += !excused;
		json_array_append_new(r->list, outage_json(incident, end - begin));
	}
	free(lines);
}

void outages_seen_up(struct outages *o, const char *site, const char *uplink, const struct interval *up, size_t count)
{
	for (size_t k = 0; k < o->row_count; k++) {
		struct row *r = &o->rows[k];
		if (strcmp(r->site->id, site) || strcmp(r->line->id, uplink))
			continue;
		for (size_t m = 0; m < count; m++)
			spans_add(&r->up, up[m].start > o->from ? up[m].start : o->from,
			        up[m].stop < o->until ? up[m].stop : o->until);
	}
}

/* ---- the report ---- */

struct sums {
	int64_t down, excused, up;
	unsigned outages;
};

static struct sums row_sums(struct row *r)
{
	spans_merge(&r->down);
	spans_merge(&r->excused);
	spans_merge(&r->up);
	/* a drill during an outage excuses nothing of it */
	return (struct sums){.down = spans_ms(&r->down),
	        .excused = spans_ms(&r->excused) - spans_common_ms(&r->excused, &r->down),
	        .up = spans_ms(&r->up) - spans_common_ms(&r->up, &r->down),
	        .outages = r->outages};
}

static void put_sums(json_t *o, const struct sums *s)
{
	bool measured = s->up > 0;
	json_object_set_new(o, "outages", json_integer(s->outages));
	json_object_set_new(o, "minutes", minutes_of(s->down));
	json_object_set_new(o, "excused_minutes", minutes_of(s->excused));
	json_object_set_new(o, "measured_minutes", minutes_of(s->up + s->down));
	/* nobody measured it as up: a share of nothing */
	json_object_set_new(
	        o, "availability", measured ? json_real((double)s->up / (double)(s->up + s->down)) : json_null());
}

static json_t *circuit_json(const struct outages *o, struct row *r, struct sums *carrier)
{
	const struct unit *u = site_unit(o->inv, r->site, o->until - 1);
	struct sums s = row_sums(r);
	json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:O}", "site", r->site->id, "site_name",
	        r->site->name ? r->site->name : r->site->id, "uplink", r->line->id, "kind", circuit_kind(r->line),
	        "list", r->list);
	json_object_set_new(c, "unit_name", text_or_null(u ? u->name : NULL));
	json_object_set_new(c, "circuit", text_or_null(r->line->circuit));
	json_object_set_new(c, "hotline", text_or_null(r->line->hotline));
	put_sums(c, &s);
	carrier->down += s.down;
	carrier->excused += s.excused;
	carrier->up += s.up;
	carrier->outages += s.outages;
	return c;
}

static const char *carrier_of(const struct row *r)
{
	return r->line->carrier ? r->line->carrier : "";
}

static json_t *carrier_json(const struct outages *o, const char *carrier)
{
	json_t *circuits = json_array();
	struct sums sums = {0};
	for (size_t k = 0; k < o->row_count; k++)
		if (!strcmp(carrier_of(&o->rows[k]), carrier))
			json_array_append_new(circuits, circuit_json(o, &o->rows[k], &sums));
	json_t *c = json_pack("{s:o, s:o}", "carrier", text_or_null(carrier), "circuits", circuits);
	put_sums(c, &sums);
	return c;
}

json_t *outages_json(const struct outages *o)
{
	json_t *carriers = json_array(), *seen = json_object();
	for (size_t k = 0; k < o->row_count; k++) {
		const char *carrier = carrier_of(&o->rows[k]);
		if (json_object_get(seen, carrier))
			continue;
		json_object_set_new(seen, carrier, json_true());
		json_array_append_new(carriers, carrier_json(o, carrier));
	}
	json_decref(seen);
	return json_pack("{s:I, s:I, s:o, s:O}", "from", (json_int_t)o->from, "until", (json_int_t)o->until, "carriers",
	        carriers, "unattributed", o->unattributed);
}

void outages_free(struct outages *o)
{
	for (size_t k = 0; k < o->row_count; k++) {
		free(o->rows[k].down.all);
		free(o->rows[k].excused.all);
		free(o->rows[k].up.all);
		json_decref(o->rows[k].list);
	}
	json_decref(o->unattributed);
	free(o->rows);
	free(o->carrier);
	free(o);
}
