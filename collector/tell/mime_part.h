/*
 * mime_part: the mail of strangers taken apart, within bounds: headers, multiparts, encodings, letters.
 *
 * Tell process. RFC 5322 (headers), 2045 and 2046 (parts and encodings). Everything that is given points into the bytes that
 * were given, or is a buf of the caller. Lines end in LF or CR LF.
 */
#ifndef SANSANG_TELL_MIME_PART_H
#define SANSANG_TELL_MIME_PART_H

#include <stdbool.h>

#include "common/buf.h"

#define MIME_VALUE_MAX 8192 /* of one header, unfolded; the rest of a longer one is left out */
#define MIME_DEPTH_MAX 5
#define MIME_PARTS_MAX 40

/* Text that is borrowed. */
struct span {
	const char *at;
	size_t len;
};

/*
 * The next header; moves the cursor behind it. False at the empty line that ends the headers (which is passed over) or at the end. `value` is unfolded into
 * `out`, which is reset before, NUL-terminated, without control characters.
 */
bool mime_header_next(struct cursor *c, struct span *name, struct buf *out);
bool span_is(struct span s, const char *word); /* in any case */

/* The parameter of "type/sub; name=value; name=\"value\"", without quotes; false, and "", when it is missing or too long. */
bool mime_parameter(const char *value, const char *name, char *out, size_t size);

/* What text there is to read in a mail. */
struct mime_text {
	struct buf text; /* UTF-8, owned; lines end in LF; NUL-terminated when not empty */
	bool html;       /* there was only HTML: these are its tags and letters */
	bool report;     /* multipart/report: a machine's */
};

/* `c` stands at the first header. Free out->text. */
void mime_text_read(struct cursor *c, struct mime_text *out);

#endif
