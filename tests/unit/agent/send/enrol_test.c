/* enrol: the key stays ours, a certificate for another key is not kept, tokens are read and spent. */
#include "agent/send/enrol.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/ca.c"
#include "collector/certificate.c"
#include "tests/unit/pki.h"

struct stage {
	struct pki pki;
	struct agent_config config;
	struct enrol e;
};

static int set_up(void **state)
{
	struct stage *t = mem_alloc(sizeof(*t));

	pki_open(&t->pki);
	t->config.node = "mk-srv1";
	t->config.state_dir = t->pki.dir;
	t->config.token_file = pki_path(&t->pki, "token");
	enrol_open(&t->e, &t->config);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *t = *state;

	enrol_close(&t->e);
	free(t->config.token_file);
	pki_close(&t->pki);
	free(t);
	return 0;
}

static void sign(struct stage *t, struct buf *der)
{
	struct buf csr = {0};
	char serial[CA_SERIAL_SIZE];

	assert_int_equal(enrol_request(&t->e, &csr), 0);
	assert_int_equal(ca_sign_agent(t->pki.ca, csr.data, csr.len, "mk-srv1", der, serial), 0);
	buf_free(&csr);
}

static void own_certificate_is_kept(void **state)
{
	struct stage *t = *state;
	struct buf der = {0};
	const struct buf *ca;
	size_t count = ca_certificates(t->pki.ca, &ca);
	struct tls_context *c;

	assert_false(enrol_done(&t->e));
	assert_int_equal(enrol_renew_at_ms(&t->e), 0);
	sign(t, &der);
	assert_int_equal(enrol_store(&t->e, der.data, der.len, ca, count), 0);
	assert_true(enrol_done(&t->e));
	assert_int_equal(enrol_context(&t->e, &c), 0);
	tls_context_free(c);
	/* 91 days with the one it is dated back, of which two thirds */
	int64_t days = (enrol_renew_at_ms(&t->e) - clock_wall_ms()) / DAY_MS;
	assert_in_range(days, 58, 60);
	buf_free(&der);
}

static void certificate_of_another_key_is_not(void **state)
{
	struct stage *t = *state;
	struct buf der = {0};
	const struct buf *ca;
	size_t count = ca_certificates(t->pki.ca, &ca);

	sign(t, &der);
	assert_int_equal(unlink(t->e.key_path), 0);
	EVP_PKEY *other = key_make(t->e.key_path);
	assert_non_null(other);
	EVP_PKEY_free(other);
	assert_int_equal(enrol_store(&t->e, der.data, der.len, ca, count), -EBADMSG);
	assert_int_equal(enrol_store(&t->e, (const uint8_t *)"rubbish", 7, ca, count), -EBADMSG);
	assert_false(enrol_done(&t->e));
	buf_free(&der);
}

static void request_keeps_the_key(void **state)
{
	struct stage *t = *state;
	struct buf a = {0}, b = {0};

	sign(t, &a);
	EVP_PKEY *first = key_read(t->e.key_path);
	sign(t, &b);
	EVP_PKEY *second = key_read(t->e.key_path);
	assert_int_equal(EVP_PKEY_eq(first, second), 1);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	buf_free(&a);
	buf_free(&b);
}

static void set_is_replaced_only_by_a_good_one(void **state)
{
	struct stage *t = *state;
	const struct buf *ca;
	size_t count = ca_certificates(t->pki.ca, &ca);
	const struct buf rubbish = {.data = (uint8_t *)"rubbish", .len = 7};

	assert_int_equal(enrol_store_authorities(&t->e, ca, count), 1);
	assert_int_equal(enrol_store_authorities(&t->e, ca, count), 0);
	assert_int_equal(enrol_store_authorities(&t->e, NULL, 0), 0);
	assert_true(enrol_store_authorities(&t->e, &rubbish, 1) < 0);
	assert_int_equal(enrol_store_authorities(&t->e, ca, count), 0); /* it is still there */
}

static void write_word(struct stage *t, const char *word)
{
	FILE *f = fopen(t->config.token_file, "w");

	fprintf(f, "%s\n", word);
	fclose(f);
}

static void tokens_are_read_and_spent(void **state)
{
	struct stage *t = *state;
	struct token in = {{1}, {2}}, out;
	char word[TOKEN_WORD_SIZE];

	assert_int_equal(enrol_token(&t->e, &out), -ENOENT);
	write_word(t, "mistyped");
	assert_int_equal(enrol_token(&t->e, &out), -ENOENT);
	token_encode(&in, word);
	unlink(t->config.token_file);
	write_word(t, word);
	assert_int_equal(enrol_token(&t->e, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	enrol_token_refused(&t->e);
	assert_int_equal(enrol_token(&t->e, &out), -ENOENT);
	t->e.token_mark = 0;
	enrol_token_remove(&t->e);
	assert_int_equal(access(t->config.token_file, F_OK), -1);
	assert_int_equal(enrol_token(&t->e, &out), -ENOENT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(own_certificate_is_kept),
	        T(certificate_of_another_key_is_not),
	        T(request_keeps_the_key),
	        T(set_is_replaced_only_by_a_good_one),
	        T(tokens_are_read_and_spent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
