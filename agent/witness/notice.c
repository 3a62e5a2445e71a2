#include "agent/witness/notice.h"

#include <string.h>
#include <time.h>

enum sentence {
	SAY_SUBJECT,
	SAY_WHAT,
	SAY_SINCE,
	SAY_UNTIL,
	SAY_LASTED,
	SAY_WHO,
	SAY_WHOM,
	SAY_WHY,
	SAY_UNSURE,
	SAY_CHECK,
	SAY_NEXT,
	SENTENCES
};

/* %s is the value; a row without one stands alone. */
static const char *const words[WATCHMAN_MAILS][SENTENCES][2] = {
        [WATCHMAN_SILENT] = {[SAY_SUBJECT] = {"[MÁY CHỦ GIÁM SÁT IM LẶNG] từ %s", "[COLLECTOR SILENT] since %s"},
                [SAY_WHAT] = {"Máy chủ giám sát Sẵn Sàng không còn liên lạc được. Trong lúc này không có cảnh báo nào "
                              "khác được gửi đi.",
                        "The Sẵn Sàng collector cannot be reached. No other alarm is sent meanwhile."},
                [SAY_SINCE] = {"Từ lúc: %s", "Since: %s"},
                [SAY_WHO] = {"Trạm đo báo tin: %s", "Told by the agent: %s"},
                [SAY_WHOM] = {"Máy chủ giám sát: %s", "Collector: %s"},
                [SAY_WHY] = {"Trạm đo thấy: %s", "What it sees: %s"},
                [SAY_UNSURE] = {"Lưu ý: kênh truyền của chính trạm đo này cũng không thông, nên có thể chỉ địa điểm "
                                "này mất kết nối.",
                        "Note: this agent's own line is down too, so it may be only this site that is cut off."},
                [SAY_CHECK] = {"Kiểm tra trước: nguồn điện và mạng của máy chủ giám sát; trên máy chủ chạy: systemctl "
                               "status sansang-collector.",
                        "Check first: power and network of the collector; on it run: systemctl status "
                        "sansang-collector."},
                [SAY_NEXT] = {"Số liệu không mất: các trạm đo giữ lại và gửi bù khi có kết nối. Sẽ có thư báo khi máy "
                              "chủ trở lại.",
                        "No samples are lost: agents keep them and send them later. Another mail comes when it is "
                        "back."}},
        [WATCHMAN_BACK] =
                {[SAY_SUBJECT] = {"[ĐÃ KHÔI PHỤC] Máy chủ giám sát trở lại lúc %s", "[RECOVERED] Collector back at %s"},
                        [SAY_WHAT] = {"Máy chủ giám sát Sẵn Sàng đã liên lạc được trở lại.",
                                "The Sẵn Sàng collector can be reached again."},
                        [SAY_SINCE] = {"Mất liên lạc từ: %s", "Silent since: %s"},
                        [SAY_UNTIL] = {"Trở lại lúc: %s", "Back at: %s"},
                        [SAY_LASTED] = {"Kéo dài: %s phút", "Lasted: %s minutes"},
                        [SAY_WHO] = {"Trạm đo báo tin: %s", "Told by the agent: %s"},
                        [SAY_WHOM] = {"Máy chủ giám sát: %s", "Collector: %s"}},
};

static void time_text(int64_t ms, const char *format, char *out, size_t size)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(out, size, format, &tm);
}

static int language_of(const struct notice_facts *f)
{
	return !strcmp(f->language, "en");
}

void notice_subject(const struct notice_facts *f, struct buf *out)
{
	char at[32];

	time_text(f->mail == WATCHMAN_BACK ? f->back_at : f->lost_at, "%H:%M %d/%m/%Y", at, sizeof(at));
	buf_printf(out, words[f->mail][SAY_SUBJECT][language_of(f)], at);
	buf_put_u8(out, 0);
}

/* The value of a sentence; NULL: it has none and is left out when it is wanted. */
static const char *value_of(const struct notice_facts *f, enum sentence s, char *out, size_t size)
{
	switch (s) {
	case SAY_SINCE:
		time_text(f->lost_at, "%H:%M:%S %d/%m/%Y", out, size);
		return out;
	case SAY_UNTIL:
		time_text(f->back_at, "%H:%M:%S %d/%m/%Y", out, size);
		return out;
	case SAY_LASTED:
		snprintf(out, size, "%lld", (long long)(f->back_at - f->lost_at + 30000) / 60000);
		return out;
	case SAY_WHO:
		snprintf(out, size, "%s%s%s%s", f->node, f->site[0] ? " (" : "", f->site, f->site[0] ? ")" : "");
		return out;
	case SAY_WHOM:
		return f->collector;
	case SAY_WHY:
		return f->why;
	default:
		return "";
	}
}

void notice_text(const struct notice_facts *f, struct buf *out)
{
	char value[256];

	for (int s = SAY_WHAT; s < SENTENCES; s++) {
		const char *say = words[f->mail][s][language_of(f)];
		const char *with = value_of(f, (enum sentence)s, value, sizeof(value));

		if (!say || (s == SAY_UNSURE && !f->unsure) || (strstr(say, "%s") && !with[0]))
			continue;
		buf_printf(out, say, with);
		buf_printf(out, "\n");
	}
	buf_put_u8(out, 0);
}

void notice_html(const char *subject, const char *text, const char *language, struct buf *out)
{
	buf_printf(out,
	        "<!DOCTYPE html><html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head>"
	        "<body style=\"font:16px/1.5 sans-serif;max-width:40em;margin:1em\"><h1 "
	        "style=\"font-size:1.2em\">%s</h1><p>",
	        language, subject, subject);
	for (const char *p = text; *p; p++) {
		static const char *const safe[256] = {
		        ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\n'] = "</p>\n<p>"};

		if (safe[(unsigned char)*p])
			buf_printf(out, "%s", safe[(unsigned char)*p]);
		else
			buf_put_u8(out, (uint8_t)*p);
	}
	buf_printf(out, "</p></body></html>\n");
	buf_put_u8(out, 0);
}
