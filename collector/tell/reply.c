#include "collector/tell/reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "collector/tell/letters.h"
#include "collector/tell/mime_part.h"

/* ---- who wrote it ---- */

/* Where an address list stands: RFC 5322 3.4, quoted strings and comments passed over. */
struct address_scan {
	char *out;
	size_t size, len;
	bool quoted, angle, had_angle, many;
	unsigned comment;
};

static void address_put(struct address_scan *a, char c)
{
	if (a->len + 1 < a->size)
		a->out[a->len++] = c;
	else
		a->many = true; /* no address that we know is so long */
}

static void address_step(struct address_scan *a, char c)
{
	if (c == '(')
		a->comment++;
	else if (c == ')' && a->comment)
		a->comment--;
	else if (a->comment)
		return;
	else if (c == ',' || c == ';')
		a->many = true;
	else if (c == '<' && !a->had_angle) {
		a->angle = a->had_angle = true;
		a->len = 0; /* what stood before was a name */
	} else if (c == '<')
		a->many = true;
	else if (c == '>')
		a->angle = false;
	else if (c != ' ' && (a->angle || !a->had_angle))
		address_put(a, c);
}

/* The one address of a From; "" when there are more, or none, or it holds what no address of ours does. */
static void address_read(const char *value, char *out, size_t size)
{
	struct address_scan a = {.out = out, .size = size};

	for (const char *p = value; *p; p++) {
		if (*p == '\\' && (a.quoted || a.comment) && p[1])
			p++;
		else if (*p == '"' && !a.comment)
			a.quoted = !a.quoted;
		else if (!a.quoted)
			address_step(&a, *p);
	}
	out[a.len] = '\0';
	if (a.many || a.quoted || a.angle || a.comment || !strchr(out, '@') || strchr(out, '@') != strrchr(out, '@'))
		*out = '\0';
	for (const char *p = out; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			*out = '\0';
}

/* ---- what it answers ---- */

/* "<a@b> <c@d>" */
static void ids_take(const char *value, struct reply *out)
{
	const char *p = value;

	while (out->id_count < REPLY_IDS_MAX && (p = strchr(p, '<'))) {
		size_t n = strcspn(++p, "<> ");

		if (p[n] == '>' && n && n < sizeof(out->ids[0])) {
			memcpy(out->ids[out->id_count], p, n);
			out->ids[out->id_count++][n] = '\0';
		}
		p += n;
	}
}

/* ---- machines ---- */

enum machine_rule { PRESENT, NOT_NO, ONE_OF, EMPTY_PATH };

static const struct {
	const char *header;
	enum machine_rule rule;
} machines[] = {
        {"auto-submitted", NOT_NO}, /* RFC 3834 */
        {"x-autoreply", NOT_NO},
        {"x-autorespond", NOT_NO},
        {"x-auto-response", NOT_NO},
        {"precedence", ONE_OF},
        {"list-id", PRESENT},
        {"x-failed-recipients", PRESENT},
        {"return-path", EMPTY_PATH},
};

static bool value_is(const char *value, const char *word)
{
	size_t n = strlen(word);

	value += strspn(value, " ");
	return !strncasecmp(value, word, n) && strcspn(value + n, " ;(") == 0;
}

static bool machine_says(const struct span *name, const char *value)
{
	static const char *const precedences[] = {"bulk", "junk", "list", "auto_reply"};

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		if (!span_is(*name, machines[i].header))
			continue;
		if (machines[i].rule == PRESENT)
			return true;
		if (machines[i].rule == NOT_NO)
			return !value_is(value, "no");
		if (machines[i].rule == EMPTY_PATH)
			return value_is(value, "<>");
		for (size_t k = 0; k < sizeof(precedences) / sizeof(*precedences); k++)
			if (value_is(value, precedences[k]))
				return true;
	}
	return false;
}

/* ---- the word ---- */

/* Letters that NHẬN may be made of, taken apart: '.' for the dot below, '^' for the circumflex. */
static const struct {
	uint32_t point;
	const char *apart;
} composed[] = {{0x1eac, "a.^"}, {0x1ead, "a.^"}, {0xc2, "a^"}, {0xe2, "a^"}, {0x1ea0, "a."}, {0x1ea1, "a."},
        {0x323, "."}, {0x302, "^"}};

static bool point_ends_word(uint32_t p)
{
	bool letter = (p >= '0' && p <= '9') || (p >= 'A' && p <= 'Z') || (p >= 'a' && p <= 'z');

	return p < 0x80 ? !letter : p == 0xa0 || (p >= 0x2000 && p < 0x2070) || p == 0x3000 || p == 0xfeff;
}

/* What may stand before a first word: blanks, signs of emphasis, quotation marks. */
static bool point_leads(uint32_t p)
{
	return p == ' ' || p == '\t' || p == '*' || p == '_' || p == '"' || p == '\'' || p == 0xa0 || p == 0xfeff ||
	       (p >= 0x2000 && p < 0x2070);
}

static void apart_put(char *out, size_t size, const char *more)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, "%s", more);
}

/* The first word in small letters, taken apart; gives what follows it. */
static const char *word_apart(const char *line, char *out, size_t size)
{
	const char *s = line, *before = s;
	uint32_t p;

	*out = '\0';
	while ((p = letters_next(&s)) && point_leads(p))
		before = s;
	for (s = before; (p = letters_next(&s)) && !point_ends_word(p); before = s) {
		char one[2] = {p >= 'A' && p <= 'Z' ? (char)(p + 32) : p < 0x80 ? (char)p : '?', 0};
		const char *apart = one;

		for (size_t i = 0; i < sizeof(composed) / sizeof(*composed); i++)
			if (composed[i].point == p)
				apart = composed[i].apart;
		apart_put(out, size, apart);
	}
	return before;
}

static void rest_copy(const char *rest, char *out, size_t size)
{
	size_t n;

	while (*rest && strchr(" \t.,;:!-*_\"'", *rest))
		rest++;
	n = strlen(rest) < size - 1 ? strlen(rest) : size - 1;
	while (n && rest[n] && ((unsigned char)rest[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, rest, n);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
}

static void word_read(const char *line, struct reply *out)
{
	/* the marks of one letter may come in either order, and Â may have its dot behind it */
	static const char *const words[] = {"nhan", "nha.^n", "nha^.n", "ack"};
	char word[40];
	const char *rest = word_apart(line, word, sizeof(word));

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		out->word |= !strcmp(word, words[i]);
	if (out->word)
		rest_copy(rest, out->text, sizeof(out->text));
}

/* ---- lines ---- */

static bool line_blank(const char *line)
{
	uint32_t p;

	while ((p = letters_next(&line)))
		if (!point_leads(p) || p == '*' || p == '_')
			return false;
	return true;
}

static bool line_quoted(const char *line)
{
	return line[strspn(line, " \t")] == '>';
}

/* Ends a paragraph that introduces a quotation ("... wrote:"), of at most three lines? Gives the line behind it, or NULL. */
static char *introduction_end(char *line)
{
	for (int i = 0; i < 3 && line; i++) {
		char *end = strchr(line, '\n'), *last = end ? end : line + strlen(line);
		char *next = end ? end + 1 : NULL;

		while (last > line && (last[-1] == ' ' || last[-1] == '\t'))
			last--;
		if (last == line)
			return NULL;
		if (last[-1] == ':') {
			while (next && (*next == '\n' || *next == ' '))
				next++;
			return next && line_quoted(next) ? next : NULL;
		}
		line = next;
	}
	return NULL;
}

static void text_read(char *text, struct reply *out)
{
	char *line = text;

	while (line) {
		char *behind = line_quoted(line) ? NULL : introduction_end(line);
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (!line_quoted(line) && !line_blank(line)) {
			word_read(line, out);
			/* "Nhan Tran wrote:" is a name; the word alone on its line right above such a line is the word */
			out->word = out->word && (!behind || !*out->text);
			if (!out->word)
				*out->text = '\0';
			if (out->word || !behind)
				return;
		}
		line = behind ? behind : end ? end + 1 : NULL;
	}
}

static void body_read(struct cursor *c, struct reply *out)
{
	struct mime_text m;
	struct buf plain = {0};

	mime_text_read(c, &m);
	out->automatic |= m.report;
	if (m.text.len && m.html) {
		letters_of_html((char *)m.text.data, &plain);
		buf_put_u8(&plain, 0);
		text_read((char *)plain.data, out);
	} else if (m.text.len) {
		text_read((char *)m.text.data, out);
	}
	buf_free(&m.text);
	buf_free(&plain);
}

int reply_read(const uint8_t *data, size_t len, struct reply *out)
{
	struct cursor c = cursor_of(data, len < REPLY_BYTES_MAX ? len : REPLY_BYTES_MAX);
	struct buf value = {0}, references = {0};
	struct span name;
	unsigned headers = 0, senders = 0;

	*out = (struct reply){0};
	for (; mime_header_next(&c, &name, &value); headers++) {
		const char *text = (const char *)value.data;

		if (span_is(name, "from") && !senders++)
			address_read(text, out->from, sizeof(out->from));
		if (span_is(name, "in-reply-to"))
			ids_take(text, out);
		if (span_is(name, "references") && !references.len)
			buf_put(&references, value.data, value.len);
		out->automatic |= machine_says(&name, text);
	}
	if (senders != 1)
		*out->from = '\0';
	if (references.len)
		ids_take((char *)references.data, out);
	buf_free(&value);
	buf_free(&references);
	c = cursor_of(data, len < REPLY_BYTES_MAX ? len : REPLY_BYTES_MAX);
	body_read(&c, out);
	return headers ? 0 : -EBADMSG;
}
