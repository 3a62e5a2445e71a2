/* hooks: from outbox rows to receivers: in order, each at its own pace, signed or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/hooks.c"
#include "tests/unit/collector/tell/desk.h"
#include "tests/unit/collector/tell/hook.h"

struct place {
	struct room *room;
	uv_loop_t loop;
	struct hooks *h;
};

static void keys_give(struct place *p, const char *secret)
{
	struct buf b = {0};
	struct cursor c;

	buf_put_varint(&b, 2);
	buf_put_str(&b, "chat");
	buf_put_blob(&b, secret, strlen(secret));
	buf_put_blob(&b, NULL, 0);
	buf_put_str(&b, "other");
	buf_put_blob(&b, NULL, 0);
	buf_put_blob(&b, NULL, 0);
	c = cursor_of(b.data, b.len);
	hooks_set_keys(p->h, &c);
	buf_free(&b);
}

static void place_begin(struct place *p)
{
	uv_loop_init(&p->loop);
	assert_int_equal(hooks_open(&p->h, &p->loop, p->room->desk.outbox, 500), 0);
	hooks_set_inventory(p->h, p->room->inv);
}

static void place_end(struct place *p)
{
	hooks_close(p->h);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&p->loop), 0);
	hooks_free(p->h);
}

static void place_open(struct place *p, const char *chat, const char *other)
{
	char *alerts = mem_printf(
	        "alerts: { webhooks: [ { id: chat, url: \"%s\", secret_file: s }, { id: other, url: \"%s\" } "
	        "] }\n",
	        chat, other);

	p->room = room_new(alerts);
	free(alerts);
	place_begin(p);
}

static void place_close(struct place *p)
{
	place_end(p);
	room_free(p->room);
}

static void owe(struct place *p, const char *incident, const char *kind, const char *contact)
{
	assert_int_equal(
	        outbox_put(p->room->desk.outbox, incident, kind, contact, clock_wall_ms(), "{\"id\":\"i\"}"), 1);
}

static void run_until(struct place *p, int64_t done)
{
	struct outbox_figures f;

	hooks_kick(p->h);
	for (;;) {
		f = outbox_hook_figures(p->room->desk.outbox);
		if (f.sent + f.failed >= done)
			return;
		uv_run(&p->loop, UV_RUN_ONCE);
	}
}

static void in_order_with_one_id_each(void **state)
{
	struct place p;
	struct hook chat, other;
	char *text;

	(void)state;
	hook_start(&chat, "204", NULL);
	hook_start(&other, "204", NULL);
	place_open(&p, chat.url, other.url);
	owe(&p, "i1", "open", "hook:chat");
	owe(&p, "i1", "resolve", "hook:chat");
	owe(&p, "i1", "open", "hook:other");
	owe(&p, "i1", "open", "an"); /* a mail is none of ours */
	hooks_kick(p.h);
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).queued, 3); /* core has not said the secrets yet */
	keys_give(&p, "a secret of sixteen");
	run_until(&p, 3);
	text = hook_post(&chat, 1);
	assert_non_null(strstr(text, "X-Sansang-Id: open.i1.chat\n"));
	assert_non_null(strstr(text, "X-Sansang-Signature: t="));
	assert_non_null(strstr(text, "{\"id\":\"open.i1.chat\",\"kind\":\"open\",\"at\":"));
	assert_non_null(strstr(text, "\"province\":\"lao-cai\",\"incident\":{\"id\":\"i\"}}"));
	free(text);
	text = hook_post(&chat, 2);
	assert_non_null(strstr(text, "X-Sansang-Id: resolve.i1.chat\n"));
	free(text);
	text = hook_post(&other, 1);
	assert_null(strstr(text, "Signature"));
	free(text);
	assert_int_equal(outbox_figures(p.room->desk.outbox).queued, 1);
	place_close(&p);
	hook_clear(&chat);
	hook_clear(&other);
}

static void one_that_stalls_keeps_nobody_waiting(void **state)
{
	struct place p;
	struct hook chat, other;

	(void)state;
	hook_start(&chat, "stall", NULL);
	hook_start(&other, "204", NULL);
	place_open(&p, chat.url, other.url);
	keys_give(&p, "a secret of sixteen");
	owe(&p, "i1", "open", "hook:chat");
	owe(&p, "i2", "open", "hook:chat");
	for (int i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), "i%d", i);
		owe(&p, id, "open", "hook:other");
	}
	run_until(&p, 5);
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).sent, 5);
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).queued, 2);
	assert_null(hook_post(&chat, 2)); /* the second waits behind the first */
	place_close(&p);
	hook_clear(&chat);
	hook_clear(&other);
}

static void refused_for_good_and_gone(void **state)
{
	struct place p;
	struct hook chat;

	(void)state;
	hook_start(&chat, "403", "204");
	place_open(&p, chat.url, "http://127.0.0.1:1/");
	keys_give(&p, "a secret of sixteen");
	owe(&p, "i1", "open", "hook:chat");
	owe(&p, "i2", "open", "hook:chat");
	owe(&p, "i2", "open", "hook:nowhere");
	run_until(&p, 3);
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).failed, 2);
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).sent, 1);
	place_close(&p);
	hook_clear(&chat);
}

static void without_its_secret_nothing_is_sent(void **state)
{
	struct place p;
	struct hook chat;

	(void)state;
	hook_start(&chat, "204", NULL);
	place_open(&p, chat.url, "http://127.0.0.1:1/");
	keys_give(&p, "");
	owe(&p, "i1", "open", "hook:chat");
	hooks_kick(p.h);
	uv_run(&p.loop, UV_RUN_NOWAIT);
	assert_null(hook_post(&chat, 1));
	assert_int_equal(outbox_hook_figures(p.room->desk.outbox).queued, 1);
	place_close(&p);
	hook_clear(&chat);
}

/* Killed with a post on its way: it is sent again under the same id. */
static void after_a_kill_it_has_the_same_id(void **state)
{
	struct place p;
	struct hook chat;
	struct outbox_row row;
	int64_t due;
	char *text;

	(void)state;
	hook_start(&chat, "204", NULL);
	place_open(&p, chat.url, "http://127.0.0.1:1/");
	owe(&p, "i1", "open", "hook:chat");
	assert_int_equal(outbox_next_hook(p.room->desk.outbox, clock_wall_ms(), &row, &due), 1);
	outbox_row_clear(&row);
	place_end(&p);
	room_outbox(p.room);
	place_begin(&p);
	keys_give(&p, "a secret of sixteen");
	run_until(&p, 1);
	text = hook_post(&chat, 1);
	assert_non_null(strstr(text, "X-Sansang-Id: open.i1.chat\n"));
	free(text);
	place_close(&p);
	hook_clear(&chat);
}

static void broken_keys_leave_what_was(void **state)
{
	static const uint8_t broken[] = {2, 4, 'c', 'h', 'a', 't', 9, 'x'};
	struct cursor c = cursor_of(broken, sizeof(broken)), none = cursor_of(NULL, 0);
	struct place p;

	(void)state;
	place_open(&p, "http://127.0.0.1:1/", "http://127.0.0.1:1/");
	keys_give(&p, "a secret of sixteen");
	hooks_set_keys(p.h, &c);
	hooks_set_keys(p.h, &none);
	assert_string_equal(key_find(p.h, "chat")->secret, "a secret of sixteen");
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(in_order_with_one_id_each),
	        cmocka_unit_test(one_that_stalls_keeps_nobody_waiting),
	        cmocka_unit_test(refused_for_good_and_gone),
	        cmocka_unit_test(without_its_secret_nothing_is_sent),
	        cmocka_unit_test(after_a_kill_it_has_the_same_id),
	        cmocka_unit_test(broken_keys_leave_what_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
