#include "agent/poll/varbinds.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

void varbind_of(const netsnmp_variable_list *n, struct varbind *v)
{
	*v = (struct varbind){.type = n->type, .oid = n->name, .oid_len = n->name_length, .len = n->val_len};
	switch (n->type) {
	case VARBIND_INTEGER:
		v->number = (uint64_t)*n->val.integer;
		v->len = 0;
		break;
	case VARBIND_COUNTER:
	case VARBIND_GAUGE:
	case VARBIND_TICKS:
		v->number = (uint64_t)*n->val.integer & UINT32_MAX;
		v->len = 0;
		break;
	case VARBIND_COUNTER64:
		v->number = (uint64_t)n->val.counter64->high << 32 | (n->val.counter64->low & UINT32_MAX);
		v->len = 0;
		break;
	case VARBIND_OID:
		v->name = n->val.objid;
		v->len = n->val_len / sizeof(oid);
		break;
	default:
		v->bytes = n->val.string;
	}
}
