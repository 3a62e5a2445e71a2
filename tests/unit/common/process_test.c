/* process: children of this very binary, joined by a channel, killed, and joined again. */
#include "common/process.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>

#define KIND_PING 1
#define KIND_LEAVE 2

/* What happened, shared by all processes of the test (an inherited, sealed-off memory would not survive exec: a file does). */
struct tally {
	int links, pongs, deaths, other_deaths, stops;
	pid_t echo;
};

static struct tally *tally_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(struct tally)))
		abort();
	struct tally *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return t;
}

struct peer {
	uv_loop_t loop;
	struct process *self;
	struct channel *ch;
	struct tally *tally;
};

static void on_pong(struct cursor *payload, void *arg)
{
	struct peer *p = arg;

	if (!payload)
		return;
	p->tally->pongs++;
	if (p->tally->pongs == 1)
		kill(p->tally->echo, SIGKILL); /* the first answer: kill who gave it */
	else if (p->tally->pongs == 2)
		channel_send(p->ch, KIND_LEAVE, "", 0); /* the successor is asked to go */
	else
		kill(getppid(), SIGTERM); /* the third answered too: all is well */
}

static void on_stop(void *arg)
{
	struct peer *p = arg;

	p->tally->stops++;
	if (p->ch)
		channel_close(p->ch);
	process_close(p->self);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	if (kind == KIND_LEAVE)
		on_stop(arg);
	else
		channel_reply(ch, kind, id, payload->data, payload->len);
}

static void on_close(struct channel *ch, void *arg)
{
	struct peer *p = arg;

	if (p->ch == ch)
		p->ch = NULL;
}

static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_close};

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	struct peer *p = arg;

	(void)index;
	assert_null(p->ch); /* the predecessor's on_close came first */
	p->ch = channel_open(&p->loop, fd, &handlers, p);
	if (!strcmp(peer, "echo")) {
		p->tally->links++;
		channel_call(p->ch, KIND_PING, "hello", 5, on_pong, p);
	}
}

static void on_child_death(const char *role, unsigned index, const char *how, void *arg)
{
	struct peer *p = arg;

	if (!strcmp(role, "echo") && !index && strstr(how, "signal 9"))
		p->tally->deaths++;
	else
		p->tally->other_deaths++;
}

static const struct process_events events = {.on_link = on_link, .on_stop = on_stop, .on_death = on_child_death};

static int run_peer(struct process *self, void *arg)
{
	struct peer p = {.self = self, .tally = tally_map(arg)};

	uv_loop_init(&p.loop);
	if (!strcmp(process_role_name(self), "echo"))
		p.tally->echo = getpid();
	process_listen(self, &p.loop, &events, &p);
	process_ready(self);
	uv_run(&p.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&p.loop) ? 1 : 0;
}

static const struct process_role roles[] = {{"echo", run_peer, 1, NULL}, {"asker", run_peer, 1, NULL}, {0}};
static const struct process_link links[] = {{"asker", "echo"}, {0}};

static int run_main(char **argv, const char *role)
{
	const struct process_table table = {
	        .roles = roles, .links = links, .witness = "asker", .argv = argv, .arg = argv[1]};

	return process_main(&table, role);
}

static void test_children_come_back(void **state)
{
	char path[] = "/tmp/process_test.XXXXXX";
	char *argv[] = {"process_test", path, NULL};

	(void)state;
	close(mkstemp(path));
	assert_int_equal(run_main(argv, NULL), 0);
	struct tally *t = tally_map(path);
	assert_int_equal(t->links, 3);
	assert_int_equal(t->pongs, 3);
	assert_int_equal(t->deaths, 1);
	assert_int_equal(t->other_deaths, 0);
	assert_int_equal(t->stops, 3);
	unlink(path);
}

static int run_failing(struct process *self, void *arg)
{
	(void)self;
	(void)arg;
	return 3;
}

static void test_failing_start_ends_all(void **state)
{
	static const struct process_role failing[] = {{"failing", run_failing, 1, NULL}, {0}};
	static const struct process_link none[] = {{0}};
	char *argv[] = {"process_test", "failing", NULL};
	const struct process_table table = {.roles = failing, .links = none, .argv = argv};

	(void)state;
	assert_int_equal(process_main(&table, NULL), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_children_come_back),
	        cmocka_unit_test(test_failing_start_ends_all),
	};
	if (argc == 4 && !strcmp(argv[2], "--role"))
		return !strcmp(argv[1], "failing") ? 3 : run_main(argv, argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
