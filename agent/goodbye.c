#include "agent/goodbye.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <utmpx.h>

static bool exists(const char *run, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", run, name);
	return !access(path, F_OK);
}

static bool run_level_ends(void)
{
	struct utmpx wanted = {.ut_type = RUN_LVL}, *found;
	bool ends;

	setutxent();
	found = getutxid(&wanted);
	ends = found && (found->ut_pid % 256 == '0' || found->ut_pid % 256 == '6');
	endutxent();
	return ends;
}

const char *goodbye_reason(const char *run)
{
	bool host = exists(run, "nologin") || exists(run, "systemd/shutdown/scheduled") || run_level_ends();

	return host ? "host shutting down" : "asked to stop";
}
