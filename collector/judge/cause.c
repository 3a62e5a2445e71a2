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

/*
 * Whose matter each is; NULL: whoever answers for the service or line. Warnings are what still works, and can wait for the digest: a clock that
 * is off. (Certificates that run out and UPSs on battery alone are warnings by their kind of check, not by a cause.)
 */
static const struct {
	const char *responsible;
	bool line, warns;
} matters[CAUSE_COUNT] = {
        [CAUSE_SITE_POWER] = {.responsible = "commune"},
        [CAUSE_AREA_POWER] = {.responsible = "commune"},
        [CAUSE_UPLINK_DOWN] = {.responsible = "carrier", .line = true},
        [CAUSE_UPLINK_DEGRADED] = {.responsible = "carrier", .line = true},
        [CAUSE_UPLINK_SATURATED] = {.responsible = "commune", .line = true},
        [CAUSE_LAN_LINK_DOWN] = {.responsible = "commune"},
        [CAUSE_GEAR_DOWN] = {.responsible = "commune"},
        [CAUSE_HOST_DOWN] = {.responsible = "commune"},
        [CAUSE_AGENT_DOWN] = {.responsible = "commune"},
        [CAUSE_MTU_BLACKHOLE] = {.line = true},
        [CAUSE_ADDRESS_CONFLICT] = {.responsible = "commune"},
        [CAUSE_ONE_WAY_LOSS] = {.responsible = "carrier", .line = true},
        [CAUSE_CLOCK_SKEW] = {.responsible = "commune", .warns = true},
        [CAUSE_UPSTREAM_SHARED] = {.responsible = "carrier", .line = true},
        [CAUSE_COLLECTOR_ISOLATED] = {.responsible = "province"},
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

const char *cause_responsible(enum cause cause, const char *otherwise)
{
	const char *ours = (unsigned)cause < CAUSE_COUNT ? matters[cause].responsible : NULL;
	return ours ? ours : otherwise;
}

bool cause_of_line(enum cause cause)
{
	return (unsigned)cause < CAUSE_COUNT && matters[cause].line;
}

bool cause_alarms(enum cause cause)
{
	return (unsigned)cause >= CAUSE_COUNT || !matters[cause].warns;
}
