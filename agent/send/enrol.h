/*
 * enrol: who the agent is to the collector: its key, its certificate, the authorities it trusts, and
 * the token that it becomes someone with. Runs in the agent process.
 *
 * Files in <state_dir>: agent.key (EC P-256, 0600, made here), agent.crt, ca.pem (the pinned set).
 * The folder of token_file has to be writable for the agent: the token is removed once it has served.
 * Errors are 0 or -errno, logged here.
 */
#ifndef SANSANG_ENROL_H
#define SANSANG_ENROL_H

#include <stdbool.h>

#include "agent/config.h"
#include "common/buf.h"
#include "common/tls.h"
#include "common/token.h"

struct enrol {
	const struct agent_config *config; /* borrowed */
	char *key_path, *certificate_path, *ca_path;
	uint64_t token_mark; /* of the token that was refused: not tried again; 0 none */
};

void enrol_open(struct enrol *e, const struct agent_config *config);
void enrol_close(struct enrol *e);

/* There is a certificate, its key and a set of authorities. */
bool enrol_done(const struct enrol *e);
/* The token that is to be used now. 0, or -ENOENT: there is none, or it was refused. */
int enrol_token(struct enrol *e, struct token *out);
/* The collector would not have this token: until the file changes it is not tried again. */
void enrol_token_refused(struct enrol *e);
void enrol_token_remove(struct enrol *e);

/* A request for the node, DER; makes the key when there is none. */
int enrol_request(struct enrol *e, struct buf *der);
/* Keeps a certificate (DER) that belongs to our key, with its authorities. -EBADMSG when it does not. */
int enrol_store(struct enrol *e, const uint8_t *der, size_t len, const struct buf *ca, size_t ca_count);
/* Keeps another set of authorities; an empty one, or what it was before, changes nothing. 1 changed, 0 not. */
int enrol_store_authorities(struct enrol *e, const struct buf *ca, size_t ca_count);

/* Contexts for tls.h: with the certificate; to enrol, pinned to the token's fingerprint. */
int enrol_context(const struct enrol *e, struct tls_context **out);
int enrol_pinned_context(const struct token *t, struct tls_context **out);

/* Wall time (the collector's) at which the certificate is to be renewed: two thirds of its life; 0 when there is none. */
int64_t enrol_renew_at_ms(const struct enrol *e);

#endif
