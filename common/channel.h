/*
 * channel: messages between our own processes over a socket pair.
 *
 * A frame is length(4) kind(2) id(4) payload. id 0 is a notice; a call carries
 * a fresh id and its reply the same id with CHANNEL_REPLY set in the kind.
 * Writes of one loop turn leave in one system call. A peer that sends a frame
 * over CHANNEL_FRAME_MAX, or goes away, closes the channel: on_close comes once,
 * pending calls get their on_reply with payload NULL.
 */
#ifndef SANSANG_CHANNEL_H
#define SANSANG_CHANNEL_H

#include <uv.h>

#include "common/buf.h"

#define CHANNEL_FRAME_MAX (16 * 1024 * 1024)
#define CHANNEL_REPLY 0x8000u

struct channel;

struct channel_handlers {
	/* `payload` is valid during the call. */
	void (*on_message)(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg);
	/* The channel frees itself after this returns. */
	void (*on_close)(struct channel *ch, void *arg);
};

/* payload NULL: the channel closed before an answer came. */
typedef void (*channel_on_reply)(struct cursor *payload, void *arg);

/* Takes `fd` (a connected stream socket). Dies on lack of memory only. */
struct channel *channel_open(uv_loop_t *loop, int fd, const struct channel_handlers *h, void *arg);
void channel_set_handlers(struct channel *ch, const struct channel_handlers *h, void *arg);
void channel_send(struct channel *ch, uint16_t kind, const void *data, size_t len);
void channel_call(
        struct channel *ch, uint16_t kind, const void *data, size_t len, channel_on_reply on_reply, void *arg);
void channel_reply(struct channel *ch, uint16_t kind, uint32_t id, const void *data, size_t len);
/* Bytes not yet taken by the kernel: senders of bulk stop above a few MB. */
size_t channel_pending(const struct channel *ch);
/* Stops or resumes reading: back-pressure towards the peer. */
void channel_pause(struct channel *ch, bool paused);
/* on_close is called, later, too. */
void channel_close(struct channel *ch);

#endif
