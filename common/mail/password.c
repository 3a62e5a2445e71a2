#include "common/mail/password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

int password_read(const char *key, const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
	int status = n < 0 ? -errno : 0;

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	if (fd >= 0)
		close(fd);
	if (status)
		log_error("%s %s: %s", key, path, strerror(-status));
	return status;
}
