#include "collector/render/graph.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/render/catalog.h"
#include "collector/series/rrdfile.h"

#ifdef __SANITIZE_ADDRESS__
/* librrd forgets the places of legends, the font libraries keep their caches: not ours. Their frames need the slow unwinder. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:librrd.so\nleak:libfontconfig.so\nleak:libpango\n";
}
#endif

#define T0 INT64_C(1751216400) /* 30 June 2025 00:00 in Vietnam */
#define ROWS 576               /* two days of five minutes */
#define TO (T0 + 2 * DAY_S)

static const char province[] =
        "province: { id: lao-cai, name: \"Lào Cai\", collector_node: core-srv, trial_from: 2025-06-01, go_live: "
        "2025-07-01T00:00:00+07:00 }\n"
        "milestones: [ { id: portal, name: \"Tạm dừng cổng: 18:00\", at: 2025-06-30T18:00:00+07:00 } ]\n"
        "units:\n"
        "  - { id: tt-muong-khuong, name: \"Thị trấn Mường Khương\", kind: township, until: 2025-07-01 }\n"
        "  - { id: muong-khuong, name: \"Xã Mường Khương\", kind: commune, code: \"02761\", from: 2025-07-01, "
        "formed_from: [tt-muong-khuong] }\n"
        "sites:\n"
        "  - { id: mk-hq, name: \"Trụ sở xã Mường Khương\", role: service-centre, required: yes, simulated: yes, lat: "
        "22.7, lon: 104.1,\n"
        "      units: [ { unit: tt-muong-khuong, until: 2025-07-01 }, { unit: muong-khuong, from: 2025-07-01 } ],\n"
        "      uplinks: [ { id: mk-ts, kind: tslcd, carrier: VNPT, capacity_mbps: 100, terminal: 10.20.1.1 } ] }\n"
        "  - { id: bare, name: \"Địa điểm <mới>\", role: extra, lat: 22.7, lon: 104.1, units: [ { unit: muong-khuong } "
        "] }\n"
        "  - { id: far, name: \"Trạm xa\", role: extra, units: [ { unit: muong-khuong } ], uplinks: [ { id: far-ts, "
        "kind: "
        "tslcd, carrier: Viettel, terminal: 10.20.9.1 } ] }\n"
        "  - { id: core-hq, name: \"Phòng máy chủ\", role: core, required: no, units: [ { unit: muong-khuong } ] }\n"
        "nodes: [ { id: mk-srv1, site: mk-hq, kind: server }, { id: bare-1, site: bare, kind: server }, { id: "
        "core-srv, site: "
        "core-hq, kind: server },\n"
        "  { id: mk-sw1, site: mk-hq, kind: gear, address: 10.20.1.2, polled_by: mk-srv1 } ]\n"
        "services:\n"
        "  - { id: land, name: \"Đất đai: VBDLIS\", sector: land, responsible: province, check: { tcp: "
        "\"10.0.0.5:443\" }, checked_by: all }\n"
        "  - { id: tax, name: \"Thuế điện tử\", sector: finance, responsible: central, check: { tcp: \"10.0.0.6:443\" "
        "}, checked_by: all }\n"
        "  - { id: office, name: \"iOffice\", sector: public-services, responsible: province, check: { tcp: "
        "\"10.0.0.7:443\" }, checked_by: all }\n";

struct fixture {
	char dir[64], rrd[96];
	struct inventory *inv;
	struct layouts layouts;
};

static void make_row(enum metric_class_id id, unsigned i, int64_t *v)
{
	double wave = sin(i / 46.0) * 0.5 + 0.5, noise = (double)(i * 7919 % 97) / 97;
	bool out = i > 300 && i<330, thin = i> 120 && i < 140;

	switch (id) {
	case CLASS_HOST: {
		int64_t row[] = {i * 300, (int64_t)(100 * (wave + noise)), (int64_t)(6000 * wave + 2000 * noise),
		        (int64_t)(3e9 + wave * 3e9), 8000000000, 100000000, 6140 + i, 30000000000 - i * 1000000,
		        120 + i % 17};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_UPLINK:
	case CLASS_PATH: {
		int64_t rtt = (int64_t)(12000 + 9000 * wave + 4000 * noise), none = METRIC_UNKNOWN;
		int64_t row[] = {out    ? 10000
		                 : thin ? (int64_t)(noise * 4000)
		                        : 0,
		        out ? none : rtt, out ? none : rtt * 7 / 10, out ? none : rtt * 16 / 10, 500,
		        (int64_t)i * (int64_t)(4e8 * (1 + wave / 9)), (int64_t)i * 90000000};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_SERVICE: {
		int64_t row[] = {!out, out ? METRIC_UNKNOWN : (int64_t)(20000 + 15000 * wave + 9000 * noise),
		        out ? METRIC_UNKNOWN : 25000, out};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_AGENT: {
		int64_t row[] = {out ? i - 300 : 0, 0, 12, 25, 6100000};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_CLOCK:
	case CLASS_NTP: {
		/* early, to the whole: what is below 0 is not cut off */
		int64_t row[] = {id == CLASS_CLOCK ? !thin : -25000, id == CLASS_CLOCK ? -25000 : 9000, 3000, 3, 0};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_TLS: {
		int64_t row[] = {23000, 3000 - (int64_t)i * 4, 103, 1, 1, 0};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_HTTP: {
		int64_t row[] = {i % 2 ? METRIC_UNKNOWN : 3000, 9000, 25000, (int64_t)(40000 + 20000 * wave), 90000,
		        200, 5000, 0};
		memcpy(v, row, sizeof(row));
		break;
	}
	case CLASS_HEALTH:
	case CLASS_GEAR:
	case CLASS_UPS:
	case CLASS_MTU:
	case CLASS_ECHO: {
		const struct metric_class *class = metric_class(id);
		for (unsigned c = 0; c < class->count; c++)
			v[c] = metric_scaled(
			        &class->metrics[c], class->metrics[c].max == 1 ? !out : 10 + 40 * wave + c);
		if (id == CLASS_HEALTH)
			v[HEALTH_READONLY] = v[HEALTH_DISKS_BAD] = out;
		break;
	}
	default: {
		int64_t row[] = {
		        (int64_t)i * 300000000, (int64_t)i * 90000000, i * 3000, i * 2000, 0, 0, 0, 0, 1, 1000000000};
		memcpy(v, row, sizeof(row));
	}
	}
}

static void make_file(struct fixture *x, const char *path, enum metric_class_id id)
{
	struct layout *l = layouts_get(&x->layouts, metric_class(id), 300, true);
	char full[256];
	struct rrdfile f;
	struct rrdfile_space space = {0};
	uint8_t *header = mem_alloc(RRDFILE_HEADER_MAX);
	int64_t *rows = mem_alloc(ROWS * (1 + METRIC_COLUMNS_MAX) * sizeof(int64_t)), *at = rows;
	unsigned count = 0;

	snprintf(full, sizeof(full), "%s/%s", x->rrd, path);
	assert_int_equal(layout_create(l, full, T0), 0);
	for (unsigned i = 1; i <= ROWS; i++) {
		if (i > 420 && i < 440)
			continue; /* nobody looked */
		*at = T0 + i * 300;
		make_row(id, i, at + 1);
		at += 1 + l->class->count;
		count++;
	}
	int fd = open(full, O_RDWR);
	ssize_t n = read(fd, header, RRDFILE_HEADER_MAX);
	assert_int_equal(rrdfile_parse(&f, header, (size_t)n), 0);
	assert_int_equal(rrdfile_apply(&f, fd, l, rows, count, &space), 0);
	close(fd);
	rrdfile_space_free(&space);
	free(rows);
	free(header);
}

static int setup(void **state)
{
	struct fixture *x = mem_alloc(sizeof(*x));
	struct conf_errors errors = {0};
	char path[128];

	strcpy(x->dir, "/tmp/render-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->rrd, sizeof(x->rrd), "%s/rrd", x->dir);
	mkdir(x->rrd, 0755);
	snprintf(path, sizeof(path), "%s/province.yaml", x->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(province, f);
	fclose(f);
	setenv("TZ", "Asia/Ho_Chi_Minh", 1);
	if (inventory_load(path, "Asia/Ho_Chi_Minh", 0, &x->inv, &errors)) {
		conf_errors_print(&errors);
		fail();
	}
	make_file(x, "mk-hq/mk-srv1/host.rrd", CLASS_HOST);
	make_file(x, "mk-hq/mk-srv1/uplink.rrd", CLASS_UPLINK);
	make_file(x, "mk-hq/mk-srv1/path-core.rrd", CLASS_PATH);
	make_file(x, "mk-hq/mk-srv1/svc-land.rrd", CLASS_SERVICE);
	make_file(x, "mk-hq/mk-srv1/svc-tax.rrd", CLASS_SERVICE);
	make_file(x, "mk-hq/mk-srv1/svc-office.rrd", CLASS_SERVICE);
	make_file(x, "mk-hq/mk-srv1/if-eth0.rrd", CLASS_INTERFACE);
	make_file(x, "mk-hq/mk-srv1/agent.rrd", CLASS_AGENT);
	make_file(x, "mk-hq/mk-srv1/health.rrd", CLASS_HEALTH);
	make_file(x, "mk-hq/mk-srv1/clock.rrd", CLASS_CLOCK);
	make_file(x, "mk-hq/mk-srv1/ups-eaton.rrd", CLASS_UPS);
	make_file(x, "mk-hq/mk-srv1/mtu-core.rrd", CLASS_MTU);
	make_file(x, "mk-hq/mk-srv1/tls-land.rrd", CLASS_TLS);
	make_file(x, "mk-hq/mk-srv1/http-land.rrd", CLASS_HTTP);
	make_file(x, "mk-hq/mk-srv1/ntp-tax.rrd", CLASS_NTP);
	make_file(x, "mk-hq/mk-srv1/echo-tax.rrd", CLASS_ECHO);
	make_file(x, "mk-hq/mk-sw1/gear.rrd", CLASS_GEAR);
	make_file(x, "mk-hq/mk-sw1/ups.rrd", CLASS_UPS);
	make_file(x, "mk-hq/mk-sw1/if-ge-0-0-1.rrd", CLASS_INTERFACE);
	make_file(x, "core-hq/core-srv/path-far-ts.rrd", CLASS_PATH);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	assert_int_equal(system(command), 0);
	inventory_free(x->inv);
	layouts_free(&x->layouts);
	free(x);
	return 0;
}

static void draw(struct fixture *x, const char *json, struct buf *out)
{
	struct graph_request r;
	struct graph_target t;
	char why[256] = "";

	buf_reset(out);
	if (graph_request_read(&r, json, strlen(json), TO * 1000, 0, why, sizeof(why)) ||
	        target_resolve(x->inv, x->rrd, r.target, r.graph, r.to_s * 1000, r.language, &t, why, sizeof(why)) ||
	        graph_draw(&r, &t, x->inv, x->rrd, out, why, sizeof(why)))
		fail_msg("%s: %s", json, why);
	buf_put_u8(out, 0);
	out->len--;
}

static int refused(struct fixture *x, const char *json)
{
	struct graph_request r;
	struct graph_target t;
	char why[256] = "";
	int err = graph_request_read(&r, json, strlen(json), TO * 1000, 0, why, sizeof(why));

	if (!err)
		err = target_resolve(
		        x->inv, x->rrd, r.target, r.graph, r.to_s * 1000, r.language, &t, why, sizeof(why));
	if (err)
		assert_true(*why);
	return err;
}

#define RANGE "\"from\":1751216400,\"to\":1751389200,\"width\":900,\"height\":240"

static void assert_has(const struct buf *b, const char *text)
{
	if (!memmem(b->data, b->len, text, strlen(text)))
		fail_msg("no '%s' in %.600s", text, (const char *)b->data);
}

/* KEEP=FOLDER: to be looked at by people. */
static void keep_picture(const char *name, const struct buf *picture)
{
	char path[256];

	if (!getenv("KEEP"))
		return;
	snprintf(path, sizeof(path), "%s/%s.png", getenv("KEEP"), name);
	FILE *f = fopen(path, "w");
	fwrite(picture->data, 1, picture->len, f);
	fclose(f);
}

static void test_every_kind(void **state)
{
	static const char *const formats[] = {"svg", "png"}, *const languages[] = {"vi", "en"};
	struct fixture *x = *state;
	struct catalog list = {0};
	struct buf picture = {0};
	char json[512];

	catalog_add_unit(&list, x->rrd, x->inv, inventory_unit(x->inv, "muong-khuong"), TO * 1000);
	/* a server's, those of what it senses and checks, gear's, and a line from outside on two pages */
	assert_int_equal(
	        list.count, (1 + 1 + 1 + 3 + 1 + 5 + 1 + 1) + (1 + 1 + 2 + 1 + 1 + 1 + 1 + 1) + (2 + 2 + 1) + 2);
	for (size_t i = 0; i < list.count; i++) {
		for (int k = 0; k < 2; k++) {
			snprintf(json, sizeof(json),
			        "{\"target\":\"%s\",\"graph\":\"%s\"," RANGE ",\"format\":\"%s\",\"language\":\"%s\"}",
			        list.entries[i].target, list.entries[i].graph, formats[k], languages[k]);
			draw(x, json, &picture);
			assert_true(picture.len > 2000);
			if (k)
				assert_memory_equal(picture.data, "\x89PNG", 4);
			else if (!strstr(list.entries[i].target, "core-hq"))
				assert_has(&picture, "SỐ LIỆU MÔ PHỎNG");
			if (k)
				keep_picture(list.entries[i].graph, &picture);
		}
	}
	catalog_free(&list);
	buf_free(&picture);
}

static void test_svg_speaks(void **state)
{
	struct buf b = {0};

	draw(*state, "{\"target\":\"site:mk-hq\",\"graph\":\"\"," RANGE "}", &b);
	assert_has(&b, "<title>Kênh truyền TSLCD VNPT · Trụ sở xã Mường Khương (mô phỏng) · Xã Mường Khương</title>");
	assert_has(&b, "<desc>");
	assert_has(&b, "30/06/2025 00:00 - 02/07/2025 00:00");
	assert_has(&b, "thời gian khứ hồi: mới nhất");
	assert_has(&b, "mất gói: ");
	const char *title = strstr((char *)b.data, "<title>"), *svg = strstr((char *)b.data, "<svg");
	assert_true(svg && title && strchr(svg, '>') + 1 == title);
	draw(*state, "{\"target\":\"uplink:mk-ts\"," RANGE "}", &b);
	assert_has(&b, "<title>Kênh truyền TSLCD VNPT · Trụ sở xã Mường Khương");
	draw(*state, "{\"target\":\"service:land@mk-srv1\",\"language\":\"en\"," RANGE "}", &b);
	assert_has(&b, "Service Đất đai: VBDLIS · Trụ sở xã Mường Khương (simulated)");
	assert_has(&b, "connect time: last ");
	assert_has(&b, "95th percentile");
	buf_free(&b);
}

static void test_gear(void **state)
{
	struct buf b = {0};

	draw(*state, "{\"target\":\"node:mk-sw1\"," RANGE "}", &b);
	assert_has(&b, "<title>Thiết bị mạng mk-sw1 · Trụ sở xã Mường Khương (mô phỏng)");
	assert_has(&b, "thời gian trả lời: mới nhất");
	assert_has(&b, " ms");
	draw(*state, "{\"target\":\"node:mk-sw1\",\"graph\":\"traffic\"," RANGE "}", &b);
	assert_has(&b, "Lưu lượng cổng mk-sw1 ge-0-0-1");
	draw(*state, "{\"target\":\"node:mk-srv1\",\"graph\":\"certificate\",\"language\":\"en\"," RANGE "}", &b);
	assert_has(&b, "Certificate Đất đai: VBDLIS");
	draw(*state, "{\"target\":\"node:mk-srv1\",\"graph\":\"clock\",\"language\":\"en\"," RANGE "}", &b);
	assert_has(&b, "offset: last -25.000 ms");
	draw(*state, "{\"target\":\"node:mk-srv1\",\"graph\":\"ntp\",\"language\":\"en\"," RANGE "}", &b);
	assert_has(&b, "offset: last -25.000 ms");
	buf_free(&b);
}

/* A site without an agent: its line is drawn as it is seen from the collector, and says so. */
static void test_from_outside(void **state)
{
	struct fixture *x = *state;
	struct catalog list = {0};
	struct buf b = {0};

	draw(x, "{\"target\":\"site:far\"," RANGE "}", &b);
	assert_has(&b, "<title>Đường đến Trạm xa, TSLCD Viettel (nhìn từ ngoài)");
	draw(x, "{\"target\":\"uplink:far-ts\",\"language\":\"en\"," RANGE "}", &b);
	assert_has(&b, "(seen from outside)");
	catalog_add_site(&list, x->rrd, x->inv, inventory_site(x->inv, "far"), TO * 1000);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.entries[0].target, "file:core-hq/core-srv/path-far-ts");
	assert_string_equal(list.entries[0].title_vi, "Đường đến Trạm xa, TSLCD Viettel (nhìn từ ngoài)");
	catalog_free(&list);
	buf_free(&b);
}

/* The name of the unit is that of the day shown. */
static void test_unit_of_the_day(void **state)
{
	struct buf b = {0};

	draw(*state, "{\"target\":\"node:mk-srv1\",\"graph\":\"host\",\"from\":1751216400,\"to\":1751290000}", &b);
	assert_has(&b, "Thị trấn Mường Khương</title>");
	buf_free(&b);
}

static void test_no_data(void **state)
{
	struct buf b = {0};

	draw(*state, "{\"target\":\"site:bare\",\"graph\":\"uplink\"," RANGE "}", &b);
	assert_has(&b, "Chưa có số liệu");
	assert_has(&b, "Địa điểm &lt;mới&gt;");
	draw(*state,
	        "{\"target\":\"node:mk-srv1\",\"graph\":\"memory\",\"language\":\"en\",\"from\":1700000000,\"to\":"
	        "1700086400}",
	        &b);
	assert_has(&b, "No data in this period");
	draw(*state, "{\"target\":\"file:mk-hq/mk-srv1/svc-none\"," RANGE "}", &b);
	assert_has(&b, "Chưa có số liệu");
	buf_free(&b);
}

static void test_mail_size(void **state)
{
	struct buf b = {0};

	draw(*state,
	        "{\"target\":\"site:mk-hq\",\"graph\":\"uplink\",\"from\":1751216400,\"to\":1751389200,\"width\":600,"
	        "\"height\":200,\"format\":\"png\"}",
	        &b);
	assert_true(b.len < 60 * 1024);
	assert_int_equal(b.data[16] << 24 | b.data[17] << 16 | b.data[18] << 8 | b.data[19], 600);
	assert_int_equal(b.data[20] << 24 | b.data[21] << 16 | b.data[22] << 8 | b.data[23], 200);
	buf_free(&b);
}

static void test_refuses(void **state)
{
	assert_int_equal(refused(*state, "{\"target\":\"file:../../etc/passwd\"}"), -EINVAL);
	assert_int_equal(refused(*state, "{\"target\":\"file:mk-hq/mk-srv1/.hidden\"}"), -EINVAL);
	assert_int_equal(refused(*state, "{\"target\":\"file:mk-hq/mk-srv1/host\",\"graph\":\"traffic\"}"), -EINVAL);
	assert_int_equal(refused(*state, "{\"target\":\"site:nowhere\"}"), -ENOENT);
	assert_int_equal(refused(*state, "{\"target\":\"service:land@nowhere\"}"), -ENOENT);
	assert_int_equal(refused(*state, "{\"target\":\"uplink:nowhere\"}"), -ENOENT);
	assert_int_equal(refused(*state, "{\"target\":\"site:mk-hq\",\"from\":5,\"to\":4}"), -EINVAL);
	assert_int_equal(refused(*state, "{\"target\":\"site:mk-hq\",\"format\":\"gif\"}"), -EINVAL);
	assert_int_equal(refused(*state, "{\"target\":\"site:mk-hq\",\"graph\":\"nonsense\"}"), -EINVAL);
	assert_int_equal(refused(*state, "[]"), -EINVAL);
	assert_int_equal(refused(*state, "{"), -EINVAL);
}

static void test_escapes(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(drawing_escape("a:b\\c <&>", out, sizeof(out)), "a\\:b\\\\c &lt;&amp;&gt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_kind),
	        cmocka_unit_test(test_svg_speaks),
	        cmocka_unit_test(test_gear),
	        cmocka_unit_test(test_from_outside),
	        cmocka_unit_test(test_unit_of_the_day),
	        cmocka_unit_test(test_no_data),
	        cmocka_unit_test(test_mail_size),
	        cmocka_unit_test(test_refuses),
	        cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
