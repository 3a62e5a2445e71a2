/*
 * message: what the collector's processes say to each other (common/channel.h).
 *
 * Bulk messages are packed with buf/cursor in the order given here; requests
 * marked JSON carry one JSON object and are answered by one, which holds
 * {"error": "text", "status": 400} when refused. "->" is a notice, "=>" a call with a reply.
 * node is a str (buf_put_str). Numbers u64 unless said; i64 as svarint.
 */
#ifndef SANSANG_MESSAGE_H
#define SANSANG_MESSAGE_H

enum message_kind {
	/* intake => core. node, epoch, seq, boot[16], offset_known u8, offset svarint (chosen by intake), wall svarint, dict count varint
	 * { set varint, class str, layout u8, instance str }, body blob. reply: status svarint (0 stored, -EALREADY stored before, -ENOSPC full, ...) */
	MESSAGE_BATCH = 1,
	/* intake => core. node str, serial str, epoch u64, again u8 (1: of a connection that was welcomed before), config_version str (that it has). reply: status svarint (0; -EACCES revoked or unknown node), text str (always, "" when 0), acked_seq u64, newest_epoch u8 (1: renew), config_version str, config blob (JSON; empty when it has that version), ca count varint, ca blob*, step_ms u32, simulated u8 */
	MESSAGE_HELLO = 2,
	/* intake -> core. node, JSON blob as in RECORD_AGENT: journalled */
	MESSAGE_AGENT_STATE = 3,
	/* intake -> core, core -> judge, core -> web. node str, wall_ms svarint, count varint { class str, instance str, up u8, reason u8, since_wall_ms svarint } */
	MESSAGE_HINT = 4,
	/* intake => core. node str, secret blob, csr blob, peer address str, software str, renewing serial str ("" when enrolling). reply: status svarint, text str, certificate blob, ca count varint, ca blob* */
	MESSAGE_ENROL = 5,
	/* core -> intake. node str: close its connections now, refuse it */
	MESSAGE_REVOKE = 6,
	/* core -> intake. node str, version str, JSON blob: push to that agent; node "" says that all must ask again */
	MESSAGE_CONFIG = 7,
	/* core -> followers. last id svarint */
	MESSAGE_WAKE = 8,
	/* follower -> core. name str, id svarint: all up to id is on its disk */
	MESSAGE_CURSOR = 9,
	/* judge, tell, ... => core. key str, JSON blob. reply: status svarint, id svarint: a RECORD_CONCLUSION */
	MESSAGE_CONCLUDE = 10,
	/* core -> all followers, web, render. digest str: load <state_dir>/inventory/<digest>.yaml now */
	MESSAGE_INVENTORY = 11,
	/* web, tell, ctl => core. JSON {"act": NAME, ...}, see core.h for the table of acts: login, session, logout, ack, token, revoke, user-add, ... */
	MESSAGE_ACT = 12,
	/* render, web => series. path str relative to <state_dir>/rrd ("site/node/host.rrd"): write what is held back. reply: status svarint, shard's last id svarint */
	MESSAGE_FLUSH = 13,
	/* web => series. path str, from svarint (s), to svarint (s), max rows u32, cf str ("AVERAGE"). reply: status svarint, JSON blob {"start","step","names":[],"rows":[[...]]} */
	MESSAGE_RANGE = 14,
	/* web, tell, ctl => render. JSON {"target": "site:ID|unit:ID|node:ID|service:ID@NODE|uplink:ID|file:site/node/name", "graph": name or "", "from": s, "to": s, "width": px, "height": px, "format": "svg|png", "language": "vi|en", "title": optional}. reply: status svarint, picture blob (or error text) */
	MESSAGE_GRAPH = 15,
	/* judge -> web. JSON {"type": "state", "unit", "site", "node", "check", "state"} or {"type": "incident", "id", "state"}: pushed to browsers */
	MESSAGE_CHANGED = 16,
	/* series, intake, tell, judge => asked by core for `status`. JSON object of figures. reply: JSON */
	MESSAGE_STATUS = 17,
	/* core -> the other intakes. node str: it has just connected elsewhere; an older connection of it is closed without a word to core */
	MESSAGE_REPLACED = 18,
	/* core => intake. node str, JSON blob (agent/ask.h). reply: status svarint (-ENOTCONN: not here or gone meanwhile, -ETIMEDOUT after 60 s, -ENOTSUP an older agent, -EBUSY, -EMSGSIZE), JSON blob */
	MESSAGE_ASK = 19,
	/* core -> tell, before the inventory. 32 bytes: the key of marks (ackmark.h) */
	MESSAGE_ACK_KEY = 20,
	/* core -> tell, before the inventory and when a secret changed. count varint { webhook id str, secret blob (empty: unsigned), authorities blob (PEM; empty: the system's) } */
	MESSAGE_WEBHOOKS = 21,
};

#endif
