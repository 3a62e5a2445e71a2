/*
 * varbinds: net-snmp's varbinds, of which it makes v3's messages, as ours. Runs in the eyes process.
 */
#ifndef SANSANG_POLL_VARBINDS_H
#define SANSANG_POLL_VARBINDS_H

#include "agent/poll/walk.h"

struct variable_list; /* net-snmp's */

/* All but root and index_at; borrows. */
void varbind_of(const struct variable_list *n, struct varbind *v);

#endif
