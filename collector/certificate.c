#include "collector/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "common/clock.h"
#include "common/memory.h"

#define SERIAL_BYTES 16

static int add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	int added = e ? X509_add_ext(x, e, -1) : 0;
	X509_EXTENSION_free(e);
	return added == 1 ? 0 : -EINVAL;
}

static int add_extensions(X509 *x, const struct certificate_plan *p)
{
	X509 *issuer = p->issuer ? p->issuer : x;
	int failed = add_extension(x, issuer, NID_subject_key_identifier, "hash");

	if (p->issuer)
		failed |= add_extension(x, issuer, NID_authority_key_identifier, "keyid:always");
	failed |=
	        add_extension(x, issuer, NID_basic_constraints, p->purpose ? "critical,CA:FALSE" : "critical,CA:TRUE");
	failed |= add_extension(
	        x, issuer, NID_key_usage, p->purpose ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
	if (p->purpose)
		failed |= add_extension(x, issuer, NID_ext_key_usage, p->purpose);
	if (p->names)
		failed |= X509_add1_ext_i2d(x, NID_subject_alt_name, p->names, 0, 0) == 1 ? 0 : -EINVAL;
	return failed ? -EINVAL : 0;
}

static int set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_BYTES];

	chance_bytes(bytes, sizeof(bytes));
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and of one length */
	BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ASN1_INTEGER *set = n ? BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) : NULL;
	BN_free(n);
	return set ? 0 : -ENOMEM;
}

static int set_times(X509 *x, int64_t from_ms, int64_t until_ms)
{
	time_t from = (time_t)(from_ms / 1000), until = (time_t)(until_ms / 1000);

	return X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &from) &&
	                       X509_time_adj_ex(X509_getm_notAfter(x), 0, 0, &until)
	               ? 0
	               : -EINVAL;
}

static int fill(X509 *x, const struct certificate_plan *p)
{
	X509_NAME *subject = X509_get_subject_name(x);

	if (!X509_set_version(x, X509_VERSION_3) || set_serial(x) || set_times(x, p->from_ms, p->until_ms) ||
	        !X509_set_pubkey(x, p->key))
		return -EINVAL;
	if (!X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)p->common_name, -1, -1, 0) ||
	        !X509_set_issuer_name(x, p->issuer ? X509_get_subject_name(p->issuer) : subject))
		return -EINVAL;
	if (add_extensions(x, p))
		return -EINVAL;
	return X509_sign(x, p->issuer_key, EVP_sha256()) > 0 ? 0 : -EINVAL;
}

X509 *certificate_make(const struct certificate_plan *p)
{
	X509 *x = X509_new();

	if (x && !fill(x, p))
		return x;
	X509_free(x);
	return NULL;
}

static GENERAL_NAME *general_name(const char *name)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

	if (!g || !*name)
		goto fail;
	if (address) {
		GENERAL_NAME_set0_value(g, GEN_IPADD, address);
		return g;
	}
	ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
	if (!dns || !ASN1_STRING_set(dns, name, -1))
		goto fail;
	GENERAL_NAME_set0_value(g, GEN_DNS, dns);
	return g;
fail:
	GENERAL_NAME_free(g);
	return NULL;
}

GENERAL_NAMES *certificate_names(const char *const *names, size_t count)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();

	for (size_t i = 0; list && i < count; i++) {
		GENERAL_NAME *g = general_name(names[i]);
		if (!g || !sk_GENERAL_NAME_push(list, g)) {
			GENERAL_NAME_free(g);
			GENERAL_NAMES_free(list);
			list = NULL;
		}
	}
	return list;
}

/* ---- PEM files ---- */

struct pem_file {
	char *path, *draft;
	FILE *f;
};

static int pem_begin(struct pem_file *p, const char *path, mode_t mode)
{
	*p = (struct pem_file){.path = mem_str(path), .draft = mem_printf("%s.new", path)};
	unlink(p->draft);
	int fd = open(p->draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	p->f = fd < 0 ? NULL : fdopen(fd, "w");
	return p->f ? 0 : -errno;
}

static int folder_sync(const char *path)
{
	char *folder = mem_str(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		*slash = 0;
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return status;
}

static int pem_end(struct pem_file *p, int status)
{
	if (p->f && (fflush(p->f) || fsync(fileno(p->f))) && !status)
		status = -errno;
	if (p->f)
		fclose(p->f);
	if (!status && rename(p->draft, p->path))
		status = -errno;
	if (status)
		unlink(p->draft);
	else
		status = folder_sync(p->path);
	free(p->path);
	free(p->draft);
	return status;
}

int pem_write_certificates(const char *path, X509 *const *list, size_t count)
{
	struct pem_file p;
	int status = pem_begin(&p, path, 0644);

	for (size_t i = 0; !status && i < count; i++)
		if (!PEM_write_X509(p.f, list[i]))
			status = -EIO;
	return pem_end(&p, status);
}

int pem_write_key(const char *path, EVP_PKEY *key)
{
	struct pem_file p;
	int status = pem_begin(&p, path, 0600);

	if (!status && !PEM_write_PrivateKey(p.f, key, NULL, NULL, 0, NULL, NULL))
		status = -EIO;
	return pem_end(&p, status);
}

X509 *pem_read_certificate(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	return x;
}

EVP_PKEY *pem_read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	return key;
}
