#include "agent/look_trace.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/probe/icmp.h"
#include "agent/probe/trace.h"

#define PROGRESS_MS 200

static const char usage[] =
        "usage: sansang-agent trace TARGET[:PORT] [--json] [--source ADDRESS] [--interface NAME]\n"
        "  the path to TARGET, hop by hop: by ICMP echoes, or by TCP to PORT, and the MTU on the way\n";

struct look_trace {
	struct trace_request request;
	struct trace_result result;
	struct trace *trace;
	uv_timer_t progress;
	bool json, help, shown, colour;
};

/* ---- words ---- */

static int wrong(const char *what, const char *word)
{
	fprintf(stderr, "sansang-agent trace: %s%s%s\n%s", what, word ? ": " : "", word ? word : "", usage);
	return 2;
}

static int source_read(struct look_trace *l, const char *text)
{
	return probe_address_parse(text, 0, &l->request.source) ? wrong("--source needs an address", text) : 0;
}

static int interface_read(struct look_trace *l, const char *text)
{
	if (!text[0] || strlen(text) >= sizeof(l->request.interface))
		return wrong("--interface needs a name", text);
	strcpy(l->request.interface, text);
	return 0;
}

static int words_read(struct look_trace *l, int argc, char **argv)
{
	bool target = false;
	int status = 0;

	for (int i = 0; i < argc && !status; i++) {
		bool source = !strcmp(argv[i], "--source"), interface = !strcmp(argv[i], "--interface");

		if ((source || interface) && i + 1 == argc)
			return wrong("a value is missing after", argv[i]);
		if (source || interface)
			status = source ? source_read(l, argv[i + 1]) : interface_read(l, argv[i + 1]), i++;
		else if (!strcmp(argv[i], "--json"))
			l->json = true;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			l->help = true;
		else if (argv[i][0] == '-' || target)
			return wrong("not understood", argv[i]);
		else if (trace_target_read(argv[i], &l->request))
			return wrong("no target, expected HOST, HOST:PORT or [IPV6]:PORT", argv[i]);
		else
			target = true;
	}
	return status || target || l->help ? status : wrong("a target is missing", NULL);
}

/* ---- text ---- */

enum hue { HUE_GOOD = 32, HUE_WARN = 33, HUE_BAD = 31, HUE_FAINT = 2 };

static void hue_begin(const struct look_trace *l, enum hue hue)
{
	if (l->colour)
		printf("\033[%dm", hue);
}

static void hue_end(const struct look_trace *l)
{
	fputs(l->colour ? "\033[0m\n" : "\n", stdout);
}

/* Loss of one hop alone is its thrift with answers; loss from there on is loss. */
static bool loss_goes_on(const struct trace_result *r, unsigned i)
{
	for (; i < r->hop_count; i++)
		if (r->hops[i].received == r->hops[i].sent)
			return false;
	return true;
}

static enum hue hop_hue(const struct trace_result *r, unsigned i)
{
	const struct trace_hop *h = &r->hops[i];

	if (h->received && h->reason != REASON_OK)
		return HUE_BAD;
	if (h->received == h->sent)
		return HUE_GOOD;
	return !loss_goes_on(r, i) ? HUE_FAINT : h->received ? HUE_WARN : HUE_BAD;
}

static void print_hop(const struct look_trace *l, unsigned i)
{
	const struct trace_hop *h = &l->result.hops[i];
	char address[INET6_ADDRSTRLEN];

	hue_begin(l, hop_hue(&l->result, i));
	printf("%3u  %-*s ", i + 1, l->result.target.any.sa_family == AF_INET6 ? 28 : 15,
	        h->received ? trace_address_text(&h->address, address, sizeof(address)) : "*");
	if (!h->received)
		printf(" no answer to %u", h->sent);
	else
		printf(" %3u %% lost (%u of %u)", 100 * (h->sent - h->received) / h->sent, h->sent - h->received,
		        h->sent);
	if (h->rtt_us >= 0)
		printf("  %8.3f ms (%.3f to %.3f)", (double)h->rtt_us / 1000, (double)h->rtt_min_us / 1000,
		        (double)h->rtt_max_us / 1000);
	if (h->received && h->reason != REASON_OK)
		printf("  %s", reason_name(h->reason));
	if (h->several)
		fputs("  and others", stdout);
	hue_end(l);
}

static const char *hop_text(const struct trace_result *r, unsigned hop, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN] = "";

	if (!hop)
		return "this host";
	if (hop <= r->hop_count)
		trace_address_text(&r->hops[hop - 1].address, address, sizeof(address));
	snprintf(out, size, "hop %u%s%s%s", hop, address[0] ? " (" : "", address, address[0] ? ")" : "");
	return out;
}

static void print_mtu(const struct look_trace *l)
{
	const struct trace_result *r = &l->result;
	char hop[80];

	if (!r->mtu) {
		puts("MTU: unknown, echoes of no size came back");
		return;
	}
	hue_begin(l, r->mtu == r->mtu_full ? HUE_GOOD : r->mtu_hop ? HUE_WARN : HUE_BAD);
	if (r->mtu == r->mtu_full)
		printf("MTU: %u bytes, full-size packets pass", r->mtu);
	else if (r->mtu_hop)
		printf("MTU: %u of %u bytes: %s says that larger packets are too big", r->mtu, r->mtu_full,
		        hop_text(r, r->mtu_hop, hop, sizeof(hop)));
	else
		printf("MTU hole: %u of %u bytes pass, larger packets vanish behind %s and nobody says so", r->mtu,
		        r->mtu_full, hop_text(r, r->mtu_passed, hop, sizeof(hop)));
	hue_end(l);
}

static void print_verdict(const struct look_trace *l)
{
	const struct trace_result *r = &l->result;
	unsigned last = r->hop_count;
	char hop[80];

	while (last && !r->hops[last - 1].received)
		last--;
	if (r->target.any.sa_family && r->by == TRACE_BY_UDP)
		puts("this user may not send ICMP echoes: traced by UDP (as root, or with net.ipv4.ping_group_range, "
		     "by "
		     "ICMP)");
	hue_begin(l, r->reached ? HUE_GOOD : HUE_BAD);
	if (r->reached)
		printf("reached%s", r->reason == REASON_REFUSED ? ", and refused" : "");
	else if (r->reason == REASON_DNS)
		printf("%s: the name has no address, or no name server answers", l->request.host);
	else if (r->reason == REASON_LOCAL)
		printf("cannot trace from here: no such interface or source address, or no right to");
	else
		printf("not reached: %s after %s", reason_name(r->reason), hop_text(r, last, hop, sizeof(hop)));
	hue_end(l);
}

static void print_text(const struct look_trace *l)
{
	static const char *const kinds[] = {"ICMP", "TCP", "UDP"};
	char address[INET6_ADDRSTRLEN];

	if (l->result.target.any.sa_family) {
		printf("%s (%s) by %s", l->request.host,
		        trace_address_text(&l->result.target, address, sizeof(address)), kinds[l->result.by]);
		if (l->request.kind == TRACE_TCP)
			printf(" port %u", l->request.port);
		putchar('\n');
		for (unsigned i = 0; i < l->result.hop_count; i++)
			print_hop(l, i);
	}
	if (l->result.hop_count)
		print_mtu(l);
	print_verdict(l);
}

/* ---- running ---- */

static void on_progress(uv_timer_t *timer)
{
	struct look_trace *l = timer->data;
	struct trace_result r;
	char address[INET6_ADDRSTRLEN];
	unsigned sent = 0, received = 0;

	trace_peek(l->trace, &r);
	for (unsigned i = 0; i < r.hop_count; i++) {
		sent += r.hops[i].sent;
		received += r.hops[i].received;
	}
	fprintf(stderr, "\r\033[K... %u hops, %u of %u answers%s%s", r.hop_count, received, sent,
	        r.reached ? ", reached " : "",
	        r.reached ? trace_address_text(&r.target, address, sizeof(address)) : "");
	l->shown = true;
}

static void on_done(void *arg, const struct trace_request *request, const struct trace_result *result)
{
	struct look_trace *l = arg;

	(void)request;
	l->result = *result;
	l->trace = NULL;
	uv_close((uv_handle_t *)&l->progress, NULL);
}

static void run(struct look_trace *l)
{
	uv_loop_t loop;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &l->progress);
	l->progress.data = l;
	l->trace = trace_start(&loop, NULL, &l->request, on_done, l);
	if (!l->json && isatty(STDERR_FILENO))
		uv_timer_start(&l->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (l->shown)
		fputs("\r\033[K", stderr);
}

int look_trace_command(int argc, char **argv)
{
	struct look_trace l = {.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
	int status = words_read(&l, argc, argv);

	if (status)
		return status;
	if (l.help) {
		fputs(usage, stdout);
		return 0;
	}
	run(&l);
	if (l.json) {
		char *text = trace_json(&l.request, &l.result);

		puts(text);
		free(text);
	} else {
		print_text(&l);
	}
	return l.result.reached ? 0 : 1;
}
