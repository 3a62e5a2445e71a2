#include "collector/inventory/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/memory.h"

#define SECRET_MAX 127
#define PASS_PHRASE_LEAST 8
#define SIGNING_LEAST 16
#define AUTHORITIES_MAX (32 * 1024)

enum hold { HOLD_COMMUNITY, HOLD_PASS_PHRASE, HOLD_SIGNING, HOLD_AUTHORITIES };

struct held {
	char *file; /* as province.yaml names it */
	char *text;
};

struct vault {
	struct held *held;
	size_t count;
};

/* One file that is to be read, and where it is named. */
struct reading {
	struct vault *v;
	const char *path; /* of province.yaml */
	const char *folder;
	struct conf_errors *errors;
	const char *list, *id, *key; /* "nodes", "mk-sw1", "snmp.community_file" */
	struct conf_place place;
};

static void __attribute__((format(printf, 2, 3))) complain(const struct reading *r, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	conf_error(r->errors, r->path, r->place, "%s[%s].%s: %s", r->list, r->id, r->key, text);
}

/* ---- reading one file ---- */

/* Gives a descriptor of a regular file that nobody else may read (of a secret), or -1 with an error said. */
static int file_open(const struct reading *r, const char *path, bool secret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st)) {
		complain(r, "%s cannot be read: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		complain(r, "%s is no file", path);
	} else if (secret && st.st_mode & 077) {
		complain(r, "%s has mode %04o, expected 0600: chmod 600 it, it holds a secret", path,
		        (unsigned)st.st_mode & 07777);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Appends at most `max` + 1 bytes. */
static bool file_read(const struct reading *r, const char *path, bool secret, size_t max, struct buf *out)
{
	int fd = file_open(r, path, secret);
	ssize_t n = 0;

	if (fd < 0)
		return false;
	buf_reserve(out, max + 2);
	while (out->len <= max && (n = read(fd, out->data + out->len, max + 1 - out->len)) > 0)
		out->len += (size_t)n;
	int error = n < 0 ? errno : 0;
	close(fd);
	if (error)
		complain(r, "%s cannot be read: %s", path, strerror(error));
	else if (out->len > max)
		complain(r, "%s is longer than %zu bytes", path, max);
	return !error && out->len <= max;
}

/* The one line of a secret, or NULL with an error said. */
static char *secret_take(const struct reading *r, const char *path, enum hold hold, const struct buf *b)
{
	static const size_t leasts[] = {
	        [HOLD_COMMUNITY] = 1, [HOLD_PASS_PHRASE] = PASS_PHRASE_LEAST, [HOLD_SIGNING] = SIGNING_LEAST};
	size_t len = b->len, least = leasts[hold];

	if (len && b->data[len - 1] == '\n')
		len--;
	if (len && b->data[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (b->data[i] >= ' ' && b->data[i] != 0x7f)
			continue;
		complain(r, "%s holds more than one line of text, expected the secret alone", path);
		return NULL;
	}
	if (len < least || len > SECRET_MAX) {
		complain(r, "%s holds %zu bytes, expected %zu to %d", path, len, least, SECRET_MAX);
		return NULL;
	}
	return mem_strn((const char *)b->data, len);
}

/* Its certificates, written anew: whatever else stands in the file stays there. NULL with an error said when it has none. */
static char *authorities_take(const struct reading *r, const char *path, const struct buf *b)
{
	BIO *in = BIO_new_mem_buf(b->data, (int)b->len), *out = BIO_new(BIO_s_mem());
	unsigned count = 0;
	X509 *x;
	char *data, *text = NULL;

	while (in && out && (x = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		count += PEM_write_bio_X509(out, x) == 1;
		X509_free(x);
	}
	ERR_clear_error();
	if (count) {
		long len = BIO_get_mem_data(out, &data);
		text = mem_strn(data, (size_t)len);
	} else {
		complain(r, "%s holds no certificate, expected certificates of authorities in PEM", path);
	}
	BIO_free(in);
	BIO_free(out);
	return text;
}

static void hold_file(const struct reading *r, const char *file, enum hold hold)
{
	struct vault *v = r->v;
	struct buf b = {0};
	bool secret = hold != HOLD_AUTHORITIES;

	if (!file || vault_text(v, file))
		return;
	char *path = mem_printf("%s/%s", r->folder, file), *text = NULL;
	if (file_read(r, path, secret, secret ? SECRET_MAX + 2 : AUTHORITIES_MAX, &b))
		text = secret ? secret_take(r, path, hold, &b) : authorities_take(r, path, &b);
	if (b.data)
		explicit_bzero(b.data, b.len);
	buf_free(&b);
	free(path);
	if (!text)
		return;
	v->held = mem_grow(v->held, v->count + 1, sizeof(*v->held));
	v->held[v->count++] = (struct held){.file = mem_str(file), .text = text};
}

/* ---- the vault ---- */

static void gear_hold(struct reading *r, const struct node *n)
{
	const struct {
		const char *file, *key;
		struct conf_place place;
		enum hold hold;
	} files[] = {
	        {n->snmp.community_file, "snmp.community_file", n->snmp.community_file_place, HOLD_COMMUNITY},
	        {n->snmp.auth_file, "snmp.auth_file", n->snmp.auth_file_place, HOLD_PASS_PHRASE},
	        {n->snmp.privacy_file, "snmp.privacy_file", n->snmp.privacy_file_place, HOLD_PASS_PHRASE},
	};

	r->list = "nodes";
	r->id = n->id;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		r->key = files[i].key;
		r->place = files[i].place;
		hold_file(r, files[i].file, files[i].hold);
	}
}

static void webhook_hold(struct reading *r, const struct webhook *w)
{
	r->list = "alerts.webhooks";
	r->id = w->id;
	r->key = "secret_file";
	r->place = w->secret_file_place;
	hold_file(r, w->secret_file, HOLD_SIGNING);
	r->key = "ca_file";
	r->place = w->ca_file_place;
	hold_file(r, w->ca_file, HOLD_AUTHORITIES);
}

int vault_load(const struct inventory *inv, const char *path, struct vault **out, struct conf_errors *errors)
{
	char *copy = mem_str(path);
	struct reading r = {
	        .v = mem_alloc(sizeof(struct vault)), .path = path, .folder = dirname(copy), .errors = errors};
	size_t before = errors->count;

	for (size_t i = 0; i < inv->node_count; i++)
		if (inv->nodes[i].kind == NODE_GEAR)
			gear_hold(&r, &inv->nodes[i]);
	r.list = "services";
	r.key = "check.ca_file";
	for (size_t i = 0; i < inv->service_count; i++) {
		r.id = inv->services[i].id;
		r.place = inv->services[i].options.ca_file_place;
		hold_file(&r, inv->services[i].options.ca_file, HOLD_AUTHORITIES);
	}
	for (size_t i = 0; i < inv->alerts.webhook_count; i++)
		webhook_hold(&r, &inv->alerts.webhooks[i]);
	free(copy);
	*out = r.v;
	return errors->count == before ? 0 : -EINVAL;
}

void vault_free(struct vault *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++) {
		explicit_bzero(v->held[i].text, strlen(v->held[i].text));
		free(v->held[i].text);
		free(v->held[i].file);
	}
	free(v->held);
	free(v);
}

const char *vault_text(const struct vault *v, const char *file)
{
	for (size_t i = 0; v && file && i < v->count; i++)
		if (!strcmp(v->held[i].file, file))
			return v->held[i].text;
	return NULL;
}

bool vault_equal(const struct vault *a, const struct vault *b)
{
	if (!a || !b || a->count != b->count)
		return a == b;
	for (size_t i = 0; i < a->count; i++) {
		const char *other = vault_text(b, a->held[i].file);
		if (!other || strcmp(other, a->held[i].text))
			return false;
	}
	return true;
}
