#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/event_words.c"

static void test_sentences(void **state)
{
	static const struct {
		const char *kind, *subject, *text, *en;
		bool telling;
	} rows[] = {
	        {"carrier", "eth0", "down", "Interface eth0 of n lost carrier", true},
	        {"ups", "eaton", "on-battery 98 %", "The UPS (n) runs on battery: mains power is gone", true},
	        {"boot", "host", "unclean power", "n restarted after an unclean stop: unclean power", true},
	        {"gateway-mac", "gateway", "10.1.1.1 aa was bb", "The gateway of n changed its MAC: 10.1.1.1 aa was bb",
	                true},
	        {"gateway-mac", "gateway", "10.1.1.1 aa", "The gateway of n: 10.1.1.1 aa", false},
	        {"readonly", "/data", "went read-only (ext4 on sda1)", "File system /data of n became read-only", true},
	        {"readonly", "/data", "is writable again (ext4 on sda1)", "File system /data of n is writable again",
	                false},
	        {"disk", "sda", "failing: reallocated", "Disk sda of n: failing: reallocated", true},
	        {"disk", "sda", "well", "Disk sda of n is well again", false},
	        {"trap", "", "coldStart", "Gear n sent a trap about: coldStart", true},
	        {"trap", "ge-0-0-1", "linkDown", "Gear n sent a trap about ge-0-0-1: linkDown", true},
	        {"boot", "host", "unclean, was on until x",
	                "n restarted after an unclean stop: unclean, was on until x", true},
	        {"boot", "host", "", "n restarted", true},
	        {"clock", "host", "unsynchronised", "The clock of n is not synchronised any more", false},
	        {"check", "svc:land", "down expired valid until 2025-06-30",
	                "Service land is down, certificate expired or not valid yet: valid until 2025-06-30", true},
	        {"check", "svc:land", "up ok", "Service land is up", false},
	        {"check", "svc:land", "", "Service land is down, unknown", false},
	        {"something-new", "x", "y z", "something-new x y z", false},
	        {"neighbours", "", "[{},{}]", "n sees 2 neighbours", false},
	        {"neighbours", "", "not json", "neighbours  not json", false},
	        {"trace", "svc:land", "{}", "Trace to svc:land: no hop answers", true},
	        {"trace", "svc:land", "[]", "Trace to svc:land: no hop answers", true},
	        {"trace", "svc:land", "{\"target\":\"t\",\"reached\":true,\"hops\":[[\"a\"],[\"b\"]]}",
	                "Trace to t: reached over 2 hops", true},
	        {"trace", "svc:land",
	                "{\"target\":\"t\",\"hops\":[[\"10.1.2.1\",3,3,1,\"ok\"],[null,3,0,null,\"ok\"]]}",
	                "The path to t broke after hop 10.1.2.1 (hop 1)", true},
	        {"trace", "svc:land",
	                "{\"target\":\"t\",\"broke_after\":1,\"was\":[\"x\",\"y\",\"z\"],\"hops\":[[\"x\"],[null],["
	                "null]]}",
	                "The path to t broke after hop y (hop 2)", true},
	        {"trace", "svc:land", "{\"target\":\"t\",\"broke_after\":99,\"hops\":[[5]]}",
	                "The path to t broke after hop ? (hop 100)", true},
	};
	(void)state;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		struct event_words w;
		event_words("n", rows[k].kind, rows[k].subject, rows[k].text, &w);
		assert_string_equal(w.en, rows[k].en);
		assert_int_equal(w.telling, rows[k].telling);
		assert_true(w.vi[0]);
	}
}

static void test_long_words_are_cut(void **state)
{
	char text[4000];
	struct event_words w;
	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	event_words(text, "trap", text, text, &w);
	assert_true(strlen(w.vi) < EVENT_WORDS_SIZE && strlen(w.en) < EVENT_WORDS_SIZE);
	/* never half a letter: it becomes JSON */
	for (size_t shift = 0; shift < 3; shift++) {
		static const char *const kinds[] = {"trap", "check", "whatever", "trace"};
		for (size_t k = 0; k + 3 < sizeof text; k += 3)
			memcpy(text + k, "ế", 3);
		memset(text, 'x', shift);
		for (size_t k = shift; k + 3 < sizeof text - 1; k += 3)
			memcpy(text + k, "ế", 3);
		text[shift + 3 * ((sizeof text - 1 - shift) / 3 - 1)] = 0;
		for (size_t k = 0; k < 4; k++) {
			event_words("n", kinds[k], text, text, &w);
			json_t *vi = json_string(w.vi), *en = json_string(w.en);
			assert_true(vi && en);
			json_decref(vi);
			json_decref(en);
		}
	}
}

static void test_every_sentence_is_in_both_languages(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof sentences / sizeof sentences[0]; k++) {
		assert_non_null(sentences[k].vi);
		assert_non_null(sentences[k].en);
		for (const char *mark = "123"; *mark; mark++) {
			char place[4] = {'{', *mark, '}', 0};
			assert_int_equal(!strstr(sentences[k].vi, place), !strstr(sentences[k].en, place));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_sentences),
	        cmocka_unit_test(test_long_words_are_cut),
	        cmocka_unit_test(test_every_sentence_is_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
