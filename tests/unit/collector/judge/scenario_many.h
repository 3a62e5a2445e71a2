/*
 * Scenarios of many sites: lines that stand for many, and who was blamed.
 *   s{1-14}-hq in a line, also of the inventory: the line is repeated with each number. s[1-14]-hq in `expect blamed`: each of them.
 *   expect blamed none | SITE...   exactly these sites are named by what was concluded (but as places where a wide service is missed)
 *   expect sites ID SITE...        exactly these are the sites of the wide incident
 */
#ifndef SANSANG_TESTS_SCENARIO_MANY_H
#define SANSANG_TESTS_SCENARIO_MANY_H

#define MANY_LINE 1024
#define MANY_NAMES 256

struct many_names {
	char name[MANY_NAMES][64];
	unsigned count;
};

static void many_add(struct many_names *all, const char *name)
{
	for (unsigned k = 0; k < all->count; k++)
		if (!strcmp(all->name[k], name))
			return;
	assert_true(all->count < MANY_NAMES);
	snprintf(all->name[all->count++], sizeof all->name[0], "%s", name);
}

/* Calls `take` with the line for each number of its first {A-B}, which stands in for all of that line; with the line itself when there is none. */
static void many_lines(const char *line, void (*take)(void *arg, char *line), void *arg)
{
	char out[MANY_LINE], mark[32];
	unsigned from, to;
	const char *open = strchr(line, '{');
	while (open && sscanf(open, "{%u-%u}", &from, &to) != 2)
		open = strchr(open + 1, '{');
	if (!open) {
		snprintf(out, sizeof out, "%s", line);
		take(arg, out);
		return;
	}
	snprintf(mark, sizeof mark, "{%u-%u}", from, to);
	for (unsigned n = from; n <= to; n++) {
		size_t len = 0;
		for (const char *p = line; *p && len < sizeof out - 16;) {
			if (!strncmp(p, mark, strlen(mark))) {
				len += (size_t)snprintf(out + len, sizeof out - len, "%u", n);
				p += strlen(mark);
			} else {
				out[len++] = *p++;
			}
		}
		out[len] = 0;
		take(arg, out);
	}
}

/* "s[1-14]-hq" */
static void many_names(struct many_names *all, const char *word)
{
	char name[64];
	unsigned from, to;
	const char *open = strchr(word, '['), *close = strchr(word, ']');
	if (!open || !close || sscanf(open, "[%u-%u]", &from, &to) != 2) {
		many_add(all, word);
		return;
	}
	for (unsigned n = from; n <= to; n++) {
		snprintf(name, sizeof name, "%.*s%u%s", (int)(open - word), word, n, close + 1);
		many_add(all, name);
	}
}

static void many_put(void *arg, char *line)
{
	fputs(line, arg);
}

/* A copy of the inventory with its lines written out; gives its path in `out`. */
static void many_inventory(const char *path, char *out)
{
	char line[MANY_LINE];
	FILE *from = fopen(path, "r");
	int fd = mkstemp(out);
	assert_non_null(from);
	assert_true(fd >= 0);
	FILE *to = fdopen(fd, "w");
	while (fgets(line, sizeof line, from))
		many_lines(line, many_put, to);
	fclose(from);
	fclose(to);
}

static void many_blame(const struct inventory *inv, const struct incident *i, struct many_names *all)
{
	size_t k;
	json_t *v;
	if (i->site)
		many_add(all, i->site);
	/* where a service is missed, or who was not heard of by a collector that is cut off */
	if (i->kind == KIND_SERVICE || i->kind == KIND_PATH)
		return;
	json_array_foreach(i->sites, k, v) many_add(all, json_string_value(v));
	json_array_foreach(i->affects, k, v)
	{
		const char *text = json_string_value(v), *at = strchr(text, '@'), *colon = strchr(text, ':');
		const struct node *n = inventory_node(inv, at ? at + 1 : colon ? colon + 1 : text);
		/* a terminal is looked at by the agent beside the collector, which is not meant */
		if (n && n->at && strncmp(text, "path:", 5))
			many_add(all, n->at->id);
	}
}

static void many_missing(const struct many_names *a, const struct many_names *b, const char *what, bool *bad)
{
	for (unsigned k = 0; k < a->count; k++) {
		bool found = false;
		for (unsigned m = 0; m < b->count; m++)
			found |= !strcmp(a->name[k], b->name[m]);
		if (!found) {
			print_error("%s: %s\n", a->name[k], what);
			*bad = true;
		}
	}
}

static bool many_same(const struct many_names *is, const struct many_names *wanted)
{
	bool bad = false;
	many_missing(is, wanted, "is named and should not be", &bad);
	many_missing(wanted, is, "is not named and should be", &bad);
	return !bad;
}

#endif
