/* conflict: who claims our address from elsewhere is told once; our own frames, others' addresses and rubbish are not. */
#include "agent/sense/conflict.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witness.h"

#define FRAME_BYTES 28

static void frame_make(uint8_t frame[FRAME_BYTES], const char *address, uint8_t last)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0};

	memset(frame, 0, FRAME_BYTES);
	memcpy(frame, head, sizeof(head));
	frame[13] = last;
	inet_pton(AF_INET, address, frame + ARP_SENDER_AT);
}

static void test_decodes(void **state)
{
	uint8_t frame[FRAME_BYTES];
	struct arp arp;

	(void)state;
	frame_make(frame, "10.9.9.2", 7);
	assert_true(arp_decode(frame, sizeof(frame), &arp));
	assert_int_equal(arp.mac[5], 7);
	assert_int_equal(ntohl(arp.address), 0x0a090902);
	for (size_t len = 0; len < 18; len++)
		assert_false(arp_decode(frame, len, &arp));
	frame[4] = 8; /* other hardware addresses than Ethernet's */
	assert_false(arp_decode(frame, sizeof(frame), &arp));
}

static void claim(const char *address, uint8_t last)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
	        .sll_protocol = htons(ETH_P_ARP),
	        .sll_ifindex = (int)if_nametoindex("wb"),
	        .sll_halen = 6,
	        .sll_addr = {255, 255, 255, 255, 255, 255}};
	uint8_t frame[FRAME_BYTES];
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	frame_make(frame, address, last);
	sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

/* Who is known to have our address is asked whether it is still there: by nobody, so that nobody learns anything of it. */
static bool asks(struct conflict *s)
{
	static const uint8_t nobody[4], wanted[] = {10, 9, 9, 2};
	struct sockaddr_ll at = {
	        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)if_nametoindex("wb")};
	struct timeval patience = {.tv_sec = 2};
	uint8_t got[64];
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));
	bool asked = false;

	bind(fd, (struct sockaddr *)&at, sizeof(at));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	sense_conflict.read(s, 0);
	while (!asked && recv(fd, got, sizeof(got), 0) >= ARP_BYTES)
		asked = got[7] == 1 && !memcmp(got + 14, nobody, 4) && !memcmp(got + 24, wanted, 4);
	close(fd);
	return asked;
}

/* In a network of its own; exit status 0 when all was told. */
static int hear(void)
{
	struct conflict *s;
	struct witness w;

	if (system("ip addr add 10.9.9.2/24 dev wa"))
		return 1;
	witness_open(&w);
	s = sense_conflict.open(&w.context);
	if (!s)
		return 2;
	sense_conflict.start(s);
	claim("10.9.9.3", 7);  /* another's address */
	claim("10.9.9.2", 10); /* our own hardware address */
	claim("10.9.9.2", 8);
	if (!witness_await(&w, "address-conflict wa 10.9.9.2 02:00:00:00:00:08"))
		return 3;
	claim("10.9.9.2", 8); /* told a moment ago */
	claim("10.9.9.2", 9);
	if (!witness_await(&w, "address-conflict wa 10.9.9.2 02:00:00:00:00:09") || w.count != 2 || w.urgents != 2)
		return 4;
	if (!asks(s))
		return 9;
	for (size_t i = 0; i < s->count; i++)
		s->list[i].heard_ms -= OVER_MS;
	sense_conflict.read(s, 0);
	if (!witness_heard(&w, "address-conflict wa 10.9.9.2 02:00:00:00:00:08 over") || s->count)
		return 5;
	/* an address that we get later is heard of too */
	if (system("ip addr add 10.9.9.4/24 dev wa"))
		return 6;
	sense_conflict.place(s, NULL);
	claim("10.9.9.4", 7);
	if (!witness_await(&w, "address-conflict wa 10.9.9.4 02:00:00:00:00:07"))
		return 7;
	sense_conflict.stop(s);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	sense_conflict.close(s);
	return uv_loop_close(&w.loop) ? 8 : 0;
}

static void test_hears(void **state)
{
	int status = network_run(hear);

	(void)state;
	if (status < 0) {
		print_message("skipped: a network of its own needs root and ip\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_decodes),
	        cmocka_unit_test(test_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
