/* collector.yaml: defaults, paths, and the example that ships. */
#include "collector/config.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	char path[64];
	struct collector_config c;
	struct conf_errors errors;
};

static int load(struct fixture *f, const char *text)
{
	int fd = open(f->path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	collector_config_free(&f->c);
	conf_errors_free(&f->errors);
	return collector_config_load(f->path, &f->c, &f->errors);
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

	strcpy(f->path, "/tmp/sansang-config-XXXXXX");
	close(mkstemp(f->path));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	collector_config_free(&f->c);
	conf_errors_free(&f->errors);
	unlink(f->path);
	free(f);
	return 0;
}

static void test_everything_has_a_default_but_the_inventory(void **state)
{
	struct fixture *f = *state;
	char *socket;

	assert_int_equal(load(f, "inventory: province.yaml\n"), 0);
	assert_string_equal(f->c.path, f->path);
	assert_string_equal(f->c.inventory, "/tmp/province.yaml");
	assert_string_equal(f->c.state_dir, "/var/lib/sansang");
	assert_string_equal(f->c.socket, "/var/lib/sansang/sansang.sock");
	assert_string_equal(f->c.agents.listen, "0.0.0.0:8440");
	assert_string_equal(f->c.web.listen, "0.0.0.0:8443");
	assert_string_equal(f->c.timezone, "Asia/Ho_Chi_Minh");
	assert_string_equal(f->c.log_level, "info");
	assert_null(f->c.user);
	assert_null(f->c.web.certificate);
	assert_int_equal(f->c.step_ms, 10000);
	assert_int_equal(f->c.agents.workers, 1);
	assert_int_equal(f->c.journal.keep_ms, 8 * 86400000LL);
	assert_int_equal(f->c.journal.max_bytes, 20LL << 30);
	assert_int_equal(f->c.mail.tls, MAIL_TLS_REQUIRED);
	assert_int_equal(f->c.language, LANGUAGE_VI);
	assert_int_equal(f->c.series_shards, 1);
	assert_int_equal(f->c.render_workers, 1);
	socket = collector_state_path(&f->c, "state.db");
	assert_string_equal(socket, "/var/lib/sansang/state.db");
	free(socket);
}

static void test_values_and_relative_paths(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "inventory: a/p.yaml\nstate_dir: s\nsocket: x.sock\nweb: { certificate: w.crt, key: "
	                         "w.key, names: a, kiosk: yes, url: \"https://sansang.example:8443\" }\n"
	                         "mail: { server: \"smtps://mail.example:465\", tls: off, user: u, password_file: pw, "
	                         "inbox: { server: \"imaps://mail.example:993\", user: i, password_file: ipw } "
	                         "}\nlanguage: en\nlog: debug\n"
	                         "series: { shards: 2 }\nrender: { workers: 3 }\n"),
	        0);
	assert_string_equal(f->c.state_dir, "/tmp/s");
	assert_string_equal(f->c.socket, "/tmp/x.sock");
	assert_string_equal(f->c.inventory, "/tmp/a/p.yaml");
	assert_string_equal(f->c.web.certificate, "/tmp/w.crt");
	assert_string_equal(f->c.web.key, "/tmp/w.key");
	assert_string_equal(f->c.mail.password_file, "/tmp/pw");
	assert_int_equal(f->c.mail.tls, MAIL_TLS_OFF);
	assert_int_equal(f->c.web.names.count, 1);
	assert_true(f->c.web.kiosk);
	assert_string_equal(f->c.web.url, "https://sansang.example:8443");
	assert_string_equal(f->c.mail.inbox.server, "imaps://mail.example:993");
	assert_string_equal(f->c.mail.inbox.password_file, "/tmp/ipw");
	assert_string_equal(f->c.mail.inbox.folder, "INBOX");
	assert_int_equal(f->c.mail.inbox.every_ms, 30000);
	assert_int_equal(f->c.language, LANGUAGE_EN);
	assert_int_equal(f->c.series_shards, 2);
	assert_int_equal(f->c.render_workers, 3);
}

static void test_errors_name_place_and_expectation(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "state_dir: x\n", ":1:1: inventory: missing, expected the path of a file");
	expect_error(f, "inventory: x\nstep: 2h\n", ":2:7: step: 2h is out of range, expected 1s to 1h");
	expect_error(f, "inventory: x\ntimezone: Asia/Hanoi\n",
	        ":2:11: timezone: \"Asia/Hanoi\" is not right, expected a time zone of /usr/share/zoneinfo such as "
	        "Asia/Ho_Chi_Minh");
	expect_error(f, "inventory: x\nmail: { server: \"127.0.0.1:25\" }\n",
	        ":2:17: mail.server: \"127.0.0.1:25\" is not right, expected smtp://HOST:PORT or smtps://HOST:PORT");
	expect_error(f, "inventory: x\nweb: { key: k }\n",
	        ":2:13: web.certificate and web.key belong together, expected both or neither");
	expect_error(f, "inventory: x\nmail: { user: k }\n",
	        ":2:15: mail.user and mail.password_file belong together, expected both or neither");
	expect_error(f, "inventory: x\nmail: { from: nobody }\n",
	        ":2:15: mail.from: \"nobody\" is not right, expected an address NAME@HOST");
	expect_error(f, "inventory: x\nmail: { inbox: { server: \"imaps://h:993\" } }\n",
	        ":2:26: mail.inbox.server and mail.inbox.user belong together, expected both or neither");
	expect_error(f, "inventory: x\nmail: { inbox: { server: \"imaps://h:993\", user: u } }\n",
	        ":2:49: mail.inbox.user and mail.inbox.password_file belong together, expected both or neither");
	expect_error(f, "inventory: x\nmail: { inbox: { server: \"pop3://h\", user: u, password_file: p } }\n",
	        ":2:26: mail.inbox.server: \"pop3://h\" is not right, expected imaps://HOST:PORT or imap://HOST:PORT");
	expect_error(f, "inventory: x\nweb: { url: \"http://h\" }\n",
	        ":2:13: web.url: \"http://h\" is not right, expected https://HOST or https://HOST:PORT, without a "
	        "slash "
	        "at its end");
	expect_error(f, "inventory: x\nweb: { url: \"https://h/\" }\n",
	        ":2:13: web.url: \"https://h/\" is not right, expected https://HOST or https://HOST:PORT, without a "
	        "slash at its end");
	expect_error(f, "inventory: x\nlog: loud\n",
	        ":2:6: log: \"loud\" is not right, expected one of error, warn, info, debug");
}

static void test_the_example_is_right(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(collector_config_load("examples/lao-cai/collector.yaml", &f->c, &f->errors), 0);
	assert_int_equal(f->c.path[0], '/');
	assert_non_null(strstr(f->c.inventory, "/examples/lao-cai/province.yaml"));
	assert_int_equal(access(f->c.inventory, R_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_everything_has_a_default_but_the_inventory, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_values_and_relative_paths, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_errors_name_place_and_expectation, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_the_example_is_right, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
