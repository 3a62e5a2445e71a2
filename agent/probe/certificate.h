/*
 * certificate: what a server showed, judged: by whom, for whom, until when, revoked or not.
 *
 * All faults are found, not only the first; `reason` names the one to mend first: revoked, expired, untrusted, for
 * another name, then anything else (REASON_CERTIFICATE). Dates are those of the chain that leads to an authority (or as
 * far as it goes): what a server sends beside it does not matter. Name rules are RFC 6125's as OpenSSL applies
 * them; stapled answers RFC 6960's. Pure but for the store's lookups; eyes process.
 */
#ifndef SANSANG_CERTIFICATE_H
#define SANSANG_CERTIFICATE_H

#include <openssl/x509.h>

#include "agent/probe/probe.h"

enum certificate_stapled { STAPLED_NONE, STAPLED_GOOD, STAPLED_REVOKED, STAPLED_UNUSABLE };

/* All borrowed. */
struct certificate_case {
	X509 *leaf;
	STACK_OF(X509) * sent; /* the leaf too or not; NULL: nothing else */
	X509_STORE *store;     /* its time of checking is set */
	const char *name;      /* a name or an address */
	int64_t wall_ms;
	const uint8_t *stapled; /* an OCSPResponse; NULL: none */
	size_t stapled_len;
};

struct certificate_verdict {
	enum reason reason; /* REASON_OK: nothing is wrong */
	bool trusted;       /* an authority of the store vouches for it, dates aside */
	bool name_ok;
	bool dated;     /* left_s is known */
	int64_t left_s; /* until the first of the chain ends; negative: ended */
	enum certificate_stapled stapled;
	char note[PROBE_NOTE_MAX]; /* "" when there is nothing to say */
};

void certificate_judge(const struct certificate_case *c, struct certificate_verdict *out);

#endif
