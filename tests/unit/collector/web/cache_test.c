#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "collector/web/cache.c"

static void put(struct cache *c, const char *key, size_t len, int64_t until_ms)
{
	struct blob *b = blob_new(NULL, 0);

	blob_drop(b);
	b = mem_alloc(sizeof(*b) + len);
	b->refs = 1;
	b->len = len;
	cache_put(c, key, b, "text/plain", until_ms);
	blob_drop(b);
}

static bool has(struct cache *c, const char *key, int64_t now_ms)
{
	const char *type;
	struct blob *b = cache_get(c, key, now_ms, &type);

	blob_drop(b);
	return b != NULL;
}

static void answers_age(void **state)
{
	struct cache *c = cache_new();

	(void)state;
	put(c, "a", 1, 100);
	assert_true(has(c, "a", 99));
	assert_false(has(c, "a", 100));
	assert_false(has(c, "a", 50)); /* it was taken away */
	put(c, "/api/v1/units?", 1, 100);
	put(c, "graph", 1, 100);
	cache_flush(c, "/api/");
	assert_false(has(c, "/api/v1/units?", 1));
	assert_true(has(c, "graph", 1));
	cache_free(c);
}

static void the_table_is_bounded(void **state)
{
	struct cache *c = cache_new();
	char key[16];

	(void)state;
	for (int i = 0; i < CACHE_ENTRIES * 2; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		put(c, key, 10, 1000 + i);
	}
	assert_int_equal(c->bytes, CACHE_ENTRIES * 10);
	assert_false(has(c, "k0", 1));
	assert_true(has(c, key, 1));
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "big%d", i);
		put(c, key, CACHE_BYTES / 5, 10000 + i);
		assert_true(c->bytes <= CACHE_BYTES);
		assert_true(has(c, key, 1));
	}
	put(c, "too big", CACHE_BYTES / 2, 99999);
	assert_false(has(c, "too big", 1));
	put(c, "same", 7, 99999);
	put(c, "same", 9, 99999);
	cache_flush(c, "k");
	cache_flush(c, "big");
	assert_int_equal(c->bytes, 9);
	cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers_age), cmocka_unit_test(the_table_is_bounded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
