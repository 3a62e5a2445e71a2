#include "common/stall.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SILENT_MS 10000
#define IN_A_ROW 3 /* repetitions that nobody acknowledges: some seconds */

static const struct {
	const char *name, *words;
} kinds[] = {
        [STALL_NONE] = {"none", "the connection is well"},
        [STALL_SILENT] = {"silent", "all is acknowledged, the program there says nothing"},
        [STALL_OUT] = {"out", "what we send is lost, what they send arrives (loss one way)"},
        [STALL_HOLE_OUT] = {"hole-out", "of what we send only the small arrives (an MTU hole)"},
        [STALL_HOLE_IN] = {"hole-in", "of what they send only the small arrives (an MTU hole)"},
        [STALL_DEAD] = {"dead", "nothing arrives"},
};

int stall_read(int fd, struct stall *out)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	memset(out, 0, sizeof(*out));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return -errno;
	*out = (struct stall){.unacked = info.tcpi_unacked,
	        .sacked = info.tcpi_sacked,
	        .repeated = info.tcpi_total_retrans,
	        .in_a_row = info.tcpi_retransmits,
	        .mss = info.tcpi_snd_mss,
	        .rtt_us = info.tcpi_rtt,
	        .out_of_order = info.tcpi_rcv_ooopack,
	        .acked_ms_ago = info.tcpi_last_ack_recv,
	        .heard_ms_ago = info.tcpi_last_data_recv};
	out->kind = stall_judge(out, SILENT_MS);
	return 0;
}

enum stall_kind stall_judge(const struct stall *s, unsigned silent_ms)
{
	unsigned any_ms_ago = s->acked_ms_ago < s->heard_ms_ago ? s->acked_ms_ago : s->heard_ms_ago;
	/* a heartbeat each 5 s: with less than two lost, someone is there */
	bool stuck = s->unacked && s->in_a_row >= IN_A_ROW;

	if (any_ms_ago >= silent_ms)
		return STALL_DEAD;
	if (stuck)
		return s->sacked ? STALL_HOLE_OUT : STALL_OUT;
	if (s->heard_ms_ago < silent_ms)
		return STALL_NONE;
	return s->out_of_order ? STALL_HOLE_IN : STALL_SILENT;
}

const char *stall_name(enum stall_kind kind)
{
	return kinds[kind].name;
}

const char *stall_words(const struct stall *s, char *out, size_t size)
{
	snprintf(out, size,
	        "tcp: %u of %u bytes unacknowledged, %u of them came, %u repeated, rtt %u us, acknowledged %u ms ago, "
	        "heard %u ms ago: %s",
	        s->unacked, s->mss, s->sacked, s->repeated, s->rtt_us, s->acked_ms_ago, s->heard_ms_ago,
	        kinds[s->kind].words);
	return out;
}
