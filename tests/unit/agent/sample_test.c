/* sample: rows become one batch with the dictionary it needs; hints go when a state changes, and anew when asked. */
#include "agent/sample.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct sink {
	unsigned batches, hints, rows, dicts;
	int64_t first_boot_ms, since_boot_ms;
	bool fresh, up;
	enum reason reason;
};

static uint32_t on_number(void *arg, enum metric_class_id class_id, const char *instance, bool *fresh)
{
	*fresh = ((struct sink *)arg)->fresh;
	return (uint32_t)class_id * 10 + (uint32_t)strlen(instance);
}

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	(void)set;
	(void)boot_ms;
	(void)values;
	assert_true(count > 0);
	((struct sink *)arg)->rows++;
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	(void)set;
	(void)instance;
	assert_non_null(metric_class_named(class_name));
	assert_int_equal(layout, metric_class_named(class_name)->layout);
	((struct sink *)arg)->dicts++;
}

static void on_batch(void *arg, int64_t first_boot_ms, const uint8_t *body, size_t len)
{
	static const struct batch_handlers handlers = {.on_row = on_row, .on_dict = on_dict};
	struct sink *s = arg;

	s->batches++;
	s->first_boot_ms = first_boot_ms;
	assert_true(len <= BATCH_BYTES_MAX);
	assert_int_equal(batch_decode(body, len, &handlers, s, NULL), 0);
}

static void on_hint(void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *instance, bool up,
        enum reason reason, int64_t since_boot_ms)
{
	struct sink *s = arg;

	(void)boot_ms;
	(void)class_id;
	(void)instance;
	s->hints++;
	s->up = up;
	s->reason = reason;
	s->since_boot_ms = since_boot_ms;
}

static struct sample *open_sample(struct sink *s)
{
	return sample_new(&(struct sample_sink){.number = on_number, .batch = on_batch, .hint = on_hint, .arg = s});
}

static void test_one_batch_a_step(void **state)
{
	struct sink k = {.fresh = true};
	struct sample *s = open_sample(&k);
	int64_t values[METRIC_COLUMNS_MAX] = {1, 2, 3};

	(void)state;
	sample_seal(s);
	assert_int_equal(k.batches, 0); /* nothing gathered, nothing given */
	sample_row(s, CLASS_HOST, "", 7000, values);
	sample_row(s, CLASS_SERVICE, "land", 7100, values);
	sample_row(s, CLASS_SERVICE, "land", 7200, values);
	sample_row(s, CLASS_SERVICE, "../etc", 7200, values); /* no instance of ours */
	sample_event(s, 7300, "carrier", "eth0 down");
	sample_seal(s);
	assert_int_equal(k.batches, 1);
	assert_int_equal(k.rows, 3);
	assert_int_equal(k.dicts, 2); /* once in a batch, however often it is fresh */
	assert_int_equal(k.first_boot_ms, 7000);
	sample_row(s, CLASS_HOST, "", 17000, values);
	sample_seal(s);
	assert_int_equal(k.dicts, 3); /* still fresh: the batch before was not stored */
	k.fresh = false;
	sample_row(s, CLASS_HOST, "", 27000, values);
	sample_seal(s);
	assert_int_equal(k.dicts, 3);
	assert_int_equal(k.first_boot_ms, 27000);
	sample_free(s);
}

static uint32_t on_number_each(void *arg, enum metric_class_id class_id, const char *instance, bool *fresh)
{
	(void)arg;
	(void)class_id;
	*fresh = true;
	return (uint32_t)atoi(instance);
}

/* Many sets with one row each of the largest values: the worst that a batch can hold. */
static void test_large_step_is_several_batches(void **state)
{
	struct sink k = {0};
	struct sample *s = sample_new(&(struct sample_sink){on_number_each, on_batch, on_hint, &k});
	int64_t values[METRIC_COLUMNS_MAX];
	char name[METRIC_INSTANCE_MAX];

	(void)state;
	for (int i = 0; i < METRIC_COLUMNS_MAX; i++)
		values[i] = INT64_MAX / 5;
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%063d", i);
		sample_row(s, CLASS_INTERFACE, name, 1000 + i, values);
	}
	sample_seal(s);
	assert_true(k.batches > 1);
	assert_int_equal(k.rows, 20000);
	assert_int_equal(k.dicts, 20000);
	sample_free(s);
}

static void test_hints_on_change(void **state)
{
	struct sink k = {0};
	struct sample *s = open_sample(&k);

	(void)state;
	sample_hint(s, 1000, CLASS_SERVICE, "land", true, REASON_OK);
	sample_hint(s, 2000, CLASS_SERVICE, "land", true, REASON_OK);
	assert_int_equal(k.hints, 1);
	sample_hint(s, 3000, CLASS_SERVICE, "land", false, REASON_REFUSED);
	assert_int_equal(k.hints, 2);
	assert_false(k.up);
	assert_int_equal(k.since_boot_ms, 3000);
	sample_hint(s, 4000, CLASS_SERVICE, "land", false, REASON_TIMEOUT); /* the reason alone is no change */
	assert_int_equal(k.hints, 2);
	sample_hint(s, 4000, CLASS_UPLINK, "", true, REASON_OK);
	k.hints = 0;
	sample_repeat_hints(s);
	assert_int_equal(k.hints, 2);
	sample_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_one_batch_a_step),
	        cmocka_unit_test(test_large_step_is_several_batches),
	        cmocka_unit_test(test_hints_on_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
