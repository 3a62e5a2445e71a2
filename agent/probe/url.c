#include "agent/probe/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/probe/probe.h"
#include "common/buf.h"

#define TEXT_MAX (URL_PATH_MAX + URL_HOST_MAX + 64)

/* Blanks around it go, the fragment goes, what is not for a request line is escaped. */
static int escape(const void *location, size_t len, char out[TEXT_MAX])
{
	struct cursor c = cursor_of(location, len);
	size_t at = 0;

	while (cursor_left(&c)) {
		uint8_t letter = cursor_u8(&c);

		if (letter == '#')
			break;
		if ((letter == ' ' || letter == '\t') && !at)
			continue;
		if (at + 4 >= TEXT_MAX || letter < ' ' || letter == 0x7f)
			return -EINVAL;
		if (letter == ' ' || letter > 0x7f || strchr("\"<>\\^`{|}", letter))
			at += (size_t)snprintf(out + at, 4, "%%%02X", letter);
		else
			out[at++] = (char)letter;
	}
	out[at] = '\0';
	return 0;
}

/* "mailto:", "ftp:", but not "a/b:c". */
static bool has_scheme(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-");

	return len && text[len] == ':';
}

static int set_path(struct url *out, const char *directory, size_t len, const char *path)
{
	int need = snprintf(out->path, sizeof(out->path), "%.*s%s", (int)len, directory, path);

	return need < 0 || (size_t)need >= sizeof(out->path) ? -EINVAL : 0;
}

/* "http://host?query" has a path too: "/". */
static int absolute(const char *text, struct url *out)
{
	const char *authority = strstr(text, "//") + 2;
	size_t head = (size_t)(authority - text) + strcspn(authority, "/?");
	char whole[TEXT_MAX + 1];
	const char *path;
	int err;

	snprintf(whole, sizeof(whole), "%.*s%s%s", (int)head, text, text[head] == '?' ? "/" : "", text + head);
	err = probe_url_split(whole, &out->secure, out->host, sizeof(out->host), &out->port, &path);
	return err ? err : set_path(out, "", 0, path);
}

int url_resolve(const struct url *base, const void *location, size_t len, struct url *out)
{
	char text[TEXT_MAX], whole[TEXT_MAX + 8];
	size_t directory;

	if (escape(location, len, text))
		return -EINVAL;
	if (!strncasecmp(text, "http://", 7) || !strncasecmp(text, "https://", 8))
		return absolute(text, out);
	if (has_scheme(text))
		return -EINVAL;
	if (!strncmp(text, "//", 2)) {
		if (snprintf(whole, sizeof(whole), "%s:%s", base->secure ? "https" : "http", text) >= TEXT_MAX)
			return -EINVAL;
		return absolute(whole, out);
	}
	if (out != base)
		*out = *base;
	if (text[0] == '/')
		return set_path(out, "", 0, text);
	char from[URL_PATH_MAX];
	snprintf(from, sizeof(from), "%s", base->path);
	directory = strcspn(from, "?");
	while (text[0] && text[0] != '?' && directory && from[directory - 1] != '/')
		directory--;
	return set_path(out, from, directory, text);
}
