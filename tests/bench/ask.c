#include "tests/bench/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"

static int connect_socket(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(to.sun_path))
		log_die("%s: the path is too long for a socket", path);
	memcpy(to.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		log_die("%s: %s: does the collector run?", path, strerror(errno));
	return fd;
}

json_t *ask_collector(const char *socket_path, json_t *request)
{
	int fd = connect_socket(socket_path);
	char *line = json_dumps(request, JSON_COMPACT);
	struct buf in = {0};
	json_error_t why;

	json_decref(request);
	if (write(fd, line, strlen(line)) < 0 || write(fd, "\n", 1) < 0)
		log_die("%s: %s", socket_path, strerror(errno));
	free(line);
	do {
		buf_reserve(&in, 65536);
		ssize_t n = read(fd, in.data + in.len, in.cap - in.len);
		if (n <= 0)
			log_die("%s: closed before it answered", socket_path);
		in.len += (size_t)n;
	} while (in.data[in.len - 1] != '\n');
	close(fd);
	json_t *answer = json_loadb((char *)in.data, in.len, 0, &why);
	buf_free(&in);
	if (!answer)
		log_die("%s: not JSON: %s", socket_path, why.text);
	const char *error = json_string_value(json_object_get(answer, "error"));
	if (error)
		log_die("the collector refuses: %s", error);
	return answer;
}
