/*
 * scenario_people: user reports and drills, in the words of scenario_test.c, which includes this in its middle.
 *
 * WHAT:
 *   complaint ID SITE T WORDS                         at T was what it is about
 *   drill ID TARGET CAUSE T T CONTACT|none            planned from T to T
 *   drill-begin ID | drill-cancel ID | mail INCIDENT CONTACT (tell's word that the server took it)
 *   expect complaint ID FOUND [INCIDENT] | expect answer ID WORDS (part of the English one) | expect named ID SERVICE|none
 *   expect reports INCIDENT N (user reports that it explains) | expect slip INCIDENT WORDS|none (part of the Vietnamese fault slip)
 *   expect drill ID STATE [REASONS N] [detect MS] [mail MS] | expect reason ID WORDS (part of an English one)
 */

/* What state.db says. New reference. */
static json_t *people_body(struct play *p, const char *table, const char *id)
{
	char sql[80];
	sqlite3 *db;
	sqlite3_stmt *st;
	json_t *o = NULL;
	snprintf(sql, sizeof sql, "SELECT body FROM %s WHERE id = ?1", table);
	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		o = json_loads((const char *)sqlite3_column_text(st, 0), 0, NULL);
	sqlite3_finalize(st);
	sqlite3_close(db);
	CHECK(p, o, "no %s %s", table, id);
	return o;
}

static const char *people_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "none";
}

static void people_mail(struct play *p, char **w)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I}", "type", "mail", "incident", w[1], "kind", "open", "contact",
	        w[2], "at", (json_int_t)p->now);
	char *body = json_dumps(o, JSON_COMPACT);
	struct record r = {.kind = RECORD_CONCLUSION,
	        .node = "",
	        .key = "",
	        .body = (const uint8_t *)body,
	        .body_len = strlen(body)};
	give(p, &r);
	free(body);
	json_decref(o);
}

static bool people_perform(struct play *p, const struct event *e, char **w, unsigned count)
{
	if (!strcmp(w[0], "complaint")) {
		const char *words = strstr(e->text, w[3]) + strlen(w[3]);
		life_act(p, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "act", w[0], "by", "lan", "id", w[1], "site",
		                    w[2], "at", (json_int_t)time_of(p, w[3]), "words", words + strspn(words, " ")));
	} else if (!strcmp(w[0], "drill")) {
		json_t *o = json_pack("{s:s, s:s, s:s, s:[s], s:s, s:s, s:I, s:I, s:[]}", "act", w[0], "by", "lan",
		        "id", w[1], "targets", w[2], "cause", w[3], "what", "pull the cable", "from",
		        (json_int_t)time_of(p, w[4]), "until", (json_int_t)time_of(p, w[5]), "contacts");
		if (count > 6 && strcmp(w[6], "none"))
			json_array_append_new(json_object_get(o, "contacts"), json_string(w[6]));
		life_act(p, o);
	} else if (!strcmp(w[0], "drill-begin") || !strcmp(w[0], "drill-cancel")) {
		life_act(p, json_pack("{s:s, s:s, s:s}", "act", w[0], "by", "lan", "id", w[1]));
	} else if (!strcmp(w[0], "mail")) {
		people_mail(p, w);
	} else {
		return false;
	}
	return true;
}

static void expect_complaint(struct play *p, char **w, unsigned count)
{
	json_t *o = people_body(p, "complaint", w[0]);
	const char *found = people_text(o, "found"), *incident = people_text(o, "incident");
	CHECK(p, !strcmp(found, w[1]), "%s found %s, not %s: %s", w[0], found, w[1], people_text(o, "answer_en"));
	CHECK(p, count < 3 || !strcmp(incident, w[2]), "%s is explained by %s, not %s", w[0], incident, w[2]);
	json_decref(o);
}

static void expect_drill(struct play *p, char **w, unsigned count)
{
	json_t *o = people_body(p, "drill", w[0]), *sheet = json_object_get(o, "sheet");
	char *text = json_dumps(sheet, JSON_ENCODE_ANY);
	CHECK(p, !strcmp(people_text(o, "state"), w[1]), "%s is %s, not %s: %s", w[0], people_text(o, "state"), w[1],
	        text);
	for (unsigned k = 2; k + 1 < count; k += 2) {
		json_int_t is = !strcmp(w[k], "reasons")
		                        ? (json_int_t)json_array_size(json_object_get(sheet, "reasons"))
		                : !strcmp(w[k], "detect") ? json_integer_value(json_object_get(sheet, "detect_ms"))
		                                          : json_integer_value(json_object_get(sheet, "mail_ms"));
		CHECK(p, is == atoi(w[k + 1]), "%s of %s is %d, not %s: %s", w[k], w[0], (int)is, w[k + 1], text);
	}
	free(text);
	json_decref(o);
}

static void expect_reason(struct play *p, const char *id, const char *words)
{
	json_t *o = people_body(p, "drill", id), *reason;
	size_t index;
	bool found = false;
	json_array_foreach(json_object_get(json_object_get(o, "sheet"), "reasons"), index, reason)
	{
		found |= strstr(people_text(reason, "en"), words) != NULL;
	}
	json_array_foreach(found ? NULL : json_object_get(json_object_get(o, "sheet"), "reasons"), index, reason)
	        print_error("there is: %s\n", people_text(reason, "en"));
	CHECK(p, found, "the sheet of %s does not say: %s", id, words);
	json_decref(o);
}

static void expect_slip(struct play *p, const char *id, const char *words)
{
	const struct incident *i = incident_find(&p->judge.incidents, id);
	CHECK(p, i, "no incident %s", id);
	json_t *o = incident_json(i);
	char *text = slip_text(o, p->inv, NULL, false, p->now);
	bool says = strstr(text ? text : "none", words) != NULL;
	if (!says && text)
		fputs(text, stderr); /* longer than what print_error() shows */
	CHECK(p, says, "the slip of %s does not say \"%s\"", id, words);
	free(text);
	json_decref(o);
}

static bool people_expect(struct play *p, const struct event *e, char **w, unsigned count)
{
	const char *rest = count > 1 ? strstr(e->text, w[1]) + strlen(w[1]) : "";
	rest += strspn(rest, " ");
	if (!strcmp(w[0], "complaint")) {
		expect_complaint(p, w + 1, count - 1);
	} else if (!strcmp(w[0], "drill")) {
		expect_drill(p, w + 1, count - 1);
	} else if (!strcmp(w[0], "reason")) {
		expect_reason(p, w[1], rest);
	} else if (!strcmp(w[0], "slip")) {
		expect_slip(p, w[1], rest);
	} else if (!strcmp(w[0], "reports")) {
		const struct incident *i = incident_find(&p->judge.incidents, w[1]);
		CHECK(p, i, "no incident %s", w[1]);
		CHECK(p, (int)json_array_size(i->complaints) == atoi(w[2]), "%s explains %zu reports, not %s", w[1],
		        json_array_size(i->complaints), w[2]);
	} else if (!strcmp(w[0], "answer") || !strcmp(w[0], "named")) {
		json_t *o = people_body(p, "complaint", w[1]);
		const char *is = people_text(o, w[0][0] == 'a' ? "answer_en" : "service");
		CHECK(p, strstr(is, rest), "%s is %s, not %s", w[0], is, rest);
		json_decref(o);
	} else {
		return false;
	}
	return true;
}
