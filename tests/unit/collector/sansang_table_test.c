/* Tables of the command line: columns stand below each other whatever letters they hold. */
#include "collector/sansang_table.c"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_width_is_what_a_terminal_shows(void **state)
{
	(void)state;
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("Mường Khương"), 12);
	assert_int_equal(text_width("e\xcc\x82\xcc\x81"), 1); /* e, circumflex, acute: one letter */
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("\xff\xfe"), 0); /* not UTF-8: no loop, no crash */
}

static void test_cells(void **state)
{
	static const struct column columns[] = {{"", "", "unit.name", CELL_TEXT}, {"", "", "state", CELL_STATE},
	        {"", "", "n", CELL_NUMBER}, {"", "", "simulated", CELL_MARK}, {"", "", "missing", CELL_TEXT},
	        {"", "", "nothing", CELL_TIME}};
	static const char *const vi[] = {"Xã A", "gián đoạn", "7", "mô phỏng", "", ""};
	json_t *row = json_pack("{s:{s:s}, s:s, s:i, s:b, s:n}", "unit", "name", "Xã A", "state", "down", "n", 7,
	        "simulated", 1, "nothing");
	char text[TABLE_CELL_SIZE];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		table_cell(false, row, &columns[i], text, sizeof(text));
		assert_string_equal(text, vi[i]);
	}
	table_cell(true, row, &columns[1], text, sizeof(text));
	assert_string_equal(text, "down");
	json_decref(row);
}

static void test_columns_are_aligned(void **state)
{
	static const struct column columns[] = {
	        {"Tên", "Name", "name", CELL_TEXT}, {"Số", "No", "n", CELL_NUMBER}, {"", "", "mark", CELL_MARK}, {0}};
	json_t *rows = json_pack("[{s:s, s:i}, {s:s, s:i}]", "name", "Xã Mường", "n", 7, "name", "B", "n", 123);
	char path[] = "/tmp/table_test.XXXXXX", out[256] = "";
	int fd = mkstemp(path), kept = dup(STDOUT_FILENO);

	(void)state;
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	table_print(false, rows, columns);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	assert_true(pread(fd, out, sizeof(out) - 1, 0) > 0);
	assert_string_equal(out, "Tên        Số\nXã Mường    7\nB         123\n");
	close(fd);
	close(kept);
	unlink(path);
	json_decref(rows);
}

static void test_texts_do_not_command_the_terminal(void **state)
{
	json_t *v = json_loads("{\"a\": [\"\\u001b]0;x\\u0007\", 1, null], \"b\": {\"n\": "
	                       "\"Chào\\u009b2J\\n\\u007f\"}, \"ok\": \"Đất\"}",
	        0, NULL);

	(void)state;
	assert_non_null(v);
	table_tame(v);
	assert_string_equal(json_string_value(json_array_get(json_object_get(v, "a"), 0)), "?]0;x?");
	assert_string_equal(json_string_value(json_object_get(json_object_get(v, "b"), "n")), "Chào??2J??");
	assert_string_equal(json_string_value(json_object_get(v, "ok")), "Đất");
	json_decref(v);
	table_tame(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_width_is_what_a_terminal_shows),
	        cmocka_unit_test(test_cells),
	        cmocka_unit_test(test_columns_are_aligned),
	        cmocka_unit_test(test_texts_do_not_command_the_terminal),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
