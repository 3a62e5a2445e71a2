/* nut: an upsd that says anything: whole answers, halves, lines without end. */
#include <stddef.h>

#include "agent/sense/nut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_listed(void *arg)
{
	struct buf b = {0};

	nut_ask_status(arg, &b);
	nut_ask_readings(arg, &b);
	buf_free(&b);
}

static void on_status(void *arg, size_t ups, unsigned status)
{
	(void)nut_name(arg, ups)[0];
	(void)status;
}

static void on_readings(void *arg, size_t ups, const struct nut_readings *r)
{
	on_status(arg, ups, r->status);
}

static void on_refused(void *arg, size_t ups, const char *word)
{
	if (ups != SIZE_MAX)
		on_status(arg, ups, (unsigned)word[0]);
}

/* The first byte says where the bytes are cut, as a network may; the list's frame is given, or random bytes would never pass it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char list[] =
	        "BEGIN LIST UPS\nUPS a \"one\"\nUPS b \"t\\\"wo\"\nEND LIST UPS\nVAR a ups.status \"OB LB\"\n"
	        "VAR b ups.status OL\nBEGIN LIST VAR a\n";
	struct nut_handlers handlers = {on_listed, on_status, on_readings, on_refused, NULL};
	struct nut *n = nut_new(&handlers);
	struct buf b = {0};
	size_t cut = size ? 1 + data[0] : 1;

	handlers.arg = n;
	nut_ask_list(n, &b);
	if (size && data[0] & 1)
		nut_put(n, list, sizeof(list) - 1);
	for (size_t at = size ? 1 : 0; at < size; at += cut)
		if (nut_put(n, data + at, size - at < cut ? size - at : cut))
			break;
	buf_free(&b);
	nut_free(n);
	return 0;
}
