#include "collector/web/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/clock.h"
#include "common/memory.h"

#define SESSIONS 512 /* remembered at once, by hash: a clash forgets the older one */
#define ADDRESSES 256
#define FAILURE_WINDOW_MS 60000

struct known {
	char token[136];
	struct session session;
	int64_t until_ms;
};

struct failures {
	char address[64];
	unsigned count;
	int64_t since_ms;
};

struct auth {
	struct channel *core;
	unsigned refs; /* the owner's and one for each question in flight */
	unsigned flushes;
	struct known known[SESSIONS];
	struct failures failures[ADDRESSES];
};

struct question {
	struct auth *auth;
	char token[136];
	unsigned flushes; /* an answer from before a flush is not remembered */
	auth_on_session on_session;
	void *arg;
};

struct auth *auth_new(void)
{
	struct auth *a = mem_alloc(sizeof(*a));

	a->refs = 1;
	return a;
}

static void auth_release(struct auth *a)
{
	if (--a->refs)
		return;
	explicit_bzero(a->known, sizeof(a->known));
	free(a);
}

void auth_free(struct auth *a)
{
	if (a)
		auth_release(a);
}

void auth_set_core(struct auth *a, struct channel *core)
{
	a->core = core;
}

void auth_flush(struct auth *a)
{
	explicit_bzero(a->known, sizeof(a->known));
	a->flushes++;
}

static uint32_t text_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static const struct {
	const char *name;
	enum right right;
} roles[] = {
        {"viewer", RIGHT_VIEWER},
        {"technician", RIGHT_TECHNICIAN},
        {"admin", RIGHT_ADMIN},
};

enum right right_named(const char *role)
{
	for (size_t i = 0; role && i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(role, roles[i].name))
			return roles[i].right;
	return RIGHT_NONE;
}

const char *right_name(enum right right)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (roles[i].right == right)
			return roles[i].name;
	return "none";
}

bool csrf_matches(const char *given, const char *wanted)
{
	size_t n = strlen(wanted);

	return n && strlen(given) == n && CRYPTO_memcmp(given, wanted, n) == 0;
}

static void text_copy(char *out, size_t size, const json_t *from)
{
	const char *text = json_string_value(from);

	snprintf(out, size, "%s", text ? text : "");
}

int session_read(const json_t *json, struct session *out)
{
	*out = (struct session){0};
	if (!json || json_object_get(json, "error"))
		return -EACCES;
	text_copy(out->user, sizeof(out->user), json_object_get(json, "user"));
	text_copy(out->csrf, sizeof(out->csrf), json_object_get(json, "csrf"));
	text_copy(out->language, sizeof(out->language), json_object_get(json, "language"));
	out->role = right_named(json_string_value(json_object_get(json, "role")));
	return out->role && *out->user && *out->csrf ? 0 : -EACCES;
}

static void on_session_reply(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct auth *a = q->auth;
	struct session s;
	json_t *json = NULL;
	int status = -EAGAIN;

	if (payload) {
		json = json_loadb((const char *)payload->data + payload->at, cursor_left(payload), 0, NULL);
		status = session_read(json, &s);
		if (json_integer_value(json_object_get(json, "status")) == 503)
			status = -EAGAIN;
	}
	if (status == 0 && q->flushes == a->flushes) {
		struct known *k = &a->known[text_hash(q->token) % SESSIONS];

		*k = (struct known){.session = s, .until_ms = clock_boot_ms() + AUTH_KEEP_MS};
		memcpy(k->token, q->token, sizeof(k->token));
	}
	q->on_session(status, status ? NULL : &s, q->arg);
	json_decref(json);
	auth_release(a);
	explicit_bzero(q, sizeof(*q));
	free(q);
}

/* Only what core may have made is worth a question. */
static bool token_plausible(const char *token)
{
	size_t n = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=");

	return n >= 16 && n < 136 && !token[n];
}

static void auth_ask(struct auth *a, const char *token, auth_on_session on_session, void *arg)
{
	json_t *json = json_pack("{s:s, s:s}", "act", "session", "session", token);
	char *text = json_dumps(json, JSON_COMPACT);
	struct question *q = mem_alloc(sizeof(*q));

	*q = (struct question){.auth = a, .flushes = a->flushes, .on_session = on_session, .arg = arg};
	snprintf(q->token, sizeof(q->token), "%s", token);
	a->refs++;
	channel_call(a->core, MESSAGE_ACT, text, strlen(text), on_session_reply, q);
	free(text);
	json_decref(json);
}

void auth_check(struct auth *a, const char *token, auth_on_session on_session, void *arg)
{
	struct known *k = &a->known[text_hash(token) % SESSIONS];
	struct session s;

	if (!token_plausible(token)) {
		on_session(-EACCES, NULL, arg);
		return;
	}
	if (k->until_ms > clock_boot_ms() && csrf_matches(token, k->token)) {
		s = k->session; /* the callback may flush */
		on_session(0, &s, arg);
		return;
	}
	if (!a->core)
		on_session(-EAGAIN, NULL, arg);
	else
		auth_ask(a, token, on_session, arg);
}

bool auth_throttled(const struct auth *a, const char *address, int64_t now_ms)
{
	const struct failures *f = &a->failures[text_hash(address) % ADDRESSES];

	return f->count >= AUTH_FAILURES && now_ms - f->since_ms < FAILURE_WINDOW_MS && !strcmp(f->address, address);
}

void auth_count_failure(struct auth *a, const char *address, int64_t now_ms)
{
	struct failures *f = &a->failures[text_hash(address) % ADDRESSES];

	if (strcmp(f->address, address) || now_ms - f->since_ms >= FAILURE_WINDOW_MS) {
		*f = (struct failures){.since_ms = now_ms};
		snprintf(f->address, sizeof(f->address), "%s", address);
	}
	f->count++;
}
