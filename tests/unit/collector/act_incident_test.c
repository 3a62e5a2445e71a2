/* Acts on incidents: what is refused and in what words, what stands in the journal. */
#include "act_scene.h"

#include "collector/act_incident.c"

static int say(struct scene *s, void (*run)(struct act *), enum user_role role, const char *incident, const char *text)
{
	return scene_run(s, run, role, json_pack("{s:s, s:s}", "incident", incident, "text", text));
}

static void test_what_is_not_there_is_named(void **state)
{
	struct scene *s = *state;
	static void (*const acts[])(struct act *) = {act_ack, act_comment, act_close, act_ticket, act_merge};
	for (size_t k = 0; k < sizeof acts / sizeof acts[0]; k++) {
		assert_int_equal(say(s, acts[k], ROLE_ADMIN, "nothing", "words"), 404);
		assert_string_equal(scene_answered(s, "error"), "incident: there is no incident \"nothing\"");
		assert_int_equal(say(s, acts[k], ROLE_ADMIN, "", "words"), 400);
	}
	assert_int_equal(scene_audited(s), 0);
}

static void test_words_have_a_length(void **state)
{
	struct scene *s = *state;
	char *text = mem_alloc(5000);
	memset(text, 'x', 4001);
	assert_int_equal(say(s, act_comment, ROLE_TECHNICIAN, "down", ""), 400);
	assert_int_equal(say(s, act_comment, ROLE_TECHNICIAN, "down", text), 400);
	assert_string_equal(scene_answered(s, "error"), "text: 1 to 4000 bytes expected");
	assert_int_equal(say(s, act_ack, ROLE_TECHNICIAN, "down", text), 400);
	text[101] = 0;
	assert_int_equal(say(s, act_ticket, ROLE_TECHNICIAN, "down", text), 400);
	assert_int_equal(say(s, act_close, ROLE_TECHNICIAN, "quiet", ""), 400);
	assert_int_equal(scene_audited(s), 0);
	text[100] = 0;
	assert_int_equal(say(s, act_ticket, ROLE_TECHNICIAN, "down", text), 0);
	assert_int_equal(scene_audited(s), 1);
	free(text);
}

static void test_acts_stand_in_the_journal(void **state)
{
	struct scene *s = *state;
	assert_int_equal(say(s, act_comment, ROLE_TECHNICIAN, "down", "đã gọi xã"), 0);
	assert_string_equal(scene_answered(s, "incident"), "down");
	json_t *o = scene_audit(s, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "act")), "comment");
	assert_string_equal(json_string_value(json_object_get(o, "by")), "lan");
	assert_string_equal(json_string_value(json_object_get(o, "target")), "down");
	assert_string_equal(json_string_value(json_object_get(o, "text")), "đã gọi xã");
	assert_string_equal(json_string_value(json_object_get(o, "door")), "web");
	json_decref(o);
	/* of what was merged: done to what took it up */
	assert_int_equal(say(s, act_ack, ROLE_TECHNICIAN, "part", ""), 0);
	assert_string_equal(scene_answered(s, "incident"), "down");
}

static void test_closing(void **state)
{
	struct scene *s = *state;
	assert_int_equal(say(s, act_close, ROLE_ADMIN, "over", "why"), 409);
	assert_int_equal(say(s, act_close, ROLE_ADMIN, "down", "why"), 409);
	assert_non_null(strstr(scene_answered(s, "error"), "still down: service:land@mk-srv1"));
	assert_int_equal(scene_audited(s), 0);
	json_t *forced = json_pack("{s:s, s:s, s:b}", "incident", "down", "text", "a new one comes", "forced", 1);
	assert_int_equal(scene_run(s, act_close, ROLE_TECHNICIAN, json_incref(forced)), 403);
	assert_int_equal(scene_audited(s), 0);
	assert_int_equal(scene_run(s, act_close, ROLE_ADMIN, forced), 0);
	json_t *o = scene_audit(s, NULL);
	assert_true(json_is_true(json_object_get(o, "forced")));
	json_decref(o);
	assert_int_equal(say(s, act_close, ROLE_TECHNICIAN, "quiet", "moved away"), 0);
	assert_int_equal(scene_audited(s), 2);
}

static void test_merging(void **state)
{
	struct scene *s = *state;
	static const struct {
		const char *from, *into;
		int status;
	} rows[] = {{"quiet", "nothing", 404}, {"quiet", "", 400}, {"quiet", "quiet", 409}, {"part", "down", 409},
	        {"down", "part", 409}, {"quiet", "part", 0}};
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		assert_int_equal(scene_run(s, act_merge, ROLE_TECHNICIAN,
		                         json_pack("{s:s, s:s}", "incident", rows[k].from, "into", rows[k].into)),
		        rows[k].status);
	json_t *o = scene_audit(s, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "target")), "quiet");
	assert_string_equal(json_string_value(json_object_get(o, "into")), "down");
	json_decref(o);
}

/* A body cannot say who did it. */
static void test_members_of_the_record_are_ours(void **state)
{
	struct scene *s = *state;
	assert_int_equal(scene_run(s, act_comment, ROLE_TECHNICIAN,
	                         json_pack("{s:s, s:s, s:s, s:s, s:b}", "incident", "down", "text", "x", "by", "chief",
	                                 "door", "reply", "forced", 1)),
	        0);
	json_t *o = scene_audit(s, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "by")), "lan");
	assert_string_equal(json_string_value(json_object_get(o, "door")), "web");
	assert_null(json_object_get(o, "forced"));
	json_decref(o);
}

static void test_one_incident_whole(void **state)
{
	struct scene *s = *state;
	assert_int_equal(scene_run(s, act_incident, ROLE_VIEWER, json_pack("{s:s}", "incident", "down")), 0);
	assert_string_equal(scene_answered(s, "id"), "down");
	static const char *const keys[] = {"site", "node", "service", "cause", "final_cause", "confidence", "severity",
	        "state", "merged_into", "opened_at", "detected_at", "resolved_at", "evidence", "affects", "mails",
	        "cause_now", "first_confidence", "runner_up", "ruled_out", "disputed", "facts", "why_final_vi",
	        "why_final_en", "sites", "carrier", "circuit", "reopened", "flaps", "excused", "acked_how", "closed_by",
	        "close_reason", "comments", "tickets", "complaints", "minutes_lost", "acts", "still_down", "merged",
	        "causes", "cause_vi", "site_names"};
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		if (!json_object_get(s->answer, keys[k]))
			fail_msg("an incident has no %s", keys[k]);
	assert_string_equal(json_string_value(json_array_get(json_object_get(s->answer, "merged"), 0)), "part");
	assert_int_equal(scene_run(s, act_incident, ROLE_VIEWER, json_pack("{s:s}", "incident", "nothing")), 404);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_set_up, scene_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(test_what_is_not_there_is_named),
	        TEST(test_words_have_a_length),
	        TEST(test_acts_stand_in_the_journal),
	        TEST(test_closing),
	        TEST(test_merging),
	        TEST(test_members_of_the_record_are_ours),
	        TEST(test_one_incident_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
