/* Maintenance and planned cuts: targets, times and rights, and what stands in the journal. */
#include "act_scene.h"

#include "collector/act_excuse.c"

static json_t *asked(const char *target, int64_t from_in, int64_t until_in, const char *reason)
{
	int64_t now = clock_wall_ms();
	return json_pack("{s:[s], s:I, s:I, s:s}", "targets", target, "from", (json_int_t)(now + from_in), "until",
	        (json_int_t)(now + until_in), "reason", reason);
}

static void test_what_is_wrong_is_named(void **state)
{
	struct scene *s = *state;
	const int64_t h = 3600000, d = 24 * h;
	const struct {
		const char *target;
		int64_t from, until;
		const char *reason;
		enum user_role role;
		int status;
		const char *said;
	} rows[] = {
	        {"site:mk-hq", 0, h, "", ROLE_ADMIN, 400, "reason: "},
	        {"site:nothing", 0, h, "x", ROLE_ADMIN, 400, "targets: no site has the id \"nothing\""},
	        {"uplink:nothing", 0, h, "x", ROLE_ADMIN, 404, "targets: no line has the id \"nothing\""},
	        {"word", 0, h, "x", ROLE_ADMIN, 400, "targets: nothing has the id \"word\""},
	        {"site:mk-hq", 0, -h, "x", ROLE_ADMIN, 400, "until: a time to come"},
	        {"site:mk-hq", 2 * h, h, "x", ROLE_ADMIN, 400, "until: a time after from"},
	        {"site:mk-hq", 0, 32 * d, "x", ROLE_ADMIN, 400, "until: at most 31 days"},
	        {"site:mk-hq", 500 * d, 501 * d, "x", ROLE_ADMIN, 400, "from: at most 400 days"},
	        {"site:mk-hq", -h, h, "x", ROLE_TECHNICIAN, 403, "from: only an administrator"},
	        {"site:mk-hq", -h, h, "x", ROLE_ADMIN, 0, ""},
	        {"site:mk-hq", -600000, h, "x", ROLE_TECHNICIAN, 0, ""},
	        {"uplink:mk-ts", d, d + h, "x", ROLE_TECHNICIAN, 0, ""},
	};
	int good = 0;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		assert_int_equal(scene_run(s, act_maintenance, rows[k].role,
		                         asked(rows[k].target, rows[k].from, rows[k].until, rows[k].reason)),
		        rows[k].status);
		if (rows[k].status)
			assert_non_null(strstr(scene_answered(s, "error"), rows[k].said));
		good += !rows[k].status;
	}
	assert_int_equal(scene_audited(s), good);
	assert_int_equal(scene_run(s, act_maintenance, ROLE_ADMIN, json_pack("{s:s}", "reason", "x")), 400);
	assert_int_equal(scene_run(s, act_maintenance, ROLE_ADMIN,
	                         json_pack("{s:s, s:[i], s:I}", "reason", "x", "targets", 7, "until",
	                                 (json_int_t)clock_wall_ms() + h)),
	        400);
	assert_int_equal(scene_audited(s), good);
}

static void test_maintenance_is_written(void **state)
{
	struct scene *s = *state;
	json_t *request = asked("mk-hq", 0, 3600000, "Thay router");
	json_object_set_new(request, "id", json_string("swap"));
	assert_int_equal(scene_run(s, act_maintenance, ROLE_TECHNICIAN, json_deep_copy(request)), 0);
	json_t *o = scene_audit(s, NULL), *excuse = json_object_get(o, "excuse");
	assert_string_equal(json_string_value(json_object_get(o, "act")), "maintenance");
	assert_string_equal(json_string_value(json_object_get(excuse, "id")), "swap");
	/* a bare id is made plain */
	assert_string_equal(json_string_value(json_array_get(json_object_get(excuse, "targets"), 0)), "site:mk-hq");
	json_decref(o);
	json_object_set_new(request, "id", json_string("not an id"));
	assert_int_equal(scene_run(s, act_maintenance, ROLE_TECHNICIAN, json_deep_copy(request)), 400);
	json_object_set_new(request, "id", json_string("m1"));
	assert_int_equal(scene_run(s, act_maintenance, ROLE_TECHNICIAN, request), 409);
}

static void test_ending(void **state)
{
	struct scene *s = *state;
	static const struct {
		const char *id;
		int status;
	} rows[] = {{"m1", 0}, {"m0", 409}, {"nothing", 404}, {"", 404}};
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		assert_int_equal(
		        scene_run(s, act_maintenance_end, ROLE_TECHNICIAN, json_pack("{s:s}", "id", rows[k].id)),
		        rows[k].status);
	assert_int_equal(scene_audited(s), 1);
}

static json_t *list_of(const char *approved, bool dry)
{
	char csv[300], from[32], until[32];
	clock_format_utc(clock_wall_ms() + 86400000, from, sizeof from);
	clock_format_utc(clock_wall_ms() + 90000000, until, sizeof until);
	snprintf(
	        csv, sizeof csv, "unit,from,until,words,approved\nMường Khương,%s,%s,điện,%s\n", from, until, approved);
	return json_pack("{s:s, s:b}", "csv", csv, "dry_run", (int)dry);
}

static void test_planned_cuts(void **state)
{
	struct scene *s = *state;
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, json_object()), 400);
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, list_of("maybe", false)), 400);
	assert_non_null(
	        strstr(json_string_value(json_array_get(json_object_get(s->answer, "errors"), 0)), "row 2, approved"));
	/* a dry run lists and writes nothing, whoever asks */
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, list_of("maybe", true)), 0);
	assert_int_equal(json_array_size(json_object_get(s->answer, "problems")), 1);
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, list_of("yes", true)), 0);
	assert_int_equal(json_array_size(json_object_get(s->answer, "planned_cuts")), 1);
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, list_of("yes", false)), 403);
	assert_int_equal(scene_audited(s), 0);
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_TECHNICIAN, list_of("no", false)), 0);
	assert_int_equal(scene_run(s, act_planned_cuts, ROLE_ADMIN, list_of("yes", false)), 0);
	int count;
	json_t *o = scene_audit(s, &count), *cut = json_array_get(json_object_get(o, "excuses"), 0);
	assert_int_equal(count, 2);
	assert_true(json_is_true(json_object_get(cut, "approved")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(cut, "targets"), 0)), "unit:muong-khuong");
	json_decref(o);
}

static void test_lists(void **state)
{
	struct scene *s = *state;
	assert_int_equal(scene_run(s, act_maintenance_list, ROLE_VIEWER, json_object()), 0);
	json_t *list = json_object_get(s->answer, "maintenance");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "state")), "running");
	assert_int_equal(scene_run(s, act_maintenance_list, ROLE_VIEWER, json_pack("{s:b}", "all", 1)), 0);
	assert_int_equal(json_array_size(json_object_get(s->answer, "maintenance")), 2);
	assert_int_equal(scene_run(s, act_planned_cuts_list, ROLE_VIEWER, json_object()), 0);
	assert_int_equal(json_array_size(json_object_get(s->answer, "planned_cuts")), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(test_what_is_wrong_is_named),
	        TEST(test_maintenance_is_written),
	        TEST(test_ending),
	        TEST(test_planned_cuts),
	        TEST(test_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
