/*
 * look_request: the words after `sansang-agent probe`, understood.
 *
 * What is wrong is said on standard error with what was expected. Options are rows of a table that says which kinds
 * of probe take them.
 */
#ifndef SANSANG_LOOK_REQUEST_H
#define SANSANG_LOOK_REQUEST_H

#include "agent/probe/prober.h"

struct look_request {
	struct check_spec spec; /* its options' texts are owned by the request */
	char *target;           /* as it is shown; owned */
	bool json, help;        /* help: the usage was printed, nothing is to be done */
};

/* 0, or 2 for wrong use. look_request_free() either way. */
int look_request_read(struct look_request *q, int argc, char **argv);
void look_request_free(struct look_request *q);

#endif
