/* ca: what is signed, for whom and for what; what is refused; the roll-over. */
#include "collector/ca.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/pki.h"

static int set_up(void **state)
{
	struct pki *p = mem_alloc(sizeof(*p));

	pki_open(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	pki_close(*state);
	free(*state);
	return 0;
}

static X509 *der_certificate(const struct buf *b)
{
	const uint8_t *at = b->data;

	return d2i_X509(NULL, &at, (long)b->len);
}

static void agent_gets_only_what_it_may_have(void **state)
{
	struct pki *p = *state;
	struct buf csr = {0}, der = {0};
	char serial[CA_SERIAL_SIZE], name[65];
	EVP_PKEY *key = pki_request("somebody-else", &csr);

	assert_int_equal(ca_sign_agent(p->ca, csr.data, csr.len, "mk-srv1", &der, serial), 0);
	X509 *x = der_certificate(&der);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof(name));
	assert_string_equal(name, "mk-srv1");
	assert_int_equal(X509_check_private_key(x, key), 1);
	assert_int_equal(X509_verify(x, p->ca->key), 1);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_CLIENT);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(strlen(serial), 32);
	int days, seconds;
	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x));
	assert_in_range(days, CA_AGENT_DAYS - 1, CA_AGENT_DAYS);
	X509_free(x);
	EVP_PKEY_free(key);
	buf_free(&csr);
	buf_free(&der);
}

static void bad_requests_are_refused(void **state)
{
	struct pki *p = *state;
	struct buf csr = {0}, der = {0};
	char serial[CA_SERIAL_SIZE];
	EVP_PKEY *key = pki_request("mk-srv1", &csr);

	assert_int_equal(ca_sign_agent(p->ca, csr.data, csr.len - 1, "n", &der, serial), -EBADMSG);
	buf_put_u8(&csr, 0); /* something behind it */
	assert_int_equal(ca_sign_agent(p->ca, csr.data, csr.len, "n", &der, serial), -EBADMSG);
	csr.len--;
	csr.data[csr.len - 1] ^= 1; /* the signature no longer fits */
	assert_int_equal(ca_sign_agent(p->ca, csr.data, csr.len, "n", &der, serial), -EBADMSG);
	assert_int_equal(ca_sign_agent(p->ca, (const uint8_t *)"", 0, "n", &der, serial), -EBADMSG);
	assert_int_equal(der.len, 0);
	EVP_PKEY_free(key);
	buf_free(&csr);
}

static void other_kinds_of_keys_are_refused(void **state)
{
	struct pki *p = *state;
	X509_REQ *r = X509_REQ_new();
	EVP_PKEY *key = EVP_EC_gen("P-384");
	struct buf der = {0};
	uint8_t *csr = NULL;
	char serial[CA_SERIAL_SIZE];

	X509_REQ_set_pubkey(r, key);
	X509_REQ_sign(r, key, EVP_sha256());
	int len = i2d_X509_REQ(r, &csr);
	assert_int_equal(ca_sign_agent(p->ca, csr, (size_t)len, "n", &der, serial), -EBADMSG);
	OPENSSL_free(csr);
	X509_REQ_free(r);
	EVP_PKEY_free(key);
}

static void server_certificate_is_kept_while_it_is_good(void **state)
{
	struct pki *p = *state;
	const char *const names[] = {"127.0.0.1", "localhost"}, *const more[] = {"127.0.0.1", "::1", "localhost"};
	const char *const wrong[] = {""};

	assert_int_equal(ca_issue_server(p->ca, names, 2, p->server_crt, p->server_key), 0);
	assert_int_equal(ca_issue_server(p->ca, more, 3, p->server_crt, p->server_key), 1);
	assert_int_equal(ca_issue_server(p->ca, more, 3, p->server_crt, p->server_key), 0);
	assert_int_equal(ca_issue_server(p->ca, wrong, 1, p->server_crt, p->server_key), -EINVAL);
	unlink(p->server_key);
	assert_int_equal(ca_issue_server(p->ca, more, 3, p->server_crt, p->server_key), 1);
	X509 *x = pem_read_certificate(p->server_crt);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
	assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
	assert_int_equal(X509_check_host(x, "localhost", 0, 0, NULL), 1);
	X509_free(x);
	struct stat st;
	stat(p->server_key, &st);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* ten months later it has too few days left */
	clock_fake(clock_wall_ms() + 310 * DAY_MS, clock_boot_ms());
	assert_int_equal(ca_issue_server(p->ca, more, 3, p->server_crt, p->server_key), 1);
	clock_real();
}

static void authority_is_found_again(void **state)
{
	struct pki *p = *state;
	uint8_t before[CA_FINGERPRINT_BYTES], after[CA_FINGERPRINT_BYTES];
	char *dir = pki_path(p, "ca");

	ca_fingerprint(p->ca, before);
	ca_close(p->ca);
	assert_int_equal(ca_open(&p->ca, dir, "test"), 0);
	ca_fingerprint(p->ca, after);
	assert_memory_equal(before, after, sizeof(before));
	char *key = mem_printf("%s/%s.key", dir, p->ca->list[0].name);
	struct stat st;
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	struct ca *other = NULL;
	unlink(key);
	assert_int_not_equal(ca_open(&other, dir, "test"), 0);
	assert_null(other);
	free(key);
	free(dir);
}

static void rolled_over_old_stays_trusted(void **state)
{
	struct pki *p = *state;
	const struct buf *set;
	struct buf old = {0}, *exported;
	size_t count;
	char *file = pki_path(p, "ca.pem");

	assert_int_equal(ca_certificates(p->ca, &set), 1);
	buf_put(&old, set[0].data, set[0].len);
	assert_int_equal(ca_roll(p->ca), 0);
	assert_int_equal(ca_certificates(p->ca, &set), 2);
	assert_int_equal(set[1].len, old.len);
	assert_memory_equal(set[1].data, old.data, old.len);
	assert_non_null(p->ca->list[0].cross);
	assert_int_equal(ca_export(p->ca, file), 0);
	assert_int_equal(tls_authorities_read(file, &exported, &count), 0);
	assert_int_equal(count, 2);
	assert_memory_equal(exported[1].data, old.data, old.len);
	tls_authorities_free(exported, count);
	buf_free(&old);
	free(file);
}

static void ageing_authority_is_rolled_over(void **state)
{
	struct pki *p = *state;
	char *dir = pki_path(p, "ca");

	ca_close(p->ca);
	clock_fake(clock_wall_ms() + (AUTHORITY_DAYS - AUTHORITY_DAYS_LEFT - 2) * DAY_MS, clock_boot_ms());
	assert_int_equal(ca_open(&p->ca, dir, "test"), 0);
	assert_int_equal(p->ca->count, 1);
	ca_close(p->ca);
	clock_fake_advance(3 * DAY_MS);
	assert_int_equal(ca_open(&p->ca, dir, "test"), 0);
	assert_int_equal(p->ca->count, 2);
	clock_real();
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(agent_gets_only_what_it_may_have, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(bad_requests_are_refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(other_kinds_of_keys_are_refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(server_certificate_is_kept_while_it_is_good, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(authority_is_found_again, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(rolled_over_old_stays_trusted, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(ageing_authority_is_rolled_over, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
