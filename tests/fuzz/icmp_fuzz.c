/* echo: packets of anybody, as raw and as ping sockets give them, and looped back frames. */
#include "agent/probe/echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[ECHO_COOKIE_BYTES] = "SanSang!";
	struct echo e;

	echo_decode(data, size, false, true, &e);
	echo_decode(data, size, false, false, &e);
	echo_decode(data, size, true, false, &e);
	echo_find(data, size, cookie, &e);
	return 0;
}
