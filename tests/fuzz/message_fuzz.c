/* Fuzzes what takes SNMP messages apart without net-snmp: answers of v1 and v2c, v3's heads, traps of v1, and what traps mean. */
#include <stdlib.h>

#include "agent/poll/message.h"
#include "agent/poll/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_answer(const uint8_t *data, size_t size)
{
	struct message_room room;
	struct message m;
	struct notice n;
	struct varbind v;
	char name[160];

	if (message_read(data, size, &m))
		return;
	notice_clear(&n);
	while (message_next(&m.varbinds, &room, &v)) {
		if (v.oid_len > MESSAGE_OID_MAX || (v.name && v.len > MESSAGE_OID_MAX) || (v.bytes && v.len > size))
			abort();
		notice_put(&n, &v);
	}
	notice_meaning(&n);
	notice_name(&n, name, sizeof(name));
	if (message_pdu_at(data, size) >= size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_head head;
	struct notice n;
	const uint8_t *community;
	size_t community_len;
	char name[160];

	message_version(data, size);
	read_answer(data, size);
	if (!message_head_read(data, size, &head) && (head.engine_len > MESSAGE_ENGINE_MAX || head.user_len > size))
		abort();
	if (!notice_read_v1(data, size, &n, &community, &community_len)) {
		if (community_len > size || n.kind_len > MESSAGE_OID_MAX)
			abort();
		notice_meaning(&n);
		notice_name(&n, name, sizeof(name));
	}
	return 0;
}
