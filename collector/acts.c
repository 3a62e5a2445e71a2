#include "collector/acts.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/memory.h"

enum need {
	NEED_NOTHING, /* whoever reaches the door */
	NEED_TELL,    /* the process that reads mail, and nobody else */
	NEED_SESSION,
	NEED_VIEWER,
	NEED_TECHNICIAN,
	NEED_ADMIN,
};

static const struct {
	const char *name;
	enum need need;
	bool changes; /* from web: with the session's CSRF token */
	void (*run)(struct act *act);
} table[] = {
        {"login", NEED_NOTHING, false, act_login},
        {"session", NEED_SESSION, false, act_session},
        {"logout", NEED_SESSION, false, act_logout},
        {"ack", NEED_TECHNICIAN, true, act_ack},
        {"comment", NEED_TECHNICIAN, true, act_comment},
        {"close", NEED_TECHNICIAN, true, act_close},
        {"merge", NEED_TECHNICIAN, true, act_merge},
        {"ticket", NEED_TECHNICIAN, true, act_ticket},
        {"maintenance", NEED_TECHNICIAN, true, act_maintenance},
        {"maintenance-end", NEED_TECHNICIAN, true, act_maintenance_end},
        {"maintenance-list", NEED_VIEWER, false, act_maintenance_list},
        {"planned-cuts", NEED_TECHNICIAN, true, act_planned_cuts},
        {"planned-cuts-list", NEED_VIEWER, false, act_planned_cuts_list},
        {"ack-show", NEED_NOTHING, false, act_ack_show}, /* these three: a signed mark is the right */
        {"ack-link", NEED_NOTHING, false, act_ack_link},
        {"ack-reply", NEED_TELL, false, act_ack_reply},
        {"token", NEED_ADMIN, true, act_token},
        {"revoke", NEED_ADMIN, true, act_revoke},
        {"user-add", NEED_ADMIN, true, act_user_add},
        {"reload", NEED_ADMIN, true, act_reload},
        {"ask", NEED_TECHNICIAN, true, core_act_ask},
        {"status", NEED_NOTHING, false, core_act_status}, /* figures only: web watches them itself */
        {"units", NEED_VIEWER, false, act_units},
        {"nodes", NEED_VIEWER, false, act_nodes},
        {"incidents", NEED_VIEWER, false, act_incidents},
        {"incident", NEED_VIEWER, false, act_incident},
        {"find", NEED_VIEWER, false, act_find},
        {"complaint", NEED_VIEWER, true, act_complaint}, /* whoever may look may say what does not work */
        {"complaints", NEED_VIEWER, false, act_complaints},
        {"drill", NEED_TECHNICIAN, true, act_drill},
        {"drill-begin", NEED_TECHNICIAN, true, act_drill_begin},
        {"drill-cancel", NEED_TECHNICIAN, true, act_drill_cancel},
        {"drills", NEED_VIEWER, false, act_drills},
        {"lamps", NEED_VIEWER, false, act_lamps},
        {"slip", NEED_VIEWER, false, act_slip},
        {"outages", NEED_VIEWER, false, act_outages},
        {"graph", NEED_VIEWER, false, core_act_graph},
};

static const enum user_role least_role[] = {
        [NEED_VIEWER] = ROLE_VIEWER,
        [NEED_TECHNICIAN] = ROLE_TECHNICIAN,
        [NEED_ADMIN] = ROLE_ADMIN,
};

/* ---- answers ---- */

void act_answer(struct act *act, json_t *answer)
{
	if (!answer)
		answer = json_object();
	act->on_answer(answer, act->arg);
	json_decref(answer);
	json_decref(act->request);
	OPENSSL_cleanse(act, sizeof(*act));
	free(act);
}

void act_refuse(struct act *act, int status, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_t *answer = json_pack("{s:s, s:i}", "error", text, "status", status);
	if (!answer) /* cut in the middle of a letter */
		answer = json_pack("{s:s, s:i}", "error", "refused", "status", status);
	act_answer(act, answer);
}

const char *act_text(const struct act *act, const char *name)
{
	const char *text = json_string_value(json_object_get(act->request, name));

	return text ? text : "";
}

int64_t act_number(const struct act *act, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(act->request, name);

	return json_is_number(value) ? (int64_t)json_number_value(value) : otherwise;
}

/* ---- rights ---- */

static bool csrf_is_good(const struct act *act)
{
	const char *given = act_text(act, "csrf");

	return strlen(given) == strlen(act->session.csrf) && *given &&
	       !CRYPTO_memcmp(given, act->session.csrf, strlen(given));
}

/* 0, or the HTTP status of the refusal. */
static int judge(struct act *act, enum need need, bool changes, const char **why)
{
	if ((act->door == DOOR_TELL) != (need == NEED_TELL)) {
		*why = "not through this door";
		return 403;
	}
	if (need == NEED_NOTHING || need == NEED_TELL)
		return 0;
	if (act->door == DOOR_WEB) {
		if (!session_get(act->core->db, act_text(act, "session"), clock_wall_ms(), &act->session)) {
			*why = "no session: log in";
			return 401;
		}
		act->role = act->session.role;
		snprintf(act->by, sizeof(act->by), "%s", act->session.user);
	} else if (need == NEED_SESSION) {
		*why = "this door knows no sessions";
		return 400;
	}
	if (changes && act->door == DOOR_WEB && !csrf_is_good(act)) {
		*why = "the CSRF token is missing or not the session's";
		return 403;
	}
	if (need > NEED_SESSION && act->role < least_role[need]) {
		*why = "your role does not allow this";
		return 403;
	}
	return 0;
}

static void on_recorded(int status, int64_t id, void *arg)
{
	struct act *act = arg;
	json_t *answer = act->work;

	(void)id;
	act->work = NULL;
	if (!status) {
		act_answer(act, answer);
		return;
	}
	json_decref(answer);
	act_refuse(act, 503, "the act cannot be recorded: %s", strerror(-status));
}

static const char *const door_names[] = {[DOOR_WEB] = "web", [DOOR_SOCKET] = "socket", [DOOR_TELL] = "tell"};

void act_record_more(
        struct act *act, const char *name, const char *target, const char *text, json_t *more, json_t *answer)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "act", name, "by", act->by, "target", target, "text",
	        text, "door", act->how ? act->how : door_names[act->door]);

	act->work = answer;
	if (more)
		json_object_update_missing(body, more);
	json_decref(more);
	core_journal_act(act->core, body, on_recorded, act);
}

void act_record(struct act *act, const char *name, const char *target, const char *text, json_t *answer)
{
	act_record_more(act, name, target, text, NULL, answer);
}

void acts_run(
        struct core *core, json_t *request, enum act_door door, const char *by, act_on_answer on_answer, void *arg)
{
	struct act *act = mem_alloc(sizeof(*act));
	const char *why = "";

	act->core = core;
	act->request = request;
	act->door = door;
	act->role = door == DOOR_SOCKET ? ROLE_ADMIN : ROLE_NONE;
	act->on_answer = on_answer;
	act->arg = arg;
	snprintf(act->by, sizeof(act->by), "%s", by ? by : "");
	if (!json_is_object(request)) {
		act_refuse(act, 400, "a request is one JSON object");
		return;
	}
	const char *name = act_text(act, "act");
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(table[i].name, name))
			continue;
		int refused = judge(act, table[i].need, table[i].changes, &why);
		if (refused)
			act_refuse(act, refused, "%s", why);
		else
			table[i].run(act);
		return;
	}
	act_refuse(act, 404, "there is no act \"%.40s\"", name);
}
