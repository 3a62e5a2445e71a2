/* vault: what may be read and what not, each mistake with its place, and nothing kept that is no certificate. */
#include "collector/inventory/vault.c"

#include "tests/unit/collector/inventory/certificate.h"
#include "tests/unit/collector/inventory/province.h"

#include "common/log.h"

static const char text[] = "province: { id: p, name: P }\n"
                           "sites: [ { id: s, name: S } ]\n"
                           "nodes:\n"
                           "  - { id: s1, site: s }\n"
                           "  - { id: g1, site: s, kind: gear, address: h, snmp: { community_file: sub/c } }\n"
                           "  - { id: g2, site: s, kind: gear, address: h, snmp: { version: 3, user: u, auth: SHA256, "
                           "auth_file: a } }\n"
                           "services: [ { id: v, name: V, check: { tls: \"h:1\", ca_file: ca.pem } } ]\n"
                           "alerts: { webhooks: [ { id: w, url: \"https://h/\", secret_file: hook } ] "
                           "}\n";

struct place {
	char dir[64], province[96];
	struct inventory *inv;
	struct vault *vault;
	struct conf_errors errors;
};

static void put_file(const struct place *p, const char *name, const char *bytes, size_t len, mode_t mode)
{
	char *path = mem_printf("%s/%s", p->dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void remove_file(const struct place *p, const char *name)
{
	char *path = mem_printf("%s/%s", p->dir, name);

	remove(path);
	free(path);
}

static void load(struct place *p)
{
	vault_free(p->vault);
	conf_errors_free(&p->errors);
	p->errors = (struct conf_errors){0};
	int rc = vault_load(p->inv, p->province, &p->vault, &p->errors);
	assert_int_equal(rc, p->errors.count ? -EINVAL : 0);
}

/* Exactly this error; `%` stands for the folder. */
static void expect(struct place *p, const char *error)
{
	char whole[512];
	const char *folder = strchr(error, '%');

	load(p);
	assert_int_equal(p->errors.count, 1);
	snprintf(whole, sizeof(whole), "%s%.*s%s%s", p->province, folder ? (int)(folder - error) : (int)strlen(error),
	        error, folder ? p->dir : "", folder ? folder + 1 : "");
	assert_string_equal(p->errors.lines[0], whole);
}

static int set_up(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	strcpy(p->dir, "/tmp/vault_test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->province, sizeof(p->province), "%s/province.yaml", p->dir);
	char *sub = mem_printf("%s/sub", p->dir);
	mkdir(sub, 0700);
	free(sub);
	put_file(p, "sub/c", "hush\n", 5, 0600);
	put_file(p, "a", "12345678", 8, 0400);
	put_file(p, "hook", "0123456789abcdef\n", 17, 0600);
	put_file(p, "ca.pem", vault_test_pem, strlen(vault_test_pem), 0644);
	p->inv = province_load(text);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	remove_file(p, "sub/c");
	remove_file(p, "sub");
	remove_file(p, "a");
	remove_file(p, "hook");
	remove_file(p, "ca.pem");
	rmdir(p->dir);
	vault_free(p->vault);
	conf_errors_free(&p->errors);
	inventory_free(p->inv);
	free(p);
	return 0;
}

static void test_files_are_held(void **state)
{
	struct place *p = *state;

	load(p);
	assert_int_equal(p->errors.count, 0);
	assert_string_equal(vault_text(p->vault, "sub/c"), "hush");
	assert_string_equal(vault_text(p->vault, "a"), "12345678");
	assert_memory_equal(vault_text(p->vault, "ca.pem"), "-----BEGIN CERTIFICATE-----", 27);
	assert_null(strstr(vault_text(p->vault, "ca.pem"), "chatter"));
	assert_string_equal(vault_text(p->vault, "hook"), "0123456789abcdef");
	assert_null(vault_text(p->vault, "b"));
	assert_null(vault_text(p->vault, NULL));
	assert_null(vault_text(NULL, "a"));
}

static void test_modes_are_enforced(void **state)
{
	struct place *p = *state;

	put_file(p, "sub/c", "hush", 4, 0640);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c has mode 0640, expected 0600: chmod 600 it, it holds "
	          "a secret");
	assert_null(vault_text(p->vault, "sub/c"));
	assert_non_null(vault_text(p->vault, "a")); /* the others are there all the same */
	put_file(p, "sub/c", "hush", 4, 0604);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c has mode 0604, expected 0600: chmod 600 it, it holds "
	          "a secret");
}

static void test_contents_are_checked(void **state)
{
	struct place *p = *state;
	char many[200];

	put_file(p, "sub/c", "", 0, 0600);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c holds 0 bytes, expected 1 to 127");
	put_file(p, "sub/c", "a\nb\n", 4, 0600);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c holds more than one line of text, expected the secret "
	          "alone");
	put_file(p, "sub/c", "a\0b", 3, 0600);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c holds more than one line of text, expected the secret "
	          "alone");
	memset(many, 'x', sizeof(many));
	put_file(p, "sub/c", many, 128, 0600);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c holds 128 bytes, expected 1 to 127");
	put_file(p, "sub/c", many, 200, 0600);
	expect(p, ":5:72: nodes[g1].snmp.community_file: %/sub/c is longer than 129 bytes");
	put_file(p, "sub/c", many, 127, 0600);
	load(p);
	assert_int_equal(p->errors.count, 0);
	put_file(p, "a", "1234567\n", 8, 0600);
	expect(p, ":6:102: nodes[g2].snmp.auth_file: %/a holds 7 bytes, expected 8 to 127");
}

static void test_secrets_that_sign(void **state)
{
	struct place *p = *state;

	put_file(p, "hook", "0123456789abcde\n", 16, 0600);
	expect(p, ":8:64: alerts.webhooks[w].secret_file: %/hook holds 15 bytes, expected 16 to 127");
	put_file(p, "hook", "0123456789abcdef", 16, 0644);
	expect(p,
	        ":8:64: alerts.webhooks[w].secret_file: %/hook has mode 0644, expected 0600: chmod 600 it, it holds a "
	        "secret");
	remove_file(p, "hook");
	expect(p, ":8:64: alerts.webhooks[w].secret_file: %/hook cannot be read: No such file or directory");
}

static void test_what_is_no_file(void **state)
{
	struct place *p = *state;

	remove_file(p, "a");
	expect(p, ":6:102: nodes[g2].snmp.auth_file: %/a cannot be read: No such file or directory");
	char *path = mem_printf("%s/a", p->dir);
	assert_int_equal(mkfifo(path, 0600), 0); /* is not waited for */
	expect(p, ":6:102: nodes[g2].snmp.auth_file: %/a is no file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect(p, ":6:102: nodes[g2].snmp.auth_file: %/a is no file");
	rmdir(path);
	free(path);
}

static void test_authorities_are_certificates(void **state)
{
	struct place *p = *state;
	char *big = mem_alloc(AUTHORITIES_MAX + 1);

	put_file(p, "ca.pem", "hello\n", 6, 0644);
	expect(p, ":7:61: services[v].check.ca_file: %/ca.pem holds no certificate, expected certificates of "
	          "authorities in PEM");
	memset(big, '\n', AUTHORITIES_MAX + 1);
	put_file(p, "ca.pem", big, AUTHORITIES_MAX + 1, 0644);
	expect(p, ":7:61: services[v].check.ca_file: %/ca.pem is longer than 32768 bytes");
	free(big);
}

static void test_equal(void **state)
{
	struct place *p = *state;
	struct vault *before;
	struct conf_errors errors = {0};

	load(p);
	assert_int_equal(vault_load(p->inv, p->province, &before, &errors), 0);
	assert_true(vault_equal(before, p->vault));
	put_file(p, "sub/c", "hush2", 5, 0600);
	load(p);
	assert_false(vault_equal(before, p->vault));
	assert_false(vault_equal(before, NULL));
	remove_file(p, "sub/c");
	load(p);
	assert_false(vault_equal(before, p->vault));
	vault_free(before);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(test_files_are_held),
	        T(test_modes_are_enforced),
	        T(test_contents_are_checked),
	        T(test_secrets_that_sign),
	        T(test_what_is_no_file),
	        T(test_authorities_are_certificates),
	        T(test_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
