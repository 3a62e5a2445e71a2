/* rules: what the witness keeps after its start (common/sandbox.h): connections to the mail server, and the folder of its memory. */
#ifndef SANSANG_WITNESS_RULES_H
#define SANSANG_WITNESS_RULES_H

#include "agent/config.h"

/* Makes <state_dir>/witness. 0 or -errno, logged. */
int rules_enter_witness(const struct agent_config *c);

#endif
