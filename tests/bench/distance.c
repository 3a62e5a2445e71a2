#include "tests/bench/distance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/probe/prober.h"
#include "agent/probe/stamp.h"
#include "common/memory.h"

#define NO_RIGHT 77
#define TARGETS_MAX 4000
#define PORT 443
#define ROUNDS 3
#define PACKET_MAX 256
#define NETWORK 0x0a4d0000u /* 10.77.0.0/16 */
#define HOUR_MS 3600000

/* Of each target, shared by both processes. */
struct trip {
	int64_t left_ns, came_ns; /* kernel's stamps, of the first SYN and SYN-ACK of the last round */
	int64_t due_ns;           /* when the SYN-ACK is sent; 0: not asked */
	uint8_t packet[sizeof(struct iphdr) + sizeof(struct tcphdr)];
	int64_t connect_us, total_us;
};

/* ---- the network ---- */

static int set_address(int fd, const char *name, unsigned long request, uint32_t address)
{
	struct ifreq r = {0};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	return ioctl(fd, request, &r);
}

static int open_tun(void)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "far"};
	int fd, control;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	control = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) || set_address(control, "far", SIOCSIFADDR, NETWORK + 1) ||
	        set_address(control, "far", SIOCSIFNETMASK, 0xffff0000u))
		return -1;
	r.ifr_flags = IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &r))
		return -1;
	close(control);
	return fd;
}

static int open_witness(void)
{
	struct sockaddr_ll at = {
	        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex("far")};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL)), room = 8 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	stamp_hear(fd);
	return fd;
}

/* ---- the servers ---- */

static uint16_t checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Target number of an address, -1 none. */
static int target_of(uint32_t address, unsigned targets)
{
	uint32_t n = ntohl(address) - NETWORK - 0x100;

	return n < targets ? (int)n : -1;
}

static void build_answer(struct trip *t, const struct iphdr *ip, const struct tcphdr *tcp)
{
	struct iphdr *to_ip = (struct iphdr *)t->packet;
	struct tcphdr *to_tcp = (struct tcphdr *)(to_ip + 1);
	uint32_t sum = IPPROTO_TCP + sizeof(*to_tcp);

	memset(t->packet, 0, sizeof(t->packet));
	*to_ip = (struct iphdr){.version = 4,
	        .ihl = 5,
	        .tot_len = htons(sizeof(t->packet)),
	        .ttl = 60,
	        .protocol = IPPROTO_TCP,
	        .saddr = ip->daddr,
	        .daddr = ip->saddr};
	to_ip->check = checksum(to_ip, sizeof(*to_ip), 0);
	to_tcp->source = tcp->dest;
	to_tcp->dest = tcp->source;
	to_tcp->seq = htonl(4711);
	to_tcp->ack_seq = htonl(ntohl(tcp->seq) + 1);
	to_tcp->doff = sizeof(*to_tcp) / 4;
	to_tcp->syn = to_tcp->ack = 1;
	to_tcp->window = htons(64000);
	for (int i = 0; i < 2; i++)
		sum += (ntohl(to_ip->saddr) >> 16 * i & 0xffff) + (ntohl(to_ip->daddr) >> 16 * i & 0xffff);
	to_tcp->check = checksum(to_tcp, sizeof(*to_tcp), sum);
}

static void serve(int tun, struct trip *trips, unsigned targets)
{
	uint8_t data[PACKET_MAX];
	const struct iphdr *ip = (const struct iphdr *)data;
	const struct tcphdr *tcp = (const struct tcphdr *)(ip + 1);
	int64_t now_ns = stamp_now().mono_ns;
	ssize_t got;

	while ((got = read(tun, data, sizeof(data))) > 0) {
		int n = got >= (ssize_t)(sizeof(*ip) + sizeof(*tcp)) && ip->version == 4 && ip->ihl == 5
		                ? target_of(ip->daddr, targets)
		                : -1;

		if (n < 0 || !tcp->syn || tcp->ack)
			continue;
		build_answer(&trips[n], ip, tcp);
		trips[n].due_ns = now_ns + (5 + n % 10 * 5) * 1000000ll;
	}
	for (unsigned n = 0; n < targets; n++)
		if (trips[n].due_ns && now_ns >= trips[n].due_ns) {
			trips[n].due_ns = 0;
			got = write(tun, trips[n].packet, sizeof(trips[n].packet));
		}
}

static void watch(int witness, struct trip *trips, unsigned targets)
{
	uint8_t data[PACKET_MAX];
	const struct iphdr *ip = (const struct iphdr *)data;
	const struct tcphdr *tcp = (const struct tcphdr *)(ip + 1);
	struct stamp at;

	while (stamp_receive(witness, data, sizeof(data), &at) > 0) {
		int to = target_of(ip->daddr, targets), from = target_of(ip->saddr, targets);

		if (ip->protocol != IPPROTO_TCP || !tcp->syn)
			continue;
		if (to >= 0 && !tcp->ack)
			trips[to].left_ns = at.mono_ns;
		if (from >= 0 && tcp->ack)
			trips[from].came_ns = at.mono_ns;
	}
}

static void play(int tun, int witness, struct trip *trips, unsigned targets)
{
	struct timespec nap = {.tv_nsec = 100000};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		serve(tun, trips, targets);
		watch(witness, trips, targets);
		nanosleep(&nap, NULL);
	}
}

/* ---- the checks ---- */

struct walk {
	uv_loop_t loop;
	struct prober *prober;
	uv_timer_t next;
	struct trip *trips;
	unsigned targets, answered, round, up;
};

static void on_next(uv_timer_t *t)
{
	struct walk *w = t->data;

	prober_run_now(w->prober);
}

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct trip *t = &((struct walk *)arg)->trips[strtoul(spec->instance, NULL, 10)];
	struct walk *w = arg;

	(void)boot_ms;
	(void)changed;
	t->connect_us = r->connect_us;
	t->total_us = r->total_us;
	w->up += r->up;
	if (++w->answered < w->targets)
		return;
	w->answered = 0;
	if (++w->round == ROUNDS)
		uv_stop(&w->loop);
	else
		uv_timer_start(&w->next, on_next, 100, 0);
}

static void run_checks(struct walk *w)
{
	struct prober_handlers handlers = {.on_result = on_result, .arg = w};
	struct check_spec *specs = mem_alloc(w->targets * sizeof(*specs));

	for (unsigned i = 0; i < w->targets; i++) {
		struct in_addr a = {htonl(NETWORK + 0x100 + i)};

		specs[i] = (struct check_spec){.class_id = CLASS_SERVICE,
		        .port = PORT,
		        .type = probe_type_named("tcp"),
		        .options = probe_options_none(),
		        .every_ms = HOUR_MS};
		snprintf(specs[i].instance, sizeof(specs[i].instance), "%u", i);
		inet_ntop(AF_INET, &a, specs[i].host, sizeof(specs[i].host));
	}
	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->next);
	w->next.data = w;
	w->prober = prober_new(&w->loop, NULL, &handlers);
	prober_set(w->prober, specs, w->targets, "bench");
	prober_run_now(w->prober);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	prober_close(w->prober);
	uv_close((uv_handle_t *)&w->next, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	uv_loop_close(&w->loop);
	free(specs);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_off(const char *name, int64_t *off, unsigned count)
{
	qsort(off, count, sizeof(*off), by_size);
	printf(", \"%s\": {\"p50\": %lld, \"p99\": %lld, \"most\": %lld}", name, (long long)off[count / 2],
	        (long long)off[count * 99 / 100], (long long)off[count - 1]);
}

static void compare(const struct walk *w)
{
	int64_t *connect_off = mem_alloc(w->targets * sizeof(int64_t));
	int64_t *total_off = mem_alloc(w->targets * sizeof(int64_t));

	for (unsigned i = 0; i < w->targets; i++) {
		const struct trip *t = &w->trips[i];
		int64_t kernel_us = (t->came_ns - t->left_ns) / 1000;

		connect_off[i] = llabs(t->connect_us - kernel_us);
		total_off[i] = llabs(t->total_us - kernel_us);
	}
	printf("{\"checks\": %u, \"up\": %u", w->targets * ROUNDS, w->up);
	print_off("off_us", connect_off, w->targets);
	print_off("loop_us", total_off, w->targets);
	puts("}");
	free(connect_off);
	free(total_off);
}

int distance_measure(unsigned targets)
{
	struct walk w = {.targets = targets && targets < TARGETS_MAX ? targets : 1000};
	int tun = open_tun(), witness = open_witness();
	pid_t player;

	if (tun < 0 || witness < 0) {
		fprintf(stderr, "probes distance: no right to make a network namespace with a tun device\n");
		return NO_RIGHT;
	}
	w.trips =
	        mmap(NULL, w.targets * sizeof(struct trip), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	player = fork();
	if (!player)
		play(tun, witness, w.trips, w.targets);
	close(tun);
	run_checks(&w);
	usleep(50000); /* the witness reads on */
	kill(player, SIGKILL);
	waitpid(player, NULL, 0);
	compare(&w);
	munmap(w.trips, w.targets * sizeof(struct trip));
	return 0;
}
