/* note: whatever strangers say becomes printable UTF-8 of bounded length. */
#include "agent/probe/note.c"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

static void test_clean(void **state)
{
	static const struct {
		const char *from;
		size_t len; /* 0: to the NUL */
		const char *expected;
	} cases[] = {
	        {"Cổng dịch vụ", 0, "Cổng dịch vụ"},
	        {"a\x1b[31mb\r\nc\x7f", 0, "a?[31mb??c?"},
	        {"a\0b", 3, "a?b"},
	        {"\xff\xfe", 2, "??"},
	        {"\xc3", 1, "?"},
	        {"\xe1\xbb", 2, "??"},
	        {"\xc0\xaf", 2, "??"},    /* overlong */
	        {"\xed\xa0\x80", 3, "?"}, /* a surrogate */
	        {"x\xe2\x80\xae"
	         "exe.",
	                8, "x?exe."}, /* turns the direction */
	        {"\xf0\x9f\x93\xa1!", 5, "\xf0\x9f\x93\xa1!"},
	        {"\xf5\x80\x80\x80", 4, "?"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		note_clean(cases[i].from, cases[i].len ? cases[i].len : strlen(cases[i].from), out, sizeof(out));
		assert_string_equal(out, cases[i].expected);
	}
}

static void test_cut_at_a_letter(void **state)
{
	char note[PROBE_NOTE_MAX], small[6];

	(void)state;
	note_clean("aổổ", 7, small, sizeof(small));
	assert_string_equal(small, "aổ");
	note_clean("", 0, small, 1);
	assert_string_equal(small, "");
	note_put(note, "%200s", "x");
	assert_int_equal(strlen(note), PROBE_NOTE_MAX - 1);
	note_add(note, "more");
	assert_int_equal(strlen(note), PROBE_NOTE_MAX - 1);
}

static void test_add(void **state)
{
	char note[PROBE_NOTE_MAX] = "";

	(void)state;
	note_add(note, "HTTP %d", 502);
	assert_string_equal(note, "HTTP 502");
	note_add(note, "redirects to %s", "b");
	assert_string_equal(note, "HTTP 502; redirects to b");
	note_put(note, "new");
	assert_string_equal(note, "new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_clean),
	        cmocka_unit_test(test_cut_at_a_letter),
	        cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
