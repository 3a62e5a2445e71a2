/*
 * kept: what a model holds while it is fed, and the makers of each part of it. Private to agent/poll's model.
 *
 * The *_put take one value of a row; the *_finish derive what model.h promises. Numbers that nobody told are MODEL_UNKNOWN.
 */
#ifndef SANSANG_KEPT_H
#define SANSANG_KEPT_H

#include "agent/poll/model.h"
#include "agent/poll/oids.h"

#define INTERFACES_MAX 4096
#define NEIGHBOURS_MAX 512
#define PORTS_MAX 1024
#define STORAGES_MAX 64
#define SENSORS_MAX 256

struct port {
	uint32_t number;
	int64_t kind;
	struct model_text id, descr;
};

struct indexed_row {
	uint32_t index;
	int64_t values[SENSOR_FIELDS];
};
_Static_assert((int)STORAGE_FIELDS <= (int)SENSOR_FIELDS, "one row for both");

/* Rows of a small table by rising index, grown on demand. */
struct indexed {
	struct indexed_row *rows; /* owned */
	size_t count, capacity;
};

struct model_work {
	struct walk_root roots[MODEL_ASKS_MAX];
	uint8_t asks[MODEL_ASKS_MAX]; /* of each root: its row of model_asks */
	size_t root_count;
	bool answered[MODEL_ASKS_MAX]; /* by row: since the last full poll began */
	bool narrow;                   /* an interface has no wide counters */
	bool known;                    /* there was a full poll */

	int64_t figures[FIGURE_COUNT];
	unsigned summed[FIGURE_COUNT];
	struct indexed storages, sensors;

	size_t interface_capacity, interface_at, neighbour_capacity, neighbour_at;
	struct port *ports; /* owned */
	size_t port_count, port_capacity, port_at;
	struct text_pool texts;
};

/* The value as a number; false when it is none. */
bool varbind_number(const struct varbind *v, int64_t *number);
/* The only element of the row's index; false when there are more. */
bool varbind_index(const struct varbind *v, uint32_t *index);
/* The octets, kept; false when it has none. */
bool varbind_text(const struct varbind *v, struct text_pool *pool, struct model_text *text);
/* `value` unless it is unknown or beyond what is possible. */
int64_t figure_within(int64_t value, int64_t least, int64_t most);

/* All puts: false when the value is of no use. */
bool interface_put(struct model *m, const struct model_ask *ask, const struct varbind *v);
/* Before a poll: what will be asked is forgotten. */
void interfaces_begin(struct model *m);
void interfaces_finish(struct model *m);
struct model_interface *interface_find(const struct model *m, int64_t index);

bool port_put(struct model *m, const struct model_ask *ask, const struct varbind *v);
bool neighbour_put(struct model *m, const struct model_ask *ask, const struct varbind *v);
void neighbours_finish(struct model *m);

/* Before a poll: the column that will be asked is forgotten. */
void indexed_begin(struct indexed *table, unsigned field);
bool indexed_put(struct indexed *table, size_t most, unsigned field, const struct varbind *v);
void vitals_finish(struct model *m);
void ups_finish(struct model *m);

#endif
