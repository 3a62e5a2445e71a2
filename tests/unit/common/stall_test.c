/* stall: what each picture of a connection means; and a real pair of sockets, well and silent. */
#include "common/stall.c"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_pictures(void **state)
{
	static const struct {
		struct stall s;
		enum stall_kind kind;
	} rows[] = {
	        {{.acked_ms_ago = 200, .heard_ms_ago = 4000}, STALL_NONE},
	        {{.unacked = 4, .in_a_row = 1, .acked_ms_ago = 900, .heard_ms_ago = 900}, STALL_NONE},
	        {{.acked_ms_ago = 4000, .heard_ms_ago = 15000}, STALL_SILENT},
	        /* as measured with all of ours lost, and with all of ours above 250 bytes */
	        {{.unacked = 1, .in_a_row = 6, .repeated = 7, .acked_ms_ago = 3472, .heard_ms_ago = 16764}, STALL_OUT},
	        {{.unacked = 1, .in_a_row = 8, .repeated = 9, .acked_ms_ago = 9256, .heard_ms_ago = 4252},
	                STALL_HOLE_OUT},
	        {{.unacked = 1, .in_a_row = 5, .repeated = 5, .acked_ms_ago = 3000, .heard_ms_ago = 3000}, STALL_NONE},
	        {{.unacked = 5, .sacked = 3, .in_a_row = 4, .acked_ms_ago = 3000, .heard_ms_ago = 3000},
	                STALL_HOLE_OUT},
	        {{.out_of_order = 3, .acked_ms_ago = 2000, .heard_ms_ago = 14000}, STALL_HOLE_IN},
	        {{.unacked = 5, .in_a_row = 4, .acked_ms_ago = 16000, .heard_ms_ago = 16000}, STALL_DEAD},
	        {{.acked_ms_ago = 16000, .heard_ms_ago = 16000}, STALL_DEAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(stall_judge(&rows[i].s, 10000), rows[i].kind);
}

static void test_words(void **state)
{
	struct stall s = {.kind = STALL_HOLE_OUT,
	        .unacked = 4000000000u,
	        .sacked = 4000000000u,
	        .repeated = 4000000000u,
	        .mss = 65535,
	        .rtt_us = 4000000000u,
	        .acked_ms_ago = 4000000000u,
	        .heard_ms_ago = 4000000000u};
	char text[240];

	(void)state;
	assert_non_null(strstr(stall_words(&s, text, sizeof(text)), "MTU hole"));
	assert_string_equal(stall_name(STALL_OUT), "out");
}

static void test_real(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	struct stall s;
	char byte = 'x';

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&a, &len);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	peer = accept(listener, NULL, NULL);
	assert_int_equal(send(fd, &byte, 1, 0), 1);
	assert_int_equal(recv(peer, &byte, 1, 0), 1);
	assert_int_equal(stall_read(peer, &s), 0);
	assert_int_equal(s.kind, STALL_NONE);
	assert_true(s.mss > 500);
	assert_int_equal(stall_read(-1, &s), -EBADF);
	close(fd);
	close(peer);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_pictures),
	        cmocka_unit_test(test_words),
	        cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
