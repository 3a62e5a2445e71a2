#include "agent/look_show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"

/* Numbers that stand for something else. */
static const struct {
	enum metric_class_id class_id;
	unsigned column;
	int64_t value;
	const char *words;
} meanings[] = {
        {CLASS_TLS, TLS_VERSION, 10, "TLS 1.0"},
        {CLASS_TLS, TLS_VERSION, 11, "TLS 1.1"},
        {CLASS_TLS, TLS_VERSION, 12, "TLS 1.2"},
        {CLASS_TLS, TLS_VERSION, 13, "TLS 1.3"},
        {CLASS_TLS, TLS_TRUSTED, 0, "no"},
        {CLASS_TLS, TLS_TRUSTED, 1, "yes"},
        {CLASS_TLS, TLS_NAME_OK, 0, "no"},
        {CLASS_TLS, TLS_NAME_OK, 1, "yes"},
        {CLASS_TLS, TLS_STAPLED, 0, "nothing"},
        {CLASS_TLS, TLS_STAPLED, 1, "good"},
        {CLASS_TLS, TLS_STAPLED, 2, "revoked"},
        {CLASS_TLS, TLS_STAPLED, 3, "unusable"},
        {CLASS_MTU, MTU_SMALL_OK, 0, "no"},
        {CLASS_MTU, MTU_SMALL_OK, 1, "yes"},
        {CLASS_MTU, MTU_FULL_OK, 0, "no"},
        {CLASS_MTU, MTU_FULL_OK, 1, "yes"},
};

static const struct metric_class *details_of(const struct check_spec *spec)
{
	return spec->type->has_detail ? metric_class(spec->type->detail) : NULL;
}

/* ---- JSON ---- */

static void set(json_t *o, const char *name, json_t *value)
{
	/* a class may have a column of what stands there already */
	if (json_object_get(o, name))
		json_decref(value);
	else
		json_object_set_new(o, name, value);
}

static json_t *milliseconds(int64_t us)
{
	return us == PROBE_UNKNOWN ? json_null() : json_real((double)us / 1000);
}

static json_t *measured(const struct metric *m, int64_t scaled)
{
	if (scaled == METRIC_UNKNOWN)
		return json_null();
	return m->decimals ? json_real(metric_value(m, scaled)) : json_integer(scaled);
}

static void set_echoes(json_t *o, const struct probe_result *r)
{
	set(o, "sent", json_integer(r->sent));
	set(o, "received", json_integer(r->received));
	set(o, "loss_pct", json_real(100.0 * (r->sent - r->received) / r->sent));
	set(o, "rtt_ms", milliseconds(r->rtt_us));
	set(o, "rtt_min_ms", milliseconds(r->rtt_min_us));
	set(o, "rtt_max_ms", milliseconds(r->rtt_max_us));
	set(o, "jitter_ms", milliseconds(r->jitter_us));
}

char *look_json(const struct check_spec *spec, const char *target, const struct probe_result *r)
{
	const struct metric_class *c = details_of(spec);
	json_t *o = json_object();
	char *text;

	set(o, "type", json_string(spec->type->name));
	set(o, "target", json_string(target));
	set(o, "up", json_boolean(r->up));
	set(o, "reason", json_string(reason_name(r->reason)));
	set(o, "note", json_string(r->note));
	set(o, "connect_ms", milliseconds(r->connect_us));
	set(o, "total_ms", milliseconds(r->total_us));
	if (r->sent)
		set_echoes(o, r);
	for (unsigned i = 0; c && i < c->count; i++)
		set(o, c->metrics[i].name, measured(&c->metrics[i], r->detail[i]));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(7));
	json_decref(o);
	return text ? text : mem_str("{}");
}

void look_show_json(const struct look_request *q, const struct probe_result *r)
{
	char *text = look_json(&q->spec, q->target, r);

	puts(text);
	free(text);
}

/* ---- text ---- */

struct page {
	FILE *out;
	bool colour;
};

static void paint(const struct page *p, const char *code, const char *text)
{
	if (p->colour)
		fprintf(p->out, "\033[%sm%s\033[0m", code, text);
	else
		fputs(text, p->out);
}

/* "first_byte_ms" with unit "ms" -> "first byte". */
static void label_of(const struct metric *m, char out[32])
{
	size_t len = strlen(m->name);
	const char *last = strrchr(m->name, '_');

	if (last && (!strcmp(last, "_ms") || !strcmp(last, "_pct") || !strcmp(last, "_s")))
		len = (size_t)(last - m->name);
	snprintf(out, 32, "%.*s", (int)len, m->name);
	for (char *c = out; *c; c++)
		if (*c == '_')
			*c = ' ';
}

static const char *words_for(enum metric_class_id class_id, unsigned column, int64_t value)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].class_id == class_id && meanings[i].column == column && meanings[i].value == value)
			return meanings[i].words;
	return NULL;
}

static void show_column(const struct page *p, const struct metric_class *c, unsigned column, int64_t value)
{
	const struct metric *m = &c->metrics[column];
	const char *words = words_for(c->id, column, value);
	char label[32];

	if (value == METRIC_UNKNOWN)
		return;
	label_of(m, label);
	fprintf(p->out, "  %-12s ", label);
	if (words)
		fprintf(p->out, "%s\n", words);
	else
		fprintf(p->out, "%.*f%s%s\n", m->decimals, metric_value(m, value), m->unit[0] ? " " : "", m->unit);
}

static void show_time(const struct page *p, const char *label, int64_t us)
{
	if (us != PROBE_UNKNOWN)
		fprintf(p->out, "  %-12s %.3f ms\n", label, (double)us / 1000);
}

static bool has_column(const struct metric_class *c, const char *name)
{
	for (unsigned i = 0; c && i < c->count; i++)
		if (!strcmp(c->metrics[i].name, name))
			return true;
	return false;
}

static void show_figures(const struct page *p, const struct metric_class *c, const struct probe_result *r)
{
	if (r->sent)
		fprintf(p->out, "  %-12s %u of %u echoes\n", "answered", r->received, r->sent);
	if (r->sent && !has_column(c, "rtt_ms")) {
		show_time(p, "rtt", r->rtt_us);
		show_time(p, "jitter", r->jitter_us);
	}
	if (!r->sent && !has_column(c, "connect_ms"))
		show_time(p, "connect", r->connect_us);
	for (unsigned i = 0; c && i < c->count; i++)
		show_column(p, c, i, r->detail[i]);
	if (!r->sent && !has_column(c, "total_ms"))
		show_time(p, "total", r->total_us);
}

void look_show_text(const struct look_request *q, const struct probe_result *r)
{
	struct page p = {.out = r->up ? stdout : stderr};

	p.colour = isatty(fileno(p.out)) && !getenv("NO_COLOR");
	paint(&p, "1", q->target);
	fputs("  ", p.out);
	if (r->up) {
		paint(&p, "1;32", "up");
	} else {
		paint(&p, "1;31", "down");
		fprintf(p.out, ": %s", reason_name(r->reason));
	}
	fputc('\n', p.out);
	if (r->note[0]) {
		fputs("  ", p.out);
		paint(&p, r->up ? "33" : "31", r->note);
		fputc('\n', p.out);
	}
	show_figures(&p, details_of(&q->spec), r);
}
