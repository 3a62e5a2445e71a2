/* central: the whole or nothing, with the member that was wrong; the copy on disk survives a bad write. */
#include "agent/central.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#define HEAD "\"version\":\"0123456789abcdef\",\"node\":\"mk-srv1\",\"step_ms\":10000"

static const char good[] =
        "{" HEAD ",\"site\":\"mk-hq\",\"unheard\":[1,2],\"core\":null,"
        "\"uplinks\":[{\"id\":\"mk-ts\",\"instance\":\"\",\"target\":\"10.20.1.1\",\"gateway\":\"\"}],"
        "\"services\":[{\"id\":\"land\",\"type\":\"tcp\",\"target\":\"10.0.0.5:443\",\"every_ms\":60000,\"via\":\"\","
        "\"source\":\"\"}],"
        "\"terminals\":[{\"id\":\"mk-ts\",\"target\":\"203.0.113.7\"}]}";

static void test_reads_all(void **state)
{
	struct central *c;
	char why[WHY_SIZE];

	(void)state;
	assert_int_equal(central_parse(good, strlen(good), &c, why), 0);
	assert_string_equal(c->version, "0123456789abcdef");
	assert_string_equal(c->core, "");
	assert_int_equal(c->step_ms, 10000);
	assert_int_equal(c->uplink_count, 1);
	assert_string_equal(c->uplinks[0].target, "10.20.1.1");
	assert_string_equal(c->services[0].target, "10.0.0.5:443");
	assert_int_equal(c->services[0].every_ms, 60000);
	assert_string_equal(c->terminals[0].id, "mk-ts");
	central_free(c);
}

static void test_refuses_whole(void **state)
{
	static const struct {
		const char *json, *why;
	} bad[] = {
	        {"", "line"},
	        {"[]", "central: expected an object"},
	        {"{\"version\":\"1\"", "line"},
	        {"{\"version\":\"1\",\"node\":\"a\"}", "central.step_ms: is missing"},
	        {"{\"version\":1,\"node\":\"a\",\"step_ms\":10000}", "central.version"},
	        {"{\"version\":\"1\",\"node\":\"../a\",\"step_ms\":10000}", "central.node"},
	        {"{\"version\":\"1\",\"node\":\"a\",\"step_ms\":10}", "central.step_ms: expected milliseconds"},
	        {"{\"version\":\"1\",\"node\":\"a\",\"step_ms\":\"10\"}", "central.step_ms"},
	        {"{" HEAD ",\"services\":{}}", "services: expected a list"},
	        {"{" HEAD ",\"services\":[7]}", "services[0]: expected an object"},
	        {"{" HEAD ",\"services\":[{\"id\":\"a\",\"type\":\"tcp\",\"every_ms\":10000}]}",
	                "services[0].target: is missing"},
	        {"{" HEAD ",\"terminals\":[{\"id\":\"a/b\",\"target\":\"x\"}]}", "terminals[0].id"},
	        {"{" HEAD ",\"uplinks\":[{\"id\":\"a\",\"target\":\"x\\u0000y\"}]}", "line"},
	};
	struct central *c;
	char why[WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(central_parse(bad[i].json, strlen(bad[i].json), &c, why), -EINVAL);
		assert_null(c);
		if (strncmp(why, bad[i].why, strlen(bad[i].why)))
			fail_msg("\"%s\" where \"%s\" was expected", why, bad[i].why);
	}
}

static void test_copy_on_disk(void **state)
{
	char dir[] = "/tmp/central-test-XXXXXX", path[64];
	struct buf got = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(central_load(dir, &got), -ENOENT);
	assert_int_equal(central_save(dir, good, strlen(good)), 0);
	assert_int_equal(central_load(dir, &got), 0);
	assert_int_equal(got.len, strlen(good));
	assert_memory_equal(got.data, good, got.len);
	/* what cannot be written leaves the old copy */
	snprintf(path, sizeof(path), "%s/central.json.new", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(central_save(dir, "{}", 2) < 0);
	buf_reset(&got);
	assert_int_equal(central_load(dir, &got), 0);
	assert_int_equal(got.len, strlen(good));
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/central.json", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	buf_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_reads_all),
	        cmocka_unit_test(test_refuses_whole),
	        cmocka_unit_test(test_copy_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
