#include "collector/judge/cause.h"

#include <stddef.h>
#include <string.h>

static const struct cause_words causes[CAUSE_COUNT] = {
        [CAUSE_UNKNOWN] = {"unknown", "chưa rõ nguyên nhân", "cause unknown",
                "Xem bằng chứng kèm theo; thử lại bằng lệnh sansang-agent probe tại trạm đo.",
                "Look at the evidence; repeat the check with sansang-agent probe on the node."},
        [CAUSE_SITE_POWER] = {"site-power", "mất điện tại địa điểm", "power lost at the site",
                "Gọi cán bộ tại địa điểm hỏi tình hình điện, bộ lưu điện.",
                "Call the site and ask about power and UPS."},
        [CAUSE_AREA_POWER] = {"area-power", "mất điện khu vực", "power lost in the area",
                "Hỏi điện lực huyện về lịch và sự cố lưới điện.", "Ask the power company about the area."},
        [CAUSE_UPLINK_DOWN] = {"uplink-down", "kênh truyền mất kết nối", "the line is down",
                "Xem đèn của modem/thiết bị đầu cuối; báo nhà mạng kèm mã kênh và giờ mất.",
                "Look at the modem's lamps; call the carrier with the circuit number and the time."},
        [CAUSE_UPLINK_DEGRADED] = {"uplink-degraded", "kênh truyền kém chất lượng", "the line is degraded",
                "Xem biểu đồ mất gói và độ trễ; báo nhà mạng kèm mã kênh.",
                "Look at the graphs of loss and delay; call the carrier with the circuit number."},
        [CAUSE_UPLINK_SATURATED] = {"uplink-saturated", "kênh truyền quá tải", "the line is saturated",
                "Xem biểu đồ lưu lượng; tìm máy đang tải lớn.", "Look at the traffic graph; find who uses the line."},
        [CAUSE_LAN_LINK_DOWN] = {"lan-link-down", "đứt kết nối mạng nội bộ", "a LAN link is down",
                "Kiểm tra dây mạng và cổng của bộ chuyển mạch nối với máy.", "Check the cable and the switch port."},
        [CAUSE_GEAR_DOWN] = {"gear-down", "thiết bị mạng ngừng hoạt động", "network gear is down",
                "Kiểm tra nguồn điện của thiết bị, khởi động lại.", "Check the gear's power, restart it."},
        [CAUSE_HOST_DOWN] = {"host-down", "máy chủ dừng hoặc khởi động lại", "the host stopped or restarted",
                "Hỏi ai đã tắt máy; kiểm tra nguồn điện và nhật ký hệ thống.",
                "Ask who switched it off; check its power and system log."},
        [CAUSE_AGENT_DOWN] = {"agent-down", "trạm đo ngừng chạy", "the agent stopped",
                "Trên máy đó chạy: systemctl status sansang-agent.",
                "On that host run: systemctl status sansang-agent."},
        [CAUSE_SERVICE_DOWN] = {"service-down", "dịch vụ ngừng hoạt động", "the service is down",
                "Kiểm tra tiến trình dịch vụ trên máy chủ và khởi động lại nếu cần.",
                "Check the service's process on its server and restart it if need be."},
        [CAUSE_SERVICE_HUNG] = {"service-hung", "dịch vụ bị treo", "the service hangs",
                "Máy chủ nhận kết nối nhưng không trả lời: xem tải, cơ sở dữ liệu, nhật ký dịch vụ.",
                "It accepts but does not answer: look at load, database and its log."},
        [CAUSE_SERVICE_FILTERED] = {"service-filtered", "dịch vụ bị chặn hoặc máy chủ không trả lời",
                "the service is filtered, or its server does not answer",
                "Kiểm tra tường lửa trên đường đi và máy chủ dịch vụ còn bật không.",
                "Check firewalls on the way and whether the server is on."},
        [CAUSE_DNS_FAILURE] = {"dns-failure", "lỗi phân giải tên miền", "name resolution fails",
                "Kiểm tra máy chủ DNS đang dùng và bản ghi của tên miền.",
                "Check the DNS server in use and the name's records."},
        [CAUSE_CERTIFICATE] = {"certificate", "lỗi chứng thư", "certificate trouble",
                "Xem hạn và tên trong chứng thư của dịch vụ.",
                "Look at the dates and names of the service's certificate."},
        [CAUSE_MTU_BLACKHOLE] = {"mtu-blackhole", "gói lớn bị rơi (MTU)", "large packets vanish (MTU)",
                "Kiểm tra MTU/MSS trên bộ định tuyến.", "Check MTU and MSS clamping on the router."},
        [CAUSE_ADDRESS_CONFLICT] = {"address-conflict", "trùng địa chỉ IP", "address conflict",
                "Tìm máy dùng trùng địa chỉ.", "Find the other owner of the address."},
        [CAUSE_ONE_WAY_LOSS] = {"one-way-loss", "mất gói một chiều", "one-way loss", "Báo nhà mạng: mất gói một chiều.",
                "Tell the carrier: loss in one direction."},
        [CAUSE_CLOCK_SKEW] = {"clock-skew", "sai giờ hệ thống", "the clock is wrong",
                "Kiểm tra đồng bộ thời gian (NTP).", "Check time synchronisation (NTP)."},
        [CAUSE_FLAPPING] = {"flapping", "chập chờn", "flapping", "Kiểm tra đầu nối, nguồn điện chập chờn.",
                "Check connectors and unsteady power."},
        [CAUSE_UPSTREAM_SHARED] = {"upstream-shared", "lỗi ở phần dùng chung phía trên", "a shared part upstream fails",
                "Báo nhà mạng: nhiều địa điểm cùng mất.", "Tell the carrier: several sites at once."},
        [CAUSE_COLLECTOR_ISOLATED] = {"collector-isolated", "máy chủ giám sát mất đường truyền",
                "the collector is cut off", "Kiểm tra đường mạng của chính máy chủ giám sát trước.",
                "Check the collector's own line first."},
};

static const char *const confidences[] = {"unclear", "likely", "certain"};

#define ANY (-1)

/* First row that fits. */
static const struct {
	enum check_kind kind;
	int reason, connected;
	struct verdict verdict;
} rules[] = {
        {KIND_SERVICE, REASON_REFUSED, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_RESET, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_TIMEOUT, 1, {CAUSE_SERVICE_HUNG, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_TIMEOUT, 0, {CAUSE_SERVICE_FILTERED, CONFIDENCE_UNCLEAR}},
        {KIND_SERVICE, REASON_PROHIBITED, ANY, {CAUSE_SERVICE_FILTERED, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_HUNG, ANY, {CAUSE_SERVICE_HUNG, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_DNS, ANY, {CAUSE_DNS_FAILURE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_NO_NAME, ANY, {CAUSE_DNS_FAILURE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_SERVER_FAILURE, ANY, {CAUSE_DNS_FAILURE, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_CERTIFICATE, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_EXPIRED, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_NAME_MISMATCH, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_UNTRUSTED, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_REVOKED, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_CERTAIN}},
        {KIND_SERVICE, REASON_TLS, ANY, {CAUSE_CERTIFICATE, CONFIDENCE_UNCLEAR}},
        {KIND_SERVICE, REASON_STATUS, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_CONTENT, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_PROTOCOL, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_REDIRECTS, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_SERVICE, REASON_TOO_LARGE, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_UNCLEAR}},
        {KIND_SERVICE, REASON_AUTHENTICATION, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        /* it answers, but what it says is of no use: so it is down as a time server */
        {KIND_SERVICE, REASON_UNSYNCHRONISED, ANY, {CAUSE_SERVICE_DOWN, CONFIDENCE_LIKELY}},
        {KIND_UPLINK, ANY, ANY, {CAUSE_UPLINK_DOWN, CONFIDENCE_CERTAIN}},
        {KIND_PATH, ANY, ANY, {CAUSE_UPLINK_DOWN, CONFIDENCE_LIKELY}},
        {KIND_INTERFACE, ANY, ANY, {CAUSE_LAN_LINK_DOWN, CONFIDENCE_CERTAIN}},
        {KIND_HOST, ANY, ANY, {CAUSE_HOST_DOWN, CONFIDENCE_CERTAIN}},
        {KIND_GEAR, ANY, ANY, {CAUSE_GEAR_DOWN, CONFIDENCE_LIKELY}},
};

const struct cause_words *cause_words(enum cause cause)
{
	return &causes[(unsigned)cause < CAUSE_COUNT ? cause : CAUSE_UNKNOWN];
}

enum cause cause_named(const char *name)
{
	for (unsigned i = 0; i < CAUSE_COUNT; i++)
		if (!strcmp(causes[i].name, name))
			return (enum cause)i;
	return CAUSE_UNKNOWN;
}

const char *confidence_name(enum confidence c)
{
	return confidences[c <= CONFIDENCE_CERTAIN ? c : CONFIDENCE_UNCLEAR];
}

enum confidence confidence_named(const char *name)
{
	for (int i = CONFIDENCE_LIKELY; i <= CONFIDENCE_CERTAIN; i++)
		if (!strcmp(confidences[i], name))
			return (enum confidence)i;
	return CONFIDENCE_UNCLEAR;
}

struct verdict cause_of_check(enum check_kind kind, enum reason reason, bool connected)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i].kind == kind && (rules[i].reason == ANY || rules[i].reason == (int)reason) &&
		        (rules[i].connected == ANY || rules[i].connected == (int)connected))
			return rules[i].verdict;
	return (struct verdict){CAUSE_UNKNOWN, CONFIDENCE_UNCLEAR};
}

struct verdict cause_of_dark(const struct dark *d)
{
	if (d->outside_up)
		return (struct verdict){CAUSE_AGENT_DOWN, CONFIDENCE_LIKELY};
	if (d->others_report)
		return (struct verdict){d->silent ? CAUSE_HOST_DOWN : CAUSE_AGENT_DOWN, CONFIDENCE_LIKELY};
	/* who closes a connection is still there to close it */
	if (!d->silent)
		return (struct verdict){CAUSE_AGENT_DOWN, CONFIDENCE_LIKELY};
	/* the last gasp */
	if (d->on_battery)
		return (struct verdict){CAUSE_SITE_POWER, CONFIDENCE_LIKELY};
	if (d->outside_down || d->others_silent)
		return (struct verdict){CAUSE_UPLINK_DOWN, CONFIDENCE_LIKELY};
	return (struct verdict){CAUSE_UPLINK_DOWN, CONFIDENCE_UNCLEAR};
}
