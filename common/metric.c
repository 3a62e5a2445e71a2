#include "common/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GAUGE(n, d, u, m)                                                                                              \
	{                                                                                                              \
		.name = n, .kind = METRIC_GAUGE, .decimals = d, .unit = u, .max = m                                    \
	}
#define LOW(n, d, u, m)                                                                                                \
	{                                                                                                              \
		.name = n, .kind = METRIC_GAUGE, .decimals = d, .unit = u, .max = m, .low_is_bad = true                \
	}
#define COUNTER(n, u, m)                                                                                               \
	{                                                                                                              \
		.name = n, .kind = METRIC_COUNTER, .unit = u, .max = m                                                 \
	}
#define LINE_RATE 12.5e9 /* octets a second of 100 Gbit/s */

static const struct metric host_metrics[] = {
        [HOST_UPTIME] = LOW("uptime_s", 0, "s", 0),
        [HOST_LOAD1] = GAUGE("load1", 2, "", 0),
        [HOST_CPU] = GAUGE("cpu_pct", 2, "%", 100),
        [HOST_MEM_USED] = GAUGE("mem_used", 0, "B", 0),
        [HOST_MEM_TOTAL] = GAUGE("mem_total", 0, "B", 0),
        [HOST_SWAP_USED] = GAUGE("swap_used", 0, "B", 0),
        [HOST_DISK_USED] = GAUGE("disk_used_pct", 2, "%", 100),
        [HOST_DISK_FREE] = LOW("disk_free", 0, "B", 0),
        [HOST_PROCESSES] = GAUGE("processes", 0, "", 0),
};

static const struct metric interface_metrics[] = {
        [IF_IN_OCTETS] = COUNTER("in_octets", "B/s", LINE_RATE),
        [IF_OUT_OCTETS] = COUNTER("out_octets", "B/s", LINE_RATE),
        [IF_IN_PACKETS] = COUNTER("in_packets", "1/s", LINE_RATE),
        [IF_OUT_PACKETS] = COUNTER("out_packets", "1/s", LINE_RATE),
        [IF_IN_ERRORS] = COUNTER("in_errors", "1/s", LINE_RATE),
        [IF_OUT_ERRORS] = COUNTER("out_errors", "1/s", LINE_RATE),
        [IF_IN_DROPS] = COUNTER("in_drops", "1/s", LINE_RATE),
        [IF_OUT_DROPS] = COUNTER("out_drops", "1/s", LINE_RATE),
        [IF_CARRIER] = LOW("carrier", 0, "", 1),
        [IF_SPEED] = LOW("speed_bps", 0, "bit/s", 0),
};

static const struct metric path_metrics[] = {
        [PATH_LOSS] = GAUGE("loss_pct", 2, "%", 100),
        [PATH_RTT] = GAUGE("rtt_ms", 3, "ms", 0),
        [PATH_RTT_MIN] = GAUGE("rtt_min_ms", 3, "ms", 0),
        [PATH_RTT_MAX] = GAUGE("rtt_max_ms", 3, "ms", 0),
        [PATH_JITTER] = GAUGE("jitter_ms", 3, "ms", 0),
        [PATH_IN_OCTETS] = COUNTER("in_octets", "B/s", LINE_RATE),
        [PATH_OUT_OCTETS] = COUNTER("out_octets", "B/s", LINE_RATE),
};

static const struct metric service_metrics[] = {
        [SVC_UP] = LOW("up", 0, "", 1),
        [SVC_CONNECT] = GAUGE("connect_ms", 3, "ms", 0),
        [SVC_TOTAL] = GAUGE("total_ms", 3, "ms", 0),
        [SVC_REASON] = GAUGE("reason", 0, "", 0),
};

static const struct metric agent_metrics[] = {
        [AGENT_SPOOL_BATCHES] = GAUGE("spool_batches", 0, "", 0),
        [AGENT_SPOOL_BYTES] = GAUGE("spool_bytes", 0, "B", 0),
        [AGENT_SKEW] = GAUGE("skew_ms", 0, "ms", 0),
        [AGENT_CPU] = GAUGE("cpu_pct", 3, "%", 0),
        [AGENT_RSS] = GAUGE("rss", 0, "B", 0),
};

static const struct metric health_metrics[] = {
        [HEALTH_CPU_STALL] = GAUGE("cpu_stall_pct", 2, "%", 100),
        [HEALTH_MEM_STALL] = GAUGE("mem_stall_pct", 2, "%", 100),
        [HEALTH_IO_STALL] = GAUGE("io_stall_pct", 2, "%", 100),
        [HEALTH_INODES] = GAUGE("inodes_used_pct", 2, "%", 100),
        [HEALTH_READONLY] = GAUGE("readonly_fs", 0, "", 0),
        [HEALTH_TEMPERATURE] = GAUGE("temperature_c", 1, "°C", 0),
        [HEALTH_DISKS_BAD] = GAUGE("disks_bad", 0, "", 0),
};

static const struct metric clock_metrics[] = {
        [CLOCK_SYNCED] = LOW("synced", 0, "", 1),
        [CLOCK_OFFSET] = GAUGE("offset_ms", 3, "ms", 0),
        [CLOCK_ERROR] = GAUGE("error_ms", 3, "ms", 0),
        [CLOCK_STRATUM] = GAUGE("stratum", 0, "", 0),
};

static const struct metric ups_metrics[] = {
        [UPS_ON_BATTERY] = GAUGE("on_battery", 0, "", 1),
        [UPS_CHARGE] = LOW("charge_pct", 1, "%", 100),
        [UPS_RUNTIME] = LOW("runtime_min", 1, "min", 0),
        [UPS_LOAD] = GAUGE("load_pct", 1, "%", 0),
        [UPS_INPUT] = LOW("input_v", 1, "V", 0),
        [UPS_BATTERY] = LOW("battery_v", 1, "V", 0),
        [UPS_TEMPERATURE] = GAUGE("temperature_c", 1, "°C", 0),
};

static const struct metric gear_metrics[] = {
        [GEAR_UP] = LOW("up", 0, "", 1),
        [GEAR_RTT] = GAUGE("rtt_ms", 3, "ms", 0),
        [GEAR_UPTIME] = LOW("uptime_s", 0, "s", 0),
        [GEAR_CPU] = GAUGE("cpu_pct", 1, "%", 100),
        [GEAR_MEM_USED] = GAUGE("mem_used_pct", 1, "%", 100),
        [GEAR_TEMPERATURE] = GAUGE("temperature_c", 1, "°C", 0),
        [GEAR_POLL] = GAUGE("poll_ms", 1, "ms", 0),
        [GEAR_VALUES] = GAUGE("values", 0, "", 0),
        [GEAR_LOST] = GAUGE("lost", 0, "", 0),
};

static const struct metric mtu_metrics[] = {
        [MTU_SMALL_OK] = LOW("small_ok", 0, "", 1),
        [MTU_FULL_OK] = LOW("full_ok", 0, "", 1),
        [MTU_FULL_BYTES] = LOW("full_bytes", 0, "B", 0),
        [MTU_PATH_BYTES] = LOW("path_bytes", 0, "B", 0),
};

static const struct metric tls_metrics[] = {
        [TLS_HANDSHAKE] = GAUGE("handshake_ms", 3, "ms", 0),
        [TLS_DAYS_LEFT] = LOW("days_left", 2, "d", 0),
        [TLS_VERSION] = LOW("version", 0, "", 0),
        [TLS_TRUSTED] = LOW("trusted", 0, "", 1),
        [TLS_NAME_OK] = LOW("name_ok", 0, "", 1),
        [TLS_STAPLED] = GAUGE("stapled", 0, "", 0),
};

static const struct metric http_metrics[] = {
        [HTTP_NAME] = GAUGE("name_ms", 3, "ms", 0),
        [HTTP_CONNECT] = GAUGE("connect_ms", 3, "ms", 0),
        [HTTP_TLS] = GAUGE("tls_ms", 3, "ms", 0),
        [HTTP_FIRST_BYTE] = GAUGE("first_byte_ms", 3, "ms", 0),
        [HTTP_TOTAL] = GAUGE("total_ms", 3, "ms", 0),
        [HTTP_STATUS] = GAUGE("status", 0, "", 0),
        [HTTP_BYTES] = GAUGE("bytes", 0, "B", 0),
        [HTTP_REDIRECTS] = GAUGE("redirects", 0, "", 0),
};

static const struct metric ntp_metrics[] = {
        [NTP_OFFSET] = GAUGE("offset_ms", 3, "ms", 0),
        [NTP_DELAY] = GAUGE("delay_ms", 3, "ms", 0),
        [NTP_DISPERSION] = GAUGE("dispersion_ms", 3, "ms", 0),
        [NTP_STRATUM] = GAUGE("stratum", 0, "", 0),
        [NTP_LEAP] = GAUGE("leap", 0, "", 0),
};

static const struct metric echo_metrics[] = {
        [ECHO_LOSS] = GAUGE("loss_pct", 2, "%", 100),
        [ECHO_RTT] = GAUGE("rtt_ms", 3, "ms", 0),
        [ECHO_RTT_MIN] = GAUGE("rtt_min_ms", 3, "ms", 0),
        [ECHO_RTT_MAX] = GAUGE("rtt_max_ms", 3, "ms", 0),
        [ECHO_JITTER] = GAUGE("jitter_ms", 3, "ms", 0),
        [ECHO_REORDERED] = GAUGE("reordered", 0, "", 0),
        [ECHO_DUPLICATES] = GAUGE("duplicates", 0, "", 0),
};

static const struct metric look_metrics[] = {
        [LOOK_ECHOES] = GAUGE("echoes", 0, "", 0),
        [LOOK_LOST] = GAUGE("lost", 0, "", 0),
        [LOOK_BURSTS] = GAUGE("bursts", 0, "", 0),
};

#define CLASS(i, n, m, inst)                                                                                           \
	[i] = {.id = i, .name = n, .layout = 1, .count = sizeof(m) / sizeof((m)[0]), .instanced = inst, .metrics = m}

static const struct metric_class classes[CLASS_COUNT] = {
        CLASS(CLASS_HOST, "host", host_metrics, false),
        CLASS(CLASS_INTERFACE, "if", interface_metrics, true),
        CLASS(CLASS_PATH, "path", path_metrics, true),
        CLASS(CLASS_UPLINK, "uplink", path_metrics, true),
        CLASS(CLASS_SERVICE, "svc", service_metrics, true),
        CLASS(CLASS_AGENT, "agent", agent_metrics, false),
        CLASS(CLASS_HEALTH, "health", health_metrics, false),
        CLASS(CLASS_CLOCK, "clock", clock_metrics, false),
        CLASS(CLASS_UPS, "ups", ups_metrics, true),
        CLASS(CLASS_GEAR, "gear", gear_metrics, false),
        CLASS(CLASS_MTU, "mtu", mtu_metrics, true),
        CLASS(CLASS_TLS, "tls", tls_metrics, true),
        CLASS(CLASS_HTTP, "http", http_metrics, true),
        CLASS(CLASS_NTP, "ntp", ntp_metrics, true),
        CLASS(CLASS_ECHO, "echo", echo_metrics, true),
        CLASS(CLASS_LOOK, "look", look_metrics, true),
};

static const char *const reasons[REASON_COUNT] = {
        [REASON_OK] = "ok",
        [REASON_REFUSED] = "refused",
        [REASON_TIMEOUT] = "timeout",
        [REASON_UNREACHABLE] = "unreachable",
        [REASON_DNS] = "dns",
        [REASON_RESET] = "reset",
        [REASON_TLS] = "tls",
        [REASON_CERTIFICATE] = "certificate",
        [REASON_STATUS] = "status",
        [REASON_CONTENT] = "content",
        [REASON_PROTOCOL] = "protocol",
        [REASON_LOCAL] = "local",
        [REASON_PROHIBITED] = "prohibited",
        [REASON_HUNG] = "hung",
        [REASON_NO_NAME] = "no-name",
        [REASON_SERVER_FAILURE] = "server-failure",
        [REASON_EXPIRED] = "expired",
        [REASON_NAME_MISMATCH] = "name-mismatch",
        [REASON_UNTRUSTED] = "untrusted",
        [REASON_REVOKED] = "revoked",
        [REASON_REDIRECTS] = "redirects",
        [REASON_TOO_LARGE] = "too-large",
        [REASON_UNSYNCHRONISED] = "unsynchronised",
        [REASON_AUTHENTICATION] = "authentication",
        [REASON_HINDSIGHT] = "hindsight",
};

const struct metric_class *metric_class(enum metric_class_id id)
{
	return (unsigned)id < CLASS_COUNT ? &classes[id] : NULL;
}

const struct metric_class *metric_class_named(const char *name)
{
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		if (!strcmp(classes[i].name, name))
			return &classes[i];
	return NULL;
}

int64_t metric_scale(uint8_t decimals)
{
	static const int64_t scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

	return scales[decimals < 7 ? decimals : 6];
}

int64_t metric_scaled(const struct metric *m, double value)
{
	double scaled = value * (double)metric_scale(m->decimals);

	/* beyond 2^63 there is no scaled integer: not a measurement */
	if (!isfinite(scaled) || fabs(scaled) > 9.2e18)
		return METRIC_UNKNOWN;
	return llround(scaled);
}

double metric_value(const struct metric *m, int64_t scaled)
{
	return scaled == METRIC_UNKNOWN ? NAN : (double)scaled / (double)metric_scale(m->decimals);
}

void metric_file_name(const struct metric_class *c, const char *instance, char *out, size_t size)
{
	if (c->instanced && instance && instance[0])
		snprintf(out, size, "%s-%s", c->name, instance);
	else
		snprintf(out, size, "%s", c->name);
}

bool metric_instance_valid(const char *instance)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

	return instance[0] != '.' && strlen(instance) < METRIC_NODE_MAX &&
	       strspn(instance, allowed) == strlen(instance);
}

const char *metric_subject_split(const char *subject, char node[METRIC_NODE_MAX])
{
	const char *slash = strchr(subject, '/');

	snprintf(node, METRIC_NODE_MAX, "%.*s", slash ? (int)(slash - subject) : 0, subject);
	return slash ? slash + 1 : subject;
}

bool metric_subject_valid(const char *subject)
{
	const char *slash = strchr(subject, '/');
	char node[METRIC_NODE_MAX];

	if (!slash)
		return metric_instance_valid(subject);
	metric_subject_split(subject, node);
	return slash > subject && slash - subject < METRIC_NODE_MAX && metric_instance_valid(node) &&
	       metric_instance_valid(slash + 1);
}

const char *reason_name(int64_t reason)
{
	return reason >= 0 && reason < REASON_COUNT ? reasons[reason] : "unknown";
}
