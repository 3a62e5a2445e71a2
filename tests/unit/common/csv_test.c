#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "common/csv.c"

/* Rows as "a|b|c" with their lines; what is wrong as "!". */
static void expect(const char *text, size_t len, const char *wanted)
{
	struct csv c;
	struct csv_row row = {0};
	char is[2000];
	size_t at = 0;
	csv_begin(&c, text, len);
	is[0] = 0;
	while (csv_next(&c, &row)) {
		at += (size_t)snprintf(is + at, sizeof is - at, "%u:", c.line);
		if (row.wrong)
			at += (size_t)snprintf(is + at, sizeof is - at, "!%s", row.wrong);
		for (size_t k = 0; k < row.count && !row.wrong; k++)
			at += (size_t)snprintf(is + at, sizeof is - at, "%s%s", k ? "|" : "", csv_field(&row, k));
		at += (size_t)snprintf(is + at, sizeof is - at, "\n");
	}
	csv_row_free(&row);
	assert_string_equal(is, wanted);
}
#define EXPECT(text, wanted) expect(text, sizeof(text) - 1, wanted)

static void test_separators_and_marks(void **state)
{
	(void)state;
	EXPECT("a,b\n1, 2 \n", "1:a|b\n2:1|2\n");
	EXPECT("\xef\xbb\xbf"
	       "a;b;c\r\n\"1;5\";2;3\r\n",
	        "1:a|b|c\n2:1;5|2|3\n");
	EXPECT("a\tb\n\n ; \nc\td", "1:a|b\n3:;\n4:c|d\n");
	EXPECT("Đơn vị,Từ\nXã Pha Long,x", "1:Đơn vị|Từ\n2:Xã Pha Long|x\n");
	EXPECT("", "");
	EXPECT("\xef\xbb\xbf", "");
	EXPECT("a,b\n,\n \t , \n3,4", "1:a|b\n4:3|4\n");
}

static void test_quotes(void **state)
{
	(void)state;
	EXPECT("a,b\n\"say \"\"yes\"\"\",\"two\nlines\"\nx,y\n", "1:a|b\n2:say \"yes\"|two\nlines\n4:x|y\n");
	EXPECT("a,\"b\nc", "1:!a quote is opened and never closed\n");
}

static void test_what_is_wrong_is_said_and_the_rest_read(void **state)
{
	(void)state;
	EXPECT("a,b\nx\xff,1\nc,d\n", "1:a|b\n2:!it is not UTF-8 text\n3:c|d\n");
	EXPECT("a\0b,1\nc,d\n", "1:!a NUL byte stands in it\n2:c|d\n");
	EXPECT("\xed\xa0\x80\n\xc0\x80\n\xf5\x80\x80\x80\n\xe1\xbb\n",
	        "1:!it is not UTF-8 text\n2:!it is not UTF-8 text\n3:!it is not UTF-8 text\n4:!it is not UTF-8 text\n");
	char many[200], row[8000];
	memset(many, ',', sizeof many);
	expect(many, sizeof many, "1:!it has more than 64 fields\n");
	memset(row, 'x', sizeof row);
	expect(row, sizeof row, "1:!a field is longer than 4096 bytes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_separators_and_marks),
	        cmocka_unit_test(test_quotes),
	        cmocka_unit_test(test_what_is_wrong_is_said_and_the_rest_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
