#include "collector/web/blob.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b = mem_alloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	if (len)
		memcpy(b->data, data, len);
	return b;
}

struct blob *blob_hold(struct blob *b)
{
	if (b)
		b->refs++;
	return b;
}

void blob_drop(struct blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}
