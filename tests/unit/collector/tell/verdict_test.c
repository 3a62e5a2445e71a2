/*
 * Letters of every kind, whole, in both languages, against letters/KIND.LANGUAGE.txt. Incidents are letters/KIND.json as judge writes them
 * (conclusion.h). With LETTERS=FOLDER in the environment the texts and pages are written there, to be looked at
 * and taken over (LETTERS_WHOLE=1: with the fault slips too).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "collector/tell/affected.h"
#include "collector/tell/letter.h"
#include "collector/tell/verdict.c"
#include "common/mail/mail.h"

#define FOLDER "tests/unit/collector/tell/letters/"
#define MARK                                                                                                           \
	"AYCN6sIGH3BsLWhxLnVwbGluay1wbC10cy4yMDI1MDcwMVQwMDQyMDAGb25jYWxs.q2u8PZ0b6pQvT2pQ7mQ3yJ1i5V0b8m9rWn4oXk3sLhE"
#define UNITS 99

struct desk {
	struct inventory *inv;
	struct zone *zone;
};

/* Ninety-nine communes on two carriers, with three services; the first is Pha Long. */
static void province_write(FILE *f)
{
	fprintf(f,
	        "province: { id: lao-cai, name: \"Lào Cai\", go_live: 2025-07-01T00:00:00+07:00 }\ncontacts:\n"
	        "  - { id: oncall, name: \"Trực kỹ thuật\", mail: oncall@laocai.example, phone: \"0214 3840 001\", "
	        "language: vi }\nunits:\n"
	        "  - { id: ta-ngai-cho, name: \"Xã Tả Ngài Chồ\", kind: commune, until: 2025-07-01 }\n"
	        "  - { id: u1, name: \"Xã Pha Long\", kind: commune, from: 2025-07-01, formed_from: [ta-ngai-cho] }\n");
	for (int i = 2; i <= UNITS; i++)
		fprintf(f, "  - { id: u%d, name: \"%s Số %d\", kind: commune }\n", i, i % 9 ? "Xã" : "Phường", i);
	fprintf(f, "sites:\n");
	for (int i = 1; i <= UNITS; i++)
		fprintf(f,
		        "  - { id: s%d, name: \"Trụ sở %s\", role: service-centre, units: [ { unit: u%d } ], uplinks: "
		        "[ { id: l%d, "
		        "kind: tslcd, carrier: %s, circuit: "
		        "\"LCI-TS-%04d\", hotline: \"1800 1260\" }, { id: n%d, kind: internet, carrier: Viettel, "
		        "hotline: \"1800 8119\" } ] }\n",
		        i, i == 1 ? "xã Pha Long" : "xã", i, i, i % 2 ? "VNPT" : "Viettel", i, i);
	fprintf(f, "nodes:\n");
	for (int i = 1; i <= UNITS; i++)
		fprintf(f, "  - { id: a%d, site: s%d, kind: server }\n", i, i);
	fprintf(f, "services:\n");
	fprintf(f, "  - { id: land, name: \"Đất đai\", sector: land, responsible: province, via: tslcd, check: { tcp: "
	           "\"10.0.0.5:443\" }, checked_by: all }\n"
	           "  - { id: portal, name: \"Cổng Dịch vụ công quốc gia\", sector: public, responsible: central, "
	           "check: { http: \"https://dichvucong.example/\" }, checked_by: all }\n"
	           "  - { id: civil, name: \"Hộ tịch\", sector: civil, responsible: central, check: { tcp: "
	           "\"10.0.0.6:443\" }, checked_by: all }\n");
}

static int desk_open(void **state)
{
	char path[] = "/tmp/letters-XXXXXX.yaml";
	struct desk *d = mem_alloc(sizeof(*d));
	struct conf_errors errors = {0};
	FILE *f = fdopen(mkstemps(path, 5), "w");

	setenv("TZ", "Asia/Ho_Chi_Minh", 1);
	tzset();
	province_write(f);
	fclose(f);
	if (inventory_load(path, "Asia/Ho_Chi_Minh", 0, &d->inv, &errors))
		conf_errors_print(&errors);
	conf_errors_free(&errors);
	remove(path);
	assert_non_null(d->inv);
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &d->zone), 0);
	*state = d;
	return 0;
}

static int desk_close(void **state)
{
	struct desk *d = *state;

	zone_free(d->zone);
	inventory_free(d->inv);
	free(d);
	return 0;
}

static void file_write(const char *name, const char *language, const char *ending, const struct buf *b)
{
	char *path = mem_printf("%s/%s.%s.%s", getenv("LETTERS"), name, language, ending);
	FILE *f = fopen(path, "w");

	fwrite(b->data, 1, b->len - 1, f);
	fclose(f);
	free(path);
}

static char *file_read(const char *name, const char *language)
{
	char *path = mem_printf(FOLDER "%s.%s.txt", name, language), *text = NULL;
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (f && getdelim(&text, &n, '\0', f) < 0)
		*text = '\0';
	if (f)
		fclose(f);
	free(path);
	return text;
}

/* The bytes on the wire, with the largest picture that there may be. */
static size_t wire_length(const struct letter *l, const struct buf *text, const struct buf *html)
{
	struct mail m = {.from = "sansang@laocai.example",
	        .to = "oncall@laocai.example",
	        .subject = l->subject,
	        .message_id = "<a@b>",
	        .incident = "x",
	        .language = "vi",
	        .text = (const char *)text->data,
	        .html = (const char *)html->data};
	struct buf out = {0};
	size_t n;

	assert_int_equal(mail_build(&m, &out), 0);
	n = out.len;
	buf_free(&out);
	return n;
}

/* What the slip says is tested where it is made (judge/slip_test.c). Is there one? */
static bool slip_leave_out(struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->parts[i].kind == PART_PRE && !getenv("LETTERS_WHOLE")) {
			free(p->parts[i].text);
			p->parts[i].text = mem_str("(the slip)");
			return true;
		}
	return false;
}

static void letter_check(struct desk *d, const char *name, const char *kind, const char *language)
{
	char *path = mem_printf(FOLDER "%s.json", name), *expected;
	struct letter_facts f = {.incident = json_load_file(path, 0, NULL),
	        .kind = kind,
	        .inventory = d->inv,
	        .language = language,
	        .mark = MARK,
	        .web_url = "https://sansang.laocai.example:8443",
	        .replies = true,
	        .zone = d->zone,
	        .picture = true};
	struct buf text = {0}, html = {0};
	struct letter l;

	if (!f.incident)
		fail_msg("%s cannot be read", path);
	f.now_ms = json_integer_value(
	                   json_object_get(f.incident, letter_is_recovery(kind) ? "resolved_at" : "detected_at")) +
	           2000;
	if (!strncmp(kind, "escalate", 8))
		f.now_ms += 15 * 60000;
	letter_write(&f, &l);
	assert_true(slip_leave_out(&l.page) || letter_is_recovery(kind) || strcmp(name, "line"));
	buf_printf(&text, "Subject: %s\n\n", l.subject);
	page_text(&l.page, &text);
	page_html(&l.page, &html);
	if (getenv("LETTERS")) {
		file_write(name, language, "txt", &text);
		file_write(name, language, "html", &html);
	} else {
		expected = file_read(name, language);
		assert_string_equal((char *)text.data, expected ? expected : "(no expected text)");
		free(expected);
	}
	if (wire_length(&l, &text, &html) > 40 * 1024) /* and a picture of 60 KB is 82 KB more */
		fail_msg("%s: %zu bytes", name, wire_length(&l, &text, &html));
	assert_true(html.len < 24 * 1024);
	json_decref((json_t *)f.incident);
	buf_free(&text);
	buf_free(&html);
	letter_free(&l);
	free(path);
}

static void every_kind(void **state)
{
	static const struct {
		const char *name, *kind;
	} cases[] = {{"line", "open"}, {"silent", "open"}, {"power", "resolve"}, {"area", "open"}, {"storm99", "open"},
	        {"portal", "open"}, {"portal-back", "resolve"}, {"drill", "open"}, {"escalate", "escalate-2"},
	        {"closed", "resolve"}, {"isolated", "open"}, {"disputed", "open"}, {"flapping", "reopen"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		letter_check(*state, cases[i].name, cases[i].kind, "vi");
		letter_check(*state, cases[i].name, cases[i].kind, "en");
	}
}

/* Nothing but names and addresses without a dashboard; nothing to press when there is nothing to acknowledge. */
static void without_an_address_there_are_no_links(void **state)
{
	struct desk *d = *state;
	struct letter_facts f = {.incident = json_load_file(FOLDER "line.json", 0, NULL),
	        .kind = "open",
	        .inventory = d->inv,
	        .language = "vi",
	        .mark = MARK,
	        .zone = d->zone,
	        .replies = true};
	struct buf html = {0};
	struct letter l;

	letter_write(&f, &l);
	page_html(&l.page, &html);
	assert_null(strstr((char *)html.data, "href"));
	assert_non_null(strstr((char *)html.data, "trả lời thư này, dòng đầu ghi: NHẬN"));
	letter_free(&l);
	buf_reset(&html);
	f.mark = NULL;
	f.web_url = "https://x.example/";
	letter_write(&f, &l);
	page_html(&l.page, &html);
	assert_null(strstr((char *)html.data, "/a/"));
	assert_null(strstr((char *)html.data, "NHẬN"));
	assert_non_null(strstr((char *)html.data, "https://x.example/#/incidents/s1.uplink-l1.20250701T004200"));
	letter_free(&l);
	buf_free(&html);
	json_decref((json_t *)f.incident);
}

/* Its node is of another site, which is well. */
static void who_looks_from_outside_is_not_affected(void **state)
{
	const struct desk *d = *state;
	json_t *incident = json_pack("{s:s, s:s, s:s, s:I, s:[s, s, s]}", "id", "x", "site", "s1", "uplink", "l1",
	        "opened_at", (json_int_t)1751330520000LL, "affects", "path:l1@a2", "path:core@a1", "service:land@a1");
	const struct letter_facts f = {.incident = incident, .kind = "open", .inventory = d->inv, .language = "vi"};
	const struct scene s = scene_of(&f);
	struct affected a = affected_of(&s);

	assert_int_equal(json_object_size(a.units), 1);
	assert_non_null(json_object_get(a.units, "u1"));
	affected_free(&a);
	json_decref(incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(who_looks_from_outside_is_not_affected, desk_open, desk_close),
	        cmocka_unit_test_setup_teardown(every_kind, desk_open, desk_close),
	        cmocka_unit_test_setup_teardown(without_an_address_there_are_no_links, desk_open, desk_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
