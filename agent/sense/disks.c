#include "agent/sense/disks.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/sysfile.h"
#include "common/memory.h"

#define DISKS_MAX 64
#define FAULT_BYTES 64
#define STRIKES 2 /* looks in a row that find a fault which may pass */
#define LIFE_WORN 0x0b
#define PRE_EOL_URGENT 3

struct disk {
	char name[32];
	bool file_system; /* of <sys>/fs/ext4, else of <sys>/block */
	bool seen, known, writable;
	uint64_t done, waiting; /* requests of the last look */
	unsigned strikes;
	char fault[FAULT_BYTES], told[FAULT_BYTES]; /* "" well */
};

struct disks {
	const char *root;
	const struct disks_handlers *handlers;
	struct disk all[DISKS_MAX];
	size_t count;
};

/* Beginnings of names that are no hardware. */
static const char *const virtual_names[] = {"loop", "ram", "zram", "sr", "fd", "nbd", "dm-", NULL};

/* What a sick device may say for a moment while it is reset: bad when it still says so at the next look. */
static const char *const passing_states[] = {
        "blocked", "quiesce", "created", "created-blocked", "resetting", "connecting", "new", "deleting", NULL};
static const char *const good_states[] = {"running", "live", NULL};

static bool among(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

/* ---- faults: each says true and why; `passing` ones must be found twice in a row ---- */

static bool find_state(const struct disks *d, struct disk *k, bool *passing)
{
	char state[32];

	if (!sysfile_text(state, sizeof(state), "%s/block/%s/device/state", d->root, k->name) || !state[0] ||
	        among(good_states, state))
		return false;
	*passing = among(passing_states, state);
	snprintf(k->fault, FAULT_BYTES, "%s", state);
	return true;
}

static bool find_missing_members(const struct disks *d, struct disk *k, bool *passing)
{
	int64_t missing;

	(void)passing;
	if (!sysfile_number(&missing, "%s/block/%s/md/degraded", d->root, k->name) || missing <= 0)
		return false;
	snprintf(k->fault, FAULT_BYTES, "degraded: members missing: %" PRId64, missing);
	return true;
}

static bool find_wear(const struct disks *d, struct disk *k, bool *passing)
{
	unsigned a, b = 0;
	char life[32];
	int64_t eol;

	(void)passing;
	if (sysfile_text(life, sizeof(life), "%s/block/%s/device/life_time", d->root, k->name) &&
	        sscanf(life, "%x %x", &a, &b) >= 1 && (a >= LIFE_WORN || b >= LIFE_WORN)) {
		snprintf(k->fault, FAULT_BYTES, "worn out");
		return true;
	}
	if (!sysfile_number(&eol, "%s/block/%s/device/pre_eol_info", d->root, k->name) || eol < PRE_EOL_URGENT)
		return false;
	snprintf(k->fault, FAULT_BYTES, "spare blocks are used up");
	return true;
}

static bool find_readonly(const struct disks *d, struct disk *k, bool *passing)
{
	int64_t readonly;

	(void)passing;
	if (!sysfile_number(&readonly, "%s/block/%s/ro", d->root, k->name))
		return false;
	k->writable |= !readonly;
	if (!readonly || !k->writable)
		return false;
	snprintf(k->fault, FAULT_BYTES, "read-only");
	return true;
}

/* <sys>/block/NAME/stat, Documentation/block/stat.rst: [0] reads, [4] writes, [8] in flight, [11] discards, [15] flushes. */
static bool find_hang(const struct disks *d, struct disk *k, bool *passing)
{
	uint64_t v[17] = {0}, done, was_done = k->done, was_waiting = k->waiting;
	char text[256], *at = text, *end;

	*passing = true;
	if (!sysfile_text(text, sizeof(text), "%s/block/%s/stat", d->root, k->name))
		return false;
	for (int i = 0; i < 17; i++, at = end) {
		v[i] = strtoull(at, &end, 10);
		if (end == at)
			break;
	}
	done = v[0] + v[4] + v[11] + v[15];
	k->done = done;
	k->waiting = v[8];
	if (!k->known || !was_waiting || !v[8] || done != was_done)
		return false;
	*passing = false; /* two looks have gone into it */
	snprintf(k->fault, FAULT_BYTES, "hangs");
	return true;
}

static bool find_errors(const struct disks *d, struct disk *k, bool *passing)
{
	int64_t errors;

	(void)passing;
	if (!sysfile_number(&errors, "%s/fs/ext4/%s/errors_count", d->root, k->name) || errors <= 0)
		return false;
	snprintf(k->fault, FAULT_BYTES, "ext4 counted errors: %" PRId64, errors);
	return true;
}

static const struct {
	bool (*find)(const struct disks *d, struct disk *k, bool *passing);
	bool file_system;
} faults[] = {
        {find_state, false},
        {find_readonly, false},
        {find_missing_members, false},
        {find_wear, false},
        {find_hang, false}, /* keeps counts: none may stand before it that is found in each look of a well disk */
        {find_errors, true},
};

static void disk_look(struct disks *d, struct disk *k)
{
	bool passing = false, bad = false;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]) && !bad; i++) {
		passing = false;
		bad = faults[i].file_system == k->file_system && faults[i].find(d, k, &passing);
	}
	k->known = true;
	k->strikes = bad ? k->strikes + 1 : 0;
	if (!bad || (passing && k->strikes < STRIKES))
		k->fault[0] = '\0';
	if (!strcmp(k->fault, k->told))
		return;
	strcpy(k->told, k->fault);
	d->handlers->on_disk(d->handlers->arg, k->name, k->fault[0] ? k->fault : NULL);
}

static struct disk *disk_at(struct disks *d, const char *name, bool file_system)
{
	struct disk *k;

	for (size_t i = 0; i < d->count; i++)
		if (d->all[i].file_system == file_system && !strcmp(d->all[i].name, name))
			return &d->all[i];
	if (d->count == DISKS_MAX || strlen(name) >= sizeof(k->name))
		return NULL;
	k = &d->all[d->count++];
	*k = (struct disk){.file_system = file_system};
	strcpy(k->name, name);
	return k;
}

static void look_at_all(struct disks *d, const char *folder, bool file_system)
{
	char path[320];
	struct dirent *e;
	struct disk *k;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", d->root, folder);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		bool skip = e->d_name[0] == '.';

		for (const char *const *v = virtual_names; *v && !file_system; v++)
			skip |= !strncmp(e->d_name, *v, strlen(*v));
		k = skip ? NULL : disk_at(d, e->d_name, file_system);
		if (!k)
			continue;
		k->seen = true;
		disk_look(d, k);
	}
	if (dir)
		closedir(dir);
}

/* A disk that is no longer there: one that was bad is told of as gone by the kernel's own words before; nothing is known now. */
static void forget_gone(struct disks *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (d->all[i].seen)
			d->all[kept++] = d->all[i];
		else if (d->all[i].told[0])
			d->handlers->on_disk(d->handlers->arg, d->all[i].name, NULL);
	}
	d->count = kept;
}

int64_t disks_look(struct disks *d)
{
	int64_t bad = 0;

	for (size_t i = 0; i < d->count; i++)
		d->all[i].seen = false;
	look_at_all(d, "block", false);
	look_at_all(d, "fs/ext4", true);
	forget_gone(d);
	for (size_t i = 0; i < d->count; i++)
		bad += d->all[i].told[0] != '\0';
	return bad;
}

struct disks *disks_open(const char *sys_root, const struct disks_handlers *handlers)
{
	struct disks *d = mem_alloc(sizeof(*d));

	d->root = sys_root;
	d->handlers = handlers;
	return d;
}

void disks_close(struct disks *d)
{
	free(d);
}
