#include "agent/probe/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

static const size_t texts[] = {
        offsetof(struct probe_options, path),
        offsetof(struct probe_options, server_name),
        offsetof(struct probe_options, ca_pem),
        offsetof(struct probe_options, status),
        offsetof(struct probe_options, header),
        offsetof(struct probe_options, body),
        offsetof(struct probe_options, dns_name),
        offsetof(struct probe_options, dns_expect),
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static char **text_at(const struct probe_options *o, size_t i)
{
	return (char **)((char *)o + texts[i]);
}

struct probe_options probe_options_none(void)
{
	return (struct probe_options){.redirects = -1};
}

struct probe_options probe_options_copy(const struct probe_options *o)
{
	struct probe_options copy = *o;

	for (size_t i = 0; i < TEXTS; i++)
		*text_at(&copy, i) = mem_str(*text_at(o, i));
	return copy;
}

void probe_options_free(struct probe_options *o)
{
	for (size_t i = 0; i < TEXTS; i++) {
		free(*text_at(o, i));
		*text_at(o, i) = NULL;
	}
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool probe_options_equal(const struct probe_options *a, const struct probe_options *b)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (!text_equal(*text_at(a, i), *text_at(b, i)))
			return false;
	return a->secure == b->secure && a->unverified == b->unverified && a->redirects == b->redirects &&
	       a->count == b->count && a->train == b->train && a->more == b->more;
}
