#include "collector/web/turn.h"

bool turn_body_is_safe(struct lws *wsi)
{
	/* 0: some connection has input stashed and could go on with it at once; only those that did not wait have */
	return lws_service_adjust_timeout(lws_get_context(wsi), 1, 0) != 0;
}
