#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/log.h"
#include "common/memory.h"

#define PASSWORD_SIZE 1025

/* Argon2id takes tens of milliseconds: a worker thread does it. */
struct hashing {
	uv_work_t work;
	struct act *act;
	bool verify, matches, made;
	int status;
	enum user_role role;
	char name[USER_NAME_SIZE], password[PASSWORD_SIZE], hash[USER_HASH_SIZE];
};

static void on_hash(uv_work_t *work)
{
	struct hashing *h = work->data;

	if (h->verify)
		h->matches = password_matches(h->hash, h->password);
	else
		h->status = password_hash(h->password, h->hash);
}

static struct hashing *hashing_of(struct act *act, const char *name, const char *password)
{
	struct hashing *h = mem_alloc(sizeof(*h));

	h->act = act;
	h->work.data = h;
	snprintf(h->name, sizeof(h->name), "%s", name);
	snprintf(h->password, sizeof(h->password), "%s", password);
	return h;
}

static void hashing_free(struct hashing *h)
{
	OPENSSL_cleanse(h, sizeof(*h));
	free(h);
}

/* ---- sessions ---- */

static json_t *session_json(const struct core *core, const struct session_info *s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "user", s->user, "role", role_name(s->role), "csrf", s->csrf,
	        "language", core->config->language == LANGUAGE_EN ? "en" : "vi", "expires_at",
	        (json_int_t)s->expires_at);
}

static void audit_login(struct core *core, const char *act, const char *name, const char *address)
{
	core_journal_act(core,
	        json_pack("{s:s, s:s, s:s, s:s, s:s}", "act", act, "by", name, "target", name, "address", address,
	                "text", ""),
	        NULL, NULL);
}

static void let_in(struct act *act, const char *name, enum user_role role)
{
	struct core *core = act->core;
	char token[SESSION_TOKEN_SIZE];
	struct session_info s;
	int err = session_make(core->db, name, act_text(act, "address"), clock_wall_ms(), token, &s);

	if (err) {
		act_refuse(act, 503, "the session cannot be stored: %s", strerror(-err));
		return;
	}
	s.role = role;
	audit_login(core, "login", name, act_text(act, "address"));
	json_t *answer = session_json(core, &s);
	json_object_set_new(answer, "session", json_string(token));
	OPENSSL_cleanse(token, sizeof(token));
	act_answer(act, answer);
}

static void after_login(uv_work_t *work, int status)
{
	struct hashing *h = work->data;
	struct act *act = h->act;
	struct core *core = act->core;

	(void)status;
	if (h->matches && h->role != ROLE_NONE) {
		let_in(act, h->name, h->role);
	} else {
		login_failed(core->failures, h->name, act_text(act, "address"), clock_boot_ms());
		audit_login(core, "login-refused", h->name, act_text(act, "address"));
		act_refuse(act, 401, "name or password is wrong");
	}
	hashing_free(h);
}

void act_login(struct act *act)
{
	const char *name = act_text(act, "name"), *password = act_text(act, "password");
	struct core *core = act->core;

	if (!user_name_valid(name) || !*password || strlen(password) >= PASSWORD_SIZE) {
		act_refuse(act, 401, "name or password is wrong");
		return;
	}
	if (!login_allowed(core->failures, name, act_text(act, "address"), clock_boot_ms())) {
		act_refuse(act, 429, "too many failed logins, wait a minute");
		return;
	}
	struct hashing *h = hashing_of(act, name, password);
	h->verify = true;
	user_get(core->db, name, &h->role, h->hash); /* an unknown name takes as long */
	uv_queue_work(&core->loop, &h->work, on_hash, after_login);
}

void act_session(struct act *act)
{
	act_answer(act, session_json(act->core, &act->session));
}

void act_logout(struct act *act)
{
	session_end(act->core->db, act_text(act, "session"));
	act_answer(act, NULL);
}

/* ---- users ---- */

static void after_user_hash(uv_work_t *work, int status)
{
	struct hashing *h = work->data;
	struct act *act = h->act;

	(void)status;
	int err = h->status ? h->status : user_put(act->core->db, h->name, h->role, h->hash, clock_wall_ms());
	if (err) {
		act_refuse(act, 503, "the user cannot be stored: %s", strerror(-err));
		hashing_free(h);
		return;
	}
	json_t *answer = json_pack("{s:s, s:s}", "name", h->name, "role", role_name(h->role));
	if (h->made)
		json_object_set_new(answer, "password", json_string(h->password));
	act_record(act, "user", h->name, role_name(h->role), answer);
	hashing_free(h);
}

void act_user_add(struct act *act)
{
	const char *name = act_text(act, "name"), *password = act_text(act, "password");
	enum user_role role = role_named(act_text(act, "role"));
	char made[17];

	if (!user_name_valid(name)) {
		act_refuse(act, 400, "name: 1 to 63 letters, digits, '.', '_', '-' or '@' expected");
		return;
	}
	if (role == ROLE_NONE) {
		act_refuse(act, 400, "role: viewer, technician or admin expected");
		return;
	}
	if (*password && (strlen(password) < USER_PASSWORD_MIN || strlen(password) >= PASSWORD_SIZE)) {
		act_refuse(act, 400, "password: at least %d bytes expected", USER_PASSWORD_MIN);
		return;
	}
	password_make(made);
	struct hashing *h = hashing_of(act, name, *password ? password : made);
	OPENSSL_cleanse(made, sizeof(made));
	h->made = !*password;
	h->role = role;
	uv_queue_work(&act->core->loop, &h->work, on_hash, after_user_hash);
}
