#include "agent/sense/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "agent/sense/lastrun.h"
#include "agent/sense/sysfile.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define WRITE_MS 29000                           /* half a minute, by steps that come a little early */
#define PLAUSIBLE_WALL_MS INT64_C(1735689600000) /* 2025: before it, a clock was never set */
#define AWAY_MAX_MS (INT64_C(10) * 365 * 86400 * 1000)

struct boot {
	const struct sense_context *context;
	struct lastrun now, last;
	bool rebooted; /* `last` is another boot's */
	enum ending ending;
	bool panicked;
	int fd; /* -errno: it could not be opened */
	int64_t written_boot_ms;
};

/* "3h12m": the two largest units. */
static void print_span(int64_t ms, char *out, size_t size)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
	size_t i = 0, at;

	while (i < 3 && ms < units[i].ms)
		i++;
	at = (size_t)snprintf(out, size, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
	if (i < 3 && ms % units[i].ms >= units[i + 1].ms)
		snprintf(out + at, size - at, "%" PRId64 "%s", ms % units[i].ms / units[i + 1].ms, units[i + 1].name);
}

/* The clock is right now: kept by a server, or it was set at boot from one with a battery. */
static bool clock_believed(const struct sense_context *context)
{
	struct timex t = {0};
	int64_t from_battery = 0;

	if (adjtimex(&t) >= 0 && !(t.status & STA_UNSYNC))
		return true;
	return sysfile_number(&from_battery, "%s/class/rtc/rtc0/hctosys", context->sys_root) && from_battery == 1;
}

static void tell_last(struct boot *b)
{
	const struct sink *s = b->context->sink;
	int64_t began_ms = b->now.wall_ms - b->now.boot_ms, away_ms = began_ms - b->last.wall_ms;
	bool clean = b->ending == ENDING_UNKNOWN ? b->last.stopped : b->ending == ENDING_CLEAN;
	char text[256], until[32], on[32], away[32] = "unknown";

	if (b->last.wall_ms < PLAUSIBLE_WALL_MS)
		strcpy(until, "unknown");
	else
		clock_format_utc(b->last.wall_ms, until, sizeof(until));
	print_span(b->last.boot_ms, on, sizeof(on));
	if (b->last.wall_ms >= PLAUSIBLE_WALL_MS && away_ms >= 0 && away_ms < AWAY_MAX_MS && clock_believed(b->context))
		print_span(away_ms, away, sizeof(away));
	snprintf(text, sizeof(text), "host %s%s, was on until %s for %s, away %s",
	        clean && !b->panicked ? "clean" : "unclean", b->panicked ? " kernel panic" : "", until, on, away);
	log_info("boot: %s", text);
	s->event(s->arg, b->now.boot_ms, "boot", text);
}

static void write_now(struct boot *b, bool sync)
{
	int status;

	b->now.boot_ms = clock_boot_ms();
	b->now.wall_ms = clock_wall_ms();
	b->written_boot_ms = b->now.boot_ms;
	if (b->fd < 0)
		return;
	status = lastrun_write(b->fd, &b->now, sync);
	if (!status)
		return;
	log_warn("boot: cannot keep how far this run came: %s", strerror(-status));
	close(b->fd);
	b->fd = status;
}

static void *on_open(const struct sense_context *context)
{
	struct boot *b = mem_alloc(sizeof(*b));
	char var_root[PATH_MAX];
	int status;

	b->context = context;
	b->fd = -EBADF;
	b->now.boot_ms = clock_boot_ms();
	b->now.wall_ms = clock_wall_ms();
	if (clock_boot_id(b->now.boot_id)) {
		free(b);
		return NULL;
	}
	status = lastrun_read(context->config->state_dir, &b->last);
	if (status && status != -ENOENT)
		log_warn("boot: how far the last run came cannot be read: %s", strerror(-status));
	b->rebooted = !status && memcmp(b->last.boot_id, b->now.boot_id, BOOT_ID_BYTES);
	if (!b->rebooted)
		return b;
	snprintf(var_root, sizeof(var_root), "%s/../var", context->etc_root);
	b->ending = lastrun_wtmp(var_root, b->now.wall_ms - b->now.boot_ms);
	b->panicked = lastrun_panicked(context->sys_root, var_root, b->now.wall_ms - b->now.boot_ms);
	return b;
}

/* As the user that we run as: the file is ours to write until the end. */
static void on_start(void *state)
{
	struct boot *b = state;

	if (b->rebooted)
		tell_last(b);
	b->fd = lastrun_open(b->context->config->state_dir);
	if (b->fd < 0)
		log_warn("boot: cannot keep how far this run came: %s", strerror(-b->fd));
	write_now(b, true);
}

static void on_read(void *state, int64_t boot_ms)
{
	struct boot *b = state;

	if (boot_ms - b->written_boot_ms >= WRITE_MS)
		write_now(b, false);
}

static void on_stop(void *state)
{
	struct boot *b = state;

	b->now.stopped = true;
	write_now(b, true);
}

static void on_close(void *state)
{
	struct boot *b = state;

	if (b->fd >= 0)
		close(b->fd);
	free(b);
}

const struct sense sense_boot =
        {.name = "boot", .open = on_open, .start = on_start, .read = on_read, .stop = on_stop, .close = on_close};
