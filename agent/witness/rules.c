#include "agent/witness/rules.h"

#include <errno.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

/* Made while we may still be root, for the user that we become. */
static int folder_make(const struct agent_config *c, const char *folder)
{
	struct passwd *pw = c->user && !geteuid() ? getpwnam(c->user) : NULL;

	if ((mkdir(folder, 0700) && errno != EEXIST) || (pw && chown(folder, pw->pw_uid, pw->pw_gid))) {
		log_error("%s: %s", folder, strerror(errno));
		return -errno;
	}
	return 0;
}

/* The C library loads its resolver's modules late: before the files are out of reach. */
static void resolver_warm(void)
{
	struct addrinfo *none = NULL, hints = {.ai_flags = AI_NUMERICHOST};

	if (!getaddrinfo("127.0.0.1", "25", &hints, &none))
		freeaddrinfo(none);
}

int rules_enter_witness(const struct agent_config *c)
{
	char *folder = mem_printf("%s/witness", c->state_dir);
	struct sandbox_path paths[] = {
	        {folder, SANDBOX_WRITE},
	        {"/etc", SANDBOX_READ}, /* the resolver's files, the trusted authorities */
	        {"/run/systemd/resolve", SANDBOX_READ},
	        {"/usr/share", SANDBOX_READ},
	        {"/usr/lib", SANDBOX_READ},
	        {"/lib", SANDBOX_READ},
	        {NULL, SANDBOX_READ},
	};
	const struct sandbox rules = {.user = c->user, .calls = SANDBOX_CONNECT | SANDBOX_FILES, .paths = paths};
	int status = folder_make(c, folder);

	resolver_warm();
	status = status ? status : sandbox_enter(&rules);
	free(folder);
	return status;
}
