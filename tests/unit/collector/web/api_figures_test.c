#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "collector/web/api_figures.c"

struct house {
	struct collector_config config;
	struct web web;
};

static int house_open(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	h->config.step_ms = 10000;
	h->config.series_shards = 1;
	h->web.config = &h->config;
	h->web.cache = cache_new();
	clock_fake(1751330527000, 1);
	*state = h;
	return 0;
}

static int house_close(void **state)
{
	struct house *h = *state;

	cache_free(h->web.cache);
	clock_real();
	free(h);
	return 0;
}

static struct request *request_of(struct house *h, const char *args)
{
	struct request *r = request_new(&h->web);

	while (*args) {
		size_t n = strcspn(args, "&");

		assert_true(request_add_arg(r, args, n));
		args += n + (args[n] == '&');
	}
	return r;
}

/* Neither render nor series is there: what is asked rightly is answered 503, what is not 400. */
static unsigned status_of(struct house *h, void (*api)(struct request *r), const char *args)
{
	struct request *r = request_of(h, args);
	unsigned status;

	api(r);
	assert_true(r->answered);
	status = r->status;
	request_release(r);
	return status;
}

static void files(void **state)
{
	static const char *const good[] = {"a/b/host", "mk-hq/mk-srv1/svc-land", "a/b/if-eth0.100", "units/x/y_z"};
	static const char *const bad[] = {"", "a", "a/b", "a/b/c/d", "/a/b", "a//b", "a/b/", "../a/b", "a/../b",
	        "a/b/..", "a/b/.c", ".a/b/c", "a/b/c d", "a/b/c%2f", "a\\b/c/d"};
	struct house *h = *state;
	char args[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(args, sizeof(args), "file=%s", good[i]);
		assert_int_equal(status_of(h, api_series, args), 503);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(args, sizeof(args), "file=%s", bad[i]);
		if (status_of(h, api_series, args) != 400)
			fail_msg("%s was taken", bad[i]);
	}
}

static void ranges(void **state)
{
	static const struct {
		const char *args;
		unsigned status;
	} cases[] = {{"file=a/b/c&from=1&to=2", 503}, {"file=a/b/c&from=2&to=2", 400}, {"file=a/b/c&from=-1&to=2", 400},
	        {"file=a/b/c&from=x", 400}, {"file=a/b/c&to=99999999999", 400}, {"file=a/b/c&rows=0", 400},
	        {"file=a/b/c&rows=5001", 400}, {"file=a/b/c&cf=MAX", 503}, {"file=a/b/c&cf=LAST", 400}};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (status_of(h, api_series, cases[i].args) != cases[i].status)
			fail_msg("%s: not %u", cases[i].args, cases[i].status);
}

static void graphs(void **state)
{
	static const struct {
		const char *args;
		unsigned status;
	} cases[] = {{"target=site:mk-hq", 503},
	        {"target=service:land@mk-srv1&graph=service&format=png&language=en", 503}, {"", 400},
	        {"target=a b", 400}, {"target=x\"y", 400}, {"target=site:x&graph=../x", 400},
	        {"target=site:x&format=gif", 400}, {"target=site:x&language=fr", 400}, {"target=site:x&width=99", 400},
	        {"target=site:x&width=5000", 400}, {"target=site:x&height=1e3", 400},
	        {"target=site:x&from=5&to=4", 400}};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (status_of(h, api_graph, cases[i].args) != cases[i].status)
			fail_msg("%s: not %u", cases[i].args, cases[i].status);
}

static void asking_again_within_a_step_is_the_same_question(void **state)
{
	struct house *h = *state;
	struct request *r = request_of(h, "target=site:x");
	json_t *a = graph_question(r), *b;

	clock_fake_advance(2500);
	b = graph_question(r);
	assert_true(json_equal(a, b));
	assert_int_equal(json_integer_value(json_object_get(a, "to")), 1751330520);
	assert_int_equal(json_integer_value(json_object_get(a, "from")), 1751330520 - 86400);
	json_decref(a);
	json_decref(b);
	request_release(r);
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, house_open, house_close)

int main(void)
{
	const struct CMUnitTest tests[] = {IN_HOUSE(files), IN_HOUSE(ranges), IN_HOUSE(graphs),
	        IN_HOUSE(asking_again_within_a_step_is_the_same_question)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
