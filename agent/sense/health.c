#include "agent/sense/health.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/sense/disks.h"
#include "agent/sense/heat.h"
#include "agent/sense/mounts.h"
#include "common/clock.h"
#include "common/memory.h"

#define SLOW_MS 59000 /* a minute, by steps that come a little early */
#define PRESSURES 3

static const struct {
	const char *name; /* below <proc>/pressure */
	enum health_column column;
} pressures[PRESSURES] = {
        {"cpu", HEALTH_CPU_STALL},
        {"memory", HEALTH_MEM_STALL},
        {"io", HEALTH_IO_STALL},
};

struct health {
	const struct sense_context *context;
	int files[PRESSURES]; /* -1: this kernel does not tell */
	struct mounts_handlers mounts_handlers;
	struct disks_handlers disks_handlers;
	struct mounts *mounts;
	struct disks *disks;
	struct heat *heat;
	int64_t slow_boot_ms; /* of the last slow look; 0: none yet */
	int64_t disks_bad;
	double hottest_c;
};

static void tell(struct health *h, const char *kind, const char *text)
{
	const struct sink *s = h->context->sink;

	s->event(s->arg, clock_boot_ms(), kind, text);
}

static void on_readonly(void *arg, const char *path, const char *type, const char *device, bool readonly)
{
	char text[448];

	snprintf(text, sizeof(text), "%s %s (%s on %s)", path, readonly ? "went read-only" : "is writable again", type,
	        device);
	tell(arg, "readonly", text);
}

static void on_disk(void *arg, const char *name, const char *fault)
{
	char text[160];

	snprintf(text, sizeof(text), "%s %s%s", name, fault ? "failing: " : "well", fault ? fault : "");
	tell(arg, "disk", text);
}

/* "some avg10=1.23 avg60=...". */
static void read_pressure(struct health *h, int64_t *values)
{
	for (int i = 0; i < PRESSURES; i++) {
		ssize_t got;
		char text[64];
		double avg10;

		got = h->files[i] < 0 ? -1 : pread(h->files[i], text, sizeof(text) - 1, 0);
		text[got > 0 ? got : 0] = '\0';
		if (sscanf(text, "some avg10=%lf", &avg10) == 1)
			values[pressures[i].column] =
			        metric_scaled(&metric_class(CLASS_HEALTH)->metrics[pressures[i].column], avg10);
	}
}

static void look_slowly(struct health *h, int64_t boot_ms)
{
	if (h->slow_boot_ms && boot_ms - h->slow_boot_ms < SLOW_MS)
		return;
	h->slow_boot_ms = boot_ms;
	mounts_list(h->mounts);
	h->disks_bad = disks_look(h->disks);
	h->hottest_c = heat_look(h->heat);
}

static void on_read(void *state, int64_t boot_ms)
{
	const struct metric *metrics = metric_class(CLASS_HEALTH)->metrics;
	int64_t values[METRIC_COLUMNS_MAX];
	struct health *h = state;
	const struct sink *s = h->context->sink;
	double inodes;

	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		values[i] = METRIC_UNKNOWN;
	read_pressure(h, values);
	look_slowly(h, boot_ms);
	values[HEALTH_READONLY] = mounts_look(h->mounts, &inodes);
	values[HEALTH_INODES] = metric_scaled(&metrics[HEALTH_INODES], inodes);
	values[HEALTH_TEMPERATURE] = metric_scaled(&metrics[HEALTH_TEMPERATURE], h->hottest_c);
	values[HEALTH_DISKS_BAD] = h->disks_bad;
	s->row(s->arg, CLASS_HEALTH, "", boot_ms, values);
	bool well = !values[HEALTH_READONLY] && !h->disks_bad;
	s->state(s->arg, boot_ms, CLASS_HEALTH, "", well, well ? REASON_OK : REASON_LOCAL);
}

static void *on_open(const struct sense_context *context)
{
	struct health *h = mem_alloc(sizeof(*h));
	char path[160];

	h->context = context;
	h->mounts_handlers = (struct mounts_handlers){.on_readonly = on_readonly, .arg = h};
	h->disks_handlers = (struct disks_handlers){.on_disk = on_disk, .arg = h};
	for (int i = 0; i < PRESSURES; i++) {
		snprintf(path, sizeof(path), "%s/pressure/%s", context->proc_root, pressures[i].name);
		h->files[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	h->mounts = mounts_open(context->proc_root, context->etc_root, &h->mounts_handlers);
	h->disks = disks_open(context->sys_root, &h->disks_handlers);
	h->heat = heat_open(context->sys_root);
	return h;
}

static void on_close(void *state)
{
	struct health *h = state;

	heat_close(h->heat);
	disks_close(h->disks);
	mounts_close(h->mounts);
	for (int i = 0; i < PRESSURES; i++)
		if (h->files[i] >= 0)
			close(h->files[i]);
	free(h);
}

const struct sense sense_health = {.name = "health", .open = on_open, .read = on_read, .close = on_close};
