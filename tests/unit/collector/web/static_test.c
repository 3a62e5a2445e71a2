#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "collector/web/static.c"

struct folder {
	char dir[64];
	struct site_files *files;
};

static void file_write(const struct folder *f, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	out = fopen(path, "w");
	fputs(text, out);
	fclose(out);
}

static int folder_open(void **state)
{
	struct folder *f = mem_alloc(sizeof(*f));
	char path[256];

	strcpy(f->dir, "/tmp/static-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/assets", f->dir);
	mkdir(path, 0700);
	file_write(f, "index.html", "<!doctype html>");
	file_write(f, "assets/app.js", "let x;");
	file_write(f, "assets/app.js.gz", "zipped");
	file_write(f, ".secret", "hidden");
	snprintf(path, sizeof(path), "%s/passwd.txt", f->dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	f->files = site_files_load(f->dir);
	*state = f;
	return 0;
}

static int folder_close(void **state)
{
	static const char *const names[] = {
	        "index.html", "assets/app.js", "assets/app.js.gz", ".secret", "passwd.txt", "assets", ""};
	struct folder *f = *state;
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		if (remove(path))
			fail_msg("%s stays", path);
	}
	site_files_free(f->files);
	free(f);
	return 0;
}

static struct request *ask(struct folder *f, const char *path, bool gzip, const char *etag)
{
	struct request *r = request_new(NULL);

	snprintf(r->path, sizeof(r->path), "%s", path);
	snprintf(r->etag, sizeof(r->etag), "%s", etag);
	r->gzip = gzip;
	site_files_answer(f->files, r);
	assert_true(r->answered);
	return r;
}

static void expect(struct folder *f, const char *path, bool gzip, unsigned status, const char *body)
{
	struct request *r = ask(f, path, gzip, "");

	assert_int_equal(r->status, status);
	if (body) {
		assert_int_equal(r->answer->len, strlen(body));
		assert_memory_equal(r->answer->data, body, strlen(body));
	}
	request_release(r);
}

static void files_and_pages(void **state)
{
	struct folder *f = *state;

	expect(f, "/", false, 200, "<!doctype html>");
	expect(f, "/units/pha-long", false, 200, "<!doctype html>");
	expect(f, "/assets/app.js", false, 200, "let x;");
	expect(f, "/assets/app.js", true, 200, "zipped");
	expect(f, "/assets/none.js", true, 404, NULL);
	assert_int_equal(f->files->count, 2);
}

static void tricks_find_nothing(void **state)
{
	static const char *const tricks[] = {"/../etc/passwd.txt", "/.secret", "/passwd.txt", "/assets/../.secret",
	        "/assets/app.js.gz", "//etc/passwd.x", "/assets/./app.js", "\\..\\x.y", "/index.html/.x",
	        "assets/app.js"};
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++)
		expect(f, tricks[i], true, 404, NULL);
}

static void etags_spare_the_body(void **state)
{
	struct folder *f = *state;
	struct request *r = ask(f, "/assets/app.js", false, "");
	const char *etag = (const char *)r->headers.data + sizeof("etag");
	char list[128];

	assert_int_equal(*etag, '"');
	assert_int_equal(etag[strlen(etag) - 1], '"');
	snprintf(list, sizeof(list), "\"other\", W/%s", etag);
	struct request *again = ask(f, "/assets/app.js", false, list);

	assert_int_equal(again->status, 304);
	assert_int_equal(again->answer->len, 0);
	request_release(again);
	again = ask(f, "/assets/app.js", false, "\"other\"");
	assert_int_equal(again->status, 200);
	request_release(again);
	request_release(r);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_FOLDER(files_and_pages), IN_FOLDER(tricks_find_nothing), IN_FOLDER(etags_spare_the_body)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
