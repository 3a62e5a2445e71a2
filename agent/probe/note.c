#include "agent/probe/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"

#define RAW_MAX 1024

static const struct {
	uint32_t from, to;
} unprintable[] = {
        {0x00, 0x1f},
        {0x7f, 0x9f},
        {0x200b, 0x200f},
        {0x2028, 0x202e},
        {0x2060, 0x206f},
        {0xd800, 0xdfff},
        {0xfeff, 0xfeff},
        {0xfff0, 0xfffb},
};

static bool is_printable(uint32_t letter)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (letter >= unprintable[i].from && letter <= unprintable[i].to)
			return false;
	return letter <= 0x10ffff;
}

/* The letter that begins here: its bytes (of a broken one: 1), and whether it is for the eye. */
static size_t read_letter(struct cursor c, bool *good)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = cursor_u8(&c);
	size_t len = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	uint32_t letter = len == 1 ? first : len ? first & (0x7fu >> len) : 0;

	*good = false;
	for (size_t i = 1; i < len; i++) {
		uint8_t next = cursor_u8(&c);

		if (next >> 6 != 2)
			return 1;
		letter = letter << 6 | (next & 0x3f);
	}
	if (c.failed || !len || letter < least[len])
		return 1;
	*good = is_printable(letter);
	return len;
}

void note_clean(const void *from, size_t len, char *out, size_t size)
{
	struct cursor c = cursor_of(from, len);
	size_t at = 0;

	while (cursor_left(&c)) {
		bool good;
		size_t letter = read_letter(c, &good);
		const uint8_t *bytes = cursor_bytes(&c, letter);

		if (at + (good ? letter : 1) >= size)
			break;
		if (good)
			memcpy(out + at, bytes, letter);
		else
			out[at] = '?';
		at += good ? letter : 1;
	}
	out[at] = '\0';
}

static void write_at(char note[PROBE_NOTE_MAX], size_t at, const char *fmt, va_list args)
{
	char raw[RAW_MAX];
	int len = vsnprintf(raw, sizeof(raw), fmt, args);

	if (len >= 0)
		note_clean(raw, strnlen(raw, sizeof(raw)), note + at, PROBE_NOTE_MAX - at);
}

void note_put(char note[PROBE_NOTE_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_at(note, 0, fmt, args);
	va_end(args);
}

void note_add(char note[PROBE_NOTE_MAX], const char *fmt, ...)
{
	size_t at = strlen(note);
	va_list args;

	if (at && at + 3 < PROBE_NOTE_MAX) {
		memcpy(note + at, "; ", 3);
		at += 2;
	}
	va_start(args, fmt);
	write_at(note, at, fmt, args);
	va_end(args);
}
