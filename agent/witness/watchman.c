#include "agent/witness/watchman.h"

#include <string.h>

static bool anyone_told(const struct watchman *w, enum watchman_mail mail)
{
	for (unsigned i = 0; i < w->to_count; i++)
		if (w->told[i][mail])
			return true;
	return false;
}

static void silence_forget(struct watchman *w)
{
	w->lost_at = 0;
	w->due = w->unsure = false;
	memset(w->told, 0, sizeof(w->told));
}

void watchman_connected(struct watchman *w, int64_t now)
{
	if (!w->connected)
		w->heard_at = now;
	w->known = w->connected = true;
}

void watchman_lost(struct watchman *w, int64_t now)
{
	/* gone again before its return was told: the same silence goes on */
	if (!w->lost_at)
		w->lost_at = now;
	w->connected = false;
}

void watchman_way(struct watchman *w, enum watchman_way way, int64_t now)
{
	if (w->way == way)
		return;
	w->way = (uint8_t)way;
	w->way_at = now;
}

/* Since our own line is back the agent has had no time to connect again. */
static int64_t counted_from(const struct watchman *w)
{
	return w->way == WAY_WORKS && w->way_at > w->lost_at ? w->way_at : w->lost_at;
}

static int64_t due_at(const struct watchman *w)
{
	return w->way == WAY_DOWN ? w->lost_at + WATCHMAN_UNSURE_MS : counted_from(w) + w->after_ms;
}

static bool back_ended(const struct watchman *w)
{
	for (unsigned i = 0; i < w->to_count; i++)
		if (w->told[i][WATCHMAN_SILENT] && !w->told[i][WATCHMAN_BACK])
			return false;
	return true;
}

bool watchman_owed(struct watchman *w, int64_t now, unsigned *to, enum watchman_mail *mail)
{
	if (!w->known || !w->lost_at)
		return false;
	if (w->connected && now - w->heard_at >= WATCHMAN_STEADY_MS &&
	        (!anyone_told(w, WATCHMAN_SILENT) || back_ended(w))) {
		silence_forget(w);
		return false;
	}
	if (w->connected && now - w->heard_at < WATCHMAN_STEADY_MS)
		return false;
	if (!w->connected && !w->due && now >= due_at(w)) {
		w->due = true;
		w->unsure = w->way == WAY_DOWN;
	}
	if (!w->connected && !w->due)
		return false;
	*mail = w->connected ? WATCHMAN_BACK : WATCHMAN_SILENT;
	for (*to = 0; *to < w->to_count; (*to)++) {
		const bool *told = w->told[*to];

		if (!told[*mail] && (*mail == WATCHMAN_SILENT || told[WATCHMAN_SILENT]))
			return true;
	}
	return false;
}

void watchman_sent(struct watchman *w, unsigned to, enum watchman_mail mail)
{
	if (to < w->to_count)
		w->told[to][mail] = true;
}

int64_t watchman_wake_at(const struct watchman *w, int64_t now)
{
	int64_t at;

	if (!w->known || !w->lost_at)
		return -1;
	at = w->connected ? w->heard_at + WATCHMAN_STEADY_MS : due_at(w);
	if (at > now)
		return at;
	return w->connected ? now : -1;
}

json_t *watchman_json(const struct watchman *w, char *const *to)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < w->to_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:b, s:b}", "to", to[i], "silent",
		                                    w->told[i][WATCHMAN_SILENT], "back", w->told[i][WATCHMAN_BACK]));
	return json_pack("{s:b, s:b, s:I, s:b, s:b, s:o}", "known", w->known, "connected", w->connected, "lost_at",
	        (json_int_t)w->lost_at, "due", w->due, "unsure", w->unsure, "told", list);
}

void watchman_from_json(struct watchman *w, const json_t *o, char *const *to, int64_t now)
{
	const json_t *row;
	size_t k;

	w->known = json_is_true(json_object_get(o, "known"));
	w->lost_at = json_integer_value(json_object_get(o, "lost_at"));
	w->due = json_is_true(json_object_get(o, "due"));
	w->unsure = json_is_true(json_object_get(o, "unsure"));
	/* a clock that was wrong then or is now */
	if (w->lost_at < 0 || w->lost_at > now)
		w->lost_at = now;
	/* what happened while we were away is not known: from now on it is silent until the agent says otherwise */
	if (w->known && !w->lost_at)
		w->lost_at = now;
	json_array_foreach(json_object_get(o, "told"), k, row)
	{
		const char *name = json_string_value(json_object_get(row, "to"));

		for (unsigned i = 0; name && i < w->to_count; i++) {
			if (strcmp(to[i], name))
				continue;
			w->told[i][WATCHMAN_SILENT] = json_is_true(json_object_get(row, "silent"));
			w->told[i][WATCHMAN_BACK] = json_is_true(json_object_get(row, "back"));
		}
	}
}
