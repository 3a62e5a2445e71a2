/* dial: names and addresses of both families, dead addresses passed over, and nothing left open when it is given up. */
#include "agent/send/dial.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct stage {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_timer_t guard;
	bool late, done;
	int port, status;
	char why[160], address[64];
};

static void on_accept(uv_stream_t *listener, int status)
{
	(void)listener, (void)status; /* the kernel's queue is enough */
}

static void on_closed_free(uv_handle_t *h)
{
	free(h);
}

static void on_done(int status, const char *why, uv_tcp_t *tcp, const char *address, void *arg)
{
	struct stage *t = arg;

	assert_false(t->done);
	t->done = true;
	t->status = status;
	snprintf(t->why, sizeof(t->why), "%s", why);
	snprintf(t->address, sizeof(t->address), "%s", address);
	if (tcp)
		uv_close((uv_handle_t *)tcp, on_closed_free);
}

static void on_guard(uv_timer_t *timer)
{
	((struct stage *)timer->data)->late = true;
}

static int listen_on(struct stage *t, const char *ip)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	bool is_six = strchr(ip, ':');
	int len = sizeof(six);

	uv_ip6_addr(ip, 0, &six);
	uv_ip4_addr(ip, 0, &four);
	int status = uv_tcp_bind(&t->listener, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, 0);
	if (!status)
		status = uv_listen((uv_stream_t *)&t->listener, 8, on_accept);
	uv_tcp_getsockname(&t->listener, (struct sockaddr *)&six, &len);
	t->port = ntohs(six.sin6_port); /* the port stands at the same place in both */
	return status;
}

static int set_up(void **state)
{
	struct stage *t = mem_alloc(sizeof(*t));

	uv_loop_init(&t->loop);
	uv_tcp_init(&t->loop, &t->listener);
	uv_timer_init(&t->loop, &t->guard);
	t->guard.data = t;
	uv_timer_start(&t->guard, on_guard, 20000, 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *t = *state;

	uv_close((uv_handle_t *)&t->listener, NULL);
	uv_close((uv_handle_t *)&t->guard, NULL);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t->loop), 0);
	free(t);
	return 0;
}

static void dial_until_done(struct stage *t, const char *host)
{
	char target[80];

	snprintf(target, sizeof(target), "%s:%d", host, t->port);
	t->done = false;
	dial_new(&t->loop, target, NULL, on_done, t);
	while (!t->done && !t->late)
		uv_run(&t->loop, UV_RUN_ONCE);
	assert_true(t->done);
}

static void addresses_and_names_of_ipv4(void **state)
{
	struct stage *t = *state;

	assert_int_equal(listen_on(t, "127.0.0.1"), 0);
	dial_until_done(t, "127.0.0.1");
	assert_int_equal(t->status, 0);
	/* localhost may be ::1 first, where nobody listens: the next address is taken */
	dial_until_done(t, "localhost");
	assert_int_equal(t->status, 0);
	assert_string_equal(t->address, "127.0.0.1");
}

static void addresses_of_ipv6(void **state)
{
	struct stage *t = *state;

	if (listen_on(t, "::1"))
		skip();
	dial_until_done(t, "[::1]");
	assert_int_equal(t->status, 0);
	assert_string_equal(t->address, "::1");
}

static void failures_say_why(void **state)
{
	struct stage *t = *state;

	t->port = 1;
	dial_until_done(t, "127.0.0.1");
	assert_int_equal(t->status, -EHOSTUNREACH);
	assert_non_null(strstr(t->why, "127.0.0.1: connection refused"));
	t->done = false;
	dial_new(&t->loop, "no-port", NULL, on_done, t);
	assert_false(t->done); /* never from within */
	while (!t->done && !t->late)
		uv_run(&t->loop, UV_RUN_ONCE);
	assert_int_equal(t->status, -EINVAL);
}

static void given_up_at_any_moment(void **state)
{
	struct stage *t = *state;
	char target[32];

	assert_int_equal(listen_on(t, "127.0.0.1"), 0);
	snprintf(target, sizeof(target), "127.0.0.1:%d", t->port);
	for (int turns = 0; turns < 6; turns++) {
		struct dial *d = dial_new(&t->loop, target, NULL, on_done, t);
		t->done = false;
		for (int i = 0; i < turns && !t->done; i++)
			uv_run(&t->loop, UV_RUN_NOWAIT);
		if (t->done)
			break;
		dial_cancel(d);
		for (int i = 0; i < 10; i++)
			uv_run(&t->loop, UV_RUN_NOWAIT);
		assert_false(t->done);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(addresses_and_names_of_ipv4),
	        T(addresses_of_ipv6),
	        T(failures_say_why),
	        T(given_up_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
