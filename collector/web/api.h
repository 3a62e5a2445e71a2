/*
 * api: the functions behind the routes; see API.md for what each answers.
 * Each answers its request exactly once, at once or later. The right was checked before.
 */
#ifndef SANSANG_WEB_API_H
#define SANSANG_WEB_API_H

#include "collector/web/request.h"

/* api_act.c: what people do; core decides and writes the audit log */
void api_login(struct request *r);
void api_logout(struct request *r);
void api_session(struct request *r);
void api_status(struct request *r);
void api_nodes(struct request *r);
void api_ask(struct request *r);

/* The body as a JSON object, or NULL with the request answered. New reference. */
json_t *api_body(struct request *r);

/* api_incident.c: what people do about incidents and what excuses them */
void api_ack(struct request *r);
void api_comment(struct request *r);
void api_close(struct request *r);
void api_merge(struct request *r);
void api_ticket(struct request *r);
void api_maintenance(struct request *r);
void api_maintenance_end(struct request *r);
void api_maintenance_list(struct request *r);
void api_planned_cuts(struct request *r);
void api_planned_cuts_list(struct request *r);

/* api_people.c: user reports, drills, the lamps of a place, slips, carriers' outages; core answers */
void api_complaint(struct request *r);
void api_complaints(struct request *r);
void api_drill_plan(struct request *r);
void api_drill_begin(struct request *r);
void api_drill_cancel(struct request *r);
void api_drills(struct request *r);
void api_drill(struct request *r);
void api_lamps(struct request *r);
void api_slip(struct request *r);
void api_outages(struct request *r);

/* api_view.c: what is so, from judge's tables and the inventory */
void api_province(struct request *r);
void api_map(struct request *r);
void api_units(struct request *r);
void api_unit(struct request *r);
void api_events(struct request *r);
void api_incidents(struct request *r);
void api_incident(struct request *r);
void api_find(struct request *r);
void api_live(struct request *r);

/* api_figures.c: pictures from render, rows from series */
void api_graph(struct request *r);
void api_series(struct request *r);

#endif
