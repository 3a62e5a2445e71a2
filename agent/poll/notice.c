#include "agent/poll/notice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_MAX 14

/* Kinds without their zeros: a v1 trap's number has one before its last, by RFC 3584, where some v2 ones have none. */
static const struct kind {
	const char *name;
	enum notice_meaning meaning;
	uint8_t len;
	unsigned long oid[PREFIX_MAX];
} kinds[] = {
#define KIND(name, meaning, ...)                                                                                       \
	{                                                                                                              \
		name, meaning, sizeof((unsigned long[]){__VA_ARGS__}) / sizeof(unsigned long),                         \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
        KIND("coldStart", NOTICE_RESTART, 1, 3, 6, 1, 6, 3, 1, 1, 5, 1),
        KIND("warmStart", NOTICE_RESTART, 1, 3, 6, 1, 6, 3, 1, 1, 5, 2),
        KIND("linkDown", NOTICE_LINK_DOWN, 1, 3, 6, 1, 6, 3, 1, 1, 5, 3),
        KIND("linkUp", NOTICE_LINK_UP, 1, 3, 6, 1, 6, 3, 1, 1, 5, 4),
        KIND("authenticationFailure", NOTICE_AUTHENTICATION, 1, 3, 6, 1, 6, 3, 1, 1, 5, 5),
        KIND("egpNeighborLoss", NOTICE_OTHER, 1, 3, 6, 1, 6, 3, 1, 1, 5, 6),
        KIND("upsTrapOnBattery", NOTICE_ON_BATTERY, 1, 3, 6, 1, 2, 1, 33, 2, 1),
        KIND("upsTrapTestCompleted", NOTICE_OTHER, 1, 3, 6, 1, 2, 1, 33, 2, 2),
        KIND("upsTrapAlarmEntryAdded", NOTICE_OTHER, 1, 3, 6, 1, 2, 1, 33, 2, 3),
        KIND("upsTrapAlarmEntryRemoved", NOTICE_OTHER, 1, 3, 6, 1, 2, 1, 33, 2, 4),
        KIND("upsOnBattery", NOTICE_ON_BATTERY, 1, 3, 6, 1, 4, 1, 318, 5),
        KIND("lowBattery", NOTICE_LOW_BATTERY, 1, 3, 6, 1, 4, 1, 318, 7),
        KIND("powerRestored", NOTICE_ON_MAINS, 1, 3, 6, 1, 4, 1, 318, 9),
        KIND("returnFromLowBattery", NOTICE_OTHER, 1, 3, 6, 1, 4, 1, 318, 11),
        KIND("xupstdOnBattery", NOTICE_ON_BATTERY, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 1, 3),
        KIND("xupstdLowBattery", NOTICE_LOW_BATTERY, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 1, 4),
        KIND("xupstdUtilityPowerRestored", NOTICE_ON_MAINS, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 1, 5),
        KIND("xupstpOnBattery", NOTICE_ON_BATTERY, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 2, 3),
        KIND("xupstpLowBattery", NOTICE_LOW_BATTERY, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 2, 4),
        KIND("xupstpUtilityPowerRestored", NOTICE_ON_MAINS, 1, 3, 6, 1, 4, 1, 534, 1, 11, 4, 2, 5),
        KIND("upsmgOnBattery", NOTICE_ON_BATTERY, 1, 3, 6, 1, 4, 1, 705, 1, 11, 11),
        KIND("upsmgReturnFromBattery", NOTICE_ON_MAINS, 1, 3, 6, 1, 4, 1, 705, 1, 11, 12),
};

static const unsigned long trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const unsigned long if_index[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 1};
static const unsigned long if_descr[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 2};
static const unsigned long if_name[] = {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1};
static const unsigned long ups_alarm[] = {1, 3, 6, 1, 2, 1, 33, 1, 6, 2, 1, 2};
/* What the alarm entry is of (RFC 1628 upsWellKnownAlarms): 2 on battery, 3 low. */
static const unsigned long ups_known[] = {1, 3, 6, 1, 2, 1, 33, 1, 6, 3};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UNDER(oid, len, root) ((len) >= COUNT(root) && !memcmp(oid, root, sizeof(root)))

void notice_clear(struct notice *n)
{
	memset(n, 0, sizeof(*n));
	n->interface = -1;
}

void notice_put(struct notice *n, const struct varbind *v)
{
	if (v->type == VARBIND_OID && v->len && v->oid_len == COUNT(trap_oid) && UNDER(v->oid, v->oid_len, trap_oid)) {
		n->kind_len = v->len < MESSAGE_OID_MAX ? v->len : MESSAGE_OID_MAX;
		memcpy(n->kind, v->name, n->kind_len * sizeof(n->kind[0]));
	} else if (v->type == VARBIND_INTEGER && UNDER(v->oid, v->oid_len, if_index)) {
		n->interface = (int64_t)v->number;
	} else if (v->type == VARBIND_BYTES && v->len && v->len < sizeof(n->name) && !memchr(v->bytes, 0, v->len) &&
	           (UNDER(v->oid, v->oid_len, if_name) || (UNDER(v->oid, v->oid_len, if_descr) && !n->name[0]))) {
		memset(n->name, 0, sizeof(n->name));
		memcpy(n->name, v->bytes, v->len);
	} else if (v->type == VARBIND_OID && v->len && v->len <= COUNT(n->alarm) &&
	           UNDER(v->oid, v->oid_len, ups_alarm)) {
		n->alarm_len = v->len;
		memcpy(n->alarm, v->name, v->len * sizeof(n->alarm[0]));
	}
	/* linkDown names its interface in the index of any column of ifTable */
	if (n->interface < 0 && v->oid_len == COUNT(if_index) + 1 &&
	        !memcmp(v->oid, if_index, sizeof(if_index) - sizeof(if_index[0])))
		n->interface = (int64_t)v->oid[COUNT(if_index)];
}

/* ---- v1 ---- */

static void kind_of_v1(struct notice *n, const struct varbind *enterprise, int64_t generic, int64_t specific)
{
	static const unsigned long standard[] = {1, 3, 6, 1, 6, 3, 1, 1, 5};
	bool own = generic == 6;

	n->kind_len = own ? enterprise->len : COUNT(standard);
	memcpy(n->kind, own ? enterprise->name : standard, n->kind_len * sizeof(n->kind[0]));
	if (own)
		n->kind[n->kind_len++] = 0;
	n->kind[n->kind_len++] = (unsigned long)(own ? specific : generic + 1);
}

int notice_read_v1(const void *data, size_t len, struct notice *n, const uint8_t **community, size_t *community_len)
{
	struct message_trap_v1 trap;
	struct message_room room = {0};
	struct varbind v;
	int status;

	notice_clear(n);
	status = message_trap_v1_read(data, len, &room, &trap);
	if (status || trap.generic < 0 || trap.generic > 6 || trap.enterprise.len > MESSAGE_OID_MAX - 2)
		return -EBADMSG;
	*community = trap.community;
	*community_len = trap.community_len;
	memcpy(n->agent, trap.agent, sizeof(n->agent));
	kind_of_v1(n, &trap.enterprise, trap.generic, trap.specific);
	while (message_next(&trap.varbinds, &room, &v))
		notice_put(n, &v);
	return trap.varbinds.failed ? -EBADMSG : 0;
}

/* ---- meaning ---- */

static const struct kind *kind_known(const struct notice *n)
{
	unsigned long plain[PREFIX_MAX] = {0};
	size_t len = 0;

	for (size_t i = 0; i < n->kind_len; i++) {
		if (!n->kind[i])
			continue;
		if (len == PREFIX_MAX)
			return NULL;
		plain[len++] = n->kind[i];
	}
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].len == len && !memcmp(kinds[i].oid, plain, len * sizeof(plain[0])))
			return &kinds[i];
	return NULL;
}

enum notice_meaning notice_meaning(const struct notice *n)
{
	const struct kind *k = kind_known(n);
	unsigned long which;

	if (!k || !n->alarm_len || strncmp(k->name, "upsTrapAlarmEntry", 17))
		return k ? k->meaning : NOTICE_OTHER;
	if (n->alarm_len != COUNT(ups_known) + 1 || !UNDER(n->alarm, n->alarm_len, ups_known))
		return NOTICE_OTHER;
	which = n->alarm[COUNT(ups_known)];
	if (!strcmp(k->name, "upsTrapAlarmEntryRemoved"))
		return which == 2 ? NOTICE_ON_MAINS : NOTICE_OTHER;
	return which == 2 ? NOTICE_ON_BATTERY : which == 3 ? NOTICE_LOW_BATTERY : NOTICE_OTHER;
}

const char *notice_name(const struct notice *n, char *out, size_t size)
{
	const struct kind *k = kind_known(n);
	size_t at = 0;

	snprintf(out, size, "%s", k ? k->name : "trap");
	for (size_t i = 0; !k && i < n->kind_len && at + 12 < size; i++)
		at += (size_t)snprintf(out + at, size - at, i ? ".%lu" : "%lu", n->kind[i]);
	return out;
}
