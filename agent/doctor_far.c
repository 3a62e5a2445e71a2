/*
 * doctor_far: what lies beyond the site: the collector, and each service; and the agent that should report them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/doctor_private.h"
#include "agent/watch.h"
#include "common/memory.h"
#include "common/reason.h"

#define EVERY_MS 10000
#define YEAR_2024 1704067200

static const char *reason_of(const struct doctor *d, const struct probe_result *r)
{
	return d->options.english ? reason_en(r->reason) : reason_vi(r->reason);
}

/* ---- collector ---- */

/* Where the path to it ends. */
static void trace_to(struct doctor *d, const struct check_spec *s)
{
	struct trace_request request = {.kind = TRACE_TCP, .port = s->port};
	struct trace_result *t = mem_alloc(sizeof(*t));
	char last[INET6_ADDRSTRLEN] = "";
	unsigned hop = 0;

	snprintf(request.host, sizeof(request.host), "%s", s->host);
	once_trace(&request, t);
	for (unsigned i = 0; i < t->hop_count; i++)
		if (t->hops[i].received) {
			hop = i + 1;
			trace_address_text(&t->hops[i].address, last, sizeof(last));
		}
	if (t->reached)
		doctor_find(d, GRADE_SKIPPED, "path",
		        (struct words){"đường tới %s thông suốt", "the path to %s is whole"}, s->host);
	else if (hop)
		doctor_find(d, GRADE_SKIPPED, "path-broken",
		        (struct words){"đường đi dừng sau chặng %u (%s)", "the path ends after hop %u (%s)"}, hop,
		        last);
	else
		doctor_find(d, GRADE_SKIPPED, "path-broken",
		        (struct words){"không chặng nào trên đường trả lời", "nobody on the path answers"});
	free(t);
}

static void blame_collector(struct doctor *d, const struct probe_result *r)
{
	if (r->reason == REASON_DNS)
		doctor_blame(d,
		        (struct words){"máy chủ DNS (tên của máy chủ giám sát không phân giải được)",
		                "the name server (the collector's name cannot be resolved)"},
		        (struct words){"Sửa bước DNS ở trên trước.", "Mend the step of names above first."});
	else if (r->reason == REASON_REFUSED)
		doctor_blame(d,
		        (struct words){"máy chủ giám sát của tỉnh: máy chạy nhưng chương trình tắt",
		                "the province's collector: the machine runs, the program does not"},
		        (struct words){"Gọi phòng CNTT tỉnh; tại đây không cần sửa gì.",
		                "Call provincial IT; nothing is to be mended here."});
	else
		doctor_blame(d,
		        (struct words){"kênh truyền hoặc tường lửa giữa đây và tỉnh",
		                "the line or a firewall between here and the province"},
		        (struct words){"Gọi nhà mạng, đọc mã kênh và chặng cuối còn trả lời; nếu nhà mạng báo tốt: "
		                       "phòng CNTT tỉnh kiểm tra tường lửa.",
		                "Call the carrier with the circuit number and the last hop that answers; if it finds "
		                "nothing: provincial IT looks at the firewall."});
}

/* Can packets as large as the interface allows get there? */
static void look_at_size(struct doctor *d, const struct check_spec *collector)
{
	struct check_spec s = *collector;
	struct probe_result r;

	s.type = probe_type_named("mtu");
	once_run(&s, 1, &r);
	if (r.detail[MTU_SMALL_OK] != 1 || r.detail[MTU_FULL_OK] != 0)
		return;
	doctor_find(d, GRADE_BAD, "mtu-hole",
	        (struct words){"gói lớn (%lld byte) tới %s bị mất, gói nhỏ qua được",
	                "large packets (%lld bytes) to %s are lost, small ones pass"},
	        (long long)r.detail[MTU_FULL_BYTES], s.host);
	doctor_blame(d,
	        (struct words){
	                "kênh truyền chặn gói lớn (lỗ đen MTU)", "the line swallows large packets (an MTU black hole)"},
	        (struct words){"Giảm MTU của bộ định tuyến xuống 1400 rồi chạy lại; báo nhà mạng.",
	                "Lower the router's MTU to 1400 and run this again; tell the carrier."});
}

static void tell_collectors(
        struct doctor *d, const struct check_spec *specs, const struct probe_result *results, size_t count)
{
	size_t good = 0, chosen = 0;

	for (size_t i = 0; i < count; i++) {
		good += results[i].up;
		if (results[i].up)
			chosen = i;
		doctor_find(d, results[i].up ? GRADE_GOOD : GRADE_DOUBT, "collector",
		        results[i].up
		                ? (struct words){"%s:%u nhận kết nối (%.1f ms)", "%s:%u takes connections (%.1f ms)"}
		                : (struct words){"%s:%u không nối được", "%s:%u cannot be reached"},
		        specs[i].host, specs[i].port, (double)results[i].connect_us / 1000);
	}
	if (good) {
		look_at_size(d, &specs[chosen]);
		return;
	}
	trace_to(d, &specs[0]);
	doctor_find(d, GRADE_BAD, "collector-unreachable",
	        (struct words){"không tới được máy chủ giám sát: %s", "the collector cannot be reached: %s"},
	        reason_of(d, &results[0]));
	blame_collector(d, &results[0]);
}

void doctor_collector(struct doctor *d)
{
	size_t of = d->has_config ? d->config.collectors.count : 0, count = 0;
	struct check_spec *specs = mem_alloc((of + 1) * sizeof(*specs));
	struct probe_result *results = mem_alloc((of + 1) * sizeof(*results));

	for (size_t i = 0; i < of; i++) {
		struct check_spec *s = &specs[count];

		s->class_id = CLASS_SERVICE;
		s->every_ms = EVERY_MS;
		s->type = probe_type_named("tcp");
		s->options = probe_options_none();
		count += !probe_target_split(d->config.collectors.items[i], true, s->host, sizeof(s->host), &s->port);
	}
	once_run(specs, count, results);
	if (count)
		tell_collectors(d, specs, results, count);
	else
		doctor_find(d, GRADE_SKIPPED, "no-config",
		        (struct words){"chưa biết máy chủ nào: dùng --config FILE",
		                "no collector is known: use --config FILE"});
	free(results);
	free(specs);
}

/* ---- agent ---- */

static bool is_agent(const char *proc_root, const char *pid)
{
	char *path = mem_printf("%s/%s/cmdline", proc_root, pid), line[256] = "";
	FILE *f = fopen(path, "re");
	size_t got = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
	bool role = false, program = got && strstr(line, "sansang-agent");

	/* its arguments stand one after the other: only a running agent's processes have a role */
	for (size_t at = 0; at < got; at += strlen(line + at) + 1)
		role |= !strcmp(line + at, "--role");
	if (f)
		fclose(f);
	free(path);
	return program && role;
}

static bool agent_runs(const struct doctor *d)
{
	DIR *dir = opendir(d->proc_root);
	bool found = false;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = isdigit((unsigned char)e->d_name[0]) && is_agent(d->proc_root, e->d_name);
	if (dir)
		closedir(dir);
	return found;
}

static void look_at_enrolment(struct doctor *d)
{
	char *path = mem_printf("%s/agent.crt", d->config.state_dir);
	struct stat st;

	if (!stat(path, &st)) {
		doctor_find(d, GRADE_GOOD, "enrolled",
		        (struct words){"đã đăng ký với tỉnh (%s)", "enrolled with the province (%s)"}, d->config.node);
	} else if (errno == EACCES) {
		doctor_find(d, GRADE_SKIPPED, "enrolled",
		        (struct words){"chưa xem được việc đăng ký: chạy lại với sudo",
		                "could not look at the enrolment: run it again with sudo"});
	} else {
		doctor_find(d, GRADE_DOUBT, "not-enrolled",
		        (struct words){"chưa đăng ký với tỉnh (%s)", "not enrolled with the province (%s)"},
		        d->config.node);
		doctor_blame(d, (struct words){"trạm đo chưa được đăng ký", "the agent is not enrolled"},
		        (struct words){
		                "Xin tỉnh mã một lần (sansang token), ghi vào token_file rồi khởi động lại trạm đo.",
		                "Ask the province for a one-time token (sansang token), put it into token_file, "
		                "restart the agent."});
	}
	free(path);
}

void doctor_agent(struct doctor *d)
{
	if (time(NULL) < YEAR_2024) {
		doctor_find(d, GRADE_DOUBT, "clock",
		        (struct words){"đồng hồ của máy sai hẳn", "this box's clock is far off"});
		doctor_blame(d, (struct words){"đồng hồ của máy (pin CMOS)", "this box's clock (its battery)"},
		        (struct words){"Đặt lại giờ; thay pin nếu lặp lại. Số liệu đo vẫn được ghi đúng giờ.",
		                "Set the clock; replace the battery if it comes back. Figures still get the right "
		                "time."});
	}
	if (!d->has_config) {
		doctor_find(d, GRADE_SKIPPED, "no-config",
		        (struct words){"chưa có tệp cấu hình: dùng --config FILE",
		                "no configuration file: use --config FILE"});
		return;
	}
	look_at_enrolment(d);
	if (agent_runs(d)) {
		doctor_find(d, GRADE_GOOD, "running", (struct words){"đang chạy", "running"});
		return;
	}
	doctor_find(d, GRADE_DOUBT, "not-running", (struct words){"không chạy", "not running"});
	doctor_blame(d,
	        (struct words){"chương trình trạm đo trên máy này đã tắt", "the agent's program on this box is off"},
	        (struct words){"Chạy: systemctl start sansang-agent; nếu lại tắt: journalctl -u sansang-agent",
	                "Run: systemctl start sansang-agent; if it ends again: journalctl -u sansang-agent"});
}

/* ---- services ---- */

static void tell_service(struct doctor *d, const char *id, const struct probe_result *r)
{
	if (r->up) {
		doctor_find(d, GRADE_GOOD, "service",
		        r->total_us >= 0 ? (struct words){"%s: tốt (%.1f ms) %s", "%s: fine (%.1f ms) %s"}
		                         : (struct words){"%s: tốt%.0s %s", "%s: fine%.0s %s"},
		        id, (double)r->total_us / 1000, r->note);
		return;
	}
	doctor_find(
	        d, GRADE_BAD, "service-down", (struct words){"%s: %s %s", "%s: %s %s"}, id, reason_of(d, r), r->note);
	doctor_blame(d,
	        (struct words){"dịch vụ ở xa (không phải tại xã), nếu các bước trên đều tốt",
	                "the service far away (not this site), if the steps above are fine"},
	        (struct words){"Báo đơn vị phụ trách dịch vụ kèm dòng lỗi trên.",
	                "Tell who answers for the service, with the line above."});
}

void doctor_services(struct doctor *d)
{
	size_t of = d->central ? d->central->service_count : 0, count = 0;
	struct check_spec *specs = mem_alloc((of + 1) * sizeof(*specs));
	struct probe_result *results = mem_alloc((of + 1) * sizeof(*results));
	const char **ids = mem_alloc((of + 1) * sizeof(*ids));
	char why[160];

	for (size_t i = 0; i < of; i++) {
		if (watch_service_spec(&d->central->services[i], &specs[count], why)) {
			doctor_find(d, GRADE_SKIPPED, "service", (struct words){"%s: %s", "%s: %s"},
			        d->central->services[i].id, why);
			continue;
		}
		ids[count++] = d->central->services[i].id;
	}
	once_run(specs, count, results);
	for (size_t i = 0; i < count; i++)
		tell_service(d, ids[i], &results[i]);
	if (!of)
		doctor_find(d, GRADE_SKIPPED, "no-services",
		        d->central_denied ? (struct words){"chưa xem được: chạy lại với sudo",
		                                    "could not look: run it again with sudo"}
		                          : (struct words){"chưa biết dịch vụ nào: máy này chưa nhận cấu hình",
		                                    "no service is known: this box has no configuration yet"});
	free(ids);
	free(results);
	free(specs);
}
