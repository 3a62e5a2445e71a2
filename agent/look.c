#include "agent/look.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/look_request.h"
#include "agent/look_show.h"
#include "agent/probe/icmp.h"

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

static void run(const struct check_spec *spec, struct look *l)
{
	struct prober_handlers handlers = {.on_result = on_result, .arg = l};
	bool echoes = !strcmp(spec->type->name, "icmp") || !strcmp(spec->type->name, "mtu");
	struct icmp *icmp = echoes ? icmp_open() : NULL;
	uv_loop_t loop;

	signal(SIGPIPE, SIG_IGN); /* a server may go while we speak */
	uv_loop_init(&loop);
	l->prober = prober_new(&loop, icmp, &handlers);
	prober_set(l->prober, spec, 1, "");
	prober_run_now(l->prober);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	icmp_close(icmp);
}

int look_command(int argc, char **argv)
{
	struct look_request request;
	struct look l = {0};
	int status = look_request_read(&request, argc, argv);

	if (status || request.help) {
		look_request_free(&request);
		return status;
	}
	request.spec.class_id = CLASS_SERVICE;
	request.spec.every_ms = EVERY_MS;
	snprintf(request.spec.instance, sizeof(request.spec.instance), "probe");
	run(&request.spec, &l);
	if (request.json)
		look_show_json(&request, &l.result);
	else
		look_show_text(&request, &l.result);
	look_request_free(&request);
	return l.answered && l.result.up ? 0 : 1;
}
