#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "collector/web/live.c"

/* The driver: counts what it is told, by way of the request's id field. */
static void on_ready(struct request *r)
{
	r->id[0]++;
}

static void on_drop(struct request *r)
{
	r->id[1]++;
}

static struct live *live_begin(void)
{
	static const struct live_handlers handlers = {.on_ready = on_ready, .on_drop = on_drop};

	return live_new(&handlers);
}

static void change(struct live *l, const char *type, const char *key, const char *id, const char *to)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "type", type, key, id, "state", to);

	live_changed(l, o);
	json_decref(o);
}

static void expect_next(struct request *r, const char *text)
{
	struct blob *b = live_next(r);

	assert_non_null(b);
	assert_int_equal(b->len, strlen(text));
	assert_memory_equal(b->data, text, b->len);
	blob_drop(b);
}

static void changes_are_gathered_and_shared(void **state)
{
	struct live *l = live_begin();
	struct request *a = request_new(NULL), *b = request_new(NULL);
	struct blob *x, *y;

	(void)state;
	assert_true(live_join(l, a));
	assert_true(live_join(l, b));
	expect_next(a, HELLO);
	expect_next(b, HELLO);
	assert_false(live_gather(l));
	change(l, "state", "unit", "pha-long", "down");
	change(l, "state", "unit", "pha-long", "up"); /* only the last is news */
	change(l, "incident", "id", "i1", "open");
	assert_null(live_next(a));
	assert_true(live_gather(l));
	x = live_next(a);
	y = live_next(b);
	assert_ptr_equal(x, y); /* encoded once */
	assert_non_null(strstr((char *)x->data, "event: state\ndata: {\"unit\":\"pha-long\",\"state\":\"up\"}\n\n"));
	assert_non_null(strstr((char *)x->data, "event: incident\ndata: {\"id\":\"i1\",\"state\":\"open\"}\n\n"));
	blob_drop(x);
	blob_drop(y);
	live_leave(a);
	live_leave(b);
	assert_int_equal(live_figures(l).clients, 0);
	live_free(l);
	request_release(a);
	request_release(b);
}

static void a_slow_client_is_dropped_the_others_stay(void **state)
{
	struct live *l = live_begin();
	struct request *slow = request_new(NULL), *quick = request_new(NULL);

	(void)state;
	live_join(l, slow);
	live_join(l, quick);
	for (int i = 0; i < LIVE_QUEUE * 3; i++) {
		change(l, "incident", "id", "i1", i % 2 ? "open" : "resolved");
		live_gather(l);
		for (struct blob *b; (b = live_next(quick));)
			blob_drop(b);
	}
	assert_int_equal(slow->id[1], 1);
	assert_int_equal(quick->id[1], 0);
	assert_int_equal(live_figures(l).dropped, 1);
	live_free(l); /* takes them all off */
	assert_null(slow->live);
	request_release(slow);
	request_release(quick);
}

static void nonsense_is_ignored(void **state)
{
	struct live *l = live_begin();
	json_t *odd = json_pack("[i]", 1);

	(void)state;
	live_changed(l, NULL);
	live_changed(l, odd);
	change(l, "state", "id", "x", "up");
	change(l, "other", "unit", "x", "up");
	assert_false(live_gather(l));
	json_decref(odd);
	live_free(l);
}

static void there_is_a_most(void **state)
{
	static struct request *all[LIVE_CLIENTS_MAX];
	struct live *l = live_begin();
	struct request *more = request_new(NULL);

	(void)state;
	for (int i = 0; i < LIVE_CLIENTS_MAX; i++) {
		all[i] = request_new(NULL);
		assert_true(live_join(l, all[i]));
	}
	assert_false(live_join(l, more));
	live_free(l);
	for (int i = 0; i < LIVE_CLIENTS_MAX; i++)
		request_release(all[i]);
	request_release(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(changes_are_gathered_and_shared),
	        cmocka_unit_test(a_slow_client_is_dropped_the_others_stay),
	        cmocka_unit_test(nonsense_is_ignored),
	        cmocka_unit_test(there_is_a_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
