#include "collector/tell/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

static void cause_row(const struct scene *s, struct page *p, enum word label, const char *cause, const char *confidence)
{
	const char *words = scene_cause(s, cause);
	bool known = confidence && strcmp(cause, "unknown");
	char *text =
	        words && known ? mem_printf("%s (%s)", words, word_of_key(confidence, s->language)) : mem_str(words);

	page_add(p, PART_ROW, scene_word(s, label), text);
	free(text);
}

void verdict_add_rows(const struct scene *s, struct page *p)
{
	const json_t *o = s->incident, *disputed = json_object_get(o, "disputed");
	const char *first = scene_text(o, "cause"), *now = scene_text(o, "cause_now"),
	           *final = scene_text(o, "final_cause");
	const char *known = final ? final : now ? now : first;
	const char *confidence = scene_text(o, "confidence"), *responsible = scene_text(o, "responsible");
	bool changed = known && first && strcmp(known, first);

	if (known)
		cause_row(s, p, final && changed ? WORD_FINAL_CAUSE : WORD_CAUSE, known,
		        confidence ? confidence : "unclear");
	if (confidence && strcmp(confidence, "certain"))
		page_add(p, PART_ROW, scene_word(s, WORD_MAYBE), scene_cause(s, scene_text(o, "runner_up")));
	page_add(p, PART_ROW, scene_word(s, WORD_DISPUTED), json_is_object(disputed) ? scene_said(s, disputed) : NULL);
	if (changed)
		cause_row(s, p, WORD_FIRST_CAUSE, first, scene_text(o, "first_confidence"));
	page_add(p, PART_ROW, scene_word(s, WORD_WHY_CHANGED), scene_text_in(s, o, "why_final"));
	if (responsible)
		page_add(p, PART_ROW, scene_word(s, WORD_RESPONSIBLE), word_of_key(responsible, s->language));
}

/* "không phải mất điện tại địa điểm: máy chủ vẫn chạy suốt" */
void verdict_add_ruled_out(const struct scene *s, struct page *p)
{
	const json_t *out = json_object_get(s->incident, "ruled_out");
	size_t i;
	json_t *one;

	if (json_array_size(out))
		page_add(p, PART_HEADING, NULL, scene_word(s, WORD_RULED_OUT));
	json_array_foreach((json_t *)out, i, one)
	{
		const char *cause = scene_cause(s, scene_text(one, "cause")), *by = scene_said(s, one);
		char *text = mem_printf(
		        "%s %s%s%s", scene_word(s, WORD_NOT), cause ? cause : "?", by ? ": " : "", by ? by : "");

		page_add(p, PART_ITEM, NULL, text);
		free(text);
	}
}
