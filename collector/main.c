/*
 * main: sansang-collector. The cast of processes, who is joined with whom, and what comes before the first of them starts.
 *
 *   sansang-collector --config F [--check-config]      exit 0 good, 1 a clear error, 2 usage
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/inventory/vault.h"
#include "collector/role.h"
#include "common/log.h"

static const struct process_link links[] = {
        {"intake", "core"},
        {"judge", "core"},
        {"series", "core"},
        {"tell", "core"},
        {"web", "core"},
        {"render", "core"},
        {"render", "series"},
        {"web", "series"},
        {"web", "render"},
        {"tell", "render"},
        {"judge", "web"},
        {NULL, NULL},
};

static const char *const databases[] = {"core.db", "state.db", "outbox.db"};
static const char *const folders[] = {"journal", "inventory", "ca", "tls", "rrd", "captures"};

struct options {
	const char *config, *role;
	bool check, version, help;
};

static const char usage[] = "usage: sansang-collector --config FILE [--check-config]\n"
                            "       sansang-collector --version\n";

/* ---- checks ---- */

static int check_inventory(const struct collector_config *config)
{
	struct conf_errors errors = {0};
	struct inventory *inv;
	struct vault *vault;
	int err = inventory_load(config->inventory, config->timezone, config->language, &inv, &errors);

	if (!err) {
		err = vault_load(inv, config->inventory, &vault, &errors);
		vault_free(vault);
		inventory_free(inv);
	}
	conf_errors_print(&errors);
	conf_errors_free(&errors);
	return err;
}

/* Is there a good copy of an earlier start that core can go on with? */
static bool inventory_known(const struct collector_config *config)
{
	char *path = collector_state_path(config, "inventory");
	DIR *dir = opendir(path);
	bool known = false;

	for (struct dirent *e; dir && !known && (e = readdir(dir));)
		known = e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	free(path);
	return known;
}

static enum log_level level_named(const char *name)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"error", LOG_LEVEL_ERROR}, {"warn", LOG_LEVEL_WARN}, {"info", LOG_LEVEL_INFO},
	        {"debug", LOG_LEVEL_DEBUG}};

	for (size_t i = 0; name && i < sizeof(levels) / sizeof(*levels); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return LOG_LEVEL_INFO;
}

/* ---- the state folder ---- */

/* Makes a folder of ours; one that root makes belongs to the user that the roles will be. */
static int make_folder(const char *path, const struct passwd *owner)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST) {
		fprintf(stderr, "sansang-collector: folder %s cannot be made: %s\n", path, strerror(errno));
		return -errno;
	}
	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "sansang-collector: %s is not a folder\n", path);
		return -ENOTDIR;
	}
	if (owner && !geteuid() && st.st_uid != owner->pw_uid && chown(path, owner->pw_uid, owner->pw_gid)) {
		fprintf(stderr, "sansang-collector: %s cannot be given to %s: %s\n", path, owner->pw_name,
		        strerror(errno));
		return -errno;
	}
	return 0;
}

/*
 * Files that roles open before they change to their user: made here, so that they are its own and other roles can read
 * them. SQLite gives its side files the same owner.
 */
static int make_files(const struct collector_config *config, const struct passwd *owner)
{
	char name[32];

	for (int64_t i = -3; owner && !geteuid() && i < config->series_shards; i++) {
		if (i < 0)
			snprintf(name, sizeof(name), "%s", databases[i + 3]);
		else
			snprintf(name, sizeof(name), "series-%lld.db", (long long)i);
		char *path = collector_state_path(config, name);
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		int err = fd < 0 || fchown(fd, owner->pw_uid, owner->pw_gid) ? -errno : 0;
		if (err)
			fprintf(stderr, "sansang-collector: %s cannot be given to %s: %s\n", path, owner->pw_name,
			        strerror(-err));
		if (fd >= 0)
			close(fd);
		free(path);
		if (err)
			return err;
	}
	return 0;
}

/* Held as long as we live: one collector only. 0 or -errno, said. */
static int lock_state(const struct collector_config *config)
{
	char *path = collector_state_path(config, "lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), err = 0;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		fprintf(stderr, "sansang-collector: %s: %s\n", config->state_dir,
		        err == -EBUSY ? "another collector is running with this state folder" : strerror(-err));
	}
	free(path);
	return err;
}

static int prepare_state(const struct collector_config *config)
{
	const struct passwd *owner = config->user ? getpwnam(config->user) : NULL;
	int err = make_folder(config->state_dir, owner);

	if (!err)
		err = lock_state(config);
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(*folders); i++) {
		char *path = collector_state_path(config, folders[i]);
		err = make_folder(path, owner);
		free(path);
	}
	return err ? err : make_files(config, owner);
}

/* ---- the cast ---- */

static int run(struct collector_config *config, const char *role, char *const *argv)
{
	const struct process_role roles[] = {
	        {"core", core_run, 1, NULL},
	        {"series", series_run, (unsigned)config->series_shards, NULL},
	        {"judge", judge_run, 1, NULL},
	        {"render", render_run, (unsigned)config->render_workers, NULL},
	        {"tell", tell_run, 1, NULL},
	        {"intake", intake_run, (unsigned)config->agents.workers, NULL},
	        {"web", web_run, 1, NULL},
	        {NULL, NULL, 0, NULL},
	};
	const struct process_table table = {
	        .roles = roles, .links = links, .witness = "core", .argv = argv, .arg = config};
	char name[64] = "sansang-collector";

	umask(0077);
	if (role)
		snprintf(name, sizeof(name), "sansang-collector %.*s", (int)strcspn(role, "/"), role);
	log_open(name, level_named(config->log_level));
	/* nothing to go on with: say what is wrong before anything is made */
	if (!role && !inventory_known(config) && check_inventory(config))
		return 1;
	if (!role && prepare_state(config))
		return 1;
	return process_main(&table, role);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
	        {"config", required_argument, NULL, 'c'},
	        {"check-config", no_argument, NULL, 'k'},
	        {"role", required_argument, NULL, 'r'}, /* of the supervisor's children */
	        {"version", no_argument, NULL, 'v'},
	        {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'r':
			o->role = optarg;
			break;
		case 'v':
			o->version = true;
			break;
		case 'h':
			o->help = true;
			break;
		default:
			return -EINVAL;
		}
	}
	return optind == argc && (o->config || o->version || o->help) ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct collector_config config;
	struct conf_errors errors = {0};

	if (parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return 2;
	}
	if (o.help || o.version) {
		fputs(o.help ? usage : "sansang-collector " SANSANG_VERSION "\n", stdout);
		return 0;
	}
	int err = collector_config_load(o.config, &config, &errors);
	conf_errors_print(&errors);
	conf_errors_free(&errors);
	if (err)
		return 1;
	int status;
	if (o.check)
		status = check_inventory(&config) ? 1 : 0;
	else
		status = run(&config, o.role, argv);
	collector_config_free(&config);
	return status;
}
