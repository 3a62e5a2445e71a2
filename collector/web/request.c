#include "collector/web/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/memory.h"

struct request *request_new(struct web *w)
{
	struct request *r = mem_alloc(sizeof(*r));

	r->web = w;
	r->refs = 1;
	r->began_ms = clock_boot_ms();
	return r;
}

struct request *request_hold(struct request *r)
{
	r->refs++;
	return r;
}

static void request_unlink(struct request *r)
{
	if (!r->back)
		return;
	*r->back = r->next;
	if (r->next)
		r->next->back = r->back;
	r->back = NULL;
}

void request_release(struct request *r)
{
	if (--r->refs)
		return;
	request_unlink(r);
	for (unsigned i = 0; i < r->arg_count; i++) {
		free(r->args[i].name);
		free(r->args[i].value);
	}
	explicit_bzero(r->token, sizeof(r->token));
	if (r->body.data)
		explicit_bzero(r->body.data, r->body.len); /* it may hold a password */
	buf_free(&r->body);
	buf_free(&r->headers);
	blob_drop(r->answer);
	free(r);
}

bool request_add_arg(struct request *r, const char *text, size_t len)
{
	const char *equal = memchr(text, '=', len);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	if (!len)
		return true;
	if (r->arg_count == REQUEST_ARGS_MAX)
		return false;
	r->args[r->arg_count].name = mem_strn(text, equal ? (size_t)(equal - text) : len);
	r->args[r->arg_count].value = equal ? mem_strn(equal + 1, len - (size_t)(equal + 1 - text)) : mem_str("");
	r->arg_count++;
	return true;
}

const char *request_arg(const struct request *r, const char *name)
{
	for (unsigned i = 0; i < r->arg_count; i++)
		if (!strcmp(r->args[i].name, name))
			return r->args[i].value;
	return NULL;
}

bool request_int(const struct request *r, const char *name, int64_t fallback, int64_t min, int64_t max, int64_t *out)
{
	const char *text = request_arg(r, name);
	char *end;
	long long v;

	*out = fallback;
	if (!text)
		return true;
	if ((*text < '0' || *text > '9') && *text != '-')
		return false;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return false;
	*out = v;
	return true;
}

bool cookie_find(const char *header, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len;

	*out = '\0';
	for (const char *p = header; *p;) {
		p += strspn(p, " \t;");
		len = strcspn(p, ";");
		if (len > n && p[n] == '=' && !strncmp(p, name, n)) {
			if (len - n - 1 >= size)
				return false;
			memcpy(out, p + n + 1, len - n - 1);
			out[len - n - 1] = '\0';
			return true;
		}
		p += len;
	}
	return false;
}

void request_header(struct request *r, const char *name, const char *value)
{
	if (strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
		return;
	buf_put(&r->headers, name, strlen(name) + 1);
	buf_put(&r->headers, value, strlen(value) + 1);
}

void request_answer(struct request *r, unsigned status, const char *type, struct blob *body)
{
	if (r->answered) {
		blob_drop(body);
		return;
	}
	request_unlink(r);
	r->answered = true;
	r->status = status;
	r->type = type;
	r->answer = body;
	if (r->on_answer && r->wire)
		r->on_answer(r);
}

void request_answer_text(struct request *r, unsigned status, const char *type, const char *text)
{
	request_answer(r, status, type, blob_new(text, strlen(text)));
}

void request_answer_json(struct request *r, unsigned status, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_int_t said = json_integer_value(json_object_get(json, "status"));

	if (!status)
		status = !json_object_get(json, "error") ? 200 : said >= 400 && said <= 599 ? (unsigned)said : 400;
	json_decref(json);
	if (!text) {
		request_error(r, 500, "the answer could not be made");
		return;
	}
	request_answer_text(r, status, "application/json; charset=utf-8", text);
	free(text);
}

void request_error(struct request *r, unsigned status, const char *text)
{
	request_answer_json(r, status, json_pack("{s:s, s:i}", "error", text, "status", (int)status));
}
