/* chrony: datagrams of whoever sits on port 323. */
#include "agent/sense/chrony.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chrony_tracking t;
	uint8_t whole[CHRONY_TRACKING_BYTES] = {6, 2, 0, 0, 0, 33, 0, 5};

	chrony_answer(data, size, 0, &t);
	/* with a head that passes, so that the numbers are reached */
	for (size_t i = 0; i < size && i + 28 < sizeof(whole); i++)
		whole[i + 28] = data[i];
	chrony_answer(whole, sizeof(whole), 0, &t);
	return 0;
}
