/*
 * model: what a piece of network gear says of itself by SNMP, as a device and not as OIDs.
 *
 * `model_asks` is all that may be asked: one row a column or scalar. A poll is: model_begin, a walk (walk.h) of model_roots with model_put as its on_varbind,
 * model_finish. A full poll asks for everything; a light one only for what changes by the minute and only what the last full poll
 * was answered (so a switch is not asked for a battery): make the first poll full, then one in many, and one after a poll that broke off.
 * What was told at a full poll (names, neighbours) is kept over the light ones that follow. Memory is bounded whatever a device
 * tells; none is taken for a varbind but the first time that a thing is seen.
 *
 * Runs in the eyes process and in the command snmp. Nothing here touches net-snmp but the OID's element (its `oid` is
 * an unsigned long). Sources: RFC 3418, 2863, 2790, 1628, IEEE 802.1AB (LLDP-MIB), CISCO-CDP-MIB, PowerNet-MIB,
 * XUPS-MIB, MG-SNMP-UPS-MIB, UCD-SNMP-MIB, RFC 6933 and 3433 (ENTITY, ENTITY-SENSOR).
 */
#ifndef SANSANG_MODEL_H
#define SANSANG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/poll/text.h"
#include "agent/poll/walk.h"

#define MODEL_UNKNOWN INT64_MIN /* as METRIC_UNKNOWN */
#define MODEL_ROOT_MAX 16       /* elements of a row's OID */
#define MODEL_ASKS_MAX 160      /* rows: notes of each fit in arrays of so many */

enum model_period {
	MODEL_EVERY, /* counters, states, battery: every poll */
	MODEL_SLOW,  /* names, neighbours, speeds: full polls only */
};

struct model_ask {
	const char *name;                   /* "ifHCInOctets" */
	unsigned long root[MODEL_ROOT_MAX]; /* without the instance */
	uint8_t root_len, table;            /* as in struct walk_root */
	uint8_t period;
	uint8_t thing, field; /* oids.h: where it is kept */
};

extern const struct model_ask model_asks[];
extern const size_t model_asks_count;

#define IFACE_FIELDS 26
struct model_interface {
	int64_t index;
	const char *name; /* printable UTF-8, never NULL: ifName, else ifDescr, else the number */
	struct model_text if_name, descr, alias, mac;
	int64_t type;        /* ifType, 6 is Ethernet */
	int64_t speed_bps;   /* unknown where ifHighSpeed is 0 and ifSpeed is not told */
	int64_t admin, oper; /* 1 up, 2 down, ... as in IF-MIB */
	int64_t in_octets, out_octets, in_packets, out_packets;   /* counters */
	int64_t in_errors, out_errors, in_discards, out_discards; /* counters of 32 bits */
	int counter_bits;                                         /* of the octets: 64, 32, 0 where there are none */
	int packet_bits;                                          /* of the packets, likewise */
	int64_t discontinuity_ticks, last_change_ticks;           /* on the clock of sysUpTime, hundredths */
	int64_t raw[IFACE_FIELDS];                                /* as told, by enum interface_field of oids.h */
};

struct model_neighbour {
	const char *protocol; /* "lldp", "cdp" */
	int64_t local_number; /* the device's own number of its port; unknown where it answers with a shortened index */
	struct model_text local_port; /* what the device calls its port; data NULL where it does not tell */
	int64_t local_index;          /* ifIndex of that interface, and its name; unknown and NULL where it is none */
	const char *local_name;
	struct model_text chassis, port,
	        system; /* a MAC or an address as people write it, else the device's own words */
	struct model_text port_descr;
	struct neighbour_key {
		uint8_t table, len;
		uint32_t index[4];
	} key;
	int64_t chassis_kind, port_kind; /* the subtypes, as told */
};

struct model_ups {
	const char *source;     /* "UPS-MIB", "PowerNet-MIB", "XUPS-MIB", "MG-SNMP-UPS-MIB"; NULL: it is no UPS */
	int64_t battery_status; /* as upsBatteryStatus: 1 unknown, 2 normal, 3 low, 4 depleted */
	int64_t charge_pct, runtime_s, load_pct;
	int on_battery;                          /* 1, 0, -1 unknown */
	int64_t input_dv, output_dv, battery_dv; /* tenths of a volt */
	int64_t temperature_c;
};

struct model_system {
	struct model_text name, descr, location;
	char object_id[128];  /* "1.3.6.1.4.1.9.1.1208", "" when not told */
	int64_t uptime_ticks; /* sysUpTime: of the SNMP program, wraps after 497 days */
	int64_t host_ticks;   /* hrSystemUptime */
	int64_t engine_s;     /* snmpEngineTime: wraps only after 68 years */
	int64_t uptime_s; /* seconds of sysUpTime, lifted over its wraps where snmpEngineTime or hrSystemUptime tell */
	int64_t cpu_pct;  /* mean of its processors */
	int64_t memory_used_pct; /* tenths of a per cent */
	int64_t temperature_c;   /* of its hottest sensor */
};

struct model {
	struct model_system system;
	struct model_ups ups;
	struct model_interface *interfaces; /* owned, by rising index */
	struct model_neighbour *neighbours; /* owned, in the device's order, protocols apart */
	size_t interface_count, neighbour_count;
	bool full;     /* this poll asks for the slow things too */
	bool stranger; /* a light poll met an interface without a name, or missed one: make the next poll a full one */
	uint64_t refused;        /* varbinds that were of no use: unknown OID, wrong type, too many */
	struct model_work *work; /* owned; model.c's */
};

struct model *model_new(void);
/* A new poll: what every poll asks is forgotten; with `full` all is (names, texts and neighbours too). */
void model_begin(struct model *m, bool full);
/* What to ask in this poll. Borrowed until the next model_begin. */
const struct walk_root *model_roots(struct model *m, size_t *count);
/* `v->root`: which of model_roots. What is of no use (wrong type, strange index, too many) is counted in `refused`. */
void model_put(struct model *m, const struct varbind *v);
/* Derives speeds, widths, names, neighbours' ports, the UPS. */
void model_finish(struct model *m);
void model_free(struct model *m);

/* The row of model_asks that an OID belongs to, -1: none. */
int model_ask_of(const unsigned long *oid, size_t len);
/* Gives. */
json_t *model_neighbour_json(const struct model_neighbour *n);
/* The neighbours as the JSON list of the command snmp (gives; compact; free()). At most `limit` bytes: what does not fit is left out. */
char *model_neighbours_json(const struct model *m, size_t limit);

#endif
