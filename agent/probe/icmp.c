#include "agent/probe/icmp.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/probe/icmp_run.h"
#include "agent/probe/icmp_socket.h"
#include "agent/probe/note.h"
#include "agent/probe/raw.h"
#include "agent/probe/stamp.h"
#include "common/clock.h"
#include "common/memory.h"

#define SLOTS_MAX 16384
#define SLOTS_MORE 16
#define GATHER_MAX 64
#define RECEIVE_ROUNDS 32  /* calls in one turn: others want theirs too */
#define STEPPED_NS 2000000 /* the wall clock was set when it and the monotonic one differ by more */
_Static_assert(sizeof(struct icmp_run) <= PROBE_STATE_MAX, "state too large");

/* An echo that is to be sent. */
struct gathered {
	uint32_t slot, number;
	uint8_t seq;
};

struct icmp {
	struct icmp_socket sockets[ICMP_FAMILIES];
	uint16_t id;
	uint8_t cookie[ECHO_COOKIE_BYTES];
	uint32_t runs;
	struct icmp_run **slots;        /* NULL: free */
	uint32_t slot_count, free_from; /* no slot below is free */
	struct gathered gather[ICMP_FAMILIES][GATHER_MAX];
	unsigned gathered[ICMP_FAMILIES];
	bool some_failed; /* a run may have got all it waits for without an answer */
	struct raw_pool *spare;
};

static int64_t drift_ns(void)
{
	struct stamp now = stamp_now();

	return now.real_ns - now.mono_ns;
}

struct icmp *icmp_open(void)
{
	struct icmp *ic = mem_alloc(sizeof(*ic));

	chance_bytes(&ic->id, sizeof(ic->id));
	chance_bytes(ic->cookie, sizeof(ic->cookie));
	icmp_socket_open(&ic->sockets[ICMP_V4], false);
	icmp_socket_open(&ic->sockets[ICMP_V6], true);
	ic->spare = raw_pool_open();
	return ic;
}

void icmp_close(struct icmp *ic)
{
	if (!ic)
		return;
	for (int i = 0; i < ICMP_FAMILIES; i++)
		icmp_socket_close(&ic->sockets[i]);
	raw_pool_close(ic->spare);
	free(ic->slots);
	free(ic);
}

struct raw_pool *icmp_spare(struct icmp *ic)
{
	return ic ? ic->spare : NULL;
}

int icmp_fd(const struct icmp *ic, enum icmp_family family)
{
	return ic->sockets[family].fd;
}

/* ---- runs ---- */

static bool slot_take(struct icmp *ic, struct icmp_run *r)
{
	uint32_t i = ic->free_from;

	while (i < ic->slot_count && ic->slots[i])
		i++;
	if (i == ic->slot_count) {
		if (i == SLOTS_MAX)
			return false;
		ic->slot_count += SLOTS_MORE;
		ic->slots = mem_grow(ic->slots, ic->slot_count, sizeof(struct icmp_run *));
		memset(ic->slots + i, 0, SLOTS_MORE * sizeof(struct icmp_run *));
	}
	ic->slots[i] = r;
	ic->free_from = i + 1;
	r->slot = i;
	r->ic = ic;
	return true;
}

static void slot_leave(struct icmp_run *r)
{
	if (!r->ic)
		return;
	r->ic->slots[r->slot] = NULL;
	if (r->slot < r->ic->free_from)
		r->ic->free_from = r->slot;
	r->ic = NULL;
}

static struct icmp_run *run_of(const struct icmp *ic, const struct echo *e)
{
	struct icmp_run *r = e->slot < ic->slot_count ? ic->slots[e->slot] : NULL;

	if (!r || memcmp(e->cookie, ic->cookie, ECHO_COOKIE_BYTES) || r->number != e->run || e->seq >= r->sent)
		return NULL;
	return r;
}

/* ---- sending ---- */

/* Stamps of sending, and complaints. */
static void on_sent(void *arg, const struct icmp_in *in);

static void fill_packet(const struct icmp *ic, const struct gathered *g, struct icmp_out *out)
{
	struct icmp_run *r = ic->slots[g->slot];
	struct echo packet = {.id = ic->id, .seq = g->seq, .slot = g->slot, .run = g->number};

	memcpy(packet.cookie, ic->cookie, ECHO_COOKIE_BYTES);
	echo_encode(&packet, r->address.any.sa_family == AF_INET6, out->bytes);
	out->to = &r->address;
	out->source = &r->source;
	out->interface = r->interface;
	out->unstamped = r->train && g->seq >= ICMP_TIMED;
}

static void send_batch(struct icmp *ic, enum icmp_family family, const struct gathered *list, unsigned count)
{
	struct icmp_out out[ICMP_BATCH];
	struct icmp_run *runs[ICMP_BATCH];
	uint8_t seqs[ICMP_BATCH];
	int errors[ICMP_BATCH];
	unsigned wanted = 0;
	int64_t now_ns;

	for (unsigned i = 0; i < count; i++) {
		struct icmp_run *r = ic->slots[list[i].slot];

		if (!r || r->number != list[i].number)
			continue; /* it was given up meanwhile */
		fill_packet(ic, &list[i], &out[wanted]);
		seqs[wanted] = list[i].seq;
		runs[wanted++] = r;
	}
	now_ns = stamp_now().real_ns;
	for (unsigned i = 0; i < wanted; i++)
		runs[i]->ns[seqs[i]] = now_ns;
	icmp_socket_send(&ic->sockets[family], out, wanted, errors);
	for (unsigned i = 0; i < wanted; i++)
		if (errors[i]) {
			runs[i]->failed++;
			runs[i]->error = errors[i];
			ic->some_failed = true;
		}
	/* the stamps of sending are mostly there already: taken now, they cost no turn of the loop */
	if (wanted)
		icmp_socket_receive(&ic->sockets[family], ICMP_SENT, wanted, on_sent, ic);
}

static void send_gathered(struct icmp *ic, enum icmp_family family)
{
	struct gathered list[GATHER_MAX];
	unsigned count = ic->gathered[family];

	memcpy(list, ic->gather[family], count * sizeof(list[0]));
	ic->gathered[family] = 0;
	for (unsigned at = 0; at < count; at += ICMP_BATCH)
		send_batch(ic, family, list + at, count - at < ICMP_BATCH ? count - at : ICMP_BATCH);
}

static void tell_failed(struct icmp *ic, icmp_on_ready on_ready)
{
	if (!ic->some_failed)
		return;
	ic->some_failed = false;
	for (uint32_t i = 0; i < ic->slot_count; i++)
		if (ic->slots[i] && ic->slots[i]->failed && icmp_run_complete(ic->slots[i]))
			on_ready(ic->slots[i]->owner);
}

void icmp_flush(struct icmp *ic, icmp_on_ready on_ready)
{
	for (int i = 0; i < ICMP_FAMILIES; i++)
		if (ic->gathered[i])
			send_gathered(ic, i);
	tell_failed(ic, on_ready);
}

static void gather_echo(struct icmp_run *r)
{
	enum icmp_family family = r->address.any.sa_family == AF_INET6 ? ICMP_V6 : ICMP_V4;
	struct icmp *ic = r->ic;

	if (ic->gathered[family] == GATHER_MAX)
		send_gathered(ic, family);
	ic->gather[family][ic->gathered[family]++] = (struct gathered){r->slot, r->number, r->sent};
	r->sent++;
}

/* ---- receiving ---- */

struct hearing {
	struct icmp *ic;
	enum icmp_family family;
	icmp_on_ready on_ready;
	int64_t drift_ns;
};

static void answered(struct icmp_run *r, unsigned seq, int64_t stamp_ns, int64_t drift)
{
	uint64_t bit = BIT(seq);
	int64_t moved = drift - r->drift_ns, sent_ns = r->ns[seq];

	if (r->complained & bit) {
		r->complained &= ~bit;
		r->failed--;
	}
	r->answered |= bit;
	r->received++;
	if (seq < r->next)
		r->reordered++;
	else
		r->next = (uint8_t)(seq + 1);
	if (!stamp_ns)
		stamp_ns = stamp_now().real_ns;
	r->ns[seq] = moved < STEPPED_NS && moved > -STEPPED_NS && stamp_ns >= sent_ns ? stamp_ns - sent_ns : NO_TRIP;
	if (r->ns[seq] > r->longest_ns)
		r->longest_ns = r->ns[seq];
}

static void on_came(void *arg, const struct icmp_in *in)
{
	struct hearing *h = arg;
	bool raw = h->ic->sockets[h->family].raw;
	struct icmp_run *r;
	struct echo e;

	if (echo_decode(in->data, in->len, h->family == ICMP_V6, h->family == ICMP_V4 && raw, &e) ||
	        (raw && e.id != h->ic->id))
		return;
	r = run_of(h->ic, &e);
	if (!r || !probe_address_equal(&in->from, &r->address))
		return;
	if (r->answered & BIT(e.seq)) {
		r->duplicates++;
		return;
	}
	answered(r, e.seq, in->stamp_ns, h->drift_ns);
	if (icmp_run_complete(r))
		h->on_ready(r->owner);
}

/* A router may quote no more than the head of what it could not deliver (RFC 792): then the target tells whose it was. */
static struct icmp_run *run_quoted(const struct icmp *ic, const struct icmp_in *in, unsigned *seq)
{
	struct cursor c = cursor_of(in->data, in->len);
	struct icmp_run *r;
	struct echo e;

	if (!echo_find(in->data, in->len, ic->cookie, &e)) {
		*seq = e.seq;
		return run_of(ic, &e);
	}
	cursor_u32(&c); /* type, code, checksum */
	if (cursor_u16(&c) != ic->id)
		return NULL;
	*seq = cursor_u16(&c);
	for (uint32_t i = 0; !c.failed && i < ic->slot_count; i++) {
		r = ic->slots[i];
		if (r && *seq < r->sent && probe_address_equal(&in->from, &r->address))
			return r;
	}
	return NULL;
}

static void on_sent(void *arg, const struct icmp_in *in)
{
	struct icmp *ic = arg;
	unsigned seq = 0;
	struct icmp_run *r = run_quoted(ic, in, &seq);

	if (!r || seq >= r->sent || r->answered & BIT(seq))
		return;
	if (!in->complains) {
		if (in->stamp_ns >= r->ns[seq])
			r->ns[seq] = in->stamp_ns;
		return;
	}
	r->complaint = in->complaint;
	if (!(r->complained & BIT(seq))) {
		r->complained |= BIT(seq);
		r->failed++;
		ic->some_failed = true;
	}
}

void icmp_receive(struct icmp *ic, enum icmp_family family, bool sent_too, icmp_on_ready on_ready)
{
	struct hearing h = {.ic = ic, .family = family, .on_ready = on_ready, .drift_ns = drift_ns()};
	const struct icmp_socket *s = &ic->sockets[family];

	for (int i = 0; sent_too && i < RECEIVE_ROUNDS && icmp_socket_receive(s, ICMP_SENT, ICMP_BATCH, on_sent, ic);
	        i++)
		;
	for (int i = 0; i < RECEIVE_ROUNDS && icmp_socket_receive(s, ICMP_CAME, ICMP_BATCH, on_came, &h); i++)
		;
	tell_failed(ic, on_ready);
}

/* ---- a run ---- */

/* What is due is sent: with no gap all at once. */
static void send_due(struct icmp_run *r, int64_t now_ms)
{
	while (r->sent < icmp_run_wanted(r) && now_ms >= r->begun_ms + icmp_run_due_ms(r, r->sent)) {
		gather_echo(r);
		r->last_ms = now_ms;
		/* one at a time even if we were asleep: a burst that was to be none measures our own queue */
		if (r->gap_ms)
			break;
	}
}

static struct probe_want icmp_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	enum icmp_family family = job->address.any.sa_family == AF_INET6 ? ICMP_V6 : ICMP_V4;
	int count = job->options->count > 0 ? job->options->count : ICMP_ECHOES, more = job->options->more;
	struct icmp_run *r = state;

	memset(r, 0, sizeof(*r));
	r->interface = job->interface[0] ? if_nametoindex(job->interface) : 0;
	if (job->interface[0] && !r->interface)
		r->error = ENODEV;
	else if (job->source.any.sa_family && job->source.any.sa_family != job->address.any.sa_family)
		r->error = EAFNOSUPPORT;
	else if (!job->icmp || job->icmp->sockets[family].fd < 0 || !slot_take(job->icmp, r))
		r->error = EPERM;
	if (r->error)
		return (struct probe_want){.done = true, .fd = -1};
	r->owner = job->owner;
	r->address = job->address;
	r->source = job->source;
	if (r->address.any.sa_family == AF_INET6)
		r->address.v6.sin6_port = 0;
	r->count = (uint8_t)(count < ICMP_ECHOES_MAX ? count : ICMP_ECHOES_MAX);
	r->more = (uint8_t)(more < ICMP_ECHOES_MAX - r->count ? more : ICMP_ECHOES_MAX - r->count);
	r->train = (uint8_t)(job->options->train < r->count ? job->options->train : r->count);
	r->ns = mem_alloc((size_t)(r->count + r->more) * sizeof(r->ns[0]));
	r->number = ++job->icmp->runs;
	r->drift_ns = drift_ns();
	r->begun_ms = now_ms;
	r->timeout_ms = job->timeout_ms;
	r->gap_ms = job->gap_ms;
	send_due(r, now_ms);
	return icmp_run_next(r, now_ms);
}

static struct probe_want icmp_step(void *state, unsigned events, int64_t now_ms)
{
	struct icmp_run *r = state;

	(void)events;
	send_due(r, now_ms);
	return icmp_run_next(r, now_ms);
}

/* Kernels differ in what they say of a source that is no address of ours. */
static bool source_is_ours(const struct icmp_run *r)
{
	int fd = socket(r->source.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ours = fd < 0 || !bind(fd, &r->source.any, probe_address_len(&r->source));

	if (fd >= 0)
		close(fd);
	return ours;
}

static void icmp_finish(void *state, struct probe_result *out)
{
	struct icmp_run *r = state;

	*out = probe_result_none();
	slot_leave(r);
	out->sent = r->sent;
	out->received = r->received;
	out->up = r->received > 0;
	if (out->up)
		out->reason = REASON_OK;
	else if (r->complaint.reason != REASON_OK)
		out->reason = r->complaint.reason;
	else
		out->reason = r->error ? probe_reason(r->error) : REASON_TIMEOUT;
	if (r->error && r->source.any.sa_family && !source_is_ours(r))
		out->reason = REASON_LOCAL;
	if (!out->up)
		complaint_note(&r->complaint, out->note);
	if (r->sent)
		icmp_run_summarize(r, out);
	free(r->ns);
	r->ns = NULL;
}

const struct probe_type probe_icmp = {
        .name = "icmp",
        .tries_often = true,
        .has_detail = true,
        .detail = CLASS_ECHO,
        .start = icmp_start,
        .step = icmp_step,
        .finish = icmp_finish,
};
