/* A core without processes, with an inventory and judge's tables of a few incidents, for tests of acts on them. */
#ifndef SANSANG_TESTS_ACT_SCENE_H
#define SANSANG_TESTS_ACT_SCENE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/core.h"
#include "collector/coredb.h"
#include "collector/judge/store.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/unit/collector/inventory/province.h"

struct scene {
	struct core core;
	struct collector_config config;
	char dir[64], by[32];
	enum user_role role;
	json_t *answer;
	int answers;
};

/* An incident that is open with a check down, one that is open with nothing down, one that is over, one merged into the first. */
static inline void scene_incidents(struct scene *s)
{
	static const struct judge_source none;
	static const struct {
		const char *id;
		enum incident_state state;
	} rows[] = {{"down", INCIDENT_OPEN}, {"quiet", INCIDENT_OPEN}, {"over", INCIDENT_RESOLVED},
	        {"part", INCIDENT_MERGED}};
	struct judge j;
	struct store *store;
	char path[128], why[128];
	bool fresh;
	int64_t now = clock_wall_ms();
	snprintf(path, sizeof path, "%s/state.db", s->dir);
	assert_int_equal(store_open(&store, path), 0);
	judge_init(&j, 10000, &none);
	j.now = now;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		struct incident *i = incident_make(&j.incidents, rows[k].id, &fresh);
		i->kind = KIND_SERVICE;
		i->opened_at = now - 60000;
		i->state = rows[k].state;
		i->resolved_at = i->state == INCIDENT_RESOLVED ? now : 0;
		if (i->state == INCIDENT_MERGED)
			snprintf(i->merged_into, sizeof i->merged_into, "down");
	}
	struct judge_check *c = fleet_check_make(&j.fleet, fleet_node_make(&j.fleet, "mk-srv1"), KIND_SERVICE, "land");
	c->machine = (struct state_machine){.state = STATE_DOWN, .since = now - 60000, .at = now};
	c->step_ms = 10000;
	struct trouble *t = mem_alloc(sizeof *t);
	*t = (struct trouble){.check = c, .from = now - 60000, .primary = true, .incident = j.incidents.all[0]};
	j.troubles = mem_alloc(sizeof *j.troubles);
	j.troubles[j.trouble_count++] = t;
	j.troubles_dirty = true;
	json_t *o = json_pack("{s:s, s:s, s:[s], s:I, s:I}", "id", "m1", "kind", "maintenance", "targets", "site:mk-hq",
	        "from", (json_int_t)now, "until", (json_int_t)now + 3600000);
	assert_int_equal(excuse_put(&j.excuses, NULL, o, why, sizeof why), 0);
	json_object_set_new(o, "id", json_string("m0"));
	json_object_set_new(o, "from", json_integer(now - 7200000));
	json_object_set_new(o, "until", json_integer(now - 3600000));
	assert_int_equal(excuse_put(&j.excuses, NULL, o, why, sizeof why), 0);
	json_decref(o);
	assert_int_equal(store_commit(store, &j, 1), 0);
	store_close(store);
	judge_free(&j);
}

static inline int scene_set_up(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct journal_limits limits = {0};

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/act_scene.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->config.state_dir = s->dir;
	s->config.timezone = (char *)"Asia/Ho_Chi_Minh";
	s->core.config = &s->config;
	s->core.inventory = province_load(province_text);
	s->role = ROLE_ADMIN;
	strcpy(s->by, "uid:0");
	uv_loop_init(&s->core.loop);
	uv_check_init(&s->core.loop, &s->core.wake);
	s->core.wake.data = &s->core;
	assert_int_equal(journal_open(&s->core.journal, &s->core.loop, s->dir, &limits, NULL, NULL), 0);
	scene_incidents(s);
	s->core.view = view_open(&s->config);
	view_set_inventory(s->core.view, s->core.inventory);
	*state = s;
	return 0;
}

static inline int scene_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int scene_tear_down(void **state)
{
	struct scene *s = *state;

	s->core.stopping = true;
	journal_close(s->core.journal);
	uv_close((uv_handle_t *)&s->core.wake, NULL);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	view_close(s->core.view);
	inventory_free((struct inventory *)s->core.inventory);
	json_decref(s->answer);
	nftw(s->dir, scene_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static inline void scene_on_answer(const json_t *answer, void *arg)
{
	struct scene *s = arg;

	json_decref(s->answer);
	s->answer = json_incref((json_t *)answer);
	s->answers++;
}

/* Runs the act's function as someone of that role; takes the request. The status, 0 when it was done. */
static inline int scene_run(struct scene *s, void (*run)(struct act *act), enum user_role role, json_t *request)
{
	struct act *act = mem_alloc(sizeof(*act));
	int before = s->answers;

	assert_non_null(request);
	*act = (struct act){.core = &s->core,
	        .request = request,
	        .door = DOOR_WEB,
	        .role = role,
	        .on_answer = scene_on_answer,
	        .arg = s};
	snprintf(act->by, sizeof(act->by), "lan");
	run(act);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(s->answers, before + 1);
	return (int)json_integer_value(json_object_get(s->answer, "status"));
}

static inline const char *scene_answered(struct scene *s, const char *key)
{
	const char *text = json_string_value(json_object_get(s->answer, key));

	return text ? text : "";
}

/* The last act of the journal; new reference. *count (may be NULL): how many there are. */
static inline json_t *scene_audit(struct scene *s, int *count)
{
	struct follower *f;
	struct record r;
	json_t *last = NULL;
	int n = 0;

	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	while (follower_next(f, &r) == 1) {
		json_decref(last);
		last = json_loadb((const char *)r.body, r.body_len, 0, NULL);
		n++;
	}
	follower_close(f);
	if (count)
		*count = n;
	return last;
}

static inline int scene_audited(struct scene *s)
{
	int count;

	json_decref(scene_audit(s, &count));
	return count;
}

#endif
