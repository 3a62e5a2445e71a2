/*
 * notice: what a trap or inform says: its kind by name, the interface that it is about, what it means for us.
 *
 * Runs in the eyes process. Sources: RFC 1157, 3418, 2863, 3584 section 3 (v1's traps by v2's names), 1628; PowerNet-MIB, XUPS-MIB, MG-SNMP-UPS-MIB.
 */
#ifndef SANSANG_POLL_NOTICE_H
#define SANSANG_POLL_NOTICE_H

#include "agent/poll/message.h"

enum notice_meaning {
	NOTICE_OTHER,
	NOTICE_RESTART,
	NOTICE_LINK_DOWN,
	NOTICE_LINK_UP,
	NOTICE_AUTHENTICATION,
	NOTICE_ON_BATTERY,
	NOTICE_LOW_BATTERY,
	NOTICE_ON_MAINS
};

struct notice {
	unsigned long kind[MESSAGE_OID_MAX]; /* snmpTrapOID */
	size_t kind_len;
	int64_t interface;       /* ifIndex, -1: none told */
	char name[64];           /* ifName, else ifDescr, as told: any bytes but NUL; "" none */
	unsigned long alarm[16]; /* upsAlarmDescr */
	size_t alarm_len;
	uint8_t agent[4]; /* v1: who it was; zeros: not told */
};

void notice_clear(struct notice *n);
/* Takes of each varbind what it tells. */
void notice_put(struct notice *n, const struct varbind *v);
/* A whole v1 trap; its community. -EBADMSG. */
int notice_read_v1(const void *data, size_t len, struct notice *n, const uint8_t **community, size_t *community_len);
enum notice_meaning notice_meaning(const struct notice *n);
/* "linkDown", or its number. Gives `out`. */
const char *notice_name(const struct notice *n, char *out, size_t size);

#endif
