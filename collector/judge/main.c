/*
 * judge: the role that says what is down, since when and why. It follows the journal at its own cursor
 * (judge.h thinks, store.h remembers), takes state hints ahead of the samples, and gives its conclusions to core. Only this
 * file knows libuv.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/judge.h"
#include "collector/judge/rollup.h"
#include "collector/judge/store.h"
#include "collector/message.h"
#include "collector/role.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TICK_MS 500
#define COMMIT_MS 1000
#define CATCHING_COMMIT_MS 250 /* while a backlog is read even urgent things wait this long */
#define COMMIT_ROWS 100000
#define EVENTS_AT_ONCE 4096
#define TURN_NS 10000000u
#define UNITS_CHANGED_MAX 4096
#define FLIGHT_MAX 64

struct seat {
	uv_loop_t loop;
	struct process *self;
	const struct collector_config *config;
	struct judge judge;
	struct store *store;
	struct follower *follower;
	struct inventory *inventory;
	struct zone *zone;
	struct channel *core, *web;
	uv_timer_t tick;
	uv_idle_t reading; /* active while the journal has more */
	int64_t read_id, committed_id, committed_at;
	uint64_t committed_rows;
	int64_t sent_seq;   /* conclusions up to this one are with core */
	unsigned in_flight; /* ... and so many of them unanswered */
	bool caught_up;     /* has been since the start */
	bool lagging;       /* the journal has more right now */
	bool dirty, stopping;
	const struct unit *units[UNITS_CHANGED_MAX]; /* whose state may have changed */
	size_t unit_count;
};

/* ---- what browsers are told ---- */

static void on_state(void *arg, const struct judge_check *c)
{
	struct seat *s = arg;
	const struct unit *u = s->inventory && c->site ? site_unit(s->inventory, c->site, s->judge.now) : NULL;
	s->dirty = true;
	for (size_t k = 0; k < s->unit_count; k++)
		if (s->units[k] == u)
			return;
	if (u && s->unit_count < UNITS_CHANGED_MAX)
		s->units[s->unit_count++] = u;
}

/* Index of the site's unit among the changed ones, or unit_count. */
static size_t changed_unit(const struct seat *s, const struct site *site)
{
	const struct unit *u = site_unit(s->inventory, site, s->judge.now);
	size_t k = 0;
	while (k < s->unit_count && s->units[k] != u)
		k++;
	return k;
}

struct unit_rollup {
	struct rollup required, all;
};

/* One pass over all checks, however many units changed. A node's checks are mostly of one site. */
static void roll_up(const struct seat *s, struct unit_rollup *units)
{
	const struct site *site = NULL;
	size_t k = s->unit_count;
	for (uint32_t i = 0; i < s->judge.fleet.count; i++) {
		const struct judge_node *n = s->judge.fleet.nodes[i];
		for (uint32_t m = 0; m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			if (c->site && c->site != site) {
				site = c->site;
				k = changed_unit(s, site);
			}
			/* a simulator's connection says nothing about a site */
			if (!c->site || k == s->unit_count || (c->kind == KIND_AGENT && n->simulated))
				continue;
			struct rollup_entry e = {.kind = c->kind,
			        .service = c->service,
			        .uplink = c->uplink,
			        .site = c->site,
			        .link = n->link};
			e.state = check_state_now(c, s->judge.now, &e.since);
			rollup_add(site->required ? &units[k].required : &units[k].all, &e);
		}
	}
}

static void tell_web(struct seat *s, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	channel_send(s->web, MESSAGE_CHANGED, text, strlen(text));
	free(text);
	json_decref(o);
}

static void tell_changes(struct seat *s)
{
	struct unit_rollup *units = mem_alloc(s->unit_count * sizeof(*units));
	if (s->web && s->unit_count)
		roll_up(s, units);
	for (size_t k = 0; s->web && k < s->unit_count; k++) {
		const struct rollup *r = units[k].required.count ? &units[k].required : &units[k].all;
		tell_web(s, json_pack("{s:s, s:s, s:s}", "type", "state", "unit", s->units[k]->id, "state",
		                    state_name(rollup_state(r, NULL))));
	}
	free(units);
	s->unit_count = 0;
	for (size_t k = 0; k < s->judge.incidents.count; k++) {
		struct incident *i = s->judge.incidents.all[k];
		/* history that streams by is seen when a page is loaded */
		if (i->changed && !i->late && s->web)
			tell_web(s, json_pack("{s:s, s:s, s:s}", "type", "incident", "id", i->id, "state",
			                    incident_state_name(i->state)));
		i->changed = false;
	}
}

/* ---- conclusions to core ---- */

struct flight {
	struct seat *s;
	struct channel *core;
	int64_t seq;
};

static void conclusions_send(struct seat *s);

static void on_concluded(struct cursor *payload, void *arg)
{
	struct flight *f = arg;
	struct seat *s = f->s;
	int64_t status = payload ? cursor_svarint(payload) : -ECANCELED;
	bool ours = s->core == f->core;
	if (ours)
		s->in_flight--;
	if (payload && !payload->failed && (status == 0 || status == -EALREADY)) {
		store_concluded(s->store, f->seq);
	} else if (ours && f->seq <= s->sent_seq) {
		s->sent_seq = f->seq - 1; /* again at the next tick */
	}
	free(f);
}

static void conclusions_send(struct seat *s)
{
	char key[256], *body;
	while (s->core && !s->stopping && s->in_flight < FLIGHT_MAX &&
	        (body = store_conclusion(s->store, &s->sent_seq, key, sizeof key))) {
		struct buf b = {0};
		struct flight *f = mem_alloc(sizeof *f);
		*f = (struct flight){s, s->core, s->sent_seq};
		buf_put_str(&b, key);
		buf_put_blob(&b, body, strlen(body));
		s->in_flight++;
		channel_call(s->core, MESSAGE_CONCLUDE, b.data, b.len, on_concluded, f);
		buf_free(&b);
		free(body);
	}
}

/* ---- reading and committing ---- */

static void cursor_send(struct seat *s)
{
	struct buf b = {0};
	if (!s->core)
		return;
	buf_put_str(&b, "judge");
	buf_put_svarint(&b, s->committed_id);
	channel_send(s->core, MESSAGE_CURSOR, b.data, b.len);
	buf_free(&b);
}

static void commit(struct seat *s)
{
	/* memory is ahead of the disk then: begin again from the disk */
	if (store_commit(s->store, &s->judge, s->read_id)) {
		log_error("state.db cannot be written: starting again from its last commit");
		exit(1);
	}
	s->committed_at = (int64_t)(uv_hrtime() / 1000000);
	s->committed_rows = s->judge.rows;
	s->dirty = false;
	if (s->committed_id != s->read_id) {
		s->committed_id = s->read_id;
		cursor_send(s);
	}
	tell_changes(s);
	conclusions_send(s);
}

static void commit_when_due(struct seat *s)
{
	int64_t age = (int64_t)(uv_hrtime() / 1000000) - s->committed_at;
	bool changed = s->judge.urgent || s->dirty || s->read_id != s->committed_id;
	bool soon = s->judge.urgent && (!s->lagging || age >= CATCHING_COMMIT_MS);
	soon |= s->judge.event_count >= EVENTS_AT_ONCE;
	if (soon || (changed && age >= COMMIT_MS) || s->judge.rows - s->committed_rows >= COMMIT_ROWS)
		commit(s);
}

static void on_reading(uv_idle_t *idle)
{
	struct seat *s = idle->data;
	uint64_t until = uv_hrtime() + TURN_NS;
	struct record record;
	int more = 1;
	for (unsigned n = 1; more > 0; n++) {
		more = follower_next(s->follower, &record);
		if (more <= 0)
			break;
		judge_record(&s->judge, &record);
		s->read_id = record.id;
		if (n % 16 == 0 && uv_hrtime() > until)
			break;
	}
	s->lagging = more > 0;
	if (more <= 0) {
		uv_idle_stop(idle);
		judge_tick(&s->judge, clock_wall_ms());
		if (!s->caught_up && more == 0)
			judge_resume(&s->judge, clock_wall_ms());
		s->caught_up |= more == 0;
	}
	commit_when_due(s);
}

static void read_on(struct seat *s)
{
	if (!s->stopping && s->inventory)
		uv_idle_start(&s->reading, on_reading);
}

static void on_tick(uv_timer_t *tick)
{
	struct seat *s = tick->data;
	if (s->caught_up && !s->lagging)
		judge_tick(&s->judge, clock_wall_ms());
	commit_when_due(s);
	conclusions_send(s);
	read_on(s); /* a lost wake-up costs half a second, no more */
}

/* ---- messages ---- */

static void take_inventory(struct seat *s, const char *digest)
{
	struct conf_errors errors = {0};
	struct inventory *inv, *old = s->inventory;
	if (!*digest || strspn(digest, "0123456789abcdef") != strlen(digest) || (old && !strcmp(old->digest, digest)))
		return;
	char *name = mem_printf("inventory/%s.yaml", digest), *path = collector_state_path(s->config, name);
	if (inventory_load(path, s->config->timezone, s->config->language, &inv, &errors) == 0) {
		s->inventory = inv;
		s->unit_count = 0; /* they pointed into the old one */
		judge_set_inventory(&s->judge, inv);
		inventory_free(old);
		s->dirty = true;
		read_on(s);
	} else {
		log_error("judge keeps its inventory: %s cannot be loaded", path);
	}
	conf_errors_free(&errors);
	free(name);
	free(path);
}

static void message_inventory(struct seat *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	char digest[80];
	(void)ch;
	(void)id;
	cursor_str(c, digest, sizeof digest);
	take_inventory(s, digest);
}

static void message_wake(struct seat *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	(void)ch;
	(void)id;
	(void)c;
	read_on(s);
}

static void message_hint(struct seat *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	char node[METRIC_NODE_MAX], class_name[32], subject[METRIC_INSTANCE_MAX];
	(void)ch;
	(void)id;
	cursor_str(c, node, sizeof node);
	cursor_svarint(c);
	uint64_t count = cursor_varint(c);
	if (s->lagging || !s->caught_up)
		return;
	judge_tick(&s->judge, clock_wall_ms());
	for (uint64_t k = 0; k < count && !c->failed; k++) {
		cursor_str(c, class_name, sizeof class_name);
		cursor_str(c, subject, sizeof subject);
		bool up = cursor_u8(c);
		int reason = cursor_u8(c);
		int64_t since = cursor_svarint(c);
		if (!c->failed)
			judge_hint(&s->judge, node, class_name, subject, up, reason, since);
	}
	s->dirty = true;
	commit_when_due(s);
}

static void message_status(struct seat *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	struct buf b = {0};
	size_t open = 0, checks = 0;
	(void)c;
	for (size_t k = 0; k < s->judge.incidents.count; k++)
		open += incident_is_open(s->judge.incidents.all[k]);
	for (uint32_t k = 0; k < s->judge.fleet.count; k++)
		checks += s->judge.fleet.nodes[k]->check_count;
	buf_printf(&b,
	        "{\"cursor\":%lld,\"rows\":%llu,\"nodes\":%u,\"checks\":%zu,\"incidents\":%zu,\"open\":%zu,"
	        "\"isolated\":%s}",
	        (long long)s->committed_id, (unsigned long long)s->judge.rows, s->judge.fleet.count, checks,
	        s->judge.incidents.count, open, s->judge.cut ? "true" : "false");
	channel_reply(ch, MESSAGE_STATUS, id, b.data, b.len);
	buf_free(&b);
}

static const struct {
	enum message_kind kind;
	void (*take)(struct seat *s, struct channel *ch, uint32_t id, struct cursor *c);
} messages[] = {
        {MESSAGE_WAKE, message_wake},
        {MESSAGE_HINT, message_hint},
        {MESSAGE_INVENTORY, message_inventory},
        {MESSAGE_STATUS, message_status},
};

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	for (size_t k = 0; k < sizeof messages / sizeof messages[0]; k++)
		if (messages[k].kind == kind)
			messages[k].take(arg, ch, id, payload);
}

static void on_channel_close(struct channel *ch, void *arg)
{
	struct seat *s = arg;
	if (s->core == ch)
		s->core = NULL;
	if (s->web == ch)
		s->web = NULL;
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_channel_close};
	struct seat *s = arg;
	struct channel *ch = channel_open(&s->loop, fd, &handlers, s);
	(void)index;
	if (!strcmp(peer, "core")) {
		s->core = ch;
		s->in_flight = 0;
		s->sent_seq = 0;
		cursor_send(s);
		conclusions_send(s);
	} else if (!strcmp(peer, "web")) {
		s->web = ch;
	} else {
		channel_close(ch);
	}
}

/* ---- beginning and end ---- */

static bool dict(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name, uint8_t *layout,
        const char **instance)
{
	struct seat *s = arg;
	return follower_dict(s->follower, node, epoch, set, class_name, layout, instance);
}

static void on_stop(void *arg)
{
	struct seat *s = arg;
	if (s->stopping)
		return;
	s->stopping = true;
	if (s->core)
		channel_close(s->core);
	if (s->web)
		channel_close(s->web);
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->reading, NULL);
	process_close(s->self);
}

static int enter_sandbox(const struct collector_config *config)
{
	static const char *const kept[] = {"journal", "inventory", "state.db", "state.db-wal", "state.db-shm"};
	struct sandbox_path paths[sizeof kept / sizeof kept[0] + 2] = {{0}};
	char *names[sizeof kept / sizeof kept[0]];
	size_t count = sizeof kept / sizeof kept[0];
	for (size_t k = 0; k < count; k++) {
		names[k] = collector_state_path(config, kept[k]);
		/* readers of a WAL write its shared memory; inventories are only read */
		paths[k] = (struct sandbox_path){names[k], k == 1 ? SANDBOX_READ : SANDBOX_WRITE};
	}
	paths[count] = (struct sandbox_path){"/usr/share/zoneinfo", SANDBOX_READ};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_FILES, .paths = paths};
	int rc = sandbox_enter(&rules);
	for (size_t k = 0; k < count; k++)
		free(names[k]);
	return rc;
}

static int seat_open(struct seat *s)
{
	const struct judge_source source = {dict, s};
	char *db = collector_state_path(s->config, "state.db"), *journal = collector_state_path(s->config, "journal");
	int rc = store_open(&s->store, db);
	judge_init(&s->judge, s->config->step_ms, &source);
	s->judge.on_state = on_state;
	s->judge.arg = s;
	if (!rc && zone_load(s->config->timezone, &s->zone))
		log_warn("time zone %s cannot be read: texts are in UTC", s->config->timezone);
	s->judge.zone = s->zone;
	rc = rc ? rc : store_load(s->store, &s->judge, &s->read_id);
	rc = rc ? rc : enter_sandbox(s->config);
	s->committed_id = s->read_id;
	rc = rc ? rc : follower_open(&s->follower, journal, s->read_id);
	free(db);
	free(journal);
	return rc;
}

int judge_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct seat *s = mem_alloc(sizeof *s);
	s->self = self;
	s->config = arg;
	uv_loop_init(&s->loop);
	if (seat_open(s))
		return 1;
	uv_timer_init(&s->loop, &s->tick);
	uv_idle_init(&s->loop, &s->reading);
	s->tick.data = s->reading.data = s;
	uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
	process_listen(self, &s->loop, &events, s);
	process_ready(self);
	uv_run(&s->loop, UV_RUN_DEFAULT);

	store_commit(s->store, &s->judge, s->read_id);
	follower_close(s->follower);
	judge_free(&s->judge);
	inventory_free(s->inventory);
	zone_free(s->zone);
	store_close(s->store);
	uv_loop_close(&s->loop);
	free(s);
	return 0;
}
