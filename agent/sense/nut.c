#include "agent/sense/nut.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/metric.h"

#define WORDS_MAX 5
#define ASKED_MAX 32
#define VARS_MAX 1000 /* lines of one answer: a UPS has some 30 to 80 */

enum question { ASK_LIST, ASK_STATUS, ASK_READINGS };

struct asked {
	enum question what;
	size_t ups;
};

struct nut {
	const struct nut_handlers *handlers;
	char names[NUT_UPS_MAX][NUT_NAME_MAX];
	size_t count;
	struct asked asked[ASKED_MAX];
	size_t first, waiting; /* a ring */
	bool warned;           /* of a UPS that is passed over: once */
	bool begun;            /* the list that answers the first question has begun */
	unsigned lines;
	struct nut_readings readings; /* of that list */
	uint8_t line[NUT_LINE_MAX];
	size_t len;
	char words[WORDS_MAX][NUT_WORD_MAX];
	size_t word_count;
};

static const struct {
	const char *word;
	unsigned status;
} statuses[] = {
        {"OL", NUT_ON_MAINS},
        {"OB", NUT_ON_BATTERY},
        {"LB", NUT_LOW},
        {"FSD", NUT_FORCED},
        {"RB", NUT_REPLACE},
        {"OVER", NUT_OVERLOAD},
        {"BYPASS", NUT_BYPASS},
        {"OFF", NUT_OFF},
        {"CAL", NUT_CALIBRATING},
        {"ALARM", NUT_ALARM},
};

static const struct {
	const char *name;
	size_t offset;
} variables[] = {
        {"battery.charge", offsetof(struct nut_readings, charge_pct)},
        {"battery.runtime", offsetof(struct nut_readings, runtime_s)},
        {"ups.load", offsetof(struct nut_readings, load_pct)},
        {"input.voltage", offsetof(struct nut_readings, input_v)},
        {"battery.voltage", offsetof(struct nut_readings, battery_v)},
        {"ups.temperature", offsetof(struct nut_readings, temperature_c)},
        {"battery.temperature",
                offsetof(struct nut_readings, temperature_c)}, /* where the UPS has no sensor of its own */
};

/* ---- lines ---- */

/* A quoted word; its first quote is read. False: it does not end, or is too long. */
static bool read_quoted(struct cursor *c, char *out)
{
	size_t len = 0;

	while (cursor_left(c)) {
		char letter = (char)cursor_u8(c);

		if (letter == '"') {
			out[len] = '\0';
			return true;
		}
		if (letter == '\\')
			letter = (char)cursor_u8(c);
		if (!letter || len == NUT_WORD_MAX - 1)
			return false;
		out[len++] = letter;
	}
	return false;
}

static bool read_plain(struct cursor *c, char letter, char *out)
{
	size_t len = 0;

	for (; letter != ' '; letter = (char)cursor_u8(c)) {
		if (!letter || letter == '"' || len == NUT_WORD_MAX - 1)
			return false;
		out[len++] = letter;
		if (!cursor_left(c))
			break;
	}
	out[len] = '\0';
	return true;
}

/* Words beyond the ones that we know the use of are passed over. */
static bool read_words(struct nut *n)
{
	struct cursor c = cursor_of(n->line, n->len);

	n->word_count = 0;
	while (cursor_left(&c) && n->word_count < WORDS_MAX) {
		char letter = (char)cursor_u8(&c), *word = n->words[n->word_count];

		if (letter == ' ')
			continue;
		if (!(letter == '"' ? read_quoted(&c, word) : read_plain(&c, letter, word)))
			return false;
		n->word_count++;
	}
	for (size_t i = n->word_count; i < WORDS_MAX; i++)
		n->words[i][0] = '\0';
	return !c.failed;
}

static bool word_is(const struct nut *n, size_t i, const char *word)
{
	return !strcmp(n->words[i], word);
}

/* ---- what they mean ---- */

static unsigned status_of(const char *text)
{
	unsigned status = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
			if (strlen(statuses[i].word) == len && !strncmp(statuses[i].word, text, len))
				status |= statuses[i].status;
		text += len + strspn(text + len, " ");
	}
	return status;
}

static void readings_put(struct nut_readings *r, const char *name, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (!strcmp(name, "ups.status"))
		r->status = status_of(text);
	if (end == text || !isfinite(v))
		return;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		double *at = (double *)(void *)((char *)r + variables[i].offset);

		if (!strcmp(name, variables[i].name) && isnan(*at))
			*at = v;
	}
}

static void ups_add(struct nut *n, const char *name)
{
	if (n->count == NUT_UPS_MAX || strchr(name, ':') || !metric_instance_valid(name) || !*name) {
		if (!n->warned)
			log_warn("ups: %.64s is passed over: %s", name,
			        n->count == NUT_UPS_MAX ? "there are too many" : "the name cannot be an instance");
		n->warned = true;
		return;
	}
	strcpy(n->names[n->count++], name);
}

static void answer_ended(struct nut *n)
{
	n->first = (n->first + 1) % ASKED_MAX;
	n->waiting--;
	n->begun = false;
	n->lines = 0;
}

/* ---- answers: each gives 0 or -EPROTO ---- */

static int on_refused(struct nut *n, const struct asked *a)
{
	size_t ups = a->what == ASK_LIST ? SIZE_MAX : a->ups;

	answer_ended(n);
	n->handlers->on_refused(n->handlers->arg, ups, n->words[1]);
	return 0;
}

/* "BEGIN LIST UPS", "BEGIN LIST VAR name", and END. */
static bool frames_list(const struct nut *n, const struct asked *a)
{
	if (!word_is(n, 1, "LIST"))
		return false;
	return a->what == ASK_LIST ? word_is(n, 2, "UPS")
	                           : a->what == ASK_READINGS && word_is(n, 2, "VAR") && word_is(n, 3, n->names[a->ups]);
}

static int on_begin(struct nut *n, const struct asked *a)
{
	if (n->begun || !frames_list(n, a))
		return -EPROTO;
	n->begun = true;
	n->readings = (struct nut_readings){0, NAN, NAN, NAN, NAN, NAN, NAN};
	if (a->what == ASK_LIST)
		n->count = 0;
	return 0;
}

static int on_end(struct nut *n, const struct asked *a)
{
	enum question what = a->what;
	size_t ups = a->ups;

	if (!n->begun || !frames_list(n, a))
		return -EPROTO;
	answer_ended(n);
	if (what == ASK_LIST)
		n->handlers->on_listed(n->handlers->arg);
	else
		n->handlers->on_readings(n->handlers->arg, ups, &n->readings);
	return 0;
}

static int on_ups(struct nut *n, const struct asked *a)
{
	if (a->what != ASK_LIST || !n->begun || n->word_count < 2)
		return -EPROTO;
	ups_add(n, n->words[1]);
	return 0;
}

static int on_var(struct nut *n, const struct asked *a)
{
	size_t ups = a->ups;

	if (a->what == ASK_LIST || n->word_count < 4 || !word_is(n, 1, n->names[ups]))
		return -EPROTO;
	if (a->what == ASK_READINGS) {
		readings_put(&n->readings, n->words[2], n->words[3]);
		return n->begun ? 0 : -EPROTO;
	}
	if (!word_is(n, 2, "ups.status"))
		return -EPROTO;
	answer_ended(n);
	n->handlers->on_status(n->handlers->arg, ups, status_of(n->words[3]));
	return 0;
}

static const struct {
	const char *word;
	int (*on)(struct nut *n, const struct asked *a);
} answers[] = {{"VAR", on_var}, {"UPS", on_ups}, {"BEGIN", on_begin}, {"END", on_end}, {"ERR", on_refused}};

static int on_line(struct nut *n)
{
	if (n->len && n->line[n->len - 1] == '\r')
		n->len--;
	if (!read_words(n))
		return -EPROTO;
	if (!n->word_count)
		return 0;
	if (!n->waiting || ++n->lines > VARS_MAX)
		return -EPROTO;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (word_is(n, 0, answers[i].word))
			return answers[i].on(n, &n->asked[n->first]);
	return -EPROTO;
}

int nut_put(struct nut *n, const void *data, size_t len)
{
	struct cursor c = cursor_of(data, len);
	int status = 0;

	while (!status && cursor_left(&c)) {
		uint8_t byte = cursor_u8(&c);

		if (byte == '\n') {
			status = on_line(n);
			n->len = 0;
		} else if (n->len == NUT_LINE_MAX) {
			status = -EPROTO;
		} else {
			n->line[n->len++] = byte;
		}
	}
	return status;
}

/* ---- asking ---- */

static void ask(struct nut *n, enum question what, size_t ups, struct buf *out)
{
	static const char *const forms[] = {
	        [ASK_LIST] = "LIST UPS\n",
	        [ASK_STATUS] = "GET VAR %s ups.status\n",
	        [ASK_READINGS] = "LIST VAR %s\n",
	};

	if (n->waiting == ASKED_MAX)
		return;
	n->asked[(n->first + n->waiting++) % ASKED_MAX] = (struct asked){what, ups};
	buf_printf(out, forms[what], n->names[ups]);
}

void nut_ask_list(struct nut *n, struct buf *out)
{
	ask(n, ASK_LIST, 0, out);
}

void nut_ask_status(struct nut *n, struct buf *out)
{
	for (size_t i = 0; i < n->count; i++)
		ask(n, ASK_STATUS, i, out);
}

void nut_ask_readings(struct nut *n, struct buf *out)
{
	for (size_t i = 0; i < n->count; i++)
		ask(n, ASK_READINGS, i, out);
}

size_t nut_waiting(const struct nut *n)
{
	return n->waiting;
}

size_t nut_count(const struct nut *n)
{
	return n->count;
}

const char *nut_name(const struct nut *n, size_t ups)
{
	return n->names[ups];
}

void nut_set_only(struct nut *n, const char *name)
{
	n->count = 0;
	ups_add(n, name);
}

void nut_reset(struct nut *n)
{
	n->first = n->waiting = n->len = 0;
	n->lines = 0;
	n->begun = false;
}

struct nut *nut_new(const struct nut_handlers *handlers)
{
	struct nut *n = mem_alloc(sizeof(*n));

	n->handlers = handlers;
	return n;
}

void nut_free(struct nut *n)
{
	free(n);
}
