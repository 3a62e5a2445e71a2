#include "agent/poll/trap_v3.h"

#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/snmpUDPDomain.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/poll/keys.h"
#include "agent/poll/library.h"
#include "agent/poll/varbinds.h"
#include "common/log.h"
#include "common/memory.h"

#define ENGINE_LEAST 5

struct trap_v3 {
	int fd;
	void *handle; /* net-snmp's, whose transport reads what we hand it */
	struct keys *keys;
	netsnmp_large_fd_set ready;
	/* the datagram under way */
	const struct gear_spec *spec;
	const uint8_t *data;
	size_t len;
	const struct sockaddr *from;
	socklen_t from_len;
	void (*on_notice)(void *arg, const struct notice *n);
	void *arg;
	bool took;
};

/* ---- net-snmp's side ---- */

static int transport_receive(netsnmp_transport *t, void *data, int size, void **opaque, int *opaque_len)
{
	struct trap_v3 *v = *(struct trap_v3 **)t->data;

	*opaque = NULL;
	*opaque_len = 0;
	if ((size_t)size < v->len)
		return -1;
	memcpy(data, v->data, v->len);
	return (int)v->len;
}

static int transport_send(netsnmp_transport *t, const void *data, int len, void **opaque, int *opaque_len)
{
	struct trap_v3 *v = *(struct trap_v3 **)t->data;

	(void)opaque;
	(void)opaque_len;
	return v->from ? (int)sendto(v->fd, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL, v->from, v->from_len) : -1;
}

static int transport_close(netsnmp_transport *t)
{
	t->sock = -1; /* it is not ours */
	return 0;
}

static void answer(struct trap_v3 *v, netsnmp_pdu *pdu)
{
	netsnmp_pdu *reply = snmp_clone_pdu(pdu);

	if (!reply)
		return;
	reply->command = SNMP_MSG_RESPONSE;
	reply->errstat = reply->errindex = 0;
	if (!snmp_sess_send(v->handle, reply))
		snmp_free_pdu(reply);
}

static int on_message(int op, netsnmp_session *ns, int request_id, netsnmp_pdu *pdu, void *magic)
{
	struct trap_v3 *v = magic;
	struct notice n;
	struct varbind b;

	(void)ns;
	(void)request_id;
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !v->spec ||
	        (pdu->command != SNMP_MSG_TRAP2 && pdu->command != SNMP_MSG_INFORM))
		return 1;
	if (pdu->securityLevel < keys_level(v->spec) || pdu->securityNameLen != strlen(v->spec->user) ||
	        memcmp(pdu->securityName, v->spec->user, pdu->securityNameLen))
		return 1;
	notice_clear(&n);
	for (const netsnmp_variable_list *one = pdu->variables; one; one = one->next_variable) {
		varbind_of(one, &b);
		notice_put(&n, &b);
	}
	if (pdu->command == SNMP_MSG_INFORM)
		answer(v, pdu);
	v->took = true;
	v->on_notice(v->arg, &n);
	return 1;
}

/* ---- ours ---- */

static bool engine_is_ours(const struct message_head *head)
{
	u_char own[MESSAGE_ENGINE_MAX * 2];
	size_t len = snmpv3_get_engineID(own, sizeof(own));

	return head->engine_len == len && !memcmp(own, head->engine, len);
}

static void user_forget(const struct message_head *head, const char *name)
{
	struct usmUser *user = usm_get_user(head->engine, head->engine_len, name);

	if (!user)
		return;
	usm_remove_user(user);
	usm_free_user(user);
}

bool trap_v3_take(struct trap_v3 *v, const struct gear_spec *spec, const struct message_head *head, const uint8_t *data,
        size_t len, const struct sockaddr *from, socklen_t from_len,
        void (*on_notice)(void *arg, const struct notice *n), void *arg)
{
	netsnmp_transport *t = snmp_sess_transport(v->handle);
	bool taught = false;

	/* an engine that we poll is known with the same keys; gear may share a user's name before ours */
	if (head->user_len && head->engine_len >= ENGINE_LEAST &&
	        (engine_is_ours(head) || !usm_get_user(head->engine, head->engine_len, spec->user)))
		taught = !keys_teach(v->keys, spec, head->engine, head->engine_len);
	v->spec = spec;
	v->data = data;
	v->len = len;
	v->from = from;
	v->from_len = from_len;
	v->on_notice = on_notice;
	v->arg = arg;
	v->took = false;
	NETSNMP_LARGE_FD_SET(t->sock, &v->ready);
	snmp_sess_read2(v->handle, &v->ready);
	NETSNMP_LARGE_FD_CLR(t->sock, &v->ready);
	v->spec = NULL;
	v->from = NULL;
	/* invented engines must not fill the memory */
	if (taught && !v->took)
		user_forget(head, spec->user);
	return v->took;
}

struct trap_v3 *trap_v3_open(int fd)
{
	struct trap_v3 *v = mem_alloc(sizeof(*v));
	netsnmp_transport *t = mem_alloc(sizeof(*t));
	netsnmp_session like;

	library_start();
	v->fd = fd;
	v->keys = keys_new();
	netsnmp_large_fd_set_init(&v->ready, FD_SETSIZE);
	t->domain = netsnmpUDPDomain;
	t->domain_length = (int)netsnmpUDPDomain_len;
	t->sock = fd;
	t->msgMaxSize = 65507;
	t->data = mem_alloc(sizeof(v));
	*(struct trap_v3 **)t->data = v;
	t->data_length = sizeof(v);
	t->f_recv = transport_receive;
	t->f_send = transport_send;
	t->f_close = transport_close;
	snmp_sess_init(&like);
	like.version = SNMP_DEFAULT_VERSION;
	like.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
	like.callback = on_message;
	like.callback_magic = v;
	v->handle = snmp_sess_add_ex(&like, t, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	if (!v->handle)
		log_die("net-snmp refuses a session for traps");
	return v;
}

void trap_v3_close(struct trap_v3 *v)
{
	snmp_sess_close(v->handle);
	netsnmp_large_fd_set_cleanup(&v->ready);
	keys_free(v->keys);
	free(v);
}
