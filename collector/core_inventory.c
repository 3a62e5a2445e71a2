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

static void put_text(struct buf *b, const char *text)
{
	buf_put_blob(b, text, text ? strlen(text) : 0);
}

/* Tell signs what it posts; the files with the secrets are for core alone. */
static void webhooks_tell(struct core_link *l)
{
	const struct alerts *a = &l->core->inventory->alerts;
	struct buf b = {0};

	buf_reserve(&b, 1024 + a->webhook_count * 256);
	buf_put_varint(&b, a->webhook_count);
	for (size_t i = 0; i < a->webhook_count; i++) {
		buf_put_str(&b, a->webhooks[i].id);
		put_text(&b, vault_text(l->core->vault, a->webhooks[i].secret_file));
		put_text(&b, vault_text(l->core->vault, a->webhooks[i].ca_file));
	}
	channel_send(l->channel, MESSAGE_WEBHOOKS, b.data, b.len);
	explicit_bzero(b.data, b.len);
	buf_free(&b);
}

void core_inventory_tell(struct core_link *l)
{
	struct buf b = {0};

	if (!l->core->inventory)
		return;
	if (!strcmp(l->peer, "tell"))
		webhooks_tell(l);
	buf_put_str(&b, l->core->inventory->digest);
	channel_send(l->channel, MESSAGE_INVENTORY, b.data, b.len);
	buf_free(&b);
}

/* Agents' configurations may have changed: all ask again. */
static void ask_again(struct core *core)
{
	struct buf b = {0};

	core_orders_forget(core);
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

static void vault_put(struct core *core, struct vault *fresh)
{
	vault_free(core->vault);
	core->vault = fresh;
}

/* Takes both. */
static void put_in_force(struct core *core, struct inventory *fresh, struct vault *vault, bool record)
{
	struct inventory *before = core->inventory;

	core->inventory = fresh;
	vault_put(core, vault);
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

static int publish(struct core *core, const struct inventory *fresh, struct conf_errors *errors)
{
	char *folder = collector_state_path(core->config, "inventory");
	int err = inventory_publish(fresh, core->config->inventory, folder);

	free(folder);
	if (err)
		conf_error(errors, core->config->inventory, (struct conf_place){0}, "the copy cannot be written: %s",
		        strerror(-err));
	return err;
}

/* province.yaml is the same; a secret beside it may not be. Takes both; true when one is not. */
static bool refresh_secrets(struct core *core, struct inventory *same, struct vault *vault)
{
	bool changed = !vault_equal(core->vault, vault);

	inventory_free(same);
	if (!changed) {
		vault_free(vault);
		return false;
	}
	vault_put(core, vault);
	ask_again(core);
	struct core_link *tell = core_link_of(core, "tell");
	if (tell)
		webhooks_tell(tell);
	log_info("files that the inventory names have changed: agents are told");
	return true;
}

int core_inventory_load(struct core *core, bool *changed, struct conf_errors *errors)
{
	struct inventory *fresh;
	struct vault *vault = NULL;
	int err = load_from(core, core->config->inventory, &fresh, errors);

	if (changed)
		*changed = false;
	if (err)
		return err;
	bool same = core->inventory && !strcmp(core->inventory->digest, fresh->digest);
	err = vault_load(fresh, core->config->inventory, &vault, errors);
	if (!err && !same)
		err = publish(core, fresh, errors);
	if (err) {
		vault_free(vault);
		inventory_free(fresh);
		return err;
	}
	if (same) {
		same = !refresh_secrets(core, fresh, vault);
	} else {
		char *known = remembered_digest(core);
		put_in_force(core, fresh, vault, !known || strcmp(known, fresh->digest));
		free(known);
	}
	if (changed)
		*changed = !same;
	return 0;
}

static void log_errors(const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error("%s", errors->lines[i]);
}

/* The file is broken at start: the last good one goes on. */
static void fall_back(struct core *core)
{
	struct conf_errors errors = {0};
	struct inventory *old;
	struct vault *vault;
	char *digest = remembered_digest(core);
	char *name = digest ? mem_printf("inventory/%s.yaml", digest) : NULL;
	char *path = name ? collector_state_path(core->config, name) : NULL;

	if (path && !load_from(core, path, &old, &errors)) {
		log_error("%s is broken: the last good inventory stays in force", core->config->inventory);
		/* gear whose secret is gone is left out */
		if (vault_load(old, core->config->inventory, &vault, &errors))
			log_errors(&errors);
		put_in_force(core, old, vault, false);
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
		log_errors(&errors);
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
