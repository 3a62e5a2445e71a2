/* spool: nothing that was put is lost by kill -9, renewals or restarts; a full one thins, then drops, and says so. */
#include <stdio.h>

#include "agent/send/spool.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STEP_MS 10000

struct place {
	char dir[64];
	struct spool *spool;
};

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	strcpy(p->dir, "/tmp/spool-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	clock_fake(INT64_C(1790000000000), 5000000);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	spool_close(p->spool);
	clock_real();
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static void reopen(struct place *p, int64_t max_bytes)
{
	spool_close(p->spool);
	assert_int_equal(spool_open(&p->spool, p->dir, max_bytes), 0);
}

/* As kill -9 leaves it: nothing is said goodbye to. */
static void reopen_killed(struct place *p)
{
	struct spool *left = p->spool;

	left->acked_id = left->deleted_id;
	reopen(p, 1 << 20);
}

/* A batch with one row of `class_id` whose first value is `value`. */
static int put_row(struct spool *s, enum metric_class_id class_id, const char *instance, int64_t value, int64_t second)
{
	struct batch_writer *w = batch_writer_new();
	int64_t values[METRIC_COLUMNS_MAX] = {value, second, second, second};
	struct buf body = {0};
	const struct metric_class *class = metric_class(class_id);
	bool fresh;
	uint32_t number = spool_number(s, class_id, instance, &fresh);
	int status;

	if (fresh)
		batch_dict(w, number, class->name, class->layout, instance);
	batch_row(w, number, clock_boot_ms(), values, class->count);
	batch_finish(w, &body);
	status = spool_put(s, clock_boot_ms(), body.data, body.len);
	buf_free(&body);
	batch_writer_free(w);
	clock_fake_advance(STEP_MS);
	return status;
}

static void put(struct place *p, int64_t value)
{
	assert_int_equal(put_row(p->spool, CLASS_HOST, "", value, 0), 0);
}

/* What the collector would have learnt. */
struct learnt {
	unsigned rows, dicts, events, unnamed, downs;
	int64_t values[8192], last_boot_ms;
	bool named[64];
	char kinds[256];
};

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct learnt *l = arg;

	(void)class_name;
	(void)layout;
	(void)instance;
	l->dicts++;
	l->named[set % 64] = true;
}

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct learnt *l = arg;

	l->unnamed += !l->named[set % 64];
	l->downs += count == 4 && values[SVC_UP] == 0;
	l->last_boot_ms = boot_ms;
	l->values[l->rows++ % 8192] = values[0];
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct learnt *l = arg;

	(void)boot_ms;
	(void)text;
	l->events++;
	if (strlen(l->kinds) + strlen(kind) + 2 < sizeof(l->kinds)) {
		strcat(l->kinds, kind);
		strcat(l->kinds, " ");
	}
}

static const struct batch_handlers learning = {.on_dict = on_dict, .on_row = on_row, .on_event = on_event};

static void learn(struct spool *s, uint64_t from, struct learnt *l)
{
	struct spool_batch b;

	for (uint64_t seq = from; !spool_peek(s, seq, &b); seq = b.seq + 1)
		assert_int_equal(batch_decode(b.body, b.len, &learning, l, NULL), 0);
}

static void test_order_and_acknowledgement(void **state)
{
	struct place *p = *state;
	struct spool_batch b;

	reopen(p, 1 << 20);
	assert_int_equal(spool_oldest_seq(p->spool), 0);
	assert_int_equal(spool_next_seq(p->spool), 1);
	assert_int_equal(spool_peek(p->spool, 1, &b), -ENOENT);
	for (int i = 1; i <= 5; i++)
		put(p, i);
	assert_int_equal(spool_next_seq(p->spool), 6);
	assert_int_equal(spool_backlog(p->spool), 5);
	for (uint64_t i = 1; i <= 5; i++) {
		assert_int_equal(spool_peek(p->spool, i, &b), 0);
		assert_int_equal(b.seq, i);
		assert_memory_equal(b.boot_id, spool_boot_id(p->spool), BOOT_ID_BYTES);
	}
	assert_int_equal(b.wall_ms, INT64_C(1790000000000) + 4 * STEP_MS);
	spool_ack(p->spool, spool_epoch(p->spool) + 1, 4); /* another epoch's word */
	spool_ack(p->spool, spool_epoch(p->spool), 99);    /* more than there is */
	assert_int_equal(spool_backlog(p->spool), 5);
	spool_ack(p->spool, spool_epoch(p->spool), 3);
	assert_int_equal(spool_backlog(p->spool), 2);
	assert_int_equal(spool_oldest_seq(p->spool), 4);
	assert_int_equal(spool_peek(p->spool, 1, &b), 0);
	assert_int_equal(b.seq, 4);
	spool_ack(p->spool, spool_epoch(p->spool), 5);
	assert_int_equal(spool_backlog(p->spool), 0);
	assert_int_equal(spool_bytes(p->spool), 0);
	assert_int_equal(spool_oldest_seq(p->spool), 0);
}

static void test_restart_goes_on(void **state)
{
	struct place *p = *state;
	uint64_t epoch;
	struct learnt l = {0};

	reopen(p, 1 << 20);
	epoch = spool_epoch(p->spool);
	for (int i = 1; i <= 4; i++)
		put(p, i);
	spool_ack(p->spool, epoch, 2);
	reopen(p, 1 << 20);
	assert_int_equal(spool_epoch(p->spool), epoch);
	assert_int_equal(spool_next_seq(p->spool), 5);
	assert_int_equal(spool_oldest_seq(p->spool), 3);
	put(p, 5);
	learn(p->spool, 1, &l);
	assert_int_equal(l.rows, 3);
	assert_int_equal(l.values[0], 3);
	assert_int_equal(l.dicts, 0); /* was in what is acknowledged */
	spool_ack(p->spool, epoch, 5);
	reopen(p, 1 << 20);
	assert_int_equal(spool_next_seq(p->spool), 6); /* an empty one does not begin anew */
	assert_int_equal(spool_backlog(p->spool), 0);
}

static void test_renewed_epoch_loses_nothing(void **state)
{
	struct place *p = *state;
	struct learnt l = {0};
	uint64_t epoch;
	struct spool_batch b;

	reopen(p, 1 << 20);
	epoch = spool_epoch(p->spool);
	for (int i = 1; i <= 9; i++)
		put(p, i);
	spool_ack(p->spool, epoch, 6);
	assert_int_equal(spool_renew(p->spool), 0);
	assert_true(spool_epoch(p->spool) != epoch);
	assert_int_equal(spool_next_seq(p->spool), 5); /* dictionary, 7, 8, 9 */
	assert_int_equal(spool_oldest_seq(p->spool), 1);
	assert_int_equal(spool_backlog(p->spool), 4);
	learn(p->spool, 1, &l);
	assert_int_equal(l.dicts, 1);
	assert_int_equal(l.unnamed, 0);
	assert_int_equal(l.rows, 3);
	assert_int_equal(l.values[0], 7);
	for (uint64_t i = 1; i <= 4; i++) {
		assert_int_equal(spool_peek(p->spool, i, &b), 0);
		assert_int_equal(b.seq, i);
	}
	spool_ack(p->spool, epoch, 4); /* the old epoch's late word */
	assert_int_equal(spool_backlog(p->spool), 4);
	reopen_killed(p);
	assert_int_equal(spool_next_seq(p->spool), 5);
	assert_int_equal(spool_renew(p->spool), 0); /* again, with nothing acknowledged */
	memset(&l, 0, sizeof(l));
	learn(p->spool, 1, &l);
	assert_int_equal(l.rows, 3);
	assert_int_equal(l.unnamed, 0);
	spool_ack(p->spool, spool_epoch(p->spool), spool_next_seq(p->spool) - 1);
	assert_int_equal(spool_renew(p->spool), 0); /* and empty */
	put(p, 10);
	memset(&l, 0, sizeof(l));
	learn(p->spool, 1, &l);
	assert_int_equal(l.rows, 1);
	assert_int_equal(l.unnamed, 0);
}

static void test_offset_goes_with_the_boot(void **state)
{
	struct place *p = *state;
	struct spool_batch b;
	int64_t offset;

	reopen(p, 1 << 20);
	put(p, 1);
	assert_false(spool_offset(p->spool, &offset));
	assert_int_equal(spool_peek(p->spool, 1, &b), 0);
	assert_false(b.offset_known);
	assert_int_equal(spool_set_offset(p->spool, -77), 0);
	reopen(p, 1 << 20);
	assert_true(spool_offset(p->spool, &offset));
	assert_int_equal(offset, -77);
	assert_int_equal(spool_peek(p->spool, 1, &b), 0);
	assert_true(b.offset_known);
	assert_int_equal(b.offset_ms, -77);
}

static void test_full_thins_then_drops(void **state)
{
	struct place *p = *state;
	struct learnt l = {0};
	int i, most = 0;

	reopen(p, 20000);
	for (i = 0; i < 1000; i++) {
		put(p, i);
		assert_int_equal(put_row(p->spool, CLASS_SERVICE, "land", i % 100 != 50, 10), 0);
		most = spool_bytes(p->spool) > most ? (int)spool_bytes(p->spool) : most;
	}
	assert_true(most < 25000);
	learn(p->spool, 1, &l);
	assert_int_equal(l.unnamed, 0);
	assert_non_null(strstr(l.kinds, "spool-thinned"));
	assert_int_equal(l.values[l.rows - 2], 999); /* the newest is whole */
	assert_true(l.downs > 3);                    /* each failure that is still there was kept */
	for (i = 0; i < 6000; i++)
		put(p, i);
	memset(&l, 0, sizeof(l));
	learn(p->spool, 1, &l);
	assert_true(spool_bytes(p->spool) < 25000);
	assert_non_null(strstr(l.kinds, "spool-dropped"));
	assert_int_equal(l.unnamed, 0);
}

static void test_failed_write_is_told(void **state)
{
	struct place *p = *state;
	struct learnt l = {0};
	struct rlimit limit, small;

	reopen(p, 1 << 20);
	for (int i = 1; i <= 3; i++)
		put(p, i);
	/* a disk that takes no more: the files may not grow */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 4096;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_true(put_row(p->spool, CLASS_HOST, "", 4, 0) < 0);
	assert_true(put_row(p->spool, CLASS_SERVICE, "land", 1, 0) < 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(put_row(p->spool, CLASS_SERVICE, "land", 1, 0), 0);
	put(p, 77);
	learn(p->spool, 1, &l);
	assert_string_equal(l.kinds, "spool-lost ");
	assert_int_equal(l.values[l.rows - 1], 77);
	assert_int_equal(l.rows, 5);
	assert_int_equal(l.unnamed, 0); /* the entry that was lost came again */
}

static void test_damaged_is_set_aside(void **state)
{
	struct place *p = *state;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/spool.db", p->dir);
	f = fopen(path, "w");
	for (int i = 0; i < 3000; i++)
		fprintf(f, "no database");
	fclose(f);
	reopen(p, 1 << 20);
	put(p, 1);
	assert_int_equal(spool_backlog(p->spool), 1);
	strcat(path, ".broken");
	assert_int_equal(access(path, F_OK), 0);
}

/* Tells the parent of each batch that is on disk, until it is killed. */
static void write_until_killed(const char *dir, int out, int64_t value)
{
	struct spool *s;

	if (spool_open(&s, dir, 1 << 20))
		_exit(1);
	for (;; value++) {
		if (put_row(s, CLASS_HOST, "", value, 0) || write(out, &value, sizeof(value)) != sizeof(value))
			_exit(1);
		if (value % 7 == 0)
			spool_ack(s, spool_epoch(s), spool_oldest_seq(s));
		if (value % 50 == 0)
			spool_renew(s);
	}
}

static void test_kill_loses_nothing(void **state)
{
	struct place *p = *state;
	int64_t told = 0, value;

	for (int round = 0; round < 20; round++) {
		int pipes[2], status;
		struct learnt l = {0};

		assert_int_equal(pipe(pipes), 0);
		pid_t pid = fork();
		if (!pid)
			write_until_killed(p->dir, pipes[1], told + 1);
		close(pipes[1]);
		int64_t wanted = told + 3 + (int64_t)chance_below(40);
		while (told < wanted && read(pipes[0], &value, sizeof(value)) == sizeof(value))
			told = value;
		kill(pid, SIGKILL);
		while (read(pipes[0], &value, sizeof(value)) == sizeof(value))
			told = value;
		close(pipes[0]);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(spool_open(&p->spool, p->dir, 1 << 20), 0);
		learn(p->spool, 1, &l);
		/* without holes up to what was told; one more may be on disk whose word did not come */
		assert_true(l.rows > 0);
		for (unsigned i = 1; i < l.rows; i++)
			assert_int_equal(l.values[i], l.values[i - 1] + 1);
		assert_in_range(l.values[l.rows - 1], told, told + 1);
		told = l.values[l.rows - 1];
		spool_close(p->spool);
		p->spool = NULL;
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(test_order_and_acknowledgement),
	        TEST(test_restart_goes_on),
	        TEST(test_renewed_epoch_loses_nothing),
	        TEST(test_offset_goes_with_the_boot),
	        TEST(test_full_thins_then_drops),
	        TEST(test_failed_write_is_told),
	        TEST(test_damaged_is_set_aside),
	        TEST(test_kill_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
