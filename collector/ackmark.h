/*
 * ackmark: a signed mark by which somebody who got a mail may acknowledge its incident, without a login.
 *
 * A mark binds incident, contact and expiry by HMAC-SHA256 (RFC 2104). The key is made by core at its first start
 * (<state_dir>/ack.key, 0600); core alone reads the file and gives it to tell over their channel. There are two forms:
 *   link   base64url(version u8, expiry seconds varint, incident str, contact str) "." base64url(HMAC, 32 bytes)
 *          in <web.url>/a/MARK: says everything itself
 *   tag    expiry seconds in base 36 "-" the first 16 bytes of another HMAC in hex
 *          ends the local part of a Message-ID, KIND.INCIDENT.CONTACT.TAG: a reply that names it had the mail (RFC 5322 3.6.4)
 * Both are the same whenever they are made for the same incident, contact and expiry. Runs in core (checks) and tell (makes).
 * Signatures are compared in constant time. Errors are 0 or -errno: -EINVAL no mark at all, -EBADMSG forged, -ETIME expired.
 */
#ifndef SANSANG_ACKMARK_H
#define SANSANG_ACKMARK_H

#include <stdbool.h>
#include <stdint.h>

#define ACKMARK_KEY_BYTES 32
#define ACKMARK_LIFE_MS (7 * 86400000LL)
#define ACKMARK_INCIDENT_SIZE 192
#define ACKMARK_CONTACT_SIZE 64
#define ACKMARK_LINK_SIZE 432 /* of the longest ids, with its NUL */
#define ACKMARK_TAG_SIZE 48

struct ackmark {
	char incident[ACKMARK_INCIDENT_SIZE], contact[ACKMARK_CONTACT_SIZE];
	int64_t expires_at; /* UTC ms; kept to the second */
};

/* Reads the key, or makes one where there is none or it is damaged (then marks of before are dead). 0 or -errno, logged. Wipe the key. */
int ackmark_key_load(const char *path, uint8_t key[ACKMARK_KEY_BYTES]);

/* 0, or -EINVAL when an id is too long or empty. */
int ackmark_link(const uint8_t key[ACKMARK_KEY_BYTES], const struct ackmark *m, char out[ACKMARK_LINK_SIZE]);
/* Fills *out when the signature is right, also when it is expired (-ETIME). */
int ackmark_link_read(const uint8_t key[ACKMARK_KEY_BYTES], const char *text, int64_t now_ms, struct ackmark *out);

int ackmark_tag(const uint8_t key[ACKMARK_KEY_BYTES], const struct ackmark *m, char out[ACKMARK_TAG_SIZE]);
/*
 * `local` is the local part of a message id, "KIND.INCIDENT.CONTACT.TAG", and `contact` who is thought to have had it: ids hold dots
 * themselves, so only he knows where they end. Fills *out when it is signed for him, also when it is expired.
 */
int ackmark_tag_read(const uint8_t key[ACKMARK_KEY_BYTES], const char *local, const char *contact, int64_t now_ms,
        struct ackmark *out);

#endif
