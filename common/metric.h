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
#define METRIC_INSTANCE_MAX 64 /* with the NUL */

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

struct metric {
	const char *name; /* data source name in RRD, at most 19 letters */
	enum metric_kind kind;
	uint8_t decimals;
	const char *unit; /* "ms", "%", "B", "B/s" (of a counter: of its rate), "s", "" */
	double max;       /* RRD maximum of the gauge or of the rate; 0 means none */
	bool low_is_bad;  /* keep MIN archives too */
};

enum metric_class_id { CLASS_HOST, CLASS_INTERFACE, CLASS_PATH, CLASS_UPLINK, CLASS_SERVICE, CLASS_AGENT, CLASS_COUNT };

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
	REASON_COUNT
};
const char *reason_name(int64_t reason); /* "refused"; "unknown" out of range */

#endif
