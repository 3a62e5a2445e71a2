#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "collector/judge/book.c"

#define NOW (20000LL * 86400000)

static const struct judge_source none;

static struct incident *add(struct judge *j, const char *id, const char *site, int64_t resolved_at)
{
	bool fresh;
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	i->site = mem_str(site);
	i->opened_at = NOW - 2 * 86400000;
	i->state = resolved_at ? INCIDENT_RESOLVED : INCIDENT_OPEN;
	i->resolved_at = resolved_at;
	return i;
}

static bool has(const struct book_list *l, const struct incident *i)
{
	for (size_t k = 0; k < l->count; k++)
		if (l->all[k] == i)
			return true;
	return false;
}

static void test_by_site_and_wide(void **state)
{
	struct judge j;
	(void)state;
	judge_init(&j, 10000, &none);
	j.now = NOW;
	assert_int_equal(book_site(&j, "a")->count, 0);
	struct incident *a = add(&j, "1", "a", 0), *b = add(&j, "2", "b", 0);
	assert_true(has(book_site(&j, "a"), a));
	assert_false(has(book_site(&j, "a"), b));
	struct incident *c = add(&j, "3", "a", NOW);
	assert_int_equal(book_site(&j, "a")->count, 2);
	assert_ptr_equal(book_site(&j, "a")->all[1], c);
	assert_int_equal(book_wide(&j)->count, 0);
	b->wide = true;
	book_widened(&j, b);
	assert_true(has(book_wide(&j), b));
	judge_free(&j);
}

static void test_of_late(void **state)
{
	struct judge j;
	char id[16];
	(void)state;
	judge_init(&j, 10000, &none);
	j.now = NOW;
	struct incident *old = add(&j, "old", "a", NOW - 86400000), *open = add(&j, "open", "a", 0);
	struct incident *late = add(&j, "late", "a", NOW - 60000);
	assert_false(has(book_around(&j, NOW), old));
	assert_true(has(book_around(&j, NOW), open));
	assert_true(has(book_around(&j, NOW), late));
	/* history that comes late looks through all */
	assert_true(has(book_around(&j, NOW - 86400000), old));
	/* an old one that is reopened is found again */
	old->state = INCIDENT_OPEN;
	j.now += SWEEP_MS + 1;
	assert_true(has(book_around(&j, j.now), old));
	for (int k = 0; k < 200; k++) {
		snprintf(id, sizeof id, "n%d", k);
		struct incident *i = add(&j, id, "b", 0);
		assert_true(has(book_around(&j, j.now), i));
	}
	assert_int_equal(book_around(&j, j.now)->count, 203);
	judge_free(&j);
}

static void test_what_left_memory_is_not_in_it(void **state)
{
	struct judge j;
	(void)state;
	judge_init(&j, 10000, &none);
	j.now = NOW;
	add(&j, "1", "a", 0);
	assert_int_equal(book_site(&j, "a")->count, 1);
	incidents_free(&j.incidents);
	j.forgot_at = NOW + 1;
	struct incident *b = add(&j, "2", "b", 0);
	assert_int_equal(book_site(&j, "a")->count, 0);
	assert_true(has(book_site(&j, "b"), b));
	assert_true(has(book_around(&j, NOW), b));
	assert_int_equal(book_around(&j, NOW)->count, 1);
	judge_free(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_site_and_wide), cmocka_unit_test(test_of_late),
	        cmocka_unit_test(test_what_left_memory_is_not_in_it)};
	return cmocka_run_group_tests_name("book", tests, NULL, NULL);
}
