/*
 * auth: who is asking? Core knows; web remembers its answer for a few seconds.
 *
 * Web process. A session's token (the cookie) is sent to core by MESSAGE_ACT
 * {"act": "session"}; good answers are kept AUTH_KEEP_MS and forgotten at once when anyone logs
 * out. Refused tokens are not kept. Failed logins are counted per address here (and per
 * name in core): more than AUTH_FAILURES within a minute are answered 429 without asking core.
 */
#ifndef SANSANG_WEB_AUTH_H
#define SANSANG_WEB_AUTH_H

#include "collector/web/request.h"
#include "common/channel.h"

#define AUTH_KEEP_MS 5000
#define AUTH_FAILURES 5
#define AUTH_COOKIE "sansang"

struct auth;

struct auth *auth_new(void);
void auth_free(struct auth *a);
/* Core's channel, or NULL while it is away (sessions are then refused with 503). */
void auth_set_core(struct auth *a, struct channel *core);

/* status 0 and the session; -EACCES; -EAGAIN when core is away. `s` is valid during the call. Called at once when known. */
typedef void (*auth_on_session)(int status, const struct session *s, void *arg);
void auth_check(struct auth *a, const char *token, auth_on_session on_session, void *arg);
void auth_flush(struct auth *a);

/* The session in core's answer to `login` or `session`. 0 or -EACCES. */
int session_read(const json_t *json, struct session *out);
enum right right_named(const char *role); /* RIGHT_NONE when unknown */
const char *right_name(enum right right);
bool csrf_matches(const char *given, const char *wanted); /* in constant time; an empty one never matches */

bool auth_throttled(const struct auth *a, const char *address, int64_t now_ms);
void auth_count_failure(struct auth *a, const char *address, int64_t now_ms);

#endif
