/*
 * storm: judge when 99 sites go dark at once, with a year of old incidents in its memory and 30 checks a site.
 *
 *   storm run  [--sites 99] [--checks 30] [--incidents 20000] [--minutes 10]
 *              replays healthy minutes, the silence, and the spools of those minutes when all are back; prints a JSON object: CPU-seconds from
 *              the first silent agent to the conclusion on disk, of the return, and what was concluded
 *   storm fill --db STATE.DB [--sites 99] [--incidents 20000]
 *              writes the old incidents into a collector's state.db, which may not be running
 *
 * Three more sites far away and the agent beside the collector stay well. The clock is made up, so it runs as fast as it can.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "collector/judge/judge.h"
#include "collector/judge/store.h"
#include "common/batch.h"
#include "common/memory.h"

#define STEP_MS INT64_C(10000)
#define TICK_MS 500
#define WELL 3
#define SETS_MAX 128
#define START_MS INT64_C(1783040400000) /* a year and a day after go-live */
#define YEAR_MS INT64_C(31536000000)

struct options {
	const char *db;
	unsigned sites, checks, incidents, minutes;
};

struct storm {
	struct options o;
	struct judge judge;
	struct store *store;
	struct inventory *inv;
	struct batch_writer *writer;
	int64_t now, cursor, concluded;
	unsigned opened, conclusions;
	char folder[64], names[SETS_MAX][16];
};

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Every set is a service but the last, which is the line. */
static bool dict(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name, uint8_t *layout,
        const char **instance)
{
	struct storm *s = arg;
	bool beside = !strcmp(node, "core-srv"), line = !beside && set == s->o.checks;
	(void)epoch;
	*layout = 1;
	*class_name = beside ? "path" : line ? "uplink" : "svc";
	*instance = beside ? "gateway" : line ? "" : s->names[set];
	return true;
}

static void write_province(const struct storm *s, FILE *f)
{
	unsigned sites = s->o.sites + WELL;
	fprintf(f, "province: { id: storm, name: Storm, collector_node: core-srv, trial_from: 2025-06-01, go_live: "
	           "2025-07-01 }\n"
	           "units:\n  - { id: core, name: Core, kind: commune }\n");
	for (unsigned k = 0; k < sites; k++)
		fprintf(f, "  - { id: u%u, name: \"Xã %u\", kind: commune }\n", k, k);
	fprintf(f, "sites:\n  - { id: core-hq, name: Core, role: core, required: no, units: [ { unit: core } ], "
	           "uplink: { kind: tslcd, "
	           "carrier: VNPT, terminal: 10.0.0.1, gateway: 10.0.0.1 } }\n");
	for (unsigned k = 0; k < sites; k++)
		fprintf(f,
		        "  - { id: s%u, name: \"Trụ sở xã %u\", role: service-centre, required: yes, lat: %.3f, lon: "
		        "104.0, "
		        "units: [ { unit: u%u } ], uplink: { kind: tslcd, carrier: %s, parent: core, terminal: "
		        "10.1.%u.1 } }\n",
		        k, k, k < s->o.sites ? 22.0 + k / 100.0 : 8.0 + k % WELL, k, k % 2 ? "VNPT" : "Viettel",
		        k % 250);
	fprintf(f, "nodes:\n  - { id: core-srv, site: core-hq, kind: server }\n");
	for (unsigned k = 0; k < sites; k++)
		fprintf(f, "  - { id: n%u, site: s%u, kind: server }\n", k, k);
	fprintf(f, "services:\n");
	for (unsigned k = 0; k < s->o.checks; k++)
		fprintf(f,
		        "  - { id: svc%u, name: \"Dịch vụ %u\", sector: land, responsible: province, every: 10s, "
		        "check: { tcp: "
		        "\"10.0.0.5:%u\" }, checked_by: all }\n",
		        k, k, 1000 + k);
}

static void load_province(struct storm *s)
{
	char path[96];
	struct conf_errors errors = {0};
	snprintf(path, sizeof path, "%s/province.yaml", s->folder);
	FILE *f = fopen(path, "w");
	write_province(s, f);
	fclose(f);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, &s->inv, &errors);
	conf_errors_print(&errors);
	unlink(path);
	if (rc)
		exit(1);
	for (unsigned k = 0; k < s->o.checks && k < SETS_MAX; k++)
		snprintf(s->names[k], sizeof s->names[k], "svc%u", k);
}

/* Spread over the year and the sites, of three kinds, all over. */
static void remember(struct storm *s)
{
	static const enum check_kind kinds[] = {KIND_AGENT, KIND_UPLINK, KIND_SERVICE};
	char id[96], affects[64];
	bool fresh;
	for (unsigned k = 0; k < s->o.incidents; k++) {
		unsigned site = k % s->o.sites;
		snprintf(id, sizeof id, "s%u.old-%u", site, k);
		struct incident *i = incident_make(&s->judge.incidents, id, &fresh);
		i->kind = kinds[k % 3];
		i->site = mem_printf("s%u", site);
		i->unit = mem_printf("u%u", site);
		i->node = mem_printf("n%u", site);
		i->service = k % 3 == 2 ? mem_printf("svc%u", k % s->o.checks) : NULL;
		i->opened_at = START_MS - YEAR_MS + (int64_t)k * ((YEAR_MS - 86400000) / s->o.incidents);
		i->resolved_at = i->last_end = i->opened_at + 600000;
		i->state = INCIDENT_RESOLVED;
		i->said = SAID_RESOLVED;
		snprintf(affects, sizeof affects, "service:svc%u@n%u", k % s->o.checks, site);
		incident_affects(i, affects);
		i->dirty = i->changed = true;
	}
}

static void commit(struct storm *s)
{
	char key[256], *body;
	if (store_commit(s->store, &s->judge, s->cursor))
		exit(1);
	while ((body = store_conclusion(s->store, &s->concluded, key, sizeof key))) {
		s->conclusions++;
		s->opened += strstr(key, "/open/") != NULL;
		free(body);
	}
}

static void give(struct storm *s, const char *node, enum record_kind kind, const void *body, size_t len)
{
	struct record r = {.id = ++s->cursor,
	        .at_ms = s->now,
	        .kind = kind,
	        .node = node,
	        .epoch = 7,
	        .seq = (uint64_t)s->cursor,
	        .key = "",
	        .body = body,
	        .body_len = len};
	judge_record(&s->judge, &r);
}

static void give_state(struct storm *s, const char *node, const char *state)
{
	char text[64];
	int len = snprintf(text, sizeof text, "{\"state\": \"%s\"}", state);
	give(s, node, RECORD_AGENT, text, (size_t)len);
}

static void give_rows(struct storm *s, const char *node, int64_t from, int64_t until, bool up)
{
	int64_t v[METRIC_COLUMNS_MAX];
	struct buf body = {0};
	bool beside = !strcmp(node, "core-srv");
	for (int64_t at = from; at < until; at += STEP_MS) {
		for (unsigned set = 0; set < (beside ? 1 : s->o.checks + 1); set++) {
			bool svc = !beside && set < s->o.checks;
			for (unsigned k = 0; k < METRIC_COLUMNS_MAX; k++)
				v[k] = METRIC_UNKNOWN;
			v[svc ? (int)SVC_UP : (int)PATH_LOSS] = svc ? up : up ? 0 : 10000;
			v[svc ? (int)SVC_REASON : (int)PATH_RTT] = svc  ? (up ? REASON_OK : REASON_TIMEOUT)
			                                           : up ? 9000
			                                                : METRIC_UNKNOWN;
			batch_row(s->writer, set, at, v,
			        metric_class(svc      ? CLASS_SERVICE
			                     : beside ? CLASS_PATH
			                              : CLASS_UPLINK)
			                ->count);
		}
	}
	batch_finish(s->writer, &body);
	give(s, node, RECORD_BATCH, body.data, body.len);
	buf_free(&body);
}

static void pass(struct storm *s, int64_t until)
{
	for (; s->now < until; s->now += TICK_MS) {
		judge_tick(&s->judge, s->now);
		if (s->judge.urgent || s->now % 1000 == 0)
			commit(s);
	}
}

static void node_name(const struct storm *s, unsigned k, char out[16])
{
	if (k == s->o.sites + WELL)
		snprintf(out, 16, "core-srv");
	else
		snprintf(out, 16, "n%u", k);
}

/* Every node sends its rows once a step, each at a moment of its own. */
static void step(struct storm *s, unsigned first)
{
	char node[16];
	unsigned count = s->o.sites + WELL + 1;
	int64_t begin = s->now;
	for (unsigned k = first; k < count; k++) {
		pass(s, begin + STEP_MS * (k - first) / (count - first) / TICK_MS * TICK_MS);
		node_name(s, k, node);
		give_rows(s, node, s->now - STEP_MS, s->now, true);
	}
	pass(s, begin + STEP_MS);
}

static unsigned count_open(const struct storm *s)
{
	unsigned open = 0;
	for (size_t k = 0; k < s->judge.incidents.count; k++)
		open += incident_is_open(s->judge.incidents.all[k]);
	return open;
}

/* Heartbeats come every 5 s, so silence is noticed within as many. Those that are well go on. */
static double go_dark(struct storm *s)
{
	char node[16];
	unsigned opened = s->opened;
	double before = cpu_s();
	int64_t begin = s->now, well_at = begin;
	for (unsigned k = 0; k < s->o.sites || s->opened == opened; k++) {
		if (k < s->o.sites) {
			pass(s, begin + 5000 * (int64_t)k / s->o.sites / TICK_MS * TICK_MS);
			node_name(s, k, node);
			give_state(s, node, "silent");
		} else {
			pass(s, s->now + TICK_MS);
		}
		for (unsigned w = s->o.sites; s->now >= well_at && w < s->o.sites + WELL + 1; w++) {
			node_name(s, w, node);
			give_rows(s, node, s->now - 5000, s->now, true);
		}
		well_at = s->now >= well_at ? s->now + 5000 : well_at;
		if (s->now > begin + 120000)
			break;
	}
	pass(s, s->now + 1000);
	return cpu_s() - before;
}

static double come_back(struct storm *s, int64_t from)
{
	char node[16];
	double before = cpu_s();
	for (unsigned k = 0; k < s->o.sites; k++) {
		node_name(s, k, node);
		give_state(s, node, "connected");
		give_rows(s, node, from, s->now - STEP_MS, false);
		give_rows(s, node, s->now - STEP_MS, s->now + STEP_MS, true);
		pass(s, s->now + TICK_MS);
	}
	for (int k = 0; k < 30; k++)
		step(s, 0);
	return cpu_s() - before;
}

static const char *cause_of_last(const struct storm *s)
{
	for (size_t k = s->judge.incidents.count; k > 0; k--)
		if (incident_is_open(s->judge.incidents.all[k - 1]))
			return cause_words(s->judge.incidents.all[k - 1]->first.cause)->name;
	return "none";
}

static int run(struct storm *s)
{
	char node[16];
	for (unsigned k = 0; k < s->o.sites + WELL + 1; k++) {
		node_name(s, k, node);
		give_state(s, node, "connected");
	}
	for (int k = 0; k < 12; k++)
		step(s, 0);
	unsigned before = s->opened;
	int64_t dark = s->now - STEP_MS;
	double to_mail = go_dark(s);
	unsigned opened = s->opened - before, open = count_open(s);
	const char *cause = cause_of_last(s);
	for (unsigned k = 0; k < s->o.minutes * 6; k++)
		step(s, s->o.sites);
	double back = come_back(s, dark);
	printf("{\"cpu_s\": %.3f, \"opened\": %u, \"open\": %u, \"cause\": \"%s\", \"back_cpu_s\": %.3f, "
	       "\"open_after\": %u, "
	       "\"opened_in_all\": %u, \"conclusions\": %u}\n",
	        to_mail, opened, open, cause, back, count_open(s), s->opened - before, s->conclusions);
	return 0;
}

static void storm_open(struct storm *s, const char *db)
{
	const struct judge_source source = {dict, s};
	int64_t cursor;
	judge_init(&s->judge, STEP_MS, &source);
	if (store_open(&s->store, db) || store_load(s->store, &s->judge, &cursor))
		exit(1);
	s->cursor = cursor;
	s->judge.now = s->now = START_MS;
	remember(s);
	s->judge.now = START_MS;
	commit(s);
}

/* They were concluded in their time: core need not hear of them again. */
static void forget_conclusions(const char *path)
{
	sqlite3 *db;
	if (sqlite3_open(path, &db) || sqlite3_exec(db, "DELETE FROM conclusion", NULL, NULL, NULL))
		exit(1);
	sqlite3_close(db);
}

static void storm_close(struct storm *s)
{
	judge_free(&s->judge);
	store_close(s->store);
	batch_writer_free(s->writer);
	inventory_free(s->inv);
}

static void remove_folder(const struct storm *s)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[96];
	for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
		snprintf(path, sizeof path, "%s/state.db%s", s->folder, ends[k]);
		unlink(path);
	}
	rmdir(s->folder);
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"db", 1, 0, 'd'}, {"sites", 1, 0, 's'}, {"checks", 1, 0, 'c'},
	        {"incidents", 1, 0, 'i'}, {"minutes", 1, 0, 'm'}, {0}};
	int opt;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned n = optarg ? (unsigned)atoi(optarg) : 0;
		if (opt == 'd')
			o->db = optarg;
		else if (opt == 's')
			o->sites = n;
		else if (opt == 'c')
			o->checks = n;
		else if (opt == 'i')
			o->incidents = n;
		else if (opt == 'm')
			o->minutes = n;
		else
			return -1;
	}
	return o->sites && o->checks && o->checks < SETS_MAX ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct storm *s = mem_alloc(sizeof *s);
	char db[96];
	s->o = (struct options){.sites = 99, .checks = 30, .incidents = 20000, .minutes = 10};
	bool fill = argc > 1 && !strcmp(argv[1], "fill");
	if (argc < 2 || (!fill && strcmp(argv[1], "run")) || read_options(argc - 1, argv + 1, &s->o) ||
	        (fill && !s->o.db)) {
		fprintf(stderr, "usage: storm run|fill, see the head of tests/bench/storm.c\n");
		return 2;
	}
	snprintf(s->folder, sizeof s->folder, "/tmp/sansang-storm-XXXXXX");
	if (!mkdtemp(s->folder))
		return 1;
	snprintf(db, sizeof db, "%s/state.db", s->folder);
	s->writer = batch_writer_new();
	load_province(s);
	storm_open(s, fill ? s->o.db : db);
	int rc = 0;
	if (!fill) {
		judge_set_inventory(&s->judge, s->inv);
		rc = run(s);
	}
	storm_close(s);
	if (fill)
		forget_conclusions(s->o.db);
	remove_folder(s);
	free(s);
	return rc;
}
