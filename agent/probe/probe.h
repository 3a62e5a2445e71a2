/*
 * probe: what a kind of probe is.
 *
 * A probe is a state machine without a loop: start() and step() return what it
 * wants next (a descriptor to be ready, a time to be woken, or done), the prober drives
 * it (prober.h), and tests feed it by hand. A new kind is a file with a `const struct probe_type`
 * and a row in probe.c. Runs in the eyes process and in `sansang-agent probe`.
 *
 * Times of waking are milliseconds of the loop's clock (monotonic); measured
 * times are microseconds, PROBE_UNKNOWN when not measured.
 */
#ifndef SANSANG_PROBE_H
#define SANSANG_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/probe/options.h"
#include "common/metric.h"

#define PROBE_UNKNOWN (-1)
#define PROBE_STATE_MAX 512 /* bytes of any kind's state; what is larger is allocated in start and freed in finish */
#define PROBE_KEPT 2
#define PROBE_NOTE_MAX 160

struct icmp;
struct trust;

union probe_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct probe_result {
	bool up;
	enum reason reason;
	int64_t connect_us, total_us;
	unsigned sent, received; /* echoes; both 0 for kinds without */
	unsigned bursts;         /* stretches of lost echoes */
	bool lost_first, lost_last;
	unsigned looked, looked_lost,
	        looked_bursts; /* the same of this run and of closer looks since the last (closer.h) */
	int64_t rtt_us, rtt_min_us, rtt_max_us, jitter_us;
	int64_t detail[METRIC_COLUMNS_MAX]; /* of the kind's class of details; METRIC_UNKNOWN when not measured */
	char note
	        [PROBE_NOTE_MAX]; /* for a person: "HTTP 502", "certificate of old.example ended 2026-11-01"; printable UTF-8 */
};

enum probe_events { PROBE_READABLE = 1, PROBE_WRITABLE = 2 };

struct probe_want {
	bool done;
	int fd; /* -1: none */
	unsigned events;
	int64_t wake_ms;
};

struct probe_job {
	union probe_address address;         /* with its port */
	union probe_address source;          /* family 0: any */
	const char *interface;               /* that packets must leave by; "" any */
	const char *host;                    /* the target as it was written, without port */
	const struct probe_options *options; /* never NULL; valid until finish */
	int64_t name_us; /* what looking up the name took; PROBE_UNKNOWN: an address, or a name that was remembered */
	int64_t timeout_ms;
	int64_t gap_ms;      /* between the echoes of a run */
	struct icmp *icmp;   /* borrowed */
	struct trust *trust; /* borrowed: authorities and settings of TLS; NULL: the run makes its own */
	int64_t wall_ms;     /* now, by the collector's clock, which certificates are judged by; 0: this host's */
	const char *node;    /* who we say we are; NULL or "": not told */
	int64_t *
	        kept; /* PROBE_KEPT numbers that stay from run to run of one check, zero at first; NULL: this is the only run */
	void *owner; /* given back by icmp.h when the probe has all it waits for */
};

struct probe_type {
	const char *name;
	bool has_port;
	bool tries_often; /* one run is enough to say that the target is down */
	bool takes_url;   /* its target is http://HOST... or https://HOST... */
	bool own_hosts; /* targets "" and "system" stand for the system's own server: start() gets an address of family 0 */
	uint16_t
	        default_port; /* without has_port: "HOST:PORT" is taken too, and this is the port of "HOST"; 0: no port */
	bool has_detail;      /* a row of class `detail`, instance as the check's, goes with each row of a service */
	enum metric_class_id detail;
	struct probe_want (*start)(void *state, const struct probe_job *job, int64_t now_ms);
	/* `events` 0: the time to wake has come. */
	struct probe_want (*step)(void *state, unsigned events, int64_t now_ms);
	/* Gives up what the run holds (its descriptor too), done or not. Call it once for each start. */
	void (*finish)(void *state, struct probe_result *out);
};

/* NULL when there is no such kind. */
const struct probe_type *probe_type_named(const char *name);
/* Binds a fresh socket to the job's source and interface. 0 or -errno. */
int probe_bind(int fd, const struct probe_job *job);
/* A run that is over. */
struct probe_want probe_done(void);
/* All unknown, down, REASON_TIMEOUT: what a run begins with. */
struct probe_result probe_result_none(void);
enum reason probe_reason(int error); /* of a positive errno of connect or send */

socklen_t probe_address_len(const union probe_address *a);
bool probe_address_equal(const union probe_address *a, const union probe_address *b); /* but for the port */
/* "10.0.0.5", "fe80::1%eth0": 0 or -EINVAL when it is not numeric. */
int probe_address_parse(const char *text, uint16_t port, union probe_address *out);
/* "host:port", "[v6]:port"; without has_port "host", "v6" or "[v6]". 0 or -EINVAL. */
int probe_target_split(const char *target, bool has_port, char *host, size_t size, uint16_t *port);
/* As `type` takes it: has_port, default_port and own_hosts decide. 0 or -EINVAL. Not for kinds with takes_url. */
int probe_target_of(const struct probe_type *type, const char *target, char *host, size_t size, uint16_t *port);
/* "https://host:port/path?query": *path points into `url`, or is "/". 0 or -EINVAL. */
int probe_url_split(const char *url, bool *secure, char *host, size_t size, uint16_t *port, const char **path);

#endif
