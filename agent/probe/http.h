/*
 * http: does a web service answer as it should, over plain TCP or TLS (options.secure)?
 *
 * One GET, HTTP/1.1, with our name in User-Agent; redirects are followed on the same host (at its address) and to numeric
 * addresses, never from https to http; one to another host is not followed and judged as the answer that it is: by default
 * 200-399 is up. Options.server_name, where given, stands for the target's host in Host, in SNI and against the certificate.
 * A body is read as far as its text is looked for, at most 256 KB; 32 KB when none is asked for: lines are thin.
 *
 * Details are of the last connection (name: of the look-up; first byte: from question to answer), HTTP_TOTAL is all from the
 * look-up to the end, HTTP_BYTES of the last body. connect_us and total_us of the result are the same. Runs in the eyes process.
 */
#ifndef SANSANG_HTTP_H
#define SANSANG_HTTP_H

#include "agent/probe/probe.h"

extern const struct probe_type probe_http;

#endif
