/* wire: what we pack by hand is protobuf, frames come out of any cut of the stream, caps hold. */
#include "common/wire.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct wire_batch sample = {.epoch = UINT64_C(0xfedcba9876543210),
        .seq = 300,
        .boot_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
        .offset_known = true,
        .offset_ms = -1234567,
        .wall_ms = 1700000000000,
        .body = (const uint8_t *)"body",
        .len = 4};

static struct wire_frame only_frame(const struct buf *b)
{
	struct wire_frame f;

	assert_int_equal(wire_next(b->data, b->len, WIRE_FRAME_MAX, &f), b->len);
	return f;
}

static void batch_is_protobuf(void **state)
{
	struct buf b = {0};
	struct wire_batch back;

	(void)state;
	wire_put_batch(&b, &sample);
	struct wire_frame f = only_frame(&b);
	assert_int_equal(f.kind, WIRE_BATCH);
	assert_int_equal(wire_read_batch(&f, &back), 0);
	assert_int_equal(back.epoch, sample.epoch);
	assert_int_equal(back.offset_ms, sample.offset_ms);
	assert_memory_equal(back.body, "body", 4);
	Sansang__Frame *p = sansang__frame__unpack(NULL, b.len - 4, b.data + 4);
	assert_non_null(p);
	assert_int_equal(p->body_case, SANSANG__FRAME__BODY_BATCH);
	assert_int_equal(p->batch->epoch, sample.epoch);
	assert_int_equal(p->batch->seq, sample.seq);
	assert_memory_equal(p->batch->boot_id.data, sample.boot_id, BOOT_ID_BYTES);
	assert_true(p->batch->offset_known);
	assert_int_equal(p->batch->offset_ms, sample.offset_ms);
	assert_int_equal(p->batch->wall_ms, sample.wall_ms);
	assert_int_equal(p->batch->body.len, 4);
	sansang__frame__free_unpacked(p, NULL);
	buf_free(&b);
}

static void protobuf_is_a_batch(void **state)
{
	Sansang__Batch m = SANSANG__BATCH__INIT;
	struct buf b = {0};
	struct wire_batch back;

	(void)state;
	m.epoch = 7;
	m.seq = 1;
	m.boot_id = (ProtobufCBinaryData){BOOT_ID_BYTES, (uint8_t *)sample.boot_id};
	m.offset_ms = INT64_MIN;
	m.wall_ms = -1; /* 1969: ten bytes of varint */
	m.body = (ProtobufCBinaryData){4, (uint8_t *)"body"};
	wire_put(&b, WIRE_BATCH, &m.base);
	struct wire_frame f = only_frame(&b);
	assert_int_equal(wire_read_batch(&f, &back), 0);
	assert_int_equal(back.epoch, 7);
	assert_false(back.offset_known);
	assert_true(back.offset_ms == INT64_MIN);
	assert_int_equal(back.wall_ms, -1);
	buf_free(&b);
}

static void ack_and_heartbeat_are_protobuf(void **state)
{
	const struct wire_ack a = {UINT64_MAX, 1};
	const struct wire_heartbeat h = {.boot_ms = 5, .wall_ms = -5, .backlog = 3, .offset_ms = -9, .rtt_us = 1000};
	struct buf b = {0};
	struct wire_ack a2;
	struct wire_heartbeat h2;

	(void)state;
	wire_put_ack(&b, &a);
	Sansang__Frame *p = sansang__frame__unpack(NULL, b.len - 4, b.data + 4);
	assert_true(p->ack->epoch == UINT64_MAX);
	assert_int_equal(p->ack->seq, 1);
	sansang__frame__free_unpacked(p, NULL);
	struct wire_frame f = only_frame(&b);
	assert_int_equal(wire_read_ack(&f, &a2), 0);
	assert_true(a2.epoch == UINT64_MAX);
	buf_reset(&b);
	wire_put_heartbeat(&b, &h);
	p = sansang__frame__unpack(NULL, b.len - 4, b.data + 4);
	assert_int_equal(p->heartbeat->wall_ms, -5);
	assert_int_equal(p->heartbeat->offset_ms, -9);
	sansang__frame__free_unpacked(p, NULL);
	f = only_frame(&b);
	assert_int_equal(wire_read_heartbeat(&f, &h2), 0);
	assert_memory_equal(&h, &h2, sizeof(h));
	buf_free(&b);
}

static void frames_come_out_of_any_cut(void **state)
{
	struct buf b = {0};
	struct wire_frame f;

	(void)state;
	wire_put_batch(&b, &sample);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t *cut = malloc(i ? i : 1); /* exactly so long: a sanitizer sees a step beyond */
		memcpy(cut, b.data, i);
		assert_int_equal(wire_next(cut, i, WIRE_FRAME_MAX, &f), 0);
		free(cut);
	}
	buf_free(&b);
}

static void caps_come_before_decoding(void **state)
{
	const uint8_t head[4] = {0, 0, 0x40, 1}; /* 16385: nothing behind it has to come */
	struct wire_frame f;

	(void)state;
	assert_int_equal(wire_next(head, 4, WIRE_EARLY_MAX, &f), -EMSGSIZE);
	assert_int_equal(wire_next(head, 4, WIRE_FRAME_MAX, &f), 0);
}

static void malformed_frames_are_refused(void **state)
{
	const uint8_t rubbish[][12] = {
	        {0, 0, 0, 2, 0x1a, 5},    /* a body longer than the frame */
	        {0, 0, 0, 1, 0x07},       /* a type that there is not */
	        {0, 0, 0, 1, 0x80},       /* a varint without an end */
	        {0, 0, 0, 3, 0x02, 1, 0}, /* field number 0 */
	};
	struct wire_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(*rubbish); i++)
		assert_int_equal(wire_next(rubbish[i], sizeof(*rubbish), WIRE_FRAME_MAX, &f), -EBADMSG);
}

static void what_a_later_version_sends_is_passed_over(void **state)
{
	const uint8_t later[] = {0, 0, 0, 5, 0xfa, 0x01, 2, 'h', 'i'}, empty[] = {0, 0, 0, 0};
	struct wire_frame f;

	(void)state;
	assert_int_equal(wire_next(later, sizeof(later), WIRE_FRAME_MAX, &f), sizeof(later));
	assert_int_equal(f.kind, WIRE_NONE);
	assert_int_equal(wire_next(empty, sizeof(empty), WIRE_FRAME_MAX, &f), 4);
	assert_int_equal(f.kind, WIRE_NONE);
}

static void batches_without_a_boot_or_a_number_are_refused(void **state)
{
	struct wire_batch bad = sample, back;
	struct buf b = {0};

	(void)state;
	bad.seq = 0;
	wire_put_batch(&b, &bad);
	struct wire_frame f = only_frame(&b);
	assert_int_equal(wire_read_batch(&f, &back), -EBADMSG);
	const struct wire_frame empty = {WIRE_BATCH, NULL, 0};
	assert_int_equal(wire_read_batch(&empty, &back), -EBADMSG);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(batch_is_protobuf),
	        cmocka_unit_test(protobuf_is_a_batch),
	        cmocka_unit_test(ack_and_heartbeat_are_protobuf),
	        cmocka_unit_test(frames_come_out_of_any_cut),
	        cmocka_unit_test(caps_come_before_decoding),
	        cmocka_unit_test(malformed_frames_are_refused),
	        cmocka_unit_test(what_a_later_version_sends_is_passed_over),
	        cmocka_unit_test(batches_without_a_boot_or_a_number_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
