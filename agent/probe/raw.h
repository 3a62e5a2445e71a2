/*
 * raw: a few raw ICMP sockets, opened before rights are dropped and lent one at a time.
 *
 * A trace or an MTU check needs a socket of its own: its hop limits, its errors (IP_RECVERR). Lent to nobody, a
 * socket hears nothing, so it costs nothing. Descriptors stay the pool's; who borrows one gives it back. Eyes process.
 */
#ifndef SANSANG_RAW_H
#define SANSANG_RAW_H

#include <stdbool.h>

#define RAW_POOL_SIZE 4 /* of each family */

struct raw_pool;

/* Never fails: without the right the pool is empty. */
struct raw_pool *raw_pool_open(void);
void raw_pool_close(struct raw_pool *p);
/* -1: none is free, or (raw_pool_empty) there is none at all. `p` may be NULL. */
int raw_pool_take(struct raw_pool *p, int family);
bool raw_pool_empty(const struct raw_pool *p, int family);
/* Deaf again, and what waited in it is gone. False: `fd` is none of the pool's. */
bool raw_pool_give(struct raw_pool *p, int fd);
/* Hears echo replies from now on. */
void raw_socket_hear(int fd, int family);

#endif
