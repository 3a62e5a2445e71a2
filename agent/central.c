#include "agent/central.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"

#define WHY_SIZE 160
#define STEP_LEAST_MS 1000
#define STEP_MOST_MS 86400000
#define COUNT_MOST 1000
#define TEXT_MOST (256 * 1024) /* of an owned text: a bundle of authorities */

enum member_type {
	TEXT,     /* char[] */
	INSTANCE, /* char[], becomes a part of paths */
	OWNED,    /* char *, as long as may be */
	MILLISECONDS,
	COUNT,   /* int, 0 to COUNT_MOST */
	NOT,     /* bool, the contrary of what stands there */
	VERSION, /* int, of SNMP */
};

/* A member of an object and where it goes. */
struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
	bool required;
};

#define MEMBER_AS(s, name, field, kind, must)                                                                          \
	{                                                                                                              \
		name, kind, offsetof(struct s, field), sizeof(((struct s *)0)->field), must                            \
	}
#define MEMBER(s, field, kind, must) MEMBER_AS(s, #field, field, kind, must)
#define OPTION(name, field, kind) MEMBER_AS(central_service, name, options.field, kind, false)

static const struct member top_members[] = {
        MEMBER(central, version, TEXT, true),
        MEMBER(central, node, INSTANCE, true),
        MEMBER(central, site, INSTANCE, false),
        MEMBER(central, core, TEXT, false),
        MEMBER(central, step_ms, MILLISECONDS, true),
        {0},
};
static const struct member uplink_members[] = {
        MEMBER(central_uplink, id, INSTANCE, true),
        MEMBER(central_uplink, instance, INSTANCE, false),
        MEMBER(central_uplink, target, TEXT, false),
        MEMBER(central_uplink, gateway, TEXT, false),
        MEMBER(central_uplink, source, TEXT, false),
        MEMBER(central_uplink, interface, TEXT, false),
        {0},
};
static const struct member service_members[] = {
        MEMBER(central_service, id, INSTANCE, true),
        MEMBER(central_service, via, INSTANCE, false),
        MEMBER(central_service, type, TEXT, true),
        MEMBER(central_service, target, OWNED, true),
        MEMBER(central_service, source, TEXT, false),
        MEMBER(central_service, interface, TEXT, false),
        MEMBER(central_service, every_ms, MILLISECONDS, true),
        OPTION("server_name", server_name, OWNED),
        OPTION("ca", ca_pem, OWNED),
        OPTION("verify", unverified, NOT),
        OPTION("status", status, OWNED),
        OPTION("header", header, OWNED),
        OPTION("body", body, OWNED),
        OPTION("redirects", redirects, COUNT),
        OPTION("dns_name", dns_name, OWNED),
        OPTION("dns_expect", dns_expect, OWNED),
        OPTION("count", count, COUNT),
        {0},
};
static const struct member terminal_members[] = {
        MEMBER(central_terminal, id, INSTANCE, true),
        MEMBER(central_terminal, target, TEXT, true),
        {0},
};
static const struct member gear_members[] = {
        MEMBER(gear_spec, id, INSTANCE, true),
        MEMBER(gear_spec, address, TEXT, true),
        MEMBER(gear_spec, every_ms, MILLISECONDS, true),
        MEMBER(gear_spec, version, VERSION, true),
        MEMBER(gear_spec, community, TEXT, false),
        MEMBER(gear_spec, user, TEXT, false),
        MEMBER(gear_spec, auth, TEXT, false),
        MEMBER(gear_spec, auth_secret, TEXT, false),
        MEMBER(gear_spec, privacy, TEXT, false),
        MEMBER(gear_spec, privacy_secret, TEXT, false),
        {0},
};

static int wrong(const struct member *m, const char *where, char *why, const char *expected)
{
	snprintf(why, WHY_SIZE, "%s.%s: expected %s", where, m->name, expected);
	return -EINVAL;
}

static int read_text(const json_t *value, const struct member *m, void *out, const char *where, char *why)
{
	size_t room = m->type == OWNED ? TEXT_MOST : m->size;
	const char *text = json_string_value(value);
	char expected[48];

	snprintf(expected, sizeof(expected), "a text of at most %zu bytes", room - 1);
	if (!text || strlen(text) >= room || strlen(text) != json_string_length(value))
		return wrong(m, where, why, expected);
	if (m->type == INSTANCE && !metric_instance_valid(text))
		return wrong(m, where, why, "letters, digits, '.', '_', ':' or '-'");
	if (m->type == OWNED)
		*(char **)out = text[0] ? mem_str(text) : NULL;
	else
		strcpy(out, text);
	return 0;
}

static int read_milliseconds(const json_t *value, const struct member *m, void *out, const char *where, char *why)
{
	int64_t ms = json_is_integer(value) ? json_integer_value(value) : 0;

	if (ms < STEP_LEAST_MS || ms > STEP_MOST_MS)
		return wrong(m, where, why, "milliseconds, 1000 to 86400000");
	memcpy(out, &ms, sizeof(ms));
	return 0;
}

static int read_count(const json_t *value, const struct member *m, void *out, const char *where, char *why)
{
	json_int_t count = json_is_integer(value) ? json_integer_value(value) : -1;

	if (count < 0 || count > COUNT_MOST)
		return wrong(m, where, why, "a number, 0 to 1000");
	*(int *)out = (int)count;
	return 0;
}

static int read_not(const json_t *value, const struct member *m, void *out, const char *where, char *why)
{
	if (!json_is_boolean(value))
		return wrong(m, where, why, "true or false");
	*(bool *)out = !json_is_true(value);
	return 0;
}

static int read_version(const json_t *value, const struct member *m, void *out, const char *where, char *why)
{
	static const char *const versions[] = {"1", "2c", "3"};
	const char *text = json_string_value(value);

	for (int i = 0; text && i < 3; i++)
		if (!strcmp(text, versions[i])) {
			*(int *)out = i + 1;
			return 0;
		}
	return wrong(m, where, why, "\"1\", \"2c\" or \"3\"");
}

static int (*const readers[])(const json_t *value, const struct member *m, void *out, const char *where, char *why) = {
        [TEXT] = read_text,
        [INSTANCE] = read_text,
        [OWNED] = read_text,
        [MILLISECONDS] = read_milliseconds,
        [COUNT] = read_count,
        [NOT] = read_not,
        [VERSION] = read_version,
};

static int read_member(const json_t *object, const struct member *m, void *out, const char *where, char *why)
{
	const json_t *value = json_object_get(object, m->name);

	if (value && !json_is_null(value))
		return readers[m->type](value, m, (char *)out + m->offset, where, why);
	if (m->required)
		snprintf(why, WHY_SIZE, "%s.%s: is missing", where, m->name);
	return m->required ? -EINVAL : 0;
}

static int read_object(const json_t *object, const struct member *members, void *out, const char *where, char *why)
{
	int status = 0;

	if (!json_is_object(object)) {
		snprintf(why, WHY_SIZE, "%s: expected an object", where);
		return -EINVAL;
	}
	for (const struct member *m = members; m->name && !status; m++)
		status = read_member(object, m, out, where, why);
	return status;
}

/* A missing list is an empty one. */
static int read_list(const json_t *top, const char *name, const struct member *members, size_t item_size, void **items,
        size_t *count, char *why)
{
	const json_t *list = json_object_get(top, name);
	char where[48];
	int status = 0;

	*items = NULL;
	*count = 0;
	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > CENTRAL_ITEMS_MAX) {
		snprintf(why, WHY_SIZE, "%s: expected a list of at most %d", name, CENTRAL_ITEMS_MAX);
		return -EINVAL;
	}
	if (!json_array_size(list))
		return 0;
	*items = mem_alloc(json_array_size(list) * item_size);
	for (size_t i = 0; i < json_array_size(list) && !status; i++) {
		snprintf(where, sizeof(where), "%s[%zu]", name, i);
		status = read_object(json_array_get(list, i), members, (char *)*items + i * item_size, where, why);
		*count = i + 1;
	}
	return status;
}

static int read_services(const json_t *top, struct central *c, char *why)
{
	int status = read_list(
	        top, "services", service_members, sizeof(*c->services), (void **)&c->services, &c->service_count, why);

	for (size_t i = 0; i < c->service_count && !status; i++) {
		const json_t *service = json_array_get(json_object_get(top, "services"), i);

		if (!json_object_get(service, "redirects"))
			c->services[i].options.redirects = probe_options_none().redirects;
		if (!c->services[i].target) {
			snprintf(why, WHY_SIZE, "services[%zu].target: is empty", i);
			status = -EINVAL;
		}
	}
	return status;
}

static int read_central(const json_t *top, struct central *c, char *why)
{
	int status = read_object(top, top_members, c, "central", why);

	if (!status)
		status = read_list(top, "uplinks", uplink_members, sizeof(*c->uplinks), (void **)&c->uplinks,
		        &c->uplink_count, why);
	if (!status)
		status = read_services(top, c, why);
	if (!status)
		status = read_list(top, "terminals", terminal_members, sizeof(*c->terminals), (void **)&c->terminals,
		        &c->terminal_count, why);
	if (!status)
		status = read_list(top, "gear", gear_members, sizeof(*c->gear), (void **)&c->gear, &c->gear_count, why);
	return status;
}

int central_parse(const char *json, size_t len, struct central **out, char *why)
{
	json_error_t error;
	json_t *top;
	int status;

	*out = NULL;
	if (len > CENTRAL_BYTES_MAX) {
		snprintf(why, WHY_SIZE, "%zu bytes: expected at most %d", len, CENTRAL_BYTES_MAX);
		return -EINVAL;
	}
	top = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	if (!top) {
		snprintf(why, WHY_SIZE, "line %d: %.100s", error.line, error.text);
		return -EINVAL;
	}
	*out = mem_alloc(sizeof(**out));
	status = read_central(top, *out, why);
	json_decref(top);
	if (status) {
		central_free(*out);
		*out = NULL;
	}
	return status;
}

void central_free(struct central *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->service_count; i++) {
		free(c->services[i].target);
		probe_options_free(&c->services[i].options);
	}
	for (size_t i = 0; i < c->gear_count; i++)
		explicit_bzero(&c->gear[i], sizeof(c->gear[i]));
	free(c->uplinks);
	free(c->services);
	free(c->terminals);
	free(c->gear);
	free(c);
}

int central_load(const char *state_dir, struct buf *out)
{
	char *path = mem_printf("%s/central.json", state_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC), status = fd < 0 ? -errno : 0;
	ssize_t got = 1;

	free(path);
	while (fd >= 0 && got > 0 && out->len <= CENTRAL_BYTES_MAX) {
		buf_reserve(out, 4096);
		got = read(fd, out->data + out->len, 4096);
		if (got > 0)
			out->len += (size_t)got;
		else if (got < 0)
			status = -errno;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		data += put;
		len -= (size_t)put;
	}
	return fsync(fd) ? -errno : 0;
}

int central_save(const char *state_dir, const char *json, size_t len)
{
	char *path = mem_printf("%s/central.json", state_dir), *fresh = mem_printf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), status = fd < 0 ? -errno : 0;

	if (!status)
		status = write_all(fd, json, len);
	if (fd >= 0 && close(fd) && !status)
		status = -errno;
	if (!status && rename(fresh, path))
		status = -errno;
	if (status && fd >= 0)
		unlink(fresh);
	free(fresh);
	free(path);
	return status;
}
