/*
 * scenario_life: what people do about incidents, and what becomes of them, in the words of scenario_test.c, which includes this in its middle.
 *
 * WHAT:
 *   comment ID WORDS | ticket ID NUMBER | merge ID INTO | close ID WORDS | force ID WORDS (closed whatever is down)
 *   maintenance ID TARGET T T | maintenance-end ID | cut ID TARGET T T approved|unapproved     T may be of the day after, as ever
 *   expect life ID [excused E|none] [reopened N] [detected T] [closed BY|none] [comments N] [tickets N] [acked BY] [how WORD]
 *   expect said ID CHANGE N (conclusions with that change) | expect lost ID SERVICE N
 *   expect excused-all yes (every incident there is)
 *   expect remembered N (incidents in memory)
 */

static void life_act(struct play *p, json_t *o)
{
	char *body = json_dumps(o, JSON_COMPACT);
	struct record r = {
	        .kind = RECORD_ACT, .node = "", .key = "", .body = (const uint8_t *)body, .body_len = strlen(body)};
	give(p, &r);
	free(body);
	json_decref(o);
}

static json_t *life_excuse(struct play *p, char **w)
{
	return json_pack("{s:s, s:[s], s:I, s:I, s:s}", "id", w[0], "targets", w[1], "from",
	        (json_int_t)time_of(p, w[2]), "until", (json_int_t)time_of(p, w[3]), "reason", "planned");
}

static bool life_perform(struct play *p, const struct event *e, char **w, unsigned count)
{
	static const char *const on_incident[] = {"comment", "ticket", "close", "force", "merge"};
	const char *rest = count > 1 ? strstr(e->text, w[1]) + strlen(w[1]) : "";
	rest += strspn(rest, " ");
	for (size_t k = 0; k < sizeof on_incident / sizeof on_incident[0]; k++) {
		if (strcmp(w[0], on_incident[k]))
			continue;
		bool force = !strcmp(w[0], "force");
		life_act(p, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "act", force ? "close" : w[0], "by", "lan",
		                    "target", w[1], "text", rest, "into", count > 2 ? w[2] : "", "forced", (int)force,
		                    "door", "web"));
		return true;
	}
	if (!strcmp(w[0], "maintenance-end"))
		life_act(p, json_pack("{s:s, s:s, s:s}", "act", w[0], "by", "lan", "target", w[1]));
	else if (!strcmp(w[0], "maintenance"))
		life_act(p, json_pack("{s:s, s:s, s:s, s:o}", "act", w[0], "by", "lan", "target", w[1], "excuse",
		                    life_excuse(p, w + 1)));
	else if (!strcmp(w[0], "cut")) {
		json_t *o = life_excuse(p, w + 1);
		json_object_set_new(o, "approved", json_boolean(!strcmp(w[5], "approved")));
		life_act(p, json_pack("{s:s, s:s, s:s, s:[o]}", "act", "planned-cuts", "by", "chief", "target",
		                    "planned-cuts", "excuses", o));
	} else
		return false;
	return true;
}

static void expect_life(struct play *p, char **w, unsigned count)
{
	const struct incident *i = incident_find(&p->judge.incidents, w[0]);
	CHECK(p, i, "no incident %s", w[0]);
	for (unsigned k = 1; k + 1 < count; k += 2) {
		char is[200] = "none", wanted[200];
		snprintf(wanted, sizeof wanted, "%s", w[k + 1]);
		if (!strcmp(w[k], "excused") && i->excused)
			snprintf(is, sizeof is, "%s", i->excused);
		else if (!strcmp(w[k], "closed") && i->closed_by)
			snprintf(is, sizeof is, "%s", i->closed_by);
		else if (!strcmp(w[k], "acked") && i->acked_by)
			snprintf(is, sizeof is, "%s", i->acked_by);
		else if (!strcmp(w[k], "how") && i->acked_how)
			snprintf(is, sizeof is, "%s", i->acked_how);
		else if (!strcmp(w[k], "reopened"))
			snprintf(is, sizeof is, "%u", i->reopened);
		else if (!strcmp(w[k], "comments"))
			snprintf(is, sizeof is, "%zu", json_array_size(i->comments));
		else if (!strcmp(w[k], "tickets"))
			snprintf(is, sizeof is, "%zu", json_array_size(i->tickets));
		else if (!strcmp(w[k], "detected")) {
			snprintf(is, sizeof is, "%lld", (long long)i->detected_at / 1000);
			snprintf(wanted, sizeof wanted, "%lld", (long long)time_of(p, w[k + 1]) / 1000);
		}
		CHECK(p, !strcmp(is, wanted), "%s of %s is %s, not %s", w[k], i->id, is, wanted);
	}
}

static void expect_said(struct play *p, char **w)
{
	char prefix[300];
	int count = 0;
	snprintf(prefix, sizeof prefix, "incident/%s/%s/", w[0], w[1]);
	for (unsigned k = 0; k < p->conclusions && k < 4096; k++)
		count += !strncmp(p->keys[k], prefix, strlen(prefix));
	CHECK(p, count == atoi(w[2]), "\"%s\" was said of %s %d times, not %s", w[1], w[0], count, w[2]);
}

static void expect_lost(struct play *p, char **w)
{
	const struct incident *i = incident_find(&p->judge.incidents, w[0]);
	CHECK(p, i, "no incident %s", w[0]);
	json_int_t is = json_integer_value(json_object_get(i->minutes_lost, w[1]));
	CHECK(p, is == atoi(w[2]), "%s lost %d minutes of %s, not %s", w[0], (int)is, w[1], w[2]);
}

/* What the judge's excuses are for that check, as availability.h counts them. */
static size_t life_excused(struct play *p, const struct judge_check *c, struct excused *out, size_t max)
{
	size_t count = 0;
	for (size_t k = 0; k < p->judge.excuses.count && count < max; k++) {
		const struct excuse *e = p->judge.excuses.all[k];
		if (e->approved && excuse_covers(e, p->inv, c, e->from))
			out[count++] = (struct excused){e->from, e->until};
	}
	return count;
}

static bool life_expect(struct play *p, char **w, unsigned count)
{
	if (!strcmp(w[0], "life"))
		expect_life(p, w + 1, count - 1);
	else if (!strcmp(w[0], "said"))
		expect_said(p, w + 1);
	else if (!strcmp(w[0], "lost"))
		expect_lost(p, w + 1);
	else if (!strcmp(w[0], "excused-all")) {
		for (size_t k = 0; k < p->judge.incidents.count; k++)
			CHECK(p, p->judge.incidents.all[k]->excused, "%s is not excused",
			        p->judge.incidents.all[k]->id);
	} else if (!strcmp(w[0], "remembered"))
		CHECK(p, p->judge.incidents.count == (size_t)atoi(w[1]), "%zu incidents are in memory, not %s",
		        p->judge.incidents.count, w[1]);
	else
		return false;
	return true;
}
