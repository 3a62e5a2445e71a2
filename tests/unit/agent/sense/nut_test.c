/* Conversations with upsd: whole, in pieces, refused, and such as no upsd holds. */
#include "agent/sense/nut.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
	struct nut_handlers handlers;
	struct nut *n;
	struct buf asked;
	char told[512]; /* "listed; status 0 2; readings 0 1 95; refused 0 DATA-STALE; " */
	struct nut_readings last;
};

static void add(struct fixture *f, const char *what, size_t ups, const char *word)
{
	size_t len = strlen(f->told);

	snprintf(f->told + len, sizeof(f->told) - len, "%s %d %s; ", what, (int)ups, word);
}

static void told_listed(void *arg)
{
	add(arg, "listed", nut_count(((struct fixture *)arg)->n), "");
}

static void told_status(void *arg, size_t ups, unsigned status)
{
	char word[16];

	snprintf(word, sizeof(word), "%u", status);
	add(arg, "status", ups, word);
}

static void told_readings(void *arg, size_t ups, const struct nut_readings *r)
{
	((struct fixture *)arg)->last = *r;
	add(arg, "readings", ups, "");
}

static void told_refused(void *arg, size_t ups, const char *word)
{
	add(arg, "refused", ups, word);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->handlers = (struct nut_handlers){told_listed, told_status, told_readings, told_refused, f};
	f->n = nut_new(&f->handlers);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	nut_free(f->n);
	buf_free(&f->asked);
	free(f);
	return 0;
}

static int say(struct fixture *f, const char *text)
{
	f->told[0] = '\0';
	return nut_put(f->n, text, strlen(text));
}

static void expect_asked(struct fixture *f, const char *text)
{
	buf_put_u8(&f->asked, 0);
	assert_string_equal((const char *)f->asked.data, text);
	buf_reset(&f->asked);
}

static void know(struct fixture *f)
{
	nut_ask_list(f->n, &f->asked);
	expect_asked(f, "LIST UPS\n");
	assert_int_equal(say(f, "BEGIN LIST UPS\nUPS apc \"The \\\"big\\\" one\"\nUPS eaton \"\"\nEND LIST UPS\n"), 0);
	assert_string_equal(f->told, "listed 2 ; ");
}

static void test_list_status_and_readings(void **state)
{
	struct fixture *f = *state;

	know(f);
	assert_string_equal(nut_name(f->n, 0), "apc");
	assert_string_equal(nut_name(f->n, 1), "eaton");
	nut_ask_status(f->n, &f->asked);
	expect_asked(f, "GET VAR apc ups.status\nGET VAR eaton ups.status\n");
	assert_int_equal(nut_waiting(f->n), 2);
	assert_int_equal(say(f, "VAR apc ups.status \"OL CHRG\"\nVAR eaton ups.status \"OB DISCHRG LB\"\n"), 0);
	assert_string_equal(f->told, "status 0 1; status 1 6; ");
	nut_set_only(f->n, "eaton");
	nut_ask_readings(f->n, &f->asked);
	expect_asked(f, "LIST VAR eaton\n");
	assert_int_equal(
	        say(f, "BEGIN LIST VAR eaton\nVAR eaton battery.charge \"87.5\"\nVAR eaton battery.runtime \"720\"\n"
	               "VAR eaton ups.load \"23\"\nVAR eaton input.voltage \"0.0\"\nVAR eaton battery.voltage \"nan\"\n"
	               "VAR eaton battery.temperature \"31\"\nVAR eaton ups.status \"FSD OB LB\"\n"
	               "VAR eaton ups.mfr \"a b \\\\ c\"\nEND LIST VAR eaton\n"),
	        0);
	assert_string_equal(f->told, "readings 0 ; ");
	assert_int_equal(f->last.status, NUT_FORCED | NUT_ON_BATTERY | NUT_LOW);
	assert_float_equal(f->last.charge_pct, 87.5, 1e-9);
	assert_float_equal(f->last.runtime_s, 720, 1e-9);
	assert_float_equal(f->last.input_v, 0, 1e-9);
	assert_true(isnan(f->last.battery_v));
	assert_float_equal(f->last.temperature_c, 31, 1e-9);
	assert_int_equal(nut_waiting(f->n), 0);
}

static void test_a_byte_at_a_time(void **state)
{
	static const char text[] = "VAR apc ups.status \"OB\"\r\nVAR eaton ups.status OL\n";
	struct fixture *f = *state;

	know(f);
	nut_ask_status(f->n, &f->asked);
	f->told[0] = '\0';
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_int_equal(nut_put(f->n, text + i, 1), 0);
	assert_string_equal(f->told, "status 0 2; status 1 1; ");
}

static void test_refusals_keep_their_order(void **state)
{
	struct fixture *f = *state;

	know(f);
	nut_ask_status(f->n, &f->asked);
	assert_int_equal(say(f, "ERR DATA-STALE\nVAR eaton ups.status \"OL\"\n"), 0);
	assert_string_equal(f->told, "refused 0 DATA-STALE; status 1 1; ");
	nut_ask_list(f->n, &f->asked);
	assert_int_equal(say(f, "ERR ACCESS-DENIED\n"), 0);
	assert_string_equal(f->told, "refused -1 ACCESS-DENIED; ");
	assert_int_equal(say(f, "ERR\n"), -EPROTO); /* nobody asked */
}

static void test_what_no_upsd_says(void **state)
{
	static const char *const wrong[] = {"HELLO\n", "VAR apc ups.status\n", "VAR other ups.status \"OL\"\n",
	        "VAR apc battery.charge \"1\"\n", "BEGIN LIST UPS\n", "END LIST VAR apc\n", "UPS x \"y\"\n",
	        "VAR apc ups.status \"OL\n", "VAR apc ups.status \"OL\\", "VAR apc \"\n", "va\"r\n"};
	struct fixture *f = *state;
	char zero[] = "VAR apc ups.status \"O\0L\"\n";
	char *line = malloc(NUT_LINE_MAX + 2);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		nut_reset(f->n);
		know(f);
		nut_ask_status(f->n, &f->asked);
		buf_reset(&f->asked);
		int status = say(f, wrong[i]);
		assert_true(status == -EPROTO || (!status && nut_waiting(f->n) == 2 && !strchr(wrong[i], '\n')));
	}
	nut_reset(f->n);
	know(f);
	nut_ask_status(f->n, &f->asked);
	buf_reset(&f->asked);
	assert_int_equal(nut_put(f->n, zero, sizeof(zero) - 1), -EPROTO);
	nut_reset(f->n);
	memset(line, 'a', NUT_LINE_MAX + 1);
	assert_int_equal(nut_put(f->n, line, NUT_LINE_MAX), 0);
	assert_int_equal(nut_put(f->n, line, 1), -EPROTO); /* a line without end */
	free(line);
}

static void test_too_much_is_passed_over_or_ends_it(void **state)
{
	struct fixture *f = *state;
	char text[64];

	nut_ask_list(f->n, &f->asked);
	assert_int_equal(say(f, "BEGIN LIST UPS\nUPS ../etc \"\"\nUPS a/b \"\"\nUPS .x \"\"\nUPS a:b \"\"\n"), 0);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "UPS ups%d \"x\"\n", i);
		assert_int_equal(say(f, text), 0);
	}
	assert_int_equal(say(f, "END LIST UPS\n"), 0);
	assert_string_equal(f->told, "listed 8 ; ");
	assert_string_equal(nut_name(f->n, 0), "ups0");
	nut_set_only(f->n, "a");
	nut_ask_readings(f->n, &f->asked);
	assert_int_equal(say(f, "BEGIN LIST VAR a\n"), 0);
	int status = 0, lines = 0;
	while (!status && ++lines < 5000)
		status = say(f, "VAR a x.y \"1\"\n");
	assert_int_equal(status, -EPROTO);
	assert_in_range(lines, VARS_MAX - 2, VARS_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_list_status_and_readings, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_byte_at_a_time, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_refusals_keep_their_order, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_no_upsd_says, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_too_much_is_passed_over_or_ends_it, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
