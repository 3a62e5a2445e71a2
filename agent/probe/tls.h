/*
 * tls: does a port speak TLS, with which certificate, and for how long yet?
 *
 * Shakes hands whatever the certificate is worth, then judges it (certificate.h), so that an expired one is reported with its
 * other figures. Up: the handshake succeeded and nothing is wrong with the certificate (options.unverified: whatever is).
 * TLS_VERSION is 10, 11, 12 or 13 for TLS 1.0 to 1.3; TLS_STAPLED an enum certificate_stapled. total_us is
 * connection and handshake. Runs in the eyes process.
 */
#ifndef SANSANG_PROBE_TLS_H
#define SANSANG_PROBE_TLS_H

#include <openssl/ssl.h>

#include "agent/probe/certificate.h"
#include "agent/probe/probe.h"
#include "agent/probe/trust.h"

extern const struct probe_type probe_tls;

/* What the other side of a finished handshake showed, judged as the job says for `name`; REASON_LOCAL: the job's authorities cannot be read. */
void tls_inspect(
        SSL *ssl, const struct probe_job *job, struct trust *trust, const char *name, struct certificate_verdict *out);
/* 10 .. 13, or METRIC_UNKNOWN. */
int64_t tls_version(const SSL *ssl);

#endif
