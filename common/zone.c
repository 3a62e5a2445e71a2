#include "common/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/memory.h"

#define ZONEINFO "/usr/share/zoneinfo"
#define ZONE_FILE_MAX 65536
#define HEADER_BYTES 44

struct transition {
	int64_t at_ms;
	int32_t offset_s; /* from then on */
};

struct zone {
	int32_t first_offset_s; /* before the first transition */
	size_t count;
	struct transition *transitions;
};

struct header {
	uint8_t version;
	uint32_t isut, isstd, leap, times, types, chars;
};

static struct header header_read(struct cursor *c)
{
	struct header h = {0};

	if (cursor_u32(c) != 0x545a6966) /* "TZif" */
		c->failed = true;
	h.version = cursor_u8(c);
	cursor_bytes(c, 15);
	h.isut = cursor_u32(c);
	h.isstd = cursor_u32(c);
	h.leap = cursor_u32(c);
	h.times = cursor_u32(c);
	h.types = cursor_u32(c);
	h.chars = cursor_u32(c);
	if (h.times > 10000 || h.types > 256 || h.chars > 1000 || h.leap > 1000 || h.isut > 256 || h.isstd > 256)
		c->failed = true;
	return h;
}

/* Zoneinfo begins with a transition at minus 2^59 seconds. */
static int64_t seconds_to_ms(int64_t s)
{
	if (s > INT64_MAX / 1000 || s < INT64_MIN / 1000)
		return s > 0 ? INT64_MAX : INT64_MIN;
	return s * 1000;
}

/* The second part of the file, with 64-bit times. */
static void body_read(struct cursor *c, const struct header *h, struct zone *z)
{
	uint8_t kinds[10000] = {0};
	int32_t offsets[256] = {0};

	z->transitions = mem_alloc((h->times + 1) * sizeof(*z->transitions));
	for (uint32_t i = 0; i < h->times; i++)
		z->transitions[i].at_ms = seconds_to_ms((int64_t)cursor_u64(c));
	for (uint32_t i = 0; i < h->times; i++)
		kinds[i] = cursor_u8(c);
	for (uint32_t i = 0; i < h->types; i++) {
		offsets[i] = (int32_t)cursor_u32(c);
		cursor_bytes(c, 2);
		if (offsets[i] < -90000 || offsets[i] > 94000)
			c->failed = true;
	}
	for (uint32_t i = 0; i < h->times && !c->failed; i++)
		z->transitions[i].offset_s = offsets[kinds[i]];
	z->first_offset_s = offsets[0];
	z->count = h->times;
}

static int zone_parse(const uint8_t *data, size_t len, struct zone *z)
{
	struct cursor c = cursor_of(data, len);
	struct header h = header_read(&c);

	if (c.failed || h.version < '2')
		return -EINVAL;
	cursor_bytes(&c, h.times * 5 + h.types * 6 + h.chars + h.leap * 8 + h.isstd + h.isut);
	h = header_read(&c);
	if (c.failed || h.types == 0)
		return -EINVAL;
	body_read(&c, &h, z);
	return c.failed ? -EINVAL : 0;
}

static int zone_file(const char *name, uint8_t *data, size_t *len)
{
	char path[256];
	size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/");

	if (!name[0] || name[good] || name[0] == '/' || strlen(name) > 64)
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/%s", ZONEINFO, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, data, ZONE_FILE_MAX);
	int rc = n < 0 ? -errno : 0;
	close(fd);
	*len = n > 0 ? (size_t)n : 0;
	return rc;
}

int zone_load(const char *name, struct zone **out)
{
	struct zone *z = mem_alloc(sizeof(*z));
	int rc = 0;

	if (name && strcmp(name, "UTC")) {
		uint8_t *data = mem_alloc(ZONE_FILE_MAX);
		size_t len = 0;
		rc = zone_file(name, data, &len);
		if (!rc)
			rc = zone_parse(data, len, z);
		free(data);
	}
	if (rc) {
		zone_free(z);
		z = NULL;
	}
	*out = z;
	return rc;
}

void zone_free(struct zone *z)
{
	if (z)
		free(z->transitions);
	free(z);
}

int64_t zone_offset_ms(const struct zone *z, int64_t utc_ms)
{
	size_t low = 0, high = z ? z->count : 0;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (z->transitions[middle].at_ms <= utc_ms)
			low = middle + 1;
		else
			high = middle;
	}
	if (!z)
		return 0;
	return 1000LL * (low ? z->transitions[low - 1].offset_s : z->first_offset_s);
}

int64_t zone_utc_ms(const struct zone *z, int64_t local_ms)
{
	int64_t guess = local_ms - zone_offset_ms(z, local_ms);

	return local_ms - zone_offset_ms(z, guess);
}
