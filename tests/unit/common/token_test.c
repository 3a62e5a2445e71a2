/* token: words go out and come back, and mistyped ones are told from good ones. */
#include "common/token.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/clock.h"

static void words_come_back(void **state)
{
	struct token in, out;
	char word[TOKEN_WORD_SIZE], typed[2 * TOKEN_WORD_SIZE];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		chance_bytes(&in, sizeof(in));
		token_encode(&in, word);
		assert_int_equal(strlen(word), TOKEN_WORD_SIZE - 1);
		assert_int_equal(strspn(word, alphabet), TOKEN_WORD_SIZE - 1);
		snprintf(typed, sizeof(typed), " \t%s\r\n", word);
		assert_int_equal(token_decode(typed, &out), 0);
		assert_memory_equal(&in, &out, sizeof(in));
	}
}

static void capitals_are_read(void **state)
{
	struct token in = {{1, 2, 3}, {4, 5, 6}}, out;
	char word[TOKEN_WORD_SIZE];

	(void)state;
	token_encode(&in, word);
	for (char *at = word; *at; at++)
		if (*at >= 'a')
			*at -= 'a' - 'A';
	assert_int_equal(token_decode(word, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

/* One wrong letter, one missing, one too many: a checksum of 16 bits lets through one of 65536. */
static void typing_errors_are_seen(void **state)
{
	struct token in = {{9}, {8}}, out;
	char word[TOKEN_WORD_SIZE], bad[TOKEN_WORD_SIZE + 1];

	(void)state;
	token_encode(&in, word);
	for (size_t i = 0; i < TOKEN_WORD_SIZE - 1; i++) {
		snprintf(bad, sizeof(bad), "%s", word);
		bad[i] = alphabet[(strchr(alphabet, bad[i]) - alphabet + 1) % 32];
		assert_int_equal(token_decode(bad, &out), -EBADMSG);
		bad[i] = '1'; /* not of the alphabet */
		assert_int_equal(token_decode(bad, &out), -EBADMSG);
	}
	snprintf(bad, sizeof(bad), "%.81s", word);
	assert_int_equal(token_decode(bad, &out), -EBADMSG);
	snprintf(bad, sizeof(bad), "%sa", word);
	assert_int_equal(token_decode(bad, &out), -EBADMSG);
	assert_int_equal(token_decode("", &out), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_come_back),
	        cmocka_unit_test(capitals_are_read),
	        cmocka_unit_test(typing_errors_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
