#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/coredb.h"
#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

/* ---- telling ---- */

void core_inventory_tell(struct core_link *l)
{
	struct buf b = {0};

	if (!l->core->inventory)
		return;
	buf_put_str(&b, l->core->inventory->digest);
	channel_send(l->channel, MESSAGE_INVENTORY, b.data, b.len);
	buf_free(&b);
}

/* Agents' configurations may have changed: all ask again. */
static void ask_again(struct core *core)
{
	struct buf b = {0};

	buf_put_str(&b, "");
	buf_put_str(&b, "");
	buf_put_blob(&b, NULL, 0);
	core_send(core, "intake", MESSAGE_CONFIG, &b);
	buf_free(&b);
}

/* Nodes that are no more lose their connection now. */
static void cut_off_removed(struct core *core, const struct inventory *before)
{
	for (size_t i = 0; before && i < before->node_count; i++) {
		struct buf b = {0};
		if (inventory_node(core->inventory, before->nodes[i].id))
			continue;
		buf_put_str(&b, before->nodes[i].id);
		core_send(core, "intake", MESSAGE_REVOKE, &b);
		buf_free(&b);
	}
}

/* ---- putting in force ---- */

static char *remembered_digest(struct core *core)
{
	sqlite3_stmt *st = coredb_query(core->db, "SELECT value FROM fact WHERE name = 'inventory'", "");
	char *digest = st && sqlite3_step(st) == SQLITE_ROW ? mem_str(coredb_text(st, 0)) : NULL;

	sqlite3_finalize(st);
	return digest;
}

static void on_recorded(int status, int64_t id, void *arg)
{
	struct core *core = arg;

	(void)id;
	/* not recorded: the next start does it again, readers bear it twice */
	if (status || !core->inventory)
		return;
	coredb_run(core->db,
	        "INSERT INTO fact(name, value) VALUES('inventory', ?) ON CONFLICT(name) DO UPDATE SET"
	        " value = excluded.value",
	        "s", core->inventory->digest);
}

static void put_in_force(struct core *core, struct inventory *fresh, bool record)
{
	struct inventory *before = core->inventory;

	core->inventory = fresh;
	view_set_inventory(core->view, fresh);
	if (record)
		core_journal_json(
		        core, RECORD_INVENTORY, json_pack("{s:s}", "digest", fresh->digest), on_recorded, core);
	cut_off_removed(core, before);
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].channel && strcmp(core->links[i].peer, "intake"))
			core_inventory_tell(&core->links[i]);
	ask_again(core);
	inventory_free(before);
	log_info("inventory %.12s in force: %zu units, %zu sites, %zu nodes, %zu services", fresh->digest,
	        fresh->unit_count, fresh->site_count, fresh->node_count, fresh->service_count);
}

static int load_from(struct core *core, const char *path, struct inventory **out, struct conf_errors *errors)
{
	return inventory_load(path, core->config->timezone, core->config->language, out, errors);
}

int core_inventory_load(struct core *core, bool *changed, struct conf_errors *errors)
{
	struct inventory *fresh;
	int err = load_from(core, core->config->inventory, &fresh, errors);

	if (changed)
		*changed = false;
	if (err)
		return err;
	if (core->inventory && !strcmp(core->inventory->digest, fresh->digest)) {
		inventory_free(fresh);
		return 0;
	}
	char *folder = collector_state_path(core->config, "inventory");
	err = inventory_publish(fresh, core->config->inventory, folder);
	free(folder);
	if (err) {
		conf_error(errors, core->config->inventory, (struct conf_place){0}, "the copy cannot be written: %s",
		        strerror(-err));
		inventory_free(fresh);
		return err;
	}
	char *known = remembered_digest(core);
	put_in_force(core, fresh, !known || strcmp(known, fresh->digest));
	free(known);
	if (changed)
		*changed = true;
	return 0;
}

/* The file is broken at start: the last good one goes on. */
static void fall_back(struct core *core)
{
	struct conf_errors errors = {0};
	struct inventory *old;
	char *digest = remembered_digest(core);
	char *name = digest ? mem_printf("inventory/%s.yaml", digest) : NULL;
	char *path = name ? collector_state_path(core->config, name) : NULL;

	if (path && !load_from(core, path, &old, &errors)) {
		log_error("%s is broken: the last good inventory stays in force", core->config->inventory);
		put_in_force(core, old, false);
	} else {
		log_error("%s is broken and there is no earlier one: no agent is let in", core->config->inventory);
	}
	conf_errors_free(&errors);
	free(path);
	free(name);
	free(digest);
}

void core_inventory_start(struct core *core)
{
	struct conf_errors errors = {0};

	if (core_inventory_load(core, NULL, &errors)) {
		for (size_t i = 0; i < errors.count; i++)
			log_error("%s", errors.lines[i]);
		fall_back(core);
	}
	conf_errors_free(&errors);
}

static bool passed(int64_t instant, int64_t from, int64_t until)
{
	return instant > from && instant <= until;
}

void core_inventory_tick(struct core *core, int64_t now_ms)
{
	const struct inventory *inv = core->inventory;
	int64_t before = core->ticked_at_ms;
	bool any = false;

	core->ticked_at_ms = now_ms;
	if (!inv || !before)
		return;
	for (size_t i = 0; i < inv->service_count && !any; i++)
		any = passed(inv->services[i].from, before, now_ms) || passed(inv->services[i].until, before, now_ms);
	for (size_t i = 0; i < inv->unit_count && !any; i++)
		any = passed(inv->units[i].from, before, now_ms) || passed(inv->units[i].until, before, now_ms);
	if (any)
		ask_again(core);
}
