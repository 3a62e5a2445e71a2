#include "collector/series/undo.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
	char dir[64], file[128];
};

static void file_put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_text(const char *path, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(got, 1, sizeof(got) - 1, f) < sizeof(got));
	fclose(f);
	assert_string_equal(got, text);
}

static int setup(void **state)
{
	struct fixture *x = mem_alloc(sizeof(*x));

	strcpy(x->dir, "/tmp/undo-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->file, sizeof(x->file), "%s/a", x->dir);
	file_put_text(x->file, "0123456789");
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	assert_int_equal(system(command), 0);
	free(x);
	return 0;
}

static struct undo *opened(struct fixture *x)
{
	struct undo *u;

	assert_int_equal(undo_open(&u, x->dir, 3), 0);
	return u;
}

static void test_puts_back(void **state)
{
	struct fixture *x = *state;
	struct undo *u = opened(x);

	undo_add_header(u, "a", 4, "4567", 4);
	undo_add_created(u, "new");
	assert_int_equal(undo_sync(u, 7), 0);
	undo_close(u);
	char new[128];
	snprintf(new, sizeof(new), "%s/new", x->dir);
	file_put_text(x->file, "0123XXXX89");
	file_put_text(new, "half");

	u = opened(x);
	assert_int_equal(undo_restore(u, x->dir, 6), 2);
	assert_text(x->file, "0123456789");
	assert_int_equal(access(new, F_OK), -1);
	undo_close(u);
}

static void test_committed_is_void(void **state)
{
	struct fixture *x = *state;
	struct undo *u = opened(x);

	undo_add_header(u, "a", 0, "old", 3);
	assert_int_equal(undo_sync(u, 7), 0);
	assert_int_equal(undo_restore(u, x->dir, 7), 0);
	assert_text(x->file, "0123456789");
	undo_close(u);
}

/* Two uncommitted generations: the older header has the last word. */
static void test_older_wins(void **state)
{
	struct fixture *x = *state;
	struct undo *u = opened(x);

	undo_add_header(u, "a", 0, "OLD", 3);
	assert_int_equal(undo_sync(u, 8), 0);
	undo_add_header(u, "a", 0, "NEW", 3);
	assert_int_equal(undo_sync(u, 9), 0);
	assert_int_equal(undo_restore(u, x->dir, 7), 2);
	assert_text(x->file, "OLD3456789");
	assert_int_equal(undo_restore(u, x->dir, 8), 1);
	assert_text(x->file, "NEW3456789");
	assert_int_equal(undo_clear(u, 9), 0);
	assert_int_equal(undo_restore(u, x->dir, 8), 0);
	undo_close(u);
}

/* A torn last entry was never followed by an update. */
static void test_torn_tail(void **state)
{
	struct fixture *x = *state;

	for (int cut = 1; cut < 20; cut++) {
		struct undo *u = opened(x);

		assert_int_equal(undo_clear(u, 1), 0);
		undo_add_header(u, "a", 0, "AAA", 3);
		undo_add_header(u, "a", 5, "BBB", 3);
		assert_int_equal(undo_sync(u, 1), 0);
		assert_int_equal(ftruncate(u->fd[1], lseek(u->fd[1], 0, SEEK_END) - cut), 0);
		file_put_text(x->file, "0123456789");
		assert_int_equal(undo_restore(u, x->dir, 0), 1);
		assert_text(x->file, "AAA3456789");
		undo_close(u);
	}
}

static void test_nothing_gathered(void **state)
{
	struct undo *u = opened(*state);

	assert_int_equal(undo_sync(u, 5), 0);
	assert_int_equal(lseek(u->fd[1], 0, SEEK_END), 0);
	undo_close(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_puts_back, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_committed_is_void, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_older_wins, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_torn_tail, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_nothing_gathered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
