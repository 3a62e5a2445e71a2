/*
 * letters: the letters of strangers' mails, whatever they are coded in, as UTF-8 and as code points.
 *
 * Tell process. Sources: RFC 3629 (UTF-8), windows-1258 and windows-1252 (whatwg.org/encoding indexes).
 */
#ifndef SANSANG_TELL_LETTERS_H
#define SANSANG_TELL_LETTERS_H

#include "common/buf.h"

/* Appends. Unknown charsets are read as UTF-8, bytes that are none of it become U+FFFD. NUL becomes a blank, CR LF and CR become LF. */
void letters_to_utf8(const char *charset, const uint8_t *data, size_t len, struct buf *out);
/* The next code point of NUL-terminated UTF-8, moving *s behind it; 0 at the end, U+FFFD for what is none. */
uint32_t letters_next(const char **s);
/* Appends one as UTF-8. */
void letters_put(struct buf *out, uint32_t point);
/* Appends HTML's text: tags left out, those that begin a line as LF, quotations as lines with '>', entities as letters. */
void letters_of_html(const char *html, struct buf *out);

#endif
