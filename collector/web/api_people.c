/* User reports, drills, lamps, slips and outages: core answers, as for the command line. */
#include <string.h>

#include "collector/web/api.h"
#include "collector/web/web.h"

#define NUMBER_MAX (INT64_C(1) << 43)

static void on_core_json(struct request *r, struct cursor *payload)
{
	request_answer_json(r, 0, payload_json(payload));
}

static json_t *act_of(const struct request *r, const char *name)
{
	return json_pack("{s:s, s:s, s:s}", "act", name, "session", r->token, "csrf", r->csrf);
}

/* Members are taken over by name: a body cannot name another act or session. */
static void forward_body(struct request *r, const char *act, const char *const *names)
{
	json_t *body = api_body(r);

	if (!body)
		return;
	json_t *o = act_of(r, act);
	for (; *names; names++)
		if (json_object_get(body, *names))
			json_object_set(o, *names, json_object_get(body, *names));
	json_decref(body);
	web_ask_core(r, o, on_core_json);
}

static void put_arg(const struct request *r, json_t *o, const char *name)
{
	const char *value = request_arg(r, name);
	json_t *text = value ? json_string(value) : NULL;

	if (text)
		json_object_set_new(o, name, text);
}

/* ---- user reports ---- */

void api_complaint(struct request *r)
{
	static const char *const names[] = {"place", "site", "words", "name", "at", NULL};

	forward_body(r, "complaint", names);
}

void api_complaints(struct request *r)
{
	const char *missed = request_arg(r, "missed");
	int64_t since;

	if (!request_int(r, "since", -1, 0, NUMBER_MAX, &since)) {
		request_error(r, 400, "since must be UTC milliseconds");
		return;
	}
	json_t *o = act_of(r, "complaints");
	json_object_set_new(o, "missed", json_boolean(missed && strcmp(missed, "0")));
	if (since >= 0)
		json_object_set_new(o, "since", json_integer(since));
	put_arg(r, o, "place");
	web_ask_core(r, o, on_core_json);
}

/* ---- drills ---- */

void api_drill_plan(struct request *r)
{
	static const char *const names[] = {
	        "targets", "cause", "words", "from", "until", "detect_within_ms", "mail_within_ms", "contacts", NULL};

	forward_body(r, "drill", names);
}

static void ask_of_drill(struct request *r, const char *act)
{
	json_t *o = act_of(r, act);

	json_object_set_new(o, "id", json_string(r->id));
	web_ask_core(r, o, on_core_json);
}

void api_drill_begin(struct request *r)
{
	ask_of_drill(r, "drill-begin");
}

void api_drill_cancel(struct request *r)
{
	ask_of_drill(r, "drill-cancel");
}

void api_drill(struct request *r)
{
	ask_of_drill(r, "drills");
}

void api_drills(struct request *r)
{
	json_t *o = act_of(r, "drills");

	put_arg(r, o, "target");
	put_arg(r, o, "state");
	web_ask_core(r, o, on_core_json);
}

/* ---- a place, a slip, a month ---- */

void api_lamps(struct request *r)
{
	json_t *o = act_of(r, "lamps");

	put_arg(r, o, "place");
	web_ask_core(r, o, on_core_json);
}

void api_slip(struct request *r)
{
	json_t *o = act_of(r, "slip");

	json_object_set_new(o, "incident", json_string(r->id));
	put_arg(r, o, "language");
	web_ask_core(r, o, on_core_json);
}

static void on_csv(struct request *r, struct cursor *payload)
{
	json_t *json = payload_json(payload);
	const char *csv = json_string_value(json_object_get(json, "csv"));

	if (!csv) {
		request_answer_json(r, 0, json);
		return;
	}
	request_header(r, "content-disposition", "attachment; filename=\"outages.csv\"");
	request_answer_text(r, 200, "text/csv; charset=utf-8", csv);
	json_decref(json);
}

void api_outages(struct request *r)
{
	const char *format = request_arg(r, "format");
	bool csv = format && !strcmp(format, "csv");
	json_t *o = act_of(r, "outages");

	put_arg(r, o, "month");
	put_arg(r, o, "carrier");
	put_arg(r, o, "language");
	json_object_set_new(o, "csv", json_boolean(csv));
	web_ask_core(r, o, csv ? on_csv : on_core_json);
}
