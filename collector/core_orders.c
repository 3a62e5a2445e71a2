/* What each agent shall do, as it is now, and which version of it: the inventory and the vault's secrets together. */
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/clock.h"
#include "common/memory.h"

static int64_t step_of(const struct core *core, const struct node *n)
{
	return n->at && n->at->step_ms ? n->at->step_ms : core->config->step_ms;
}

/* The room for the version of `n`, made when missing. */
static char *version_slot(struct core *core, const struct node *n)
{
	if (!core->versions)
		core->versions = mem_alloc((core->inventory->node_count + 1) * sizeof(*core->versions));
	return core->versions[n - core->inventory->nodes];
}

char *core_orders(struct core *core, const struct node *n)
{
	return inventory_agent_config(
	        core->inventory, core->vault, n, step_of(core, n), clock_wall_ms(), version_slot(core, n));
}

const char *core_orders_version(struct core *core, const struct node *n)
{
	char *version = version_slot(core, n);

	if (!*version)
		core_orders_free(core_orders(core, n));
	return version;
}

void core_orders_free(char *orders)
{
	if (orders)
		explicit_bzero(orders, strlen(orders));
	free(orders);
}

void core_orders_forget(struct core *core)
{
	free(core->versions);
	core->versions = NULL;
}
