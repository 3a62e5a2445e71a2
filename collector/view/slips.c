#include <stdlib.h>

#include "collector/judge/slip.h"
#include "collector/view/view_private.h"
#include "common/clock.h"

json_t *view_slip(struct view *v, const char *id, bool english, const char **why)
{
	json_t *incident = v->inv ? incident_body(v, id) : NULL;
	char *text = incident ? slip_text(incident, v->inv, v->zone, english, clock_wall_ms()) : NULL;
	json_t *o = text ? json_pack("{s:s, s:s, s:s}", "incident", id, "language", english ? "en" : "vi", "text", text)
	                 : NULL;
	*why = incident ? "sự cố này không phải lỗi kênh truyền, không cần phiếu báo hỏng / no line is at fault: there "
	                  "is nothing to "
	                  "tell a carrier"
	                : "không có sự cố này / no such incident";
	json_decref(incident);
	free(text);
	return o;
}
