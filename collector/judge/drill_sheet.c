#include "collector/judge/drill_sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct outcome {
	const struct incident *main; /* NULL: nothing was noticed */
	unsigned count;              /* incidents instead of one */
	int64_t detected_at;         /* as it was noticed */
	int64_t mailed_at;           /* 0: no mail left */
	int64_t detect_ms, mail_ms;  /* -1: it did not happen */
	json_t *strangers;           /* owned: mailed, and none of the drill's */
	json_t *reasons;             /* owned */
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static enum cause cause_now(const struct incident *i)
{
	return incident_verdict(i)->cause;
}

static bool holds(const json_t *list, const char *word)
{
	size_t k;
	json_t *v;
	json_array_foreach(list, k, v) if (same(json_string_value(v), word)) return true;
	return false;
}

bool drill_has(const struct drill *d, const char *incident)
{
	size_t k;
	json_t *own;
	json_array_foreach(
	        d->incidents, k, own) if (same(json_string_value(json_object_get(own, "id")), incident)) return true;
	return false;
}

/* The one of the expected cause, else the first. */
static void pick_main(const struct judge *j, const struct drill *d, struct outcome *o)
{
	size_t k;
	json_t *own;
	json_array_foreach(d->incidents, k, own)
	{
		const char *id = json_string_value(json_object_get(own, "id"));
		const struct incident *i = id ? incident_find(&j->incidents, id) : NULL;
		if (!i || i->state == INCIDENT_MERGED)
			continue;
		o->count++;
		bool better = !o->main || (cause_now(i) == d->cause && cause_now(o->main) != d->cause) ||
		              ((cause_now(i) == d->cause) == (cause_now(o->main) == d->cause) &&
		                      i->opened_at < o->main->opened_at);
		if (better) {
			o->main = i;
			o->detected_at = json_integer_value(json_object_get(own, "detected_at"));
		}
	}
}

static void read_mails(const struct drill *d, struct outcome *o)
{
	size_t k;
	json_t *m;
	json_array_foreach(d->mails, k, m)
	{
		const char *contact = json_string_value(json_object_get(m, "contact"));
		int64_t at = json_integer_value(json_object_get(m, "at"));
		if (contact && !holds(d->contacts, contact)) {
			if (!holds(o->strangers, contact))
				json_array_append_new(o->strangers, json_string(contact));
		} else if (!o->mailed_at || at < o->mailed_at) {
			o->mailed_at = at;
		}
	}
}

__attribute__((format(printf, 2, 4))) __attribute__((format(printf, 3, 4))) static void reason(
        struct outcome *o, const char *vi, const char *en, ...)
{
	char text_vi[400], text_en[400];
	va_list args, again;
	va_start(args, en);
	va_copy(again, args);
	vsnprintf(text_vi, sizeof text_vi, vi, args);
	vsnprintf(text_en, sizeof text_en, en, again);
	va_end(again);
	va_end(args);
	json_array_append_new(o->reasons, json_pack("{s:s, s:s}", "vi", text_vi, "en", text_en));
}

/* Seconds as people say them: a late tenth shows. */
static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

static void judge_times(const struct drill *d, struct outcome *o)
{
	if (o->detect_ms > d->detect_within_ms)
		reason(o, "Phát hiện sau %.1f giây, yêu cầu trong %.0f giây",
		        "Noticed after %.1f s, wanted within %.0f s", seconds(o->detect_ms),
		        seconds(d->detect_within_ms));
	if (!json_array_size(d->contacts))
		return;
	if (!o->mailed_at)
		reason(o, "Không có thư nào đến người nhận của diễn tập", "No mail left for the drill's contacts");
	else if (o->mail_ms > d->mail_within_ms)
		reason(o, "Thư đi sau %.1f giây, yêu cầu trong %.0f giây", "Mailed after %.1f s, wanted within %.0f s",
		        seconds(o->mail_ms), seconds(d->mail_within_ms));
}

static void judge_cause(const struct drill *d, struct outcome *o)
{
	const struct cause_words *is = cause_words(cause_now(o->main)), *done = cause_words(d->cause);
	char text_vi[300], text_en[300];
	if (cause_now(o->main) == d->cause)
		return;
	snprintf(text_vi, sizeof text_vi, "Kết luận nguyên nhân là \"%s\" (%s), thực tế là \"%s\" (%s)", is->vi,
	        is->name, done->vi, done->name);
	snprintf(text_en, sizeof text_en, "The cause was taken for \"%s\" (%s), what was done is \"%s\" (%s)", is->en,
	        is->name, done->en, done->name);
	json_array_append_new(o->reasons, json_pack("{s:s, s:s}", "vi", text_vi, "en", text_en));
}

static void judge_strangers(struct outcome *o)
{
	char names[256] = "";
	size_t k;
	json_t *v;
	json_array_foreach(o->strangers, k, v)
	{
		size_t len = strlen(names);
		snprintf(names + len, sizeof names - len, "%s%s", k ? ", " : "", json_string_value(v));
	}
	if (names[0])
		reason(o, "Thư diễn tập đến cả người ngoài cuộc: %s", "The drill's mail went to others too: %s", names);
}

static void judge_all(const struct drill *d, struct outcome *o)
{
	if (!o->main) {
		reason(o, "Không có sự cố nào được ghi nhận trong giờ diễn tập",
		        "Nothing was noticed while the drill ran");
		return;
	}
	judge_times(d, o);
	judge_cause(d, o);
	if (o->count > 1)
		reason(o, "Một nguyên nhân mà thành %u sự cố", "One cause became %u incidents", o->count);
	if (incident_is_open(o->main))
		reason(o, "Hết giờ diễn tập vẫn chưa khôi phục", "Not restored when the drill's time was over");
	judge_strangers(o);
}

static json_t *time_json(int64_t ms)
{
	return ms ? json_integer(ms) : json_null();
}

static json_t *sheet_json(struct outcome *o)
{
	const struct incident *i = o->main;
	json_t *s = json_pack(
	        "{s:I, s:o, s:o}", "incidents", (json_int_t)o->count, "strangers", o->strangers, "reasons", o->reasons);
	json_object_set_new(s, "incident", i ? json_string(i->id) : json_null());
	json_object_set_new(s, "cause", i ? json_string(cause_words(i->first.cause)->name) : json_null());
	json_object_set_new(
	        s, "final_cause", i && i->final_known ? json_string(cause_words(i->final.cause)->name) : json_null());
	json_object_set_new(s, "confidence",
	        i ? json_string(confidence_name(i->final_known ? i->final.confidence : i->first.confidence))
	          : json_null());
	json_object_set_new(s, "opened_at", time_json(i ? i->opened_at : 0));
	json_object_set_new(s, "detected_at", time_json(o->detected_at));
	json_object_set_new(s, "mailed_at", time_json(o->mailed_at));
	json_object_set_new(s, "resolved_at", time_json(i ? i->resolved_at : 0));
	json_object_set_new(s, "detect_ms", o->detect_ms < 0 ? json_null() : json_integer(o->detect_ms));
	json_object_set_new(s, "mail_ms", o->mail_ms < 0 ? json_null() : json_integer(o->mail_ms));
	return s;
}

json_t *drill_sheet(const struct judge *j, const struct drill *d)
{
	struct outcome o = {.detect_ms = -1, .mail_ms = -1, .strangers = json_array(), .reasons = json_array()};
	pick_main(j, d, &o);
	read_mails(d, &o);
	if (o.main) {
		/* whoever cut before saying so is judged from the first evidence */
		bool said = d->began_at && d->began_at <= o.detected_at;
		int64_t base = said ? d->began_at : o.main->opened_at;
		o.detect_ms = o.detected_at - base;
		o.mail_ms = o.mailed_at ? o.mailed_at - base : -1;
	}
	judge_all(d, &o);
	return sheet_json(&o);
}
