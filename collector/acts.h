/*
 * acts: requests of people to core, their rights and their answers. Core only; the list of them stands in core.h.
 *
 * A door (a channel of web, the Unix socket) makes an act of a request with acts_run(). It is refused, or its
 * function runs and answers once, then or later, with act_answer() or act_refuse(), after which it is gone.
 */
#ifndef SANSANG_ACTS_H
#define SANSANG_ACTS_H

#include <jansson.h>

#include "collector/users.h"

struct core;
struct act;

typedef void (*act_on_answer)(const json_t *answer, void *arg);

enum act_door { DOOR_WEB, DOOR_SOCKET, DOOR_TELL };

struct act {
	struct core *core;
	json_t *request;
	enum act_door door;
	char by[USER_NAME_SIZE + 16]; /* user, or "uid:N" */
	const char
	        *how; /* what the journal says of its door when that is not enough; NULL: the door's own word; static */
	enum user_role role;
	struct session_info session; /* of DOOR_WEB, when there is one */
	act_on_answer on_answer;
	void *arg;
	void *work; /* the function's own */
};

/* Takes `request`. `by` is the peer of a socket, NULL for web and tell. */
void acts_run(
        struct core *core, json_t *request, enum act_door door, const char *by, act_on_answer on_answer, void *arg);
/* Takes `answer` (NULL: an empty object) and the act. */
void act_answer(struct act *act, json_t *answer);
void act_refuse(struct act *act, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Takes `answer`, given when the act stands in the journal, which is the audit log; 503 when it cannot. */
void act_record(struct act *act, const char *name, const char *target, const char *text, json_t *answer);
/* ... with further members, which it takes; they cannot replace the ones above. */
void act_record_more(
        struct act *act, const char *name, const char *target, const char *text, json_t *more, json_t *answer);
/* What judge has made of the act with that id; NULL: not yet. New reference. */
typedef json_t *(*act_look)(struct act *act, const char *id);
/* Takes `body`, a RECORD_ACT; answers with what `look` gives, or when judge is behind {"id", "pending": true} (act_wait.c). */
void act_record_wait(struct act *act, json_t *body, const char *id, act_look look);
/* "pa-SITE-20250701-224005-3fa1": to be read on a phone, and no other's. */
void act_id_make(const char *prefix, const char *of, char *out, size_t size);
/* A member of the request as text; "" when missing or of another type. */
const char *act_text(const struct act *act, const char *name);
/* A member as a number, or `otherwise`. */
int64_t act_number(const struct act *act, const char *name, int64_t otherwise);

/* ---- functions of the table, by file ---- */
void act_login(struct act *act); /* act_people.c */
void act_session(struct act *act);
void act_logout(struct act *act);
void act_user_add(struct act *act);
void act_ack(struct act *act); /* act_incident.c */
void act_comment(struct act *act);
void act_close(struct act *act);
void act_merge(struct act *act);
void act_ticket(struct act *act);
void act_incident(struct act *act);
void act_maintenance(struct act *act); /* act_excuse.c */
void act_maintenance_end(struct act *act);
void act_maintenance_list(struct act *act);
void act_planned_cuts(struct act *act);
void act_planned_cuts_list(struct act *act);
void act_token(struct act *act); /* act_nodes.c */
void act_revoke(struct act *act);
void act_reload(struct act *act);
void act_ack_show(struct act *act); /* act_mail.c */
void act_ack_link(struct act *act);
void act_ack_reply(struct act *act);
void act_units(struct act *act); /* act_view.c */
void act_nodes(struct act *act);
void act_incidents(struct act *act);
void act_find(struct act *act);
void act_complaint(struct act *act); /* act_report.c */
void act_complaints(struct act *act);
void act_drill(struct act *act); /* act_drill.c */
void act_drill_begin(struct act *act);
void act_drill_cancel(struct act *act);
void act_drills(struct act *act);
void act_lamps(struct act *act); /* act_place.c */
void act_slip(struct act *act);
void act_outages(struct act *act);

#endif
