/* crossing: estimates are never above what was lost, and come close. */
#include "collector/intake/crossing.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct wire {
	uint32_t out[2], in[2]; /* of the agent, of the collector: sent and received */
	uint32_t lost[2];       /* up, down */
	uint64_t seed;
};

/* One segment, sent again until it comes. */
static void send(struct wire *w, unsigned who, unsigned per_mille)
{
	bool came = false;

	while (!came) {
		w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
		came = (w->seed >> 33) % 1000 >= per_mille;
		w->out[who]++;
		w->in[!who] += came;
		w->lost[who] += !came;
	}
}

static void run(unsigned up, unsigned down)
{
	struct wire w = {.seed = 42 + up * 1000 + down};
	struct crossing c = {0};

	for (unsigned beat = 0; beat < 300; beat++) {
		uint32_t their_out = w.out[0], their_in = w.in[0];

		if (beat % 10 == 0)
			send(&w, 0, up); /* a batch */
		their_out = w.out[0];
		send(&w, 0, up);
		crossing_beat(&c, their_out, their_in, w.out[1], w.in[1]);
		if (beat % 10 == 0)
			send(&w, 1, down);
		send(&w, 1, down);
		assert_true(c.lost_up <= w.lost[0] && c.lost_down <= w.lost[1]);
	}
	assert_true(c.lost_up + 5 >= w.lost[0]);
	assert_true(c.lost_down + 5 >= w.lost[1]);
}

static void test_either_way(void **state)
{
	(void)state;
	run(0, 0);
	run(250, 0);
	run(0, 250);
	run(100, 100);
}

static void test_tells(void **state)
{
	struct crossing c = {0};

	(void)state;
	assert_false(crossing_due(&c, 20000));
	crossing_beat(&c, 10, 4, 5, 9);
	assert_true(crossing_due(&c, 20000));
	assert_false(crossing_due(&c, 40000)); /* nothing new */
	crossing_beat(&c, 14, 4, 5, 12);
	assert_false(crossing_due(&c, 25000)); /* not so soon */
	assert_true(crossing_due(&c, 30000));
	/* what no agent of ours would say */
	crossing_beat(&c, UINT32_MAX, UINT32_MAX, 6, 0);
	assert_int_equal(c.lost_up, UINT32_MAX);
	crossing_beat(&c, 0, 0, 7, 13);
	assert_int_equal(c.lost_down, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_either_way), cmocka_unit_test(test_tells)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
