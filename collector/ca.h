/*
 * ca: the collector's certificate authority. Core runs it, and only core: it is the one signer.
 *
 * `dir` (<state_dir>/ca, 0700) holds for each authority NAME.crt and NAME.key (0600), NAME
 * being the UTC second of its making, so the last name is the newest. The newest signs, all are trusted: a
 * roll-over is ca_roll(), then new server certificates and a new export, and much later the removal
 * of the old files. A new authority is also signed by the one before it (NAME.cross), so that an agent
 * which knows only the old one finds its way to the new.
 * EC P-256, SHA-256. Authorities live 10 years, server certificates 1 year, agents' 90 days.
 * Errors are 0 or -errno, logged here.
 */
#ifndef SANSANG_CA_H
#define SANSANG_CA_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define CA_SERIAL_SIZE 41 /* lower-case hex with its NUL */
#define CA_FINGERPRINT_BYTES 32
#define CA_AGENT_DAYS 90

struct ca;

/* Opens the authority; makes the folder and a first authority where there is none, and another when the newest has less than two years left. `province` goes into its name. */
int ca_open(struct ca **out, const char *dir, const char *province);
void ca_close(struct ca *ca);

/*
 * Signs an agent's request (DER, PKCS#10): CN=node, clientAuth only, 90 days. Only the public key is
 * taken from it, after its self-signature was checked. Appends the certificate (DER) to `out`.
 * -EBADMSG: not a request, wrong signature, or a key other than EC P-256.
 */
int ca_sign_agent(
        struct ca *ca, const uint8_t *csr, size_t len, const char *node, struct buf *out, char serial[CA_SERIAL_SIZE]);

/*
 * Sees to it that cert_file (PEM: certificate, then the authorities) and key_file (PEM, 0600) hold a server
 * certificate (serverAuth only) for `names` (DNS names and IP addresses), and writes them anew when they are
 * missing, name others, are not signed by the newest authority or have less than 60 days left.
 * 1: written anew, 0: still good, else -errno.
 */
int ca_issue_server(struct ca *ca, const char *const *names, size_t count, const char *cert_file, const char *key_file);

/* The trusted set, newest first, as PEM into `file` (0644, replaced as a whole): what intake trusts. Core writes <state_dir>/tls/ca.pem. */
int ca_export(const struct ca *ca, const char *file);

/* The trusted set, newest first, DER; borrowed until ca_roll or ca_close. Gives their number. */
size_t ca_certificates(const struct ca *ca, const struct buf **out);

/* SHA-256 of the newest authority's DER: what a token pins. */
void ca_fingerprint(const struct ca *ca, uint8_t out[CA_FINGERPRINT_BYTES]);

/* Makes a new authority, which signs from now on. */
int ca_roll(struct ca *ca);

#endif
