#include "agent/send/enrol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/log.h"
#include "common/memory.h"

#define TOKEN_FILE_MAX 512

void enrol_open(struct enrol *e, const struct agent_config *config)
{
	*e = (struct enrol){.config = config};
	e->key_path = mem_printf("%s/agent.key", config->state_dir);
	e->certificate_path = mem_printf("%s/agent.crt", config->state_dir);
	e->ca_path = mem_printf("%s/ca.pem", config->state_dir);
}

void enrol_close(struct enrol *e)
{
	free(e->key_path);
	free(e->certificate_path);
	free(e->ca_path);
}

bool enrol_done(const struct enrol *e)
{
	return !access(e->key_path, R_OK) && !access(e->certificate_path, R_OK) && !access(e->ca_path, R_OK);
}

/* ---- files ---- */

/* Writes a file that takes `path`'s place once it is on disk. */
static int file_replace(const char *path, mode_t mode, const void *data, size_t len)
{
	char *draft = mem_printf("%s.new", path);
	int status = 0;

	unlink(draft);
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || fsync(fd))
		status = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!status && rename(draft, path))
		status = -errno;
	if (status) {
		log_error("%s: %s", path, strerror(-status));
		unlink(draft);
	}
	free(draft);
	return status;
}

static int pem_replace(const char *path, mode_t mode, BIO *pem)
{
	char *text;
	long len = BIO_get_mem_data(pem, &text);

	return len > 0 ? file_replace(path, mode, text, (size_t)len) : -EINVAL;
}

static BIO *pem_new(void)
{
	BIO *pem = BIO_new(BIO_s_mem());

	if (!pem)
		log_die("out of memory");
	return pem;
}

/* ---- the token ---- */

static uint64_t token_mark(const struct stat *st)
{
	return (((uint64_t)st->st_mtim.tv_sec * 1000000007u + (uint64_t)st->st_mtim.tv_nsec) ^ st->st_ino) | 1;
}

int enrol_token(struct enrol *e, struct token *out)
{
	const char *path = e->config->token_file;
	char word[TOKEN_FILE_MAX] = "";
	struct stat st;

	if (!path || stat(path, &st) || token_mark(&st) == e->token_mark)
		return -ENOENT;
	FILE *f = fopen(path, "re");
	size_t len = f ? fread(word, 1, sizeof(word) - 1, f) : 0;
	if (f)
		fclose(f);
	if (len && !token_decode(word, out))
		return 0;
	log_error("%s: %s", path, f ? "no token, or one that was mistyped" : "cannot be read");
	e->token_mark = token_mark(&st);
	return -ENOENT;
}

void enrol_token_refused(struct enrol *e)
{
	struct stat st;

	if (e->config->token_file && !stat(e->config->token_file, &st))
		e->token_mark = token_mark(&st);
}

void enrol_token_remove(struct enrol *e)
{
	enrol_token_refused(e); /* should it stay, it is not tried again */
	if (e->config->token_file && unlink(e->config->token_file))
		log_warn("%s: cannot be removed: %s", e->config->token_file, strerror(errno));
}

/* ---- key and request ---- */

static EVP_PKEY *key_read(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *key_make(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *pem = pem_new();

	if (!key || PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	        pem_replace(path, 0600, pem)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	BIO_free(pem);
	return key;
}

static X509_REQ *request_make(EVP_PKEY *key, const char *node)
{
	X509_REQ *r = X509_REQ_new();

	if (r && X509_REQ_set_pubkey(r, key) &&
	        X509_NAME_add_entry_by_txt(
	                X509_REQ_get_subject_name(r), "CN", MBSTRING_UTF8, (const uint8_t *)node, -1, -1, 0) &&
	        X509_REQ_sign(r, key, EVP_sha256()) > 0)
		return r;
	X509_REQ_free(r);
	return NULL;
}

int enrol_request(struct enrol *e, struct buf *der)
{
	EVP_PKEY *key = key_read(e->key_path);
	if (!key)
		key = key_make(e->key_path);
	X509_REQ *r = key ? request_make(key, e->config->node) : NULL;
	int len = r ? i2d_X509_REQ(r, NULL) : 0;

	if (len > 0) {
		buf_reserve(der, (size_t)len);
		uint8_t *end = der->data + der->len;
		der->len += (size_t)i2d_X509_REQ(r, &end);
	} else
		log_error("%s: cannot make a certificate request", e->key_path);
	X509_REQ_free(r);
	EVP_PKEY_free(key);
	return len > 0 ? 0 : -EINVAL;
}

/* ---- the certificate and the set ---- */

static bool belongs(X509 *x, const char *key_path)
{
	EVP_PKEY *key = key_read(key_path);
	bool right = x && key && X509_check_private_key(x, key) == 1;

	EVP_PKEY_free(key);
	ERR_clear_error();
	return right;
}

static int certificate_write(const char *path, X509 *x)
{
	BIO *pem = pem_new();
	int status = PEM_write_bio_X509(pem, x) == 1 ? pem_replace(path, 0644, pem) : -EINVAL;

	BIO_free(pem);
	return status;
}

static int set_write(const char *path, const struct buf *ca, size_t count)
{
	BIO *pem = pem_new();
	int status = 0;

	for (size_t i = 0; i < count && !status; i++) {
		const uint8_t *at = ca[i].data;
		X509 *x = d2i_X509(NULL, &at, (long)ca[i].len);
		if (!x || PEM_write_bio_X509(pem, x) != 1)
			status = -EBADMSG;
		X509_free(x);
	}
	if (!status)
		status = pem_replace(path, 0644, pem);
	BIO_free(pem);
	return status;
}

static bool set_same(const char *path, const struct buf *ca, size_t count)
{
	struct buf *had;
	size_t had_count;
	bool same = !tls_authorities_read(path, &had, &had_count) && had_count == count;

	for (size_t i = 0; same && i < count; i++)
		same = had[i].len == ca[i].len && !memcmp(had[i].data, ca[i].data, ca[i].len);
	tls_authorities_free(had, had_count);
	return same;
}

int enrol_store_authorities(struct enrol *e, const struct buf *ca, size_t ca_count)
{
	if (!ca_count || set_same(e->ca_path, ca, ca_count))
		return 0;
	int status = set_write(e->ca_path, ca, ca_count);
	return status ? status : 1;
}

int enrol_store(struct enrol *e, const uint8_t *der, size_t len, const struct buf *ca, size_t ca_count)
{
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	int status = -EBADMSG;

	if (!belongs(x, e->key_path))
		log_error("the collector's certificate is not for our key");
	else
		status = enrol_store_authorities(e, ca, ca_count);
	if (status >= 0)
		status = certificate_write(e->certificate_path, x);
	X509_free(x);
	return status;
}

int64_t enrol_renew_at_ms(const struct enrol *e)
{
	FILE *f = fopen(e->certificate_path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	int days = 0, seconds = 0, epoch_days = 0, epoch_seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int64_t at_ms = 0;

	if (x && epoch && ASN1_TIME_diff(&epoch_days, &epoch_seconds, epoch, X509_get0_notBefore(x)) &&
	        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)))
		at_ms = (epoch_days * INT64_C(86400) + epoch_seconds + (days * INT64_C(86400) + seconds) * 2 / 3) *
		        1000;
	ASN1_TIME_free(epoch);
	X509_free(x);
	if (f)
		fclose(f);
	return at_ms;
}

/* ---- contexts ---- */

int enrol_context(const struct enrol *e, struct tls_context **out)
{
	struct tls_options o = {.side = TLS_CLIENT,
	        .certificate_file = e->certificate_path,
	        .key_file = e->key_path,
	        .ignore_dates = true};
	struct buf *ca;
	int status = tls_authorities_read(e->ca_path, &ca, &o.ca_count);

	o.ca = ca;
	if (status)
		log_error("%s: %s", e->ca_path, strerror(-status));
	else
		status = tls_context_new(out, &o);
	tls_authorities_free(ca, o.ca_count);
	return status;
}

int enrol_pinned_context(const struct token *t, struct tls_context **out)
{
	const struct tls_options o = {.side = TLS_CLIENT, .ca_fingerprint = t->ca_fingerprint, .ignore_dates = true};

	return tls_context_new(out, &o);
}
