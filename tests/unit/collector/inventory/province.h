/* A small province for the tests of inventory/: every kind of thing once, and a way to load text. */
#ifndef SANSANG_TESTS_PROVINCE_H
#define SANSANG_TESTS_PROVINCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/inventory/inventory.h"

#define EXAMPLE "examples/lao-cai/province.yaml"
#define BEFORE 1751302799999LL /* the last millisecond of 30 June 2025 in Việt Nam */
#define AFTER 1751302800000LL

static const char province_text[] =
        "province: { id: lao-cai, name: \"Lào Cai\", trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00, map: "
        "communes.topojson,\n"
        "            collector_node: core-srv }\n"
        "milestones: [ { id: portal-closed, name: \"Tạm dừng cổng\", at: 2025-06-27T18:00:00+07:00 } ]\n"
        "contacts: [ { id: oncall, name: \"Trực kỹ thuật\", mail: oncall@laocai.example, phone: \"0214\" },\n"
        "            { id: en, name: English, language: en } ]\n"
        "units:\n"
        "  - { id: tt-muong-khuong, name: \"Thị trấn Mường Khương\", kind: township, until: 2025-07-01 }\n"
        "  - { id: thanh-binh, name: \"Xã Thanh Bình\", until: 2025-07-01 }\n"
        "  - { id: muong-khuong, name: \"Xã Mường Khương\", kind: commune, code: \"02761\", from: 2025-07-01,\n"
        "      formed_from: [tt-muong-khuong, thanh-binh] }\n"
        "sites:\n"
        "  - { id: mk-hq, name: \"Trụ sở xã Mường Khương\", role: service-centre, required: yes, lat: 22.77, lon: "
        "104.12,\n"
        "      units: [ { unit: tt-muong-khuong, until: 2025-07-01 }, { unit: muong-khuong, from: 2025-07-01 } ],\n"
        "      uplinks: [ { id: mk-ts, kind: tslcd, carrier: VNPT, circuit: \"C1\", hotline: \"18001166\", "
        "capacity_mbps: 100, parent: core,\n"
        "                   terminal: 10.20.1.1, gateway: 10.20.1.254, source: 10.20.1.10 },\n"
        "                 { id: mk-net, kind: internet, carrier: Viettel, capacity_mbps: 200, terminal: 203.0.113.7 } "
        "] }\n"
        "  - { id: core-site, name: \"Trung tâm dữ liệu\", simulated: yes, step: 5m, uplink: { carrier: FPT, gateway: "
        "10.0.0.1 } }\n"
        "nodes:\n"
        "  - { id: mk-srv1, site: mk-hq, kind: server }\n"
        "  - { id: mk-sw1, site: mk-hq, kind: gear, address: 10.20.1.2, polled_by: mk-srv1, snmp: { version: 2c, "
        "community_file: c } }\n"
        "  - { id: core-srv, site: core-site }\n"
        "services:\n"
        "  - { id: land, name: \"Đất đai\", sector: land, responsible: province, via: tslcd, check: { tcp: "
        "\"10.0.0.5:443\" }, checked_by: all }\n"
        "  - { id: portal, name: \"Cổng\", responsible: central, check: { http: \"https://portal.example/\" }, "
        "checked_by: muong-khuong }\n"
        "  - { id: names, name: DNS, via: mk-net, every: 30s, succeeds: land, mandatory: no, from: 2025-07-01,\n"
        "      check: { dns: { server: 10.0.0.53, name: laocai.example, expect: 10.0.0.5 } }, checked_by: [mk-hq] }\n"
        "gates: [ { any: thing } ]\n"
        "alerts: { rotas: [ { id: duty, members: [oncall], start: 2025-06-30, handover: \"08:00\", turn: 7d,\n"
        "                     holidays: [ { from: 2025-09-01, until: 2025-09-03, who: oncall } ] } ],\n"
        "          routes: [ { units: [muong-khuong], sites: [mk-hq], sectors: [land], causes: [site-power], severity: "
        "alarm, to: [duty],\n"
        "                      escalate: [ { after: 15m, to: [oncall] } ], webhooks: [chat] } ],\n"
        "          webhooks: [ { id: chat, url: \"https://h/x\" } ], digest: { at: \"07:00\", to: [duty] }, storm: { "
        "sites: 5, every: 30m } }\n"
        "tasks: []\n"
        "maintenance: [ { id: m, targets: [\"site:mk-hq\"], from: 2025-07-05, until: 2025-07-06, reason: R } ]\n"
        "calendar:\n";

static inline int province_load_bytes(const char *text, size_t len, struct inventory **out, struct conf_errors *errors)
{
	char path[] = "/tmp/sansang-province-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, out, errors);
	unlink(path);
	return rc;
}

/* Loads text that must be right. */
static inline struct inventory *province_load(const char *text)
{
	struct conf_errors errors = {0};
	struct inventory *inv = NULL;
	int rc = province_load_bytes(text, strlen(text), &inv, &errors);

	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	assert_int_equal(errors.count, 0);
	return inv;
}

static inline struct inventory *example_load(void)
{
	struct conf_errors errors = {0};
	struct inventory *inv = NULL;
	int rc = inventory_load(EXAMPLE, "Asia/Ho_Chi_Minh", 0, &inv, &errors);

	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	return inv;
}

#endif
