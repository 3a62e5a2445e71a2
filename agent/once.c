#include "agent/once.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct once {
	struct prober *prober;
	struct probe_result *results;
	size_t count, left;
};

/* The spec's instance is its number: the prober gives back a copy of it. */
static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct once *o = arg;

	(void)boot_ms;
	(void)changed;
	o->results[strtoul(spec->instance, NULL, 10)] = *r;
	if (!--o->left)
		prober_close(o->prober);
}

void once_run(const struct check_spec *specs, size_t count, struct probe_result *results)
{
	struct once o = {.results = results, .count = count, .left = count};
	struct prober_handlers handlers = {.on_result = on_result, .arg = &o};
	struct check_spec *numbered;
	struct icmp *icmp;
	uv_loop_t loop;

	if (!count)
		return;
	numbered = mem_alloc(count * sizeof(*numbered));
	memcpy(numbered, specs, count * sizeof(*numbered));
	for (size_t i = 0; i < count; i++)
		snprintf(numbered[i].instance, sizeof(numbered[i].instance), "%zu", i);
	uv_loop_init(&loop);
	icmp = icmp_open();
	o.prober = prober_new(&loop, icmp, &handlers);
	prober_set(o.prober, numbered, count, "");
	prober_run_now(o.prober);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	icmp_close(icmp);
	free(numbered);
}

static void on_traced(void *arg, const struct trace_request *request, const struct trace_result *result)
{
	(void)request;
	*(struct trace_result *)arg = *result;
}

void once_trace(const struct trace_request *request, struct trace_result *out)
{
	struct icmp *icmp = icmp_open();
	uv_loop_t loop;

	memset(out, 0, sizeof(*out));
	uv_loop_init(&loop);
	trace_start(&loop, icmp, request, on_traced, out);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	icmp_close(icmp);
}
