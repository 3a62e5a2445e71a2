/* A desk for the tests of who is told: a province with rotas and routes, an outbox in a folder of its own, incidents by the dozen. */
#ifndef TESTS_TELL_DESK_H
#define TESTS_TELL_DESK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/tell/desk.h"
#include "collector/tell/outbox_private.h"
#include "collector/tell/route.h"
#include "common/memory.h"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MORNING 1751330520000LL /* 1 July 2025, 07:42 in Việt Nam */

static const char people[] = "province: { id: lao-cai, name: \"Lào Cai\" }\n"
                             "contacts:\n"
                             "  - { id: an, name: \"An\", mail: an@x.vn }\n"
                             "  - { id: binh, name: \"Bình\", mail: binh@x.vn, language: en }\n"
                             "  - { id: chi, name: \"Chi\", mail: chi@x.vn }\n"
                             "  - { id: desk, name: \"Bàn trực của An\", mail: AN@x.vn }\n"
                             "  - { id: chief, name: \"Sếp\", mail: chief@x.vn }\n"
                             "units:\n"
                             "  - { id: ta-ngai-cho, name: \"Xã Tả Ngài Chồ\", until: 2025-07-01 }\n"
                             "  - { id: pha-long, name: \"Xã Pha Long\", from: 2025-07-01 }\n"
                             "  - { id: din-chin, name: \"Xã Dìn Chin\" }\n"
                             "sites:\n"
                             "  - { id: pl-hq, name: PL, units: [ { unit: ta-ngai-cho, until: 2025-07-01 }, { unit: "
                             "pha-long, from: 2025-07-01 } ] }\n"
                             "  - { id: dc-hq, name: DC, units: [ { unit: din-chin } ] }\n"
                             "services:\n"
                             "  - { id: land, name: \"Đất đai\", sector: land, check: { tcp: \"h:1\" } }\n"
                             "  - { id: tax, name: \"Thuế\", sector: finance, check: { tcp: \"h:1\" } }\n";

struct room {
	char dir[64];
	struct inventory *inv;
	struct zone *zone;
	struct desk desk;
};

static inline void room_reload(struct room *r, const char *alerts)
{
	char *path = mem_printf("%s/province.yaml", r->dir);
	struct conf_errors errors = {0};
	FILE *f = fopen(path, "w");

	fprintf(f, "%s%s", people, alerts);
	fclose(f);
	inventory_free(r->inv);
	if (inventory_load(path, "Asia/Ho_Chi_Minh", 0, &r->inv, &errors))
		conf_errors_print(&errors);
	assert_non_null(r->inv);
	conf_errors_free(&errors);
	unlink(path);
	free(path);
	r->desk.inventory = r->inv;
}

static inline void room_outbox(struct room *r)
{
	char *path = mem_printf("%s/outbox.db", r->dir);

	outbox_close(r->desk.outbox);
	assert_int_equal(outbox_open(&r->desk.outbox, path), 0);
	free(path);
}

static inline struct room *room_new(const char *alerts)
{
	struct room *r = mem_alloc(sizeof(*r));

	strcpy(r->dir, "/tmp/desk-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &r->zone), 0);
	r->desk.zone = r->zone;
	room_reload(r, alerts);
	room_outbox(r);
	return r;
}

static inline void room_free(struct room *r)
{
	static const char *const names[] = {"outbox.db", "outbox.db-wal", "outbox.db-shm"};

	outbox_close(r->desk.outbox);
	inventory_free(r->inv);
	zone_free(r->zone);
	for (int i = 0; i < 3; i++) {
		char *path = mem_printf("%s/%s", r->dir, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(r->dir);
	free(r);
}

/* An alarm at a site (NULL: none). Members may be changed before it is concluded. */
static inline json_t *alarm_at(const char *id, const char *site, int64_t at)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "id", id, "cause", "uplink-down", "severity",
	        "alarm", "state", "open", "confidence", "likely", "opened_at", (json_int_t)at, "summary_vi",
	        "Kênh mất kết nối.", "summary_en", "The line is down.");

	if (site)
		json_object_set_new(o, "site", json_string(site));
	return o;
}

/* Takes the incident. The number of new rows. */
static inline int conclude(struct room *r, const char *change, json_t *incident, int64_t at)
{
	json_t *body = json_pack("{s:s, s:s, s:o}", "type", "incident", "change", change, "incident", incident);
	int rows;

	assert_int_equal(outbox_begin(r->desk.outbox), 0);
	rows = route_conclusion(&r->desk, body, at, at);
	assert_int_equal(outbox_commit(r->desk.outbox, outbox_cursor(r->desk.outbox) + 1), 0);
	json_decref(body);
	return rows;
}

static inline json_t *resolved(json_t *incident, int64_t at)
{
	json_object_set_new(incident, "state", json_string("resolved"));
	json_object_set_new(incident, "resolved_at", json_integer(at));
	return incident;
}

/* Rows of that state, as "kind contact" in order, joined by ", ". */
static inline char *rows_of(struct room *r, const char *state)
{
	sqlite3_stmt *s = outbox_query(r->desk.outbox,
	        "SELECT coalesce(group_concat(kind || ' ' || contact, ', '), '') FROM (SELECT * FROM outbox WHERE "
	        "state "
	        "= ?1 ORDER BY id)",
	        "s", state);
	char *text;

	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	text = mem_str(outbox_text(s, 0));
	sqlite3_finalize(s);
	return text;
}

static inline void rows_are(struct room *r, const char *state, const char *expected)
{
	char *rows = rows_of(r, state);

	assert_string_equal(rows, expected);
	free(rows);
}

static inline int mails_leave(struct room *r, int64_t now)
{
	struct outbox_row row;
	int64_t due;
	int count = 0;

	for (; outbox_next(r->desk.outbox, now, &row, &due) == 1; count++) {
		assert_int_equal(outbox_sent(r->desk.outbox, row.id, now, false), 0);
		outbox_row_clear(&row);
	}
	return count;
}

#endif
