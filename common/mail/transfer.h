/*
 * transfer: libcurl's transfers on our loop.
 *
 * Any process that speaks to servers outside: mails, answers to mails, webhooks. One struct transfers holds the connections; its
 * user makes easy handles, sets their options (a timeout among them: nothing here gives up by itself) and starts them. Nothing blocks. The
 * loop's thread only; the first that is opened starts libcurl.
 */
#ifndef SANSANG_COMMON_TRANSFER_H
#define SANSANG_COMMON_TRANSFER_H

#include <curl/curl.h>
#include <uv.h>

struct transfers;

/* Comes once for each that was started, later. The handle may be started again within. */
typedef void (*transfer_on_done)(CURL *easy, CURLcode code, void *arg);

/* At most `connections` are kept open for later. NULL, logged, when libcurl cannot start. */
struct transfers *transfers_open(uv_loop_t *loop, long connections, transfer_on_done on_done, void *arg);
/* Borrows the handle until on_done or transfer_stop. 0 or -EIO. */
int transfer_start(struct transfers *t, CURL *easy);
/* No on_done comes any more. */
void transfer_stop(struct transfers *t, CURL *easy);
/* Stop and clean up the handles before. Free it after the loop has ended. */
void transfers_close(struct transfers *t);
void transfers_free(struct transfers *t);

#endif
