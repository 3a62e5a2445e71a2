#include "collector/tell/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/list_letter.h"
#include "collector/tell/outbox_private.h"
#include "common/mail/mime.h"
#include "common/memory.h"

/* False when an id is longer than any of ours. */
static bool mark_of(
        const char *incident, size_t incident_len, const char *contact, int64_t created_at, struct ackmark *m)
{
	*m = (struct ackmark){.expires_at = (created_at + ACKMARK_LIFE_MS) / 1000 * 1000};
	if (incident_len >= sizeof(m->incident) || strlen(contact) >= sizeof(m->contact))
		return false;
	memcpy(m->incident, incident, incident_len);
	strcpy(m->contact, contact);
	return true;
}

/* `name` is "KIND.INCIDENT.CONTACT"; `m` NULL: without a tag. */
static void id_make(const uint8_t *key, const char *name, const struct ackmark *m, const char *from, struct buf *out)
{
	char tag[ACKMARK_TAG_SIZE] = "";
	char *text;

	if (m)
		ackmark_tag(key, m, tag);
	text = mem_printf("%s%s%s", name, *tag ? "." : "", tag);
	mime_message_id(out, text, from);
	buf_put_u8(out, 0);
	free(text);
}

/* When the mail of that name was owed; -1: it is not there (any more). */
static int64_t created_at_of(struct outbox *o, const char *name, const char *contact)
{
	return outbox_number(
	        outbox_query(o,
	                "SELECT created_at FROM outbox WHERE contact = ?1 AND kind || '.' || incident || '.' "
	                "|| contact = ?2",
	                "ss", contact, name),
	        -1);
}

static void opening_make(
        struct outbox *o, const uint8_t *key, const struct outbox_row *row, const char *from, struct buf *out)
{
	const char *incident = strchr(row->root, '.');
	size_t all = strlen(row->root), contact = strlen(row->contact);
	int64_t created_at = created_at_of(o, row->root, row->contact);
	struct ackmark m;
	bool marked = false;

	/* what stands between kind and contact */
	if (incident && created_at >= 0 && all > (size_t)(incident + 1 - row->root) + contact + 1)
		marked = mark_of(incident + 1, all - contact - 1 - (size_t)(incident + 1 - row->root), row->contact,
		        created_at, &m);
	id_make(key, row->root, marked ? &m : NULL, from, out);
}

void thread_make(struct outbox *o, const uint8_t key[ACKMARK_KEY_BYTES], const struct outbox_row *row, const char *from,
        struct thread *out)
{
	char *name = mem_printf("%s.%s.%s", row->kind, row->incident, row->contact);
	struct ackmark m;
	bool marked = !list_letter_is(row->kind) &&
	              mark_of(row->incident, strlen(row->incident), row->contact, row->created_at, &m);

	*out = (struct thread){0};
	id_make(key, name, marked ? &m : NULL, from, &out->own);
	if (*row->root)
		opening_make(o, key, row, from, &out->opening);
	if (marked)
		ackmark_link(key, &m, out->link);
	free(name);
}

void thread_free(struct thread *t)
{
	buf_free(&t->own);
	buf_free(&t->opening);
	explicit_bzero(t->link, sizeof(t->link));
}
