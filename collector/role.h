/*
 * role: what every process of the collector starts with.
 *
 * Each role is `int NAME_run(struct process *self, void *arg)` in NAME/main.c, where arg
 * is a `const struct collector_config *` (borrowed for the life of the process). Who is linked
 * with whom, see the table in collector/main.c:
 *   intake-core judge-core series-core tell-core web-core render-core
 *   render-series web-series web-render tell-render judge-web
 */
#ifndef SANSANG_ROLE_H
#define SANSANG_ROLE_H

#include "collector/config.h"
#include "common/process.h"

int core_run(struct process *self, void *arg);
int intake_run(struct process *self, void *arg);
int judge_run(struct process *self, void *arg);
int series_run(struct process *self, void *arg);
int render_run(struct process *self, void *arg);
int web_run(struct process *self, void *arg);
int tell_run(struct process *self, void *arg);

#endif
