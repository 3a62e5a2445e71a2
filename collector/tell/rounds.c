#include "collector/tell/rounds.h"

#include "collector/tell/digest.h"
#include "collector/tell/escalate.h"
#include "collector/tell/storm.h"

static bool is_due(int64_t at, int64_t now_ms)
{
	return at >= 0 && at <= now_ms;
}

static int finish(const struct desk *d, int status)
{
	if (!status)
		return outbox_commit(d->outbox, 0);
	outbox_rollback(d->outbox);
	return status;
}

int rounds_make(const struct desk *d, int64_t now_ms)
{
	int status;

	if (!is_due(escalate_due(d), now_ms) && !is_due(digest_due(d, now_ms), now_ms) && !is_due(storm_due(d), now_ms))
		return 0;
	status = outbox_begin(d->outbox);
	if (status)
		return status;
	status = escalate_tick(d, now_ms);
	if (!status)
		status = digest_tick(d, now_ms);
	if (!status)
		status = storm_tick(d, now_ms);
	return finish(d, status);
}

int rounds_again(const struct desk *d)
{
	int status = outbox_begin(d->outbox);

	return status ? status : finish(d, escalate_again(d));
}
