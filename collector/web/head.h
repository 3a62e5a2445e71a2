/*
 * head: what of a request's head is taken over from libwebsockets.
 *
 * Web process, within the library's callbacks. Everything is copied into the request and cut to the size of its members; a value that
 * does not fit counts as missing.
 */
#ifndef SANSANG_WEB_HEAD_H
#define SANSANG_WEB_HEAD_H

#include <libwebsockets.h>
#include <stdbool.h>

#include "collector/web/request.h"

/* One header; "" when it is missing or too long. */
void head_copy(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size);
/* The length that is declared: -1 none, INT64_MAX no number. */
int64_t head_content_length(struct lws *wsi);
/* The arguments behind '?'. False: too many, too long or with control characters. */
bool head_args(struct lws *wsi, struct request *r);
/* Cookie, encodings, content type, entity tag, CSRF, origin, host, peer. */
void head_read(struct lws *wsi, struct request *r);

#endif
