#include "common/tls_context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "common/log.h"
#include "common/memory.h"

#define AUTHORITIES_MAX 64
#define TICKET_KEY_BYTES 80 /* OpenSSL: name 16, HMAC key 32, AES key 32 */

bool tls_purpose_right(X509 *certificate, enum tls_side side)
{
	/* a certificate without EKU would pass for any purpose: X509_check_purpose alone is too kind */
	uint32_t wanted = side == TLS_SERVER ? XKU_SSL_CLIENT : XKU_SSL_SERVER;
	uint32_t had = X509_get_extended_key_usage(certificate);

	return had != UINT32_MAX && (had & wanted);
}

/* The certificate of the peer's chain that has the pinned fingerprint, or NULL. */
static X509 *chain_pinned(const struct tls_context *c, STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		uint8_t digest[EVP_MAX_MD_SIZE];
		unsigned len = 0;
		X509 *x = sk_X509_value(chain, i);
		if (X509_digest(x, EVP_sha256(), digest, &len) && len == sizeof(c->fingerprint) &&
		        !memcmp(digest, c->fingerprint, len) && X509_check_ca(x) == 1)
			return x;
	}
	return NULL;
}

static int verify_chain(struct tls_context *c, X509_STORE_CTX *store)
{
	STACK_OF(X509) *trusted = NULL;

	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(store),
	        X509_V_FLAG_PARTIAL_CHAIN | (c->ignore_dates ? X509_V_FLAG_NO_CHECK_TIME : 0));
	if (c->pinned) {
		X509 *ca = chain_pinned(c, X509_STORE_CTX_get0_untrusted(store));
		if (!ca) {
			X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
			return 0;
		}
		trusted = sk_X509_new_null();
		if (!trusted || !sk_X509_push(trusted, ca))
			log_die("out of memory");
		X509_STORE_CTX_set0_trusted_stack(store, trusted);
	}
	int right = X509_verify_cert(store) > 0;
	sk_X509_free(trusted);
	return right;
}

/* Chain, purpose, and dates unless they are to be ignored; never the host's name. */
static int on_verify(X509_STORE_CTX *store, void *arg)
{
	struct tls_context *c = arg;

	if (!verify_chain(c, store))
		return 0;
	if (!tls_purpose_right(X509_STORE_CTX_get0_cert(store), c->side)) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
		return 0;
	}
	return 1;
}

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

/* Derived from the private key: all workers, and the next life of each, read each other's tickets. */
static int set_ticket_keys(SSL_CTX *ctx)
{
	uint8_t input[4096], keys[2 * SHA512_DIGEST_LENGTH];
	uint8_t *end = input + 1;
	int len = i2d_PrivateKey(SSL_CTX_get0_privatekey(ctx), NULL);

	if (len <= 0 || (size_t)len >= sizeof(input) || i2d_PrivateKey(SSL_CTX_get0_privatekey(ctx), &end) != len)
		return -EINVAL;
	for (uint8_t half = 0; half < 2; half++) {
		input[0] = half;
		SHA512(input, (size_t)len + 1, keys + half * SHA512_DIGEST_LENGTH);
	}
	int set = SSL_CTX_set_tlsext_ticket_keys(ctx, keys, TICKET_KEY_BYTES);
	OPENSSL_cleanse(input, sizeof(input));
	OPENSSL_cleanse(keys, sizeof(keys));
	return set == 1 ? 0 : -EINVAL;
}

static int set_certificate(SSL_CTX *ctx, const struct tls_options *o)
{
	if (!o->certificate_file)
		return o->side == TLS_SERVER ? -EINVAL : 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->certificate_file) != 1 ||
	        SSL_CTX_use_PrivateKey_file(ctx, o->key_file, SSL_FILETYPE_PEM) != 1 ||
	        SSL_CTX_check_private_key(ctx) != 1)
		return -EINVAL;
	return o->side == TLS_SERVER ? set_ticket_keys(ctx) : 0;
}

static int set_trust(SSL_CTX *ctx, const struct tls_options *o)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);

	for (size_t i = 0; i < o->ca_count; i++) {
		const uint8_t *at = o->ca[i].data;
		X509 *x = d2i_X509(NULL, &at, (long)o->ca[i].len);
		int added = x ? X509_STORE_add_cert(store, x) : 0;
		X509_free(x);
		if (added != 1)
			return -EINVAL;
	}
	return 0;
}

static void set_rules(SSL_CTX *ctx, struct tls_context *c, const struct tls_options *o)
{
	static const uint8_t session_context[] = "sansang";
	int verify = SSL_VERIFY_PEER | (o->peer_optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT);

	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384");
	SSL_CTX_set1_groups_list(ctx, "X25519:P-256");
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, verify, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, c);
	SSL_CTX_set_app_data(ctx, c);
	SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1);
	SSL_CTX_set_num_tickets(ctx, 1);
	if (o->side == TLS_SERVER) {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets need none */
	} else {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(ctx, on_ticket);
	}
}

int tls_context_new(struct tls_context **out, const struct tls_options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(o->side == TLS_SERVER ? TLS_server_method() : TLS_client_method());
	struct tls_context *c = mem_alloc(sizeof(*c));

	if (!ctx)
		log_die("tls: no memory for a context");
	*c = (struct tls_context){.ssl_ctx = ctx, .refs = 1, .side = o->side, .ignore_dates = o->ignore_dates};
	if (o->ca_fingerprint) {
		c->pinned = true;
		memcpy(c->fingerprint, o->ca_fingerprint, sizeof(c->fingerprint));
	}
	set_rules(ctx, c, o);
	ERR_clear_error();
	if (set_certificate(ctx, o) || set_trust(ctx, o)) {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());
		log_error("tls: certificate %s, key %s, %zu authorities: %s",
		        o->certificate_file ? o->certificate_file : "none", o->key_file ? o->key_file : "none",
		        o->ca_count, why ? why : "not usable");
		tls_context_free(c);
		*out = NULL;
		return -EINVAL;
	}
	*out = c;
	return 0;
}

static bool read_certificate(FILE *f, uint8_t **der, long *len)
{
	char *name = NULL, *header = NULL;
	bool right = PEM_read(f, &name, &header, der, len) == 1 && !strcmp(name, PEM_STRING_X509);

	if (name && !right)
		OPENSSL_free(*der);
	OPENSSL_free(name);
	OPENSSL_free(header);
	return right;
}

int tls_authorities_read(const char *path, struct buf **out, size_t *count)
{
	FILE *f = fopen(path, "re");
	uint8_t *der;
	long len;

	*out = NULL;
	*count = 0;
	if (!f)
		return -errno;
	while (*count < AUTHORITIES_MAX && read_certificate(f, &der, &len)) {
		*out = mem_grow(*out, *count + 1, sizeof(**out));
		(*out)[*count] = (struct buf){0};
		buf_put(&(*out)[(*count)++], der, (size_t)len);
		OPENSSL_free(der);
	}
	fclose(f);
	ERR_clear_error();
	return *count ? 0 : -EBADMSG;
}

void tls_authorities_free(struct buf *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_free(&list[i]);
	free(list);
}

static void on_turn_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void tls_context_ref(struct tls_context *c)
{
	c->refs++;
}

void tls_context_unref(struct tls_context *c)
{
	if (--c->refs)
		return;
	if (c->turn)
		uv_close((uv_handle_t *)&c->turn->prepare, on_turn_closed);
	SSL_SESSION_free(c->session);
	SSL_CTX_free(c->ssl_ctx);
	BIO_meth_free(c->bio);
	free(c);
}

void tls_context_free(struct tls_context *c)
{
	if (c)
		tls_context_unref(c);
}
