#include "common/token.h"

#include <errno.h>
#include <string.h>

#include <openssl/sha.h>

#define TOKEN_VERSION 1
#define CHECKED_BYTES (1 + TOKEN_FINGERPRINT_BYTES + TOKEN_SECRET_BYTES)
#define TOKEN_BYTES (CHECKED_BYTES + 2)
#define LETTERS (TOKEN_WORD_SIZE - 1)

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static void checksum(const uint8_t *bytes, uint8_t out[2])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, CHECKED_BYTES, digest);
	memcpy(out, digest, 2);
}

void token_encode(const struct token *t, char word[TOKEN_WORD_SIZE])
{
	uint8_t bytes[TOKEN_BYTES] = {TOKEN_VERSION};

	memcpy(bytes + 1, t->ca_fingerprint, TOKEN_FINGERPRINT_BYTES);
	memcpy(bytes + 1 + TOKEN_FINGERPRINT_BYTES, t->secret, TOKEN_SECRET_BYTES);
	checksum(bytes, bytes + CHECKED_BYTES);
	for (unsigned i = 0; i < LETTERS; i++) {
		unsigned bit = i * 5, at = bit / 8;
		unsigned pair = bytes[at] << 8 | (at + 1 < TOKEN_BYTES ? bytes[at + 1] : 0);
		word[i] = alphabet[pair >> (11 - bit % 8) & 31];
	}
	word[LETTERS] = 0;
}

/* 0..31, or -1. */
static int letter_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* The word's bits; letters stand at the front of `bytes`. */
static int word_bytes(const char *word, uint8_t bytes[TOKEN_BYTES + 1])
{
	word += strspn(word, " \t\r\n");
	for (unsigned i = 0; i < LETTERS; i++) {
		int v = letter_value(word[i]);
		if (v < 0)
			return -EBADMSG;
		unsigned bit = i * 5, at = bit / 8, pair = (unsigned)v << (11 - bit % 8);
		bytes[at] |= (uint8_t)(pair >> 8);
		bytes[at + 1] |= (uint8_t)pair;
	}
	word += LETTERS;
	return word[strspn(word, " \t\r\n")] || bytes[TOKEN_BYTES] ? -EBADMSG : 0;
}

int token_decode(const char *word, struct token *out)
{
	uint8_t bytes[TOKEN_BYTES + 1] = {0}, sum[2];
	int status = word_bytes(word, bytes);

	if (status)
		return status;
	checksum(bytes, sum);
	if (bytes[0] != TOKEN_VERSION || memcmp(sum, bytes + CHECKED_BYTES, sizeof(sum)))
		return -EBADMSG;
	memcpy(out->ca_fingerprint, bytes + 1, TOKEN_FINGERPRINT_BYTES);
	memcpy(out->secret, bytes + 1 + TOKEN_FINGERPRINT_BYTES, TOKEN_SECRET_BYTES);
	return 0;
}
