/*
 * shown: certificates for tests of tls, http and certificate, made in memory: any dates, names and issuers.
 */
#ifndef SANSANG_TEST_SHOWN_H
#define SANSANG_TEST_SHOWN_H

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define SHOWN_NOW_S INT64_C(1795000000) /* 2026-11-18 */
#define SHOWN_DAY_S 86400

struct shown {
	X509 *x;
	EVP_PKEY *key;
};

/* `names`: subjectAltName as in openssl.cnf, NULL: none. `by` NULL: by itself. Days from SHOWN_NOW_S. */
struct shown_wish {
	const char *cn, *names, *usage;
	const struct shown *by;
	bool authority;
	int from_days, until_days;
};

static inline void shown_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(x, e, -1))
		abort();
	X509_EXTENSION_free(e);
}

static inline struct shown shown_make(const struct shown_wish *w)
{
	static long serial = 1000;
	struct shown s = {X509_new(), EVP_EC_gen("P-256")};
	const struct shown *by = w->by ? w->by : &s;

	X509_set_version(s.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(s.x), serial++);
	ASN1_TIME_set(X509_getm_notBefore(s.x), SHOWN_NOW_S + (int64_t)w->from_days * SHOWN_DAY_S);
	ASN1_TIME_set(X509_getm_notAfter(s.x), SHOWN_NOW_S + (int64_t)w->until_days * SHOWN_DAY_S);
	if (w->cn)
		X509_NAME_add_entry_by_txt(
		        X509_get_subject_name(s.x), "CN", MBSTRING_UTF8, (const uint8_t *)w->cn, -1, -1, 0);
	X509_set_issuer_name(s.x, X509_get_subject_name(by->x));
	X509_set_pubkey(s.x, s.key);
	shown_extend(s.x, by->x, NID_basic_constraints, w->authority ? "critical,CA:TRUE" : "CA:FALSE");
	if (w->names)
		shown_extend(s.x, by->x, NID_subject_alt_name, w->names);
	if (w->usage)
		shown_extend(s.x, by->x, NID_ext_key_usage, w->usage);
	X509_sign(s.x, by->key, EVP_sha256());
	return s;
}

static inline void shown_free(struct shown *s)
{
	X509_free(s->x);
	EVP_PKEY_free(s->key);
}

static inline char *shown_pem(const struct shown *s)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *data;

	PEM_write_bio_X509(b, s->x);
	long len = BIO_get_mem_data(b, &data);
	char *copy = mem_strn(data, (size_t)len);
	BIO_free(b);
	return copy;
}

/* What `signer` (the issuer, or one whom it delegated) says about `leaf`; V_OCSP_CERTSTATUS_...; days from SHOWN_NOW_S. Gives DER (OPENSSL_free). */
static inline int shown_staple(const struct shown *leaf, const struct shown *issuer, const struct shown *signer,
        int status, int from_days, int until_days, uint8_t **der)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, leaf->x, issuer->x);
	ASN1_TIME *from = ASN1_TIME_set(NULL, SHOWN_NOW_S + (int64_t)from_days * SHOWN_DAY_S);
	ASN1_TIME *until = ASN1_TIME_set(NULL, SHOWN_NOW_S + (int64_t)until_days * SHOWN_DAY_S);
	OCSP_RESPONSE *response;
	int len;

	OCSP_basic_add1_status(basic, id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, until);
	if (!OCSP_basic_sign(basic, signer->x, signer->key, EVP_sha256(), NULL, 0))
		abort();
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	*der = NULL;
	len = i2d_OCSP_RESPONSE(response, der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return len;
}

#endif
