#include "agent/probe/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/probe/note.h"

#define NAME_MAX_BYTES 80
#define SOON_S (21 * 86400)
#define OCSP_SLACK_S 300 /* clocks of responders */
#define NAMES_SHOWN 2

/* What verification found; each kind of fault once, at the first certificate that has it. */
struct findings {
	X509 *ended, *early, *unknown;
	int other; /* X509_V_ERR_... */
	X509 *other_at;
};

/* ---- words ---- */

static void date_text(const ASN1_TIME *t, char out[16])
{
	struct tm tm = {0};

	if (!ASN1_TIME_to_tm(t, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
		snprintf(out, 16, "an unknown day");
}

static bool entry_text(const X509_NAME *n, int nid, char *out)
{
	int at = X509_NAME_get_index_by_NID((X509_NAME *)n, nid, -1);
	unsigned char *utf8 = NULL;
	int len;

	if (at < 0)
		return false;
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	if (len <= 0)
		return false;
	note_clean(utf8, (size_t)len, out, NAME_MAX_BYTES);
	OPENSSL_free(utf8);
	return true;
}

/* An authority's or owner's name as people know it. */
static void party_text(const X509_NAME *n, char out[NAME_MAX_BYTES])
{
	if (!entry_text(n, NID_commonName, out) && !entry_text(n, NID_organizationName, out))
		snprintf(out, NAME_MAX_BYTES, "somebody without a name");
}

static bool alternative_text(const GENERAL_NAME *g, char out[NAME_MAX_BYTES])
{
	const ASN1_STRING *s = g->type == GEN_IPADD ? g->d.iPAddress : g->type == GEN_DNS ? g->d.dNSName : NULL;
	int family = s && ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6;

	if (!s)
		return false;
	if (g->type == GEN_DNS)
		note_clean(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s), out, NAME_MAX_BYTES);
	else if (family == AF_INET || ASN1_STRING_length(s) == 16)
		inet_ntop(family, ASN1_STRING_get0_data(s), out, NAME_MAX_BYTES);
	else
		snprintf(out, NAME_MAX_BYTES, "an address of %d bytes", ASN1_STRING_length(s));
	return true;
}

/* Whom it was made out to: "a.example, b.example and 3 more". */
static void names_text(X509 *leaf, char out[PROBE_NOTE_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int shown = 0, count = names ? sk_GENERAL_NAME_num(names) : 0;
	char one[NAME_MAX_BYTES];
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < count && shown < NAMES_SHOWN && at < PROBE_NOTE_MAX; i++)
		if (alternative_text(sk_GENERAL_NAME_value(names, i), one)) {
			at += (size_t)snprintf(out + at, PROBE_NOTE_MAX - at, "%s%s", shown ? ", " : "", one);
			shown++;
		}
	if (!shown && !entry_text(X509_get_subject_name(leaf), NID_commonName, out))
		snprintf(out, PROBE_NOTE_MAX, "nobody in particular");
	else if (shown && count > shown && at < PROBE_NOTE_MAX)
		snprintf(out + at, PROBE_NOTE_MAX - at, " and %d more", count - shown);
	GENERAL_NAMES_free(names);
}

/* ---- the chain ---- */

static int on_fault(int ok, X509_STORE_CTX *ctx)
{
	struct findings *f = X509_STORE_CTX_get_app_data(ctx);
	X509 *at = X509_STORE_CTX_get_current_cert(ctx), **slot;
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return 1;
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		slot = &f->ended;
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		slot = &f->early;
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		slot = &f->unknown;
		break;
	default:
		f->other = f->other ? f->other : error;
		slot = &f->other_at;
	}
	if (!*slot)
		*slot = at;
	return 1; /* go on: all faults are wanted */
}

/* The first end among the chain's certificates. */
static void find_end(STACK_OF(X509) * chain, int64_t wall_ms, struct certificate_verdict *out)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(wall_ms / 1000));

	for (int i = 0; now && i < sk_X509_num(chain); i++) {
		int days, seconds;

		if (!ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(sk_X509_value(chain, i))))
			continue;
		int64_t left_s = (int64_t)days * 86400 + seconds;
		if (!out->dated || left_s < out->left_s)
			out->left_s = left_s;
		out->dated = true;
	}
	ASN1_TIME_free(now);
}

static void note_findings(const struct findings *f, X509 *leaf, char *note)
{
	char who[NAME_MAX_BYTES], day[16];

	if (f->ended) {
		party_text(X509_get_subject_name(f->ended), who);
		date_text(X509_get0_notAfter(f->ended), day);
		note_add(note, "%s of %s ended %s", f->ended == leaf ? "certificate" : "authority's certificate", who,
		        day);
	}
	if (f->early) {
		party_text(X509_get_subject_name(f->early), who);
		date_text(X509_get0_notBefore(f->early), day);
		note_add(note, "certificate of %s is not valid before %s", who, day);
	}
	if (f->unknown) {
		bool itself = !X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf));

		party_text(X509_get_issuer_name(f->unknown), who);
		note_add(note, itself ? "signed by itself, %s" : "nobody we trust vouches for the issuer, %s", who);
	}
	if (f->other)
		note_add(note, "%s", X509_verify_cert_error_string(f->other));
}

static enum reason reason_of(const struct findings *f, const struct certificate_verdict *v)
{
	if (v->stapled == STAPLED_REVOKED)
		return REASON_REVOKED;
	if (f->ended || f->early)
		return REASON_EXPIRED;
	if (f->unknown)
		return REASON_UNTRUSTED;
	if (!v->name_ok)
		return REASON_NAME_MISMATCH;
	return f->other ? REASON_CERTIFICATE : REASON_OK;
}

/* ---- the name ---- */

static bool has_alternatives(X509 *leaf)
{
	return X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) >= 0;
}

static void judge_name(const struct certificate_case *c, struct certificate_verdict *v)
{
	char names[PROBE_NOTE_MAX];
	union probe_address a;

	if (!probe_address_parse(c->name, 0, &a))
		v->name_ok = X509_check_ip_asc(c->leaf, c->name, 0) == 1;
	else
		v->name_ok = X509_check_host(c->leaf, c->name, 0, 0, NULL) == 1;
	if (!v->name_ok) {
		names_text(c->leaf, names);
		note_add(v->note, "certificate is for %s, not for %s", names, c->name);
	} else if (!has_alternatives(c->leaf)) {
		note_add(v->note, "certificate has its name in the common name only: browsers refuse it");
	}
}

/* ---- stapled ---- */

static bool status_timely(ASN1_GENERALIZEDTIME *from, ASN1_GENERALIZEDTIME *until, int64_t wall_ms)
{
	time_t now = (time_t)(wall_ms / 1000);

	return from && ASN1_TIME_cmp_time_t(from, now + OCSP_SLACK_S) <= 0 &&
	       (!until || ASN1_TIME_cmp_time_t(until, now - OCSP_SLACK_S) >= 0);
}

static enum certificate_stapled read_status(
        OCSP_BASICRESP *basic, X509 *leaf, STACK_OF(X509) * chain, const struct certificate_case *c)
{
	X509 *issuer = sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : NULL;
	OCSP_CERTID *id = issuer ? OCSP_cert_to_id(NULL, leaf, issuer) : NULL;
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	enum certificate_stapled stapled = STAPLED_UNUSABLE;
	int status = V_OCSP_CERTSTATUS_UNKNOWN;

	if (id && OCSP_basic_verify(basic, chain, c->store, 0) == 1 &&
	        OCSP_resp_find_status(basic, id, &status, NULL, NULL, &from, &until) == 1 &&
	        status_timely(from, until, c->wall_ms))
		stapled = status == V_OCSP_CERTSTATUS_GOOD      ? STAPLED_GOOD
		          : status == V_OCSP_CERTSTATUS_REVOKED ? STAPLED_REVOKED
		                                                : STAPLED_UNUSABLE;
	OCSP_CERTID_free(id);
	return stapled;
}

static enum certificate_stapled judge_stapled(const struct certificate_case *c, STACK_OF(X509) * chain)
{
	const uint8_t *at = c->stapled;
	enum certificate_stapled stapled = STAPLED_UNUSABLE;
	OCSP_RESPONSE *response;
	OCSP_BASICRESP *basic = NULL;

	if (!c->stapled || !c->stapled_len)
		return STAPLED_NONE;
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)c->stapled_len);
	if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic)
		stapled = read_status(basic, c->leaf, chain, c);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return stapled;
}

/* ---- the verdict ---- */

static void note_rest(const struct certificate_verdict *v, char *note)
{
	if (v->stapled == STAPLED_REVOKED)
		note_add(note, "its authority has revoked it");
	if (v->stapled == STAPLED_UNUSABLE)
		note_add(note, "what it staples about its revocation cannot be used");
	if (v->dated && v->left_s >= 0 && v->left_s < SOON_S)
		note_add(note, v->left_s < 86400 ? "certificate ends within a day" : "certificate ends in %lld days",
		        (long long)(v->left_s / 86400));
}

static void judge_chain(X509_STORE_CTX *ctx, const struct certificate_case *c, struct certificate_verdict *v)
{
	struct findings f = {0};
	STACK_OF(X509) * chain;
	int verified;

	X509_STORE_CTX_set_default(ctx, "ssl_server");
	X509_STORE_CTX_set_app_data(ctx, &f);
	X509_STORE_CTX_set_verify_cb(ctx, on_fault);
	verified = X509_verify_cert(ctx);
	if (verified <= 0 && !f.unknown && !f.other)
		f.other = X509_STORE_CTX_get_error(ctx) ? X509_STORE_CTX_get_error(ctx) : X509_V_ERR_UNSPECIFIED;
	chain = X509_STORE_CTX_get0_chain(ctx);
	v->trusted = !f.unknown && !f.other;
	if (chain)
		find_end(chain, c->wall_ms, v);
	v->stapled = judge_stapled(c, chain);
	note_findings(&f, c->leaf, v->note);
	judge_name(c, v);
	note_rest(v, v->note);
	v->reason = reason_of(&f, v);
}

void certificate_judge(const struct certificate_case *c, struct certificate_verdict *out)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	*out = (struct certificate_verdict){.reason = REASON_CERTIFICATE};
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(c->store), (time_t)(c->wall_ms / 1000));
	if (ctx && X509_STORE_CTX_init(ctx, c->store, c->leaf, c->sent) == 1)
		judge_chain(ctx, c, out);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
}
