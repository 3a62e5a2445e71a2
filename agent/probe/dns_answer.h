/*
 * dns_answer: what a name server's answer says (RFC 1035 section 4, AAAA: RFC 3596).
 *
 * Addresses are taken from the answer section wherever they stand in a chain of aliases. Names are passed
 * over and never followed, so compression loops are harmless. Pure; runs in the eyes process.
 */
#ifndef SANSANG_DNS_ANSWER_H
#define SANSANG_DNS_ANSWER_H

#include "agent/probe/probe.h"

#define DNS_SHOWN_MAX 4

enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_AAAA = 28 };
enum dns_code { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED };

struct dns_answer {
	unsigned code;
	unsigned records;   /* of the answer section */
	unsigned addresses; /* among them */
	unsigned shown;
	union probe_address show[DNS_SHOWN_MAX]; /* the first addresses, port 0 */
	bool expected;                           /* the address asked after is among them */
};

/* `expect` family 0: nothing is asked after. 0, or -EBADMSG: broken. */
int dns_answer_decode(const uint8_t *data, size_t len, const union probe_address *expect, struct dns_answer *out);
/* "NXDOMAIN"; "code 9" is written into `room`. */
const char *dns_code_name(unsigned code, char room[16]);

#endif
