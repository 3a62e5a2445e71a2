#include "collector/series/route.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <rrd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"

#define NOW INT64_C(1751300100000)

static const char province[] =
        "province: { id: p, name: \"P\", trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }\n"
        "units: [ { id: a, name: \"A\", kind: commune, from: 2025-01-01 } ]\n"
        "sites:\n"
        "  - { id: a-hq, name: \"A\", role: extra, units: [ { unit: a } ] }\n"
        "  - { id: b-hq, name: \"B\", role: extra, units: [ { unit: a } ] }\n"
        "nodes:\n"
        "  - { id: a-srv, site: a-hq, kind: server }\n"
        "  - { id: b-srv, site: b-hq, kind: server }\n"
        "  - { id: a-sw1, site: a-hq, kind: gear, address: 10.1.1.2, polled_by: a-srv }\n";

struct fixture {
	char dir[64];
	struct collector_config config;
	uv_loop_t loop;
	struct shard *shard;
	struct route *route;
};

static int setup(void **state)
{
	struct fixture *x = mem_alloc(sizeof(*x));
	struct book_state begun;
	char path[128];

	strcpy(x->dir, "/tmp/route-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(path, sizeof(path), "%s/inventory", x->dir);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/inventory/00ff.yaml", x->dir);
	FILE *f = fopen(path, "w");
	fputs(province, f);
	fclose(f);
	x->config = (struct collector_config){.state_dir = x->dir, .timezone = "UTC", .step_ms = 10000};
	clock_fake(NOW, 1000);
	uv_loop_init(&x->loop);
	assert_int_equal(shard_open(&x->shard, &x->loop, x->dir, 0, &begun), 0);
	shard_set_now(x->shard, 1000, NOW);
	x->route = route_new(&x->config, x->shard, 0, 1);
	assert_int_equal(route_inventory(x->route, "00ff"), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char command[128];

	route_free(x->route);
	shard_close(x->shard, 2, "00ff");
	uv_run(&x->loop, UV_RUN_DEFAULT);
	uv_loop_close(&x->loop);
	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	assert_int_equal(system(command), 0);
	free(x);
	clock_real();
	return 0;
}

static void batch(struct fixture *x, int64_t id, const char *node, const char *class_name, const char *subject,
        const int64_t *values, unsigned count)
{
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0};

	batch_dict(w, 3, class_name, 1, subject);
	batch_row(w, 3, NOW - 5000 + id, values, count);
	batch_finish(w, &body);
	const struct record r = {.id = id,
	        .at_ms = NOW,
	        .kind = RECORD_BATCH,
	        .node = node,
	        .epoch = (uint64_t)id,
	        .key = "",
	        .body = body.data,
	        .body_len = body.len};
	route_record(x->route, NULL, &r);
	buf_free(&body);
	batch_writer_free(w);
}

static bool there(const struct fixture *x, const char *path)
{
	char full[160];

	shard_flush_all(x->shard);
	snprintf(full, sizeof(full), "%s/rrd/%s", x->dir, path);
	return access(full, R_OK) == 0;
}

static void test_gear_has_a_folder_of_its_own(void **state)
{
	struct fixture *x = *state;
	const int64_t up[] = {1, 2000}, port[] = {5, 5, 5, 5, 0, 0, 0, 0, 1, 1000};

	batch(x, 1, "a-srv", "gear", "a-sw1/", up, 2);
	batch(x, 2, "a-srv", "if", "a-sw1/ge-0-0-1", port, 10);
	batch(x, 3, "a-srv", "ups", "a-sw1/", up, 2);
	assert_true(there(x, "a-hq/a-sw1/gear.rrd"));
	assert_true(there(x, "a-hq/a-sw1/if-ge-0-0-1.rrd"));
	assert_true(there(x, "a-hq/a-sw1/ups.rrd"));
	assert_false(there(x, "a-hq/a-srv/gear.rrd"));
	assert_int_equal(shard_figures(x->shard)->skipped_unknown, 0);
	/* as coarse as it is read */
	assert_int_equal(step_of(x->route, inventory_node(x->route->inventory, "a-sw1")), 60);
	assert_int_equal(step_of(x->route, inventory_node(x->route->inventory, "a-srv")), 10);
}

static void test_who_may_not_speak_is_counted(void **state)
{
	static const char *const subjects[] = {
	        "a-sw1/", "a-srv/", "nobody/", "a-sw1/../../x", "/x", "a-sw1//", "../x", "a-sw1/x/y"};
	struct fixture *x = *state;
	const int64_t up[] = {1, 2000};
	int64_t id = 1;

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		batch(x, id++, "b-srv", "gear", subjects[i], up, 2);
	batch(x, id++, "a-srv", "gear", "b-srv/", up, 2);
	batch(x, id++, "stranger", "host", "", up, 2);
	batch(x, id++, "a-srv", "telepathy", "", up, 2);
	assert_int_equal(shard_figures(x->shard)->skipped_unknown, (uint64_t)id - 1);
	assert_int_equal(shard_file_count(x->shard), 0);
}

/* A clock that is early: what is below 0 is no less true. */
static void test_signed_gauges_are_kept(void **state)
{
	struct fixture *x = *state;
	const int64_t late[] = {1, -25000, 3000, 2};
	char path[160];
	time_t start = NOW / 1000 - 60, stop = NOW / 1000;
	unsigned long step = 10, sources;
	char **names;
	rrd_value_t *data;
	double seen = 0;

	batch(x, 1, "a-srv", "clock", "", late, 4);
	assert_true(there(x, "a-hq/a-srv/clock.rrd"));
	snprintf(path, sizeof(path), "%s/rrd/a-hq/a-srv/clock.rrd", x->dir);
	assert_int_equal(rrd_fetch_r(path, "AVERAGE", &start, &stop, &step, &sources, &names, &data), 0);
	for (time_t at = start, row = 0; at < stop; at += (time_t)step, row++)
		if (data[(unsigned long)row * sources + CLOCK_OFFSET] < 0)
			seen = data[(unsigned long)row * sources + CLOCK_OFFSET];
	assert_true(seen == -25);
	for (unsigned long i = 0; i < sources; i++)
		rrd_freemem(names[i]);
	rrd_freemem(names);
	rrd_freemem(data);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_gear_has_a_folder_of_its_own),
	        TEST(test_who_may_not_speak_is_counted),
	        TEST(test_signed_gauges_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
