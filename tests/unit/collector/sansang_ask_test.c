/* ask: words become a question; what the agent answers is printed for people, odd answers too. */
#include "collector/sansang_ask.c"
#include "collector/sansang_table.c"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/memory.h"

/* What core would answer; the question as it was put. */
struct core {
	char *question;
	const char *answer;
};

static struct core core;

json_t *sansang_question(const struct options *o, json_t *question)
{
	(void)o;
	free(core.question);
	core.question = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	return core.answer ? json_loads(core.answer, 0, NULL) : NULL;
}

void sansang_print_json(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
}

/* Runs the words; gives what was printed (static until the next), the exit status in *status. */
static const char *run(bool english, bool json, int *status, int argc, char **argv)
{
	static char text[4096];
	const struct options o = {.json = json, .english = english, .argc = argc, .argv = argv};
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO);

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	*status = sansang_command_ask(&o);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	return text;
}

#define WORDS(...)                                                                                                     \
	(int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[])                                            \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

static void test_questions(void **state)
{
	int status;

	(void)state;
	core.answer = "{\"answer\":{}}";
	run(true, true, &status, WORDS("n1", "probe", "tcp", "h:1"));
	assert_int_equal(status, 0);
	assert_string_equal(core.question,
	        "{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"probe\",\"type\":\"tcp\",\"target\":\"h:1\"}");
	run(true, true, &status, WORDS("n1", "trace", "h", "10.0.0.1"));
	assert_string_equal(core.question,
	        "{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"trace\",\"target\":\"h\",\"source\":\"10.0.0.1\"}");
	run(true, true, &status, WORDS("n1", "check", "land"));
	assert_string_equal(core.question, "{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"check\",\"service\":\"land\"}");
	core.answer = NULL;
	run(true, true, &status, WORDS("n1", "check", "land"));
	assert_int_equal(status, 1);
}

static void test_wrong_words(void **state)
{
	int status;

	(void)state;
	run(true, false, &status, WORDS("n1"));
	assert_int_equal(status, 2);
	run(true, false, &status, WORDS("n1", "dance"));
	assert_int_equal(status, 2);
	run(true, false, &status, WORDS("n1", "probe", "tcp"));
	assert_int_equal(status, 2);
	run(true, false, &status, WORDS("n1", "check", "a", "b"));
	assert_int_equal(status, 2);
}

static void test_a_probe_for_people(void **state)
{
	int status;

	(void)state;
	core.answer =
	        "{\"answer\":{\"type\":\"http\",\"target\":\"http://a/\",\"up\":false,\"reason\":\"status\",\"note\":"
	        "\"HTTP 502\",\"connect_ms\":1.5,\"total_ms\":null,\"status\":502,\"odd\":[1]}}";
	assert_string_equal(run(true, false, &status, WORDS("n1", "check", "land")),
	        "http http://a/  down: status\n"
	        "  Note                    HTTP 502\n"
	        "  Connect                 1.500 ms\n"
	        "  HTTP status             502\n");
	assert_non_null(strstr(run(false, false, &status, WORDS("n1", "check", "land")), "gián đoạn: "));
}

static void test_a_trace_for_people(void **state)
{
	int status;

	(void)state;
	core.answer =
	        "{\"answer\":{\"target\":\"h\",\"address\":\"10.0.0.5\",\"by\":\"icmp\",\"reached\":true,\"reason\":"
	        "\"ok\",\"mtu\":1400,\"mtu_full\":1500,\"mtu_hop\":0,\"mtu_passed\":1,\"hops\":[[\"10.0.0.1\",3,3,0.5,"
	        "\"ok\"],[null,3,0,null,\"timeout\"],[\"10.0.0.5\",3,2,12.25,\"ok\"]]}}";
	assert_string_equal(run(true, false, &status, WORDS("n1", "trace", "h")),
	        "h (10.0.0.5)  reached  [icmp]\n"
	        "   1  10.0.0.1                       0.50 ms\n"
	        "   2  *                                    -  lost 3 of 3\n"
	        "   3  10.0.0.5                      12.25 ms  lost 1 of 3\n"
	        "  packets of up to 1400 bytes pass (the interface: 1500)\n"
	        "  larger ones vanish without a word behind hop 1: an MTU hole\n");
}

/* An agent may be of any age: nothing that it leaves out, or says otherwise, ends the command. */
static void test_odd_answers(void **state)
{
	static const char *const odd[] = {"{\"answer\":{}}", "{}", "{\"answer\":[]}",
	        "{\"answer\":{\"hops\":[1,[],[2,3,4,5,6]]}}",
	        "{\"answer\":{\"up\":1,\"reason\":7,\"mtu\":\"x\",\"target\":[]}}"};
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		core.answer = odd[i];
		run(false, false, &status, WORDS("n1", "trace", "h"));
		assert_int_equal(status, 0);
		run(false, false, &status, WORDS("n1", "check", "h"));
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_questions),
	        cmocka_unit_test(test_wrong_words),
	        cmocka_unit_test(test_a_probe_for_people),
	        cmocka_unit_test(test_a_trace_for_people),
	        cmocka_unit_test(test_odd_answers),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(core.question);
	return failed;
}
