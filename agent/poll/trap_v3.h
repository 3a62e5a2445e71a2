/*
 * trap_v3: takes apart v3's traps and informs, whose keys net-snmp knows, and answers informs.
 *
 * A trap is signed with its sender's engine, an inform with ours, which its sender asks for first. Runs in the eyes process.
 */
#ifndef SANSANG_POLL_TRAP_V3_H
#define SANSANG_POLL_TRAP_V3_H

#include <sys/socket.h>

#include "agent/poll/notice.h"
#include "agent/poll/poller.h"

struct trap_v3;

/* `fd` is borrowed: what is answered goes out by it. */
struct trap_v3 *trap_v3_open(int fd);
void trap_v3_close(struct trap_v3 *v);
/*
 * One datagram of a gear whose user it names (or of none: then it is answered who we are). True when the keys fit and
 * it is a trap or inform: then on_notice was called.
 */
bool trap_v3_take(struct trap_v3 *v, const struct gear_spec *spec, const struct message_head *head, const uint8_t *data,
        size_t len, const struct sockaddr *from, socklen_t from_len,
        void (*on_notice)(void *arg, const struct notice *n), void *arg);

#endif
