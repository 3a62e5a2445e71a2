#include <errno.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/message.h"
#include "collector/tokens.h"
#include "common/log.h"
#include "common/memory.h"

#define CSR_MAX 8192

struct enrolment {
	char node[64], address[64], software[64], renewing[CA_SERIAL_SIZE];
	const uint8_t *secret, *csr;
	size_t secret_len, csr_len;
	bool again; /* the token has enrolled this key before */
	char serial[CA_SERIAL_SIZE];
	struct buf certificate;
	const char *why; /* it was refused */
};

/* The answer is held back until the audit is on disk. */
struct enrol_answer {
	struct core_answer *answer;
	struct buf reply;
};

static int enrolment_read(struct enrolment *e, struct cursor *c)
{
	cursor_str(c, e->node, sizeof(e->node));
	e->secret = cursor_blob(c, &e->secret_len);
	e->csr = cursor_blob(c, &e->csr_len);
	cursor_str(c, e->address, sizeof(e->address));
	cursor_str(c, e->software, sizeof(e->software));
	cursor_str(c, e->renewing, sizeof(e->renewing));
	if (c->failed || e->csr_len > CSR_MAX) {
		e->why = "the request is broken";
		return -EBADMSG;
	}
	return 0;
}

/* SHA-256 of the public key; that whoever asks has the private one is proved when it is signed. */
static int key_hash(const struct enrolment *e, uint8_t hash[TOKEN_KEY_BYTES])
{
	const unsigned char *at = e->csr;
	X509_REQ *r = d2i_X509_REQ(NULL, &at, (long)e->csr_len);
	unsigned char *der = NULL;
	int len = r ? i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(r), &der) : -1;

	if (len > 0)
		SHA256(der, (size_t)len, hash);
	ERR_clear_error();
	OPENSSL_free(der);
	X509_REQ_free(r);
	return len > 0 ? 0 : -EBADMSG;
}

static int allow(struct core *core, struct enrolment *e)
{
	const struct node *n = core->inventory ? inventory_node(core->inventory, e->node) : NULL;

	if (!n || n->kind != NODE_SERVER) {
		e->why = n ? "the node is no server: only servers have an agent" : "the node is not in the inventory";
		return -EACCES;
	}
	if (*e->renewing)
		return serial_check(core->db, e->node, e->renewing, &e->why);
	uint8_t key[TOKEN_KEY_BYTES];
	e->why = "the certificate request cannot be used";
	int status = key_hash(e, key);
	if (!status)
		status = token_use(
		        core->db, e->node, e->secret, e->secret_len, key, e->address, clock_wall_ms(), &e->why);
	e->again = status == 1;
	return e->again ? 0 : status;
}

static int sign(struct core *core, struct enrolment *e)
{
	int64_t now_ms = clock_wall_ms();
	int err = ca_sign_agent(core->ca, e->csr, e->csr_len, e->node, &e->certificate, e->serial);

	if (!err && *e->renewing)
		err = serial_renewed(core->db, e->node, e->serial, now_ms);
	else if (!err)
		err = serial_enrolled(core->db, e->node, e->serial, now_ms);
	if (!err)
		return 0;
	e->why = err == -EBADMSG ? "the certificate request cannot be used" : "the collector could not sign";
	if (!*e->renewing && !e->again)
		token_restore(core->db, e->secret, e->secret_len);
	return err;
}

static void put_reply(struct core *core, const struct enrolment *e, int status, struct buf *b)
{
	const struct buf *ca;
	size_t count = status ? 0 : ca_certificates(core->ca, &ca);

	buf_put_svarint(b, status);
	buf_put_str(b, status ? e->why : "");
	buf_put_blob(b, status ? NULL : e->certificate.data, status ? 0 : e->certificate.len);
	buf_put_varint(b, count);
	for (size_t i = 0; i < count; i++)
		buf_put_blob(b, ca[i].data, ca[i].len);
}

static void on_audited(int status, int64_t record_id, void *arg)
{
	struct enrol_answer *w = arg;
	uint32_t id = w->answer->id;
	struct core *core = w->answer->link->core;
	struct core_link *l = core_answer_take(w->answer);

	(void)record_id;
	if (status) {
		struct enrolment e = {.why = "the collector has no room to record this; try again later"};
		buf_reset(&w->reply);
		put_reply(core, &e, status, &w->reply);
	}
	if (l)
		channel_reply(l->channel, MESSAGE_ENROL, id, w->reply.data, w->reply.len);
	core_wake(core);
	buf_free(&w->reply);
	free(w);
}

void core_on_enrol(struct core_link *l, uint32_t id, struct cursor *c)
{
	struct core *core = l->core;
	struct enrolment e = {0};
	struct enrol_answer *w = mem_alloc(sizeof(*w));
	int status = enrolment_read(&e, c);

	if (!status)
		status = allow(core, &e);
	if (!status)
		status = sign(core, &e);
	const char *act = status ? "enrol-refused" : *e.renewing ? "renew" : "enrol";
	if (status)
		log_warn("%s from %s was refused: %s", e.node, e.address, e.why);
	else
		log_info("%s: certificate %s for %s", act, e.serial, e.node);
	w->answer = core_answer_later(l, MESSAGE_ENROL, id);
	put_reply(core, &e, status, &w->reply);
	char by[80];
	snprintf(by, sizeof(by), "node:%s", e.node);
	core_journal_act(core,
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "act", act, "by", by, "target", e.node, "text",
	                status ? e.why : "", "address", e.address, "software", e.software, "serial", e.serial),
	        on_audited, w);
	buf_free(&e.certificate);
}
