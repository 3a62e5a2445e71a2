/*
 * turn: whether the body of a request may be taken, so that libwebsockets 4.1 never takes one out of its stash.
 *
 * What a client sends while its last request is being answered is stashed by the library. A request with a body that is
 * parsed out of that stash makes it loop for ever (lws_http_action() takes the head of the stash for the body): one client
 * that sends GET and POST in one go would end the whole web process. Such a request is refused, by closing. Clients that wait
 * for an answer before they ask again never meet this, for server.c completes a request in the same
 * event in which its last byte is written. Web process, within the library's callbacks.
 */
#ifndef SANSANG_WEB_TURN_H
#define SANSANG_WEB_TURN_H

#include <libwebsockets.h>
#include <stdbool.h>

/* Bytes that the library reads at once: more than a TLS record, so that none waits within TLS, which would look like the stash. */
#define TURN_READ_BYTES (20 * 1024)

/* False: input is stashed, the request that has just been parsed may stand in it, and its body must not be taken. */
bool turn_body_is_safe(struct lws *wsi);

#endif
