/*
 * blob: bytes that several answers share.
 *
 * Web process. One live message is encoded once and referred to by each client's
 * queue; a static file, a picture and a cached answer likewise. Counted by hand on
 * one thread; the last blob_drop() frees. The content never changes once it is shared.
 */
#ifndef SANSANG_WEB_BLOB_H
#define SANSANG_WEB_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob {
	unsigned refs;
	size_t len;
	uint8_t data[];
};

/* Copies; one reference is the caller's. */
struct blob *blob_new(const void *data, size_t len);
/* Takes `fd` (-1 is fine): what the file holds, NULL when it is no regular file, larger than `most`, or cannot be read. */
struct blob *blob_read(int fd, size_t most);
/* Gives one more reference; NULL gives NULL. */
struct blob *blob_hold(struct blob *b);
/* Takes the reference; NULL is fine. */
void blob_drop(struct blob *b);

#endif
