#include "collector/judge/fact.h"

#include <stdio.h>
#include <string.h>

#include "collector/judge/judge.h"
#include "collector/judge/words.h"

struct sentence {
	const char *name;
	const char *vi_yes, *en_yes, *vi_no, *en_no;
};

static const struct sentence sentences[FACT_COUNT] = {
        [FACT_SILENT] = {"silent", "trạm đo im lặng, không còn tín hiệu nào", "nothing is heard of the agent",
                "trạm đo vẫn liên lạc", "the agent is heard"},
        [FACT_CLOSED] = {"closed", "trạm đo đã đóng kết nối theo trình tự",
                "the agent's connection was closed in order", "kết nối không được đóng theo trình tự",
                "the connection was not closed in order"},
        [FACT_GOODBYE] = {"goodbye", "trạm đo đã báo là nó được cho dừng", "the agent said that it was being stopped",
                "trạm đo không báo dừng", "the agent did not say that it stopped"},
        [FACT_SHUTDOWN] = {"shutdown", "máy được tắt theo trình tự", "the host was being shut down in order",
                "máy không được tắt theo trình tự", "the host was not being shut down"},
        [FACT_ONE_WAY] = {"one-way", "dữ liệu chỉ còn đi được một chiều", "bytes still pass in one direction only",
                "dữ liệu không đi một chiều", "it is not that one direction alone passes"},
        [FACT_ACKNOWLEDGES] = {"acknowledges", "máy vẫn xác nhận mọi gói tin nhưng trạm đo không nói gì",
                "its host acknowledges every packet, but the agent says nothing", "máy không xác nhận gói tin",
                "its host acknowledges nothing"},
        [FACT_SIBLINGS] = {"siblings", "trạm đo khác cùng địa điểm vẫn báo về", "another agent of the site reports",
                "các trạm đo khác cùng địa điểm cũng im lặng", "the other agents of the site are silent too"},
        [FACT_TERMINAL] = {"terminal", "nhìn từ ngoài, thiết bị đầu cuối của địa điểm vẫn trả lời",
                "seen from outside, a terminal of the site answers",
                "nhìn từ ngoài, thiết bị đầu cuối của địa điểm không trả lời",
                "seen from outside, the site's terminal does not answer"},
        [FACT_ALL_LINES] = {"all-lines", "mọi kênh truyền của địa điểm, của nhiều nhà mạng, cùng mất",
                "all lines of the site, of more than one carrier, are dark",
                "không phải mọi kênh truyền của địa điểm đều mất", "not all lines of the site are dark"},
        [FACT_OTHER_LINE] = {"other-line", "kênh truyền khác của địa điểm vẫn hoạt động",
                "another line of the site works", "kênh truyền khác của địa điểm cũng mất",
                "the other lines of the site are dark too"},
        [FACT_SAME_CARRIER] = {"same-carrier", "các địa điểm khác cùng nhà mạng hoặc cùng tuyến trên mất cùng lúc",
                "other sites of the same carrier or parent went at the same time",
                "các địa điểm khác cùng nhà mạng vẫn hoạt động", "other sites of the same carrier are well"},
        [FACT_NEIGHBOURS] = {"neighbours", "các địa điểm lân cận, khác nhà mạng, mất cùng lúc",
                "neighbouring sites on other carriers went at the same time", "các địa điểm lân cận vẫn hoạt động",
                "neighbouring sites are well"},
        [FACT_EVERYBODY] = {"everybody", "phần lớn trạm đo, hoặc đường ra của máy chủ giám sát, mất cùng lúc",
                "most agents, or the collector's own way out, went at the same time",
                "các địa điểm khác vẫn báo về máy chủ giám sát", "other sites report to the collector"},
        [FACT_OTHERS_REACH] = {"others-reach", "địa điểm khác vẫn dùng được dịch vụ này",
                "other sites reach the same service", "địa điểm khác cũng không dùng được dịch vụ này",
                "other sites do not reach the service either"},
        [FACT_ON_BATTERY] = {"on-battery", "bộ lưu điện đã báo mất điện lưới trước đó",
                "the UPS said before that mains power is gone", "bộ lưu điện vẫn có điện lưới",
                "the UPS had mains power"},
        [FACT_REBOOTED] = {"rebooted", "máy đã khởi động lại (mã khởi động đã đổi)", "the host has another boot id",
                "máy không khởi động lại", "the host did not restart"},
        [FACT_UNCLEAN] = {"unclean", "máy bị tắt đột ngột", "the host had not been shut down in order",
                "máy được tắt theo trình tự trước khi khởi động lại", "the host had been shut down in order"},
        [FACT_AWAKE] = {"awake", "trạm đo vẫn chạy và ghi số liệu trong lúc mất liên lạc",
                "the agent kept measuring during the silence", "trạm đo không ghi số liệu nào trong lúc mất liên lạc",
                "the agent measured nothing during the silence"},
        [FACT_GEAR_REBOOTED] = {"gear-rebooted", "thiết bị mạng tại địa điểm cũng khởi động lại lúc đó",
                "gear of the site restarted in that time too", "thiết bị mạng tại địa điểm chạy liên tục",
                "gear of the site ran all the time"},
        [FACT_PLANNED_CUT] = {"planned-cut", "có lịch cắt điện vào lúc đó", "a power cut was announced for then",
                "không có lịch cắt điện", "no power cut was announced"},
        [FACT_LINE] = {"line", "trạm đo tại chỗ vẫn ping được qua kênh",
                "the site's own agent gets echoes over the line", "trạm đo tại chỗ không ping được qua kênh",
                "the site's own agent gets no echo over the line"},
        [FACT_CARRIER] = {"carrier", "cổng mạng của máy vẫn có tín hiệu", "the host's interface had carrier",
                "cổng mạng của máy mất tín hiệu", "the host's interface lost carrier"},
        [FACT_GATEWAY] = {"gateway", "cổng mặc định của địa điểm vẫn trả lời", "the site's gateway answered",
                "cổng mặc định của địa điểm không trả lời", "the site's gateway did not answer"},
        [FACT_GEAR] = {"gear", "thiết bị mạng phía trước vẫn trả lời", "the gear in front answered",
                "thiết bị mạng phía trước không trả lời", "the gear in front did not answer"},
        [FACT_PORT] = {"port", "cổng bộ chuyển mạch nối với máy vẫn có tín hiệu", "the switch port of the host was up",
                "cổng bộ chuyển mạch nối với máy mất tín hiệu", "the switch port of the host was down"},
        [FACT_CONFLICT] = {"conflict", "hai máy cùng nhận một địa chỉ", "two machines claim one address",
                "không có máy nào trùng địa chỉ", "no two machines claim one address"},
        [FACT_GATEWAY_MAC] = {"gateway-mac", "cổng mặc định đổi địa chỉ MAC", "the gateway's MAC changed",
                "địa chỉ MAC của cổng mặc định không đổi", "the gateway's MAC is the same"},
        [FACT_LOSS] = {"loss", "mất gói từ 5 % trở lên", "5 % of the echoes or more are lost", "không mất gói",
                "no echoes are lost"},
        [FACT_DELAY] = {"delay", "độ trễ cao hơn thường lệ từ 100 ms trở lên", "slower than usual by 100 ms or more",
                "độ trễ như thường lệ", "as fast as usual"},
        [FACT_FULL] = {"full", "lưu lượng gần bằng băng thông hợp đồng", "traffic is near the line's capacity",
                "lưu lượng còn xa băng thông hợp đồng", "traffic is far below the line's capacity"},
        [FACT_LARGE_ONLY] = {"large-only", "chỉ gói lớn bị rơi", "only large packets vanish",
                "gói lớn đi qua được như gói nhỏ", "large packets pass like small ones"},
        [FACT_LOSS_ONE_WAY] = {"loss-one-way", "gói chỉ mất ở một chiều", "packets are lost in one direction",
                "gói mất ở cả hai chiều", "packets are lost both ways"},
        [FACT_FLAPS] = {"flaps", "mất rồi có lại từ ba lần trong một khắc",
                "down and up three times in a quarter of an hour", "không chập chờn", "it does not go up and down"},
        [FACT_REFUSED] = {"refused", "kết nối bị từ chối ngay", "connections are refused", "kết nối không bị từ chối",
                "connections are not refused"},
        [FACT_RESET] = {"reset", "kết nối bị ngắt ngay", "connections are torn down at once", "kết nối không bị ngắt",
                "connections are not torn down"},
        [FACT_HUNG] = {"hung", "nhận kết nối nhưng không trả lời", "it accepts and does not answer",
                "nhận kết nối là trả lời", "it answers when it accepts"},
        [FACT_NO_REPLY] = {"no-reply", "kết nối được nhưng không có trả lời trong thời hạn",
                "the connection came about, and no reply in time", "có trả lời trong thời hạn", "it replies in time"},
        [FACT_NO_ANSWER] = {"no-answer", "không có trả lời nào cho kết nối", "connections get no answer at all",
                "kết nối có trả lời", "connections are answered"},
        [FACT_PROHIBITED] = {"prohibited", "có thiết bị trên đường báo cấm, hoặc đường đi dừng trước máy chủ",
                "a router says that it is prohibited, or the path ends before the server", "đường đi tới được máy chủ",
                "the path leads to the server"},
        [FACT_WRONG_ANSWER] = {"wrong-answer", "có trả lời nhưng sai", "it answers, but wrongly", "trả lời đúng",
                "its answer is right"},
        [FACT_NO_NAME] = {"no-name", "không phân giải được tên miền", "its name is not resolved",
                "tên miền phân giải được", "its name is resolved"},
        [FACT_BAD_CERTIFICATE] = {"bad-certificate", "chứng thư không hợp lệ hoặc sắp hết hạn",
                "its certificate is not valid or runs out", "chứng thư hợp lệ", "its certificate is valid"},
        [FACT_IS_NAME_SERVER] = {"is-name-server", "dịch vụ hỏng là máy chủ tên miền",
                "what fails is a name server, or all services by name", "dịch vụ hỏng không phải máy chủ tên miền",
                "what fails is no name server"},
        [FACT_CLOCK_OFF] = {"clock-off", "đồng hồ của máy sai quá một giây", "the clock is wrong by more than a second",
                "đồng hồ của máy đúng", "the clock is right"},
        [FACT_CLOCK_FAR] = {"clock-far", "đồng hồ của máy sai từ một phút trở lên: đăng nhập và chữ ký số sẽ lỗi",
                "the clock is wrong by a minute or more: sign-ins and signatures fail",
                "đồng hồ của máy sai chưa đến một phút", "the clock is wrong by less than a minute"},
};

const char *fact_name(enum fact f)
{
	return (unsigned)f < FACT_COUNT ? sentences[f].name : "none";
}

enum fact fact_named(const char *name)
{
	for (unsigned f = 0; name && f < FACT_COUNT; f++)
		if (!strcmp(sentences[f].name, name))
			return (enum fact)f;
	return FACT_COUNT;
}

const char *fact_words(enum fact f, enum answer answer, const char *language)
{
	bool vi = strcmp(language, "en") != 0;
	if ((unsigned)f >= FACT_COUNT || (answer != ANSWER_YES && answer != ANSWER_NO))
		return vi ? "chưa rõ" : "not known";
	const struct sentence *s = &sentences[f];
	if (answer == ANSWER_YES)
		return vi ? s->vi_yes : s->en_yes;
	return vi ? s->vi_no : s->en_no;
}

bool fact_set(struct facts *all, enum fact f, enum answer answer, enum rank rank, int64_t at, const char *who)
{
	if ((unsigned)f >= FACT_COUNT || (answer != ANSWER_YES && answer != ANSWER_NO) || rank == RANK_NONE)
		return false;
	struct fact_answer *is = &all->is[f];
	bool same_voice = !strcmp(is->who, who ? who : "");
	if (is->answer && rank < is->rank)
		return false;
	if (is->answer && rank == is->rank && is->answer == answer)
		return false;
	if (is->answer && rank == is->rank && (is->disputed || !same_voice)) {
		bool news = !is->disputed;
		is->disputed = true;
		return news;
	}
	/* what it said of a later time stands */
	if (is->answer && rank == is->rank && at < is->at)
		return false;
	is->answer = (uint8_t)answer;
	is->rank = (uint8_t)rank;
	is->disputed = false;
	is->at = at;
	snprintf(is->who, sizeof is->who, "%s", who ? who : "");
	return true;
}

json_t *facts_json(const struct facts *all)
{
	json_t *o = json_object();
	for (unsigned f = 0; f < FACT_COUNT; f++) {
		const struct fact_answer *is = &all->is[f];
		if (!is->answer)
			continue;
		json_t *row = json_pack("{s:b, s:i, s:I, s:s}", "is", is->answer == ANSWER_YES, "rank", (int)is->rank,
		        "at", (json_int_t)is->at, "who", is->who);
		if (is->disputed)
			json_object_set_new(row, "disputed", json_true());
		json_object_set_new(o, sentences[f].name, row);
	}
	return o;
}

void facts_from_json(struct facts *all, const json_t *o)
{
	const char *name;
	json_t *row;
	memset(all, 0, sizeof *all);
	json_object_foreach((json_t *)o, name, row)
	{
		enum fact f = fact_named(name);
		json_int_t rank = json_integer_value(json_object_get(row, "rank"));
		const char *who = json_string_value(json_object_get(row, "who"));
		if (f == FACT_COUNT || rank <= RANK_NONE || rank > RANK_HINDSIGHT)
			continue;
		fact_set(all, f, json_is_true(json_object_get(row, "is")) ? ANSWER_YES : ANSWER_NO, (enum rank)rank,
		        json_integer_value(json_object_get(row, "at")), who);
		all->is[f].disputed = json_is_true(json_object_get(row, "disputed"));
	}
}
