/* buf: what is written is read back; what runs out fails and stays failed. */
#include "common/buf.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_round_trip(void **state)
{
	struct buf b = {0};
	char text[8];

	(void)state;
	buf_put_u8(&b, 0xfe);
	buf_put_u16(&b, 0x1234);
	buf_put_u32(&b, 0xdeadbeef);
	buf_put_u64(&b, UINT64_C(0x0123456789abcdef));
	buf_put_str(&b, "xin");
	struct cursor c = cursor_of(b.data, b.len);
	assert_int_equal(cursor_u8(&c), 0xfe);
	assert_int_equal(cursor_u16(&c), 0x1234);
	assert_int_equal(cursor_u32(&c), 0xdeadbeef);
	assert_true(cursor_u64(&c) == UINT64_C(0x0123456789abcdef));
	cursor_str(&c, text, sizeof(text));
	assert_string_equal(text, "xin");
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 0);
	buf_free(&b);
}

static void test_varints(void **state)
{
	static const int64_t values[] = {0, 1, -1, 63, -64, 64, INT32_MAX, INT64_MAX, INT64_MIN};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		buf_put_svarint(&b, values[i]);
		buf_put_varint(&b, (uint64_t)values[i]);
	}
	struct cursor c = cursor_of(b.data, b.len);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(cursor_svarint(&c) == values[i]);
		assert_true(cursor_varint(&c) == (uint64_t)values[i]);
	}
	assert_false(c.failed);
	buf_free(&b);
}

static void test_running_out(void **state)
{
	static const uint8_t bytes[] = {0x05, 'a', 'b'};
	char text[8];
	size_t len;

	(void)state;
	struct cursor c = cursor_of(bytes, sizeof(bytes));
	assert_null(cursor_blob(&c, &len));
	assert_true(c.failed);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_left(&c), 0);
	c = cursor_of(bytes, sizeof(bytes));
	cursor_str(&c, text, sizeof(text));
	assert_true(c.failed);
	assert_string_equal(text, "");
}

static void test_varint_too_long(void **state)
{
	static const uint8_t eleven[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};

	(void)state;
	struct cursor c = cursor_of(eleven, sizeof(eleven));
	cursor_varint(&c);
	assert_true(c.failed);
}

static void test_str_refuses_nul_and_length(void **state)
{
	static const uint8_t nul[] = {3, 'a', 0, 'b'}, four[] = {4, 'a', 'b', 'c', 'd'};
	char text[4];

	(void)state;
	struct cursor c = cursor_of(nul, sizeof(nul));
	cursor_str(&c, text, sizeof(text));
	assert_true(c.failed);
	c = cursor_of(four, sizeof(four));
	cursor_str(&c, text, sizeof(text));
	assert_true(c.failed);
}

static void test_consume(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_printf(&b, "%s-%d", "abc", 42);
	buf_consume(&b, 4);
	assert_int_equal(b.len, 2);
	assert_memory_equal(b.data, "42", 2);
	buf_consume(&b, 99);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_varints),
	        cmocka_unit_test(test_running_out),
	        cmocka_unit_test(test_varint_too_long),
	        cmocka_unit_test(test_str_refuses_nul_and_length),
	        cmocka_unit_test(test_consume),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
