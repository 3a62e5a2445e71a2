#include "collector/tell/mime_part.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collector/tell/letters.h"

#define BOUNDARY_SIZE 80 /* RFC 2046 allows 70 */
#define TEXT_MAX (64 * 1024)

/* ---- lines and headers ---- */

/* One line without its end; false at the end of the bytes. */
static bool line_next(struct cursor *c, struct span *line)
{
	size_t left = cursor_left(c), len;
	const uint8_t *from = left ? cursor_bytes(c, left) : NULL;
	const uint8_t *end;

	if (!from)
		return false;
	end = memchr(from, '\n', left);
	len = end ? (size_t)(end - from) : left;
	c->at -= left - len - (end ? 1 : 0);
	*line = (struct span){(const char *)from, len && from[len - 1] == '\r' ? len - 1 : len};
	return true;
}

static void value_put(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len && out->len < MIME_VALUE_MAX; i++)
		buf_put_u8(out, (uint8_t)s[i] < 0x20 || s[i] == 0x7f ? ' ' : (uint8_t)s[i]);
}

static bool folded(const struct cursor *c)
{
	return cursor_left(c) && (c->data[c->at] == ' ' || c->data[c->at] == '\t');
}

bool mime_header_next(struct cursor *c, struct span *name, struct buf *out)
{
	struct span line;
	const char *colon;

	buf_reset(out);
	do {
		if (!line_next(c, &line) || !line.len)
			return false;
		colon = memchr(line.at, ':', line.len);
	} while (!colon); /* no header: mbox's "From ", or damage */
	*name = (struct span){line.at, (size_t)(colon - line.at)};
	while (name->len && (name->at[name->len - 1] == ' ' || name->at[name->len - 1] == '\t'))
		name->len--;
	value_put(out, colon + 1, line.len - (size_t)(colon + 1 - line.at));
	while (folded(c) && line_next(c, &line))
		value_put(out, line.at, line.len);
	buf_put_u8(out, 0);
	return true;
}

bool span_is(struct span s, const char *word)
{
	return strlen(word) == s.len && !strncasecmp(s.at, word, s.len);
}

bool mime_parameter(const char *value, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len = 0;
	const char *p = value;

	*out = '\0';
	while ((p = strchr(p, ';'))) {
		p += 1 + strspn(p + 1, " ");
		if (strncasecmp(p, name, n) || p[n + strspn(p + n, " ")] != '=')
			continue;
		p += n;
		p += strspn(p, " =");
		bool quoted = *p == '"';
		for (p += quoted; *p && (quoted ? *p != '"' : !strchr("; ", *p)); p++) {
			if (quoted && *p == '\\' && p[1])
				p++;
			if (len + 1 >= size) {
				*out = '\0';
				return false;
			}
			out[len++] = *p;
		}
		out[len] = '\0';
		return len > 0;
	}
	return false;
}

/* ---- encodings ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	                              : -1;
}

/* RFC 2045, 6.7. What is no encoding stays as it is. */
static void quoted_decode(struct span body, struct buf *out)
{
	for (size_t i = 0; i < body.len; i++) {
		size_t left = body.len - i - 1;
		int high = left >= 2 ? hex_digit(body.at[i + 1]) : -1, low = left >= 2 ? hex_digit(body.at[i + 2]) : -1;

		if (body.at[i] != '=') {
			buf_put_u8(out, (uint8_t)body.at[i]);
		} else if (high >= 0 && low >= 0) {
			buf_put_u8(out, (uint8_t)(high << 4 | low));
			i += 2;
		} else if (left >= 1 && body.at[i + 1] == '\n') {
			i += 1;
		} else if (left >= 2 && body.at[i + 1] == '\r' && body.at[i + 2] == '\n') {
			i += 2;
		} else {
			buf_put_u8(out, '=');
		}
	}
}

/* RFC 2045, 6.8: other letters are passed over. */
static void base64_decode(struct span body, struct buf *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v = 0;
	int bits = 0;

	for (size_t i = 0; i < body.len && body.at[i] != '='; i++) {
		const char *at = body.at[i] ? strchr(letters, body.at[i]) : NULL;

		if (!at)
			continue;
		v = v << 6 | (uint32_t)(at - letters);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		buf_put_u8(out, (uint8_t)(v >> bits));
		v &= (1u << bits) - 1;
	}
}

/* ---- parts ---- */

/* What a part's headers say. */
struct part {
	char type[64], charset[40], boundary[BOUNDARY_SIZE], encoding[24];
	bool attached;
};

struct walk {
	struct mime_text *out;
	unsigned parts;
};

static void word_copy(const char *value, char *out, size_t size)
{
	value += strspn(value, " ");
	snprintf(out, size, "%.*s", (int)strcspn(value, "; ("), value);
}

static struct part part_head(struct cursor *c)
{
	struct part p = {.type = "text/plain", .encoding = "7bit"};
	struct buf value = {0};
	struct span name;

	while (mime_header_next(c, &name, &value)) {
		const char *text = (const char *)value.data;

		if (span_is(name, "content-type")) {
			word_copy(text, p.type, sizeof(p.type));
			mime_parameter(text, "charset", p.charset, sizeof(p.charset));
			mime_parameter(text, "boundary", p.boundary, sizeof(p.boundary));
		} else if (span_is(name, "content-transfer-encoding")) {
			word_copy(text, p.encoding, sizeof(p.encoding));
		} else if (span_is(name, "content-disposition")) {
			char kind[24];

			word_copy(text, kind, sizeof(kind));
			p.attached = !strcasecmp(kind, "attachment");
		}
	}
	buf_free(&value);
	return p;
}

static void text_take(struct walk *w, const struct part *p, struct span body, bool html)
{
	struct buf plain = {0};

	/* plain text is better than HTML, and the first is the one */
	if (w->out->text.len && (html || !w->out->html))
		return;
	buf_reset(&w->out->text);
	if (body.len > 2 * TEXT_MAX)
		body.len = 2 * TEXT_MAX;
	if (!strcasecmp(p->encoding, "base64"))
		base64_decode(body, &plain);
	else if (!strcasecmp(p->encoding, "quoted-printable"))
		quoted_decode(body, &plain);
	else
		buf_put(&plain, body.at, body.len);
	letters_to_utf8(p->charset, plain.data, plain.len < TEXT_MAX ? plain.len : TEXT_MAX, &w->out->text);
	if (w->out->text.len)
		buf_put_u8(&w->out->text, 0);
	w->out->html = html;
	buf_free(&plain);
}

static void part_walk(struct walk *w, struct cursor *c, unsigned depth);

/* 0 no boundary, 1 one, 2 the last. */
static int boundary_is(struct span line, const char *boundary)
{
	size_t n = strlen(boundary);

	while (line.len && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t'))
		line.len--;
	if (line.len < n + 2 || memcmp(line.at, "--", 2) || memcmp(line.at + 2, boundary, n))
		return 0;
	return line.len == n + 2 ? 1 : line.len == n + 4 && !memcmp(line.at + n + 2, "--", 2) ? 2 : 0;
}

static void multipart_walk(struct walk *w, struct cursor *c, const char *boundary, unsigned depth)
{
	size_t begin = 0, before = c->at;
	bool within = false;
	struct span line;
	int is = 0;

	while (is != 2 && (before = c->at, line_next(c, &line))) {
		is = boundary_is(line, boundary);
		if (is && within && w->parts++ < MIME_PARTS_MAX) {
			struct cursor inner = cursor_of(c->data + begin, before - begin);

			part_walk(w, &inner, depth + 1);
		}
		within = within || is;
		begin = is ? c->at : begin;
	}
	/* cut off, as by our own limit: what there is of the last one */
	if (within && is != 2 && w->parts++ < MIME_PARTS_MAX) {
		struct cursor inner = cursor_of(c->data + begin, c->at - begin);

		part_walk(w, &inner, depth + 1);
	}
}

static void part_walk(struct walk *w, struct cursor *c, unsigned depth)
{
	struct part p = part_head(c);
	size_t left = cursor_left(c);

	if (!strncasecmp(p.type, "multipart/", 10)) {
		w->out->report |= !strcasecmp(p.type, "multipart/report");
		if (*p.boundary && depth < MIME_DEPTH_MAX)
			multipart_walk(w, c, p.boundary, depth);
		return;
	}
	if (p.attached || !left)
		return;
	if (!strcasecmp(p.type, "text/plain") || !strcasecmp(p.type, "text/html"))
		text_take(w, &p, (struct span){(const char *)c->data + c->at, left}, !strcasecmp(p.type, "text/html"));
}

void mime_text_read(struct cursor *c, struct mime_text *out)
{
	struct walk w = {.out = out};

	*out = (struct mime_text){0};
	part_walk(&w, c, 0);
}
