#include "agent/look_snmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/poll/keys.h"
#include "agent/poll/picture.h"
#include "agent/poll/session.h"
#include "agent/poll/walk.h"

#define MOST_MS 120000 /* a large switch over a thin line takes a while */

static const char usage[] =
        "usage: sansang-agent snmp HOST[:PORT] --community C [--version 1|2c] [--json]\n"
        "       sansang-agent snmp HOST[:PORT] --user U [--auth MD5|SHA|SHA224|SHA256|SHA384|SHA512 --auth-file F\n"
        "                          [--privacy DES|AES|AES192|AES256 --privacy-file F]] [--json]\n"
        "       --community-file F instead of --community keeps it off the list of processes\n";

struct look {
	struct gear_spec spec;
	struct model *model;
	struct walk_result result;
	bool json, help, done;
};

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "sansang-agent snmp: %s%s%s\n%s", what, word ? ": " : "", word ? word : "", usage);
	return 2;
}

/* What a word of the command line sets; `file`: the word is a file whose first line it is. */
struct option_row {
	const char *name;
	size_t at, size;
	bool file;
};

#define OPTION(name, field, file)                                                                                      \
	{                                                                                                              \
		name, offsetof(struct gear_spec, field), sizeof(((struct gear_spec *)0)->field), file                  \
	}

static const struct option_row rows[] = {
        OPTION("--community", community, false),
        OPTION("--community-file", community, true),
        OPTION("--user", user, false),
        OPTION("--auth", auth, false),
        OPTION("--auth-file", auth_secret, true),
        OPTION("--privacy", privacy, false),
        OPTION("--privacy-file", privacy_secret, true),
};

static const struct option_row *row_named(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static int line_read(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	char line[512];

	if (!f || !fgets(line, sizeof(line), f)) {
		fprintf(stderr, "sansang-agent snmp: %s: %s\n", path,
		        f && !ferror(f) ? "the file is empty" : strerror(errno));
		if (f)
			fclose(f);
		return 1;
	}
	fclose(f);
	line[strcspn(line, "\r\n")] = 0;
	if (strlen(line) >= size)
		return usage_error("the first line is too long", path);
	memcpy(out, line, strlen(line) + 1);
	return 0;
}

static int value_set(struct gear_spec *spec, const struct option_row *row, const char *value)
{
	char *out = (char *)spec + row->at;

	if (row->file)
		return line_read(value, out, row->size);
	if (strlen(value) >= row->size)
		return usage_error("this is too long", value);
	memcpy(out, value, strlen(value) + 1);
	return 0;
}

static int version_set(struct gear_spec *spec, const char *value)
{
	static const struct {
		const char *name;
		int version;
	} versions[] = {{"1", 1}, {"v1", 1}, {"2c", 2}, {"2", 2}, {"v2c", 2}, {"3", 3}, {"v3", 3}};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (!strcmp(versions[i].name, value))
			return spec->version = versions[i].version, 0;
	return usage_error("no such version: 1, 2c or 3 is expected", value);
}

static int check(struct gear_spec *spec)
{
	const char *wrong;

	if (!spec->address[0])
		return usage_error("whom to ask? HOST, HOST:PORT or [IPV6]:PORT is missing", NULL);
	if (!spec->version)
		spec->version = spec->user[0] ? 3 : 2;
	if (spec->version < 3 && !spec->community[0])
		return usage_error("--community is missing (many devices leave the factory with \"public\")", NULL);
	if (spec->version == 3 && !spec->user[0])
		return usage_error("--user is missing", NULL);
	wrong = keys_refuse(spec);
	return wrong ? usage_error(wrong, NULL) : 0;
}

static int options_read(struct look *l, int argc, char **argv)
{
	struct gear_spec *spec = &l->spec;
	int status = 0;

	for (int i = 0; i < argc && !status; i++) {
		const struct option_row *row = row_named(argv[i]);
		bool version = !strcmp(argv[i], "--version");

		if ((row || version) && i + 1 == argc)
			return usage_error("a value is missing after", argv[i]);
		if (row)
			status = value_set(spec, row, argv[++i]);
		else if (version)
			status = version_set(spec, argv[++i]);
		else if (!strcmp(argv[i], "--json"))
			l->json = true;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			l->help = true;
		else if (argv[i][0] == '-' || spec->address[0] || strlen(argv[i]) >= sizeof(spec->address))
			return usage_error("not understood", argv[i]);
		else
			memcpy(spec->address, argv[i], strlen(argv[i]) + 1);
	}
	return status || l->help ? status : check(spec);
}

static void on_varbind(void *arg, const struct varbind *v)
{
	struct look *l = arg;

	model_put(l->model, v);
}

static void on_done(void *arg, const struct walk_result *r)
{
	struct look *l = arg;

	l->result = *r;
	l->done = true;
}

static void ask(struct look *l)
{
	struct walk_handlers handlers = {.on_varbind = on_varbind, .on_done = on_done, .arg = l};
	struct sessions *sessions;
	struct session *session;
	const struct walk_root *roots;
	uv_loop_t loop;
	size_t count;

	uv_loop_init(&loop);
	sessions = sessions_new(&loop);
	session = session_open(sessions, &l->spec);
	model_begin(l->model, true);
	roots = model_roots(l->model, &count);
	walk_start(session, roots, count, MOST_MS, &handlers);
	while (!l->done && uv_run(&loop, UV_RUN_ONCE))
		;
	session_close(session);
	sessions_close(sessions);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	model_finish(l->model);
}

/* What to try next, for who stands in front of the device. */
static const char *const advices[REASON_COUNT] = {
        [REASON_TIMEOUT] =
                "A device is silent to a wrong community or a wrong privacy password. Is it on (ping)? Is SNMP "
                "switched on, may this host ask (access list, UDP 161)? Old devices want --version 1.",
        [REASON_REFUSED] =
                "The host is there but no SNMP agent listens: switch SNMP on, or give its port as HOST:PORT.",
        [REASON_UNREACHABLE] = "No way leads there: look at this host's own link first (sansang-agent doctor).",
        [REASON_PROHIBITED] = "A firewall on the way says no: let UDP 161 through to the device.",
        [REASON_DNS] = "The name could not be looked up: try its address.",
        [REASON_NO_NAME] = "There is no such name: try its address.",
        [REASON_AUTHENTICATION] = "Compare user, algorithms and passwords with those set on the device.",
};

static const char *advice(enum reason reason)
{
	return advices[reason] ? advices[reason] : "Try --version 1, or look at the device's own log.";
}

static int failed(const struct look *l)
{
	const struct walk_result *r = &l->result;

	fprintf(stderr, "sansang-agent snmp: %s: no answer: %s%s%s\n%s\n", l->spec.address, reason_name(r->reason),
	        r->note[0] ? ": " : "", r->note, advice(r->reason));
	return 1;
}

static int show(const struct look *l)
{
	const struct walk_result *r = &l->result;
	bool whole = r->reason == REASON_OK;

	if (l->json) {
		json_t *o = picture_json(l->model);

		json_object_set_new(o, "complete", json_boolean(whole));
		json_object_set_new(o, "note", r->note[0] ? json_string(r->note) : json_null());
		json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7));
		putchar('\n');
		json_decref(o);
	} else {
		picture_print(stdout, l->model, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
		printf("\n%u values in %u requests, %.1f s%s\n", r->values, r->requests, (double)r->took_us / 1e6,
		        r->getnext ? ", one at a time: GETBULK is not for this device" : "");
	}
	if (!whole || r->note[0])
		fprintf(stderr, "sansang-agent snmp: %s: %s%s%s\n", l->spec.address,
		        whole ? "the device is odd" : "it stopped answering, so this is not all",
		        r->note[0] ? ": " : "", r->note);
	return 0;
}

int look_snmp(int argc, char **argv)
{
	struct look l = {0};
	int status = options_read(&l, argc, argv);

	if (status || l.help) {
		if (l.help)
			fputs(usage, stdout);
		return status;
	}
	l.model = model_new();
	ask(&l);
	if (!l.result.values && l.result.reason == REASON_OK) {
		fprintf(stderr,
		        "sansang-agent snmp: %s: it answers, but shows nothing to this %s: its view is too narrow%s\n",
		        l.spec.address, l.spec.version == 3 ? "user" : "community",
		        l.spec.version == 3 ? ", or it wants more security (--auth, --privacy)" : "");
		status = 1;
	} else {
		status = l.result.values ? show(&l) : failed(&l);
	}
	model_free(l.model);
	return fflush(stdout) ? 1 : status;
}
