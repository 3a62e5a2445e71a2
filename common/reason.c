#include "common/reason.h"

#include "common/metric.h"

static const struct {
	const char *vi, *en;
} reasons[REASON_COUNT] = {
        [REASON_OK] = {"bình thường", "fine"},
        [REASON_REFUSED] = {"từ chối kết nối", "connection refused"},
        [REASON_TIMEOUT] = {"hết thời gian chờ, không trả lời", "timed out without an answer"},
        [REASON_UNREACHABLE] = {"không tới được máy chủ", "host unreachable"},
        [REASON_DNS] = {"không phân giải được tên miền", "name could not be resolved"},
        [REASON_RESET] = {"kết nối bị ngắt đột ngột", "connection reset"},
        [REASON_TLS] = {"lỗi bắt tay TLS", "TLS handshake failed"},
        [REASON_CERTIFICATE] = {"chứng thư không hợp lệ", "certificate not valid"},
        [REASON_STATUS] = {"trả về mã lỗi", "answered with an error status"},
        [REASON_CONTENT] = {"nội dung trả về không đúng", "unexpected content"},
        [REASON_PROTOCOL] = {"trả lời sai giao thức", "protocol violated"},
        [REASON_LOCAL] = {"lỗi tại trạm đo", "local error at the agent"},
        [REASON_PROHIBITED] = {"bị tường lửa hoặc bộ định tuyến chặn", "blocked by a firewall or router"},
        [REASON_HUNG] = {"nhận kết nối rồi im lặng", "took the connection, then said nothing"},
        [REASON_NO_NAME] = {"máy chủ DNS nói không có tên miền này", "the name server knows no such name"},
        [REASON_SERVER_FAILURE] = {"máy chủ DNS báo lỗi, không tra được", "the name server failed to answer"},
        [REASON_EXPIRED] = {"chứng thư hết hạn hoặc chưa có hiệu lực", "certificate expired or not valid yet"},
        [REASON_NAME_MISMATCH] = {"chứng thư cấp cho tên khác", "certificate is for another name"},
        [REASON_UNTRUSTED] = {"chứng thư không do nơi tin cậy cấp", "certificate signed by nobody we trust"},
        [REASON_REVOKED] = {"chứng thư đã bị thu hồi", "certificate revoked"},
        [REASON_REDIRECTS] = {"chuyển hướng quá nhiều hoặc sai nơi", "too many redirects, or to a forbidden place"},
        [REASON_TOO_LARGE] = {"dữ liệu quá lớn", "too large"},
        [REASON_UNSYNCHRONISED] = {"đồng hồ chưa đồng bộ", "clock not synchronised"},
        [REASON_AUTHENTICATION] = {"sai mã xác thực", "authentication failed"},
        [REASON_HINDSIGHT] = {"không đo được, kết luận sau sự cố", "not measured, concluded afterwards"},
};

const char *reason_vi(int reason)
{
	return reason >= 0 && reason < REASON_COUNT ? reasons[reason].vi : "không rõ";
}

const char *reason_en(int reason)
{
	return reason >= 0 && reason < REASON_COUNT ? reasons[reason].en : "unknown";
}
