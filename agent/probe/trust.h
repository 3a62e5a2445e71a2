/*
 * trust: whom the checks believe, and how they speak TLS; shared by all runs of a process.
 *
 * The system's authorities are looked up in its hashed folder one by one as they are needed (/etc/ssl must be
 * readable); those given as PEM are parsed once a text. Contexts speak TLS 1.0 to 1.3 with any cipher, so that an old
 * server is reached and reported; they never resume a session, which would hide its certificate, and
 * do not verify: certificate.h judges what was shown. Runs in the eyes process and in `sansang-agent probe`.
 */
#ifndef SANSANG_TRUST_H
#define SANSANG_TRUST_H

#include <openssl/ssl.h>

struct trust;

/* Cheap: nothing is loaded before it is asked for. */
struct trust *trust_new(void);
/* NULL is allowed. */
void trust_free(struct trust *t);

/* Borrowed; NULL when OpenSSL refuses. */
SSL_CTX *trust_context(struct trust *t);
/* The authorities of a PEM text, of the system when it is NULL. Gives a reference (X509_STORE_free); NULL: there is no certificate in the text. */
X509_STORE *trust_store(struct trust *t, const char *ca_pem);

#endif
