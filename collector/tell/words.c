#include "collector/tell/words.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *vi, *en;
} words[WORD_COUNT] = {
        [WORD_TAG_SERVICE] = {"MẤT DỊCH VỤ", "SERVICE DOWN"},
        [WORD_TAG_LINE] = {"MẤT KÊNH", "LINE DOWN"},
        [WORD_TAG_HOST] = {"MẤT MÁY CHỦ", "SERVER DOWN"},
        [WORD_TAG_AGENT] = {"MẤT TRẠM ĐO", "AGENT LOST"},
        [WORD_TAG_COLLECTOR] = {"MÁY CHỦ GIÁM SÁT MẤT ĐƯỜNG TRUYỀN", "COLLECTOR CUT OFF"},
        [WORD_TAG_OTHER] = {"SỰ CỐ", "INCIDENT"},
        [WORD_TAG_RECOVERED] = {"KHÔI PHỤC", "RECOVERED"},
        [WORD_TAG_AGAIN] = {"TÁI DIỄN", "AGAIN"},
        [WORD_TAG_SIMULATED] = {"MÔ PHỎNG", "SIMULATED"},
        [WORD_LATE] = {"gửi muộn", "sent late"},
        [WORD_LATE_NOTE] = {"Thư này được gửi muộn: máy chủ thư không nhận lúc sự việc xảy ra.",
                "This mail is late: the mail server was not reachable when it happened."},
        [WORD_SIMULATED_NOTE] = {"Số liệu mô phỏng: không phải sự cố thật.",
                "Simulated data: this is not a real incident."},
        [WORD_WHAT] = {"Sự việc", "What"},
        [WORD_BACK] = {"Đã hoạt động bình thường trở lại sau", "Back to normal after"},
        [WORD_WHERE] = {"Địa điểm", "Site"},
        [WORD_UNIT] = {"Đơn vị", "Unit"},
        [WORD_FORMER] = {"trước đây: ", "formerly: "},
        [WORD_NODE] = {"Thiết bị", "Node"},
        [WORD_SERVICE] = {"Dịch vụ", "Service"},
        [WORD_SINCE] = {"Từ lúc", "Since"},
        [WORD_UNTIL] = {"Đến lúc", "Until"},
        [WORD_DURATION] = {"Thời gian gián đoạn", "Interruption"},
        [WORD_CAUSE] = {"Nguyên nhân", "Cause"},
        [WORD_FIRST_CAUSE] = {"Nhận định ban đầu", "First verdict"},
        [WORD_RESPONSIBLE] = {"Trách nhiệm", "Responsible"},
        [WORD_LINE] = {"Kênh truyền", "Line"},
        [WORD_CARRIER] = {"nhà mạng", "carrier"},
        [WORD_CIRCUIT] = {"mã kênh", "circuit"},
        [WORD_HOTLINE] = {"đường dây nóng", "hotline"},
        [WORD_AFFECTS] = {"Bị ảnh hưởng", "Affected"},
        [WORD_EVIDENCE] = {"Bằng chứng theo thời gian", "Evidence in order of time"},
        [WORD_CHECK_FIRST] = {"Kiểm tra trước tiên", "Check first"},
        [WORD_GRAPH] = {"Biểu đồ quanh thời điểm sự cố", "The hours around it"},
        [WORD_NO_GRAPH] = {"Thư được gửi ngay không chờ biểu đồ: chưa vẽ kịp.",
                "Sent without a graph: it could not be drawn in time."},
        [WORD_INCIDENT] = {"Mã sự cố", "Incident"},
        [WORD_FOOTER] = {"Thư tự động của hệ thống Sẵn Sàng; mọi thông tin cần thiết đã có trong thư.",
                "Sent by Sẵn Sàng; this mail holds all you need."},
        [WORD_SENDER] = {"Sẵn Sàng", "Sẵn Sàng"},
        [WORD_DAYS] = {"ngày", "d"},
        [WORD_HOURS] = {"giờ", "h"},
        [WORD_MINUTES] = {"phút", "min"},
        [WORD_SECONDS] = {"giây", "s"},
        [WORD_CERTAIN] = {"chắc chắn", "certain"},
        [WORD_LIKELY] = {"khả năng cao", "likely"},
        [WORD_UNCLEAR] = {"chưa rõ", "unclear"},
        [WORD_BY_COMMUNE] = {"do xã", "the commune's"},
        [WORD_BY_PROVINCE] = {"do tỉnh", "the province's"},
        [WORD_BY_CARRIER] = {"do nhà mạng", "the carrier's"},
        [WORD_BY_CENTRAL] = {"do Trung ương", "central"},
        [WORD_AGENT_OF] = {"trạm đo", "agent"},
        [WORD_COLLECTOR] = {"máy chủ giám sát", "collector"},
        [WORD_INTERNET] = {"internet", "internet"},
        [WORD_EVERYWHERE] = {"nhiều địa điểm", "several sites"},
        [WORD_SERVER] = {"máy chủ", "server"},
        [WORD_PORT] = {"cổng mạng", "interface"},
        [WORD_PATH] = {"đường tới", "path to"},
        [WORD_MORE] = {"và thêm", "and more:"},
};

static const struct {
	const char *key;
	enum word word;
} keys[] = {
        {"certain", WORD_CERTAIN},
        {"likely", WORD_LIKELY},
        {"unclear", WORD_UNCLEAR},
        {"commune", WORD_BY_COMMUNE},
        {"province", WORD_BY_PROVINCE},
        {"carrier", WORD_BY_CARRIER},
        {"central", WORD_BY_CENTRAL},
        {"collector", WORD_COLLECTOR},
        {"internet", WORD_INTERNET},
        {"judge", WORD_COLLECTOR},
        {"service", WORD_SERVICE},
        {"uplink", WORD_LINE},
        {"agent", WORD_AGENT_OF},
        {"host", WORD_SERVER},
        {"if", WORD_PORT},
        {"path", WORD_PATH},
};

const char *word_in(enum word w, const char *language)
{
	return strcmp(language, "en") ? words[w].vi : words[w].en;
}

const char *word_of_key(const char *key, const char *language)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].key, key))
			return word_in(keys[i].word, language);
	return key;
}
