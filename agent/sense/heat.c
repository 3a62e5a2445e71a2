#include "agent/sense/heat.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sense/sysfile.h"
#include "common/memory.h"

#define SENSORS_MAX 64
#define SEARCH_LOOKS 30
#define COLDEST_C (-40)
#define HOTTEST_C 125 /* what is above is no temperature but an open input */

struct sensor {
	char path[96]; /* below the root */
};

struct heat {
	const char *root;
	struct sensor sensors[SENSORS_MAX];
	size_t count;
	unsigned looks;
};

/* Beginnings of names of chips whose inputs may hang in the air. */
static const char *const untrusted[] = {"nct", "it8", "w83", "f71", "asb100", "lm7", "lm8", NULL};

static void sensor_add(struct heat *h, const char *folder, const char *chip, const char *file)
{
	if (h->count == SENSORS_MAX || strlen(folder) + strlen(chip) + strlen(file) + 3 > sizeof(h->sensors[0].path))
		return;
	snprintf(h->sensors[h->count++].path, sizeof(h->sensors[0].path), "%.40s/%.30s/%.20s", folder, chip, file);
}

static void search_zone(struct heat *h, const char *zone)
{
	if (!strncmp(zone, "thermal_zone", 12))
		sensor_add(h, "class/thermal", zone, "temp");
}

static bool is_temperature(const char *file)
{
	size_t len = strlen(file);

	return !strncmp(file, "temp", 4) && len > 6 && !strcmp(file + len - 6, "_input");
}

static void search_chip(struct heat *h, const char *chip)
{
	char name[32], folder[320];
	struct dirent *e;
	DIR *d;

	if (strncmp(chip, "hwmon", 5) || !sysfile_text(name, sizeof(name), "%s/class/hwmon/%s/name", h->root, chip))
		return;
	for (const char *const *u = untrusted; *u; u++)
		if (!strncmp(name, *u, strlen(*u)))
			return;
	snprintf(folder, sizeof(folder), "%s/class/hwmon/%s", h->root, chip);
	d = opendir(folder);
	while (d && (e = readdir(d)))
		if (is_temperature(e->d_name))
			sensor_add(h, "class/hwmon", chip, e->d_name);
	if (d)
		closedir(d);
}

static void search(struct heat *h)
{
	static const struct {
		const char *folder;
		void (*found)(struct heat *h, const char *name);
	} places[] = {{"class/thermal", search_zone}, {"class/hwmon", search_chip}};
	char path[320];
	struct dirent *e;
	DIR *d;

	h->count = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", h->root, places[i].folder);
		d = opendir(path);
		while (d && (e = readdir(d)))
			places[i].found(h, e->d_name);
		if (d)
			closedir(d);
	}
}

struct heat *heat_open(const char *sys_root)
{
	struct heat *h = mem_alloc(sizeof(*h));

	h->root = sys_root;
	return h;
}

void heat_close(struct heat *h)
{
	free(h);
}

double heat_look(struct heat *h)
{
	double hottest = NAN;
	int64_t milli;

	if (h->looks++ % SEARCH_LOOKS == 0)
		search(h);
	for (size_t i = 0; i < h->count; i++) {
		if (!sysfile_number(&milli, "%s/%s", h->root, h->sensors[i].path))
			continue;
		if (milli <= COLDEST_C * 1000 || milli >= HOTTEST_C * 1000)
			continue;
		hottest = isnan(hottest) || (double)milli / 1000 > hottest ? (double)milli / 1000 : hottest;
	}
	return hottest;
}
