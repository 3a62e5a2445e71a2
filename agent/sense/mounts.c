#include "agent/sense/mounts.h"

#include <fcntl.h>
#include <math.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/memory.h"

#define MOUNTS_MAX 32
#define PATH_BYTES 256
#define LIST_BYTES (64 * 1024) /* a host of many containers; what is beyond is not local disks */

struct mount {
	char number[16]; /* "8:1" of the device: what names it for good */
	char path[PATH_BYTES], type[16], device[64];
	bool seen;
	bool bind_only; /* what we saw of it is a read-only view of it */
	bool listed_ro; /* by the kernel's list */
	bool meant_rw, readonly;
};

struct mounts {
	int list; /* the kernel's list, open for good; -1: not there */
	const struct mounts_handlers *handlers;
	struct mount all[MOUNTS_MAX];
	size_t count;
	char *fstab_rw; /* "\n/\n/data\n": where fstab wants to write */
};

/* Local file systems that are written to. An overlay counts as the root of a container only. */
static const char *const types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "vfat",
        "exfat", "ntfs", "ntfs3", "bcachefs", NULL};

static bool is_local(const char *type, const char *path)
{
	for (const char *const *t = types; *t; t++)
		if (!strcmp(*t, type))
			return true;
	return !strcmp(type, "overlay") && !strcmp(path, "/");
}

/* A word of a list with commas. */
static bool has_option(const char *options, const char *option)
{
	size_t len = strlen(option);

	for (const char *at = options; (at = strstr(at, option)); at += len)
		if ((at == options || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
	return false;
}

/* "\040" stands for a space. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *p = path; *p; p++) {
		unsigned code;

		if (p[0] == '\\' && sscanf(p + 1, "%3o", &code) == 1 && strspn(p + 1, "01234567") >= 3 && code) {
			*to++ = (char)code;
			p += 3;
		} else
			*to++ = *p;
	}
	*to = '\0';
}

static void read_fstab(struct mounts *m, const char *etc_root)
{
	char path[160], text[1024];
	struct mntent entry;
	size_t len = 1;
	FILE *f;

	m->fstab_rw = mem_str("\n");
	snprintf(path, sizeof(path), "%s/fstab", etc_root);
	f = setmntent(path, "re");
	while (f && getmntent_r(f, &entry, text, sizeof(text))) {
		size_t more = strlen(entry.mnt_dir) + 1;

		if (!is_local(entry.mnt_type, entry.mnt_dir) || has_option(entry.mnt_opts, "ro"))
			continue;
		m->fstab_rw = mem_grow(m->fstab_rw, len + more + 1, 1);
		snprintf(m->fstab_rw + len, more + 1, "%s\n", entry.mnt_dir);
		len += more;
	}
	if (f)
		endmntent(f);
}

static bool fstab_wants_rw(const struct mounts *m, const char *path)
{
	char key[PATH_BYTES + 2];

	snprintf(key, sizeof(key), "\n%s\n", path);
	return strstr(m->fstab_rw, key) != NULL;
}

static struct mount *mount_known(struct mounts *m, const char *number)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->all[i].number, number))
			return &m->all[i];
	return NULL;
}

/* proc(5): "36 35 98:0 /root /path options optional... - type device super_options". */
static void list_line(struct mounts *m, char *line)
{
	char number[16], path[PATH_BYTES], options[64], type[16], device[64], super[64];
	char *rest = strstr(line, " - ");
	struct mount *known;
	bool view, readonly;

	if (!rest || sscanf(line, "%*d %*d %15s %*s %255s %63s", number, path, options) != 3 ||
	        sscanf(rest, " - %15s %63s %63s", type, device, super) != 3)
		return;
	unescape(path);
	if (!is_local(type, path))
		return;
	readonly = has_option(super, "ro");
	view = !readonly && has_option(options, "ro");
	known = mount_known(m, number);
	/* one device is mounted at several places: the first that may be written through speaks for it */
	if (known && known->seen && !(known->bind_only && !view))
		return;
	if (!known) {
		if (m->count == MOUNTS_MAX)
			return;
		known = &m->all[m->count++];
		*known = (struct mount){.meant_rw = !readonly && !view};
		strcpy(known->number, number);
	}
	known->seen = true;
	known->bind_only = view;
	known->listed_ro = readonly || view;
	strcpy(known->path, path);
	strcpy(known->type, type);
	strcpy(known->device, device);
	known->meant_rw |= !known->listed_ro || fstab_wants_rw(m, path);
}

void mounts_list(struct mounts *m)
{
	char *text, *rest, *line;
	size_t len = 0, kept = 0;
	ssize_t got;

	if (m->list < 0)
		return;
	text = mem_alloc(LIST_BYTES);
	while (len < LIST_BYTES - 1 && (got = pread(m->list, text + len, LIST_BYTES - 1 - len, (off_t)len)) > 0)
		len += (size_t)got;
	for (size_t i = 0; i < m->count; i++)
		m->all[i].seen = false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		list_line(m, line);
	free(text);
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i].seen)
			m->all[kept++] = m->all[i];
	m->count = kept;
}

static void mount_judge(struct mounts *m, struct mount *f, bool readonly)
{
	if (!readonly)
		f->meant_rw = true;
	readonly = readonly && f->meant_rw;
	if (readonly == f->readonly)
		return;
	f->readonly = readonly;
	m->handlers->on_readonly(m->handlers->arg, f->path, f->type, f->device, readonly);
}

int64_t mounts_look(struct mounts *m, double *inodes_pct)
{
	int64_t readonly = 0;

	*inodes_pct = NAN;
	for (size_t i = 0; i < m->count; i++) {
		struct mount *f = &m->all[i];
		struct statvfs v;
		bool told = !statvfs(f->path, &v);

		mount_judge(m, f, told ? v.f_flag & ST_RDONLY : f->listed_ro);
		readonly += f->readonly;
		if (!told || !v.f_files || v.f_ffree > v.f_files)
			continue;
		double used = 100.0 * (double)(v.f_files - v.f_ffree) / (double)v.f_files;
		if (isnan(*inodes_pct) || used > *inodes_pct)
			*inodes_pct = used;
	}
	return readonly;
}

struct mounts *mounts_open(const char *proc_root, const char *etc_root, const struct mounts_handlers *handlers)
{
	struct mounts *m = mem_alloc(sizeof(*m));
	char path[160];

	snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
	m->list = open(path, O_RDONLY | O_CLOEXEC);
	m->handlers = handlers;
	read_fstab(m, etc_root);
	mounts_list(m);
	return m;
}

void mounts_close(struct mounts *m)
{
	if (m->list >= 0)
		close(m->list);
	free(m->fstab_rw);
	free(m);
}
