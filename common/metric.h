/*
 * metric: the table of everything an agent measures.
 *
 * A class is a row shape: one row of a class is what is measured of one thing at
 * one instant, and one RRD file holds the rows of one (node, class, instance).
 * A value travels and is stored as an integer scaled by 10^decimals;
 * METRIC_UNKNOWN says "not measured". Columns are only ever appended, with a new
 * `layout` number: batches name the layout they were written with.
 */
#ifndef SANSANG_METRIC_H
#define SANSANG_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRIC_UNKNOWN INT64_MIN
#define METRIC_COLUMNS_MAX 16
#define METRIC_INSTANCE_MAX 128 /* of a subject, with the NUL */
#define METRIC_NODE_MAX 64      /* of a node's id, with the NUL */

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

struct metric {
	const char *name; /* data source name in RRD, at most 19 letters */
	enum metric_kind kind;
	uint8_t decimals;
	const char *unit; /* "ms", "%", "B", "B/s" (of a counter: of its rate), "s", "" */
	double max;       /* RRD maximum of the gauge or of the rate; 0 means none */
	bool low_is_bad;  /* keep MIN archives too */
};

enum metric_class_id {
	CLASS_HOST,
	CLASS_INTERFACE,
	CLASS_PATH,
	CLASS_UPLINK,
	CLASS_SERVICE,
	CLASS_AGENT,
	CLASS_HEALTH,
	CLASS_CLOCK,
	CLASS_UPS,
	CLASS_GEAR,
	CLASS_MTU,
	CLASS_TLS,
	CLASS_HTTP,
	CLASS_NTP,
	CLASS_ECHO,
	CLASS_LOOK,
	CLASS_COUNT
};

/* Columns of each class, for writers and readers that name them. */
enum host_column {
	HOST_UPTIME,
	HOST_LOAD1,
	HOST_CPU,
	HOST_MEM_USED,
	HOST_MEM_TOTAL,
	HOST_SWAP_USED,
	HOST_DISK_USED,
	HOST_DISK_FREE,
	HOST_PROCESSES
};
enum interface_column {
	IF_IN_OCTETS,
	IF_OUT_OCTETS,
	IF_IN_PACKETS,
	IF_OUT_PACKETS,
	IF_IN_ERRORS,
	IF_OUT_ERRORS,
	IF_IN_DROPS,
	IF_OUT_DROPS,
	IF_CARRIER,
	IF_SPEED
};
enum path_column { PATH_LOSS, PATH_RTT, PATH_RTT_MIN, PATH_RTT_MAX, PATH_JITTER, PATH_IN_OCTETS, PATH_OUT_OCTETS };
enum service_column { SVC_UP, SVC_CONNECT, SVC_TOTAL, SVC_REASON };
/* What wears a host down. */
enum health_column {
	HEALTH_CPU_STALL, /* pressure stall: share of time in which some task waited, of the last 10 s */
	HEALTH_MEM_STALL,
	HEALTH_IO_STALL,
	HEALTH_INODES,
	HEALTH_READONLY,    /* file systems that went read-only */
	HEALTH_TEMPERATURE, /* the hottest sensor */
	HEALTH_DISKS_BAD
};
/* Whether and how well the host's clock is kept; the offset is to what keeps it, the error the most that it may be off by. */
enum clock_column { CLOCK_SYNCED, CLOCK_OFFSET, CLOCK_ERROR, CLOCK_STRATUM };
enum ups_column { UPS_ON_BATTERY, UPS_CHARGE, UPS_RUNTIME, UPS_LOAD, UPS_INPUT, UPS_BATTERY, UPS_TEMPERATURE };
enum gear_column {
	GEAR_UP,
	GEAR_RTT,
	GEAR_UPTIME,
	GEAR_CPU,
	GEAR_MEM_USED,
	GEAR_TEMPERATURE,
	GEAR_POLL,
	GEAR_VALUES,
	GEAR_LOST
};
/* Echoes that may not be fragmented, each minute. */
enum mtu_column { MTU_SMALL_OK, MTU_FULL_OK, MTU_FULL_BYTES, MTU_PATH_BYTES };
enum tls_column { TLS_HANDSHAKE, TLS_DAYS_LEFT, TLS_VERSION, TLS_TRUSTED, TLS_NAME_OK, TLS_STAPLED };
enum http_column {
	HTTP_NAME,
	HTTP_CONNECT,
	HTTP_TLS,
	HTTP_FIRST_BYTE,
	HTTP_TOTAL,
	HTTP_STATUS,
	HTTP_BYTES,
	HTTP_REDIRECTS
};
enum ntp_column { NTP_OFFSET, NTP_DELAY, NTP_DISPERSION, NTP_STRATUM, NTP_LEAP };
enum echo_column { ECHO_LOSS, ECHO_RTT, ECHO_RTT_MIN, ECHO_RTT_MAX, ECHO_JITTER, ECHO_REORDERED, ECHO_DUPLICATES };
/*
 * Of a line (instance as its class uplink or path), before its row and at the same time: all echoes since its last row, with those of closer
 * looks, and in how many stretches some of them were lost. Only when something was: else its row speaks for 32 echoes that all came.
 */
enum look_column { LOOK_ECHOES, LOOK_LOST, LOOK_BURSTS };
enum agent_column { AGENT_SPOOL_BATCHES, AGENT_SPOOL_BYTES, AGENT_SKEW, AGENT_CPU, AGENT_RSS };

struct metric_class {
	enum metric_class_id id;
	const char *name; /* on the wire: "host", "if", "path", "uplink", "svc", "agent" */
	uint8_t layout;
	uint8_t count;
	bool instanced; /* file is NAME-INSTANCE.rrd; an empty instance gives NAME.rrd */
	const struct metric *metrics;
};

const struct metric_class *metric_class(enum metric_class_id id);
/* NULL when this version does not know the class. */
const struct metric_class *metric_class_named(const char *name);
/* 10^decimals, decimals 0..6. */
int64_t metric_scale(uint8_t decimals);
/* NaN and infinities give METRIC_UNKNOWN. */
int64_t metric_scaled(const struct metric *m, double value);
double metric_value(const struct metric *m, int64_t scaled);
/* "svc-land", "host", "uplink": the file's name without ".rrd". `size` at least 80. */
void metric_file_name(const struct metric_class *c, const char *instance, char *out, size_t size);
/* An instance is 0..63 of [A-Za-z0-9._:-], not beginning with '.': it becomes part of a path. */
bool metric_instance_valid(const char *instance);
/*
 * A subject is what a row is about: "INSTANCE", a thing of the node that speaks, or "NODE/INSTANCE", a thing of
 * gear that this node's agent reads ("mk-sw1/ge-0-0-1", "mk-sw1/" for the gear itself). Both parts are valid instances, NODE not empty.
 */
bool metric_subject_valid(const char *subject);
/* Of a valid subject: its instance part (within `subject`); `node` gets "" or the gear's id. */
const char *metric_subject_split(const char *subject, char node[METRIC_NODE_MAX]);

/* Reason codes in column SVC_REASON, stable numbers. */
enum reason {
	REASON_OK,
	REASON_REFUSED,
	REASON_TIMEOUT,
	REASON_UNREACHABLE,
	REASON_DNS,
	REASON_RESET,
	REASON_TLS,
	REASON_CERTIFICATE,
	REASON_STATUS,
	REASON_CONTENT,
	REASON_PROTOCOL,
	REASON_LOCAL,
	REASON_PROHIBITED,     /* a router or firewall on the way said so */
	REASON_HUNG,           /* it took the connection and then said nothing */
	REASON_NO_NAME,        /* the name server says that there is no such name */
	REASON_SERVER_FAILURE, /* the name server, or a server before the service, says that it cannot tell */
	REASON_EXPIRED,        /* the certificate is not valid today */
	REASON_NAME_MISMATCH,  /* the certificate is for another name */
	REASON_UNTRUSTED,      /* nobody that we trust signed it */
	REASON_REVOKED,
	REASON_REDIRECTS, /* too many, or to where we may not follow */
	REASON_TOO_LARGE,
	REASON_UNSYNCHRONISED, /* a time server that does not know the time itself */
	REASON_AUTHENTICATION,
	REASON_HINDSIGHT, /* nobody saw it: concluded afterwards from what was found out */
	REASON_COUNT
};
const char *reason_name(int64_t reason); /* "refused"; "unknown" out of range */

#endif
