#include "collector/web/head.h"

#include <stdlib.h>
#include <string.h>

#include "collector/web/auth.h"

int64_t head_content_length(struct lws *wsi)
{
	char text[24];

	if (!lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH))
		return -1;
	if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 ||
	        strspn(text, "0123456789") != strlen(text))
		return INT64_MAX;
	return strtoll(text, NULL, 10);
}

void head_copy(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	if (lws_hdr_copy(wsi, out, (int)size, token) < 0)
		*out = '\0';
}

/* Headers that the library has no token for. */
static void custom_copy(struct lws *wsi, const char *name, char *out, size_t size)
{
	if (lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) < 0)
		*out = '\0';
}

bool head_args(struct lws *wsi, struct request *r)
{
	char text[2048];
	int n;

	for (int i = 0; (n = lws_hdr_copy_fragment(wsi, text, sizeof(text), WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++)
		if (!request_add_arg(r, text, strnlen(text, (size_t)n)) || memchr(text, 0, (size_t)n) != NULL)
			return false;
	return n != -2;
}

void head_read(struct lws *wsi, struct request *r)
{
	char text[2048];

	head_copy(wsi, WSI_TOKEN_HTTP_COOKIE, text, sizeof(text));
	cookie_find(text, AUTH_COOKIE, r->token, sizeof(r->token));
	explicit_bzero(text, sizeof(text));
	head_copy(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, text, sizeof(text));
	r->gzip = strstr(text, "gzip") && !strstr(text, "gzip;q=0");
	head_copy(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, text, sizeof(text));
	r->json = !strncasecmp(text, "application/json", 16);
	head_copy(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, r->etag, sizeof(r->etag));
	head_copy(wsi, WSI_TOKEN_ORIGIN, r->origin, sizeof(r->origin));
	head_copy(wsi, WSI_TOKEN_HOST, r->host, sizeof(r->host));
	custom_copy(wsi, "x-csrf:", r->csrf, sizeof(r->csrf));
	custom_copy(wsi, "sec-fetch-site:", r->fetch_site, sizeof(r->fetch_site));
	lws_get_peer_simple(wsi, r->address, sizeof(r->address));
}
