#include "collector/judge/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/trouble.h"

static void set(struct judge *j, struct judge_check *c, int64_t at, enum state to)
{
	struct transition t;
	if (at <= c->machine.at && c->machine.at)
		return;
	c->row_at = at;
	c->dirty = true;
	if (state_set(&c->machine, at, to, REASON_OK, &t))
		judge_move(j, c, &t, true);
}

void address_event(struct judge *j, struct judge_node *n, int64_t at, const char *kind, const char *text)
{
	char interface[32], address[INET6_ADDRSTRLEN], mac[32] = "", more[16] = "";
	unsigned char ignored[16];
	if (strcmp(kind, "address-conflict") || !n->inv || j->uncertain ||
	        sscanf(text, "%31s %45s %31s %15s", interface, address, mac, more) < 2)
		return;
	address[strcspn(address, "/")] = '\0';
	if (inet_pton(AF_INET, address, ignored) != 1 && inet_pton(AF_INET6, address, ignored) != 1)
		return;
	bool over = !strcmp(more, "over") || !strcmp(mac, "over");
	struct judge_check *c =
	        over ? fleet_check(n, KIND_CONFLICT, address) : fleet_check_make(&j->fleet, n, KIND_CONFLICT, address);
	if (c)
		set(j, c, at, over ? STATE_UP : STATE_DEGRADED);
}

void address_tick(struct judge *j)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct judge_check *c = j->troubles[k]->check;
		bool told = c->node->link == LINK_CONNECTED && c->node->sample_at > c->machine.at + ADDRESS_OVER_MS;
		if (c->kind == KIND_CONFLICT && told)
			set(j, c, c->machine.at + ADDRESS_OVER_MS, STATE_UP);
	}
}
