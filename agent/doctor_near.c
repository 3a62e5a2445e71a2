/*
 * doctor_near: what lies at the site itself: cable, address, gateway, lines, name servers.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/doctor_private.h"
#include "agent/sense/neighbour.h"
#include "agent/sense/resolver.h"
#include "common/memory.h"
#include "common/reason.h"

#define EVERY_MS 10000
#define ERRORS_PER_MILLION 1000
#define LOSS_MUCH 20 /* percent */
#define SERVERS_MAX 8
#define DISCARD_PORT 9
#define KNOCK_TIMES 30
#define KNOCK_US 100000

/* Ends of containers and other inventions of software. */
static const char *const unreal[] = {"lo", "veth", "docker", "br-", "virbr", "cni", "tunl", "dummy", "ifb", NULL};

/* ---- link ---- */

static long read_number(const struct doctor *d, const char *interface, const char *what)
{
	char *path = mem_printf("%s/class/net/%s/%s", d->sys_root, interface, what);
	FILE *f = fopen(path, "re");
	long value = -1;

	if (f && fscanf(f, "%ld", &value) != 1)
		value = -1;
	if (f)
		fclose(f);
	free(path);
	return value;
}

static bool is_half(const struct doctor *d, const char *interface)
{
	char *path = mem_printf("%s/class/net/%s/duplex", d->sys_root, interface), word[16] = "";
	FILE *f = fopen(path, "re");

	if (f && fscanf(f, "%15s", word) != 1)
		word[0] = '\0';
	if (f)
		fclose(f);
	free(path);
	return !strcmp(word, "half");
}

static bool is_real(const char *name)
{
	for (const char *const *u = unreal; *u; u++)
		if (!strncmp(name, *u, strlen(*u)))
			return false;
	return name[0] != '.';
}

static void look_at_link(struct doctor *d, const char *name, unsigned *with_carrier)
{
	long carrier = read_number(d, name, "carrier"), mbit = read_number(d, name, "speed");
	long packets = read_number(d, name, "statistics/rx_packets"),
	     errors = read_number(d, name, "statistics/rx_errors");

	if (carrier != 1) {
		doctor_find(
		        d, GRADE_SKIPPED, "no-carrier", (struct words){"%s: không có tín hiệu", "%s: no signal"}, name);
		return;
	}
	++*with_carrier;
	if (is_half(d, name)) {
		doctor_find(d, GRADE_DOUBT, "half-duplex",
		        (struct words){"%s: có tín hiệu nhưng chạy bán song công, %ld Mbit/s",
		                "%s: signal, but half duplex at %ld Mbit/s"},
		        name, mbit);
		doctor_blame(d,
		        (struct words){"dây mạng hoặc cổng switch (bán song công)",
		                "the cable or the switch port (half duplex)"},
		        (struct words){"Thay dây; đặt cổng switch về tự động (auto).",
		                "Replace the cable; set the switch port to automatic."});
	} else if (errors > 0 && errors > packets / 1000000 * ERRORS_PER_MILLION + 10) {
		doctor_find(d, GRADE_DOUBT, "errors",
		        (struct words){"%s: có tín hiệu, nhưng %ld lỗi trên %ld gói",
		                "%s: signal, but %ld errors in %ld packets"},
		        name, errors, packets);
		doctor_blame(d, (struct words){"dây mạng hoặc đầu cắm hỏng", "a damaged cable or plug"},
		        (struct words){"Thay dây mạng giữa máy này và switch rồi chạy lại.",
		                "Replace the cable from this box to the switch and run this again."});
	} else if (mbit > 0) {
		doctor_find(d, GRADE_GOOD, "carrier",
		        (struct words){"%s: có tín hiệu, %ld Mbit/s", "%s: signal, %ld Mbit/s"}, name, mbit);
	} else {
		doctor_find(d, GRADE_GOOD, "carrier", (struct words){"%s: có tín hiệu", "%s: signal"}, name);
	}
}

void doctor_link(struct doctor *d)
{
	char *path = mem_printf("%s/class/net", d->sys_root);
	DIR *dir = opendir(path);
	unsigned with_carrier = 0, seen = 0;

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (is_real(e->d_name)) {
			seen++;
			look_at_link(d, e->d_name, &with_carrier);
		}
	if (dir)
		closedir(dir);
	free(path);
	if (with_carrier)
		return;
	doctor_find(d, GRADE_BAD, seen ? "no-carrier" : "no-port",
	        seen ? (struct words){"không cổng mạng nào có tín hiệu", "no port has a signal"}
	             : (struct words){"máy này không có cổng mạng nào", "this box has no network port"});
	doctor_blame(d,
	        (struct words){"dây mạng, cổng switch hoặc switch mất điện",
	                "the cable, the switch port, or a switch without power"},
	        (struct words){"Xem đèn ở cổng mạng và ở switch; cắm chặt lại hai đầu dây; thử cổng khác, dây khác.",
	                "Look at the lamps of the port and of the switch; push both plugs in; try another port and "
	                "another cable."});
}

/* ---- address ---- */

static bool is_lent_to_itself(const struct sockaddr *a)
{
	const uint8_t *v4 = (const uint8_t *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
	const uint8_t *v6 = (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;

	return a->sa_family == AF_INET ? v4[0] == 169 && v4[1] == 254 : v6[0] == 0xfe && (v6[1] & 0xc0) == 0x80;
}

void doctor_address(struct doctor *d)
{
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *all = NULL;
	unsigned good = 0;

	getifaddrs(&all);
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct sockaddr *s = a->ifa_addr;

		if (!s || (s->sa_family != AF_INET && s->sa_family != AF_INET6) || !is_real(a->ifa_name) ||
		        is_lent_to_itself(s))
			continue;
		inet_ntop(s->sa_family,
		        s->sa_family == AF_INET
		                ? (const void *)&((const struct sockaddr_in *)(const void *)s)->sin_addr
		                : (const void *)&((const struct sockaddr_in6 *)(const void *)s)->sin6_addr,
		        text, sizeof(text));
		good++;
		doctor_find(d, GRADE_GOOD, "address", (struct words){"%s: %s", "%s: %s"}, a->ifa_name, text);
	}
	freeifaddrs(all);
	if (good)
		return;
	doctor_find(
	        d, GRADE_BAD, "no-address", (struct words){"máy này chưa có địa chỉ IP", "this box has no address"});
	doctor_blame(d,
	        (struct words){"bộ định tuyến không cấp địa chỉ (DHCP)", "the router gives no addresses (DHCP)"},
	        (struct words){"Khởi động lại bộ định tuyến; hoặc đặt địa chỉ tĩnh theo phiếu cấu hình của địa điểm.",
	                "Restart the router; or set the fixed address from the site's sheet."});
}

/* ---- echoes ---- */

static bool echo_spec(struct check_spec *s, const char *target)
{
	memset(s, 0, sizeof(*s));
	s->class_id = CLASS_SERVICE;
	s->every_ms = EVERY_MS;
	s->type = probe_type_named("icmp");
	s->options = probe_options_none();
	return !probe_target_of(s->type, target, s->host, sizeof(s->host), &s->port);
}

static double milliseconds(int64_t us)
{
	return (double)us / 1000;
}

/* ---- gateway ---- */

/* A datagram to nobody: the kernel has to find the gateway for it. Waits until it has, or has given up. */
static enum neighbour_answer knock(const struct doctor *d, struct netlink *n, char mac[NEIGHBOUR_MAC_TEXT])
{
	enum neighbour_answer answer = NEIGHBOUR_UNKNOWN;
	union probe_address to;
	int fd;

	if (probe_address_parse(d->gateway, DISCARD_PORT, &to))
		return answer;
	fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return answer;
	sendto(fd, "", 1, 0, &to.any, probe_address_len(&to));
	close(fd);
	for (int i = 0; i < KNOCK_TIMES && answer != NEIGHBOUR_KNOWN; i++) {
		usleep(KNOCK_US);
		answer = neighbour_ask(n, d->gateway, d->interface, mac);
	}
	return answer;
}

static void gateway_silent(struct doctor *d, struct netlink *n, bool may_ping)
{
	char mac[NEIGHBOUR_MAC_TEXT];
	enum neighbour_answer answer = knock(d, n, mac);

	if (answer == NEIGHBOUR_KNOWN && may_ping) {
		doctor_find(d, GRADE_DOUBT, "gateway-silent",
		        (struct words){"%s không trả lời ping nhưng có mặt (%s): nhiều bộ định tuyến như vậy",
		                "%s answers no echo but is there (%s): many routers are like that"},
		        d->gateway, mac);
		return;
	}
	if (answer == NEIGHBOUR_KNOWN) {
		doctor_find(d, GRADE_GOOD, "gateway",
		        (struct words){"%s có mặt (%s); không được phép ping: chạy với sudo để đo",
		                "%s is there (%s); may not ping: run it with sudo to measure"},
		        d->gateway, mac);
		return;
	}
	if (answer == NEIGHBOUR_UNKNOWN && !may_ping) {
		doctor_find(d, GRADE_SKIPPED, "gateway",
		        (struct words){
		                "%s: chưa xem được, chạy lại với sudo", "%s: could not look, run it again with sudo"},
		        d->gateway);
		return;
	}
	doctor_find(d, GRADE_BAD, "gateway-down", (struct words){"%s không trả lời", "%s does not answer"}, d->gateway);
	doctor_blame(d,
	        (struct words){"bộ định tuyến, hoặc dây từ switch tới bộ định tuyến",
	                "the router, or the cable from the switch to the router"},
	        (struct words){"Xem nguồn và đèn của bộ định tuyến; khởi động lại nó; thử dây khác giữa switch và bộ "
	                       "định tuyến.",
	                "Look at the router's power and lamps; restart it; try another cable between switch and "
	                "router."});
}

static void gateway_echoes(struct doctor *d, struct netlink *n)
{
	struct probe_result r;
	struct check_spec s;
	unsigned loss;

	if (!echo_spec(&s, d->gateway))
		return;
	once_run(&s, 1, &r);
	if (!r.up || !r.sent) {
		gateway_silent(d, n, r.reason != REASON_LOCAL);
		return;
	}
	loss = (r.sent - r.received) * 100 / r.sent;
	doctor_find(d, loss >= LOSS_MUCH ? GRADE_DOUBT : GRADE_GOOD, loss >= LOSS_MUCH ? "gateway-loss" : "gateway",
	        (struct words){"%s trả lời sau %.1f ms, mất %u %%", "%s answers in %.1f ms, %u %% lost"}, d->gateway,
	        milliseconds(r.rtt_us), loss);
	if (loss >= LOSS_MUCH)
		doctor_blame(d,
		        (struct words){"mạng nội bộ: dây, switch hoặc vòng lặp",
		                "the local network: a cable, the switch, or a loop"},
		        (struct words){"Rút bớt thiết bị khỏi switch từng cái một, chạy lại sau mỗi lần.",
		                "Unplug devices from the switch one by one, and run this again after each."});
}

void doctor_gateway(struct doctor *d)
{
	struct netlink *n;
	unsigned index;

	if (netlink_open(&n, 0))
		return;
	route_gateway(n, d->gateway);
	if (!d->gateway[0]) {
		doctor_find(d, GRADE_BAD, "no-gateway",
		        (struct words){"máy này không biết đường ra ngoài (không có bộ định tuyến mặc định)",
		                "this box knows no way out (no default gateway)"});
		doctor_blame(d,
		        (struct words){"cấu hình mạng của máy này, hoặc bộ định tuyến không cấp (DHCP)",
		                "this box's network settings, or the router does not tell (DHCP)"},
		        (struct words){"Khởi động lại bộ định tuyến rồi máy này; xem phiếu cấu hình của địa điểm.",
		                "Restart the router, then this box; see the site's sheet."});
		netlink_close(n);
		return;
	}
	const char *scope = strchr(d->gateway, '%');
	index = scope ? if_nametoindex(scope + 1) : route_interface(n, d->gateway);
	if (!index || !if_indextoname(index, d->interface))
		d->interface[0] = '\0';
	gateway_echoes(d, n);
	netlink_close(n);
}

/* ---- lines ---- */

static void tell_line(struct doctor *d, const struct central_uplink *line, const struct probe_result *r)
{
	unsigned loss = r->sent ? (r->sent - r->received) * 100 / r->sent : 100;

	if (r->up && loss < LOSS_MUCH) {
		doctor_find(d, GRADE_GOOD, "line",
		        (struct words){"%s: %s trả lời sau %.1f ms", "%s: %s answers in %.1f ms"}, line->id,
		        line->target, milliseconds(r->rtt_us));
		return;
	}
	doctor_find(d, r->up ? GRADE_DOUBT : GRADE_BAD, r->up ? "line-loss" : "line-down",
	        (struct words){"%s: %s mất %u %% (%s)", "%s: %s loses %u %% (%s)"}, line->id, line->target, loss,
	        d->options.english ? reason_en(r->reason) : reason_vi(r->reason));
	doctor_blame(d, (struct words){"kênh truyền của nhà mạng", "the carrier's line"},
	        (struct words){"Xem đèn thiết bị đầu cuối của nhà mạng; gọi nhà mạng, đọc mã kênh và kết quả này.",
	                "Look at the lamps of the carrier's terminal; call the carrier with the circuit number and "
	                "this result."});
}

void doctor_lines(struct doctor *d)
{
	size_t lines = d->central ? d->central->uplink_count : 0, count = 0;
	struct check_spec *specs = mem_alloc((lines + 1) * sizeof(*specs));
	struct probe_result *results = mem_alloc((lines + 1) * sizeof(*results));
	const struct central_uplink **of = mem_alloc((lines + 1) * sizeof(*of));

	for (size_t i = 0; i < lines; i++) {
		const struct central_uplink *line = &d->central->uplinks[i];

		if (!line->target[0] || !echo_spec(&specs[count], line->target))
			continue;
		snprintf(specs[count].interface, sizeof(specs[count].interface), "%s", line->interface);
		if (line->source[0])
			probe_address_parse(line->source, 0, &specs[count].source);
		of[count++] = line;
	}
	once_run(specs, count, results);
	for (size_t i = 0; i < count; i++)
		tell_line(d, of[i], &results[i]);
	if (!count)
		doctor_find(d, GRADE_SKIPPED, "no-lines",
		        d->central_denied ? (struct words){"chưa xem được: chạy lại với sudo",
		                                    "could not look: run it again with sudo"}
		                          : (struct words){"chưa biết kênh truyền nào: máy này chưa nhận cấu hình",
		                                    "no line is known: this box has no configuration yet"});
	free(of);
	free(results);
	free(specs);
}

/* ---- names ---- */

/* The first name, not an address, that this box has to resolve; "" none. */
static void name_needed(const struct doctor *d, char out[256])
{
	union probe_address ignored;
	uint16_t port;

	for (size_t i = 0; d->has_config && i < d->config.collectors.count; i++)
		if (!probe_target_split(d->config.collectors.items[i], true, out, 256, &port) &&
		        probe_address_parse(out, 0, &ignored))
			return;
	for (size_t i = 0; d->central && i < d->central->service_count; i++) {
		const char *path;
		bool secure;

		if (probe_target_split(d->central->services[i].target, true, out, 256, &port) &&
		        probe_url_split(d->central->services[i].target, &secure, out, 256, &port, &path))
			continue;
		if (probe_address_parse(out, 0, &ignored))
			return;
	}
	out[0] = '\0';
}

static void tell_server(struct doctor *d, const struct check_spec *s, const struct probe_result *r, const char *name)
{
	if (r->up) {
		doctor_find(d, GRADE_GOOD, "name-server",
		        (struct words){"%s biết %s (%.1f ms)", "%s knows %s (%.1f ms)"}, s->host, name,
		        milliseconds(r->total_us));
		return;
	}
	doctor_find(d, GRADE_DOUBT, "name-server",
	        (struct words){"%s không trả lời được %s: %s", "%s cannot tell %s: %s"}, s->host, name,
	        d->options.english ? reason_en(r->reason) : reason_vi(r->reason));
}

void doctor_names(struct doctor *d)
{
	char *path = mem_printf("%s/resolv.conf", d->etc_root), servers[RESOLVER_TEXT], name[256], *rest = servers;
	struct check_spec specs[SERVERS_MAX];
	struct probe_result results[SERVERS_MAX];
	size_t count = 0, good = 0;

	resolver_servers(path, servers);
	free(path);
	name_needed(d, name);
	if (!name[0]) {
		doctor_find(d, GRADE_SKIPPED, "no-names",
		        (struct words){
		                "không cần: mọi đích đều ghi bằng địa chỉ", "not needed: all targets are addresses"});
		return;
	}
	for (char *server; count < SERVERS_MAX && (server = strsep(&rest, " "));) {
		struct check_spec *s = &specs[count];

		if (!server[0] || !echo_spec(s, server))
			continue;
		s->type = probe_type_named("dns");
		s->options.dns_name = name;
		if (!probe_target_of(s->type, server, s->host, sizeof(s->host), &s->port))
			count++;
	}
	once_run(specs, count, results);
	for (size_t i = 0; i < count; i++) {
		good += results[i].up;
		tell_server(d, &specs[i], &results[i], name);
	}
	if (good)
		return;
	doctor_find(
	        d, GRADE_BAD, "dns", (struct words){"không máy chủ DNS nào trả lời được", "no name server could tell"});
	doctor_blame(d, (struct words){"máy chủ DNS, hoặc đường tới nó", "the name server, or the way to it"},
	        (struct words){"Nếu bộ định tuyến và kênh truyền đều tốt: báo tỉnh máy chủ DNS hỏng; tạm dùng máy chủ "
	                       "DNS khác.",
	                "If gateway and lines are fine: tell the province that its name server fails; use another one "
	                "for now."});
}
