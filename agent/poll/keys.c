#include "agent/poll/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "common/memory.h"

#define SECRET_LEAST 8 /* RFC 3414 11.2 */

struct key {
	struct key *next;
	int auth;
	char secret[128];
	uint8_t ku[USM_AUTH_KU_LEN];
	size_t ku_len;
};

struct keys {
	struct key *first;
};

struct algorithm {
	const char *name;
	int type;
};

static const struct algorithm auths[] = {{"MD5", NETSNMP_USMAUTH_HMACMD5}, {"SHA", NETSNMP_USMAUTH_HMACSHA1},
        {"SHA1", NETSNMP_USMAUTH_HMACSHA1}, {"SHA224", NETSNMP_USMAUTH_HMAC128SHA224},
        {"SHA256", NETSNMP_USMAUTH_HMAC192SHA256}, {"SHA384", NETSNMP_USMAUTH_HMAC256SHA384},
        {"SHA512", NETSNMP_USMAUTH_HMAC384SHA512}, {NULL, 0}};
static const struct algorithm privacies[] = {{"DES", USM_CREATE_USER_PRIV_DES}, {"AES", USM_CREATE_USER_PRIV_AES},
        {"AES128", USM_CREATE_USER_PRIV_AES}, {"AES192", USM_CREATE_USER_PRIV_AES192},
        {"AES256", USM_CREATE_USER_PRIV_AES256}, {"AES192C", USM_CREATE_USER_PRIV_AES192_CISCO},
        {"AES256C", USM_CREATE_USER_PRIV_AES256_CISCO}, {NULL, 0}};

/* "SHA-256" and "sha256" are the same; -1 unknown. */
static int type_of(const struct algorithm *table, const char *name)
{
	char plain[16] = "";
	size_t len = 0;

	for (const char *p = name; *p && len < sizeof(plain) - 1; p++)
		if (*p != '-' && *p != '_')
			plain[len++] = *p;
	for (; table->name; table++)
		if (!strcasecmp(table->name, plain))
			return table->type;
	return -1;
}

const char *keys_refuse(const struct gear_spec *spec)
{
	if (spec->version == 1 || spec->version == 2)
		return NULL;
	if (spec->version != 3)
		return "unknown SNMP version";
	if (!spec->user[0])
		return "no user";
	if (spec->auth[0] && type_of(auths, spec->auth) < 0)
		return "unknown authentication algorithm";
	if (spec->privacy[0] && type_of(privacies, spec->privacy) < 0)
		return "unknown privacy algorithm";
	if (spec->privacy[0] && !spec->auth[0])
		return "privacy needs authentication";
	if ((spec->auth[0] && strlen(spec->auth_secret) < SECRET_LEAST) ||
	        (spec->privacy[0] && strlen(spec->privacy_secret) < SECRET_LEAST))
		return "a password is shorter than 8 letters";
	return NULL;
}

int keys_level(const struct gear_spec *spec)
{
	return spec->privacy[0] ? SNMP_SEC_LEVEL_AUTHPRIV
	       : spec->auth[0]  ? SNMP_SEC_LEVEL_AUTHNOPRIV
	                        : SNMP_SEC_LEVEL_NOAUTH;
}

struct keys *keys_new(void)
{
	return mem_alloc(sizeof(struct keys));
}

void keys_free(struct keys *k)
{
	while (k && k->first) {
		struct key *next = k->first->next;

		explicit_bzero(k->first, sizeof(*k->first));
		free(k->first);
		k->first = next;
	}
	free(k);
}

/* The key of a password under an authentication's hash; NULL when it cannot be made. */
static const struct key *key_of(struct keys *k, int auth, const char *secret)
{
	struct key *key;
	size_t oid_len;
	oid *algorithm = sc_get_auth_oid(auth, &oid_len);

	for (key = k->first; key; key = key->next)
		if (key->auth == auth && !strcmp(key->secret, secret))
			return key;
	key = mem_alloc(sizeof(*key));
	key->ku_len = sizeof(key->ku);
	if (!algorithm ||
	        generate_Ku(algorithm, (u_int)oid_len, (const u_char *)secret, strlen(secret), key->ku, &key->ku_len)) {
		free(key);
		return NULL;
	}
	key->auth = auth;
	memcpy(key->secret, secret, strlen(secret) + 1);
	key->next = k->first;
	k->first = key;
	return key;
}

int keys_apply(struct keys *k, const struct gear_spec *spec, struct snmp_session *out)
{
	int auth = type_of(auths, spec->auth), privacy = type_of(privacies, spec->privacy);
	const struct key *key;

	out->version = SNMP_VERSION_3;
	out->securityModel = USM_SEC_MODEL_NUMBER;
	out->securityLevel = keys_level(spec);
	out->securityName = (char *)(uintptr_t)spec->user;
	out->securityNameLen = strlen(spec->user);
	if (spec->auth[0]) {
		key = key_of(k, auth, spec->auth_secret);
		if (!key)
			return -EINVAL;
		out->securityAuthProto = sc_get_auth_oid(auth, &out->securityAuthProtoLen);
		memcpy(out->securityAuthKey, key->ku, key->ku_len);
		out->securityAuthKeyLen = key->ku_len;
	}
	if (spec->privacy[0]) {
		key = key_of(k, auth, spec->privacy_secret);
		out->securityPrivProto = sc_get_priv_oid(privacy, &out->securityPrivProtoLen);
		if (!key || !out->securityPrivProto)
			return -EINVAL;
		memcpy(out->securityPrivKey, key->ku, key->ku_len);
		out->securityPrivKeyLen = key->ku_len;
	}
	return 0;
}

int keys_teach(struct keys *k, const struct gear_spec *spec, const uint8_t *engine, size_t engine_len)
{
	struct usmUser *known = usm_get_user(engine, engine_len, spec->user);
	netsnmp_session s;
	int status;

	if (known) {
		usm_remove_user(known);
		usm_free_user(known);
	}
	memset(&s, 0, sizeof(s));
	status = keys_apply(k, spec, &s);
	s.securityEngineID = (u_char *)(uintptr_t)engine;
	s.securityEngineIDLen = engine_len;
	if (!status && usm_create_user_from_session(&s) != SNMPERR_SUCCESS)
		status = -EINVAL;
	/* it may have filled in defaults of its own */
	free(s.securityAuthLocalKey);
	free(s.securityPrivLocalKey);
	explicit_bzero(&s, sizeof(s));
	return status;
}
