/*
 * noise: a day of five healthy sites, journalled as agents tell it: 1 % of loss in bursts of four, 20 ms of jitter, seen from both ends of each line; a
 * clock that wanders; one server that restarts within maintenance. Nobody is accused of anything, and nobody would be mailed.
 */
#include "collector/judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/judge/life.h"
#include "common/batch.h"
#include "common/memory.h"
#include "tests/unit/collector/judge/line.h"

#define SITES 5
#define DAY_STEPS 8640
#define DAY INT64_C(1751414400000) /* 2025-07-02 */

struct box {
	char name[16];
	unsigned told; /* sets */
	uint64_t seq;
	uint8_t boot;
	struct line line;
};

struct world {
	struct judge judge;
	struct inventory *inv;
	struct batch_writer *writer;
	struct box nodes[SITES + 1]; /* the last one stands beside the collector */
	struct line outside[SITES];
	int64_t id;
};

static struct inventory *inventory(void)
{
	char path[] = "/tmp/sansang-noise-XXXXXX";
	struct inventory *inv = NULL;
	struct conf_errors errors = {0};
	FILE *f = fdopen(mkstemp(path), "w");
	fputs("province: { id: p, name: P, collector_node: core, trial_from: 2025-06-01, go_live: "
	      "2025-07-01T00:00:00+07:00 }\nunits:\n",
	        f);
	for (int k = 0; k <= SITES; k++)
		fprintf(f, "  - { id: u%d, name: U%d, kind: commune, from: 2025-01-01 }\n", k, k);
	fputs("sites:\n  - { id: h0, name: H0, role: core, units: [ { unit: u0 } ] }\n", f);
	for (int k = 1; k <= SITES; k++)
		fprintf(f,
		        "  - { id: h%d, name: H%d, role: service-centre, required: yes, units: [ { unit: u%d } ], "
		        "uplinks: [ { id: "
		        "l%d, kind: tslcd, carrier: VNPT, terminal: 10.1.%d.1 } ] }\n",
		        k, k, k, k, k);
	fputs("nodes:\n  - { id: core, site: h0, kind: server }\n", f);
	for (int k = 1; k <= SITES; k++)
		fprintf(f, "  - { id: n%d, site: h%d, kind: server }\n", k, k);
	fclose(f);
	inventory_load(path, "Asia/Ho_Chi_Minh", 0, &inv, &errors);
	conf_errors_print(&errors);
	conf_errors_free(&errors);
	unlink(path);
	return inv;
}

static void row(struct world *w, struct box *n, unsigned set, enum metric_class_id class_id, const char *instance,
        int64_t at, const int64_t *values)
{
	const struct metric_class *class = metric_class(class_id);
	if (!(n->told & 1u << set))
		batch_dict(w->writer, set, class->name, class->layout, instance);
	n->told |= 1u << set;
	batch_row(w->writer, set, at, values, class->count);
}

static void tell_line(struct world *w, struct box *n, unsigned set, enum metric_class_id class_id, const char *instance,
        int64_t at, struct line *l)
{
	struct line_step s = line_step(l, 0);
	int64_t values[METRIC_COLUMNS_MAX];
	for (unsigned k = 0; k < METRIC_COLUMNS_MAX; k++)
		values[k] = METRIC_UNKNOWN;
	values[LOOK_ECHOES] = s.echoes;
	values[LOOK_LOST] = s.lost;
	values[LOOK_BURSTS] = s.bursts;
	if (s.looked)
		row(w, n, set, CLASS_LOOK, instance, at, values);
	values[PATH_LOSS] = (int64_t)(s.loss_pct * 100);
	values[PATH_RTT] = isnan(s.rtt_ms) ? METRIC_UNKNOWN : (int64_t)(s.rtt_ms * 1000);
	values[PATH_RTT_MIN] = METRIC_UNKNOWN;
	row(w, n, set + 1, class_id, instance, at, values);
}

static void give(struct world *w, struct record *r, const struct box *n, int64_t at)
{
	r->id = ++w->id;
	r->at_ms = at;
	r->node = n->name;
	r->key = "";
	memset(r->boot, n->boot, sizeof r->boot);
	judge_record(&w->judge, r);
}

static void send_batch(struct world *w, struct box *n, int64_t at)
{
	struct buf body = {0};
	struct record r = {.kind = RECORD_BATCH, .epoch = 7, .seq = ++n->seq};
	batch_finish(w->writer, &body);
	r.body = body.data;
	r.body_len = body.len;
	give(w, &r, n, at);
	buf_free(&body);
}

static void say(struct world *w, const struct box *n, const char *state, int64_t at)
{
	char body[64];
	snprintf(body, sizeof body, "{\"state\": \"%s\"}", state);
	struct record r = {.kind = RECORD_AGENT, .body = (const uint8_t *)body, .body_len = strlen(body)};
	give(w, &r, n, at);
}

static void site_step(struct world *w, unsigned k, int64_t at)
{
	struct box *n = &w->nodes[k];
	int64_t values[METRIC_COLUMNS_MAX] = {0};
	/* told anew in each batch: looks come seldom */
	n->told = 0;
	values[AGENT_SKEW] = (int64_t)(chance(&n->line) * 200) - 100;
	row(w, n, 0, CLASS_AGENT, "", at, values);
	tell_line(w, n, 1, CLASS_UPLINK, "", at, &n->line);
	send_batch(w, n, at + 3500);
}

static void core_step(struct world *w, int64_t at)
{
	struct box *n = &w->nodes[SITES];
	char id[8];
	n->told = 0;
	for (unsigned k = 0; k < SITES; k++) {
		snprintf(id, sizeof id, "l%u", k + 1);
		tell_line(w, n, 2 * k, CLASS_PATH, id, at, &w->outside[k]);
	}
	send_batch(w, n, at + 3500);
}

static bool dict(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name, uint8_t *layout,
        const char **instance)
{
	(void)arg, (void)node, (void)epoch, (void)set, (void)class_name, (void)layout, (void)instance;
	return false;
}

static void maintain(struct world *w, int64_t from, int64_t until)
{
	char why[200];
	json_t *o = json_pack("{s:s, s:s, s:[s], s:I, s:I, s:s, s:s}", "id", "m1", "kind", "maintenance", "targets",
	        "node:n1", "from", (json_int_t)from, "until", (json_int_t)until, "by", "lan", "reason", "ram");
	assert_int_equal(excuse_put(&w->judge.excuses, w->inv, o, why, sizeof why), 0);
	json_decref(o);
}

static void begin(struct world *w)
{
	const struct judge_source source = {dict, w};
	w->inv = inventory();
	assert_non_null(w->inv);
	w->writer = batch_writer_new();
	judge_init(&w->judge, STEP_MS, &source);
	judge_set_inventory(&w->judge, w->inv);
	for (unsigned k = 0; k <= SITES; k++) {
		struct line l = line_of(70 + k, 0.01, 4), m = line_of(170 + k, 0.01, 4);
		snprintf(w->nodes[k].name, sizeof w->nodes[k].name, k < SITES ? "n%u" : "core", k + 1);
		w->nodes[k].boot = 1;
		w->nodes[k].line = l;
		if (k < SITES)
			w->outside[k] = m;
		say(w, &w->nodes[k], "connected", DAY);
	}
}

static void test_day(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	(void)state;
	begin(w);
	maintain(w, DAY + 3600000, DAY + 7200000);
	for (unsigned k = 1; k < DAY_STEPS; k++) {
		int64_t at = DAY + (int64_t)k * STEP_MS;
		bool resting = at >= DAY + 4000000 && at < DAY + 4180000;
		if (at == DAY + 4000000)
			say(w, &w->nodes[0], "closed", at);
		if (at == DAY + 4180000) {
			w->nodes[0].boot++;
			say(w, &w->nodes[0], "connected", at);
		}
		for (unsigned m = 0; m < SITES; m++)
			if (m || !resting)
				site_step(w, m, at);
		core_step(w, at);
		for (int64_t t = at + 3500; t < at + STEP_MS; t += 1000)
			judge_tick(&w->judge, t);
	}
	unsigned accused = 0;
	for (size_t k = 0; k < w->judge.incidents.count; k++) {
		const struct incident *i = w->judge.incidents.all[k];
		if (i->excused && i->node && !strcmp(i->node, "n1"))
			continue;
		print_error("there is: %s %s\n", i->id, cause_words(i->first.cause)->name);
		accused++;
	}
	assert_int_equal(accused, 0);
	assert_int_equal(w->judge.incidents.count, 1); /* the restart is recorded, and excused */
	assert_true(w->judge.rows > DAY_STEPS * SITES * 29 / 10);
	judge_free(&w->judge);
	batch_writer_free(w->writer);
	inventory_free(w->inv);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_day)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
