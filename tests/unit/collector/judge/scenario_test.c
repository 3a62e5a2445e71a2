/*
 * Runs every tests/scenario/NAME.scn: a day of journal records told in plain text against judge and its store.
 *
 *   inventory FILE              of tests/scenario
 *   day 2025-07-02              times below are UTC of that day; 1+ after a time is the day after
 *   at T WHAT                   or: every STEP from T to T [sent T] WHAT
 * WHAT:
 *   agent NODE connected|silent|closed|heard [tcp VERDICT]    as common/stall.h calls it
 *   agent NODE configured VERSION | agent NODE lossy UP DOWN (segments that TCP lost since the connection began)
 *   row NODE CLASS SUBJECT VALUES [sampled T]      svc: up | down REASON [connected]; uplink, path: loss N [rtt N]; if: carrier N; host: disk N;
 *                                                  gear: up | down; other classes: COLUMN N as in common/metric.c
 *   event NODE KIND TEXT
 *   unsure ...                  as row, of a boot that could not be verified, at its own word
 *   hint NODE CLASS INSTANCE up|down REASON
 *   reboot NODE | restart (judge ends in order and begins again) | ack INCIDENT
 *   crash (judge is killed: what it read since its last commit is read again)
 *   expect incident ID STATE [cause C] [final C] [confidence C] [severity S] [opened T] [resolved T]
 *          [now C] [sure CONFIDENCE] (the verdict in force) [runner-up C]
 *   expect fact ID FACT yes|no|unknown [rank afar|site|hindsight] | expect disputed ID FACT|none | expect ruled-out ID CAUSE FACT|any
 *   expect why ID WORDS (part of the English sentence on why the final cause replaced the first) | expect rejudged SITE T|never (from when on its minutes are others)
 *   expect affects ID TARGET | expect open N | expect all N (merged ones left out) | expect state NODE CLASS INSTANCE STATE
 *   expect evidence ID WORDS (part of one of its English sentences) | expect events NODE N | expect config NODE VERSION
 *   expect minutes NODE CLASS INSTANCE T T UP DOWN UNOBSERVED | expect conclusions N
 *   expect minutes may name the excused ones last
 * Of many sites see scenario_many.h; of what people do and what becomes of incidents scenario_life.h; of user reports and drills scenario_people.h.
 * Every second between is a tick; what happened in a second is committed at its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "collector/judge/availability.h"
#include "collector/judge/judge.h"
#include "collector/judge/slip.h"
#include "collector/judge/store.h"
#include "common/batch.h"
#include "common/memory.h"
#include "tests/unit/collector/judge/scenario_many.h"

#define EVENTS_MAX 60000
#define SETS_MAX 256
#define NODES_MAX 128
#define WORDS_MAX 24

struct event {
	int64_t at, sampled;
	unsigned order, line;
	char *text;
};

struct source_node {
	char name[64];
	struct {
		char class_name[16], instance[64];
		bool told;
	} sets[SETS_MAX];
	unsigned count;
	uint64_t seq;
	uint8_t boot;
};

struct play {
	struct judge judge;
	struct store *store;
	struct inventory *inv;
	char folder[64], db[96];
	const char *file;
	int64_t day, now, cursor, read, concluded;
	unsigned conclusions, line;
	char keys[4096][160];
	struct source_node nodes[NODES_MAX];
	unsigned node_count;
	struct batch_writer *writer;
	struct source_node *writing;
	bool unsure;
	struct event *events;
	size_t event_count;
	struct record *since; /* copies of what was read since the last commit */
	size_t since_count;
};

#define CHECK(p, cond, ...)                                                                                            \
	do {                                                                                                           \
		if (!(cond)) {                                                                                         \
			print_error("%s:%u: ", (p)->file, (p)->line);                                                  \
			print_error(__VA_ARGS__);                                                                      \
			print_error("\n");                                                                             \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

static struct source_node *source(struct play *p, const char *name)
{
	for (unsigned k = 0; k < p->node_count; k++)
		if (!strcmp(p->nodes[k].name, name))
			return &p->nodes[k];
	assert_true(p->node_count < NODES_MAX);
	struct source_node *n = &p->nodes[p->node_count++];
	snprintf(n->name, sizeof n->name, "%s", name);
	n->boot = 1;
	return n;
}

static bool dict(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name, uint8_t *layout,
        const char **instance)
{
	struct source_node *n = source(arg, node);
	(void)epoch;
	if (set >= n->count)
		return false;
	*class_name = n->sets[set].class_name;
	*instance = n->sets[set].instance;
	*layout = 1;
	return true;
}

static int64_t time_of(const struct play *p, const char *word)
{
	unsigned days = 0, h = 0, m = 0, s = 0;
	const char *plus = strchr(word, '+');
	if (plus)
		days = (unsigned)atoi(word);
	CHECK(p, sscanf(plus ? plus + 1 : word, "%u:%u:%u", &h, &m, &s) >= 2, "not a time: %s", word);
	return p->day + (int64_t)days * 86400000 + ((int64_t)h * 3600 + m * 60 + s) * 1000;
}

static void begin(struct play *p)
{
	const struct judge_source from = {dict, p};
	judge_init(&p->judge, 10000, &from);
	assert_int_equal(store_open(&p->store, p->db), 0);
	assert_int_equal(store_load(p->store, &p->judge, &p->cursor), 0);
	judge_set_inventory(&p->judge, p->inv);
}

static void end(struct play *p)
{
	judge_free(&p->judge);
	store_close(p->store);
}

static void since_clear(struct play *p)
{
	for (size_t k = 0; k < p->since_count; k++)
		free((void *)p->since[k].body);
	p->since_count = 0;
}

static void since_add(struct play *p, const struct record *r)
{
	uint8_t *body = mem_alloc(r->body_len + 1);
	memcpy(body, r->body, r->body_len);
	p->since = mem_grow(p->since, p->since_count + 1, sizeof *p->since);
	p->since[p->since_count] = *r;
	p->since[p->since_count].node = r->node[0] ? source(p, r->node)->name : "";
	p->since[p->since_count++].body = body;
}

static void commit(struct play *p)
{
	char key[160], *body;
	assert_int_equal(store_commit(p->store, &p->judge, p->cursor), 0);
	since_clear(p);
	while ((body = store_conclusion(p->store, &p->concluded, key, sizeof key))) {
		for (unsigned k = 0; k < p->conclusions; k++)
			CHECK(p, strcmp(p->keys[k], key), "concluded twice: %s", key);
		snprintf(p->keys[p->conclusions++ % 4096], sizeof p->keys[0], "%s", key);
		free(body);
	}
}

static void give(struct play *p, struct record *r)
{
	r->id = p->read = ++p->cursor;
	r->at_ms = p->now;
	since_add(p, r);
	judge_record(&p->judge, r);
}

static void flush(struct play *p)
{
	struct buf body = {0};
	if (!p->writing)
		return;
	batch_finish(p->writer, &body);
	struct record r = {.kind = RECORD_BATCH,
	        .node = p->writing->name,
	        .epoch = 7,
	        .seq = ++p->writing->seq,
	        .offset_ms = 0,
	        .key = "",
	        .body = body.data,
	        .body_len = body.len,
	        .flags = p->unsure ? RECORD_UNCERTAIN : 0};
	memset(r.boot, p->writing->boot, sizeof r.boot);
	p->writing = NULL;
	give(p, &r);
	buf_free(&body);
}

/* "on_battery 1": a column by its name. */
static bool column_of(const struct metric_class *class, const char *name, const char *number, int64_t *v)
{
	for (unsigned k = 0; k < class->count; k++) {
		if (strcmp(class->metrics[k].name, name) || !strchr("-0123456789", number[0]))
			continue;
		v[k] = metric_scaled(&class->metrics[k], atof(number));
		return true;
	}
	return false;
}

static void values_of(struct play *p, const char *class_name, char **w, unsigned count, int64_t *v)
{
	const struct metric_class *class = metric_class_named(class_name);
	for (unsigned k = 0; k < class->count; k++)
		v[k] = METRIC_UNKNOWN;
	for (unsigned k = 0; k < count; k++) {
		if (k + 1 < count && column_of(class, w[k], w[k + 1], v))
			k++;
		else if (!strcmp(w[k], "up") || !strcmp(w[k], "down"))
			v[SVC_UP] = !strcmp(w[k], "up");
		else if (!strcmp(w[k], "connected"))
			v[SVC_CONNECT] = 1500;
		else if (!strcmp(w[k], "loss"))
			v[PATH_LOSS] = atoi(w[++k]) * 100;
		else if (!strcmp(w[k], "rtt"))
			v[PATH_RTT] = atoi(w[++k]) * 1000;
		else if (!strcmp(w[k], "carrier"))
			v[IF_CARRIER] = atoi(w[++k]);
		else if (!strcmp(w[k], "disk"))
			v[HOST_DISK_USED] = atoi(w[++k]) * 100;
		else
			for (int r = 0; r < REASON_COUNT; r++)
				if (!strcmp(reason_name(r), w[k]))
					v[SVC_REASON] = r;
	}
	if (class->id == CLASS_SERVICE && v[SVC_UP] == 1)
		v[SVC_CONNECT] = 1500, v[SVC_REASON] = 0;
	CHECK(p, class->id != CLASS_SERVICE || v[SVC_REASON] != METRIC_UNKNOWN,
	        "a row of svc needs up, or down with a reason");
}

static void do_row(struct play *p, const struct event *e, char **w, unsigned count, bool unsure)
{
	int64_t v[METRIC_COLUMNS_MAX];
	struct source_node *n = source(p, w[0]);
	const struct metric_class *class = metric_class_named(w[1]);
	const char *instance = !strcmp(w[2], "-") ? "" : w[2];
	unsigned set = 0;
	CHECK(p, class, "no such class: %s", w[1]);
	if (p->writing != n || p->unsure != unsure)
		flush(p);
	p->writing = n;
	p->unsure = unsure;
	while (set < n->count && (strcmp(n->sets[set].class_name, w[1]) || strcmp(n->sets[set].instance, instance)))
		set++;
	if (set == n->count) {
		assert_true(++n->count < SETS_MAX);
		CHECK(p, metric_subject_valid(instance), "not a subject: %s", instance);
		snprintf(n->sets[set].class_name, 16, "%s", w[1]);
		snprintf(n->sets[set].instance, 64, "%s", instance);
		batch_dict(p->writer, set, w[1], 1, instance);
	}
	values_of(p, w[1], w + 3, count - 3, v);
	batch_row(p->writer, set, e->sampled, v, class->count);
}

static void do_agent(struct play *p, char **w, unsigned count)
{
	char body[160];
	bool configured = !strcmp(w[1], "configured"), tcp = count > 3 && !strcmp(w[2], "tcp");
	snprintf(body, sizeof body, "{\"state\": \"%s\", \"software\": \"test\"%s%s%s}", w[1],
	        configured ? ", \"config_version\": \""
	        : tcp      ? ", \"tcp\": {\"verdict\": \""
	                   : "",
	        configured ? w[2]
	        : tcp      ? w[3]
	                   : "",
	        configured ? "\""
	        : tcp      ? "\"}"
	                   : "");
	if (!strcmp(w[1], "lossy") && count > 3)
		snprintf(body, sizeof body, "{\"state\": \"lossy\", \"lost_up\": %d, \"lost_down\": %d}", atoi(w[2]),
		        atoi(w[3]));
	struct record r = {
	        .kind = RECORD_AGENT, .node = w[0], .key = "", .body = (const uint8_t *)body, .body_len = strlen(body)};
	give(p, &r);
}

/* The text is what stands behind the kind, word for word. */
static void do_event(struct play *p, const struct event *e, char **w)
{
	struct source_node *n = source(p, w[0]);
	const char *text = strstr(e->text, w[1]) + strlen(w[1]);
	if (p->writing != n || p->unsure)
		flush(p);
	p->writing = n;
	p->unsure = false;
	batch_event(p->writer, e->sampled, w[1], text + strspn(text, " "));
}

static void do_ack(struct play *p, const char *id)
{
	char body[300];
	snprintf(body, sizeof body, "{\"act\": \"ack\", \"by\": \"lan\", \"target\": \"%s\", \"text\": \"ok\"}", id);
	struct record r = {
	        .kind = RECORD_ACT, .node = "", .key = "", .body = (const uint8_t *)body, .body_len = strlen(body)};
	give(p, &r);
}

static enum check_kind kind_named(const char *name)
{
	for (int k = 0; k < KIND_COUNT; k++)
		if (!strcmp(check_kind_name(k), name))
			return (enum check_kind)k;
	return KIND_COUNT;
}

static struct judge_check *check_named(struct play *p, char **w)
{
	struct judge_node *n = fleet_node(&p->judge.fleet, w[0]);
	struct judge_check *c = n ? fleet_check(n, kind_named(w[1]), !strcmp(w[2], "-") ? "" : w[2]) : NULL;
	CHECK(p, c, "no such check: %s %s %s", w[0], w[1], w[2]);
	return c;
}

static void expect_incident(struct play *p, char **w, unsigned count)
{
	struct incident *i = incident_find(&p->judge.incidents, w[0]);
	if (!i)
		for (size_t k = 0; k < p->judge.incidents.count; k++)
			print_error("there is: %s %s\n", p->judge.incidents.all[k]->id,
			        incident_state_name(p->judge.incidents.all[k]->state));
	CHECK(p, i, "no incident %s", w[0]);
	CHECK(p, !strcmp(incident_state_name(i->state), w[1]), "%s is %s, not %s", i->id, incident_state_name(i->state),
	        w[1]);
	for (unsigned k = 2; k + 1 < count; k += 2) {
		const char *is = "?";
		char number[32] = "", wanted[32] = "";
		if (!strcmp(w[k], "cause"))
			is = cause_words(i->first.cause)->name;
		else if (!strcmp(w[k], "final"))
			is = i->final_known ? cause_words(i->final.cause)->name : "none";
		else if (!strcmp(w[k], "confidence"))
			is = confidence_name(i->final_known ? i->final.confidence : i->first.confidence);
		else if (!strcmp(w[k], "now"))
			is = cause_words(i->finding.verdict.cause)->name;
		else if (!strcmp(w[k], "sure"))
			is = confidence_name(i->finding.verdict.confidence);
		else if (!strcmp(w[k], "runner-up"))
			is = cause_words(i->finding.runner_up)->name;
		else if (!strcmp(w[k], "severity"))
			is = incident_alarms(i) ? "alarm" : "warning";
		else if (!strcmp(w[k], "responsible"))
			is = i->responsible;
		else if (!strcmp(w[k], "merged"))
			is = i->merged_into;
		else if (!strcmp(w[k], "opened") || !strcmp(w[k], "resolved")) {
			snprintf(number, sizeof number, "%lld",
			        (long long)(w[k][0] == 'o' ? i->opened_at : i->resolved_at) / 1000);
			snprintf(wanted, sizeof wanted, "%lld", (long long)time_of(p, w[k + 1]) / 1000);
			is = number;
		}
		CHECK(p, !strcmp(is, wanted[0] ? wanted : w[k + 1]), "%s of %s is %s, not %s", w[k], i->id, is,
		        w[k + 1]);
	}
}

static void expect_fact(struct play *p, char **w, unsigned count)
{
	static const char *const answers[] = {"unknown", "no", "yes"}, *const ranks[] = {
	                                                                       "none", "afar", "site", "hindsight"};
	struct incident *i = incident_find(&p->judge.incidents, w[0]);
	enum fact f = fact_named(w[1]);
	CHECK(p, i && f < FACT_COUNT, "no incident %s or no fact %s", w[0], w[1]);
	const struct fact_answer *is = &i->facts.is[f];
	CHECK(p, !strcmp(answers[is->answer], w[2]), "%s of %s is %s (by %s), not %s", w[1], w[0], answers[is->answer],
	        is->who, w[2]);
	CHECK(p, count < 5 || !strcmp(ranks[is->rank], w[4]), "%s of %s is of rank %s", w[1], w[0], ranks[is->rank]);
}

static void expect_ruled_out(struct play *p, char **w)
{
	struct incident *i = incident_find(&p->judge.incidents, w[0]);
	CHECK(p, i, "no incident %s", w[0]);
	for (unsigned k = 0; k < i->finding.ruled_out_count; k++)
		if (i->finding.ruled_out[k].cause == cause_named(w[1]) &&
		        (!strcmp(w[2], "any") || i->finding.ruled_out[k].by == fact_named(w[2])))
			return;
	for (unsigned k = 0; k < i->finding.ruled_out_count; k++)
		print_error("ruled out: %s by %s\n", cause_words(i->finding.ruled_out[k].cause)->name,
		        fact_name(i->finding.ruled_out[k].by));
	CHECK(p, false, "%s of %s is not ruled out by %s", w[1], w[0], w[2]);
}

static void expect_disputed(struct play *p, char **w)
{
	struct incident *i = incident_find(&p->judge.incidents, w[0]);
	CHECK(p, i, "no incident %s", w[0]);
	CHECK(p, !strcmp(fact_name(i->finding.disputed), w[1]), "disputed of %s is %s", w[0],
	        fact_name(i->finding.disputed));
}

static void expect_why(struct play *p, const char *id, const char *words)
{
	struct incident *i = incident_find(&p->judge.incidents, id);
	CHECK(p, i, "no incident %s", id);
	CHECK(p, i->why_final_en && strstr(i->why_final_en, words), "why of %s is: %s", id,
	        i->why_final_en ? i->why_final_en : "nothing");
}

static void expect_rejudged(struct play *p, char **w)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT since FROM rejudged WHERE site = ?1", -1, &st, NULL);
	sqlite3_bind_text(st, 1, w[0], -1, SQLITE_STATIC);
	int64_t since = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	sqlite3_close(db);
	int64_t wanted = strcmp(w[1], "never") ? time_of(p, w[1]) : 0;
	/* rows end with their step */
	CHECK(p, llabs(since - wanted) < 15000, "%s is judged anew from %lld on, not %lld", w[0], (long long)since,
	        (long long)wanted);
}

static void expect_affects(struct play *p, char **w)
{
	struct incident *i = incident_find(&p->judge.incidents, w[0]);
	size_t index;
	json_t *value;
	CHECK(p, i, "no incident %s", w[0]);
	json_array_foreach(i->affects, index, value) if (!strcmp(json_string_value(value), w[1])) return;
	CHECK(p, false, "%s does not affect %s", w[0], w[1]);
}

static void expect_evidence(struct play *p, const char *id, const char *words)
{
	struct incident *i = incident_find(&p->judge.incidents, id);
	size_t index;
	json_t *row;
	CHECK(p, i, "no incident %s", id);
	json_array_foreach(
	        i->evidence, index, row) if (strstr(json_string_value(json_object_get(row, "en")), words)) return;
	json_array_foreach(i->evidence, index, row)
	        print_error("there is: %s\n", json_string_value(json_object_get(row, "en")));
	CHECK(p, false, "%s has no evidence that says: %s", id, words);
}

static void expect_events(struct play *p, char **w)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	struct judge_node *n = fleet_node(&p->judge.fleet, w[0]);
	CHECK(p, n, "no node %s", w[0]);
	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT count(*) FROM event WHERE node = ?1", -1, &st, NULL);
	sqlite3_bind_int64(st, 1, n->id);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int count = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	CHECK(p, count == atoi(w[1]), "%s has %d events, not %s", w[0], count, w[1]);
}

#include "tests/unit/collector/judge/scenario_life.h"
#include "tests/unit/collector/judge/scenario_people.h"

/* Behind unobserved the excused ones may stand. */
static void expect_minutes(struct play *p, char **w, unsigned count_w)
{
	struct excused excused[32];
	struct judge_check *c = check_named(p, w);
	struct interval intervals[1000];
	size_t count = 0;
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	sqlite3_prepare_v2(
	        db, "SELECT start, stop, state FROM interval WHERE check_id = ?1 ORDER BY start", -1, &st, NULL);
	sqlite3_bind_int64(st, 1, c->id);
	while (sqlite3_step(st) == SQLITE_ROW && count < 999)
		intervals[count++] = (struct interval){
		        sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), (uint8_t)sqlite3_column_int(st, 2)};
	sqlite3_finalize(st);
	sqlite3_close(db);
	if (c->machine.state != STATE_UNOBSERVED)
		intervals[count++] = (struct interval){c->machine.since, c->machine.at + c->step_ms, c->machine.state};
	const struct check_history h = {intervals, count, excused, life_excused(p, c, excused, 32)};
	struct minutes m = minutes_count(&h, time_of(p, w[3]), time_of(p, w[4]));
	CHECK(p, m.up == atoi(w[5]) && m.down == atoi(w[6]) && m.unobserved == atoi(w[7]),
	        "minutes are %d %d %d, not %s %s %s", (int)m.up, (int)m.down, (int)m.unobserved, w[5], w[6], w[7]);
	CHECK(p, m.excused == (count_w > 8 ? atoi(w[8]) : 0), "%d minutes are excused", (int)m.excused);
}

static void expect_count(struct play *p, const char *what, int wanted)
{
	int open = 0, all = 0;
	for (size_t k = 0; k < p->judge.incidents.count; k++) {
		open += incident_is_open(p->judge.incidents.all[k]);
		all += p->judge.incidents.all[k]->state != INCIDENT_MERGED;
	}
	int is = !strcmp(what, "open") ? open : !strcmp(what, "all") ? all : (int)p->conclusions;
	if (is != wanted)
		for (size_t k = 0; k < p->judge.incidents.count; k++)
			print_error("there is: %s %s\n", p->judge.incidents.all[k]->id,
			        incident_state_name(p->judge.incidents.all[k]->state));
	CHECK(p, is == wanted, "%s are %d, not %d", what, is, wanted);
}

/* Who is named by anything that was concluded, or that stands. */
static void expect_blamed(struct play *p, char **w, unsigned count)
{
	struct many_names *is = mem_alloc(sizeof *is), *wanted = mem_alloc(sizeof *wanted);
	for (size_t k = 0; k < p->judge.incidents.count; k++) {
		const struct incident *i = p->judge.incidents.all[k];
		if (i->changes || i->state != INCIDENT_MERGED)
			many_blame(p->inv, i, is);
	}
	for (unsigned k = 0; k < count; k++)
		if (strcmp(w[k], "none"))
			many_names(wanted, w[k]);
	CHECK(p, many_same(is, wanted), "others are blamed than should be");
	free(is);
	free(wanted);
}

static void expect_sites(struct play *p, char **w, unsigned count)
{
	struct many_names *is = mem_alloc(sizeof *is), *wanted = mem_alloc(sizeof *wanted);
	const struct incident *i = incident_find(&p->judge.incidents, w[0]);
	size_t index;
	json_t *value;
	CHECK(p, i, "no incident %s", w[0]);
	json_array_foreach(i->sites, index, value) many_add(is, json_string_value(value));
	for (unsigned k = 1; k < count; k++)
		many_names(wanted, w[k]);
	CHECK(p, many_same(is, wanted), "the sites of %s are others", w[0]);
	free(is);
	free(wanted);
}

static void do_expect(struct play *p, const struct event *e, char **w, unsigned count)
{
	commit(p);
	if (!strcmp(w[0], "incident"))
		expect_incident(p, w + 1, count - 1);
	else if (!strcmp(w[0], "fact"))
		expect_fact(p, w + 1, count - 1);
	else if (!strcmp(w[0], "ruled-out"))
		expect_ruled_out(p, w + 1);
	else if (!strcmp(w[0], "disputed"))
		expect_disputed(p, w + 1);
	else if (!strcmp(w[0], "rejudged"))
		expect_rejudged(p, w + 1);
	else if (!strcmp(w[0], "why"))
		expect_why(p, w[1], strstr(e->text, w[1]) + strlen(w[1]) + 1);
	else if (!strcmp(w[0], "affects"))
		expect_affects(p, w + 1);
	else if (!strcmp(w[0], "minutes"))
		expect_minutes(p, w + 1, count - 1);
	else if (life_expect(p, w, count))
		return;
	else if (people_expect(p, e, w, count))
		return;
	else if (!strcmp(w[0], "blamed"))
		expect_blamed(p, w + 1, count - 1);
	else if (!strcmp(w[0], "sites"))
		expect_sites(p, w + 1, count - 1);
	else if (!strcmp(w[0], "evidence"))
		expect_evidence(p, w[1], strstr(e->text, w[1]) + strlen(w[1]) + 1);
	else if (!strcmp(w[0], "events"))
		expect_events(p, w + 1);
	else if (!strcmp(w[0], "config"))
		CHECK(p, !strcmp(fleet_node(&p->judge.fleet, w[1])->config_version, w[2]), "configured with %s, not %s",
		        fleet_node(&p->judge.fleet, w[1])->config_version, w[2]);
	else if (!strcmp(w[0], "cut"))
		CHECK(p, (p->judge.cut != NULL) == !strcmp(w[1], "yes"), "cut is not %s", w[1]);
	else if (!strcmp(w[0], "state")) {
		enum state is = check_state_now(check_named(p, w + 1), p->now, NULL);
		CHECK(p, !strcmp(state_name(is), w[4]), "state is %s, not %s", state_name(is), w[4]);
	} else
		expect_count(p, w[0], atoi(w[1]));
}

static void perform(struct play *p, const struct event *e)
{
	char text[400], *w[WORDS_MAX], *save = NULL;
	unsigned count = 0;
	snprintf(text, sizeof text, "%s", e->text);
	for (char *t = strtok_r(text, " \t", &save); t && count < WORDS_MAX; t = strtok_r(NULL, " \t", &save))
		w[count++] = t;
	p->line = e->line;
	if (strcmp(w[0], "row") && strcmp(w[0], "unsure") && strcmp(w[0], "event"))
		flush(p);
	if (!strcmp(w[0], "row") || !strcmp(w[0], "unsure"))
		do_row(p, e, w + 1, count - 1, w[0][0] == 'u');
	else if (!strcmp(w[0], "event"))
		do_event(p, e, w + 1);
	else if (!strcmp(w[0], "agent"))
		do_agent(p, w + 1, count - 1);
	else if (!strcmp(w[0], "hint")) {
		int reason = 0;
		for (int r = 0; count > 5 && r < REASON_COUNT; r++)
			if (!strcmp(reason_name(r), w[5]))
				reason = r;
		judge_hint(&p->judge, w[1], w[2], !strcmp(w[3], "-") ? "" : w[3], !strcmp(w[4], "up"), reason, p->now);
	} else if (!strcmp(w[0], "reboot"))
		source(p, w[1])->boot++;
	else if (!strcmp(w[0], "restart")) {
		commit(p);
		end(p);
		begin(p);
		judge_resume(&p->judge, p->now);
	} else if (!strcmp(w[0], "crash")) {
		end(p);
		begin(p);
		assert_int_equal(p->cursor + (int64_t)p->since_count, p->read);
		for (size_t k = 0; k < p->since_count; k++)
			judge_record(&p->judge, &p->since[k]);
		p->cursor = p->read;
		judge_tick(&p->judge, p->now);
		judge_resume(&p->judge, p->now);
	} else if (!strcmp(w[0], "ack"))
		do_ack(p, w[1]);
	else if (life_perform(p, e, w, count) || people_perform(p, e, w, count))
		return;
	else if (!strcmp(w[0], "expect"))
		do_expect(p, e, w + 1, count - 1);
	else
		CHECK(p, false, "not understood: %s", e->text);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* what is expected of a second is looked at when all of it happened */
	bool ex = !strncmp(x->text, "expect", 6), ey = !strncmp(y->text, "expect", 6);
	if (ex != ey)
		return ex ? 1 : -1;
	if (x->sampled != y->sampled && !ex)
		return x->sampled < y->sampled ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void add(struct play *p, int64_t at, int64_t sampled, const char *text)
{
	assert_true(p->event_count < EVENTS_MAX);
	p->events[p->event_count] = (struct event){.at = at,
	        .sampled = sampled,
	        .order = (unsigned)p->event_count,
	        .line = p->line,
	        .text = mem_str(text)};
	p->event_count++;
}

static void read_line(void *arg, char *line)
{
	struct play *p = arg;
	char a[32], b[32], c[32], d[32];
	int used = 0;
	unsigned step;
	struct conf_errors errors = {0};
	line[strcspn(line, "#\n")] = 0;
	if (sscanf(line, " inventory %31s", a) == 1) {
		char path[128], whole[] = "/tmp/sansang-scn-inventory-XXXXXX";
		snprintf(path, sizeof path, "tests/scenario/%s", a);
		many_inventory(path, whole);
		int rc = inventory_load(whole, "Asia/Ho_Chi_Minh", 0, &p->inv, &errors);
		conf_errors_print(&errors);
		conf_errors_free(&errors);
		unlink(whole);
		CHECK(p, !rc, "the inventory %s is wrong", a);
	} else if (sscanf(line, " day %31s", a) == 1) {
		struct tm tm = {0};
		assert_non_null(strptime(a, "%Y-%m-%d", &tm));
		p->day = (int64_t)timegm(&tm) * 1000;
	} else if (sscanf(line, " at %31s %n", a, &used) == 1 && used) {
		char *sampled = strstr(line, " sampled ");
		int64_t at = time_of(p, a), when = at;
		if (sampled) {
			when = sampled[9] == '@' ? atoll(sampled + 10) : time_of(p, sampled + 9);
			*sampled = 0;
		}
		add(p, at, when, line + used);
	} else if (sscanf(line, " every %us from %31s to %31s %n", &step, b, c, &used) == 3 && used) {
		int more = 0;
		bool sent = sscanf(line + used, "sent %31s %n", d, &more) == 1 && more;
		for (int64_t t = time_of(p, b); t <= time_of(p, c); t += (int64_t)step * 1000)
			add(p, sent ? time_of(p, d) : t, t, line + used + (sent ? more : 0));
	} else {
		CHECK(p, !line[strspn(line, " \t")], "not understood: %s", line);
	}
}

static void read_file(struct play *p)
{
	char path[200], line[512];
	snprintf(path, sizeof path, "tests/scenario/%s", p->file);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		p->line++;
		line[strcspn(line, "#\n")] = 0;
		many_lines(line, read_line, p);
	}
	fclose(f);
	qsort(p->events, p->event_count, sizeof *p->events, by_time);
}

static void play(struct play *p)
{
	p->now = p->events[0].at;
	for (size_t k = 0; k < p->event_count; k++) {
		const struct event *e = &p->events[k];
		if (e->at > p->now)
			flush(p);
		while (p->now < e->at) {
			p->now += 1000;
			judge_tick(&p->judge, p->now);
			if (p->judge.urgent)
				commit(p);
		}
		perform(p, e);
	}
}

static void scenario(void **state)
{
	struct play *p = mem_alloc(sizeof *p);
	p->file = *state;
	p->events = mem_alloc(EVENTS_MAX * sizeof *p->events);
	p->writer = batch_writer_new();
	snprintf(p->folder, sizeof p->folder, "/tmp/sansang-scn-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->db, sizeof p->db, "%s/state.db", p->folder);
	read_file(p);
	assert_non_null(p->inv);
	assert_true(p->event_count > 0);
	begin(p);
	play(p);
	commit(p);
	end(p);
	batch_writer_free(p->writer);
	inventory_free(p->inv);
	for (size_t k = 0; k < p->event_count; k++)
		free(p->events[k].text);
	free(p->events);
	free(p->since);
	char rm[120];
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (int k = 0; k < 3; k++) {
		snprintf(rm, sizeof rm, "%s%s", p->db, ends[k]);
		unlink(rm);
	}
	rmdir(p->folder);
	free(p);
}

int main(void)
{
	static char names[100][80];
	static struct CMUnitTest tests[100];
	size_t count = 0;
	DIR *d = opendir("tests/scenario");
	struct dirent *e;
	while (d && (e = readdir(d)) && count < 100) {
		const char *dot = strrchr(e->d_name, '.');
		if (!dot || strcmp(dot, ".scn"))
			continue;
		snprintf(names[count], sizeof names[0], "%.79s", e->d_name);
		tests[count] =
		        (struct CMUnitTest){.name = names[count], .test_func = scenario, .initial_state = names[count]};
		count++;
	}
	if (d)
		closedir(d);
	return _cmocka_run_group_tests("scenario", tests, count, NULL, NULL) || count < 10;
}
