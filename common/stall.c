#include "common/stall.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SILENT_MS 10000
#define STUCK 3      /* repetitions in a row that nobody acknowledges: some seconds */
#define STUCK_LONG 6 /* more than ten seconds, so two heartbeats should have come */

static const struct {
	const char *name, *words;
} kinds[] = {
        [STALL_NONE] = {"none", "the connection is well"},
        [STALL_SILENT] = {"silent", "they acknowledge and say nothing"},
        [STALL_OUT] = {"out", "loss one way, on our way out"},
        [STALL_HOLE_OUT] = {"hole-out", "an MTU hole on our way out: only what is small arrives"},
        [STALL_HOLE_IN] = {"hole-in", "an MTU hole on their way to us: only what is small arrives"},
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
	        .segments_out = info.tcpi_data_segs_out,
	        .segments_in = info.tcpi_data_segs_in,
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
	bool stuck = s->unacked && s->in_a_row >= STUCK;

	if (any_ms_ago >= silent_ms)
		return STALL_DEAD;
	if (stuck && s->sacked)
		return STALL_HOLE_OUT;
	/* they go on with new data only as long as our acknowledgements, which are small, arrive */
	if (stuck && s->heard_ms_ago >= silent_ms)
		return STALL_OUT;
	if (stuck && s->in_a_row >= STUCK_LONG)
		return STALL_HOLE_OUT;
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
	        "%s; tcp: %u segments unacknowledged, %u of them came, %u repeated, at most %u bytes, rtt %u us, "
	        "acknowledged %u ms ago, heard %u ms ago",
	        kinds[s->kind].words, s->unacked, s->sacked, s->repeated, s->mss, s->rtt_us, s->acked_ms_ago,
	        s->heard_ms_ago);
	return out;
}
