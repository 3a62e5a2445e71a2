/*
 * session: asks one device by SNMP, v1, v2c or v3, on net-snmp's single sessions inside the libuv loop, never blocking.
 *
 * `struct sessions` holds what all devices share: net-snmp set up without MIBs, files and words on stderr, one epoll set over the sessions' sockets, one timer
 * for timeouts and retries, and the keys that v3's passwords gave (2 ms each to make). A session opens when it is first asked: a name is
 * looked up off the loop, and for v3 the engine is discovered by an empty noAuth GET (RFC 3414 section 4). Answers that are late, of a wrong id or of a wrong
 * peer never reach the caller. What a walk learnt of the device (pace) stays with the session.
 *
 * One request at a time a session. Runs in the eyes process.
 */
#ifndef SANSANG_SESSION_H
#define SANSANG_SESSION_H

#include <uv.h>

#include "agent/poll/poller.h"
#include "agent/poll/walk.h"

struct sessions;
struct session;

struct sessions *sessions_new(uv_loop_t *loop);
/* Every session must be closed before. Frees itself when its handles are closed. */
void sessions_close(struct sessions *set);

/* `spec` is copied, its secrets too. Never fails: what is wrong with it (an unknown algorithm) comes as the answer to each request. */
struct session *session_open(struct sessions *set, const struct gear_spec *spec);
/* A request under way gets no answer any more. */
void session_close(struct session *s);

enum session_command { SESSION_GET, SESSION_GETNEXT, SESSION_GETBULK };

struct session_answer {
	enum reason reason;      /* OK: there is an answer of the device, which may be an error */
	const char *note;        /* words of what was wrong, or NULL */
	long error, error_index; /* SNMP's errstat (0 none, 1 tooBig, 2 noSuchName, 5 genErr ...) */
	struct session *from;    /* session_next reads on there */
	int64_t rtt_us;          /* since it was sent (last) */
	unsigned retries;
};

struct session_request {
	enum session_command command;
	unsigned repetitions; /* of GETBULK */
	const unsigned long *const *oids;
	const size_t *oid_lens;
	size_t count;
	unsigned retries;
	int64_t timeout_ms;
	void (*on_answer)(void *arg, const struct session_answer *a);
	void *arg;
};

/* Of an answer, within on_answer: the next varbind (root and index_at are 0; its type may be an exception, message.h). False: no more, or broken. */
bool session_next(struct session_answer *a, struct varbind *v);
/* What remained could not be read. */
bool session_broken(const struct session_answer *a);

/* The request's arrays are borrowed during the call. on_answer comes later, once, never from within. */
void session_ask(struct session *s, const struct session_request *r);
/* Forgets the request under way. */
void session_cancel(struct session *s);

/* What a walk learnt; zero at first. */
struct session_pace {
	unsigned repetitions;   /* 0: not tried yet */
	unsigned most;          /* repetitions at most; 0: walk.c's own limit */
	unsigned varbinds;      /* of one answer at most */
	unsigned varbinds_most; /* which that may grow to: less after a larger answer did not come */
	unsigned columns;       /* side by side at most; 0: as many as wanted */
	bool bulk;              /* it has answered GETBULK */
	bool getnext;           /* GETBULK is not for this device */
	unsigned walks;         /* since either was learnt: it is doubted after many */
};
struct session_pace *session_pace(struct session *s);
int session_version(const struct session *s);

/* Answers that nobody waited for: late, doubled, of wrong ids; those that could not be parsed. */
void session_strays(const struct session *s, unsigned *late, unsigned *broken);

#endif
