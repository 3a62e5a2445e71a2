#include "collector/core.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/coredb.h"
#include "collector/ctl.h"
#include "collector/role.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TICK_MS 60000
#define CERTIFICATES_MS (24 * 3600000)
#define HOST_SIZE 256

/* ---- start ---- */

static char *folder_of(const char *path)
{
	char *copy = mem_str(path), *folder = mem_str(dirname(copy));

	free(copy);
	return folder;
}

static int enter_sandbox(const struct collector_config *config)
{
	char *inventory = folder_of(config->inventory), *socket = folder_of(config->socket);
	const struct sandbox_path paths[] = {
	        {config->state_dir, SANDBOX_WRITE},
	        {socket, SANDBOX_WRITE},
	        {inventory, SANDBOX_READ},
	        {"/usr/share/zoneinfo", SANDBOX_READ},
	        {"/etc/localtime", SANDBOX_READ},
	        {NULL, SANDBOX_READ},
	};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_FILES | SANDBOX_LISTEN, .paths = paths};
	int err = sandbox_enter(&rules);

	free(inventory);
	free(socket);
	return err;
}

static void on_full(bool full, void *arg)
{
	struct core *core = arg;

	/* the journal itself cannot take this now: web and the command line read it from status */
	if (full)
		log_error("%s: the journal takes no more; agents keep their data until there is room",
		        core->config->state_dir);
}

static int open_journal(struct core *core)
{
	const struct journal_limits limits = {
	        .keep_ms = core->config->journal.keep_ms, .max_bytes = core->config->journal.max_bytes};
	char *dir = collector_state_path(core->config, "journal"), name[32];
	int err = journal_open(&core->journal, &core->loop, dir, &limits, on_full, core);

	free(dir);
	if (err)
		return err;
	/* until it has said where it stands, nothing is dropped that a follower may still need */
	journal_set_cursor(core->journal, "judge", 0);
	journal_set_cursor(core->journal, "tell", 0);
	for (int64_t i = 0; i < core->config->series_shards; i++) {
		snprintf(name, sizeof(name), "series-%lld", (long long)i);
		journal_set_cursor(core->journal, name, 0);
	}
	core->woken_id = journal_last_id(core->journal);
	return 0;
}

/* The names under which browsers may reach web, beside those configured. */
static int issue_certificates(struct core *core)
{
	const struct conf_strings *given = &core->config->web.names;
	const char **names = mem_alloc((given->count + 5) * sizeof(*names));
	static const char *const intake_names[] = {"sansang-collector"};
	char host[HOST_SIZE] = "";
	size_t n = 0;

	for (size_t i = 0; i < given->count; i++)
		names[n++] = given->items[i];
	if (!gethostname(host, sizeof(host) - 1) && *host)
		names[n++] = host;
	names[n++] = "localhost";
	names[n++] = "127.0.0.1";
	names[n++] = "::1";
	char *files[] = {collector_state_path(core->config, "tls/web.crt"),
	        collector_state_path(core->config, "tls/web.key"), collector_state_path(core->config, "tls/intake.crt"),
	        collector_state_path(core->config, "tls/intake.key"), collector_state_path(core->config, "tls/ca.pem")};
	int err = ca_issue_server(core->ca, names, n, files[0], files[1]);
	if (err >= 0)
		err = ca_issue_server(core->ca, intake_names, 1, files[2], files[3]);
	if (err >= 0)
		err = ca_export(core->ca, files[4]);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		free(files[i]);
	free(names);
	return err < 0 ? err : 0;
}

static int open_ca(struct core *core)
{
	char *dir = collector_state_path(core->config, "ca");
	const char *province = core->inventory ? core->inventory->id : "sansang";
	int err = ca_open(&core->ca, dir, province);

	free(dir);
	return err ? err : issue_certificates(core);
}

static int write_password(const char *path, const char *password)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;

	if (!err && (dprintf(fd, "%s\n", password) < 0 || fsync(fd)))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* A collector without users is of no use to anybody: the first one is made here. */
static int make_admin(struct core *core)
{
	char password[17], hash[USER_HASH_SIZE];

	if (users_any(core->db))
		return 0;
	char *path = collector_state_path(core->config, "admin.password");
	password_make(password);
	int err = password_hash(password, hash);
	if (!err)
		err = write_password(path, password);
	if (!err)
		err = user_put(core->db, "admin", ROLE_ADMIN, hash, clock_wall_ms());
	if (err)
		log_error("the first user cannot be made: %s", strerror(-err));
	else
		log_warn("first start: user admin was made, its password is in %s", path);
	explicit_bzero(password, sizeof(password));
	free(path);
	if (!err)
		core_journal_act(core,
		        json_pack("{s:s, s:s, s:s, s:s}", "act", "user", "by", "collector", "target", "admin", "text",
		                "admin"),
		        NULL, NULL);
	return err;
}

static int open_ack_key(struct core *core)
{
	char *path = collector_state_path(core->config, "ack.key");
	int err = ackmark_key_load(path, core->ack_key);

	free(path);
	return err;
}

static int open_all(struct core *core)
{
	char *db = collector_state_path(core->config, "core.db");
	int err = open_journal(core);

	if (!err)
		err = coredb_open(&core->db, db);
	free(db);
	if (err)
		return err;
	err = open_ack_key(core);
	if (err)
		return err;
	core->failures = login_failures_new();
	core->view = view_open(core->config);
	core_inventory_start(core);
	err = open_ca(core);
	if (!err)
		err = make_admin(core);
	if (!err)
		err = ctl_open(&core->ctl, core, core->config->socket);
	return err;
}

/* ---- events ---- */

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	core_link_add(peer, index, fd, arg);
}

static void on_reload(void *arg)
{
	struct core *core = arg;
	struct conf_errors errors = {0};
	bool changed;

	if (core_inventory_load(core, &changed, &errors)) {
		for (size_t i = 0; i < errors.count; i++)
			log_error("%s", errors.lines[i]);
		log_error("the inventory is broken; the one before stays in force");
	} else {
		core_journal_act(core,
		        json_pack("{s:s, s:s, s:s, s:s}", "act", "reload", "by", "signal", "target",
		                core->inventory->digest, "text", changed ? "changed" : "unchanged"),
		        NULL, NULL);
	}
	conf_errors_free(&errors);
}

static void on_death(const char *role, unsigned index, const char *how, void *arg)
{
	struct core *core = arg;

	if (!core->stopping)
		core_journal_json(core, RECORD_PROCESS,
		        json_pack("{s:s, s:i, s:s}", "role", role, "index", (int)index, "how", how), NULL, NULL);
}

static void on_stop(void *arg)
{
	struct core *core = arg;

	if (core->stopping)
		return;
	core->stopping = true;
	ctl_close(core->ctl);
	journal_close(core->journal); /* the last answers still go out */
	for (unsigned i = 0; i < core->link_count; i++)
		if (core->links[i].channel)
			channel_close(core->links[i].channel);
	uv_close((uv_handle_t *)&core->wake, NULL);
	uv_close((uv_handle_t *)&core->tick, NULL);
	process_close(core->self);
}

static void on_tick(uv_timer_t *tick)
{
	struct core *core = tick->data;

	sessions_expire(core->db, clock_wall_ms());
	core_inventory_tick(core, clock_wall_ms());
	if (clock_boot_ms() - core->certified_at_ms >= CERTIFICATES_MS) {
		core->certified_at_ms = clock_boot_ms();
		issue_certificates(core); /* logged there; the old ones are good for weeks */
	}
}

/* ---- the role ---- */

static void free_all(struct core *core)
{
	while (core->spare) {
		struct core_answer *a = core->spare;
		core->spare = a->next;
		free(a);
	}
	view_close(core->view);
	core_orders_forget(core);
	inventory_free(core->inventory);
	vault_free(core->vault);
	ca_close(core->ca);
	login_failures_free(core->failures);
	sqlite3_close(core->db);
	OPENSSL_cleanse(core->ack_key, sizeof(core->ack_key));
}

int core_run(struct process *self, void *arg)
{
	static const struct process_events events = {
	        .on_link = on_link, .on_stop = on_stop, .on_reload = on_reload, .on_death = on_death};
	struct core *core = mem_alloc(sizeof(*core));

	core->self = self;
	core->config = arg;
	core->started_at_ms = core->certified_at_ms = clock_boot_ms();
	int err = enter_sandbox(core->config);
	if (err)
		return 1;
	uv_loop_init(&core->loop);
	uv_check_init(&core->loop, &core->wake);
	uv_timer_init(&core->loop, &core->tick);
	core->wake.data = core->tick.data = core;
	if (open_all(core))
		return 1;
	uv_timer_start(&core->tick, on_tick, 0, TICK_MS);
	process_listen(self, &core->loop, &events, core);
	process_ready(self);
	uv_run(&core->loop, UV_RUN_DEFAULT);
	uv_loop_close(&core->loop);
	free_all(core);
	free(core);
	return 0;
}
