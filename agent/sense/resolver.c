#include "agent/sense/resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/memory.h"

#define FILE_BYTES 8192
#define STUB "127.0.0.53" /* systemd-resolved: its own file names those that it asks */

struct resolver {
	const struct sense_context *context;
	char *path, *behind_stub;
	struct timespec changed;
	ino_t inode;
	char told[RESOLVER_TEXT];
};

static bool is_address(const char *text)
{
	char plain[INET6_ADDRSTRLEN];
	uint8_t address[16];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(text, "%"), text);
	return inet_pton(AF_INET, plain, address) == 1 || inet_pton(AF_INET6, plain, address) == 1;
}

/* Appends " ADDRESS" for each nameserver line. */
static void servers_of(char *file, char out[RESOLVER_TEXT])
{
	char *rest = file, *line, *word;

	while ((line = strsep(&rest, "\n"))) {
		char *words = line + strspn(line, " \t");

		if (strncmp(words, "nameserver", 10) || !words[10] || !strchr(" \t", words[10]))
			continue;
		words += 10 + strspn(words + 10, " \t");
		word = strsep(&words, " \t\r#;");
		if (is_address(word) && strlen(out) + strlen(word) + 2 < RESOLVER_TEXT) {
			strcat(out, " ");
			strcat(out, word);
		}
	}
}

void resolver_servers(const char *path, char out[RESOLVER_TEXT])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char file[FILE_BYTES];
	ssize_t got = fd < 0 ? -1 : read(fd, file, sizeof(file) - 1);

	if (fd >= 0)
		close(fd);
	file[got > 0 ? got : 0] = '\0';
	out[0] = '\0';
	servers_of(file, out);
}

static void read_servers(const struct resolver *r, char out[RESOLVER_TEXT])
{
	char behind[RESOLVER_TEXT];

	resolver_servers(r->path, out);
	if (!strcmp(out, " " STUB)) {
		resolver_servers(r->behind_stub, behind);
		if (strlen(out) + strlen(behind) < RESOLVER_TEXT)
			strcat(out, behind);
	}
	if (!out[0])
		strcpy(out, " none");
}

static void look(struct resolver *r, int64_t boot_ms)
{
	const struct sink *sink = r->context->sink;
	char servers[RESOLVER_TEXT], text[RESOLVER_TEXT + 16];
	struct stat st = {0};

	if (!stat(r->path, &st) && st.st_ino == r->inode && st.st_mtim.tv_sec == r->changed.tv_sec &&
	        st.st_mtim.tv_nsec == r->changed.tv_nsec && r->told[0])
		return;
	r->inode = st.st_ino;
	r->changed = st.st_mtim;
	read_servers(r, servers);
	if (!strcmp(servers, r->told))
		return;
	memcpy(r->told, servers, sizeof(servers));
	snprintf(text, sizeof(text), "resolver%s", servers);
	sink->event(sink->arg, boot_ms, "resolver", text);
}

static void resolver_read(void *state, int64_t boot_ms)
{
	look(state, boot_ms);
}

static void resolver_start(void *state)
{
	look(state, clock_boot_ms());
}

static void *resolver_open(const struct sense_context *context)
{
	struct resolver *r = mem_alloc(sizeof(*r));

	r->context = context;
	r->path = mem_printf("%s/resolv.conf", context->etc_root);
	r->behind_stub = mem_str("/run/systemd/resolve/resolv.conf");
	return r;
}

static void resolver_close(void *state)
{
	struct resolver *r = state;

	free(r->path);
	free(r->behind_stub);
	free(r);
}

const struct sense sense_resolver = {
        .name = "resolver",
        .open = resolver_open,
        .start = resolver_start,
        .read = resolver_read,
        .close = resolver_close,
};
