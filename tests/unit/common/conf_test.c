#include "common/conf.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FILE_NAME "/tmp/sansang-conf-test-XXXXXX"

struct line {
	char *id;
	struct conf_place id_place;
	double capacity;
};

struct sample_config {
	char *name, *path, *listen, *level;
	bool kiosk;
	int64_t workers, every_ms, max_bytes, at_ms;
	struct conf_place at_place;
	double ratio;
	int language;
	struct conf_strings names;
	struct {
		char *user;
		int64_t port;
	} mail;
	struct line *lines;
	size_t line_count;
	char *special;
};

static const char *const languages[] = {"vi", "en", NULL};
static const char *const levels[] = {"low", "high", NULL};

static void special_read(struct conf_reader *r, const struct conf_node *node, void *out)
{
	const char *text = conf_node_text(node);

	if (text && !strcmp(text, "bad"))
		conf_node_error(r, node, "is bad, expected anything else");
	else if (text)
		*(char **)out = mem_printf("<%s>", text);
}

static void special_free(void *out)
{
	free(*(char **)out);
	*(char **)out = NULL;
}

static const char *name_check(const void *value)
{
	return strcmp(*(char *const *)value, "evil") ? NULL : "a good name";
}

#define AT(member) offsetof(struct sample_config, member)
static const struct conf_key line_keys[] = {
        {"id", CONF_ID, offsetof(struct line, id), .required = true, .id_unique = true, .place_wanted = true},
        {"capacity", CONF_NUMBER, offsetof(struct line, capacity), .fallback = "10", .min = 0, .max = 1000},
        {0},
};
static const struct conf_key mail_keys[] = {
        {"user", CONF_STRING, AT(mail.user), .required = true},
        {"port", CONF_INT, AT(mail.port), .fallback = "25", .min = 1, .max = 65535},
        {0},
};
static const struct conf_key keys[] = {
        {"name", CONF_STRING, AT(name), .required = true},
        {"path", CONF_PATH, AT(path), .fallback = "sub/file"},
        {"listen", CONF_ADDRESS, AT(listen), .fallback = "0.0.0.0:8440"},
        {"level", CONF_STRING, AT(level), .fallback = "low", .choices = levels},
        {"kiosk", CONF_BOOL, AT(kiosk), .fallback = "no"},
        {"workers", CONF_INT, AT(workers), .fallback = "1", .min = 1, .max = 64},
        {"every", CONF_DURATION, AT(every_ms), .fallback = "10s", .min = 1000, .max = 3600e3},
        {"max", CONF_SIZE, AT(max_bytes), .fallback = "20GB", .min = 1024, .max = 1099511627776},
        {"at", CONF_TIME, AT(at_ms), .place_wanted = true},
        {"ratio", CONF_NUMBER, AT(ratio), .fallback = "0.5"},
        {"language", CONF_CHOICE, AT(language), .fallback = "vi", .choices = languages},
        {"names", CONF_STRINGS, AT(names), .check = name_check},
        {"mail", CONF_MAP, .keys = mail_keys},
        {"lines", CONF_LIST, AT(lines), .keys = line_keys, .item_size = sizeof(struct line)},
        {"special", CONF_CUSTOM, AT(special), .custom = special_read, .custom_free = special_free},
        {"later", CONF_ANY, .help = "any"},
        {0},
};

struct fixture {
	char path[64];
	struct sample_config c;
	struct conf_errors errors;
};

static void text_write(const char *path, const void *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static int load_bytes(struct fixture *f, const void *text, size_t len)
{
	text_write(f->path, text, len);
	conf_free(keys, &f->c);
	conf_errors_free(&f->errors);
	return conf_load(f->path, keys, "Asia/Ho_Chi_Minh", &f->c, &f->errors);
}

static int load(struct fixture *f, const char *text)
{
	return load_bytes(f, text, strlen(text));
}

/* Loading gives exactly this one error, behind the file's name; nothing is left in the struct. */
static void expect_error(struct fixture *f, const char *text, const char *error)
{
	struct sample_config empty = {0};
	size_t len = strlen(f->path);

	assert_int_equal(load(f, text), -EINVAL);
	assert_int_equal(f->errors.count, 1);
	assert_memory_equal(f->errors.lines[0], f->path, len);
	assert_string_equal(f->errors.lines[0] + len, error);
	assert_null(f->c.name);
	assert_null(f->c.lines);
	assert_null(f->c.special);
	assert_memory_equal(&f->c.names, &empty.names, sizeof(empty.names));
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, FILE_NAME);
	close(mkstemp(f->path));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	conf_free(keys, &f->c);
	conf_errors_free(&f->errors);
	unlink(f->path);
	free(f);
	return 0;
}

static void test_fallbacks_fill_what_the_file_lacks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "name: Lào Cai\n"), 0);
	assert_string_equal(f->c.name, "Lào Cai");
	assert_string_equal(f->c.path, "/tmp/sub/file");
	assert_string_equal(f->c.listen, "0.0.0.0:8440");
	assert_string_equal(f->c.level, "low");
	assert_false(f->c.kiosk);
	assert_int_equal(f->c.workers, 1);
	assert_int_equal(f->c.every_ms, 10000);
	assert_int_equal(f->c.max_bytes, 20LL << 30);
	assert_int_equal(f->c.at_ms, 0);
	assert_int_equal(f->c.at_place.line, 0);
	assert_true(f->c.ratio == 0.5);
	assert_int_equal(f->c.names.count, 0);
	assert_null(f->c.mail.user);
	assert_int_equal(f->c.mail.port, 25);
	assert_int_equal(f->c.line_count, 0);
}

static void test_every_type_is_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "name: \"a \\\"b\\\"\"\npath: /etc/x\nlisten: \"[2001:db8::1]:443\"\nlevel: "
	                         "high\nkiosk: Yes\nworkers: 64\n"
	                         "every: 5m\nmax: 512KB\nat: 2025-07-01\nratio: -1.25e2\nlanguage: en\nnames: [a, b]\n"
	                         "mail: { user: u, port: 587 }\nlines:\n  - { id: x-ts, capacity: 100 }\n  - id: "
	                         "y_ts\nspecial: word\n"
	                         "later: [ { any: [1, 2] }, text ]\n"),
	        0);
	assert_string_equal(f->c.name, "a \"b\"");
	assert_string_equal(f->c.path, "/etc/x");
	assert_string_equal(f->c.listen, "[2001:db8::1]:443");
	assert_string_equal(f->c.level, "high");
	assert_true(f->c.kiosk);
	assert_int_equal(f->c.workers, 64);
	assert_int_equal(f->c.every_ms, 300000);
	assert_int_equal(f->c.max_bytes, 512 * 1024);
	assert_int_equal(f->c.at_ms, 1751302800000); /* 2025-06-30T17:00:00Z */
	assert_int_equal(f->c.at_place.line, 9);
	assert_int_equal(f->c.at_place.column, 5);
	assert_true(f->c.ratio == -125);
	assert_int_equal(f->c.language, 1);
	assert_int_equal(f->c.names.count, 2);
	assert_string_equal(f->c.names.items[1], "b");
	assert_int_equal(f->c.names.places[1].column, 12);
	assert_string_equal(f->c.mail.user, "u");
	assert_int_equal(f->c.mail.port, 587);
	assert_int_equal(f->c.line_count, 2);
	assert_string_equal(f->c.lines[0].id, "x-ts");
	assert_true(f->c.lines[0].capacity == 100);
	assert_int_equal(f->c.lines[0].id_place.line, 15);
	assert_int_equal(f->c.lines[0].id_place.column, 11);
	assert_true(f->c.lines[1].capacity == 10);
	assert_string_equal(f->c.special, "<word>");
}

static void test_a_key_without_a_value_takes_its_fallback(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "name: x\nworkers:\nmail: ~\nlines: null\nnames:\n"), 0);
	assert_int_equal(f->c.workers, 1);
	assert_int_equal(f->c.mail.port, 25);
	assert_int_equal(load(f, "name: \"\"\n"), 0);
	assert_string_equal(f->c.name, "");
}

static void test_one_word_is_a_list_of_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "name: x\nnames: only\n"), 0);
	assert_int_equal(f->c.names.count, 1);
	assert_string_equal(f->c.names.items[0], "only");
}

static void test_unknown_keys_name_the_nearest(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "name: x\nlisen: \"a:1\"\n", ":2:1: lisen: unknown key, did you mean \"listen\"?");
	expect_error(
	        f, "name: x\nmail: { user: u, prot: 1 }\n", ":2:18: mail.prot: unknown key, did you mean \"port\"?");
	expect_error(f, "name: x\nlines:\n  - { id: a, kapacity: 1 }\n",
	        ":3:14: lines[a].kapacity: unknown key, did you mean \"capacity\"?");
	expect_error(f, "name: x\nmail: { user: u, zzzzzz: 1 }\n",
	        ":2:18: mail.zzzzzz: unknown key, the nearest known one is \"user\"; expected one of user, port");
}

static void test_missing_and_repeated_keys(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "kiosk: no\n", ":1:1: name: missing, expected text");
	expect_error(f, "name: x\nmail: { port: 1 }\n", ":2:7: mail.user: missing, expected text");
	expect_error(
	        f, "name: x\nlines: [ { id: a }, { capacity: 3 } ]\n", ":2:21: lines[2].id: missing, expected an id");
	expect_error(f, "name: x\nkiosk: no\nkiosk: yes\n",
	        ":3:1: kiosk: given twice, first at line 2 column 1; expected once");
	expect_error(f, "name: x\n[a]: b\n", ":2:1: a list cannot be a key, expected a name");
}

static void test_wrong_shapes(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "", ":1:1: the file is empty, expected a map of keys");
	expect_error(f, "- a\n", ":1:1: a list does not fit here, expected a map of keys");
	expect_error(f, "name: [x]\n", ":1:7: name: a list does not fit here, expected text");
	expect_error(f, "name: x\nmail: yes\n", ":2:7: mail: a text does not fit here, expected a map of keys");
	expect_error(f, "name: x\nlines: { id: a }\n", ":2:8: lines: a map does not fit here, expected a list of maps");
	expect_error(
	        f, "name: x\nlines: [ word ]\n", ":2:10: lines[1]: a text does not fit here, expected a map of keys");
	expect_error(f, "name: x\nnames: [ { a: b } ]\n", ":2:10: names: a map does not fit here, expected text");
	expect_error(f, "name: x\nspecial: bad\n", ":2:10: special: is bad, expected anything else");
	expect_error(
	        f, "name: x\nnames: [ good, evil ]\n", ":2:16: names: \"evil\" is not right, expected a good name");
	expect_error(f, "name: \"a\\0b\"\n", ":1:7: name: holds a zero byte, expected text");
	expect_error(f, "name: \"a\\eb\"\n",
	        ":1:7: name: \"a\033b\" is not right, expected text without control characters");
}

static void test_wrong_scalars(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
	        {"kiosk: maybe", ":2:8: kiosk: \"maybe\" is not right, expected yes or no"},
	        {"workers: two", ":2:10: workers: \"two\" is not right, expected a whole number"},
	        {"workers: 1.5", ":2:10: workers: \"1.5\" is not right, expected a whole number"},
	        {"workers: 65", ":2:10: workers: 65 is out of range, expected 1 to 64"},
	        {"workers: 99999999999999999999",
	                ":2:10: workers: \"99999999999999999999\" is not right, expected a whole number"},
	        {"ratio: 0x10", ":2:8: ratio: \"0x10\" is not right, expected a number"},
	        {"ratio: nan", ":2:8: ratio: \"nan\" is not right, expected a number"},
	        {"every: 10",
	                ":2:8: every: \"10\" is not right, expected a duration such as 500ms, 10s, 5m, 24h or 8d"},
	        {"every: 10 s",
	                ":2:8: every: \"10 s\" is not right, expected a duration such as 500ms, 10s, 5m, 24h or 8d"},
	        {"every: 2h", ":2:8: every: 2h is out of range, expected 1s to 1h"},
	        {"max: 20G", ":2:6: max: \"20G\" is not right, expected a size such as 512KB, 64MB or 20GB"},
	        {"max: 1B", ":2:6: max: 1B is out of range, expected 1KB to 1TB"},
	        {"max: 999999999999999TB", ":2:6: max: \"999999999999999TB\" is not right, expected a smaller amount"},
	        {"language: de", ":2:11: language: \"de\" is not right, expected one of vi, en; did you mean \"vi\"?"},
	        {"level: middle", ":2:8: level: \"middle\" is not right, expected one of low, high"},
	        {"listen: 8440", ":2:9: listen: \"8440\" is not right, expected host:port or [IPv6 address]:port with "
	                         "a port of 1 to 65535"},
	        {"listen: \"::1:80\"", ":2:9: listen: \"::1:80\" is not right, expected host:port or [IPv6 "
	                               "address]:port with a port of 1 to 65535"},
	        {"listen: \"a:70000\"", ":2:9: listen: \"a:70000\" is not right, expected host:port or [IPv6 "
	                                "address]:port with a port of 1 to 65535"},
	        {"path: \"\"", ":2:7: path: \"\" is not right, expected the path of a file"},
	        {"at: 2025-02-29", ":2:5: at: \"2025-02-29\" is not right, expected a date such as 2025-07-01, or a "
	                           "time with its offset such as "
	                           "2025-07-01T00:00:00+07:00"},
	        {"at: 2025-07-01T00:00:00", ":2:5: at: \"2025-07-01T00:00:00\" is not right, expected the time's "
	                                    "offset too, such as +07:00 or Z"},
	        {"lines: [ { id: Big } ]", ":2:16: lines[Big].id: \"Big\" is not right, expected an id: 1 to 63 of a-z "
	                                   "0-9 - _ . and not beginning with a dot"},
	        {"lines: [ { id: ../x } ]", ":2:16: lines[../x].id: \"../x\" is not right, expected an id: 1 to 63 of "
	                                    "a-z 0-9 - _ . and not beginning with a dot"},
	};
	struct fixture *f = *state;
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "name: x\n%s\n", cases[i].line);
		expect_error(f, text, cases[i].error);
	}
}

static void test_duplicate_ids_name_the_first_place(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "name: x\nlines:\n  - id: b\n  - id: a\n  - { id: b }\n",
	        ":5:11: lines[b].id: duplicate id \"b\", first at line 3 column 9; expected one of its own");
	assert_int_equal(load(f, "name: x\nlines: [ {id: a}, {id: b}, {id: a}, {id: a}, {id: b} ]\n"), -EINVAL);
	assert_int_equal(f->errors.count, 3);
}

static void test_all_errors_are_told_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "kiosk: x\nworkers: y\nfoo: z\nlanguage: q\n"), -EINVAL);
	assert_int_equal(f->errors.count, 5);
}

static void test_what_is_not_yaml(void **state)
{
	struct fixture *f = *state;

	expect_error(f, "name: x\nmail: { user: u\nkiosk: no\n",
	        ":3:6: not YAML: did not find expected ',' or '}' while parsing a flow mapping, expected a YAML "
	        "document");
	expect_error(f, "name: *nobody\n", ":1:7: not YAML: found undefined alias, expected a YAML document");
	expect_error(f, "name: x\n---\nname: y\n", ":3:1: a second document begins here, expected one only");
	expect_error(
	        f, "name: x\nkiosk: \xff\n", ":2:8: not YAML: invalid leading UTF-8 octet, expected a YAML document");
}

static void test_a_file_that_cannot_be_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(conf_load("/nonexistent/x.yaml", keys, NULL, &f->c, &f->errors), -ENOENT);
	assert_string_equal(f->errors.lines[0],
	        "/nonexistent/x.yaml: cannot be read (No such file or directory), expected a configuration file");
	assert_int_equal(conf_load("/tmp", keys, NULL, &f->c, &f->errors), -EISDIR);
	assert_int_equal(conf_load(f->path, keys, "Nowhere/City", &f->c, &f->errors), -EINVAL);
	assert_int_equal(conf_load(f->path, keys, "../../etc/passwd", &f->c, &f->errors), -EINVAL);
	assert_int_equal(f->errors.count, 4);
}

static void test_aliases_work_and_do_not_run_away(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "name: &n x\nmail: { user: *n }\n"), 0);
	assert_string_equal(f->c.mail.user, "x");
	assert_int_equal(load(f, "name: x\nlater: &a [ *a ]\n"), 0);
	expect_error(f, "name: x\nmail: &m { user: *m }\n", ":2:7: mail.user: a map does not fit here, expected text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_fallbacks_fill_what_the_file_lacks, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_every_type_is_read, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_key_without_a_value_takes_its_fallback, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_one_word_is_a_list_of_one, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_unknown_keys_name_the_nearest, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_missing_and_repeated_keys, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_wrong_shapes, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_wrong_scalars, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_duplicate_ids_name_the_first_place, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_all_errors_are_told_at_once, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_is_not_yaml, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_read, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_aliases_work_and_do_not_run_away, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
