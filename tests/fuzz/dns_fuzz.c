/* dns_answer: what a name server sends after c-ares let it through. The first byte chooses whether an address is asked after. */
#include "agent/probe/dns_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union probe_address expect = {0};
	struct dns_answer a;
	char room[16];

	if (!size)
		return 0;
	if (data[0] & 1)
		probe_address_parse(data[0] & 2 ? "10.1.2.3" : "2001:db8::5", 0, &expect);
	if (!dns_answer_decode(data + 1, size - 1, &expect, &a)) {
		if (a.addresses > a.records || a.shown > a.addresses || (a.expected && !a.addresses))
			abort();
		dns_code_name(a.code, room);
	}
	return 0;
}
