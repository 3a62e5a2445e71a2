/* store_private: what store.c and load.c share. */
#ifndef SANSANG_JUDGE_STORE_PRIVATE_H
#define SANSANG_JUDGE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "collector/judge/store.h"

enum store_statement {
	PUT_META,
	PUT_NODE,
	PUT_CHECK,
	PUT_INTERVAL,
	PUT_HOUR,
	PUT_INCIDENT,
	PUT_ACT,
	PUT_TROUBLE,
	CLEAR_TROUBLES,
	PUT_CONCLUSION,
	NEXT_CONCLUSION,
	DROP_CONCLUSION,
	DROP_INTERVALS,
	DROP_HOURS,
	STATEMENT_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct buf scratch;
	uint32_t pruned; /* node whose old history was dropped last */
};

#define MEMORY_VERSION 1

#endif
