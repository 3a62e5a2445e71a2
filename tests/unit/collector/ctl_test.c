/* The Unix socket: a line in, a line out, in order; broken and endless lines; the socket's mode. */
#include "collector/ctl.c"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/un.h>

#include <cmocka.h>

struct scene {
	struct core core;
	struct ctl *ctl;
	char path[64];
	int fd;
};

static int set_up_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	signal(SIGPIPE, SIG_IGN); /* as process_main does */
	log_open("test", LOG_LEVEL_ERROR);
	uv_loop_init(&s->core.loop);
	snprintf(s->path, sizeof(s->path), "/tmp/ctl_test.%d.sock", (int)getpid());
	assert_int_equal(ctl_open(&s->ctl, &s->core, s->path), 0);
	strcpy(addr.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(s->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	*state = s;
	return 0;
}

static int tear_down_scene(void **state)
{
	struct scene *s = *state;

	if (s->fd >= 0)
		close(s->fd);
	ctl_close(s->ctl);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	unlink(s->path);
	free(s);
	return 0;
}

static void say(struct scene *s, const char *text)
{
	assert_int_equal(send(s->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until `lines` ends of lines came, or the peer closed. Gives how many. */
static int hear(struct scene *s, int lines, char *out, size_t size)
{
	size_t len = 0;
	int got = 0;

	for (int turns = 0; turns < 10000 && got < lines; turns++) {
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
		ssize_t n = recv(s->fd, out + len, size - len - 1, 0);
		if (!n)
			break;
		if (n < 0) {
			usleep(100);
			continue;
		}
		for (size_t i = len; i < len + (size_t)n; i++)
			got += out[i] == '\n';
		len += (size_t)n;
	}
	out[len] = 0;
	return got;
}

static void test_lines_are_answered_in_order(void **state)
{
	struct scene *s = *state;
	char out[1024];

	say(s, "{\"act\":\"one\"}\n{\"act\":\"two\"}\nno json\n");
	assert_int_equal(hear(s, 3, out, sizeof(out)), 3);
	char *one = strstr(out, "\\\"one\\\""), *two = strstr(out, "\\\"two\\\""), *bad = strstr(out, "400");
	assert_true(one && two && bad && one < two && two < bad);
}

static void test_line_comes_in_pieces(void **state)
{
	struct scene *s = *state;
	char out[1024];

	say(s, "{\"act\":");
	for (int i = 0; i < 10; i++)
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
	say(s, "\"one\"}\n");
	shutdown(s->fd, SHUT_WR); /* what was asked is still answered */
	assert_int_equal(hear(s, 1, out, sizeof(out)), 1);
	assert_int_equal(hear(s, 1, out, sizeof(out)), 0); /* closed */
}

static void test_endless_line_is_cut_off(void **state)
{
	struct scene *s = *state;
	char out[64], *text = mem_alloc(LINE_MAX_BYTES + 4096);

	memset(text, 'x', LINE_MAX_BYTES + 4000);
	for (size_t at = 0; at < LINE_MAX_BYTES + 4000;) {
		ssize_t n = send(s->fd, text + at, LINE_MAX_BYTES + 4000 - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		at += n > 0 ? (size_t)n : 0;
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(hear(s, 1, out, sizeof(out)), 0);
	for (int i = 0; i < 10 && s->ctl->count; i++)
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
	assert_int_equal(s->ctl->count, 0);
	free(text);
}

static void test_client_that_leaves_is_forgotten(void **state)
{
	struct scene *s = *state;

	say(s, "{\"act\":\"one\"}\n");
	close(s->fd);
	s->fd = -1;
	for (int i = 0; i < 100; i++)
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
	assert_int_equal(s->ctl->count, 0);
}

static void test_socket_is_ours_alone(void **state)
{
	struct scene *s = *state;
	struct stat st;

	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up_scene, tear_down_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(test_lines_are_answered_in_order),
	        SCENE(test_line_comes_in_pieces),
	        SCENE(test_endless_line_is_cut_off),
	        SCENE(test_client_that_leaves_is_forgotten),
	        SCENE(test_socket_is_ours_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
