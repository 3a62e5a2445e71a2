#include <stdbool.h>

#include "collector/inventory/inventory.h"

struct letters {
	uint32_t from, to;
	char plain;
};

/* What Vietnamese and its neighbours write with a mark, precomposed. */
static const struct letters letters[] = {
        {0xc0, 0xc5, 'a'},
        {0xc7, 0xc7, 'c'},
        {0xc8, 0xcb, 'e'},
        {0xcc, 0xcf, 'i'},
        {0xd0, 0xd0, 'd'},
        {0xd1, 0xd1, 'n'},
        {0xd2, 0xd6, 'o'},
        {0xd9, 0xdc, 'u'},
        {0xdd, 0xdd, 'y'},
        {0xe0, 0xe5, 'a'},
        {0xe7, 0xe7, 'c'},
        {0xe8, 0xeb, 'e'},
        {0xec, 0xef, 'i'},
        {0xf0, 0xf0, 'd'},
        {0xf1, 0xf1, 'n'},
        {0xf2, 0xf6, 'o'},
        {0xf9, 0xfc, 'u'},
        {0xfd, 0xfd, 'y'},
        {0xff, 0xff, 'y'},
        {0x102, 0x103, 'a'},
        {0x110, 0x111, 'd'},
        {0x128, 0x129, 'i'},
        {0x168, 0x169, 'u'},
        {0x1a0, 0x1a1, 'o'},
        {0x1af, 0x1b0, 'u'},
        {0x1ea0, 0x1eb7, 'a'},
        {0x1eb8, 0x1ec7, 'e'},
        {0x1ec8, 0x1ecb, 'i'},
        {0x1ecc, 0x1ee3, 'o'},
        {0x1ee4, 0x1ef1, 'u'},
        {0x1ef2, 0x1ef9, 'y'},
};

/* One character of UTF-8, *p moved past it; a broken byte gives 0xfffd. */
static uint32_t character_next(const unsigned char **p)
{
	uint32_t c = *(*p)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	if (c < 0x80)
		return c;
	if (!more || c > 0xf4)
		return 0xfffd;
	c &= 0x3fu >> more;
	for (; more; more--) {
		if ((**p & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (*(*p)++ & 0x3f);
	}
	return c;
}

/* The plain letter or digit; a blank for what parts words; 0 for a mark, which belongs to the letter before it. */
static char character_fold(uint32_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (char)c;
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if (c >= 0x300 && c <= 0x36f)
		return 0;
	for (size_t i = 0; c >= 0x80 && i < sizeof(letters) / sizeof(letters[0]); i++)
		if (c >= letters[i].from && c <= letters[i].to)
			return letters[i].plain;
	return ' ';
}

const char *fold_vietnamese(const char *text, char *out, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = 0;

	if (!size)
		return out;
	while (*p && len + 1 < size) {
		char c = character_fold(character_next(&p));
		if (c == ' ' && (len == 0 || out[len - 1] == ' '))
			continue;
		if (c)
			out[len++] = c;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
	return out;
}
