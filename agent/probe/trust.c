#include "agent/probe/trust.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

#define STORES_MAX 16 /* authorities' texts kept parsed */
#define CHAIN_MOST 16

struct trust_entry {
	char *ca_pem;      /* NULL: the system's */
	X509_STORE *store; /* NULL: free */
	uint64_t used;
};

struct trust {
	SSL_CTX *context;
	struct trust_entry entries[STORES_MAX];
	uint64_t uses;
};

struct trust *trust_new(void)
{
	return mem_alloc(sizeof(struct trust));
}

static void entry_clear(struct trust_entry *e)
{
	X509_STORE_free(e->store);
	free(e->ca_pem);
	*e = (struct trust_entry){0};
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < STORES_MAX; i++)
		entry_clear(&t->entries[i]);
	SSL_CTX_free(t->context);
	free(t);
}

/* ---- speaking ---- */

static bool set_up(SSL_CTX *c)
{
	const uint64_t options = SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF;

	SSL_CTX_set_security_level(c, 0);
	SSL_CTX_set_options(c, options);
	SSL_CTX_clear_options(c, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	return SSL_CTX_set_min_proto_version(c, TLS1_VERSION) && SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) &&
	       SSL_CTX_set_cipher_list(c, "ALL:!aNULL:!eNULL:@SECLEVEL=0");
}

/* A client verifies while it shakes hands; we do so afterwards, by another clock, and once. */
static int verify_later(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

SSL_CTX *trust_context(struct trust *t)
{
	if (t->context)
		return t->context;
	/* the host's openssl.cnf must not decide which servers we can see */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	t->context = SSL_CTX_new(TLS_client_method());
	if (!t->context)
		return NULL;
	SSL_CTX_set_cert_verify_callback(t->context, verify_later, NULL);
	if (!set_up(t->context)) {
		SSL_CTX_free(t->context);
		t->context = NULL;
	}
	return t->context;
}

/* ---- believing ---- */

static bool has_hashes(const char *dir)
{
	DIR *d = opendir(dir);
	bool found = false;

	for (struct dirent *e; d && !found && (e = readdir(d));)
		found = strlen(e->d_name) == 10 && !strcmp(e->d_name + 8, ".0");
	if (d)
		closedir(d);
	return found;
}

/*
 * The folder before the one large file: only what is asked for is parsed and kept. What the environment
 * names (SSL_CERT_FILE, SSL_CERT_DIR, as everywhere in OpenSSL) is taken before the defaults.
 */
static void load_system(X509_STORE *store)
{
	const char *dir = getenv(X509_get_default_cert_dir_env()), *file = getenv(X509_get_default_cert_file_env());
	bool loaded = file && X509_STORE_load_file(store, file);

	if (dir || !file) {
		dir = dir ? dir : X509_get_default_cert_dir();
		loaded = (has_hashes(dir) && X509_STORE_load_path(store, dir)) || loaded;
	}
	if (!loaded && !X509_STORE_load_file(store, X509_get_default_cert_file()))
		log_warn("no authorities of the system can be read: certificates are checked only where a service "
		         "names its own");
	ERR_clear_error();
}

static bool load_pem(X509_STORE *store, const char *ca_pem)
{
	BIO *bio = BIO_new_mem_buf(ca_pem, -1);
	unsigned count = 0;
	X509 *x;

	while (bio && (x = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL))) {
		count += (unsigned)X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return count > 0;
}

static X509_STORE *load(const char *ca_pem)
{
	X509_STORE *store = X509_STORE_new();

	if (!store)
		return NULL;
	/* whom we were given is believed, root or not */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	X509_STORE_set_depth(store, CHAIN_MOST);
	if (!ca_pem) {
		load_system(store);
	} else if (!load_pem(store, ca_pem)) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

static bool entry_is(const struct trust_entry *e, const char *ca_pem)
{
	return e->store && (ca_pem && e->ca_pem ? !strcmp(e->ca_pem, ca_pem) : ca_pem == e->ca_pem);
}

X509_STORE *trust_store(struct trust *t, const char *ca_pem)
{
	struct trust_entry *e = &t->entries[0];

	for (size_t i = 0; i < STORES_MAX && !entry_is(e, ca_pem); i++)
		if (entry_is(&t->entries[i], ca_pem) || t->entries[i].used < e->used)
			e = &t->entries[i];
	if (!entry_is(e, ca_pem)) {
		X509_STORE *store = load(ca_pem);

		if (!store)
			return NULL;
		entry_clear(e); /* the one not asked for the longest */
		e->store = store;
		e->ca_pem = mem_str(ca_pem);
	}
	e->used = ++t->uses;
	X509_STORE_up_ref(e->store);
	return e->store;
}
