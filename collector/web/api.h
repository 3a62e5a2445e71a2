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
void api_ack(struct request *r);
void api_status(struct request *r);
void api_nodes(struct request *r);
void api_ask(struct request *r);

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
