/* Fuzzes what reads answers to our mails: headers, multiparts, encodings, letters, and the word. */
#include <stdlib.h>
#include <string.h>

#include "collector/tell/letters.c"
#include "collector/tell/mime_part.c"
#include "collector/tell/reply.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const heads[] = {
        "From: <a@b>\nIn-Reply-To: <open.i.c.1-00112233445566778899aabbccddeeff@b>\nContent-Type: ",
        "From: <a@b>\nContent-Type: multipart/mixed; boundary=\"x\"\n\n--x\nContent-Type: text/plain; charset=",
        "From: a@b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<div>",
        "From: a@b\nContent-Type: text/plain; charset=windows-1258\nContent-Transfer-Encoding: base64\n\n",
        "From: ", "References: <", ""};

static void read_one(const uint8_t *data, size_t size)
{
	struct reply r;

	reply_read(data, size, &r);
	if (r.id_count > REPLY_IDS_MAX || strlen(r.from) >= sizeof(r.from) || strlen(r.text) >= sizeof(r.text))
		abort();
	for (unsigned i = 0; i < r.id_count; i++)
		if (!*r.ids[i] || strpbrk(r.ids[i], "<>\r\n"))
			abort();
	if (strpbrk(r.text, "\r\n"))
		abort();
}

/* As it comes, and behind beginnings that lead deeper than chance finds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_one(data, size);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		size_t n = strlen(heads[i]);
		uint8_t *whole = malloc(n + size ? n + size : 1);

		memcpy(whole, heads[i], n);
		if (size)
			memcpy(whole + n, data, size);
		read_one(whole, n + size);
		free(whole);
	}
	return 0;
}
