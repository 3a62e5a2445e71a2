#include "tests/bench/fleet_keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/token.h"
#include "common/wire.h"
#include "tests/bench/ask.h"

struct fleet_keys {
	char *dir, *socket, *key_file;
	EVP_PKEY *key;
	struct token token; /* of the last word; the fingerprint is the same for all */
	bool fingerprint_known;
	struct buf ca; /* DER */
};

static void write_pem(const char *path, X509 *cert)
{
	FILE *f = fopen(path, "w");

	if (!f || !PEM_write_X509(f, cert) || fclose(f))
		log_die("%s: %s", path, strerror(errno));
}

static void make_key(struct fleet_keys *k)
{
	FILE *f = fopen(k->key_file, "r");

	if (f) {
		k->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
		return;
	}
	k->key = EVP_EC_gen("P-256");
	f = fopen(k->key_file, "w");
	if (!k->key || !f || !PEM_write_PrivateKey(f, k->key, NULL, NULL, 0, NULL, NULL) || fclose(f))
		log_die("%s: cannot make the key: %s", k->key_file, strerror(errno));
}

static void load_ca(struct fleet_keys *k)
{
	char *path = mem_printf("%s/ca.der", k->dir);
	FILE *f = fopen(path, "rb");

	if (f) {
		buf_reserve(&k->ca, 16384);
		k->ca.len = fread(k->ca.data, 1, 16384, f);
		fclose(f);
	}
	free(path);
}

struct fleet_keys *fleet_keys_open(const char *dir, const char *socket_path)
{
	struct fleet_keys *k = mem_alloc(sizeof(*k));

	if (mkdir(dir, 0700) && errno != EEXIST)
		log_die("%s: %s", dir, strerror(errno));
	k->dir = mem_str(dir);
	k->socket = mem_str(socket_path);
	k->key_file = mem_printf("%s/fleet.key", dir);
	make_key(k);
	load_ca(k);
	return k;
}

void fleet_keys_close(struct fleet_keys *k)
{
	EVP_PKEY_free(k->key);
	buf_free(&k->ca);
	free(k->key_file);
	free(k->socket);
	free(k->dir);
	free(k);
}

bool fleet_keys_has(const struct fleet_keys *k, const char *node)
{
	char *path = mem_printf("%s/%s.crt", k->dir, node);
	bool there = k->ca.len && !access(path, R_OK);

	free(path);
	return there;
}

static void fetch_token(struct fleet_keys *k, const char *node)
{
	json_t *answer = ask_collector(k->socket, json_pack("{s:s,s:s}", "act", "token", "node", node));

	if (token_decode(json_string_value(json_object_get(answer, "token")), &k->token))
		log_die("%s: the collector's token cannot be read", node);
	k->fingerprint_known = true;
	json_decref(answer);
}

struct tls_context *fleet_keys_context(struct fleet_keys *k, const char *node)
{
	char *cert = mem_printf("%s/%s.crt", k->dir, node);
	struct tls_options o = {.side = TLS_CLIENT, .ignore_dates = true};
	struct tls_context *c;

	if (fleet_keys_has(k, node)) {
		o.certificate_file = cert;
		o.key_file = k->key_file;
		o.ca = &k->ca;
		o.ca_count = 1;
	} else {
		if (!k->fingerprint_known)
			fetch_token(k, node);
		o.ca_fingerprint = k->token.ca_fingerprint;
	}
	if (tls_context_new(&c, &o))
		log_die("%s: no TLS context", node);
	free(cert);
	return c;
}

static unsigned char *make_request(struct fleet_keys *k, const char *node, int *len)
{
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)node, -1, -1, 0);
	if (!X509_REQ_set_subject_name(req, name) || !X509_REQ_set_pubkey(req, k->key) ||
	        !X509_REQ_sign(req, k->key, EVP_sha256()))
		log_die("%s: cannot make a certificate request", node);
	*len = i2d_X509_REQ(req, &der);
	X509_NAME_free(name);
	X509_REQ_free(req);
	return der;
}

void fleet_keys_put_enrol(struct fleet_keys *k, const char *node, struct buf *out)
{
	Sansang__Enrol enrol = SANSANG__ENROL__INIT;
	int len;

	fetch_token(k, node);
	unsigned char *der = make_request(k, node, &len);
	enrol.node = (char *)node;
	enrol.secret = (ProtobufCBinaryData){TOKEN_SECRET_BYTES, k->token.secret};
	enrol.csr = (ProtobufCBinaryData){(size_t)len, der};
	enrol.software = (char *)"sansang-fleet " SANSANG_VERSION;
	wire_put(out, WIRE_ENROL, &enrol.base);
	OPENSSL_free(der);
}

void fleet_keys_take(struct fleet_keys *k, const char *node, const uint8_t *body, size_t len)
{
	Sansang__Certificate *c = sansang__certificate__unpack(NULL, len, body);

	if (!c || !c->n_ca)
		log_die("%s: a certificate that cannot be read", node);
	const unsigned char *p = c->certificate.data;
	X509 *cert = d2i_X509(NULL, &p, (long)c->certificate.len);
	char *path = mem_printf("%s/%s.crt", k->dir, node);
	write_pem(path, cert);
	free(path);
	X509_free(cert);
	if (!k->ca.len) {
		buf_put(&k->ca, c->ca[0].data, c->ca[0].len);
		path = mem_printf("%s/ca.der", k->dir);
		FILE *f = fopen(path, "wb");
		if (!f || fwrite(k->ca.data, 1, k->ca.len, f) != k->ca.len || fclose(f))
			log_die("%s: %s", path, strerror(errno));
		free(path);
	}
	sansang__certificate__free_unpacked(c, NULL);
}
