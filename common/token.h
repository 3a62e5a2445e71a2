/*
 * token: the one word that a technician types to enrol an agent.
 *
 * word := base32 (lower-case a-z 2-7, no padding) of
 *         version(1)=1 CA fingerprint(32, SHA-256 of the DER) secret(16) checksum(2)
 * where the checksum is the first two bytes of the SHA-256 of all before it, so that a typing
 * error is told from a refusal. Core makes words, the agent reads them.
 */
#ifndef SANSANG_TOKEN_H
#define SANSANG_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define TOKEN_FINGERPRINT_BYTES 32
#define TOKEN_SECRET_BYTES 16
#define TOKEN_WORD_SIZE 83 /* with its NUL */

struct token {
	uint8_t ca_fingerprint[TOKEN_FINGERPRINT_BYTES];
	uint8_t secret[TOKEN_SECRET_BYTES];
};

void token_encode(const struct token *t, char word[TOKEN_WORD_SIZE]);
/* White space around the word is passed over, capitals are read as small. 0 or -EBADMSG. */
int token_decode(const char *word, struct token *out);

#endif
