/* resolver: servers are told at the start and when they change, whatever the file holds. */
#include "agent/sense/resolver.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "witness.h"

static void put(const char *dir, const char *name, const char *text)
{
	char path[256], fresh[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	f = fopen(fresh, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(fresh, path), 0);
}

static void test_follows(void **state)
{
	char dir[] = "/tmp/resolver_test.XXXXXX", path[64];
	struct resolver *r;
	struct witness w;

	(void)state;
	assert_non_null(mkdtemp(dir));
	witness_open(&w);
	w.context.etc_root = dir;
	put(dir, "resolv.conf",
	        "# nameserver 9.9.9.9\nnameserver 10.0.0.1 # here\n\tnameserver\tfe80::1%eth0\r\n"
	        "nameservers 1.1.1.1\nnameserver not-an-address\nsearch lab\nnameserver");
	r = sense_resolver.open(&w.context);
	sense_resolver.start(r);
	sense_resolver.read(r, 1);
	assert_int_equal(w.count, 1);
	assert_string_equal(w.events[0], "resolver resolver 10.0.0.1 fe80::1%eth0");
	put(dir, "resolv.conf", "nameserver 10.0.0.1\nnameserver fe80::1%eth0\noptions timeout:1\n");
	sense_resolver.read(r, 2); /* another file, the same servers */
	assert_int_equal(w.count, 1);
	put(dir, "resolv.conf", "nameserver 10.0.0.2\n");
	sense_resolver.read(r, 3);
	assert_string_equal(w.events[1], "resolver resolver 10.0.0.2");
	put(dir, "behind", "nameserver 10.0.0.3\n");
	free(r->behind_stub);
	r->behind_stub = mem_printf("%s/behind", dir);
	put(dir, "resolv.conf", "nameserver 127.0.0.53\n");
	sense_resolver.read(r, 4);
	assert_string_equal(w.events[2], "resolver resolver 127.0.0.53 10.0.0.3");
	snprintf(path, sizeof(path), "%s/resolv.conf", dir);
	unlink(path);
	sense_resolver.read(r, 5);
	assert_string_equal(w.events[3], "resolver resolver none");
	unlink(r->behind_stub);
	sense_resolver.close(r);
	uv_loop_close(&w.loop);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_follows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
