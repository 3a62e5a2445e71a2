#include "agent/doctor_private.h"

#include <errno.h>
#include <jansson.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

#define CONFIG_USUAL "/etc/sansang/agent.yaml"

static const char usage[] = "usage: sansang-agent doctor [--config FILE] [--language vi|en] [--json]\n"
                            "       without --config: " CONFIG_USUAL ", when it is there\n";

static const struct step {
	const char *id;
	struct words name;
	void (*run)(struct doctor *d);
} steps[] = {
        {"link", {"Dây và cổng mạng", "Cable and port"}, doctor_link},
        {"address", {"Địa chỉ", "Address"}, doctor_address},
        {"gateway", {"Bộ định tuyến", "Gateway"}, doctor_gateway},
        {"lines", {"Kênh truyền", "Lines"}, doctor_lines},
        {"names", {"Phân giải tên miền (DNS)", "Names (DNS)"}, doctor_names},
        {"collector", {"Đường tới máy chủ giám sát", "Path to the collector"}, doctor_collector},
        {"agent", {"Trạm đo", "Agent"}, doctor_agent},
        {"services", {"Dịch vụ", "Services"}, doctor_services},
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static const struct {
	const char *name, *mark, *colour;
} grades[] = {
        [GRADE_GOOD] = {"good", "✓", "32"},
        [GRADE_SKIPPED] = {"skipped", "-", "90"},
        [GRADE_DOUBT] = {"doubt", "!", "33"},
        [GRADE_BAD] = {"bad", "✗", "31"},
};

const char *doctor_word(const struct doctor *d, struct words w)
{
	return d->options.english ? w.en : w.vi;
}

struct finding *doctor_find(struct doctor *d, enum grade grade, const char *code, struct words text, ...)
{
	struct finding *f = &d->findings[d->count < DOCTOR_FINDINGS - 1 ? d->count++ : d->count];
	va_list args;

	memset(f, 0, sizeof(*f));
	f->step = d->step;
	f->code = code;
	f->grade = grade;
	va_start(args, text);
	vsnprintf(f->text, sizeof(f->text), doctor_word(d, text), args);
	va_end(args);
	return f;
}

void doctor_blame(struct doctor *d, struct words culprit, struct words next)
{
	struct finding *f = &d->findings[d->count ? d->count - 1 : 0];

	snprintf(f->culprit, sizeof(f->culprit), "%s", doctor_word(d, culprit));
	snprintf(f->next, sizeof(f->next), "%s", doctor_word(d, next));
}

/* ---- what it is told by ---- */

static bool load_central(struct doctor *d)
{
	struct buf json = {0};
	int status = central_load(d->config.state_dir, &json);
	char why[160];

	d->central_denied = status == -EACCES;
	if (!status)
		status = central_parse((const char *)json.data, json.len, &d->central, why);
	buf_free(&json);
	return !status;
}

/* 0, or 2 when a file that was named cannot be used. */
static int load(struct doctor *d)
{
	const char *path = d->options.config ? d->options.config : CONFIG_USUAL;
	struct conf_errors errors = {0};

	if (!d->options.config && access(path, R_OK))
		return 0;
	if (agent_config_load(path, &d->config, &errors)) {
		conf_errors_print(&errors);
		conf_errors_free(&errors);
		return 2;
	}
	d->has_config = true;
	load_central(d);
	return 0;
}

/* ---- what it says ---- */

static bool coloured(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static void print_finding(const struct finding *f)
{
	bool colour = coloured();

	printf("  %s%s%s%s %s\n", colour ? "\033[" : "", colour ? grades[f->grade].colour : "", colour ? "m" : "",
	        grades[f->grade].mark, f->text);
	if (colour)
		fputs("\033[0m", stdout);
}

/* The first thing that is wrong makes what comes after it go wrong: the steps stand in that order. */
static const struct finding *culprit_of(const struct doctor *d)
{
	for (enum grade grade = GRADE_BAD; grade >= GRADE_DOUBT; grade--)
		for (size_t i = 0; i < d->count; i++)
			if (d->findings[i].grade == grade && d->findings[i].culprit[0])
				return &d->findings[i];
	return NULL;
}

static void print_verdict(const struct doctor *d)
{
	static const struct words likely = {"Nguyên nhân khả năng cao", "Likely culprit"};
	static const struct words next = {"Việc nên làm tiếp", "Next thing to try"};
	static const struct words fine = {"Mọi thứ đo được từ máy này đều tốt. Nếu vẫn có phản ánh: kiểm tra máy tính "
	                                  "của người báo và đường từ máy đó tới switch.",
	        "All that can be measured from this box is fine. If people still complain: look at their own PC, and "
	        "at its way to the switch."};
	const struct finding *f = culprit_of(d);
	const char *bold = coloured() ? "\033[1m" : "", *plain = coloured() ? "\033[0m" : "";

	putchar('\n');
	if (!f)
		printf("%s%s%s\n", bold, doctor_word(d, fine), plain);
	else
		printf("%s%s: %s%s\n%s: %s\n", bold, doctor_word(d, likely), f->culprit, plain, doctor_word(d, next),
		        f->next);
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static void print_json(const struct doctor *d)
{
	const struct finding *culprit = culprit_of(d);
	json_t *list = json_array(), *o;

	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "step", f->step, "grade",
		                                    grades[f->grade].name, "code", f->code, "text", f->text, "culprit",
		                                    text_or_null(f->culprit), "next", text_or_null(f->next)));
	}
	o = json_pack("{s:o, s:o, s:o, s:o, s:o}", "node", d->has_config ? json_string(d->config.node) : json_null(),
	        "findings", list, "code", culprit ? json_string(culprit->code) : json_null(), "culprit",
	        culprit ? json_string(culprit->culprit) : json_null(), "next",
	        culprit ? json_string(culprit->next) : json_null());
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static void run_step(struct doctor *d, const struct step *step)
{
	size_t from = d->count;
	bool terminal = !d->options.json && isatty(STDOUT_FILENO);

	d->step = step->id;
	if (!d->options.json)
		printf("%s%s\n", doctor_word(d, step->name), terminal ? " …" : "");
	fflush(stdout);
	step->run(d);
	if (d->options.json)
		return;
	if (terminal) /* the step's name again, without the sign of waiting */
		printf("\033[1A\r\033[K%s\n", doctor_word(d, step->name));
	for (size_t i = from; i < d->count; i++)
		print_finding(&d->findings[i]);
	fflush(stdout);
}

static int diagnose(struct doctor *d)
{
	int status = load(d);

	for (size_t i = 0; i < STEPS && !status; i++)
		run_step(d, &steps[i]);
	if (!status && d->options.json)
		print_json(d);
	else if (!status)
		print_verdict(d);
	for (size_t i = 0; i < d->count && !status; i++)
		status = d->findings[i].grade == GRADE_BAD;
	return status;
}

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "sansang-agent doctor: %s: %s\n%s", what, word, usage);
	return 2;
}

static int options_read(struct doctor_options *o, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			o->json = true;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			o->help = true;
		else if (strcmp(argv[i], "--config") && strcmp(argv[i], "--language"))
			return usage_error("not understood", argv[i]);
		else if (i + 1 == argc)
			return usage_error("a value is missing after", argv[i]);
		else if (!strcmp(argv[i++], "--config"))
			o->config = argv[i];
		else if (!strcmp(argv[i], "en") || !strcmp(argv[i], "vi"))
			o->english = argv[i][0] == 'e';
		else
			return usage_error("expected vi or en, not", argv[i]);
	}
	return 0;
}

int doctor_command(int argc, char **argv)
{
	struct doctor *d = mem_alloc(sizeof(*d));
	int status = options_read(&d->options, argc, argv);

	strcpy(d->sys_root, "/sys");
	strcpy(d->proc_root, "/proc");
	strcpy(d->etc_root, "/etc");
	log_open("doctor", LOG_LEVEL_ERROR);
	if (!status && d->options.help)
		fputs(usage, stdout);
	else if (!status)
		status = diagnose(d);
	central_free(d->central);
	if (d->has_config)
		agent_config_free(&d->config);
	free(d);
	return status;
}
