/* certificate: chains, names, dates and stapled answers, made in memory; each fault alone and some together. */
#include "agent/probe/certificate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/agent/probe/shown.h"

struct world {
	struct shown root, middle, leaf;
};

static struct world world_of(const struct shown_wish *leaf, int middle_until_days)
{
	struct world w;

	w.root =
	        shown_make(&(struct shown_wish){.cn = "root", .authority = true, .from_days = -100, .until_days = 900});
	w.middle = shown_make(&(struct shown_wish){
	        .cn = "middle", .by = &w.root, .authority = true, .from_days = -100, .until_days = middle_until_days});
	struct shown_wish wish = *leaf;
	wish.by = wish.by ? wish.by : &w.middle;
	w.leaf = shown_make(&wish);
	return w;
}

static void world_free(struct world *w)
{
	shown_free(&w->root);
	shown_free(&w->middle);
	shown_free(&w->leaf);
}

static struct certificate_verdict judge_at(
        const struct world *w, const char *name, int64_t now_s, bool sends_middle, const uint8_t *stapled, int len)
{
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct certificate_case c = {.leaf = w->leaf.x,
	        .sent = sent,
	        .store = X509_STORE_new(),
	        .name = name,
	        .wall_ms = now_s * 1000,
	        .stapled = stapled,
	        .stapled_len = (size_t)len};
	struct certificate_verdict v;

	sk_X509_push(sent, w->leaf.x);
	if (sends_middle)
		sk_X509_push(sent, w->middle.x);
	X509_STORE_add_cert(c.store, w->root.x);
	certificate_judge(&c, &v);
	sk_X509_free(sent);
	X509_STORE_free(c.store);
	return v;
}

static struct certificate_verdict judge_now(const struct world *w, const char *name)
{
	return judge_at(w, name, SHOWN_NOW_S, true, NULL, 0);
}

static void test_good(void **state)
{
	struct world w = world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, 500);
	struct certificate_verdict v = judge_now(&w, "a.example");

	(void)state;
	assert_int_equal(v.reason, REASON_OK);
	assert_true(v.trusted && v.name_ok && v.dated);
	assert_int_equal(v.left_s, 90 * SHOWN_DAY_S);
	assert_int_equal(v.stapled, STAPLED_NONE);
	assert_string_equal(v.note, "");
	world_free(&w);
}

/* The chain's first end counts; one beside the chain does not. */
static void test_first_end(void **state)
{
	struct world w = world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, 10);
	struct certificate_verdict v = judge_now(&w, "a.example");

	(void)state;
	assert_int_equal(v.reason, REASON_OK);
	assert_int_equal(v.left_s, 10 * SHOWN_DAY_S);
	assert_non_null(strstr(v.note, "ends in 10 days"));
	v = judge_at(&w, "a.example", SHOWN_NOW_S + 11 * SHOWN_DAY_S, true, NULL, 0);
	assert_int_equal(v.reason, REASON_EXPIRED);
	assert_non_null(strstr(v.note, "authority's certificate of middle ended"));
	assert_true(v.trusted);
	world_free(&w);
	/* directly below the root: an old intermediate that is sent all the same says nothing */
	struct world direct =
	        world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, -10);
	struct shown leaf = shown_make(
	        &(struct shown_wish){.cn = "x", .names = "DNS:a.example", .by = &direct.root, .until_days = 90});
	shown_free(&direct.leaf);
	direct.leaf = leaf;
	v = judge_now(&direct, "a.example");
	assert_int_equal(v.reason, REASON_OK);
	assert_int_equal(v.left_s, 90 * SHOWN_DAY_S);
	world_free(&direct);
}

/* It is the collector's hour that counts: a box that woke in 1970 sees a certificate of the future. */
static void test_hours(void **state)
{
	struct world w = world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, 500);
	struct certificate_verdict v = judge_at(&w, "a.example", 100000, true, NULL, 0);

	(void)state;
	assert_int_equal(v.reason, REASON_EXPIRED);
	assert_non_null(strstr(v.note, "not valid before"));
	assert_true(v.trusted);
	v = judge_at(&w, "a.example", SHOWN_NOW_S + 91 * SHOWN_DAY_S, true, NULL, 0);
	assert_int_equal(v.reason, REASON_EXPIRED);
	assert_int_equal(v.left_s, -SHOWN_DAY_S);
	world_free(&w);
}

static void test_untrusted(void **state)
{
	struct world w = world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, 500);
	struct certificate_verdict v = judge_at(&w, "a.example", SHOWN_NOW_S, false, NULL, 0);

	(void)state;
	assert_int_equal(v.reason, REASON_UNTRUSTED);
	assert_false(v.trusted);
	assert_int_equal(v.left_s, 90 * SHOWN_DAY_S);
	assert_non_null(strstr(v.note, "issuer, middle"));
	world_free(&w);
	/* several faults: all are told, the first to mend is the reason */
	struct world old = world_of(
	        &(struct shown_wish){.cn = "x", .names = "DNS:a.example", .from_days = -90, .until_days = -3}, 500);
	v = judge_at(&old, "b.example", SHOWN_NOW_S, false, NULL, 0);
	assert_int_equal(v.reason, REASON_EXPIRED);
	assert_non_null(strstr(v.note, "ended"));
	assert_non_null(strstr(v.note, "issuer, middle"));
	world_free(&old);
}

static void test_names(void **state)
{
	static const struct {
		const char *cn, *names, *asked;
		bool ok;
		const char *note;
	} cases[] = {
	        {"x", "DNS:a.example,DNS:b.example", "b.example", true, ""},
	        {"x", "DNS:a.example", "A.EXAMPLE", true, ""},
	        {"x", "DNS:*.c.example", "a.c.example", true, ""},
	        {"x", "DNS:*.c.example", "c.example", false, "*.c.example"},
	        {"x", "DNS:*.c.example", "a.b.c.example", false, "*.c.example"},
	        {"a.example", "DNS:b.example", "a.example", false, "is for b.example, not for a.example"},
	        {"a.example", NULL, "a.example", true, "common name only"},
	        {NULL, NULL, "a.example", false, "nobody in particular"},
	        {"x", "IP:10.0.0.5", "10.0.0.5", true, ""},
	        {"10.0.0.5", "DNS:10.0.0.5", "10.0.0.5", false, "10.0.0.5"},
	        {"x", "IP:10.0.0.5", "10.0.0.6", false, "is for 10.0.0.5, not"},
	        {"x", "IP:2001:db8::5", "2001:db8::5", true, ""},
	        {"x", "IP:2001:db8::5", "2001:db8::6", false, "is for 2001:db8::5, not"},
	        {"x", "email:a@a.example", "a.example", false, "is for x"},
	        {"Xã Pha Long", NULL, "a.example", false, "is for Xã Pha Long"},
	        {"x", "DNS:a.example,DNS:b.example,DNS:c.example,IP:10.0.0.1", "d", false,
	                "a.example, b.example and 2 more"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w = world_of(
		        &(struct shown_wish){.cn = cases[i].cn, .names = cases[i].names, .until_days = 90}, 500);
		struct certificate_verdict v = judge_now(&w, cases[i].asked);

		if (v.name_ok != cases[i].ok || !strstr(v.note, cases[i].note) ||
		        v.reason != (cases[i].ok ? REASON_OK : REASON_NAME_MISMATCH))
			fail_msg(
			        "%s: %s for %s: \"%s\"", cases[i].names, reason_name(v.reason), cases[i].asked, v.note);
		world_free(&w);
	}
}

static void test_purpose(void **state)
{
	struct world w = world_of(
	        &(struct shown_wish){.cn = "x", .names = "DNS:a.example", .usage = "clientAuth", .until_days = 90},
	        500);
	struct certificate_verdict v = judge_now(&w, "a.example");

	(void)state;
	assert_int_equal(v.reason, REASON_CERTIFICATE);
	assert_non_null(strstr(v.note, "purpose"));
	world_free(&w);
}

static enum certificate_stapled staple(const struct world *w, const struct shown *signer, int status, int from_days,
        int until_days, enum reason *reason)
{
	uint8_t *der;
	int len = shown_staple(&w->leaf, &w->middle, signer, status, from_days, until_days, &der);
	struct certificate_verdict v = judge_at(w, "a.example", SHOWN_NOW_S, true, der, len);

	*reason = v.reason;
	OPENSSL_free(der);
	return v.stapled;
}

static void test_stapled(void **state)
{
	struct world w = world_of(&(struct shown_wish){.cn = "x", .names = "DNS:a.example", .until_days = 90}, 500);
	struct shown delegate = shown_make(
	        &(struct shown_wish){.cn = "responder", .usage = "OCSPSigning", .by = &w.middle, .until_days = 30});
	struct shown stranger =
	        shown_make(&(struct shown_wish){.cn = "stranger", .usage = "OCSPSigning", .until_days = 30});
	enum reason r;

	(void)state;
	assert_int_equal(staple(&w, &w.middle, V_OCSP_CERTSTATUS_GOOD, -1, 6, &r), STAPLED_GOOD);
	assert_int_equal(r, REASON_OK);
	assert_int_equal(staple(&w, &delegate, V_OCSP_CERTSTATUS_GOOD, -1, 6, &r), STAPLED_GOOD);
	assert_int_equal(staple(&w, &w.middle, V_OCSP_CERTSTATUS_REVOKED, -1, 6, &r), STAPLED_REVOKED);
	assert_int_equal(r, REASON_REVOKED);
	assert_int_equal(staple(&w, &w.middle, V_OCSP_CERTSTATUS_UNKNOWN, -1, 6, &r), STAPLED_UNUSABLE);
	assert_int_equal(r, REASON_OK);
	/* nobody may revoke but who issued it; what is old or of the future says nothing */
	assert_int_equal(staple(&w, &stranger, V_OCSP_CERTSTATUS_REVOKED, -1, 6, &r), STAPLED_UNUSABLE);
	assert_int_equal(r, REASON_OK);
	assert_int_equal(staple(&w, &w.leaf, V_OCSP_CERTSTATUS_GOOD, -1, 6, &r), STAPLED_UNUSABLE);
	assert_int_equal(staple(&w, &w.middle, V_OCSP_CERTSTATUS_GOOD, -9, -2, &r), STAPLED_UNUSABLE);
	assert_int_equal(staple(&w, &w.middle, V_OCSP_CERTSTATUS_GOOD, 2, 6, &r), STAPLED_UNUSABLE);
	assert_int_equal(judge_at(&w, "a.example", SHOWN_NOW_S, true, (const uint8_t *)"0\x03\n\x01\x03", 5).stapled,
	        STAPLED_UNUSABLE);
	shown_free(&delegate);
	shown_free(&stranger);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	        cmocka_unit_test(test_first_end),
	        cmocka_unit_test(test_hours),
	        cmocka_unit_test(test_untrusted),
	        cmocka_unit_test(test_names),
	        cmocka_unit_test(test_purpose),
	        cmocka_unit_test(test_stapled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
