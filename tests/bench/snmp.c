/*
 * snmp: what polling costs: the real poller on many make-believe switches, values told and CPU-seconds spent.
 *
 *   snmp device PORT PORTS                         the switches: at every address of 127/8
 *   snmp poll PORT DEVICES SECONDS REPETITIONS     JSON: values, polls, cpu_s, values_per_cpu_s
 *   snmp memory PORT                               JSON: private KB that four devices cost
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/poll/poller.c"
#include "tests/bench/snmp_device.h"

struct bench {
	uint64_t values, polls, failed, rows;
	struct poller *poller;
	uv_timer_t end;
	uv_prepare_t again; /* devices that were told are asked again at once */
	bool *told;
	double cpu_s;
	bool counting;
};

static double cpu_now(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void on_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	struct bench *b = arg;

	(void)boot_ms;
	b->rows++;
	if (class_id == CLASS_GEAR && b->told)
		b->told[strtoul(subject + 2, NULL, 10)] = true;
	if (class_id != CLASS_GEAR || !b->counting)
		return;
	b->polls++;
	b->values += (uint64_t)values[GEAR_VALUES];
	b->failed += !values[GEAR_UP];
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	(void)arg;
	(void)boot_ms;
	(void)kind;
	(void)text;
}

static void on_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	(void)arg;
	(void)boot_ms;
	(void)class_id;
	(void)subject;
	(void)up;
	(void)reason;
}

static void on_urgent(void *arg)
{
	(void)arg;
}

static void on_again(uv_prepare_t *again)
{
	struct bench *b = again->data;

	for (size_t i = 0; i < b->poller->count; i++)
		if (b->told[i]) {
			b->told[i] = false;
			on_due(&b->poller->devices[i]->timer);
		}
}

static void on_end(uv_timer_t *t)
{
	struct bench *b = t->data;

	b->cpu_s = cpu_now() - b->cpu_s;
	poller_close(b->poller);
	uv_close((uv_handle_t *)t, NULL);
	uv_close((uv_handle_t *)&b->again, NULL);
}

/* The first polls ask for everything, open sockets and learn the pace: they are not what is measured. */
static void on_warm(uv_timer_t *t)
{
	struct bench *b = t->data;

	b->counting = true;
	b->cpu_s = cpu_now();
	uv_timer_start(t, on_end, (uint64_t)(intptr_t)t->loop->data, 0);
}

static void set_devices(struct bench *b, unsigned port, unsigned devices, unsigned repetitions, int64_t every_ms)
{
	struct gear_spec *specs = mem_alloc(devices * sizeof(*specs));

	for (unsigned i = 0; i < devices; i++) {
		specs[i] = (struct gear_spec){.version = 2, .community = "public", .every_ms = every_ms};
		snprintf(specs[i].id, sizeof(specs[i].id), "sw%u", i);
		snprintf(specs[i].address, sizeof(specs[i].address), "127.1.%u.%u:%u", i / 200 + 1, i % 200 + 1, port);
	}
	poller_set(b->poller, specs, devices);
	free(specs);
	for (unsigned i = 0; i < devices; i++)
		session_pace(b->poller->devices[i]->session)->most = repetitions;
}

static int poll_run(unsigned port, unsigned devices, unsigned seconds, unsigned repetitions)
{
	struct bench b = {0};
	struct sink sink = {.row = on_row, .event = on_event, .state = on_state, .urgent = on_urgent, .arg = &b};
	uv_loop_t loop;

	uv_loop_init(&loop);
	loop.data = (void *)(intptr_t)(seconds * 1000);
	b.poller = poller_new(&loop, &sink, "bench");
	set_devices(&b, port, devices, repetitions, 60000);
	uv_timer_init(&loop, &b.end);
	uv_prepare_init(&loop, &b.again);
	b.end.data = b.again.data = &b;
	b.told = mem_alloc(devices);
	uv_prepare_start(&b.again, on_again);
	uv_timer_start(&b.end, on_warm, 5000, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	printf("{\"values\": %llu, \"polls\": %llu, \"failed\": %llu, \"rows\": %llu, \"cpu_s\": %.4f, "
	       "\"values_per_cpu_s\": %.0f}\n",
	        (unsigned long long)b.values, (unsigned long long)b.polls, (unsigned long long)b.failed,
	        (unsigned long long)b.rows, b.cpu_s, b.cpu_s > 0 ? (double)b.values / b.cpu_s : 0);
	return b.failed != 0;
}

/* What is written to, that is: what nobody else can share. */
static long private_kb(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kb = 0, v;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Dirty: %ld", &v) == 1)
			kb += v;
	if (f)
		fclose(f);
	return kb;
}

static int memory_run(unsigned port)
{
	struct bench b = {0};
	struct sink sink = {.row = on_row, .event = on_event, .state = on_state, .urgent = on_urgent, .arg = &b};
	uv_loop_t loop;
	long before, most = 0;

	uv_loop_init(&loop);
	uv_run(&loop, UV_RUN_NOWAIT);
	before = private_kb();
	b.poller = poller_new(&loop, &sink, "bench");
	set_devices(&b, port, 4, 0, 1000);
	b.counting = true;
	while (b.polls < 40) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(1000);
		if (private_kb() > most)
			most = private_kb();
	}
	printf("{\"before_kb\": %ld, \"devices_kb\": %ld, \"most_kb\": %ld}\n", before, private_kb() - before,
	        most - before);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n[4] = {0};

	for (int i = 2; i < argc && i < 6; i++)
		n[i - 2] = (unsigned)strtoul(argv[i], NULL, 10);
	if (argc == 4 && !strcmp(argv[1], "device"))
		return snmp_device_run((uint16_t)n[0], n[1]);
	mallopt(M_ARENA_MAX, 1); /* as in the eyes */
	mallopt(M_TOP_PAD, 16 * 1024);
	if (argc == 6 && !strcmp(argv[1], "poll"))
		return poll_run(n[0], n[1], n[2], n[3]);
	if (argc == 3 && !strcmp(argv[1], "memory"))
		return memory_run(n[0]);
	fprintf(stderr, "usage: snmp device PORT PORTS | poll PORT DEVICES SECONDS REPETITIONS | memory PORT\n");
	return 2;
}
