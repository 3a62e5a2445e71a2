#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/sansang.h"

#define OPTIONS_MAX 40

/* A word to put at `offset`, or a flag to set there. Commands name the letters that they take; 's' and 'j' go with all. */
static const struct {
	const char *name;
	char letter;
	bool flag;
	size_t offset;
} rows[] = {
        {"socket", 's', false, offsetof(struct options, socket)},
        {"json", 'j', true, offsetof(struct options, json)},
        {"all", 'a', true, offsetof(struct options, all)},
        {"days", 'd', false, offsetof(struct options, days)},
        {"graph", 'g', false, offsetof(struct options, graph)},
        {"from", 'f', false, offsetof(struct options, from)},
        {"to", 't', false, offsetof(struct options, to)},
        {"until", 'u', false, offsetof(struct options, until)},
        {"reason", 'r', false, offsetof(struct options, reason)},
        {"id", 'i', false, offsetof(struct options, id)},
        {"force", 'F', true, offsetof(struct options, force)},
        {"dry-run", 'n', true, offsetof(struct options, dry_run)},
        {"output", 'o', false, offsetof(struct options, output)},
        {"at", 'A', false, offsetof(struct options, at)},
        {"name", 'N', false, offsetof(struct options, name)},
        {"missed", 'm', true, offsetof(struct options, missed)},
        {"since", 'S', false, offsetof(struct options, since)},
        {"cause", 'C', false, offsetof(struct options, cause)},
        {"within", 'w', false, offsetof(struct options, within)},
        {"mail-within", 'W', false, offsetof(struct options, mail_within)},
        {"language", 'l', false, offsetof(struct options, language)},
        {"month", 'M', false, offsetof(struct options, month)},
        {"carrier", 'c', false, offsetof(struct options, carrier)},
        {"csv", 'V', true, offsetof(struct options, csv)},
        {"help", 'h', true, offsetof(struct options, help)},
        {"version", 'v', true, offsetof(struct options, version)},
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

_Static_assert(ROW_COUNT < OPTIONS_MAX, "more options than there is room for");

static void option_take(struct options *o, size_t row)
{
	char *at = (char *)o + rows[row].offset;

	if (rows[row].flag)
		*(bool *)at = true;
	else
		*(const char **)at = optarg;
	size_t n = strlen(o->given);
	if (!strchr("sj", rows[row].letter) && !strchr(o->given, rows[row].letter) && n + 1 < sizeof(o->given))
		o->given[n] = rows[row].letter;
}

int options_parse(int argc, char **argv, struct options *o)
{
	struct option known[OPTIONS_MAX] = {{0}};
	int letter;

	for (size_t i = 0; i < ROW_COUNT; i++)
		known[i] = (struct option){
		        rows[i].name, rows[i].flag ? no_argument : required_argument, NULL, rows[i].letter};
	while ((letter = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
		if (letter == '?')
			return -EINVAL;
		for (size_t i = 0; i < ROW_COUNT; i++)
			if (rows[i].letter == letter)
				option_take(o, i);
	}
	return 0;
}

json_int_t sansang_instant(const char *text)
{
	struct tm tm = {.tm_isdst = -1};
	char sign, unit = 0, *end;
	long n;

	if (sscanf(text, "%c%ld%c", &sign, &n, &unit) == 3 && (sign == '-' || sign == '+') && n >= 0 &&
	        (unit == 'd' || unit == 'h' || unit == 'm'))
		return (json_int_t)time(NULL) + (sign == '-' ? -n : n) * (unit == 'd'          ? 86400
		                                                                 : unit == 'h' ? 3600
		                                                                               : 60);
	if (((end = strptime(text, "%Y-%m-%dT%H:%M", &tm)) && !*end) ||
	        ((end = strptime(text, "%Y-%m-%d", &tm)) && !*end))
		return (json_int_t)mktime(&tm);
	n = strtol(text, &end, 10);
	return *text && !*end ? n : -1;
}
