/*
 * probes: the agent's real prober as fast as it goes, to see what a check costs.
 *
 *   probes tcp TARGETS ROUNDS PORT     connects to 127.0.x.y:PORT, all at once, again and again
 *   probes icmp TARGETS ROUNDS         the same with runs of five echoes
 *   probes sink PORT                   takes connections, for the others
 *   probes distance TARGETS            round trips beside the kernel's own stamps of the packets (distance.h)
 * Prints one JSON object: {"checks","echoes","up","cpu_s","wall_s"}.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/probe/icmp.h"
#include "agent/probe/prober.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/bench/distance.h"

#define HOUR_MS 3600000

struct race {
	uv_loop_t loop;
	struct prober *prober;
	uv_timer_t next;
	unsigned targets, rounds, answered;
	unsigned long checks, echoes, up;
};

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void on_next(uv_timer_t *t)
{
	struct race *r = t->data;

	prober_run_now(r->prober);
}

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *result, bool changed)
{
	struct race *r = arg;

	(void)spec;
	(void)boot_ms;
	(void)changed;
	r->checks++;
	r->echoes += result->received;
	r->up += result->up;
	if (++r->answered < r->targets)
		return;
	r->answered = 0;
	if (--r->rounds)
		uv_timer_start(&r->next, on_next, 0, 0);
	else
		uv_stop(&r->loop);
}

static struct check_spec *make_specs(const char *type, unsigned count, uint16_t port)
{
	struct check_spec *specs = mem_alloc(count * sizeof(*specs));

	for (unsigned i = 0; i < count; i++) {
		specs[i] = (struct check_spec){.class_id = CLASS_SERVICE,
		        .port = port,
		        .type = probe_type_named(type),
		        .options = probe_options_none(),
		        .every_ms = HOUR_MS};
		snprintf(specs[i].instance, sizeof(specs[i].instance), "target-%u", i);
		snprintf(specs[i].host, sizeof(specs[i].host), "127.0.%u.%u", i / 200 + 1, i % 200 + 1);
	}
	return specs;
}

static int race(const char *type, unsigned targets, unsigned rounds, uint16_t port)
{
	struct race r = {.targets = targets, .rounds = rounds};
	struct prober_handlers handlers = {.on_result = on_result, .arg = &r};
	struct check_spec *specs = make_specs(type, targets, port);
	struct icmp *icmp = icmp_open();
	uint64_t begun_ns;
	double begun_cpu;

	uv_loop_init(&r.loop);
	uv_timer_init(&r.loop, &r.next);
	r.next.data = &r;
	r.prober = prober_new(&r.loop, icmp, &handlers);
	prober_set(r.prober, specs, targets, "bench");
	begun_ns = uv_hrtime();
	begun_cpu = cpu_seconds();
	prober_run_now(r.prober);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	printf("{\"checks\": %lu, \"echoes\": %lu, \"up\": %lu, \"cpu_s\": %.3f, \"wall_s\": %.3f}\n", r.checks,
	        r.echoes, r.up, cpu_seconds() - begun_cpu, (double)(uv_hrtime() - begun_ns) / 1e9);
	prober_close(r.prober);
	uv_close((uv_handle_t *)&r.next, NULL);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	icmp_close(icmp);
	free(specs);
	return 0;
}

static int sink(uint16_t port)
{
	union probe_address at;
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	probe_address_parse("0.0.0.0", port, &at);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &at.any, sizeof(at.v4)) || listen(fd, 4096))
		log_die("port %u: %s", port, strerror(errno));
	puts("ready");
	fflush(stdout);
	for (;;) {
		int taken = accept(fd, NULL, NULL);

		if (taken >= 0)
			close(taken);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long n[3] = {0};

	for (int i = 2; i < argc && i < 5; i++)
		n[i - 2] = strtoul(argv[i], NULL, 10);
	if (!strcmp(what, "sink") && argc == 3)
		return sink((uint16_t)n[0]);
	if (!strcmp(what, "tcp") && argc == 5)
		return race(what, (unsigned)n[0], (unsigned)n[1], (uint16_t)n[2]);
	if (!strcmp(what, "icmp") && argc == 4)
		return race(what, (unsigned)n[0], (unsigned)n[1], 0);
	if (!strcmp(what, "distance") && argc == 3)
		return distance_measure((unsigned)n[0]);
	fprintf(stderr, "usage: probes tcp TARGETS ROUNDS PORT | icmp TARGETS ROUNDS | sink PORT | distance TARGETS\n");
	return 2;
}
