#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/inventory/inventory.h"
#include "common/memory.h"

static int bytes_copy(int from, int to)
{
	char block[65536];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0)
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(to, block + done, (size_t)(n - done))) < 0)
				return -errno;
	return n < 0 ? -errno : 0;
}

static int file_copy(const char *from, const char *to)
{
	char *part = mem_printf("%s.part", to);
	int in = open(from, O_RDONLY | O_CLOEXEC), rc = in < 0 ? -errno : 0;
	int out = rc ? -1 : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (!rc && out < 0)
		rc = -errno;
	if (!rc)
		rc = bytes_copy(in, out);
	if (!rc && fsync(out) < 0)
		rc = -errno;
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	if (!rc && rename(part, to) < 0)
		rc = -errno;
	if (rc && out >= 0)
		unlink(part);
	free(part);
	return rc;
}

static int folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

int inventory_publish(const struct inventory *inv, const char *path, const char *folder)
{
	char *yaml = mem_printf("%s/%s.yaml", folder, inv->digest),
	     *map = mem_printf("%s/%s.topojson", folder, inv->digest);
	int rc = inv->map ? file_copy(inv->map, map) : 0;

	/* The map first: whoever sees the copy sees its map. */
	if (!rc)
		rc = file_copy(path, yaml);
	if (!rc)
		rc = folder_sync(folder);
	free(yaml);
	free(map);
	return rc;
}
