/*
 * swarm: real TLS agents with known values, for bench and kill tests.
 *
 *   swarm send   --socket S --collector HOST:PORT --dir D --nodes N --from MS --steps K [--rate STEPS_A_SECOND]
 *                sends K steps of 10 s for each node, waits until all are acknowledged, prints a JSON object
 *   swarm idle   --socket S --collector HOST:PORT --dir D --nodes N
 *                connects all, prints "connected", then obeys lines on standard input: drop (all reconnect, each
 *                with one batch; prints "connected" again), end
 *   swarm verify --rrd DIR --nodes N --from MS --steps K
 *                compares every value in the files with what was sent; exit 1 when one is missing or wrong
 *
 * Nodes are named n00000 ..., ten of them a site s0000 ...
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <rrd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/bench/fleet.h"
#include "tests/bench/known.h"

#define STEP_MS INT64_C(10000)
#define NODES_A_SITE 10

struct options {
	struct fleet_options fleet;
	char host[64];
	const char *rrd;
	unsigned nodes;
	int64_t from_ms, steps;
	double rate; /* 0: as fast as acknowledged */
};

struct unit_of_swarm {
	struct swarm *swarm;
	unsigned index;
	int64_t next_step;
	bool ready;
};

struct swarm {
	uv_loop_t loop;
	uv_timer_t timer;
	uv_poll_t input;
	struct options o;
	struct fleet *fleet;
	struct unit_of_swarm *units;
	struct member **members;
	struct batch_writer *writer;
	struct buf body;
	unsigned ready;
	uint64_t batches, acked, extra;
	int64_t started_ms;
	bool idle, connected_told;
};

static void send_step(struct swarm *s, struct member *m, struct unit_of_swarm *u)
{
	int64_t wall = s->o.from_ms + u->next_step * STEP_MS, v[METRIC_COLUMNS_MAX];

	for (unsigned set = 0; set < KNOWN_SETS; set++) {
		const struct metric_class *c = metric_class(known_sets[set].class_id);
		if (!u->next_step)
			batch_dict(s->writer, set, c->name, c->layout, known_sets[set].instance);
		known_row(u->index, set, wall, v);
		batch_row(s->writer, set, member_boot_ms(m, wall), v, c->count);
	}
	buf_reset(&s->body);
	batch_finish(s->writer, &s->body);
	fleet_send(m, s->body.data, s->body.len);
	u->next_step++;
	s->batches++;
}

static int64_t steps_due(const struct swarm *s)
{
	if (s->o.rate <= 0)
		return s->o.steps;
	double due = (double)(clock_boot_ms() - s->started_ms) / 1000 * s->o.rate;
	return due < (double)s->o.steps ? (int64_t)due : s->o.steps;
}

static void on_ready(struct member *m, const char *config, size_t len, void *arg)
{
	struct swarm *s = arg;
	struct unit_of_swarm *u = member_data(m);

	(void)config;
	(void)len;
	u->ready = true;
	if (++s->ready == s->o.nodes)
		s->started_ms = clock_boot_ms();
}

static void on_room(struct member *m, void *arg)
{
	struct swarm *s = arg;
	struct unit_of_swarm *u = member_data(m);

	/* the clock starts when all are connected: enrolling is not what is measured */
	if (!s->idle && s->ready == s->o.nodes && u->next_step < steps_due(s))
		send_step(s, m, u);
}

static void on_acked(struct member *m, uint64_t seq, void *arg)
{
	struct swarm *s = arg;

	(void)m;
	(void)seq;
	s->acked++;
}

static const struct fleet_handlers handlers = {.on_ready = on_ready, .on_room = on_room, .on_acked = on_acked};

static void on_send_timer(uv_timer_t *t)
{
	struct swarm *s = t->data;
	uint64_t wanted = (uint64_t)s->o.nodes * (uint64_t)s->o.steps;

	if (s->ready < s->o.nodes)
		return;
	for (unsigned i = 0; i < s->o.nodes; i++)
		while (member_has_room(s->members[i]) && s->units[i].next_step < steps_due(s))
			send_step(s, s->members[i], &s->units[i]);
	if (s->acked < wanted)
		return;
	printf("{\"batches\": %llu, \"values\": %llu, \"seconds\": %.3f, \"reconnects\": %llu}\n",
	        (unsigned long long)s->acked, (unsigned long long)s->acked * 50,
	        (double)(clock_boot_ms() - s->started_ms) / 1000, (unsigned long long)fleet_reconnects(s->fleet));
	fleet_drop(s->fleet, false);
	uv_stop(&s->loop);
}

static void on_idle_timer(uv_timer_t *t)
{
	struct swarm *s = t->data;

	if (s->connected_told || s->ready < s->o.nodes || fleet_connected(s->fleet) < s->o.nodes ||
	        fleet_unacked(s->fleet))
		return;
	s->connected_told = true;
	printf("connected %u acked %llu reconnects %llu\n", fleet_connected(s->fleet), (unsigned long long)s->acked,
	        (unsigned long long)fleet_reconnects(s->fleet));
	fflush(stdout);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
	struct swarm *s = poll->data;
	char line[16] = "";

	(void)status;
	(void)events;
	if (!fgets(line, sizeof(line), stdin) || !strncmp(line, "end", 3)) {
		fleet_drop(s->fleet, false);
		uv_stop(&s->loop);
		return;
	}
	if (strncmp(line, "drop", 4))
		return;
	/* each has something to say when the storm breaks: none of it may be lost */
	for (unsigned i = 0; i < s->o.nodes; i++)
		if (member_has_room(s->members[i]))
			send_step(s, s->members[i], &s->units[i]);
	s->connected_told = false;
	fleet_drop(s->fleet, true);
}

static int swarm_connect(struct swarm *s, uv_timer_cb on_timer)
{
	char node[16];

	uv_loop_init(&s->loop);
	uv_timer_init(&s->loop, &s->timer);
	s->timer.data = s;
	s->writer = batch_writer_new();
	s->fleet = fleet_new(&s->loop, &s->o.fleet, &handlers, s);
	s->units = mem_alloc(s->o.nodes * sizeof(*s->units));
	s->members = mem_alloc(s->o.nodes * sizeof(*s->members));
	for (unsigned i = 0; i < s->o.nodes; i++) {
		s->units[i] = (struct unit_of_swarm){.swarm = s, .index = i};
		snprintf(node, sizeof(node), "n%05u", i);
		s->members[i] = fleet_add(s->fleet, node, INT64_C(30) * 86400000, &s->units[i]);
	}
	if (s->idle) {
		uv_poll_init(&s->loop, &s->input, 0);
		s->input.data = s;
		uv_poll_start(&s->input, UV_READABLE, on_input);
	}
	uv_timer_start(&s->timer, on_timer, 10, 10);
	fleet_start(s->fleet);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	return 0;
}

struct tally {
	uint64_t compared, missing, wrong;
};

static void compare_row(
        const struct options *o, unsigned node, unsigned set, int64_t at_ms, const rrd_value_t *row, struct tally *t)
{
	const struct metric_class *c = metric_class(known_sets[set].class_id);

	for (unsigned k = 0; k < c->count; k++) {
		/* a rate needs a row before it */
		if (c->metrics[k].kind == METRIC_COUNTER && at_ms == o->from_ms)
			continue;
		double want = known_stored(node, set, k, at_ms);
		t->compared++;
		if (isnan(row[k]))
			t->missing++;
		else if (fabs(row[k] - want) > 1e-6 * (1 + fabs(want)))
			t->wrong++;
	}
}

static void verify_file(const struct options *o, unsigned node, unsigned set, struct tally *t)
{
	const struct metric_class *c = metric_class(known_sets[set].class_id);
	char name[80], path[512], **names;
	time_t start = (time_t)(o->from_ms / 1000 - 10), end = (time_t)((o->from_ms + (o->steps - 1) * STEP_MS) / 1000);
	unsigned long step = STEP_MS / 1000, count;
	rrd_value_t *data;

	metric_file_name(c, known_sets[set].instance, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/s%04u/n%05u/%s.rrd", o->rrd, node / NODES_A_SITE, node, name);
	time_t first = start;
	if (rrd_fetch_r(path, "AVERAGE", &start, &end, &step, &count, &names, &data)) {
		log_error("%s: %s", path, rrd_get_error());
		t->missing += (uint64_t)o->steps * c->count;
		return;
	}
	if (step != STEP_MS / 1000 || start > first || count != c->count)
		log_die("%s: step %lu, %lu columns from %lld", path, step, count, (long long)start);
	for (int64_t i = 0; i < o->steps; i++) {
		int64_t at_s = o->from_ms / 1000 + i * (int64_t)step;
		compare_row(o, node, set, at_s * 1000,
		        data + (at_s - start - (int64_t)step) / (int64_t)step * (int64_t)count, t);
	}
	for (unsigned long i = 0; i < count; i++)
		rrd_freemem(names[i]);
	rrd_freemem(names);
	rrd_freemem(data);
}

static int verify(const struct options *o)
{
	struct tally t = {0};

	for (unsigned n = 0; n < o->nodes; n++)
		for (unsigned set = 0; set < KNOWN_SETS; set++)
			verify_file(o, n, set, &t);
	printf("{\"compared\": %llu, \"missing\": %llu, \"wrong\": %llu}\n", (unsigned long long)t.compared,
	        (unsigned long long)t.missing, (unsigned long long)t.wrong);
	return !t.compared || t.missing || t.wrong;
}

static int usage(void)
{
	fprintf(stderr, "usage: swarm send|idle|verify, see the head of tests/bench/swarm.c\n");
	return 2;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"socket", 1, 0, 's'}, {"collector", 1, 0, 'c'}, {"dir", 1, 0, 'd'},
	        {"nodes", 1, 0, 'n'}, {"from", 1, 0, 'f'}, {"steps", 1, 0, 'k'}, {"rate", 1, 0, 'r'},
	        {"rrd", 1, 0, 'R'}, {0}};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's')
			o->fleet.socket = optarg;
		else if (opt == 'c' && sscanf(optarg, "%63[0-9.]:%d", o->host, &o->fleet.port) == 2)
			o->fleet.host = o->host;
		else if (opt == 'd')
			o->fleet.dir = optarg;
		else if (opt == 'n')
			o->nodes = (unsigned)atoi(optarg);
		else if (opt == 'f')
			o->from_ms = strtoll(optarg, NULL, 10) / STEP_MS * STEP_MS;
		else if (opt == 'k')
			o->steps = atoll(optarg);
		else if (opt == 'r')
			o->rate = atof(optarg);
		else if (opt == 'R')
			o->rrd = optarg;
		else
			return -1;
	}
	return o->nodes ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct swarm s = {.o.fleet.resend_quietly = true};

	signal(SIGPIPE, SIG_IGN); /* a killed collector hangs up in the middle of a write */
	log_open("swarm", LOG_LEVEL_INFO);
	if (argc < 2 || read_options(argc - 1, argv + 1, &s.o))
		return usage();
	if (!strcmp(argv[1], "verify") && s.o.rrd && s.o.steps)
		return verify(&s.o);
	if (!s.o.fleet.socket || !s.o.fleet.host || !s.o.fleet.dir)
		return usage();
	s.idle = !strcmp(argv[1], "idle");
	if (s.idle)
		s.o.from_ms = clock_wall_ms() / STEP_MS * STEP_MS - 3600000;
	else if (strcmp(argv[1], "send") || !s.o.steps || !s.o.from_ms)
		return usage();
	return swarm_connect(&s, s.idle ? on_idle_timer : on_send_timer);
}
