#include "common/conf_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/conf_time.h"
#include "common/memory.h"

#define ID_MAX 63
#define NAME_MAX_COMPARED 48

struct suffix {
	const char *name;
	double factor;
};

static const struct suffix durations[] = {
        {"ms", 1},
        {"s", 1000},
        {"m", 60e3},
        {"h", 3600e3},
        {"d", 86400e3},
        {NULL, 0},
};
static const struct suffix sizes[] = {
        {"B", 1},
        {"KB", 1024.0},
        {"MB", 1048576.0},
        {"GB", 1073741824.0},
        {"TB", 1099511627776.0},
        {NULL, 0},
};
static const struct {
	const char *word;
	bool value;
} booleans[] = {{"yes", true}, {"true", true}, {"on", true}, {"no", false}, {"false", false}, {"off", false}};

struct reading {
	const struct conf_scope *scope;
	const struct conf_key *key;
	const char *text;
	void *out;
	char *why;
	size_t size;
};

static bool expected(const struct reading *r, const char *what)
{
	snprintf(r->why, r->size, "\"%.60s\" is not right, expected %s", r->text, what);
	return false;
}

/* The limit as it would be written in the file: with the largest suffix that divides it. */
static void limit_print(const struct conf_key *key, double limit, char *out, size_t size)
{
	const struct suffix *s = key->type == CONF_DURATION ? durations : key->type == CONF_SIZE ? sizes : NULL;
	const struct suffix *best = NULL;

	for (; s && s->name; s++)
		if (limit != 0 && fmod(limit, s->factor) == 0)
			best = s;
	snprintf(out, size, "%.15g%s", best ? limit / best->factor : limit, best ? best->name : "");
}

static bool in_range(const struct reading *r, double value)
{
	char low[40], high[40];

	if (r->key->min == 0 && r->key->max == 0)
		return true;
	if (value >= r->key->min && value <= r->key->max)
		return true;
	limit_print(r->key, r->key->min, low, sizeof(low));
	limit_print(r->key, r->key->max, high, sizeof(high));
	snprintf(r->why, r->size, "%.60s is out of range, expected %s to %s", r->text, low, high);
	return false;
}

static bool read_text(const struct reading *r)
{
	for (const unsigned char *p = (const unsigned char *)r->text; *p; p++)
		if ((*p < ' ' && *p != '\n' && *p != '\t') || *p == 0x7f)
			return expected(r, "text without control characters");
	*(char **)r->out = mem_str(r->text);
	return true;
}

static void choices_print(const char *const *choices, char *out, size_t size)
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; choices[i] && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", choices[i]);
}

static int choice_of(const struct reading *r)
{
	char list[256], what[300];
	size_t distance;

	for (int i = 0; r->key->choices[i]; i++)
		if (!strcmp(r->key->choices[i], r->text))
			return i;
	choices_print(r->key->choices, list, sizeof(list));
	snprintf(what, sizeof(what), "one of %s", list);
	expected(r, what);
	const char *near = conf_nearest(r->key->choices, r->text, &distance);
	size_t len = strlen(r->why);
	if (near && distance <= 2)
		snprintf(r->why + len, r->size - len, "; did you mean \"%s\"?", near);
	return -1;
}

static bool read_string(const struct reading *r)
{
	if (r->key->choices && choice_of(r) < 0)
		return false;
	return read_text(r);
}

static bool read_choice(const struct reading *r)
{
	int i = choice_of(r);

	if (i >= 0)
		*(int *)r->out = i;
	return i >= 0;
}

static bool read_id(const struct reading *r)
{
	size_t len = strspn(r->text, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

	if (len == 0 || len > ID_MAX || r->text[len] || r->text[0] == '.')
		return expected(r, "an id: 1 to 63 of a-z 0-9 - _ . and not beginning with a dot");
	*(char **)r->out = mem_str(r->text);
	return true;
}

static bool read_path(const struct reading *r)
{
	if (!r->text[0])
		return expected(r, "the path of a file");
	if (!read_text(r))
		return false;
	if (r->text[0] != '/') {
		free(*(char **)r->out);
		*(char **)r->out =
		        mem_printf("%s%s%s", r->scope->folder, strcmp(r->scope->folder, "/") ? "/" : "", r->text);
	}
	return true;
}

static bool read_bool(const struct reading *r)
{
	for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++)
		if (!strcasecmp(r->text, booleans[i].word)) {
			*(bool *)r->out = booleans[i].value;
			return true;
		}
	return expected(r, "yes or no");
}

static bool read_int(const struct reading *r)
{
	char *end;

	errno = 0;
	long long v = strtoll(r->text, &end, 10);
	if (end == r->text || *end || errno || isspace((unsigned char)r->text[0]))
		return expected(r, "a whole number");
	if (!in_range(r, (double)v))
		return false;
	*(int64_t *)r->out = v;
	return true;
}

static bool read_number(const struct reading *r)
{
	char *end;
	double v = strtod(r->text, &end);

	if (end == r->text || *end || !isfinite(v) || strpbrk(r->text, "xXpP \t\n"))
		return expected(r, "a number");
	if (!in_range(r, v))
		return false;
	*(double *)r->out = v;
	return true;
}

/* A whole number followed at once by one of the suffixes. */
static bool read_measure(const struct reading *r, const struct suffix *suffixes, const char *what)
{
	size_t digits = strspn(r->text, "0123456789");

	if (digits == 0 || digits > 15)
		return expected(r, what);
	double v = strtod(r->text, NULL);
	const struct suffix *s = suffixes;
	while (s->name && strcmp(s->name, r->text + digits))
		s++;
	if (!s->name && v != 0)
		return expected(r, what);
	v = s->name ? v * s->factor : 0;
	if (v > 9e15)
		return expected(r, "a smaller amount");
	if (!in_range(r, v))
		return false;
	*(int64_t *)r->out = (int64_t)v;
	return true;
}

static bool read_duration(const struct reading *r)
{
	return read_measure(r, durations, "a duration such as 500ms, 10s, 5m, 24h or 8d");
}

static bool read_size(const struct reading *r)
{
	return read_measure(r, sizes, "a size such as 512KB, 64MB or 20GB");
}

static bool read_time(const struct reading *r)
{
	const char *what = conf_time_read(r->text, r->scope->zone, r->out);

	return what ? expected(r, what) : true;
}

static bool port_valid(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits >= 1 && digits <= 5 && !text[digits] && atoi(text) >= 1 && atoi(text) <= 65535;
}

const char *conf_address_check(const char *text)
{
	const char *what = "host:port or [IPv6 address]:port with a port of 1 to 65535";
	const char *colon = strrchr(text, ':');

	if (!colon || colon == text || !port_valid(colon + 1))
		return what;
	size_t host = (size_t)(colon - text), good;
	if (text[0] == '[')
		good = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.%") + 1;
	else
		good = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*");
	if (good != host || host > 255 || (text[0] == '[' && (host < 4 || text[host - 1] != ']')))
		return what;
	return NULL;
}

static bool read_address(const struct reading *r)
{
	const char *what = conf_address_check(r->text);

	if (what)
		return expected(r, what);
	*(char **)r->out = mem_str(r->text);
	return true;
}

static const struct {
	size_t size;
	bool (*read)(const struct reading *r);
} types[] = {
        [CONF_STRING] = {sizeof(char *), read_string},
        [CONF_ID] = {sizeof(char *), read_id},
        [CONF_PATH] = {sizeof(char *), read_path},
        [CONF_BOOL] = {sizeof(bool), read_bool},
        [CONF_INT] = {sizeof(int64_t), read_int},
        [CONF_NUMBER] = {sizeof(double), read_number},
        [CONF_DURATION] = {sizeof(int64_t), read_duration},
        [CONF_SIZE] = {sizeof(int64_t), read_size},
        [CONF_CHOICE] = {sizeof(int), read_choice},
        [CONF_TIME] = {sizeof(int64_t), read_time},
        [CONF_ADDRESS] = {sizeof(char *), read_address},
        [CONF_STRINGS] = {sizeof(struct conf_strings), NULL},
        [CONF_LIST] = {sizeof(struct conf_list), NULL},
        [CONF_ANY] = {0, NULL},
};

bool conf_type_is_scalar(enum conf_type type)
{
	return types[type].read != NULL;
}

size_t conf_type_size(enum conf_type type)
{
	return types[type].size;
}

bool conf_scalar_read(
        const struct conf_scope *scope, const struct conf_key *key, const char *text, void *out, char *why, size_t size)
{
	struct reading r = {.scope = scope, .key = key, .text = text, .out = out, .why = why, .size = size};

	return types[key->type].read(&r);
}

/* Levenshtein's distance with one row kept; both words are cut to NAME_MAX_COMPARED. */
static size_t edits(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1], la = strnlen(a, NAME_MAX_COMPARED), lb = strnlen(b, NAME_MAX_COMPARED);

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[lb];
}

const char *conf_nearest(const char *const *names, const char *word, size_t *distance)
{
	const char *best = NULL;

	*distance = SIZE_MAX;
	for (size_t i = 0; names[i]; i++) {
		size_t d = edits(names[i], word);
		if (d < *distance) {
			*distance = d;
			best = names[i];
		}
	}
	return best;
}
