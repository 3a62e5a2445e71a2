#include "agent/send/proxy.h"

#include <errno.h>
#include <string.h>

#define STATUS_AT 9 /* "HTTP/1.1 200" */
#define STATUS_END 12

const char *proxy_address(const char *url)
{
	const char *host = strncmp(url, "http://", 7) ? url : url + 7;

	return strstr(host, "://") || strchr(host, '@') || !strchr(host, ':') ? NULL : host;
}

void proxy_ask(struct buf *out, const char *target)
{
	buf_printf(out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target);
}

/* Three digits, or 0. */
static unsigned status_code(struct cursor *c)
{
	unsigned code = 0;

	for (int i = STATUS_AT; i < STATUS_END; i++) {
		uint8_t digit = cursor_u8(c);
		if (digit < '0' || digit > '9')
			return 0;
		code = code * 10 + (digit - '0');
	}
	return code;
}

int proxy_answer(const uint8_t *data, size_t len, unsigned *code)
{
	struct cursor c = cursor_of(data, len);
	const uint8_t *end = memmem(data, len, "\r\n\r\n", 4);
	const uint8_t *head = cursor_bytes(&c, STATUS_AT);

	*code = 0;
	if (head && (memcmp(head, "HTTP/1.", 7) || head[8] != ' '))
		return -EBADMSG;
	if (!end)
		return len < PROXY_ANSWER_MAX ? 0 : -EBADMSG;
	*code = status_code(&c);
	if (!head || c.failed || !*code)
		return -EBADMSG;
	if (*code / 100 != 2)
		return -ECONNREFUSED;
	return end + 4 == data + len ? 1 : -EBADMSG;
}
