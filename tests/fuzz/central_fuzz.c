/* central: whatever a collector sends as configuration is read or refused, never more. */
#include "agent/central.h"
#include "agent/watch.h"

#include <stdlib.h>

#include "common/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct central *c;
	char why[160];
	size_t count;

	log_open("fuzz", LOG_LEVEL_ERROR);
	if (central_parse((const char *)data, size, &c, why))
		return 0;
	free(watch_checks(c, "10.0.0.1", "10.0.0.2", &count));
	central_free(c);
	return 0;
}
