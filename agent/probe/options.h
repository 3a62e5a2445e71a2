/*
 * options: what a check asks beyond its target; every kind of probe takes from it what it knows.
 *
 * Texts are NULL when not given and then mean the kind's default; they are owned by the struct. Pure; either process.
 */
#ifndef SANSANG_OPTIONS_H
#define SANSANG_OPTIONS_H

#include <stdbool.h>

struct probe_options {
	char *path;        /* http: what is asked for, with its query; "/" */
	bool secure;       /* http: over TLS */
	char *server_name; /* tls, https: name that is sent (SNI) and that the certificate must bear; the target's host */
	char *ca_pem;      /* tls, https: the authorities to trust instead of the system's */
	bool unverified; /* tls, https: a certificate that nobody vouches for is reported, not held against the service */
	char *status;    /* http: "200-399", "200,204,301-308" */
	char *header;    /* http: "Name: text", the header must hold the text */
	char *body;      /* http: text that the first bytes of the body must hold */
	int redirects;   /* http: followed at most; negative: 5 */
	char *dns_name;   /* dns: the name that is asked for */
	char *dns_expect; /* dns: an address that must be in the answer */
	int count;        /* icmp: echoes of a run; 0: 5 */
	int train;        /* icmp: so many at once, the next as many an eighth of the time-out later; 0: not so */
	int more;         /* icmp: further echoes when none of these came: is it down, or was it a burst of loss? */
};

struct probe_options probe_options_none(void);
/* Gives a copy that owns its texts. */
struct probe_options probe_options_copy(const struct probe_options *o);
void probe_options_free(struct probe_options *o);
bool probe_options_equal(const struct probe_options *a, const struct probe_options *b);

#endif
