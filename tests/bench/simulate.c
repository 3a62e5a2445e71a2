/*
 * simulate: plays the sites that the inventory marks `simulated: yes`, for the demo: enrols an agent
 * for each, replays the days before now through the real wire protocol, with a progress bar, and
 * goes on live until it is ended. `--ready F`: writes a line into F (a FIFO) when the replay is done. Whatever it sends is marked as simulated by the inventory.
 *
 *   simulate --socket S --collector HOST:PORT --dir D --go-live MS [--days 21] [--once] [--ready F]
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/bench/ask.h"
#include "tests/bench/fleet.h"
#include "tests/bench/model.h"

#define STEP_MS INT64_C(300000)
#define STEPS_A_BATCH 36
#define THINGS_MAX 32
#define BAR_WIDTH 40

struct thing {
	enum metric_class_id class_id;
	char instance[METRIC_INSTANCE_MAX], line[METRIC_INSTANCE_MAX], type[16]; /* type: of a service's check */
};

struct play {
	struct simulation *sim;
	struct model model;
	struct thing things[THINGS_MAX];
	unsigned thing_count;
	int64_t next_ms; /* wall time of the next step */
	uint64_t steps_acked, steps_sent, steps_in[16];
	bool dict_sent;
};

struct simulation {
	uv_loop_t loop;
	uv_timer_t redraw, live;
	uv_signal_t term, interrupt;
	struct fleet *fleet;
	struct batch_writer *writer;
	struct buf body;
	struct play *plays;
	struct member **members;
	size_t count;
	int64_t from_ms, until_ms, go_live_ms, started_ms;
	uint64_t steps_wanted;
	const char *ready; /* told when the replay is done, or NULL */
	bool replayed, once, terminal;
};

static void add_thing(struct play *p, enum metric_class_id class_id, const char *instance, const char *line)
{
	if (p->thing_count == THINGS_MAX)
		log_die("%s: more than %d things to play", instance ? instance : "", THINGS_MAX);
	struct thing *t = &p->things[p->thing_count++];
	t->class_id = class_id;
	snprintf(t->instance, sizeof(t->instance), "%s", instance ? instance : "");
	snprintf(t->line, sizeof(t->line), "%s", line ? line : "");
}

/* What to measure comes from the collector, as for every agent. */
static void on_ready(struct member *m, const char *config, size_t len, void *arg)
{
	struct play *p = member_data(m);
	json_error_t why;
	json_t *root = json_loadb(config, len, 0, &why), *item;
	size_t i;

	(void)arg;
	if (!root)
		log_die("%s: central configuration: %s", member_node(m), why.text);
	add_thing(p, CLASS_HOST, "", NULL);
	add_thing(p, CLASS_INTERFACE, "eth0", NULL);
	json_array_foreach(json_object_get(root, "uplinks"), i, item) add_thing(p, CLASS_UPLINK,
	        json_string_value(json_object_get(item, "instance")), json_string_value(json_object_get(item, "id")));
	json_array_foreach(json_object_get(root, "services"), i, item)
	{
		const char *type = json_string_value(json_object_get(item, "type"));
		add_thing(p, CLASS_SERVICE, json_string_value(json_object_get(item, "id")),
		        json_string_value(json_object_get(item, "via")));
		snprintf(p->things[p->thing_count - 1].type, sizeof(p->things[0].type), "%s", type ? type : "");
	}
	json_decref(root);
}

static void put_step(struct play *p, struct member *m, struct batch_writer *w, int64_t at)
{
	int64_t boot_ms = member_boot_ms(m, at), from = p->sim->from_ms;

	if (!model_powered(&p->model, at))
		return;
	for (unsigned i = 0; i < p->thing_count; i++) {
		const struct thing *t = &p->things[i];
		int64_t v[METRIC_COLUMNS_MAX];
		if (t->class_id == CLASS_HOST)
			model_host(&p->model, at, v);
		else if (t->class_id == CLASS_INTERFACE)
			model_interface(&p->model, from, at, v);
		else if (t->class_id == CLASS_UPLINK)
			model_uplink(&p->model, t->line, from, at, v);
		else
			model_service(&p->model, t->instance, t->type, t->line, at, v);
		batch_row(w, i, boot_ms, v, metric_class(t->class_id)->count);
	}
}

static bool send_steps(struct member *m)
{
	struct play *p = member_data(m);
	struct simulation *s = p->sim;
	unsigned steps = 0;
	int64_t until = s->replayed ? clock_wall_ms() : s->until_ms;

	if (!p->thing_count || p->next_ms > until)
		return false;
	for (unsigned i = 0; !p->dict_sent && i < p->thing_count; i++) {
		const struct metric_class *c = metric_class(p->things[i].class_id);
		batch_dict(s->writer, i, c->name, c->layout, p->things[i].instance);
	}
	for (; steps < STEPS_A_BATCH && p->next_ms <= until; steps++, p->next_ms += STEP_MS)
		put_step(p, m, s->writer, p->next_ms);
	/* a dark stretch fills no batch, but time goes on */
	if (!batch_size(s->writer))
		batch_event(s->writer, member_boot_ms(m, p->next_ms - STEP_MS), "dark", "no power");
	p->dict_sent = true;
	buf_reset(&s->body);
	batch_finish(s->writer, &s->body);
	uint64_t seq = fleet_send(m, s->body.data, s->body.len);
	p->steps_in[seq % 16] = steps;
	p->steps_sent += steps;
	return true;
}

static void on_room(struct member *m, void *arg)
{
	(void)arg;
	send_steps(m);
}

static void on_acked(struct member *m, uint64_t seq, void *arg)
{
	struct play *p = member_data(m);

	(void)arg;
	p->steps_acked += p->steps_in[seq % 16];
}

static const struct fleet_handlers handlers = {.on_ready = on_ready, .on_room = on_room, .on_acked = on_acked};

static void on_live(uv_timer_t *t)
{
	struct simulation *s = t->data;

	for (size_t i = 0; i < s->count; i++)
		while (member_has_room(s->members[i]) && send_steps(s->members[i]))
			;
}

static void finish_replay(struct simulation *s, double seconds)
{
	s->replayed = true;
	uv_timer_stop(&s->redraw);
	printf("%s  %zu sites, %llu steps replayed in %.1f s\n", s->terminal ? "\r\033[K" : "", s->count,
	        (unsigned long long)s->steps_wanted, seconds);
	fflush(stdout);
	FILE *ready = s->ready ? fopen(s->ready, "w") : NULL;
	if (ready) {
		fputs("replayed\n", ready);
		fclose(ready);
	}
	if (s->once) {
		fleet_drop(s->fleet, false);
		uv_stop(&s->loop);
		return;
	}
	uv_timer_start(&s->live, on_live, 1000, 5000);
}

static void on_redraw(uv_timer_t *t)
{
	struct simulation *s = t->data;
	uint64_t acked = 0;
	char bar[BAR_WIDTH * 3 + 1] = "";

	for (size_t i = 0; i < s->count; i++)
		acked += s->plays[i].steps_acked;
	double share = s->steps_wanted ? (double)acked / (double)s->steps_wanted : 1;
	double seconds = (double)(clock_boot_ms() - s->started_ms) / 1000;
	for (int i = 0; i < BAR_WIDTH; i++)
		strcat(bar, i < (int)(share * BAR_WIDTH) ? "█" : "░");
	if (s->terminal || acked == s->steps_wanted)
		printf("%s  %s %3.0f %%  %u agents, %.0f s%s", s->terminal ? "\r\033[K" : "", bar, share * 100,
		        fleet_connected(s->fleet), seconds, s->terminal ? "" : "\n");
	fflush(stdout);
	if (acked >= s->steps_wanted)
		finish_replay(s, seconds);
}

static void on_signal(uv_signal_t *sig, int number)
{
	struct simulation *s = sig->data;

	(void)number;
	uv_stop(&s->loop);
}

static void find_sites(struct simulation *s, const char *socket_path)
{
	json_t *answer = ask_collector(socket_path, json_pack("{s:s}", "act", "nodes")), *node;
	json_t *nodes = json_object_get(answer, "nodes");
	size_t i;

	s->plays = mem_alloc(json_array_size(nodes) * sizeof(*s->plays));
	s->members = mem_alloc(json_array_size(nodes) * sizeof(*s->members));
	json_array_foreach(nodes, i, node)
	{
		const char *id = json_string_value(json_object_get(node, "id"));
		const char *kind = json_string_value(json_object_get(node, "kind"));
		if (!json_is_true(json_object_get(node, "simulated")) || !kind || strcmp(kind, "server"))
			continue;
		struct play *p = &s->plays[s->count];
		p->sim = s;
		p->next_ms = s->from_ms;
		model_init(&p->model, id, s->go_live_ms, s->until_ms);
		s->members[s->count++] = fleet_add(s->fleet, id, s->until_ms - s->from_ms + 86400000, p);
	}
	json_decref(answer);
	s->steps_wanted = s->count * (uint64_t)((s->until_ms - s->from_ms) / STEP_MS + 1);
}

static void run(struct simulation *s, const struct fleet_options *o)
{
	uv_loop_init(&s->loop);
	uv_timer_init(&s->loop, &s->redraw);
	uv_timer_init(&s->loop, &s->live);
	uv_signal_init(&s->loop, &s->term);
	uv_signal_init(&s->loop, &s->interrupt);
	s->redraw.data = s->live.data = s->term.data = s->interrupt.data = s;
	s->writer = batch_writer_new();
	s->fleet = fleet_new(&s->loop, o, &handlers, s);
	find_sites(s, o->socket);
	uv_timer_start(&s->redraw, on_redraw, 200, 200);
	uv_signal_start(&s->term, on_signal, SIGTERM);
	uv_signal_start(&s->interrupt, on_signal, SIGINT);
	s->started_ms = clock_boot_ms();
	fleet_start(s->fleet);
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

static int usage(void)
{
	fprintf(stderr, "usage: simulate --socket S --collector HOST:PORT --dir D --go-live MS [--days 21] [--once]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"socket", 1, 0, 's'}, {"collector", 1, 0, 'c'}, {"dir", 1, 0, 'd'},
	        {"go-live", 1, 0, 'g'}, {"days", 1, 0, 'n'}, {"once", 0, 0, 'o'}, {"ready", 1, 0, 'r'}, {0}};
	struct simulation s = {.terminal = isatty(STDOUT_FILENO)};
	struct fleet_options o = {.connect_most = 32};
	char host[64] = "";
	int days = 21, opt;

	log_open("simulate", LOG_LEVEL_INFO);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's')
			o.socket = optarg;
		else if (opt == 'c' && sscanf(optarg, "%63[0-9.]:%d", host, &o.port) == 2)
			o.host = host;
		else if (opt == 'd')
			o.dir = optarg;
		else if (opt == 'g')
			s.go_live_ms = strtoll(optarg, NULL, 10);
		else if (opt == 'n')
			days = atoi(optarg);
		else if (opt == 'o')
			s.once = true;
		else if (opt == 'r')
			s.ready = optarg;
		else
			return usage();
	}
	if (!o.socket || !o.host || !o.dir || !s.go_live_ms || days < 1)
		return usage();
	s.until_ms = clock_wall_ms() / STEP_MS * STEP_MS;
	s.from_ms = s.until_ms - days * INT64_C(86400000);
	run(&s, &o);
	return 0;
}
