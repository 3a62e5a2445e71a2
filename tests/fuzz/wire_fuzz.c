/* The frames of strangers: cut out, read by hand, and read by protobuf-c, as intake and the uplink do. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/send/proxy.h"
#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const bodies[WIRE_KINDS] = {
        [WIRE_HELLO] = &sansang__hello__descriptor,
        [WIRE_WELCOME] = &sansang__welcome__descriptor,
        [WIRE_BATCH] = &sansang__batch__descriptor,
        [WIRE_ACK] = &sansang__ack__descriptor,
        [WIRE_HEARTBEAT] = &sansang__heartbeat__descriptor,
        [WIRE_HINT] = &sansang__hint__descriptor,
        [WIRE_CONFIG] = &sansang__config__descriptor,
        [WIRE_ENROL] = &sansang__enrol__descriptor,
        [WIRE_CERTIFICATE] = &sansang__certificate__descriptor,
        [WIRE_REFUSAL] = &sansang__refusal__descriptor,
        [WIRE_RENEW] = &sansang__renew__descriptor,
        [WIRE_APPLIED] = &sansang__applied__descriptor,
        [WIRE_ASK] = &sansang__ask__descriptor,
        [WIRE_ANSWER] = &sansang__answer__descriptor,
};

/* What we take for a batch comes back the same when it is packed again. */
static void batch_round(const struct wire_frame *f)
{
	struct wire_batch b, again;
	struct wire_frame g;
	struct buf out = {0};

	if (wire_read_batch(f, &b))
		return;
	wire_put_batch(&out, &b);
	if (wire_next(out.data, out.len, 2 * WIRE_FRAME_MAX, &g) != (ssize_t)out.len || wire_read_batch(&g, &again))
		abort();
	if (again.epoch != b.epoch || again.seq != b.seq || again.offset_ms != b.offset_ms || again.len != b.len)
		abort();
	buf_free(&out);
}

static void frame_read(const struct wire_frame *f)
{
	struct wire_ack a;
	struct wire_heartbeat h;

	batch_round(f);
	wire_read_ack(f, &a);
	wire_read_heartbeat(f, &h);
	if (!bodies[f->kind])
		return;
	ProtobufCMessage *m = protobuf_c_message_unpack(bodies[f->kind], NULL, f->len, f->body);
	if (m)
		protobuf_c_message_free_unpacked(m, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_frame f;
	unsigned code;
	size_t at = 0;

	for (;;) {
		ssize_t n = wire_next(data + at, size - at, WIRE_FRAME_MAX, &f);
		if (n <= 0)
			break;
		at += (size_t)n;
		frame_read(&f);
	}
	f = (struct wire_frame){.kind = size ? data[0] % WIRE_KINDS : 0, .body = data, .len = size};
	frame_read(&f); /* without the frame's head, which mutations seldom get right */
	proxy_answer(data, size, &code);
	return 0;
}
