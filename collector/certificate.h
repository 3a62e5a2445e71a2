/*
 * certificate: builds X.509 certificates and writes PEM files for the authority (collector/ca.h). Core only.
 * Keys are EC P-256; serial numbers 127 random bits. Errors: NULL or -errno, logged by the caller.
 */
#ifndef SANSANG_CERTIFICATE_H
#define SANSANG_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509v3.h>

struct certificate_plan {
	const char *common_name;
	EVP_PKEY *key; /* the subject's public key */
	X509 *issuer;  /* NULL: signs itself */
	EVP_PKEY *issuer_key;
	const char *purpose;       /* "clientAuth", "serverAuth"; NULL: an authority */
	GENERAL_NAMES *names;      /* or NULL */
	int64_t from_ms, until_ms; /* UTC */
};

/* Gives, or NULL. */
X509 *certificate_make(const struct certificate_plan *plan);
/* DNS names, and addresses where they read as such. Gives, or NULL when one is neither. */
GENERAL_NAMES *certificate_names(const char *const *names, size_t count);

/* Writes the certificates, or the key, as PEM to a new file that takes `path`'s place once it is on disk. */
int pem_write_certificates(const char *path, X509 *const *list, size_t count);
int pem_write_key(const char *path, EVP_PKEY *key);
/* Give, or NULL. */
X509 *pem_read_certificate(const char *path);
EVP_PKEY *pem_read_key(const char *path);

#endif
