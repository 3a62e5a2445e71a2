#include "agent/look.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/probe/icmp.h"
#include "agent/probe/prober.h"

#define EVERY_MS 10000 /* gives the patience that a check of a 10 s step has */

struct look {
	struct prober *prober;
	struct probe_result result;
	bool answered;
};

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct look *l = arg;

	(void)spec;
	(void)boot_ms;
	(void)changed;
	l->result = *r;
	l->answered = true;
	prober_close(l->prober);
}

static json_t *milliseconds(int64_t us)
{
	return us == PROBE_UNKNOWN ? json_null() : json_real((double)us / 1000);
}

static void print_json(const struct check_spec *spec, const char *target, const struct probe_result *r)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}", "type", spec->type->name, "target", target, "up", r->up,
	        "reason", reason_name(r->reason), "connect_ms", milliseconds(r->connect_us), "total_ms",
	        milliseconds(r->total_us));

	if (r->sent) {
		json_object_set_new(o, "sent", json_integer(r->sent));
		json_object_set_new(o, "received", json_integer(r->received));
		json_object_set_new(o, "loss_pct", json_real(100.0 * (r->sent - r->received) / r->sent));
		json_object_set_new(o, "rtt_ms", milliseconds(r->rtt_us));
		json_object_set_new(o, "rtt_min_ms", milliseconds(r->rtt_min_us));
		json_object_set_new(o, "rtt_max_ms", milliseconds(r->rtt_max_us));
		json_object_set_new(o, "jitter_ms", milliseconds(r->jitter_us));
	}
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7));
	putchar('\n');
	json_decref(o);
}

static void print_text(const char *target, const struct probe_result *r)
{
	if (!r->up)
		fprintf(stderr, "%s: no answer: %s\n", target, reason_name(r->reason));
	else if (r->sent)
		printf("%s: %u of %u echoes answered, %.3f ms (%.3f to %.3f), jitter %.3f ms\n", target, r->received,
		        r->sent, (double)r->rtt_us / 1000, (double)r->rtt_min_us / 1000, (double)r->rtt_max_us / 1000,
		        (double)r->jitter_us / 1000);
	else
		printf("%s: takes connections, %.3f ms\n", target, (double)r->connect_us / 1000);
}

static void run(const struct check_spec *spec, struct look *l)
{
	struct prober_handlers handlers = {.on_result = on_result, .arg = l};
	struct icmp *icmp = spec->type == &probe_icmp ? icmp_open() : NULL;
	uv_loop_t loop;

	uv_loop_init(&loop);
	l->prober = prober_new(&loop, icmp, &handlers);
	prober_set(l->prober, spec, 1, "");
	prober_run_now(l->prober);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	icmp_close(icmp);
}

int look_probe(const char *type, const char *target, bool json)
{
	struct check_spec spec = {
	        .class_id = CLASS_SERVICE, .instance = "probe", .every_ms = EVERY_MS, .type = probe_type_named(type)};
	struct look l = {0};

	if (!spec.type) {
		fprintf(stderr, "sansang-agent probe: \"%s\" is no kind of probe: tcp or icmp\n", type);
		return 2;
	}
	if (probe_target_of(spec.type, target, spec.host, sizeof(spec.host), &spec.port)) {
		fprintf(stderr, "sansang-agent probe: \"%s\" is no target: expected %s\n", target,
		        spec.type->has_port ? "HOST:PORT or [IPV6]:PORT" : "a name or an address");
		return 2;
	}
	run(&spec, &l);
	if (!l.answered)
		return 1;
	if (json)
		print_json(&spec, target, &l.result);
	else
		print_text(target, &l.result);
	return l.result.up ? 0 : 1;
}
