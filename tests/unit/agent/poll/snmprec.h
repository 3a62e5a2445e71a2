/*
 * snmprec: feeds a model from a recording of snmpsim ("OID|TAG|VALUE", an x after the tag: hex), as if it had been walked.
 */
#ifndef SANSANG_SNMPREC_H
#define SANSANG_SNMPREC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/model.h"

#define SNMPREC_OID_MAX 128

static size_t snmprec_oid(const char *s, unsigned long *oid)
{
	size_t len = 0;

	while (*s && len < SNMPREC_OID_MAX) {
		char *end;

		oid[len++] = strtoul(s, &end, 10);
		s = *end == '.' ? end + 1 : end;
		if (*end && *end != '.')
			break;
	}
	return len;
}

static size_t snmprec_hex(char *s)
{
	size_t len = 0;

	for (char *at = s; at[0] && at[1]; at += 2) {
		char digits[3] = {at[0], at[1], 0};

		s[len++] = (char)strtoul(digits, NULL, 16);
	}
	return len;
}

/* One line; what no row asks for is passed over, as in a walk. `roots` as model_roots has them. */
static void snmprec_line(struct model *m, char *line)
{
	unsigned long oid[SNMPREC_OID_MAX], name[SNMPREC_OID_MAX];
	char *tag = strchr(line, '|'), *value = tag ? strchr(tag + 1, '|') : NULL;
	const struct walk_root *roots;
	struct varbind v = {.oid = oid};
	size_t count;

	if (!value)
		return;
	*tag++ = *value++ = 0;
	v.oid_len = snmprec_oid(line, oid);
	v.type = (uint8_t)strtoul(tag, NULL, 10);
	v.bytes = (const uint8_t *)value;
	v.len = strchr(tag, 'x') ? snmprec_hex(value) : strlen(value);
	v.number = (uint64_t)strtoll(value, NULL, 10);
	if (v.type == VARBIND_COUNTER64)
		v.number = strtoull(value, NULL, 10);
	if (v.type == VARBIND_OID) {
		v.len = snmprec_oid(value, name);
		v.name = name;
	}
	roots = model_roots(m, &count);
	for (v.root = 0; v.root < count; v.root++) {
		v.index_at = roots[v.root].oid_len;
		if (v.oid_len > v.index_at && !memcmp(oid, roots[v.root].oid, v.index_at * sizeof(*oid)))
			model_put(m, &v);
	}
}

/* A poll whose answers are these lines, divided by '\n'. */
__attribute__((unused)) static void snmprec_poll(struct model *m, bool full, const char *lines)
{
	char *copy = strdup(lines), *rest = copy, *line;

	model_begin(m, full);
	while ((line = strsep(&rest, "\n")))
		snmprec_line(m, line);
	model_finish(m);
	free(copy);
}

/* -1 when the file cannot be read. */
__attribute__((unused)) static int snmprec_poll_file(struct model *m, bool full, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!f)
		return -1;
	model_begin(m, full);
	while ((len = getline(&line, &size, f)) > 0) {
		line[strcspn(line, "\r\n")] = 0;
		snmprec_line(m, line);
	}
	model_finish(m);
	free(line);
	fclose(f);
	return 0;
}

#endif
