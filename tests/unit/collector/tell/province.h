/* A province of one site for the tests of tell, and incidents as judge writes them. */
#ifndef TESTS_TELL_PROVINCE_H
#define TESTS_TELL_PROVINCE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/inventory/inventory.h"

static const char province_yaml[] =
        "province: { id: lao-cai, name: \"Lào Cai\" }\n"
        "contacts:\n"
        "  - { id: oncall, name: \"Trực kỹ thuật\", mail: oncall@laocai.example, language: vi }\n"
        "  - { id: chief, name: \"The Chief\", mail: chief@laocai.example, language: en }\n"
        "  - { id: phone-only, name: \"Không thư\", phone: \"0123\" }\n"
        "units:\n"
        "  - { id: ta-ngai-cho, name: \"Xã Tả Ngài Chồ\", kind: commune, until: 2025-07-01 }\n"
        "  - { id: pha-long, name: \"Xã Pha Long\", kind: commune, from: 2025-07-01, formed_from: [ta-ngai-cho] }\n"
        "sites:\n"
        "  - id: pl-hq\n"
        "    name: \"Trụ sở xã Pha Long <A&B>\"\n"
        "    role: service-centre\n"
        "    units: [ { unit: ta-ngai-cho, until: 2025-07-01 }, { unit: pha-long, from: 2025-07-01 } ]\n"
        "    uplinks:\n"
        "      - { id: pl-ts, kind: tslcd, carrier: VNPT, circuit: \"LCI-TS-0142\", hotline: \"1800 1260\" }\n"
        "      - { id: pl-net, kind: internet, carrier: Viettel }\n"
        "nodes: [ { id: pl-srv1, site: pl-hq, kind: server } ]\n"
        "services:\n"
        "  - { id: land, name: \"Đất đai\", sector: land, responsible: province, via: tslcd, every: 10s, check: { tcp: "
        "\"10.0.0.5:443\" }, checked_by: all }\n";

static struct inventory *province_load(void)
{
	char path[] = "/tmp/province-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	struct conf_errors errors = {0};
	struct inventory *inv = NULL;
	FILE *f = fdopen(fd, "w");

	fputs(province_yaml, f);
	fclose(f);
	if (inventory_load(path, "Asia/Ho_Chi_Minh", 0, &inv, &errors))
		conf_errors_print(&errors);
	conf_errors_free(&errors);
	remove(path);
	return inv;
}

/* The line of Pha Long down from `at`; resolved after 10 minutes when `resolved`. */
static json_t *incident_line(int64_t at, bool resolved)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:b, s:s, s:s, "
	                 "s:s, s:[{s:I, "
	                 "s:s, s:s, s:s}, {s:I, s:s, s:s, s:s}], s:[s], s:s, s:s}",
	        "id", "pl-hq.uplink-pl-ts.20250701T004200", "site", "pl-hq", "node", json_null(), "service",
	        json_null(), "uplink", "pl-ts", "unit", "pha-long", "cause", "uplink-down", "final_cause", json_null(),
	        "confidence", "likely", "severity", "alarm", "state", resolved ? "resolved" : "open", "merged_into",
	        json_null(), "opened_at", (json_int_t)at, "detected_at", (json_int_t)at + 9000, "resolved_at",
	        resolved ? json_integer(at + 600000) : json_null(), "simulated", 0, "responsible", "carrier",
	        "summary_vi", "Kênh TSLCD của Xã Pha Long mất kết nối.", "summary_en",
	        "The TSLCD line of Xã Pha Long is down.", "evidence", "at", (json_int_t)at + 5000, "who", "collector",
	        "vi", "mất nhịp tim", "en", "no heartbeat", "at", (json_int_t)at, "who", "pl-srv1", "vi",
	        "5/5 gói tới cổng bị mất", "en", "5/5 echoes to the gateway lost", "affects", "service:land@pl-srv1",
	        "check_first_vi", "Xem đèn của modem.", "check_first_en", "Look at the modem's lamps.");
}

#endif
