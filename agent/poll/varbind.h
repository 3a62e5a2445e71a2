/*
 * varbind: one value that a device told, already taken out of its message.
 */
#ifndef SANSANG_VARBIND_H
#define SANSANG_VARBIND_H

#include <stddef.h>
#include <stdint.h>

/* ASN.1 tags of RFC 2578 and 3416. */
enum varbind_type {
	VARBIND_INTEGER = 0x02,
	VARBIND_BYTES = 0x04,
	VARBIND_OID = 0x06,
	VARBIND_ADDRESS = 0x40, /* IpAddress, 4 bytes */
	VARBIND_COUNTER = 0x41,
	VARBIND_GAUGE = 0x42,
	VARBIND_TICKS = 0x43,
	VARBIND_OPAQUE = 0x44,
	VARBIND_COUNTER64 = 0x46,
};

/* All pointers are borrowed for the call only. Exceptions (noSuchInstance, endOfMibView) are not handed on. */
struct varbind {
	const unsigned long *oid;
	size_t oid_len;
	uint8_t type;                /* of enum varbind_type */
	int64_t number;              /* of INTEGER (signed), COUNTER, GAUGE, TICKS, COUNTER64 (its low 63 bits) */
	const uint8_t *bytes;        /* of BYTES, ADDRESS and OPAQUE: not NUL-terminated; else NULL */
	size_t len;                  /* of bytes, or elements of object */
	const unsigned long *object; /* of OID; else NULL */
};

#endif
