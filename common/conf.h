/*
 * conf: configuration files as declared tables of keys.
 *
 * A YAML file is read whole through libyaml's document API and checked against a
 * table; every problem is reported as "FILE:LINE:COLUMN: KEY.PATH: what is wrong, what was
 * expected". Either everything is right and the struct is filled, or it is left
 * empty. A key missing in the file (or without a value) takes `fallback`, written as
 * it would be in the file; keys of a map that is missing take theirs, and its
 * `required` ones are not asked for. A key that the table does not have is an error
 * that names the nearest known one. The man page is made from the same rows (`help`).
 *
 * Runs in any process that loads a file; reads the file and the zone only.
 */
#ifndef SANSANG_CONF_H
#define SANSANG_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_type {
	CONF_STRING,   /* char * (owned); one of `choices` when there are any */
	CONF_ID,       /* char *: 1..63 of a-z 0-9 and '-', '_', '.', not beginning with '.' */
	CONF_PATH,     /* char *: made absolute by the folder of the file it stands in */
	CONF_BOOL,     /* bool: yes/no/true/false/on/off */
	CONF_INT,      /* int64_t within min..max */
	CONF_NUMBER,   /* double within min..max */
	CONF_DURATION, /* int64_t milliseconds: 500ms, 10s, 5m, 24h, 8d */
	CONF_SIZE,     /* int64_t bytes: 512KB, 20GB (powers of 1024) */
	CONF_CHOICE,   /* int, index into `choices` */
	CONF_TIME, /* int64_t UTC ms: a bare date is midnight in the zone, a date-time needs an offset or Z; "never" is INT64_MAX */
	CONF_ADDRESS, /* char *: "host:port" or "[v6]:port" */
	CONF_STRINGS, /* struct conf_strings: a list of scalars, or one scalar */
	CONF_MAP,     /* a nested struct described by `keys`, stored in place */
	CONF_LIST,    /* struct conf_list of structs described by `keys` */
	CONF_CUSTOM,  /* `custom` reads the node itself; `custom_free` frees what it made */
	CONF_ANY,     /* any YAML, passed over: nothing is stored (sections that a later release reads) */
};

struct conf_place;
struct conf_strings {
	char **items;
	size_t count;
	struct conf_place *places; /* where each stood; NULL when it came from a fallback */
};

struct conf_list {
	void *items; /* array of structs of `item_size` */
	size_t count;
};

/* Where a value stood, for later errors: line and column count from 1; 0 when it came from a fallback. */
struct conf_place {
	uint32_t line, column;
};

struct conf_reader;
struct conf_node; /* a YAML node within a reader */

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;
	const char *fallback; /* NULL: zero of the type */
	bool required;
	double min, max;            /* CONF_INT, CONF_NUMBER, CONF_DURATION (ms), CONF_SIZE; both 0: no limit */
	const char *const *choices; /* ends with NULL */
	const struct conf_key *keys;
	size_t item_size; /* of CONF_LIST's structs; of CONF_CUSTOM's value when place_wanted */
	bool id_unique;   /* CONF_ID within a CONF_LIST: a duplicate is an error that names the first place */
	bool place_wanted; /* a struct conf_place stands right behind the value in the struct (aligned to 4); not for maps */
	void (*custom)(struct conf_reader *r, const struct conf_node *node, void *out);
	void (*custom_free)(void *out);
	/* Of a scalar or of each of CONF_STRINGS, after it was read: NULL when it is right, else what was expected. */
	const char *(*check)(const void *value);
	const char *help; /* for the man page; NULL only in tests */
};

struct conf_errors {
	char **lines; /* "file:3:5: web.listen: ..." */
	size_t count;
};

/*
 * 0, or -EINVAL with at least one error, or -errno of opening the file (said in an error too). `zone` is an IANA name for CONF_TIME; NULL is UTC.
 * `out` must be zeroed by the caller; after an error nothing in it needs freeing. Errors are added to what `errors` holds.
 */
int conf_load(const char *path, const struct conf_key *keys, const char *zone, void *out, struct conf_errors *errors);
/* Frees what conf_load put into `out`, not `out` itself. */
void conf_free(const struct conf_key *keys, void *out);
/* For checks after loading (dangling references and the like). */
void conf_error(struct conf_errors *errors, const char *path, struct conf_place place, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void conf_errors_print(const struct conf_errors *errors); /* a line each to standard error */
void conf_errors_free(struct conf_errors *errors);

/* ---- for `custom` functions: `node` and what they give are borrowed until conf_load returns ---- */

struct conf_place conf_node_place(const struct conf_node *node);
/* The text of a scalar, or NULL for a map or a list. */
const char *conf_node_text(const struct conf_node *node);
/* Reads `node` into `out` (zeroed, of `key`) as a value of that key; false when an error was said. */
bool conf_node_read(struct conf_reader *r, const struct conf_key *key, const struct conf_node *node, void *out);
/* An error at that place, named by the path of the key that is being read. */
void conf_node_error(struct conf_reader *r, const struct conf_node *node, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

#endif
