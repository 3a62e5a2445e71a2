/* conflict: frames of anybody on the wire. */
#include "agent/sense/conflict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp frame;

	arp_decode(data, size, &frame);
	return 0;
}
