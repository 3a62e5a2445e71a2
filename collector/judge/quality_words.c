#include "collector/judge/quality_words.h"

#include <math.h>
#include <stdio.h>

static void line_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	const char *line = c->uplink ? c->uplink->id : c->instance;
	const char *far_vi = c->terminal ? " (nhìn từ ngoài)" : "", *far_en = c->terminal ? " (seen from outside)" : "";
	unsigned bits = check_quality(c);
	char loss_vi[64] = "", loss_en[64] = "", slow_vi[96] = "", slow_en[96] = "";
	double lost = quality_loss_pct(c->quality);
	if (bits & QUALITY_LOSSY) {
		snprintf(loss_vi, sizeof loss_vi, " mất %.1f %% số gói trong một phút", lost);
		snprintf(loss_en, sizeof loss_en, " %.1f %% of the echoes lost in a minute", lost);
	}
	if (bits & QUALITY_SLOW) {
		snprintf(slow_vi, sizeof slow_vi, "%s trễ %.0f ms, thường là %.0f ms", *loss_vi ? "," : "", c->value[1],
		        c->quality->usual_ms);
		snprintf(slow_en, sizeof slow_en, "%s round trip %.0f ms, usually %.0f ms", *loss_en ? "," : "",
		        c->value[1], c->quality->usual_ms);
	}
	snprintf(vi, size, "Ping %s:%s%s%s", line, loss_vi, slow_vi, far_vi);
	snprintf(en, size, "Ping of %s:%s%s%s", line, loss_en, slow_en, far_en);
}

static void mtu_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	const char *way = c->instance[0] ? c->instance : "kênh truyền",
	           *way_en = c->instance[0] ? c->instance : "the line";
	snprintf(vi, size, "Đường đi %s: gói %.0f byte bị rơi không báo lại, gói nhỏ vẫn qua", way, c->value[0]);
	snprintf(
	        en, size, "Path %s: packets of %.0f bytes vanish without a word, small ones pass", way_en, c->value[0]);
}

static void clock_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	double off_s = isnan(c->value[0]) ? 0 : c->value[0] / 1000, skew_s = (double)c->node->skew_ms / 1000;
	if (fabs(off_s) <= 1 && fabs(skew_s) <= 2) {
		snprintf(vi, size, "Đồng hồ của %s không được đồng bộ", c->node->name);
		snprintf(en, size, "The clock of %s is not synchronised", c->node->name);
		return;
	}
	double most = fabs(skew_s) > fabs(off_s) ? skew_s : off_s;
	snprintf(vi, size, "Đồng hồ của %s sai %.1f giây", c->node->name, most);
	snprintf(en, size, "The clock of %s is off by %.1f seconds", c->node->name, most);
}

static void tls_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	const char *name = c->service && c->service->name ? c->service->name : c->instance;
	snprintf(vi, size, "Chứng thư của %s còn %.1f ngày", name, c->value[0]);
	snprintf(en, size, "The certificate of %s ends in %.1f days", name, c->value[0]);
}

static void ups_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	snprintf(vi, size, "Bộ lưu điện %s chạy ắc quy", c->node->name);
	snprintf(en, size, "The UPS at %s runs on battery", c->node->name);
	if (isnan(c->value[0]))
		return;
	snprintf(vi, size, "Bộ lưu điện tại %s chạy ắc quy, còn %.0f %%", c->node->name, c->value[0]);
	snprintf(en, size, "The UPS at %s runs on battery, %.0f %% left", c->node->name, c->value[0]);
}

static void health_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	bool readonly = c->value[0] > 0, bad = c->value[1] > 0;
	snprintf(vi, size, "Máy %s: %s", c->node->name,
	        readonly ? "ổ đĩa đã chuyển sang chỉ đọc"
	        : bad    ? "ổ đĩa báo lỗi"
	                 : "ổ đĩa sắp đầy");
	snprintf(en, size, "Host %s: %s", c->node->name,
	        readonly ? "a file system went read-only"
	        : bad    ? "a disk reports errors"
	                 : "a disk is nearly full");
}

static void conflict_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	snprintf(vi, size, "Một máy khác cũng dùng địa chỉ %s của %s", c->instance, c->node->name);
	snprintf(en, size, "Another machine uses %s, the address of %s", c->instance, c->node->name);
}

static const struct {
	void (*words)(const struct judge_check *c, char *vi, char *en, size_t size);
	const char *vi, *en; /* summary */
} kinds[KIND_COUNT] = {
        [KIND_PATH] = {line_words, NULL, NULL},
        [KIND_UPLINK] = {line_words, NULL, NULL},
        [KIND_MTU] = {mtu_words, "Đường truyền từ %s tại %s: %s", "The way from %s at %s: %s"},
        [KIND_CLOCK] = {clock_words, "Máy %s tại %s: %s", "Host %s at %s: %s"},
        [KIND_TLS] = {tls_words, "Chứng thư, nhìn từ %s tại %s: %s", "Certificate, as %s at %s sees it: %s"},
        [KIND_UPS] = {ups_words, "Bộ lưu điện của %s tại %s: %s", "UPS of %s at %s: %s"},
        [KIND_HEALTH] = {health_words, "Máy %s tại %s có dấu hiệu hỏng: %s", "Host %s at %s is in bad health: %s"},
        [KIND_HOST] = {NULL, "Máy %s tại %s: %s", "Host %s at %s: %s"},
        [KIND_CONFLICT] = {conflict_words, "Địa chỉ của %s tại %s: %s", "An address of %s at %s: %s"},
};

bool quality_words(const struct judge_check *c, char *vi, char *en, size_t size)
{
	bool line = c->kind == KIND_PATH || c->kind == KIND_UPLINK;
	if (!kinds[c->kind].words || c->machine.state != STATE_DEGRADED || (line && !c->quality))
		return false;
	kinds[c->kind].words(c, vi, en, size);
	return true;
}

const char *quality_summary(enum check_kind kind, bool vi)
{
	return vi ? kinds[kind].vi : kinds[kind].en;
}
