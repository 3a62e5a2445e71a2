#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "collector/ackmark.c"

#define NOW INT64_C(1751330520000)

static const uint8_t key[ACKMARK_KEY_BYTES] = "a key of exactly thirty-two by.";
static const uint8_t other[ACKMARK_KEY_BYTES] = "another key of just thirty-two.";
static const struct ackmark mark = {"pl-hq.uplink-pl-ts.20250701T004200", "oncall", NOW + ACKMARK_LIFE_MS};

static void links_come_back_whole(void **state)
{
	char link[ACKMARK_LINK_SIZE], again[ACKMARK_LINK_SIZE];
	struct ackmark m;

	(void)state;
	assert_int_equal(ackmark_link(key, &mark, link), 0);
	assert_int_equal(ackmark_link(key, &mark, again), 0);
	assert_string_equal(link, again);
	assert_int_equal(
	        strspn(link, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."), strlen(link));
	assert_int_equal(ackmark_link_read(key, link, NOW, &m), 0);
	assert_string_equal(m.incident, mark.incident);
	assert_string_equal(m.contact, mark.contact);
	assert_true(m.expires_at == mark.expires_at);
}

static void the_longest_ids_fit(void **state)
{
	struct ackmark m = {.expires_at = INT64_C(4102444800000)}, back;
	char link[ACKMARK_LINK_SIZE], tag[ACKMARK_TAG_SIZE], local[400];

	(void)state;
	memset(m.incident, 'i', sizeof(m.incident) - 1);
	memset(m.contact, 'c', sizeof(m.contact) - 1);
	assert_int_equal(ackmark_link(key, &m, link), 0);
	assert_int_equal(ackmark_link_read(key, link, NOW, &back), 0);
	assert_string_equal(back.incident, m.incident);
	assert_int_equal(ackmark_tag(key, &m, tag), 0);
	snprintf(local, sizeof(local), "resolve-2.%s.%s.%s", m.incident, m.contact, tag);
	assert_int_equal(ackmark_tag_read(key, local, m.contact, NOW, &back), 0);
	assert_string_equal(back.incident, m.incident);
	m.incident[0] = '\0';
	assert_int_equal(ackmark_link(key, &m, link), -EINVAL);
	assert_string_equal(link, "");
}

/* Every letter of a mark counts, and so do key, form and time. */
static void nothing_forged_is_taken(void **state)
{
	char link[ACKMARK_LINK_SIZE], changed[ACKMARK_LINK_SIZE];
	struct ackmark m, theirs = mark;

	(void)state;
	ackmark_link(key, &mark, link);
	for (size_t i = 0; link[i]; i++)
		for (const char *p = letters; *p; p++) {
			memcpy(changed, link, sizeof(link));
			changed[i] = *p;
			if (*p == link[i])
				continue;
			if (ackmark_link_read(key, changed, NOW, &m) >= 0 || *m.incident)
				fail_msg("letter %zu may be %c", i, *p);
		}
	assert_int_equal(ackmark_link_read(other, link, NOW, &m), -EBADMSG);
	strcpy(theirs.contact, "chief");
	ackmark_link(key, &theirs, changed);
	/* the payload of one with the signature of the other */
	memcpy(strchr(changed, '.'), strchr(link, '.'), strlen(strchr(link, '.')) + 1);
	assert_int_equal(ackmark_link_read(key, changed, NOW, &m), -EBADMSG);
	assert_int_equal(ackmark_link_read(key, link, mark.expires_at, &m), -ETIME);
	assert_string_equal(m.contact, "oncall"); /* whose it was is known */
}

static void what_is_no_mark(void **state)
{
	static const char *const texts[] = {"", ".", "a", "..", "a.b", "!!!.???", "AQ.AQ", "../../etc/passwd",
	        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."
	         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")};
	char long_text[2000];
	struct ackmark m;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(ackmark_link_read(key, texts[i], NOW, &m), -EINVAL);
	memset(long_text, 'A', sizeof(long_text) - 1);
	long_text[1900] = '.';
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(ackmark_link_read(key, long_text, NOW, &m), -EINVAL);
}

static void tags_are_of_one_person_and_incident(void **state)
{
	static const char *const bad[] = {"", "open", "open.x", "open..", "open.i.oncall.", "open.oncall.zzz-00",
	        "....................", "open.oncall.tb3x0k-00112233445566778899aabbccddeeff"};
	char tag[ACKMARK_TAG_SIZE], local[600], link[ACKMARK_LINK_SIZE];
	struct ackmark m;

	(void)state;
	assert_int_equal(ackmark_tag(key, &mark, tag), 0);
	assert_true(strlen(tag) < 42);
	snprintf(local, sizeof(local), "open.%s.oncall.%s", mark.incident, tag);
	assert_int_equal(ackmark_tag_read(key, local, "oncall", NOW, &m), 0);
	assert_string_equal(m.incident, mark.incident);
	assert_int_equal(ackmark_tag_read(key, local, "oncall", mark.expires_at + 1, &m), -ETIME);
	assert_string_equal(m.incident, mark.incident);
	assert_int_equal(ackmark_tag_read(key, local, "chief", NOW, &m), -EBADMSG);
	assert_int_equal(ackmark_tag_read(other, local, "oncall", NOW, &m), -EBADMSG);
	assert_string_equal(m.incident, "");
	snprintf(local, sizeof(local), "open.%s.other-incident.oncall.%s", "x", tag);
	assert_int_equal(ackmark_tag_read(key, local, "oncall", NOW, &m), -EBADMSG);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(ackmark_tag_read(key, bad[i], "oncall", NOW, &m) < 0);
	ackmark_link(key, &mark, link);
	snprintf(local, sizeof(local), "open.%s.oncall.%s", mark.incident, link);
	assert_true(ackmark_tag_read(key, local, "oncall", NOW, &m) < 0);
}

static void the_key_stays_and_is_nobody_elses(void **state)
{
	char dir[] = "/tmp/ackmark-XXXXXX", *path;
	uint8_t one[ACKMARK_KEY_BYTES], two[ACKMARK_KEY_BYTES];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = mem_printf("%s/ack.key", dir);
	assert_int_equal(ackmark_key_load(path, one), 0);
	assert_int_equal(ackmark_key_load(path, two), 0);
	assert_memory_equal(one, two, sizeof(one));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(truncate(path, 7), 0);
	assert_int_equal(ackmark_key_load(path, two), 0);
	assert_memory_not_equal(one, two, sizeof(one));
	assert_int_equal(ackmark_key_load(path, one), 0);
	assert_memory_equal(one, two, sizeof(one));
	unlink(path);
	rmdir(dir);
	assert_true(ackmark_key_load(path, one) < 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(links_come_back_whole),
	        cmocka_unit_test(the_longest_ids_fit),
	        cmocka_unit_test(nothing_forged_is_taken),
	        cmocka_unit_test(what_is_no_mark),
	        cmocka_unit_test(tags_are_of_one_person_and_incident),
	        cmocka_unit_test(the_key_stays_and_is_nobody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
