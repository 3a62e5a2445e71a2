#include "collector/ca.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "collector/certificate.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define DAY_MS INT64_C(86400000)
#define AUTHORITY_DAYS 3652
#define AUTHORITY_DAYS_LEFT 730 /* less than this: a new one begins to sign, while all agents still know the old */
#define SERVER_DAYS 365
#define SERVER_DAYS_LEFT 60
#define BACKDATED_MS DAY_MS /* clocks differ */
#define AUTHORITIES_MAX 16
#define NAME_LENGTH 12 /* seconds since 1970, so that names sort */

struct authority {
	char name[32];
	X509 *certificate, *cross; /* cross: its key, signed by the authority before; NULL for the first */
};

struct ca {
	char *dir, *province;
	struct authority list[AUTHORITIES_MAX]; /* newest first */
	size_t count;
	EVP_PKEY *key; /* of the newest */
	struct buf der[AUTHORITIES_MAX];
};

static const char *openssl_why(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return why ? why : "not usable";
}

static char *authority_path(const struct ca *ca, const char *name, const char *ending)
{
	return mem_printf("%s/%s.%s", ca->dir, name, ending);
}

/* ---- loading ---- */

static void authority_free(struct authority *a)
{
	X509_free(a->certificate);
	X509_free(a->cross);
}

static void ca_unload(struct ca *ca)
{
	for (size_t i = 0; i < ca->count; i++) {
		authority_free(&ca->list[i]);
		buf_free(&ca->der[i]);
	}
	EVP_PKEY_free(ca->key);
	ca->key = NULL;
	ca->count = 0;
}

static int der_put(struct buf *out, X509 *x)
{
	int len = i2d_X509(x, NULL);

	if (len <= 0)
		return -EINVAL;
	buf_reserve(out, (size_t)len);
	uint8_t *end = out->data + out->len;
	out->len += (size_t)i2d_X509(x, &end);
	return 0;
}

static int load_authority(struct ca *ca, const char *name)
{
	struct authority *a = &ca->list[ca->count];
	char *path = authority_path(ca, name, "crt"), *cross = authority_path(ca, name, "cross");
	int status = 0;

	*a = (struct authority){.certificate = pem_read_certificate(path)};
	snprintf(a->name, sizeof(a->name), "%.*s", NAME_LENGTH, name);
	if (!a->certificate || der_put(&ca->der[ca->count], a->certificate)) {
		log_error("ca: %s: %s", path, openssl_why());
		status = -EINVAL;
	} else {
		a->cross = access(cross, F_OK) ? NULL : pem_read_certificate(cross);
		ca->count++;
	}
	free(path);
	free(cross);
	return status;
}

static int load_key(struct ca *ca)
{
	char *path = authority_path(ca, ca->list[0].name, "key");
	int status = 0;

	ca->key = pem_read_key(path);
	if (!ca->key || X509_check_private_key(ca->list[0].certificate, ca->key) != 1) {
		log_error("ca: %s: no key that belongs to %s.crt (%s)", path, ca->list[0].name, openssl_why());
		status = -EINVAL;
	}
	free(path);
	return status;
}

static int is_authority(const struct dirent *d)
{
	return strlen(d->d_name) == NAME_LENGTH + 4 && strspn(d->d_name, "0123456789") == NAME_LENGTH &&
	       !strcmp(d->d_name + NAME_LENGTH, ".crt");
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int ca_load(struct ca *ca)
{
	struct dirent **found = NULL;
	int n = scandir(ca->dir, &found, is_authority, newest_first);
	int status = n < 0 ? -errno : 0;

	for (int i = 0; i < n; i++) {
		found[i]->d_name[NAME_LENGTH] = 0;
		if (!status && ca->count < AUTHORITIES_MAX)
			status = load_authority(ca, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	if (!status && ca->count)
		status = load_key(ca);
	return status;
}

/* ---- making an authority ---- */

static int write_authority(const struct ca *ca, const char *name, X509 *certificate, X509 *cross, EVP_PKEY *key)
{
	char *crt_path = authority_path(ca, name, "crt"), *key_path = authority_path(ca, name, "key"),
	     *cross_path = authority_path(ca, name, "cross");
	int status = pem_write_key(key_path, key);

	if (!status && cross)
		status = pem_write_certificates(cross_path, &cross, 1);
	if (!status) /* last: only with it the authority exists */
		status = pem_write_certificates(crt_path, &certificate, 1);
	if (status)
		log_error("ca: cannot write %s: %s", crt_path, strerror(-status));
	free(crt_path);
	free(key_path);
	free(cross_path);
	return status;
}

static int64_t next_name(const struct ca *ca)
{
	int64_t now_s = clock_wall_ms() / 1000;
	int64_t last = ca->count ? strtoll(ca->list[0].name, NULL, 10) : 0;

	return now_s > last ? now_s : last + 1; /* a clock set back still gives a newer name */
}

static int make_authority(struct ca *ca)
{
	int64_t now = clock_wall_ms(), stamp = next_name(ca);
	char name[32];
	char *common_name = mem_printf("Sẵn Sàng %.20s %" PRId64, ca->province, stamp);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct certificate_plan plan = {.common_name = common_name,
	        .key = key,
	        .issuer_key = key,
	        .from_ms = now - BACKDATED_MS,
	        .until_ms = now + AUTHORITY_DAYS * DAY_MS};
	X509 *certificate = key ? certificate_make(&plan) : NULL, *cross = NULL;
	int status = certificate ? 0 : -EINVAL;

	snprintf(name, sizeof(name), "%0*" PRId64, NAME_LENGTH, stamp);
	if (!status && ca->count) {
		plan.issuer = ca->list[0].certificate;
		plan.issuer_key = ca->key;
		cross = certificate_make(&plan);
		status = cross ? 0 : -EINVAL;
	}
	if (status)
		log_error("ca: cannot make an authority: %s", openssl_why());
	else
		status = write_authority(ca, name, certificate, cross, key);
	X509_free(certificate);
	X509_free(cross);
	EVP_PKEY_free(key);
	free(common_name);
	return status;
}

int ca_roll(struct ca *ca)
{
	if (ca->count == AUTHORITIES_MAX) {
		log_error("ca: %s holds %d authorities: remove the oldest first", ca->dir, AUTHORITIES_MAX);
		return -ENOSPC;
	}
	int status = make_authority(ca);
	if (status)
		return status;
	ca_unload(ca);
	status = ca_load(ca);
	if (!status)
		log_info("ca: authority %s signs from now on", ca->list[0].name);
	return status;
}

static bool authority_wanted(const struct ca *ca)
{
	time_t least = (time_t)(clock_wall_ms() / 1000 + AUTHORITY_DAYS_LEFT * DAY_MS / 1000);

	return !ca->count || X509_cmp_time(X509_get0_notAfter(ca->list[0].certificate), &least) <= 0;
}

int ca_open(struct ca **out, const char *dir, const char *province)
{
	struct ca *ca = mem_alloc(sizeof(*ca));
	int status = mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;

	*out = NULL;
	ca->dir = mem_str(dir);
	ca->province = mem_str(province && *province ? province : "CA");
	if (!status)
		status = ca_load(ca);
	if (!status && authority_wanted(ca))
		status = ca_roll(ca);
	if (status) {
		log_error("ca: %s: %s", dir, strerror(-status));
		ca_close(ca);
		return status;
	}
	*out = ca;
	return 0;
}

void ca_close(struct ca *ca)
{
	if (!ca)
		return;
	ca_unload(ca);
	free(ca->dir);
	free(ca->province);
	free(ca);
}

/* ---- agents ---- */

/* The request's public key (borrowed from it), if whoever made it holds the private one. */
static EVP_PKEY *request_key(X509_REQ *request)
{
	EVP_PKEY *key = request ? X509_REQ_get0_pubkey(request) : NULL;
	char group[32] = "";

	if (!key || !EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) ||
	        strcmp(group, "prime256v1"))
		return NULL;
	return X509_REQ_verify(request, key) == 1 ? key : NULL;
}

static void serial_text(X509 *x, char out[CA_SERIAL_SIZE])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	const uint8_t *bytes = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);

	out[0] = 0;
	for (int i = 0; i < len && i < (CA_SERIAL_SIZE - 1) / 2; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

int ca_sign_agent(
        struct ca *ca, const uint8_t *csr, size_t len, const char *node, struct buf *out, char serial[CA_SERIAL_SIZE])
{
	const uint8_t *at = csr;
	int64_t now = clock_wall_ms();
	X509_REQ *request = len <= INT32_MAX ? d2i_X509_REQ(NULL, &at, (long)len) : NULL;
	struct certificate_plan plan = {.common_name = node,
	        .key = request_key(request),
	        .issuer = ca->list[0].certificate,
	        .issuer_key = ca->key,
	        .purpose = "clientAuth",
	        .from_ms = now - BACKDATED_MS,
	        .until_ms = now + CA_AGENT_DAYS * DAY_MS};
	X509 *x = NULL;
	int status = -EBADMSG;

	if (plan.key && at == csr + len) {
		x = certificate_make(&plan);
		status = x ? der_put(out, x) : -EINVAL;
	}
	if (!status)
		serial_text(x, serial);
	else
		log_warn("ca: request of %s not signed: %s", node, openssl_why());
	X509_free(x);
	X509_REQ_free(request);
	return status;
}

/* ---- servers ---- */

static bool names_equal(X509 *x, GENERAL_NAMES *wanted)
{
	uint8_t *had_der = NULL, *wanted_der = NULL;
	GENERAL_NAMES *had = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int had_len = had ? i2d_GENERAL_NAMES(had, &had_der) : -1, len = i2d_GENERAL_NAMES(wanted, &wanted_der);
	bool equal = had_len == len && len > 0 && !memcmp(had_der, wanted_der, (size_t)len);

	OPENSSL_free(had_der);
	OPENSSL_free(wanted_der);
	GENERAL_NAMES_free(had);
	return equal;
}

static bool server_good(const struct ca *ca, GENERAL_NAMES *names, const char *cert_file, const char *key_file)
{
	X509 *x = pem_read_certificate(cert_file);
	EVP_PKEY *key = pem_read_key(key_file);
	time_t least = (time_t)(clock_wall_ms() / 1000 + SERVER_DAYS_LEFT * DAY_MS / 1000);
	bool good = x && key && X509_check_private_key(x, key) == 1 && X509_verify(x, ca->key) == 1 &&
	            X509_cmp_time(X509_get0_notAfter(x), &least) > 0 && names_equal(x, names);

	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

/*
 * The server's certificate, then the crossed ones, then the authorities themselves: an agent that knows any of
 * them finds a way, and one that knows only a fingerprint finds its certificate. Crossed ones
 * stand first because OpenSSL takes the first issuer that fits.
 */
static int write_chain(const struct ca *ca, X509 *x, const char *path)
{
	X509 *chain[1 + 2 * AUTHORITIES_MAX] = {x};
	size_t n = 1;

	for (size_t i = 0; i < ca->count; i++)
		if (ca->list[i].cross)
			chain[n++] = ca->list[i].cross;
	for (size_t i = 0; i < ca->count; i++)
		chain[n++] = ca->list[i].certificate;
	return pem_write_certificates(path, chain, n);
}

static int issue_server(struct ca *ca, GENERAL_NAMES *names, const char *cert_file, const char *key_file)
{
	int64_t now = clock_wall_ms();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct certificate_plan plan = {.common_name = "sansang-collector",
	        .key = key,
	        .issuer = ca->list[0].certificate,
	        .issuer_key = ca->key,
	        .purpose = "serverAuth",
	        .names = names,
	        .from_ms = now - BACKDATED_MS,
	        .until_ms = now + SERVER_DAYS * DAY_MS};
	X509 *x = key ? certificate_make(&plan) : NULL;
	int status = x ? pem_write_key(key_file, key) : -EINVAL;

	if (!status)
		status = write_chain(ca, x, cert_file);
	X509_free(x);
	EVP_PKEY_free(key);
	return status;
}

int ca_issue_server(struct ca *ca, const char *const *names, size_t count, const char *cert_file, const char *key_file)
{
	GENERAL_NAMES *list = count ? certificate_names(names, count) : NULL;

	if (!list) {
		log_error("ca: %s: no name, or one that is neither a DNS name nor an address", cert_file);
		return -EINVAL;
	}
	bool good = server_good(ca, list, cert_file, key_file);
	int status = good ? 0 : issue_server(ca, list, cert_file, key_file);
	if (status)
		log_error("ca: cannot write %s: %s", cert_file, strerror(-status));
	GENERAL_NAMES_free(list);
	return status ? status : !good;
}

/* ---- the set ---- */

int ca_export(const struct ca *ca, const char *file)
{
	X509 *list[AUTHORITIES_MAX];

	for (size_t i = 0; i < ca->count; i++)
		list[i] = ca->list[i].certificate;
	int status = pem_write_certificates(file, list, ca->count);
	if (status)
		log_error("ca: cannot write %s: %s", file, strerror(-status));
	return status;
}

size_t ca_certificates(const struct ca *ca, const struct buf **out)
{
	*out = ca->der;
	return ca->count;
}

void ca_fingerprint(const struct ca *ca, uint8_t out[CA_FINGERPRINT_BYTES])
{
	unsigned len = CA_FINGERPRINT_BYTES;

	X509_digest(ca->list[0].certificate, EVP_sha256(), out, &len);
}
