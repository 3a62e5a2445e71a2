#include "collector/judge/explain.h"

#include <stdint.h>

#define LINE (EXPLAINED_BY_CUT | EXPLAINED_BY_BAD_LINE | EXPLAINED_BY_WORSE_LINE)

static const uint8_t by[REASON_COUNT] = {
        [REASON_OK] = LINE | EXPLAINED_BY_HOLE, /* not told */
        [REASON_TIMEOUT] = LINE,                /* what opens a connection is small */
        [REASON_UNREACHABLE] = LINE,
        [REASON_DNS] = LINE | EXPLAINED_BY_NAMES,
        [REASON_NO_NAME] = EXPLAINED_BY_NAMES,
        [REASON_SERVER_FAILURE] = EXPLAINED_BY_NAMES,
        [REASON_RESET] = EXPLAINED_BY_CUT | EXPLAINED_BY_WORSE_LINE | EXPLAINED_BY_HOLE,
        [REASON_TLS] = EXPLAINED_BY_CUT | EXPLAINED_BY_WORSE_LINE | EXPLAINED_BY_HOLE | EXPLAINED_BY_CLOCK,
        [REASON_HUNG] = EXPLAINED_BY_CUT | EXPLAINED_BY_WORSE_LINE | EXPLAINED_BY_HOLE,
        [REASON_LOCAL] = LINE,
        [REASON_PROTOCOL] = EXPLAINED_BY_CUT,
        [REASON_PROHIBITED] = EXPLAINED_BY_CUT,
        [REASON_CERTIFICATE] = EXPLAINED_BY_CLOCK,
        [REASON_EXPIRED] = EXPLAINED_BY_CLOCK,
        [REASON_AUTHENTICATION] = EXPLAINED_BY_CLOCK,
        [REASON_UNSYNCHRONISED] = 0,
};

bool explain_reason(int reason, enum explanation what)
{
	return reason >= 0 && reason < REASON_COUNT && (by[reason] & what);
}
