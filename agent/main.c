#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/doctor.h"
#include "agent/eyes.h"
#include "agent/look.h"
#include "agent/look_snmp.h"
#include "agent/look_trace.h"
#include "common/log.h"
#include "common/process.h"

static const struct process_link links[] = {
        {"agent", "eyes"},
        {"agent", "witness"},
        {NULL, NULL},
};

/* For a technician at the box; they get the words after their name. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
        {"doctor", doctor_command},
        {"probe", look_command},
        {"snmp", look_snmp},
        {"trace", look_trace_command},
};

static const char usage[] = "usage: sansang-agent --config FILE [--check-config]\n"
                            "       sansang-agent doctor [--json]                 (doctor --help)\n"
                            "       sansang-agent probe TYPE TARGET [--json]      (probe --help)\n"
                            "       sansang-agent snmp HOST[:PORT] [--json]       (snmp --help)\n"
                            "       sansang-agent trace TARGET[:PORT] [--json]\n"
                            "       sansang-agent --version\n";

struct options {
	const char *config, *role;
	bool check, version, help;
};

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "sansang-agent: %s%s%s\n%s", what, word ? ": " : "", word ? word : "", usage);
	return 2;
}

static int options_read(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char **value = !strcmp(argv[i], "--config") ? &o->config
		                     : !strcmp(argv[i], "--role") ? &o->role
		                                                  : NULL;

		if (value && i + 1 == argc)
			return usage_error("a value is missing after", argv[i]);
		if (value)
			*value = argv[++i];
		else if (!strcmp(argv[i], "--check-config"))
			o->check = true;
		else if (!strcmp(argv[i], "--version"))
			o->version = true;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			o->help = true;
		else
			return usage_error("not understood", argv[i]);
	}
	return 0;
}

static enum log_level level_of(const char *name)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"error", LOG_LEVEL_ERROR}, {"warn", LOG_LEVEL_WARN}, {"debug", LOG_LEVEL_DEBUG}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (name && !strcmp(name, levels[i].name))
			return levels[i].level;
	return LOG_LEVEL_INFO;
}

/* The token is often laid down by root for root alone; one that is older than the certificate is used, and only root may remove it. */
static void hand_over_token(const struct agent_config *c, const struct passwd *pw)
{
	struct stat token, certificate;
	char path[4096];

	snprintf(path, sizeof(path), "%s/agent.crt", c->state_dir);
	if (!c->token_file || stat(c->token_file, &token))
		return;
	if (!stat(path, &certificate) && (certificate.st_mtim.tv_sec > token.st_mtim.tv_sec ||
	                                         (certificate.st_mtim.tv_sec == token.st_mtim.tv_sec &&
	                                                 certificate.st_mtim.tv_nsec > token.st_mtim.tv_nsec)))
		unlink(c->token_file);
	else if (chown(c->token_file, pw->pw_uid, pw->pw_gid))
		log_warn("token %s: cannot be given to user %s: %s", c->token_file, c->user, strerror(errno));
}

/* Made by whoever starts us, given to the user that the roles become. */
static int prepare_state_dir(const struct agent_config *c)
{
	struct passwd *pw;

	if (mkdir(c->state_dir, 0700) && errno != EEXIST) {
		log_error("state_dir %s: %s", c->state_dir, strerror(errno));
		return -errno;
	}
	if (!c->user || geteuid())
		return 0;
	pw = getpwnam(c->user);
	if (!pw || chown(c->state_dir, pw->pw_uid, pw->pw_gid)) {
		log_error("state_dir %s: cannot be given to user %s", c->state_dir, c->user);
		return -EPERM;
	}
	hand_over_token(c, pw);
	return 0;
}

static int run(const struct options *o, char **argv)
{
	struct agent_config config = {0};
	struct conf_errors errors = {0};
	struct process_role roles[] = {
	        {"agent", agent_run, 1, NULL},
	        {"eyes", eyes_run, 1, NULL},
	        {"witness", NULL, 0, "sansang-witness"}, /* only where it is configured */
	        {NULL, NULL, 0, NULL},
	};
	struct process_table table = {.roles = roles, .links = links, .witness = "agent", .argv = argv, .arg = &config};
	int status = agent_config_load(o->config, &config, &errors);

	if (status) {
		conf_errors_print(&errors);
		conf_errors_free(&errors);
		return 1;
	}
	roles[2].count = config.witness.server ? 1 : 0;
	log_open("agent", level_of(config.log_level));
	if (o->role && !strncmp(o->role, "eyes", 4))
		log_open("eyes", level_of(config.log_level));
	if (!o->check && (o->role || !prepare_state_dir(&config)))
		status = process_main(&table, o->role);
	else
		status = !o->check;
	agent_config_free(&config);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int status;

	log_open("agent", LOG_LEVEL_INFO);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	status = options_read(&o, argc, argv);
	if (status)
		return status;
	if (o.help || o.version) {
		fputs(o.help ? usage : "sansang-agent " SANSANG_VERSION "\n", stdout);
		return 0;
	}
	if (!o.config)
		return usage_error("--config FILE is missing", NULL);
	return run(&o, argv);
}
