#include "collector/intake/offset.h"

#include <string.h>

static void row_begin(struct offset *o)
{
	o->seen = 0;
	o->least_ms = INT64_MAX;
}

static bool offset_take(struct offset *o, int64_t offset_ms)
{
	bool changed = o->offset_ms != offset_ms;

	o->offset_ms = offset_ms;
	return changed;
}

bool offset_measure(struct offset *o, int64_t measured_ms)
{
	bool changed = false;

	if (!o->known)
		return false;
	if (measured_ms < o->least_ms)
		o->least_ms = measured_ms;
	/* a measurement is never too small, so one far below ends the question */
	if (measured_ms < o->offset_ms && (!o->refined || o->offset_ms - measured_ms > OFFSET_SLACK_MS))
		changed = offset_take(o, measured_ms);
	if (++o->seen < OFFSET_ROW)
		return changed;
	if (o->least_ms - o->offset_ms > OFFSET_SLACK_MS)
		changed = offset_take(o, o->least_ms);
	o->refined = true;
	row_begin(o);
	return changed;
}

void offset_hello(
        struct offset *o, const uint8_t boot_id[BOOT_ID_BYTES], int64_t measured_ms, bool told, int64_t told_ms)
{
	if (!o->known || memcmp(o->boot_id, boot_id, BOOT_ID_BYTES)) {
		*o = (struct offset){.known = true, .refined = told, .offset_ms = told ? told_ms : measured_ms};
		memcpy(o->boot_id, boot_id, BOOT_ID_BYTES);
		row_begin(o);
	}
	offset_measure(o, measured_ms);
}
