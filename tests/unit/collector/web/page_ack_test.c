/* The page of a mark: what it shows of core's answers, whose POST it believes, how much one address may ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "collector/web/web.h"

void core_of_test(struct request *r, json_t *json, web_on_reply on_reply);
#define web_ask_core core_of_test
#include "collector/web/page_ack.c"
#undef web_ask_core

struct house {
	struct collector_config config;
	struct web web;
	char *answer; /* core's next */
	char asked[600];
};

/* Its answers come at once. */
void core_of_test(struct request *r, json_t *json, web_on_reply on_reply)
{
	struct house *h = (struct house *)((char *)r->web - offsetof(struct house, web));
	struct cursor c = cursor_of(h->answer, strlen(h->answer));

	snprintf(h->asked, sizeof(h->asked), "%s %s", json_string_value(json_object_get(json, "act")),
	        json_string_value(json_object_get(json, "mark")));
	json_decref(json);
	on_reply(r, &c);
}

static int house_open(void **state)
{
	struct house *h = mem_alloc(sizeof(*h));

	h->web.config = &h->config;
	h->web.cache = cache_new();
	h->web.page_ack = page_ack_new("Asia/Ho_Chi_Minh");
	h->web.peers[PEER_CORE][0] = (struct channel *)h; /* only asked whether it is there */
	*state = h;
	return 0;
}

static int house_close(void **state)
{
	struct house *h = *state;

	page_ack_free(h->web.page_ack);
	cache_free(h->web.cache);
	free(h);
	return 0;
}

#define OPEN                                                                                                           \
	"{\"contact\":\"An "                                                                                           \
	"<b>\",\"language\":\"vi\",\"state\":\"open\",\"opened_at\":1751330520000,\"unit_name\":\"Xã Pha Long\","     \
	"\"summary_vi\":\"Mất kênh & điện\",\"summary_en\":\"Line down\",\"id\":\"i1\"}"

/* Gives the status; the page goes to *page (malloc'ed) when it is asked for. */
static unsigned ask(struct house *h, bool post, const char *body, const char *origin, const char *site, char **page)
{
	struct request *r = request_new(&h->web);
	unsigned status;

	strcpy(r->id, "AQ.mark");
	strcpy(r->address, "192.0.2.1");
	strcpy(r->host, "sansang.example:8443");
	strcpy(r->origin, origin);
	strcpy(r->fetch_site, site);
	r->method = post ? METHOD_POST : METHOD_GET;
	if (body)
		buf_put(&r->body, body, strlen(body));
	*h->asked = '\0';
	(post ? page_ack_press : page_ack_show)(r);
	assert_true(r->answered);
	status = r->status;
	if (page)
		*page = mem_strn((char *)r->answer->data, r->answer->len);
	request_release(r);
	return status;
}

static void it_shows_and_offers(void **state)
{
	struct house *h = *state;
	char *page;

	h->answer = (char *)OPEN;
	assert_int_equal(ask(h, false, NULL, "", "", &page), 200);
	assert_string_equal(h->asked, "ack-show AQ.mark");
	assert_non_null(strstr(page, "Mất kênh &#38; điện"));
	assert_non_null(strstr(page, "07:42:00 ngày 01/07/2025"));
	assert_non_null(strstr(page, "<form method=\"post\" action=\"/a/AQ.mark\">"));
	assert_non_null(strstr(page, "An &#60;b&#62;"));
	assert_null(strstr(page, "<script"));
	free(page);
	h->answer = (char *)"{\"contact\":\"An\",\"language\":\"en\",\"state\":\"resolved\",\"resolved_at\":"
	                    "1751330520000,\"opened_at\":1751330520000}";
	assert_int_equal(ask(h, false, NULL, "", "", &page), 200);
	assert_null(strstr(page, "<form"));
	assert_non_null(strstr(page, "Over since 07:42:00 on 2025-07-01"));
	free(page);
}

static void only_its_own_form_is_believed(void **state)
{
	static const struct {
		const char *body, *origin, *site;
		bool asked;
	} cases[] = {{"mark=AQ.mark", "https://sansang.example:8443", "same-origin", true},
	        {"mark=AQ.mark", "null", "same-origin", true}, {"mark=AQ.mark", "null", "", true},
	        {"mark=AQ.mark", "", "", true}, {"mark=AQ.mark", "https://SANSANG.example:8443", "", true},
	        {"mark=AQ.mark", "https://evil.example", "", false}, {"mark=AQ.mark", "null", "cross-site", false},
	        {"mark=AQ.mark", "https://sansang.example:8443", "same-site", false},
	        {"mark=AQ.mark", "https://sansang.example:8443.evil", "", false},
	        {"mark=AQ.mark", "sansang.example:8443", "", false}};
	static const char *const bodies[] = {
	        "", "mark=", "mark=AQ.mar", "mark=AQ.mark2", "x=1&mark=AQ.mark", "MARK=AQ.mark"};
	struct house *h = *state;

	h->answer = (char *)"{\"result\":\"acknowledged\",\"contact\":\"An\",\"language\":\"vi\",\"state\":\"open\","
	                    "\"opened_at\":1}";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned status = ask(h, true, cases[i].body, cases[i].origin, cases[i].site, NULL);

		if (status != (cases[i].asked ? 200 : 403) || !*h->asked == cases[i].asked)
			fail_msg("case %zu: %u %s", i, status, h->asked);
	}
	/* without the mark core is asked with none, refuses, and writes that down */
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		ask(h, true, bodies[i], "", "", NULL);
		assert_string_equal(h->asked, "ack-link ");
	}
}

static void refusals_are_pages_in_both_languages(void **state)
{
	struct house *h = *state;
	char *page;

	h->answer = (char *)"{\"error\":\"x\",\"status\":403,\"why\":\"expired\"}";
	assert_int_equal(ask(h, false, NULL, "", "", &page), 403);
	assert_non_null(strstr(page, "đã hết hạn"));
	assert_non_null(strstr(page, "has expired"));
	free(page);
	h->answer = (char *)"{\"error\":\"x\",\"status\":503}";
	assert_int_equal(ask(h, false, NULL, "", "", NULL), 503);
	h->answer = (char *)"not json";
	assert_int_equal(ask(h, false, NULL, "", "", NULL), 503);
	h->web.peers[PEER_CORE][0] = NULL;
	assert_int_equal(ask(h, true, "mark=AQ.mark", "", "", NULL), 503);
}

static void one_address_does_not_ask_for_ever(void **state)
{
	struct house *h = *state;
	unsigned status = 0;

	h->answer = (char *)"{\"error\":\"x\",\"status\":403,\"why\":\"forged\"}";
	for (int i = 0; i < PAGE_ACK_REFUSALS; i++)
		assert_int_equal(ask(h, false, NULL, "", "", NULL), 403);
	h->answer = (char *)OPEN;
	assert_int_equal(ask(h, false, NULL, "", "", NULL), 429);
	clock_fake(0, clock_boot_ms() + MINUTE_MS + 1000);
	for (int i = 0; i <= PAGE_ACK_ASKS; i++)
		status = ask(h, false, NULL, "", "", NULL);
	assert_int_equal(status, 429);
	clock_real();
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, house_open, house_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_HOUSE(it_shows_and_offers),
	        IN_HOUSE(only_its_own_form_is_believed),
	        IN_HOUSE(refusals_are_pages_in_both_languages),
	        IN_HOUSE(one_address_does_not_ask_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
