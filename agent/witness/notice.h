/*
 * notice: what the witness writes: subject and text of its two letters, in Vietnamese or English. Pure. Runs in the witness.
 */
#ifndef SANSANG_WITNESS_NOTICE_H
#define SANSANG_WITNESS_NOTICE_H

#include "agent/witness/watchman.h"
#include "common/buf.h"

struct notice_facts {
	enum watchman_mail mail;
	const char *language;          /* "vi" or "en" */
	const char *node, *site;       /* whose witness this is; site may be "" */
	const char *collector;         /* its address as configured */
	const char *why;               /* why the agent has no connection, as it says; may be "" */
	int64_t lost_at, back_at, now; /* UTC ms */
	bool unsure;
};

/* Both NUL-terminated; times are of the process's zone. */
void notice_subject(const struct notice_facts *f, struct buf *out);
void notice_text(const struct notice_facts *f, struct buf *out);
/* The same text as a page of HTML. */
void notice_html(const char *subject, const char *text, const char *language, struct buf *out);

#endif
