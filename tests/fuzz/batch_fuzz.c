#include "common/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	uint64_t *sum = arg;

	*sum += set + (uint64_t)boot_ms;
	for (unsigned i = 0; i < count; i++)
		*sum += (uint64_t)values[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct batch_handlers h = {.on_row = on_row};
	uint64_t sum = 0;
	struct batch_summary summary;

	batch_decode(data, size, &h, &sum, &summary);
	return 0;
}
