/* Signed marks at core's door: who is taken, who is refused and written down, and how often. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/core.h"

json_t *incident_of_test(struct view *v, const char *id, const char **why);
#define view_incident incident_of_test
#include "collector/act_mail.c"
#undef view_incident

#include "collector/coredb.h"
#include "common/memory.h"

static const char *state_now = "open";

/* "i1"; "part", which has become part of i1; nothing else. */
json_t *incident_of_test(struct view *v, const char *id, const char **why)
{
	bool part = !strcmp(id, "part");

	(void)v;
	*why = "";
	if (strcmp(id, "i1") && !part)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:I}", "id", id, "state", part ? "merged" : state_now,
	        "merged_into", part ? "i1" : "", "acked_by", strcmp(state_now, "acknowledged") ? NULL : "chief",
	        "summary_vi", "Mất kênh", "opened_at", (json_int_t)1751330520000);
}

struct scene {
	struct core core;
	struct inventory inv;
	struct contact contacts[2];
	char dir[64];
	json_t *answer;
};

static int scene_open(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct journal_limits limits = {0};

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/act_mail_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->contacts[0] = (struct contact){
	        .id = (char *)"oncall", .name = (char *)"Trực kỹ thuật", .mail = (char *)"oncall@laocai.example"};
	s->contacts[1] = (struct contact){.id = (char *)"chief",
	        .name = (char *)"The Chief",
	        .mail = (char *)"chief@laocai.example",
	        .language = LANGUAGE_EN};
	s->inv.contacts = s->contacts;
	s->inv.contact_count = 2;
	s->core.inventory = &s->inv;
	s->core.view = (struct view *)s; /* only asked whether it is there */
	memset(s->core.ack_key, 7, sizeof(s->core.ack_key));
	uv_loop_init(&s->core.loop);
	uv_check_init(&s->core.loop, &s->core.wake);
	s->core.wake.data = &s->core;
	assert_int_equal(journal_open(&s->core.journal, &s->core.loop, s->dir, &limits, NULL, NULL), 0);
	state_now = "open";
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int scene_close(void **state)
{
	struct scene *s = *state;

	s->core.stopping = true;
	journal_close(s->core.journal);
	uv_close((uv_handle_t *)&s->core.wake, NULL);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	json_decref(s->answer);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static void on_answer(const json_t *answer, void *arg)
{
	struct scene *s = arg;

	json_decref(s->answer);
	s->answer = json_incref((json_t *)answer);
}

/* The result or why not. */
static const char *run(struct scene *s, enum act_door door, json_t *request)
{
	acts_run(&s->core, request, door, NULL, on_answer, s);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	return *member(s->answer, "result") ? member(s->answer, "result") : member(s->answer, "why");
}

/* Records of that act, the last one's "by", "door" and "text" as one text. */
static int audited(struct scene *s, const char *act, char *last, size_t size)
{
	struct follower *f;
	struct record r;
	int n = 0;

	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	while (follower_next(f, &r) == 1) {
		json_t *body = json_loadb((const char *)r.body, r.body_len, 0, NULL);

		if (!strcmp(member(body, "act"), act) && ++n && last)
			snprintf(
			        last, size, "%s %s %s", member(body, "by"), member(body, "door"), member(body, "text"));
		json_decref(body);
	}
	follower_close(f);
	return n;
}

static json_t *by_link(struct scene *s, const char *act, const char *incident, const char *contact, int64_t life_ms)
{
	struct ackmark m = {.expires_at = clock_wall_ms() + life_ms};
	char link[ACKMARK_LINK_SIZE];

	strcpy(m.incident, incident);
	strcpy(m.contact, contact);
	assert_int_equal(ackmark_link(s->core.ack_key, &m, link), 0);
	return json_pack("{s:s, s:s, s:s}", "act", act, "mark", link, "address", "::1");
}

static json_t *by_reply(struct scene *s, const char *from, const char *incident, const char *contact, bool automatic)
{
	struct ackmark m = {.expires_at = clock_wall_ms() + 60000};
	char tag[ACKMARK_TAG_SIZE];
	char *id, *root;
	json_t *o;

	strcpy(m.incident, incident);
	strcpy(m.contact, contact);
	assert_int_equal(ackmark_tag(s->core.ack_key, &m, tag), 0);
	id = mem_printf("<open.%s.%s.%s@laocai.example>", incident, contact, tag);
	root = mem_printf("%s", "<elsewhere@x>");
	o = json_pack("{s:s, s:s, s:[s, s], s:s, s:b}", "act", "ack-reply", "from", from, "ids", root, id, "text",
	        "đang tới", "automatic", automatic);
	free(id);
	free(root);
	return o;
}

static void showing_writes_nothing(void **state)
{
	struct scene *s = *state;

	run(s, DOOR_WEB, by_link(s, "ack-show", "i1", "chief", 60000));
	assert_string_equal(member(s->answer, "language"), "en");
	assert_string_equal(member(s->answer, "contact"), "The Chief");
	assert_string_equal(member(s->answer, "state"), "open");
	assert_null(json_object_get(s->answer, "facts"));
	assert_int_equal(audited(s, "ack", NULL, 0) + audited(s, "ack-refused", NULL, 0), 0);
}

static void a_link_acknowledges_once(void **state)
{
	struct scene *s = *state;
	char last[200];

	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "i1", "oncall", 60000)), "acknowledged");
	assert_int_equal(audited(s, "ack", last, sizeof(last)), 1);
	assert_string_equal(last, "oncall link ");
	state_now = "acknowledged";
	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "i1", "oncall", 60000)), "already");
	assert_string_equal(member(s->answer, "acked_by"), "The Chief");
	state_now = "resolved";
	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "i1", "oncall", 60000)), "over");
	assert_int_equal(audited(s, "ack", NULL, 0), 1);
}

static void a_part_acknowledges_the_whole(void **state)
{
	struct scene *s = *state;

	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "part", "oncall", 60000)), "acknowledged");
	assert_string_equal(member(s->answer, "id"), "i1");
}

static void refusals_say_why_and_are_written_down(void **state)
{
	struct scene *s = *state;
	char last[200];

	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "i1", "oncall", -1000)), "expired");
	audited(s, "ack-refused", last, sizeof(last));
	assert_string_equal(last, "oncall link expired");
	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "gone", "oncall", 60000)), "incident");
	assert_string_equal(run(s, DOOR_WEB, by_link(s, "ack-link", "i1", "nobody", 60000)), "contact");
	assert_string_equal(run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", "ack-link", "mark", "AQ.AQ")), "forged");
	assert_string_equal(run(s, DOOR_WEB, json_pack("{s:s}", "act", "ack-show")), "forged");
	assert_int_equal(json_integer_value(json_object_get(s->answer, "status")), 403);
	assert_int_equal(audited(s, "ack-refused", NULL, 0), 5);
	assert_int_equal(audited(s, "ack", NULL, 0), 0);
}

static void answers_need_person_and_mail(void **state)
{
	struct scene *s = *state;
	char last[200];

	assert_string_equal(run(s, DOOR_TELL, by_reply(s, "stranger@x.example", "i1", "oncall", false)), "sender");
	assert_string_equal(run(s, DOOR_TELL, by_reply(s, "chief@laocai.example", "i1", "oncall", false)), "forged");
	assert_string_equal(run(s, DOOR_TELL, by_reply(s, "oncall@laocai.example", "i1", "oncall", true)), "automatic");
	assert_string_equal(
	        run(s, DOOR_TELL, json_pack("{s:s, s:s}", "act", "ack-reply", "from", "oncall@laocai.example")),
	        "sender");
	assert_string_equal(run(s, DOOR_TELL, json_pack("{s:s}", "act", "ack-reply")), "sender");
	assert_int_equal(audited(s, "ack", NULL, 0), 0);
	assert_string_equal(
	        run(s, DOOR_TELL, by_reply(s, "OnCall@LaoCai.example", "i1", "oncall", false)), "acknowledged");
	audited(s, "ack", last, sizeof(last));
	assert_string_equal(last, "oncall reply đang tới");
	run(s, DOOR_WEB, by_reply(s, "oncall@laocai.example", "i1", "oncall", false));
	assert_int_equal(json_integer_value(json_object_get(s->answer, "status")), 403); /* tell's alone */
}

static void a_flood_does_not_fill_the_journal(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 200; i++)
		run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", "ack-link", "mark", "AQ.AQ"));
	assert_int_equal(audited(s, "ack-refused", NULL, 0), AUDITED_PER_MINUTE);
	assert_int_equal(s->core.ack_refusals[0].passed_over, 200 - AUDITED_PER_MINUTE);
	/* the other door is heard all the same */
	run(s, DOOR_TELL, by_reply(s, "stranger@x.example", "i1", "oncall", false));
	assert_int_equal(audited(s, "ack-refused", NULL, 0), AUDITED_PER_MINUTE + 1);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(showing_writes_nothing),
	        SCENE(a_link_acknowledges_once),
	        SCENE(a_part_acknowledges_the_whole),
	        SCENE(refusals_say_why_and_are_written_down),
	        SCENE(answers_need_person_and_mail),
	        SCENE(a_flood_does_not_fill_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
