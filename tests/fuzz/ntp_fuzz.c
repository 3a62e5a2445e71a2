/* ntp_packet: anybody's datagram, and the arithmetic on the stamps in it. */
#include "agent/probe/ntp_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntp_answer a;

	if (ntp_packet_decode(data, size, &a))
		return 0;
	for (unsigned i = 0; i < sizeof(a.kiss); i++)
		if (a.kiss[i] && (a.kiss[i] <= ' ' || a.kiss[i] >= 0x7f))
			abort();
	/* halves of two differences, as the probe adds them, must not overflow */
	(void)(ntp_between_ns(a.origin, a.received) / 2 + ntp_between_ns(a.received, a.sent) / 2);
	return 0;
}
