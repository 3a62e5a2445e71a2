#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "collector/judge/area_group.c"

#include <unistd.h>

#define SITES_MAX 24

/* Sites made by hand: a letter each, lines as "CARRIER[/PARENT]" with blanks between. */
struct world {
	struct inventory *inv;
	struct topology *t;
	struct area_site all[SITES_MAX];
	size_t count;
};

struct plan {
	const char *lines;
	double lat;
};

static void make(struct world *w, const struct plan *plans, size_t count)
{
	char path[] = "/tmp/sansang-group-XXXXXX", lines[200];
	struct conf_errors errors = {0};
	FILE *f = fdopen(mkstemp(path), "w");
	assert_non_null(f);
	fprintf(f, "province: { id: p, name: P, trial_from: 2025-06-01, go_live: 2025-07-01 }\nunits:\n");
	for (size_t k = 0; k < count; k++)
		fprintf(f, "  - { id: u%zu, name: U, kind: commune }\n", k);
	fprintf(f, "sites:\n");
	for (size_t k = 0; k < count; k++) {
		fprintf(f,
		        "  - { id: s%zu, name: S, role: x, lat: %.3f, lon: 104, units: [ { unit: u%zu } ], uplinks: [",
		        k, plans[k].lat, k);
		snprintf(lines, sizeof lines, "%s", plans[k].lines);
		int n = 0;
		for (char *save = NULL, *word = strtok_r(lines, " ", &save); word;
		        word = strtok_r(NULL, " ", &save), n++) {
			char *parent = strchr(word, '/');
			if (parent)
				*parent++ = 0;
			fprintf(f, "%s { id: l%zu-%d, kind: tslcd, carrier: %s, parent: %s }", n ? "," : "", k, n, word,
			        parent ? parent : "core");
		}
		fprintf(f, " ] }\n");
	}
	fclose(f);
	int rc = inventory_load(path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	conf_errors_free(&errors);
	unlink(path);
	assert_int_equal(rc, 0);
	w->t = topology_make(w->inv);
	w->count = count;
	for (size_t k = 0; k < count; k++)
		w->all[k] = (struct area_site){.site = &w->inv->sites[k], .dark = true};
}

static void clear(struct world *w)
{
	topology_free(w->t);
	inventory_free(w->inv);
}

static size_t members(const struct world *w)
{
	size_t n = 0;
	for (size_t k = 0; k < w->count; k++)
		n += w->all[k].member;
	return n;
}

static void well(struct area_site *a)
{
	a->dark = false;
	a->well = true;
}

static void test_neighbours_on_two_carriers(void **state)
{
	static const struct plan plans[] = {
	        {"VNPT", 22.1}, {"Viettel", 22.15}, {"VNPT", 22.2}, {"Viettel", 22.3}, {"VNPT", 10}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, plans, 5);
	well(&w.all[4]);
	assert_int_equal(area_group(w.t, w.all, 5, 1, &shared), AREA_POWER);
	assert_int_equal(members(&w), 4);
	assert_false(w.all[4].member);
	/* two are no area */
	well(&w.all[2]);
	well(&w.all[3]);
	assert_int_equal(area_group(w.t, w.all, 5, 1, &shared), AREA_NONE);
	assert_int_equal(members(&w), 0);
	clear(&w);
}

static void test_a_carrier(void **state)
{
	static const struct plan plans[] = {
	        {"VNPT", 22.1}, {"vnpt", 22.15}, {"VNPT", 10}, {"Viettel", 22.2}, {"VNPT", 9}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, plans, 5);
	well(&w.all[3]);
	/* others of a carrier may be well: it fails in places */
	well(&w.all[4]);
	assert_int_equal(area_group(w.t, w.all, 5, 0, &shared), AREA_UPSTREAM);
	assert_string_equal(shared, "VNPT");
	assert_int_equal(members(&w), 3);
	/* ... in one moment, or at one place */
	w.all[2].from = 30000;
	assert_int_equal(area_group(w.t, w.all, 5, 0, &shared), AREA_NONE);
	w.all[2].from = 0;
	w.all[1].from = 30000;
	assert_int_equal(area_group(w.t, w.all, 5, 0, &shared), AREA_UPSTREAM);
	/* two of one carrier are chance */
	well(&w.all[2]);
	assert_int_equal(area_group(w.t, w.all, 5, 0, &shared), AREA_NONE);
	clear(&w);
}

static void test_a_gasp_says_power(void **state)
{
	static const struct plan plans[] = {{"VNPT", 22.1}, {"VNPT", 22.15}, {"VNPT", 22.2}, {"Viettel", 10}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, plans, 4);
	well(&w.all[3]);
	assert_int_equal(area_group(w.t, w.all, 4, 0, &shared), AREA_UPSTREAM);
	w.all[1].power = true;
	assert_int_equal(area_group(w.t, w.all, 4, 0, &shared), AREA_POWER);
	clear(&w);
}

static void test_a_parent_is_contradicted_by_one(void **state)
{
	static const struct plan plans[] = {{"VNPT/mast", 22.1}, {"FPT/mast", 10}, {"CMC/mast", 9}, {"FPT", 8}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, plans, 4);
	well(&w.all[3]);
	assert_int_equal(area_group(w.t, w.all, 4, 1, &shared), AREA_UPSTREAM);
	assert_string_equal(shared, "mast");
	assert_int_equal(members(&w), 3);
	well(&w.all[2]);
	assert_int_equal(area_group(w.t, w.all, 4, 1, &shared), AREA_NONE);
	clear(&w);
}

static void test_lines_that_are_known(void **state)
{
	static const struct plan plans[] = {{"VNPT Viettel", 22.1}, {"VNPT FPT", 10}, {"CMC VNPT", 9}, {"FPT", 8}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, plans, 4);
	well(&w.all[3]);
	/* their agents are heard by the other line */
	for (int k = 0; k < 3; k++) {
		w.all[k].dark = false;
		w.all[k].down = k == 2 ? 2 : 1;
		w.all[k].up = k == 2 ? 1 : 2;
	}
	assert_int_equal(area_group(w.t, w.all, 4, 0, &shared), AREA_UPSTREAM);
	assert_string_equal(shared, "VNPT");
	assert_int_equal(members(&w), 3);
	/* both lines of one are down: no single carrier explains it */
	w.all[2].down = 3;
	w.all[2].up = 0;
	assert_int_equal(area_group(w.t, w.all, 4, 0, &shared), AREA_NONE);
	clear(&w);
}

static void test_two_lines_and_nothing_known(void **state)
{
	static const struct plan near[] = {{"VNPT Viettel", 22.1}, {"VNPT Viettel", 22.15}, {"VNPT FPT", 22.2}};
	static const struct plan far[] = {{"VNPT Viettel", 22.1}, {"VNPT FPT", 10}, {"VNPT CMC", 8}};
	struct world w;
	const char *shared = NULL;
	(void)state;
	make(&w, near, 3);
	assert_int_equal(area_group(w.t, w.all, 3, 0, &shared), AREA_POWER);
	clear(&w);
	make(&w, far, 3);
	assert_int_equal(area_group(w.t, w.all, 3, 0, &shared), AREA_UPSTREAM);
	assert_string_equal(shared, "VNPT");
	clear(&w);
}

static void test_a_stray_fault_beside(void **state)
{
	struct plan plans[14];
	struct world w;
	const char *shared = NULL;
	(void)state;
	for (int k = 0; k < 14; k++)
		plans[k] = (struct plan){k ? "VNPT" : "FPT", 22.1 + k / 100.0};
	make(&w, plans, 14);
	assert_int_equal(area_group(w.t, w.all, 14, 3, &shared), AREA_UPSTREAM);
	assert_int_equal(members(&w), 13);
	assert_false(w.all[0].member);
	clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_neighbours_on_two_carriers),
	        cmocka_unit_test(test_a_carrier), cmocka_unit_test(test_a_gasp_says_power),
	        cmocka_unit_test(test_a_parent_is_contradicted_by_one), cmocka_unit_test(test_lines_that_are_known),
	        cmocka_unit_test(test_two_lines_and_nothing_known), cmocka_unit_test(test_a_stray_fault_beside)};
	return cmocka_run_group_tests_name("area_group", tests, NULL, NULL);
}
