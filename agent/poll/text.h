/*
 * text: what a device said in octets, kept as it came and shown so that a terminal and JSON bear it.
 *
 * A pool keeps the texts of one device until it is emptied; texts longer than TEXT_MAX are cut, and a pool that holds
 * POOL_MAX bytes keeps nothing more. Runs in the eyes process and in the command snmp.
 */
#ifndef SANSANG_TEXT_H
#define SANSANG_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 2048
#define POOL_MAX (1 << 19)

/* data NULL: not told. A NUL follows the bytes. Lives until its pool is emptied. */
struct model_text {
	const char *data;
	size_t len;
};

struct text_chunk;
struct text_pool {
	struct text_chunk *chunks; /* owned */
	size_t bytes;
};

/* A copy of the bytes; not told when the pool is full. */
struct model_text text_keep(struct text_pool *pool, const void *data, size_t len);
void text_pool_empty(struct text_pool *pool);

/* UTF-8 of letters, blanks, tabs and line ends only. */
bool text_clean(const struct model_text *t);
/* Bytes equal to those of a string. */
bool text_is(const struct model_text *t, const char *s);
/* Six octets as "aa:bb:cc:dd:ee:ff". */
struct model_text text_mac(struct text_pool *pool, const uint8_t octets[6]);
/* An address after its IANA family (1: IPv4, 2: IPv6), as LLDP tells it; not told when it is none. */
struct model_text text_address(struct text_pool *pool, const struct model_text *t);

/* One line of printable UTF-8 with a NUL: line ends become blanks, what is broken or no letter '?', ends are trimmed, what is too long is cut at a letter, what follows a NUL is no text. Returns out. */
char *model_text_print(const struct model_text *t, char *out, size_t size);
/* null, a string, or {"hex": "..."} where the bytes are no clean text. Gives. A NUL at the end is not of the text. */
json_t *text_json(const struct model_text *t);

#endif
