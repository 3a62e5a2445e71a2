#include "collector/tell/letters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REPLACEMENT 0xfffd

void letters_put(struct buf *out, uint32_t point)
{
	if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		point = REPLACEMENT;
	if (point < 0x80) {
		buf_put_u8(out, (uint8_t)point);
		return;
	}
	if (point < 0x800) {
		buf_put_u8(out, (uint8_t)(0xc0 | point >> 6));
	} else {
		if (point < 0x10000) {
			buf_put_u8(out, (uint8_t)(0xe0 | point >> 12));
		} else {
			buf_put_u8(out, (uint8_t)(0xf0 | point >> 18));
			buf_put_u8(out, (uint8_t)(0x80 | (point >> 12 & 63)));
		}
		buf_put_u8(out, (uint8_t)(0x80 | (point >> 6 & 63)));
	}
	buf_put_u8(out, (uint8_t)(0x80 | (point & 63)));
}

/* The bytes of the code point that begins at c, or 0: none does. */
static unsigned utf8_length(const uint8_t *p, size_t left, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = p[0] < 0x80                   ? 1
	             : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	             : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
	             : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
	                                           : 0;
	uint32_t v = n == 1 ? p[0] : n ? p[0] & (0x7fu >> n) : 0;

	if (!n || n > left)
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3fu);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*point = v;
	return n;
}

/* ---- charsets ---- */

/* Where windows-1258 differs from Latin-1 above 0xa0. Its accents stand behind their letter. */
static const struct {
	uint8_t byte;
	uint16_t point;
} vietnamese[] = {{0xc3, 0x102}, {0xcc, 0x300}, {0xd0, 0x110}, {0xd2, 0x309}, {0xd5, 0x1a0}, {0xdd, 0x1af},
        {0xde, 0x303}, {0xe3, 0x103}, {0xec, 0x301}, {0xf0, 0x111}, {0xf2, 0x323}, {0xf5, 0x1a1}, {0xfd, 0x1b0},
        {0xfe, 0x20ab}};

/* The windows sets from 0x80: signs, of which a reply needs the quotation marks and dashes. */
static const uint16_t signs[32] = {[0x05] = 0x2026,
        [0x11] = 0x2018,
        [0x12] = 0x2019,
        [0x13] = 0x201c,
        [0x14] = 0x201d,
        [0x15] = 0x2022,
        [0x16] = 0x2013,
        [0x17] = 0x2014};

static uint32_t single_point(uint8_t byte, bool is_vietnamese)
{
	if (byte >= 0x80 && byte < 0xa0)
		return signs[byte - 0x80] ? signs[byte - 0x80] : REPLACEMENT;
	for (size_t i = 0; is_vietnamese && i < sizeof(vietnamese) / sizeof(*vietnamese); i++)
		if (vietnamese[i].byte == byte)
			return vietnamese[i].point;
	return byte;
}

/* 0 UTF-8, 1 one byte a letter, 2 the same, Vietnamese. */
static int charset_kind(const char *charset)
{
	static const char *const single[] = {"iso-8859-1", "iso-8859-15", "windows-1252", "cp1252", "latin1"};

	if (!strcasecmp(charset, "windows-1258") || !strcasecmp(charset, "cp1258"))
		return 2;
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (!strcasecmp(charset, single[i]))
			return 1;
	return 0;
}

void letters_to_utf8(const char *charset, const uint8_t *data, size_t len, struct buf *out)
{
	int kind = charset_kind(charset);
	uint32_t point;

	for (size_t i = 0; i < len;) {
		unsigned n = kind ? 1 : utf8_length(data + i, len - i, &point);

		if (kind)
			point = single_point(data[i], kind == 2);
		else if (!n)
			point = REPLACEMENT;
		i += n ? n : 1;
		if (point == '\r') {
			point = '\n';
			i += i < len && data[i] == '\n';
		}
		letters_put(out, point ? point : ' ');
	}
}

uint32_t letters_next(const char **s)
{
	uint32_t point = 0;
	size_t left = strnlen(*s, 4);
	unsigned n;

	if (!left)
		return 0;
	n = utf8_length((const uint8_t *)*s, left, &point);
	*s += n ? n : 1;
	return n ? point : REPLACEMENT;
}

/* ---- HTML ---- */

static const struct {
	const char *name;
	uint32_t point;
} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"acirc", 0xe2},
        {"Acirc", 0xc2}};

/* What stands at "&...;"; moves behind it. Not one: the '&' itself. */
static uint32_t entity_next(const char **s)
{
	const char *p = *s + 1;
	size_t n = strcspn(p, ";& <\n");
	char *end;

	(*s)++;
	if (p[n] != ';' || n > 10 || !n)
		return '&';
	if (*p == '#') {
		bool hex = p[1] == 'x' || p[1] == 'X';
		unsigned long v = strtoul(p + 1 + hex, &end, hex ? 16 : 10);

		if (end != p + n || !v || v > 0x10ffff)
			return '&';
		*s = p + n + 1;
		return (uint32_t)v;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
		if (strlen(entities[i].name) == n && !strncmp(entities[i].name, p, n)) {
			*s = p + n + 1;
			return entities[i].point;
		}
	return '&';
}

static bool tag_is(const char *tag, const char *name)
{
	size_t n = strlen(name);

	return !strncasecmp(tag, name, n) && (!tag[n] || strchr(" \t\r\n/>", tag[n]));
}

/* Behind the end of an element whose text is none; the end when it has none. */
static const char *element_skip(const char *s, const char *name)
{
	for (const char *p = s; (p = strstr(p, "</")); p += 2)
		if (tag_is(p + 2, name))
			return p;
	return s + strlen(s);
}

void letters_of_html(const char *html, struct buf *out)
{
	static const char *const breaks[] = {"br", "p", "div", "tr", "li", "table", "/p", "/div", "/tr", "/li"};
	static const char *const silent[] = {"style", "script", "head", "title"};
	const char *s = html;

	while (*s) {
		if (*s == '&') {
			letters_put(out, entity_next(&s));
			continue;
		}
		if (*s != '<') {
			buf_put_u8(out, *s == '\n' ? ' ' : (uint8_t)*s);
			s++;
			continue;
		}
		const char *tag = s + 1;
		/* all that is quoted comes last in a reply */
		if (tag_is(tag, "blockquote"))
			buf_printf(out, "\n> ");
		for (size_t i = 0; i < sizeof(breaks) / sizeof(*breaks); i++)
			if (tag_is(tag, breaks[i]))
				buf_put_u8(out, '\n');
		s = strchr(s, '>') ? strchr(s, '>') + 1 : s + strlen(s);
		for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
			if (tag_is(tag, silent[i]))
				s = element_skip(s, silent[i]);
	}
}
