/*
 * neighbours: who is at the other end of each port, by LLDP (both MIBs) and CDP.
 *
 * Devices differ in the index that they answer with. By the MIB an LLDP row's index is (time mark, own port number, running number), the number
 * being one of lldpLocPortTable, which names the port. RouterOS says 0 for every port and TP-Link leaves the time mark out:
 * of those nobody can say at which port the neighbour is, and so neither do we.
 */
#include <string.h>

#include "agent/poll/kept.h"
#include "common/memory.h"

#define MAC_BYTES 6
#define ETHERNET 6

/* LldpChassisIdSubtype, LldpPortIdSubtype */
#define CHASSIS_MAC 4
#define CHASSIS_ADDRESS 5
#define PORT_MAC 3
#define PORT_ADDRESS 4

static const struct peer_table {
	const char *protocol;
	uint8_t index_len, port_at; /* an index as the MIB has it, and which of its elements is our port */
	bool port_is_interface;     /* the port is an ifIndex */
} tables[] = {
        [PEERS_LLDP] = {"lldp", 3, 1, false},
        [PEERS_LLDP_V2] = {"lldp", 4, 1, true},
        [PEERS_CDP] = {"cdp", 2, 0, true},
};

static struct port *port_of(struct model_work *w, uint32_t number)
{
	size_t *at = &w->port_at;

	if (*at < w->port_count && w->ports[*at].number == number)
		return &w->ports[*at];
	if (*at + 1 < w->port_count && w->ports[*at + 1].number == number)
		return &w->ports[++*at];
	for (*at = 0; *at < w->port_count; ++*at)
		if (w->ports[*at].number == number)
			return &w->ports[*at];
	if (w->port_count == PORTS_MAX)
		return NULL;
	if (w->port_count == w->port_capacity) {
		w->port_capacity = w->port_capacity ? w->port_capacity * 2 : 16;
		w->ports = mem_grow(w->ports, w->port_capacity, sizeof(*w->ports));
	}
	w->ports[w->port_count] = (struct port){.number = number, .kind = MODEL_UNKNOWN};
	return &w->ports[w->port_count++];
}

bool port_put(struct model *m, const struct model_ask *ask, const struct varbind *v)
{
	struct port *p;
	uint32_t number;

	if (!varbind_index(v, &number))
		return false;
	p = port_of(m->work, number);
	if (!p)
		return false;
	if (ask->field == PORT_KIND)
		return varbind_number(v, &p->kind);
	return varbind_text(v, &m->work->texts, ask->field == PORT_ID ? &p->id : &p->descr);
}

static bool key_same(const struct neighbour_key *a, const struct neighbour_key *b)
{
	return a->table == b->table && a->len == b->len && !memcmp(a->index, b->index, sizeof(a->index));
}

static struct model_neighbour *neighbour_of(struct model *m, const struct neighbour_key *key)
{
	struct model_work *w = m->work;
	size_t *at = &w->neighbour_at;

	if (*at < m->neighbour_count && key_same(&m->neighbours[*at].key, key))
		return &m->neighbours[*at];
	if (*at + 1 < m->neighbour_count && key_same(&m->neighbours[*at + 1].key, key))
		return &m->neighbours[++*at];
	for (*at = 0; *at < m->neighbour_count; ++*at)
		if (key_same(&m->neighbours[*at].key, key))
			return &m->neighbours[*at];
	if (m->neighbour_count == NEIGHBOURS_MAX)
		return NULL;
	if (m->neighbour_count == w->neighbour_capacity) {
		w->neighbour_capacity = w->neighbour_capacity ? w->neighbour_capacity * 2 : 8;
		m->neighbours = mem_grow(m->neighbours, w->neighbour_capacity, sizeof(*m->neighbours));
	}
	m->neighbours[m->neighbour_count] = (struct model_neighbour){.key = *key,
	        .protocol = tables[key->table].protocol,
	        .local_number = MODEL_UNKNOWN,
	        .local_index = MODEL_UNKNOWN,
	        .chassis_kind = MODEL_UNKNOWN,
	        .port_kind = MODEL_UNKNOWN};
	return &m->neighbours[m->neighbour_count++];
}

bool neighbour_put(struct model *m, const struct model_ask *ask, const struct varbind *v)
{
	struct neighbour_key key = {.table = ask->field / 16, .len = (uint8_t)(v->oid_len - v->index_at)};
	struct text_pool *texts = &m->work->texts;
	struct model_neighbour *n;

	if (v->oid_len - v->index_at > sizeof(key.index) / sizeof(key.index[0]))
		return false;
	for (size_t i = 0; i < key.len; i++)
		key.index[i] = (uint32_t)v->oid[v->index_at + i];
	n = neighbour_of(m, &key);
	if (!n)
		return false;
	switch ((enum neighbour_field)(ask->field % 16)) {
	case PEER_CHASSIS_KIND:
		return varbind_number(v, &n->chassis_kind);
	case PEER_PORT_KIND:
		return varbind_number(v, &n->port_kind);
	case PEER_CHASSIS:
		return varbind_text(v, texts, &n->chassis);
	case PEER_PORT:
		return varbind_text(v, texts, &n->port);
	case PEER_PORT_DESCR:
		return varbind_text(v, texts, &n->port_descr);
	case PEER_SYSTEM:
		return varbind_text(v, texts, &n->system);
	}
	return false;
}

/* An identifier as people write it. A MAC that is not six octets was sent as a text by the device (RouterOS): it is shown as that. */
static struct model_text identifier(struct text_pool *pool, const struct model_text *t, bool is_mac, bool is_address)
{
	struct model_text written = {0};

	if (is_address)
		written = text_address(pool, t);
	else if (t->len == MAC_BYTES && (is_mac || !text_clean(t)))
		written = text_mac(pool, (const uint8_t *)t->data);
	return written.data ? written : *t;
}

static bool same_text(const struct model_text *a, const struct model_text *b)
{
	return a->data && b->data && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* A switch's VLAN interface often bears the MAC of its first port: the port is meant. */
static const struct model_interface *interface_of_mac(const struct model *m, const struct model_text *mac)
{
	const struct model_interface *found = NULL;

	for (size_t i = 0; i < m->interface_count; i++)
		if (same_text(&m->interfaces[i].mac, mac) && (!found || found->type != ETHERNET))
			found = &m->interfaces[i];
	return found;
}

static const struct model_interface *interface_of_name(const struct model *m, const struct model_text *name)
{
	for (size_t i = 0; i < m->interface_count; i++)
		if (same_text(&m->interfaces[i].if_name, name) || same_text(&m->interfaces[i].descr, name))
			return &m->interfaces[i];
	return NULL;
}

static bool is_word(const struct model_text *t)
{
	return t->len && text_clean(t);
}

static const struct port *port_find(const struct model_work *w, int64_t number)
{
	for (size_t i = 0; i < w->port_count; i++)
		if (w->ports[i].number == number)
			return &w->ports[i];
	return NULL;
}

static void local_set(struct model_neighbour *n, const struct model_interface *i)
{
	if (!i)
		return;
	n->local_index = i->index;
	n->local_name = i->name;
	if (!n->local_port.data)
		n->local_port = (struct model_text){.data = i->name, .len = strlen(i->name)};
}

/* What the device calls the port; where that is a MAC, the name of the interface that has it. */
static void port_resolve(struct model *m, struct model_neighbour *n)
{
	const struct port *p = port_find(m->work, n->local_number);
	const struct model_interface *i = NULL;

	if (p && (p->kind == PORT_MAC || (p->id.len == MAC_BYTES && !text_clean(&p->id))))
		i = interface_of_mac(m, &p->id);
	else if (p && is_word(&p->id))
		n->local_port = p->id;
	else if (p && is_word(&p->descr))
		n->local_port = p->descr;
	if (n->local_port.data)
		i = interface_of_name(m, &n->local_port);
	/* Mostly the number is the interface's index; a device with a table of ports that lacks this one is another matter. */
	if (!i && (p || !m->work->port_count))
		i = interface_find(m, n->local_number);
	local_set(n, i);
}

static void neighbour_finish(struct model *m, struct model_neighbour *n)
{
	const struct peer_table *t = &tables[n->key.table];
	bool lldp = n->key.table != PEERS_CDP;

	n->chassis = identifier(
	        &m->work->texts, &n->chassis, n->chassis_kind == CHASSIS_MAC, n->chassis_kind == CHASSIS_ADDRESS);
	if (lldp)
		n->port = identifier(&m->work->texts, &n->port, n->port_kind == PORT_MAC, n->port_kind == PORT_ADDRESS);
	else if (!n->system.len)
		n->system = n->chassis; /* a device id is the name, mostly */
	if (n->key.len == t->index_len && n->key.index[t->port_at])
		n->local_number = n->key.index[t->port_at];
	if (n->local_number == MODEL_UNKNOWN)
		return;
	if (t->port_is_interface)
		local_set(n, interface_find(m, n->local_number));
	else
		port_resolve(m, n);
}

/* Rows that went while they were read have neither chassis nor port. A device that answers both LLDP MIBs says the same twice. */
static bool is_wanted(const struct model_neighbour *n, bool has_lldp)
{
	if (!n->chassis.data && !n->port.data)
		return false;
	return !has_lldp || n->key.table != PEERS_LLDP_V2;
}

void neighbours_finish(struct model *m)
{
	bool has_lldp = false;
	size_t kept = 0;

	for (size_t i = 0; i < m->neighbour_count; i++)
		has_lldp |= m->neighbours[i].key.table == PEERS_LLDP && m->neighbours[i].chassis.data;
	for (size_t i = 0; i < m->neighbour_count; i++) {
		if (!is_wanted(&m->neighbours[i], has_lldp))
			continue;
		m->neighbours[kept] = m->neighbours[i];
		neighbour_finish(m, &m->neighbours[kept++]);
	}
	m->neighbour_count = kept;
}

json_t *model_neighbour_json(const struct model_neighbour *n)
{
	json_t *interface = n->local_name ? json_string(n->local_name) : json_null();

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "protocol", n->protocol, "local_port",
	        text_json(&n->local_port), "local_interface", interface, "chassis", text_json(&n->chassis), "port",
	        text_json(&n->port), "port_description", text_json(&n->port_descr), "system", text_json(&n->system));
}

char *model_neighbours_json(const struct model *m, size_t limit)
{
	json_t *list = json_array();
	size_t len = 2;
	char *text;

	for (size_t i = 0; i < m->neighbour_count; i++) {
		json_t *one = model_neighbour_json(&m->neighbours[i]);

		len += json_dumpb(one, NULL, 0, JSON_COMPACT) + 1;
		if (len > limit) {
			json_decref(one);
			break;
		}
		json_array_append_new(list, one);
	}
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}
