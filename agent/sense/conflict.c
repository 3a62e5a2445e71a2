#include "agent/sense/conflict.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/memory.h"

#define OWN_MAX 64
#define CONFLICTS_MAX 16
#define LOOK_MS 60000
#define AGAIN_MS 59000 /* each minute, by steps that may come a little early */
#define OVER_MS 120000
#define ROUNDS 32
#define ARP_SENDER_AT 14 /* offset of the sender's IPv4 address */

struct known {
	uint32_t address;
	uint8_t mac[CONFLICT_MAC_BYTES];
	int interface;
	char what[128]; /* "eth0 10.20.1.10 aa:bb:..." */
	int64_t told_ms, heard_ms;
};

struct conflict {
	const struct sense_context *context;
	int fd;
	uv_poll_t poll;
	uint32_t addresses[OWN_MAX];
	uint8_t macs[OWN_MAX][CONFLICT_MAC_BYTES];
	size_t address_count, mac_count;
	int64_t looked_ms;
	struct known list[CONFLICTS_MAX];
	size_t count;
};

bool arp_decode(const uint8_t *data, size_t len, struct arp *out)
{
	struct cursor c = cursor_of(data, len);
	unsigned hardware = cursor_u16(&c), protocol = cursor_u16(&c);
	unsigned hardware_len = cursor_u8(&c), protocol_len = cursor_u8(&c);

	cursor_u16(&c); /* a question or an answer: both claim the sender's address */
	const uint8_t *mac = cursor_bytes(&c, CONFLICT_MAC_BYTES), *address = cursor_bytes(&c, 4);
	if (c.failed || hardware != 1 || protocol != ETH_P_IP || hardware_len != CONFLICT_MAC_BYTES ||
	        protocol_len != 4)
		return false;
	memcpy(out->mac, mac, sizeof(out->mac));
	memcpy(&out->address, address, sizeof(out->address));
	return true;
}

static uint8_t *put(uint8_t *to, const void *bytes, size_t len)
{
	memcpy(to, bytes, len);
	return to + len;
}

void arp_probe(const uint8_t mac[CONFLICT_MAC_BYTES], uint32_t address, uint8_t out[ARP_BYTES])
{
	static const uint8_t head[] = {0, 1, 8, 0, CONFLICT_MAC_BYTES, 4, 0, 1}, nobody[CONFLICT_MAC_BYTES];
	uint8_t *to = put(out, head, sizeof(head));

	to = put(to, mac, CONFLICT_MAC_BYTES);
	to = put(to, nobody, 4);
	to = put(to, nobody, CONFLICT_MAC_BYTES);
	put(to, &address, 4);
}

/* ---- what is ours ---- */

static void own_add(struct conflict *s, const struct ifaddrs *a)
{
	if (!a->ifa_addr || a->ifa_flags & IFF_LOOPBACK)
		return;
	if (a->ifa_addr->sa_family == AF_INET && s->address_count < OWN_MAX) {
		const struct sockaddr_in *in = (const void *)a->ifa_addr;

		s->addresses[s->address_count++] = in->sin_addr.s_addr;
	} else if (a->ifa_addr->sa_family == AF_PACKET && s->mac_count < OWN_MAX) {
		const struct sockaddr_ll *ll = (const void *)a->ifa_addr;

		if (ll->sll_halen == CONFLICT_MAC_BYTES)
			memcpy(s->macs[s->mac_count++], ll->sll_addr, CONFLICT_MAC_BYTES);
	}
}

/* The kernel passes only frames whose sender claims one of `addresses`. */
static void filter(const struct conflict *s)
{
	struct sock_filter program[OWN_MAX + 3];
	struct sock_fprog attached = {.filter = program};
	size_t n = 0, count = s->address_count;

	program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARP_SENDER_AT);
	for (size_t i = 0; i < count; i++)
		program[n++] = (struct sock_filter)BPF_JUMP(
		        BPF_JMP | BPF_JEQ | BPF_K, ntohl(s->addresses[i]), (uint8_t)(count - i), 0);
	program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 128);
	attached.len = (unsigned short)n;
	setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached));
}

static void look_at_own(struct conflict *s)
{
	struct ifaddrs *all;
	uint32_t before[OWN_MAX];
	size_t before_count = s->address_count;

	memcpy(before, s->addresses, sizeof(before));
	s->looked_ms = clock_boot_ms();
	if (getifaddrs(&all))
		return;
	s->address_count = s->mac_count = 0;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next)
		own_add(s, a);
	freeifaddrs(all);
	if (before_count != s->address_count || memcmp(before, s->addresses, s->address_count * sizeof(before[0])))
		filter(s);
}

static bool is_ours(const struct conflict *s, const struct arp *frame)
{
	bool address = false;

	for (size_t i = 0; i < s->mac_count; i++)
		if (!memcmp(s->macs[i], frame->mac, sizeof(frame->mac)))
			return true;
	for (size_t i = 0; i < s->address_count; i++)
		address |= s->addresses[i] == frame->address;
	return !address; /* what is not about our address is no matter of ours */
}

/* ---- telling ---- */

static void tell(struct conflict *s, const char *what, const char *more)
{
	const struct sink *sink = s->context->sink;
	char text[160];

	snprintf(text, sizeof(text), "%s%s", what, more);
	sink->event(sink->arg, clock_boot_ms(), "address-conflict", text);
	sink->urgent(sink->arg);
}

static struct known *known_of(struct conflict *s, const struct arp *frame, int interface)
{
	char name[IF_NAMESIZE], address[INET_ADDRSTRLEN];
	const uint8_t *m = frame->mac;
	struct known *k;

	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].address == frame->address && !memcmp(s->list[i].mac, m, CONFLICT_MAC_BYTES))
			return &s->list[i];
	if (s->count == CONFLICTS_MAX)
		return NULL;
	k = &s->list[s->count++];
	memset(k, 0, sizeof(*k));
	k->address = frame->address;
	memcpy(k->mac, m, sizeof(k->mac));
	k->interface = interface;
	snprintf(k->what, sizeof(k->what), "%s %s %02x:%02x:%02x:%02x:%02x:%02x",
	        if_indextoname((unsigned)interface, name) ? name : "-",
	        inet_ntop(AF_INET, &frame->address, address, sizeof(address)), m[0], m[1], m[2], m[3], m[4], m[5]);
	return k;
}

static void heard(struct conflict *s, const struct arp *frame, int interface)
{
	struct known *k;

	if (is_ours(s, frame))
		return;
	look_at_own(s); /* an address that moved to us or away a moment ago is no conflict */
	if (is_ours(s, frame))
		return;
	k = known_of(s, frame, interface);
	if (!k)
		return;
	k->heard_ms = clock_boot_ms();
	if (k->told_ms && k->heard_ms - k->told_ms < AGAIN_MS)
		return;
	k->told_ms = k->heard_ms;
	tell(s, k->what, "");
}

static void on_frames(uv_poll_t *poll, int status, int events)
{
	struct conflict *s = poll->data;
	uint8_t bytes[128];

	(void)status;
	(void)events;
	for (int i = 0; i < ROUNDS; i++) {
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		struct arp frame;

		if (got < 0)
			return;
		if (from.sll_pkttype != PACKET_OUTGOING && arp_decode(bytes, (size_t)got, &frame))
			heard(s, &frame, from.sll_ifindex);
	}
}

/* Its answer comes to us, for it goes to the hardware address that asked. */
static void ask(const struct conflict *s, const struct known *k)
{
	struct ifreq own = {0};
	struct sockaddr_ll all = {.sll_family = AF_PACKET,
	        .sll_protocol = htons(ETH_P_ARP),
	        .sll_ifindex = k->interface,
	        .sll_halen = CONFLICT_MAC_BYTES};
	uint8_t bytes[ARP_BYTES];

	if (!if_indextoname((unsigned)k->interface, own.ifr_name) || ioctl(s->fd, SIOCGIFHWADDR, &own))
		return;
	memset(all.sll_addr, 0xff, CONFLICT_MAC_BYTES);
	arp_probe((const uint8_t *)own.ifr_hwaddr.sa_data, k->address, bytes);
	sendto(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&all, sizeof(all));
}

static void conflict_read(void *state, int64_t boot_ms)
{
	struct conflict *s = state;
	int64_t now = clock_boot_ms();

	(void)boot_ms;
	if (now - s->looked_ms >= LOOK_MS)
		look_at_own(s);
	for (size_t i = s->count; i-- > 0;) {
		if (now - s->list[i].heard_ms < OVER_MS) {
			ask(s, &s->list[i]);
			continue;
		}
		tell(s, s->list[i].what, " over");
		s->list[i] = s->list[--s->count];
	}
}

static void conflict_place(void *state, const struct sense_place *place)
{
	(void)place;
	look_at_own(state);
}

static void *conflict_open(const struct sense_context *context)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); /* deaf until it is bound */
	struct conflict *s;
	struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP)};

	if (fd < 0)
		return NULL;
	s = mem_alloc(sizeof(*s));
	s->context = context;
	s->fd = fd;
	filter(s);
	if (!bind(fd, (struct sockaddr *)&all, sizeof(all)))
		return s;
	close(fd);
	free(s);
	return NULL;
}

static void conflict_start(void *state)
{
	struct conflict *s = state;

	look_at_own(s);
	uv_poll_init(s->context->loop, &s->poll, s->fd);
	s->poll.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_frames);
}

static void conflict_stop(void *state)
{
	uv_close((uv_handle_t *)&((struct conflict *)state)->poll, NULL);
}

static void conflict_close(void *state)
{
	struct conflict *s = state;

	close(s->fd);
	free(s);
}

const struct sense sense_conflict = {
        .name = "conflict",
        .open = conflict_open,
        .start = conflict_start,
        .read = conflict_read,
        .place = conflict_place,
        .stop = conflict_stop,
        .close = conflict_close,
};
