#include "agent/poll/trap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/poll/notice.h"
#include "agent/poll/peer.h"
#include "agent/poll/trap_v3.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define DATAGRAM_MAX 8192 /* a trap is far smaller */
#define TURNS_MAX 64      /* datagrams before the loop is let go on */
#define EVENTS_MOST 64    /* at once of one gear, then one a second */
#define EVENT_MS 1000

struct source {
	struct traps *traps;
	struct gear_spec spec;
	union peer_address address; /* family 0: not known (yet) */
	int64_t credit, credit_ms;  /* events that it may still tell */
};

struct traps {
	const struct sink *sink;
	int fd;
	uv_loop_t *loop;
	uv_poll_t poll;
	void (*on_trap)(void *arg, const char *id);
	bool (*name_of)(void *arg, const char *id, int64_t interface, char *out, size_t size);
	void *arg;
	struct source *sources;
	size_t count;
	struct trap_v3 *v3; /* NULL until some gear is of version 3 */
	struct traps_counts counts;
	bool stranger_said;
	uint8_t datagram[DATAGRAM_MAX];
};

/* ---- who it is ---- */

/* IPv4 that came by a socket for both is IPv4. */
static union peer_address plain_address(const union peer_address *from)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	union peer_address a = {0};

	if (from->any.sa_family != AF_INET6 || memcmp(&from->v6.sin6_addr, mapped, sizeof(mapped)))
		return *from;
	a.v4.sin_family = AF_INET;
	memcpy(&a.v4.sin_addr, (const uint8_t *)&from->v6.sin6_addr + sizeof(mapped), 4);
	return a;
}

static bool same_host(const union peer_address *a, const union peer_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET6)
		return !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
	return a->any.sa_family == AF_INET && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static bool same_secret(const char *ours, const uint8_t *told, size_t len)
{
	size_t our_len = strlen(ours);
	uint8_t differ = our_len != len;

	for (size_t i = 0; i < len && i < our_len; i++)
		differ |= (uint8_t)ours[i] ^ told[i];
	return !differ;
}

static struct source *find(
        struct traps *t, const union peer_address *from, const uint8_t *community, size_t len, bool *known)
{
	for (size_t i = 0; i < t->count; i++) {
		struct source *s = &t->sources[i];

		if (!same_host(&s->address, from))
			continue;
		*known = true;
		if (s->spec.version != 3 && same_secret(s->spec.community, community, len))
			return s;
	}
	return NULL;
}

static void refuse(struct traps *t, bool known, const union peer_address *from)
{
	char host[64] = "";

	if (known) {
		t->counts.refused++;
		return;
	}
	t->counts.strangers++;
	if (t->stranger_said)
		return;
	t->stranger_said = true;
	uv_ip_name(&from->any, host, sizeof(host));
	log_info("a trap came from %s, which is none of our gear; more like it are only counted", host);
}

/* ---- what it says ---- */

static void subject_of(struct traps *t, const struct source *s, const struct notice *n, char *out, size_t size)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
	size_t at = (size_t)snprintf(out, size, "%s/", s->spec.id);

	if (n->interface < 0)
		return;
	if (t->name_of && t->name_of(t->arg, s->spec.id, n->interface, out, size))
		return;
	if (n->name[0])
		snprintf(out + at, size - at < METRIC_NODE_MAX ? size - at : METRIC_NODE_MAX, "%s", n->name);
	else
		snprintf(out + at, size - at, "if-%lld", (long long)n->interface);
	for (char *p = out + at; *p; p++)
		if (!strchr(allowed, *p) || (p == out + at && *p == '.'))
			*p = '-';
}

/* Each gear may tell a burst, then one a second. */
static bool may_tell(struct source *s, int64_t boot_ms)
{
	int64_t earned = (boot_ms - s->credit_ms) / EVENT_MS;

	s->credit += earned;
	s->credit_ms += earned * EVENT_MS;
	if (s->credit >= EVENTS_MOST) {
		s->credit = EVENTS_MOST;
		s->credit_ms = boot_ms;
	}
	return s->credit > 0 && s->credit--;
}

static void tell_state(
        struct traps *t, const struct source *s, const struct notice *n, const char *subject, int64_t boot_ms)
{
	char whole[METRIC_INSTANCE_MAX];
	enum notice_meaning m = notice_meaning(n);

	snprintf(whole, sizeof(whole), "%s/", s->spec.id);
	if ((m == NOTICE_LINK_DOWN || m == NOTICE_LINK_UP) && n->interface >= 0)
		t->sink->state(t->sink->arg, boot_ms, CLASS_INTERFACE, subject, m == NOTICE_LINK_UP,
		        m == NOTICE_LINK_UP ? REASON_OK : REASON_UNREACHABLE);
	if (m == NOTICE_ON_BATTERY || m == NOTICE_LOW_BATTERY || m == NOTICE_ON_MAINS)
		t->sink->state(t->sink->arg, boot_ms, CLASS_UPS, whole, m == NOTICE_ON_MAINS, REASON_OK);
}

static void tell(struct traps *t, struct source *s, const struct notice *n)
{
	char subject[METRIC_INSTANCE_MAX], name[160], text[METRIC_INSTANCE_MAX + 168];
	enum notice_meaning m = notice_meaning(n);
	int64_t boot_ms = clock_boot_ms();

	t->counts.told++;
	subject_of(t, s, n, subject, sizeof(subject));
	tell_state(t, s, n, subject, boot_ms);
	if (may_tell(s, boot_ms)) {
		snprintf(text, sizeof(text), "%s %s", subject, notice_name(n, name, sizeof(name)));
		t->sink->event(t->sink->arg, boot_ms, "trap", text);
		t->sink->urgent(t->sink->arg); /* its line may be gone in a moment */
	} else {
		t->counts.too_many++;
	}
	if (t->on_trap && m != NOTICE_AUTHENTICATION)
		t->on_trap(t->arg, s->spec.id);
}

/* ---- the three versions ---- */

static void got_v1(struct traps *t, size_t len, const union peer_address *from)
{
	const uint8_t *community;
	size_t community_len;
	union peer_address agent = {0};
	struct notice n;
	struct source *s;
	bool known = false;

	if (notice_read_v1(t->datagram, len, &n, &community, &community_len)) {
		t->counts.broken++;
		return;
	}
	s = find(t, from, community, community_len, &known);
	if (!s && !known) {
		/* passed on by another: it says for whom */
		agent.v4.sin_family = AF_INET;
		memcpy(&agent.v4.sin_addr, n.agent, sizeof(n.agent));
		s = find(t, &agent, community, community_len, &known);
	}
	if (s)
		tell(t, s, &n);
	else
		refuse(t, known, from);
}

static void got_v2c(struct traps *t, size_t len, const union peer_address *from, socklen_t from_len,
        const union peer_address *plain)
{
	struct message_room room;
	struct message m;
	struct notice n;
	struct varbind v;
	struct source *s;
	bool known = false;

	if (message_read(t->datagram, len, &m) || (m.pdu != MESSAGE_TRAP && m.pdu != MESSAGE_INFORM)) {
		t->counts.broken++;
		return;
	}
	s = find(t, plain, m.community, m.community_len, &known);
	if (!s) {
		refuse(t, known, plain);
		return;
	}
	notice_clear(&n);
	while (message_next(&m.varbinds, &room, &v))
		notice_put(&n, &v);
	if (m.varbinds.failed || !n.kind_len) {
		t->counts.broken++;
		return;
	}
	if (m.pdu == MESSAGE_INFORM) {
		/* the answer is the same message but for its kind */
		t->datagram[message_pdu_at(t->datagram, len)] = MESSAGE_RESPONSE;
		sendto(t->fd, t->datagram, len, MSG_DONTWAIT | MSG_NOSIGNAL, &from->any, from_len);
	}
	tell(t, s, &n);
}

static void on_v3(void *arg, const struct notice *n)
{
	struct source *s = arg;

	if (n->kind_len)
		tell(s->traps, s, n);
	else
		s->traps->counts.broken++;
}

static void got_v3(struct traps *t, size_t len, const union peer_address *from, socklen_t from_len,
        const union peer_address *plain)
{
	struct message_head head;
	bool known = false, took = false;

	if (message_head_read(t->datagram, len, &head)) {
		t->counts.broken++;
		return;
	}
	for (size_t i = 0; i < t->count && !took; i++) {
		struct source *s = &t->sources[i];

		if (!same_host(&s->address, plain) || s->spec.version != 3)
			continue;
		known = true;
		/* without a user it asks who we are, before it informs */
		if (head.user_len && !same_secret(s->spec.user, head.user, head.user_len))
			continue;
		took = trap_v3_take(t->v3, &s->spec, &head, t->datagram, len, &from->any, from_len, on_v3, s) ||
		       !head.user_len;
	}
	if (!took)
		refuse(t, known, plain);
}

static void got(struct traps *t, size_t len, const union peer_address *from, socklen_t from_len)
{
	union peer_address plain = plain_address(from);

	t->counts.heard++;
	switch (message_version(t->datagram, len)) {
	case 0:
		got_v1(t, len, &plain);
		break;
	case 1:
		got_v2c(t, len, from, from_len, &plain);
		break;
	case 3:
		got_v3(t, len, from, from_len, &plain);
		break;
	default:
		t->counts.broken++;
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct traps *t = poll->data;

	(void)status;
	(void)events;
	for (unsigned i = 0; i < TURNS_MAX; i++) {
		union peer_address from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(
		        t->fd, t->datagram, sizeof(t->datagram), MSG_DONTWAIT | MSG_TRUNC, &from.any, &from_len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return;
		if ((size_t)len > sizeof(t->datagram))
			t->counts.broken++;
		else
			got(t, (size_t)len, &from, from_len);
	}
}

/* ---- the list ---- */

static void source_set(struct traps *t, struct source *s, const struct gear_spec *spec)
{
	char host[PEER_HOST_MAX];
	uint16_t port;

	s->traps = t;
	s->spec = *spec;
	s->credit = EVENTS_MOST;
	s->credit_ms = clock_boot_ms();
	/* a name is resolved when it is polled; traps of gear known by name only are not ours to guess */
	if (peer_split(spec->address, host, &port) || peer_numeric(host, port, &s->address))
		s->address.any.sa_family = AF_UNSPEC;
	if (spec->version == 3 && !t->v3)
		t->v3 = trap_v3_open(t->fd);
}

void traps_set(struct traps *t, const struct gear_spec *specs, size_t count)
{
	if (t->sources)
		explicit_bzero(t->sources, t->count * sizeof(*t->sources));
	free(t->sources);
	t->sources = mem_alloc((count + 1) * sizeof(*t->sources));
	t->count = count;
	for (size_t i = 0; i < count; i++)
		source_set(t, &t->sources[i], &specs[i]);
}

void traps_name_by(
        struct traps *t, bool (*name_of)(void *arg, const char *id, int64_t interface, char *out, size_t size))
{
	t->name_of = name_of;
}

struct traps_counts traps_counted(const struct traps *t)
{
	return t->counts;
}

/* ---- life ---- */

static int socket_open(const union peer_address *address, socklen_t len)
{
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), off = 0;

	if (fd < 0)
		return -errno;
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, &address->any, len)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

struct traps *traps_open(const char *listen, const struct sink *sink)
{
	union peer_address address;
	char host[PEER_HOST_MAX];
	struct traps *t;
	uint16_t port;
	int fd = peer_split(listen, host, &port);

	if (!fd)
		fd = peer_numeric(host, port, &address);
	if (!fd)
		fd = socket_open(&address, address.any.sa_family == AF_INET6 ? sizeof(address.v6) : sizeof(address.v4));
	if (fd < 0) {
		log_error("traps are not heard: %s: %s", listen, strerror(-fd));
		return NULL;
	}
	t = mem_alloc(sizeof(*t));
	t->sink = sink;
	t->fd = fd;
	return t;
}

void traps_start(struct traps *t, uv_loop_t *loop, void (*on_trap)(void *arg, const char *id), void *arg)
{
	t->loop = loop;
	t->on_trap = on_trap;
	t->arg = arg;
	uv_poll_init(loop, &t->poll, t->fd);
	t->poll.data = t;
	uv_poll_start(&t->poll, UV_READABLE, on_readable);
}

void traps_stop(struct traps *t)
{
	uv_close((uv_handle_t *)&t->poll, NULL);
}

void traps_close(struct traps *t)
{
	if (t->v3)
		trap_v3_close(t->v3);
	close(t->fd);
	if (t->sources)
		explicit_bzero(t->sources, t->count * sizeof(*t->sources));
	free(t->sources);
	free(t);
}
