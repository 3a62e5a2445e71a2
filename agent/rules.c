#include "agent/rules.h"

#include <libgen.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define PATHS_MAX 64

/* What names need to be resolved: the C library loads its modules late. */
static const char *const resolver_paths[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf",
        "/etc/gai.conf", "/etc/services", "/etc/ld.so.cache", "/etc/localtime", "/run/systemd/resolve", "/dev/urandom",
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", NULL};

static const char *const agent_paths[] = {"/proc", "/sys/class/net", "/sys/devices", "/sys/block", "/sys/class/hwmon",
        "/sys/class/thermal", "/sys/class/rtc", "/sys/fs/ext4", "/etc/ssl", NULL};

/* Authorities by which certificates of services are judged. */
static const char *const trust_paths[] = {"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates", NULL};

struct path_list {
	struct sandbox_path paths[PATHS_MAX];
	size_t count;
};

static void add(struct path_list *l, const char *path, enum sandbox_path_mode mode)
{
	if (l->count < PATHS_MAX - 1)
		l->paths[l->count++] = (struct sandbox_path){path, mode};
}

static void add_all(struct path_list *l, const char *const *paths)
{
	for (const char *const *p = paths; *p; p++)
		add(l, *p, SANDBOX_READ);
}

static void add_extra(struct path_list *l, const struct agent_config *c)
{
	for (size_t i = 0; i < c->sandbox_read.count; i++) {
		log_info("sandbox: may also read %s", c->sandbox_read.items[i]);
		add(l, c->sandbox_read.items[i], SANDBOX_READ);
	}
}

static bool token_awaited(const struct agent_config *c)
{
	char *certificate = mem_printf("%s/agent.crt", c->state_dir);
	bool awaited = !access(c->token_file, F_OK) || access(certificate, F_OK);

	free(certificate);
	return awaited;
}

int rules_enter_agent(const struct agent_config *c)
{
	struct path_list l = {0};
	struct sandbox rules = {
	        .user = c->user, .calls = SANDBOX_CONNECT | SANDBOX_NETLINK | SANDBOX_FILES, .paths = l.paths};
	char *token = mem_str(c->token_file);
	int status;

	add_all(&l, resolver_paths);
	add_all(&l, agent_paths);
	add(&l, c->state_dir, SANDBOX_WRITE);
	/* a used token is removed, which is a right on its folder; it may also be laid down later */
	if (token)
		add(&l, dirname(token), token_awaited(c) ? SANDBOX_WRITE : SANDBOX_READ);
	add_extra(&l, c);
	status = sandbox_enter(&rules);
	free(token);
	return status;
}

int rules_enter_eyes(const struct agent_config *c)
{
	struct path_list l = {0};
	struct sandbox rules = {.user = c->user, .calls = SANDBOX_CONNECT | SANDBOX_NETLINK, .paths = l.paths};

	add_all(&l, resolver_paths);
	add_all(&l, trust_paths);
	add_extra(&l, c);
	return sandbox_enter(&rules);
}

void rules_spare_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024);
	mallopt(M_TOP_PAD, 16 * 1024);
	setenv("UV_THREADPOOL_SIZE", "2", 0); /* lookups of names only */
}
