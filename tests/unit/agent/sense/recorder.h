/* recorder: a sink that remembers what a sense told, and a folder of its own for what a sense reads. */
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/sink.h"

#define RECORDER_MAX 64

struct recorder {
	struct sink sink;
	struct recorder_row {
		enum metric_class_id class_id;
		char subject[METRIC_INSTANCE_MAX];
		int64_t boot_ms, values[METRIC_COLUMNS_MAX];
	} rows[RECORDER_MAX];
	size_t row_count;
	char events[RECORDER_MAX][512]; /* "kind: text" */
	size_t event_count;
	struct recorder_state {
		enum metric_class_id class_id;
		char subject[METRIC_INSTANCE_MAX];
		bool up;
		enum reason reason;
	} state; /* the last */
	size_t states, urgents;
};

static inline void recorder_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	struct recorder *r = arg;
	struct recorder_row *row = &r->rows[r->row_count++ % RECORDER_MAX];

	row->class_id = class_id;
	row->boot_ms = boot_ms;
	snprintf(row->subject, sizeof(row->subject), "%s", subject);
	memcpy(row->values, values, metric_class(class_id)->count * sizeof(*values));
}

static inline void recorder_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct recorder *r = arg;

	(void)boot_ms;
	snprintf(r->events[r->event_count++ % RECORDER_MAX], sizeof(r->events[0]), "%s: %s", kind, text);
}

static inline void recorder_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	struct recorder *r = arg;

	(void)boot_ms;
	r->state.class_id = class_id;
	r->state.up = up;
	r->state.reason = reason;
	snprintf(r->state.subject, sizeof(r->state.subject), "%s", subject);
	r->states++;
}

static inline void recorder_urgent(void *arg)
{
	((struct recorder *)arg)->urgents++;
}

static inline void recorder_init(struct recorder *r)
{
	memset(r, 0, sizeof(*r));
	r->sink = (struct sink){recorder_row, recorder_event, recorder_state, recorder_urgent, r};
}

static inline const struct recorder_row *recorder_last_row(const struct recorder *r)
{
	return r->row_count ? &r->rows[(r->row_count - 1) % RECORDER_MAX] : NULL;
}

/* "" when there is none. */
static inline const char *recorder_last_event(const struct recorder *r)
{
	return r->event_count ? r->events[(r->event_count - 1) % RECORDER_MAX] : "";
}

/* ---- the folder ---- */

/* Writes `text` into FOLDER/path in place (an open descriptor sees it), making the folders on the way. */
static inline void folder_write(const char *folder, const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", folder, path);
	for (char *p = full + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static inline int folder_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void folder_remove(const char *folder)
{
	nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
