/* agent.yaml: one collector or several, defaults, and the example that ships. */
#include "agent/config.c"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	char path[64];
	struct agent_config c;
	struct conf_errors errors;
};

static int load(struct fixture *f, const char *text)
{
	int fd = open(f->path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	agent_config_free(&f->c);
	conf_errors_free(&f->errors);
	return agent_config_load(f->path, &f->c, &f->errors);
}

static void expect_error(struct fixture *f, const char *text, const char *error)
{
	assert_int_equal(load(f, text), -EINVAL);
	assert_int_equal(f->errors.count, 1);
	assert_string_equal(f->errors.lines[0] + strlen(f->path), error);
	assert_null(f->c.state_dir);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/sansang-agent-config-XXXXXX");
	close(mkstemp(f->path));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	agent_config_free(&f->c);
	conf_errors_free(&f->errors);
	unlink(f->path);
	free(f);
	return 0;
}

static void test_one_collector_and_the_defaults(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "collector: \"c.example:8440\"\nnode: mk-srv1\ntoken_file: token\n"), 0);
	assert_string_equal(f->c.path, f->path);
	assert_int_equal(f->c.collectors.count, 1);
	assert_string_equal(f->c.collectors.items[0], "c.example:8440");
	assert_string_equal(f->c.token_file, "/tmp/token");
	assert_string_equal(f->c.state_dir, "/var/lib/sansang-agent");
	assert_string_equal(f->c.log_level, "info");
	assert_int_equal(f->c.spool_bytes, 64 << 20);
	assert_null(f->c.proxy);
	assert_null(f->c.user);
	assert_null(f->c.ups);
	assert_null(f->c.trap_listen);
	assert_int_equal(f->c.capture_interfaces.count, 0);
}

static void test_all_keys(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "collector: [ \"c.example:8440\", \"[2001:db8::2]:8440\" ]\nnode: n\nproxy: "
	                         "\"http://10.0.0.9:3128\"\nuser: u\n"
	                         "capture: { interfaces: [eth0, eth1] }\nsandbox: { read: [/srv] }\nspool: { max: 1GB "
	                         "}\nlog: warn\ntraps: { listen: \"0.0.0.0:162\" }\nups: apc@localhost\n"),
	        0);
	assert_int_equal(f->c.collectors.count, 2);
	assert_string_equal(f->c.collectors.items[1], "[2001:db8::2]:8440");
	assert_string_equal(f->c.proxy, "http://10.0.0.9:3128");
	assert_int_equal(f->c.capture_interfaces.count, 2);
	assert_string_equal(f->c.sandbox_read.items[0], "/srv");
	assert_int_equal(f->c.spool_bytes, 1 << 30);
	assert_null(f->c.token_file);
	assert_string_equal(f->c.trap_listen, "0.0.0.0:162");
	assert_string_equal(f->c.ups, "apc@localhost");
}

static void test_ups_and_traps(void **state)
{
	static const char *const right[] = {"ups: no", "ups: apc-1@10.0.0.1", "ups: \"apc@nut.example:3493\"",
	        "ups: \"apc@[::1]:3493\"", "ups: \"apc@[::1]\"", "traps: { listen: \"[::]:1162\" }", "traps: {}"};
	static const char *const wrong[] = {"ups: yes", "ups: apc", "ups: \"@10.0.0.1\"", "ups: \"apc@\"",
	        "ups: \"a b@c\"", "ups: \"apc@c:0\"", "ups: \"apc@c:99999\"", "ups: \".a@c\"",
	        "traps: { listen: \"162\" }", "traps: { listen: \"localhost:162\" }",
	        "traps: { listen: \"0.0.0.0:0\" }", "traps: { listen: \"[10.0.0.1]:162\" }"};
	char text[160];

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(text, sizeof(text), "node: n\ncollector: \"a:1\"\n%s\n", right[i]);
		assert_int_equal(load(*state, text), 0);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "node: n\ncollector: \"a:1\"\n%s\n", wrong[i]);
		assert_int_equal(load(*state, text), -EINVAL);
	}
	expect_error(*state, "node: n\ncollector: \"a:1\"\nups: apc\n",
	        ":3:6: ups: \"apc\" is not right, expected no, or NAME@HOST or NAME@HOST:PORT");
	expect_error(*state, "node: n\ncollector: \"a:1\"\ntraps: { listen: here }\n",
	        ":3:18: traps.listen: \"here\" is not right, expected ADDRESS:PORT such as 0.0.0.0:162 or [::]:162");
}

static void test_errors_name_place_and_expectation(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "node: n\n", ":1:1: collector: missing, expected a list of values, or one value");
	expect_error(f, "node: n\ncollector: []\n", ":2:12: collector: an empty list, expected at least one value");
	expect_error(f, "collector: \"a:1\"\nnode: Mk\n",
	        ":2:7: node: \"Mk\" is not right, expected an id: 1 to 63 of a-z 0-9 - _ . and not beginning with a "
	        "dot");
	expect_error(f, "node: n\ncollector: [ \"a:1\", nowhere ]\n",
	        ":2:21: collector: \"nowhere\" is not right, expected host:port or [IPv6 address]:port with a port of "
	        "1 to 65535");
	expect_error(f, "node: n\ncollector: \"a:1\"\nproxy: \"10.0.0.9:3128\"\n",
	        ":3:8: proxy: \"10.0.0.9:3128\" is not right, expected http://HOST:PORT");
	expect_error(f, "node: n\ncollector: \"a:1\"\nsandbox: { read: [ srv ] }\n",
	        ":3:20: sandbox.read: \"srv\" is not right, expected an absolute path");
}

static void test_the_example_is_right(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(agent_config_load("examples/lao-cai/agent.yaml", &f->c, &f->errors), 0);
	assert_string_equal(f->c.node, "pha-long-srv");
	assert_int_equal(f->c.collectors.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_one_collector_and_the_defaults, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_all_keys, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_ups_and_traps, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_errors_name_place_and_expectation, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_the_example_is_right, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
