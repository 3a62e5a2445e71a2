/*
 * pki: authorities, keys and certificates for tests, in a folder of their own. Tests outside the
 * collector include collector/ca.c and collector/certificate.c before it: they are not linked with these.
 */
#ifndef SANSANG_TEST_PKI_H
#define SANSANG_TEST_PKI_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/ca.h"
#include "collector/certificate.h"
#include "common/memory.h"
#include "common/tls.h"

struct pki {
	char dir[64];
	struct ca *ca;
	char *server_crt, *server_key;
};

/* An agent's files; its key is in `key`. */
struct pki_agent {
	char *crt, *key;
	char serial[CA_SERIAL_SIZE];
};

static inline char *pki_path(const struct pki *p, const char *name)
{
	return mem_printf("%s/%s", p->dir, name);
}

static inline void pki_open(struct pki *p)
{
	const char *const names[] = {"127.0.0.1", "localhost"};

	snprintf(p->dir, sizeof(p->dir), "/tmp/sansang-pki-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	char *dir = pki_path(p, "ca");
	p->server_crt = pki_path(p, "server.crt");
	p->server_key = pki_path(p, "server.key");
	if (ca_open(&p->ca, dir, "test") || ca_issue_server(p->ca, names, 2, p->server_crt, p->server_key) != 1)
		abort();
	free(dir);
}

static inline int pki_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static inline void pki_close(struct pki *p)
{
	ca_close(p->ca);
	free(p->server_crt);
	free(p->server_key);
	nftw(p->dir, pki_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline EVP_PKEY *pki_request(const char *node, struct buf *csr)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *r = X509_REQ_new();
	uint8_t *der = NULL;

	X509_REQ_set_pubkey(r, key);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(r), "CN", MBSTRING_UTF8, (const uint8_t *)node, -1, -1, 0);
	X509_REQ_sign(r, key, EVP_sha256());
	int len = i2d_X509_REQ(r, &der);
	buf_put(csr, der, (size_t)len);
	OPENSSL_free(der);
	X509_REQ_free(r);
	return key;
}

static inline void pki_agent(struct pki *p, const char *node, struct pki_agent *out)
{
	struct buf csr = {0}, der = {0};
	EVP_PKEY *key = pki_request(node, &csr);
	char *name = mem_printf("%s.crt", node), *key_name = mem_printf("%s.key", node);

	out->crt = pki_path(p, name);
	out->key = pki_path(p, key_name);
	if (ca_sign_agent(p->ca, csr.data, csr.len, node, &der, out->serial))
		abort();
	const uint8_t *at = der.data;
	X509 *x = d2i_X509(NULL, &at, (long)der.len);
	if (pem_write_certificates(out->crt, &x, 1) || pem_write_key(out->key, key))
		abort();
	X509_free(x);
	EVP_PKEY_free(key);
	buf_free(&csr);
	buf_free(&der);
	free(name);
	free(key_name);
}

static inline void pki_agent_free(struct pki_agent *a)
{
	free(a->crt);
	free(a->key);
}

static inline struct tls_context *pki_context(struct pki *p, enum tls_side side, const char *crt, const char *key)
{
	struct tls_options o = {.side = side, .certificate_file = crt, .key_file = key};
	struct tls_context *c;

	o.ca_count = ca_certificates(p->ca, &o.ca);
	o.peer_optional = side == TLS_SERVER;
	o.ignore_dates = side == TLS_CLIENT;
	if (tls_context_new(&c, &o))
		abort();
	return c;
}

#endif
