#include "collector/ackmark.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define VERSION 1
#define MAC_BYTES 32
#define TAG_MAC_BYTES 16
#define PAYLOAD_MAX 320

/* ---- the key ---- */

static int key_read(const char *path, uint8_t key[ACKMARK_KEY_BYTES])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 : read(fd, key, ACKMARK_KEY_BYTES);
	close(fd);
	return n == ACKMARK_KEY_BYTES && st.st_size == ACKMARK_KEY_BYTES ? 0 : -EBADMSG;
}

static int folder_sync(const char *path)
{
	char *folder = mem_strn(path, (size_t)(strrchr(path, '/') ? strrchr(path, '/') - path : 0));
	int fd = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	return err;
}

static int key_write(const char *path, const uint8_t key[ACKMARK_KEY_BYTES])
{
	char *fresh = mem_printf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;

	if (!err && (write(fd, key, ACKMARK_KEY_BYTES) != ACKMARK_KEY_BYTES || fsync(fd)))
		err = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!err && rename(fresh, path))
		err = -errno;
	free(fresh);
	return err ? err : folder_sync(path);
}

int ackmark_key_load(const char *path, uint8_t key[ACKMARK_KEY_BYTES])
{
	int err = key_read(path, key);

	if (!err)
		return 0;
	if (err == -EBADMSG)
		log_error("%s is no key of %d bytes: a new one is made, links in mails of before are dead", path,
		        ACKMARK_KEY_BYTES);
	else if (err != -ENOENT) {
		log_error("%s: %s", path, strerror(-err));
		return err;
	}
	chance_bytes(key, ACKMARK_KEY_BYTES);
	err = key_write(path, key);
	if (err)
		log_error("%s cannot be written: %s", path, strerror(-err));
	return err;
}

/* ---- what is signed ---- */

/* The word at the front keeps the two forms apart: the signature of one is none of the other. */
static int mac_make(const uint8_t *key, const char *form, const struct ackmark *m, uint8_t out[MAC_BYTES])
{
	struct buf b = {0};
	unsigned len = 0;

	buf_put_str(&b, form);
	buf_put_u64(&b, (uint64_t)(m->expires_at / 1000));
	buf_put_str(&b, m->incident);
	buf_put_str(&b, m->contact);
	const uint8_t *made = HMAC(EVP_sha256(), key, ACKMARK_KEY_BYTES, b.data, b.len, out, &len);
	buf_free(&b);
	return made && len == MAC_BYTES ? 0 : -EIO;
}

static bool ids_fit(const struct ackmark *m)
{
	return *m->incident && *m->contact && m->expires_at > 0 && memchr(m->incident, 0, sizeof(m->incident)) &&
	       memchr(m->contact, 0, sizeof(m->contact));
}

/* ---- base64 for addresses (RFC 4648, 5), without padding ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t base64url_put(char *out, const uint8_t *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;
		size_t have = len - i < 3 ? len - i : 3;

		v |= have > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		v |= have > 2 ? data[i + 2] : 0;
		for (size_t k = 0; k <= have; k++)
			out[n++] = letters[v >> (18 - 6 * k) & 63];
	}
	out[n] = '\0';
	return n;
}

/* The bytes, or -1: other letters, a length that cannot be, bits that nobody would have written. */
static ssize_t base64url_get(const char *text, size_t len, uint8_t *out, size_t size)
{
	uint32_t v = 0;
	size_t n = 0, bits = 0;

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(letters, text[i]) : NULL;

		if (!at)
			return -1;
		v = v << 6 | (uint32_t)(at - letters);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n == size)
			return -1;
		out[n++] = (uint8_t)(v >> bits);
		v &= (1u << bits) - 1;
	}
	return bits >= 6 || v ? -1 : (ssize_t)n;
}

/* ---- the link ---- */

int ackmark_link(const uint8_t key[ACKMARK_KEY_BYTES], const struct ackmark *m, char out[ACKMARK_LINK_SIZE])
{
	uint8_t mac[MAC_BYTES];
	struct buf b = {0};
	size_t n;

	*out = '\0';
	if (!ids_fit(m) || mac_make(key, "link", m, mac))
		return -EINVAL;
	buf_put_u8(&b, VERSION);
	buf_put_varint(&b, (uint64_t)(m->expires_at / 1000));
	buf_put_str(&b, m->incident);
	buf_put_str(&b, m->contact);
	n = base64url_put(out, b.data, b.len);
	out[n++] = '.';
	base64url_put(out + n, mac, sizeof(mac));
	buf_free(&b);
	return 0;
}

static int mac_check(const uint8_t *key, const char *form, const struct ackmark *m, const uint8_t *given, size_t len)
{
	uint8_t mac[MAC_BYTES];

	return mac_make(key, form, m, mac) || CRYPTO_memcmp(mac, given, len) ? -EBADMSG : 0;
}

int ackmark_link_read(const uint8_t key[ACKMARK_KEY_BYTES], const char *text, int64_t now_ms, struct ackmark *out)
{
	const char *dot = strchr(text, '.');
	uint8_t payload[PAYLOAD_MAX], mac[MAC_BYTES];
	ssize_t len = dot ? base64url_get(text, (size_t)(dot - text), payload, sizeof(payload)) : -1;
	struct ackmark m = {0};

	*out = m;
	if (len < 0 || base64url_get(dot + 1, strlen(dot + 1), mac, sizeof(mac)) != MAC_BYTES)
		return -EINVAL;
	struct cursor c = cursor_of(payload, (size_t)len);
	uint8_t version = cursor_u8(&c);
	uint64_t expires_s = cursor_varint(&c);
	cursor_str(&c, m.incident, sizeof(m.incident));
	cursor_str(&c, m.contact, sizeof(m.contact));
	if (c.failed || cursor_left(&c) || version != VERSION || expires_s > INT64_MAX / 1000)
		return -EINVAL;
	m.expires_at = (int64_t)expires_s * 1000;
	if (!ids_fit(&m) || mac_check(key, "link", &m, mac, sizeof(mac)))
		return -EBADMSG;
	*out = m;
	return now_ms >= m.expires_at ? -ETIME : 0;
}

/* ---- the tag ---- */

static void base36_put(char *out, size_t size, uint64_t v)
{
	char digits[16];
	size_t n = 0;

	do
		digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[v % 36];
	while ((v /= 36));
	for (size_t i = 0; i < n && i + 1 < size; i++)
		out[i] = digits[n - 1 - i];
	out[n < size ? n : size - 1] = '\0';
}

int ackmark_tag(const uint8_t key[ACKMARK_KEY_BYTES], const struct ackmark *m, char out[ACKMARK_TAG_SIZE])
{
	uint8_t mac[MAC_BYTES];
	size_t n;

	*out = '\0';
	if (!ids_fit(m) || mac_make(key, "tag", m, mac))
		return -EINVAL;
	base36_put(out, 16, (uint64_t)(m->expires_at / 1000));
	n = strlen(out);
	out[n++] = '-';
	for (size_t i = 0; i < TAG_MAC_BYTES; i++)
		n += (size_t)snprintf(out + n, ACKMARK_TAG_SIZE - n, "%02x", mac[i]);
	return 0;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "EXPIRY-HEX" alone. */
static int tag_parse(const char *tag, int64_t *expires_at, uint8_t mac[TAG_MAC_BYTES])
{
	int64_t v = 0;
	size_t n = strspn(tag, "0123456789abcdefghijklmnopqrstuvwxyz");

	if (!n || n > 9 || tag[n] != '-' || strlen(tag + n + 1) != 2 * TAG_MAC_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		v = v * 36 + (tag[i] <= '9' ? tag[i] - '0' : tag[i] - 'a' + 10);
	for (size_t i = 0; i < TAG_MAC_BYTES; i++) {
		int high = nibble(tag[n + 1 + 2 * i]), low = nibble(tag[n + 2 + 2 * i]);

		if (high < 0 || low < 0)
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	*expires_at = v * 1000;
	return 0;
}

int ackmark_tag_read(const uint8_t key[ACKMARK_KEY_BYTES], const char *local, const char *contact, int64_t now_ms,
        struct ackmark *out)
{
	const char *first = strchr(local, '.'), *last = strrchr(local, '.');
	size_t name = strlen(contact), middle;
	uint8_t mac[TAG_MAC_BYTES];
	struct ackmark m = {0};

	*out = m;
	if (!first || first == last || tag_parse(last + 1, &m.expires_at, mac))
		return -EINVAL;
	/* INCIDENT.CONTACT */
	middle = (size_t)(last - first - 1);
	if (!name || name >= sizeof(m.contact) || middle < name + 2 || memcmp(last - name, contact, name) ||
	        last[-(ptrdiff_t)name - 1] != '.' || middle - name - 1 >= sizeof(m.incident))
		return -EBADMSG;
	memcpy(m.incident, first + 1, middle - name - 1);
	memcpy(m.contact, contact, name);
	if (mac_check(key, "tag", &m, mac, sizeof(mac)))
		return -EBADMSG;
	*out = m;
	return now_ms >= m.expires_at ? -ETIME : 0;
}
