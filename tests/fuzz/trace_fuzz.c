/* trace: control bytes, quotes, replies and looped back frames of anybody; a trace that is fed answers of all kinds ends. */
#include "agent/probe/trace_packet.h"
#include "agent/probe/trace_run.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MOST 4096

static void run_with(const uint8_t *data, size_t size)
{
	struct trace_run *r = malloc(sizeof(*r));
	struct trace_result result;
	struct cursor c = cursor_of(data, size);
	struct trace_request request = {.host = "target"};
	int64_t now_ms = 0;

	trace_run_begin(r, cursor_u8(&c) & 1 ? TRACE_TCP : TRACE_ICMP, cursor_u8(&c) & 1, 0);
	for (int i = 0;; i++) {
		struct trace_step s = trace_run_next(r, now_ms);
		struct trace_answer a = {.rtt_us = 1000};

		if (s.what == TRACE_DONE)
			break;
		if (i == STEPS_MOST)
			abort();
		now_ms = s.what == TRACE_WAIT ? s.wake_ms : now_ms;
		if (cursor_left(&c) < 6)
			continue;
		a.seq = cursor_u8(&c) & 3 ? s.seq : cursor_u16(&c);
		a.kind = (enum trace_answer_kind)(cursor_u8(&c) % 4);
		a.from.v4.sin_family = cursor_u8(&c) % 8 ? AF_INET : AF_UNSPEC;
		a.from.v4.sin_addr.s_addr = cursor_u8(&c);
		a.mtu = cursor_u8(&c) * 7u;
		trace_run_answer(r, &a);
	}
	trace_run_result(r, &result);
	free(trace_json(&request, &result));
	free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[TRACE_COOKIE_BYTES] = "SanSang!";
	union probe_address target = {.v4 = {.sin_family = AF_INET}};
	struct trace_control control;
	struct trace_answer answer;
	struct trace_echo e;
	uint16_t seq;

	trace_control_decode(data, size, &control);
	trace_error_meaning(&control, &target, size & 1, &answer);
	trace_quote_decode(data, size, size & 1, &e);
	trace_echo_decode(data, size, false, true, &e);
	trace_echo_decode(data, size, size & 1, false, &e);
	trace_echo_find(data, size, cookie, &seq);
	run_with(data, size);
	return 0;
}
