/*
 * page: what a letter says, as a list of parts, and its two forms: plain text and HTML.
 *
 * Tell process. letter.c fills a page; nothing else knows how it looks. HTML is one narrow table with
 * inline styles (mail programs drop style sheets), no script, no picture but the attached one, no links but those that it was given.
 */
#ifndef SANSANG_TELL_PAGE_H
#define SANSANG_TELL_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum part_kind {
	PART_ROW,
	PART_HEADING,
	PART_ITEM,
	PART_TEXT,
	PART_NOTE,
	PART_PICTURE,
	PART_PRE,     /* lines to copy as they are */
	PART_LINK,    /* a button: `label` is what it says, `text` the address */
	PART_ADDRESS, /* the same as a quiet line */
};

struct part {
	enum part_kind kind;
	char *label; /* of a row; the time of an item; what a link says; or NULL */
	char *text;
};

enum page_mood { MOOD_DOWN, MOOD_WARNING, MOOD_UP };

struct page {
	enum page_mood mood;
	const char *language; /* static */
	char *tag, *title;    /* "MẤT KÊNH", "Xã Pha Long – TSLCD – 07:42" */
	char *summary;
	struct part *parts;
	size_t count;
};

/* Copies. A part without text is left out, so callers need not ask. */
void page_add(struct page *p, enum part_kind kind, const char *label, const char *text);
void page_text(const struct page *p, struct buf *out); /* NUL-terminated */
void page_html(const struct page *p, struct buf *out); /* NUL-terminated */
void page_free(struct page *p);

#endif
