#include "collector/inventory/keys.h"

#include <stdlib.h>
#include <string.h>

#include "collector/inventory/inventory.h"
#include "collector/inventory/service_keys.h"
#include "common/conf_scalar.h"
#include "common/memory.h"

const char *const uplink_kinds[] = {"tslcd", "internet", "4g", NULL};
const char *const responsibles[] = {"commune", "province", "carrier", "central", NULL};
static const char *const node_kinds[] = {"server", "gear", NULL};
static const char *const snmp_versions[] = {"1", "2c", "3", NULL};
static const char *const snmp_auths[] = {"MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512", NULL};
static const char *const snmp_privacies[] = {"DES", "AES", "AES192", "AES256", NULL};

/* A host's name or address: it becomes an argument of a probe, so no spaces, slashes or leading dashes. */
static const char *host_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && *text != '-' && strlen(text) < 254 && !strpbrk(text, " \t\n/@\"'")
	               ? NULL
	               : "a host name or an address";
}

/* Gear may answer at another port than 161. */
static const char *gear_address_check(const void *value)
{
	const char *text = *(char *const *)value;
	bool port = text[0] == '[' ? strstr(text, "]:") != NULL
	                           : strchr(text, ':') && strchr(text, ':') == strrchr(text, ':');

	if (!port)
		return host_check(value);
	return conf_address_check(text) ? "a host name or an address, HOST:PORT or [IPv6 address]:PORT" : NULL;
}

static const char *interface_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && strlen(text) < 16 && strcmp(text, ".") && strcmp(text, "..") && !strpbrk(text, " \t\n/:\"'")
	               ? NULL
	               : "the name of a network interface, at most 15 letters";
}

static const char *user_check(const void *value)
{
	const char *text = *(char *const *)value;

	return *text && strlen(text) <= 32 ? NULL : "a name of 1 to 32 bytes"; /* RFC 3414, SnmpAdminString */
}

const char *enclosed_file_check(const void *value)
{
	const char *text = *(char *const *)value;
	bool up = !strcmp(text, "..") || !strncmp(text, "../", 3) || strstr(text, "/../") ||
	          (strlen(text) > 3 && !strcmp(text + strlen(text) - 3, "/.."));

	return *text && *text != '/' && !up ? NULL : "a file in province.yaml's folder or below it";
}

static const char *mail_check(const void *value)
{
	const char *text = *(char *const *)value, *at = strchr(text, '@');

	return at && at > text && at[1] && !strpbrk(text, " ,;<>\"\t\r\n") ? NULL : "an address NAME@HOST";
}

/* ---- units ---- */

#define UNIT(member) offsetof(struct unit, member)
static const struct conf_key unit_keys[] = {
        {"id", CONF_ID, UNIT(id), .required = true, .id_unique = true, .help = "identity of the unit"},
        {"name", CONF_STRING, UNIT(name), .required = true, .help = "full name, such as Xã Pha Long"},
        {"kind", CONF_ID, UNIT(kind), "commune", .help = "commune, ward, township, ..."},
        {"code", CONF_STRING, UNIT(code),
                .help = "code of the General Statistics Office, in quotes: it may begin with 0; joins the map"},
        {"from", CONF_TIME, UNIT(from), .help = "first instant in force; always when unset"},
        {"until", CONF_TIME, UNIT(until), "never", .place_wanted = true, .help = "instant from which it is no more"},
        {"go_live", CONF_TIME, UNIT(go_live), .help = "when this unit goes live, if not with the province"},
        {"formed_from", CONF_STRINGS, UNIT(formed_from), .help = "ids of the units that it took over"},
        {0},
};

/* ---- sites ---- */

#define MEMBER(member) offsetof(struct membership, member)
static const struct conf_key membership_keys[] = {
        {"unit", CONF_ID, MEMBER(unit), .required = true, .place_wanted = true, .help = "id of a unit"},
        {"from", CONF_TIME, MEMBER(from), .help = "instant from which the site belongs to it"},
        {"until", CONF_TIME, MEMBER(until), "never", .place_wanted = true,
                .help = "instant from which it does not any more"},
        {0},
};

#define UPLINK(member) offsetof(struct uplink, member)
static const struct conf_key uplink_keys[] = {
        {"id", CONF_ID, UPLINK(id), .required = true, .id_unique = true, .place_wanted = true,
                .help = "identity of the line"},
        {"kind", CONF_CHOICE, UPLINK(kind), "tslcd", .choices = uplink_kinds, .help = "tslcd, internet or 4g"},
        {"carrier", CONF_STRING, UPLINK(carrier), .help = "who runs the line"},
        {"circuit", CONF_STRING, UPLINK(circuit), .help = "the carrier's number of the line"},
        {"hotline", CONF_STRING, UPLINK(hotline), .help = "whom to call"},
        {"capacity_mbps", CONF_NUMBER, UPLINK(capacity_mbps), .min = 0, .max = 1e6, .help = "contracted rate"},
        {"parent", CONF_STRING, UPLINK(parent), .check = host_check,
                .help = "what the line hangs on: core, a node or another line"},
        {"terminal", CONF_STRING, UPLINK(terminal), .check = host_check,
                .help = "address of the line's equipment, probed from outside"},
        {"gateway", CONF_STRING, UPLINK(gateway), .check = host_check, .help = "address that the site sends through"},
        {"source", CONF_STRING, UPLINK(source), .check = host_check,
                .help = "the address of the site's server on this line"},
        {"interface", CONF_STRING, UPLINK(interface), .check = interface_check,
                .help = "the interface of the site's server on this line, such as eth1"},
        {"responsible", CONF_CHOICE, UPLINK(responsible), "carrier", .choices = responsibles,
                .help = "who answers for it"},
        {0},
};

/* `uplink: { ... }`: one line more, whose id is the site's unless it has one; the loader names it. */
static void uplink_read(struct conf_reader *r, const struct conf_node *node, void *out)
{
	struct conf_key rows[sizeof(uplink_keys) / sizeof(uplink_keys[0])];
	struct conf_key map = {.type = CONF_MAP, .keys = rows};
	struct conf_list *list = out;

	memcpy(rows, uplink_keys, sizeof(rows));
	rows[0].required = false;
	list->items = mem_grow(list->items, list->count + 1, sizeof(struct uplink));
	struct uplink *u = (struct uplink *)list->items + list->count++;
	*u = (struct uplink){0};
	conf_node_read(r, &map, node, u);
	if (!u->id)
		u->id_place = conf_node_place(node);
}

#define SITE(member) offsetof(struct site, member)
static const struct conf_key site_keys[] = {
        {"id", CONF_ID, SITE(id), .required = true, .id_unique = true, .help = "identity of the site"},
        {"name", CONF_STRING, SITE(name), .required = true, .help = "name of the building"},
        {"role", CONF_ID, SITE(role), "service-centre", .help = "service-centre, party-office, extra-point, ..."},
        {"required", CONF_BOOL, SITE(required), "no", .help = "whether it decides its unit's verdict"},
        {"simulated", CONF_BOOL, SITE(simulated), "no", .help = "its data is made up, and every screen says so"},
        {"lat", CONF_NUMBER, SITE(lat), .min = -90, .max = 90, .help = "latitude in degrees, WGS 84"},
        {"lon", CONF_NUMBER, SITE(lon), .min = -180, .max = 180, .help = "longitude in degrees, WGS 84"},
        {"step", CONF_DURATION, SITE(step_ms), .min = 1000, .max = 3600e3,
                .help = "how often its agents sample; the collector's when unset"},
        {"from", CONF_TIME, SITE(from), .help = "instant from which it is used"},
        {"until", CONF_TIME, SITE(until), "never", .place_wanted = true,
                .help = "instant from which it is not any more"},
        {"units", CONF_LIST, SITE(units), .keys = membership_keys, .item_size = sizeof(struct membership),
                .help = "to which unit it belongs, by date"},
        {"uplinks", CONF_LIST, SITE(uplinks), .keys = uplink_keys, .item_size = sizeof(struct uplink),
                .help = "its lines"},
        {"uplink", CONF_CUSTOM, SITE(uplinks), .custom = uplink_read,
                .help = "shorthand for one line of kind tslcd whose id is the site's"},
        {0},
};

/* ---- nodes ---- */

#define NODE(member) offsetof(struct node, member)
static const struct conf_key snmp_keys[] = {
        {"version", CONF_STRING, NODE(snmp.version), "2c", .choices = snmp_versions, .place_wanted = true,
                .help = "1, 2c or 3"},
        {"community_file", CONF_STRING, NODE(snmp.community_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "file of mode 0600 with the community; public when unset"},
        {"user", CONF_STRING, NODE(snmp.user), .check = user_check, .place_wanted = true, .help = "SNMPv3 user"},
        {"auth", CONF_STRING, NODE(snmp.auth), .choices = snmp_auths, .place_wanted = true,
                .help = "SNMPv3 authentication"},
        {"auth_file", CONF_STRING, NODE(snmp.auth_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "file of mode 0600 with its pass phrase"},
        {"privacy", CONF_STRING, NODE(snmp.privacy), .choices = snmp_privacies, .place_wanted = true,
                .help = "SNMPv3 encryption"},
        {"privacy_file", CONF_STRING, NODE(snmp.privacy_file), .check = enclosed_file_check, .place_wanted = true,
                .help = "file of mode 0600 with its pass phrase"},
        {0},
};
static const struct conf_key node_keys[] = {
        {"id", CONF_ID, NODE(id), .required = true, .id_unique = true, .place_wanted = true,
                .help = "identity of the node"},
        {"site", CONF_ID, NODE(site), .required = true, .place_wanted = true, .help = "id of the site where it stands"},
        {"kind", CONF_CHOICE, NODE(kind), "server", .choices = node_kinds,
                .help = "server (has an agent) or gear (read by SNMP)"},
        {"address", CONF_STRING, NODE(address), .check = gear_address_check,
                .help = "where gear answers: HOST or HOST:PORT, else port 161"},
        {"polled_by", CONF_ID, NODE(polled_by), .place_wanted = true,
                .help = "id of the server whose agent reads it; else the first of its site, else the collector's"},
        {"every", CONF_DURATION, NODE(every_ms), "60s", .min = 5000, .max = 3600e3, .place_wanted = true,
                .help = "how often gear is read"},
        {"snmp", CONF_MAP, .keys = snmp_keys, .help = "how gear is read"},
        {0},
};

/* ---- the rest ---- */

#define CONTACT(member) offsetof(struct contact, member)
static const char *const languages[] = {"vi", "en", NULL};
static const struct conf_key contact_keys[] = {
        {"id", CONF_ID, CONTACT(id), .required = true, .id_unique = true, .help = "identity of the contact"},
        {"name", CONF_STRING, CONTACT(name), .required = true, .help = "name of the person or desk"},
        {"mail", CONF_STRING, CONTACT(mail), .check = mail_check, .help = "where alarms go"},
        {"phone", CONF_STRING, CONTACT(phone), .help = "for people to read"},
        {"language", CONF_CHOICE, CONTACT(language), .choices = languages, .place_wanted = true,
                .help = "of its mails; the collector's when unset"},
        {0},
};

#define MILESTONE(member) offsetof(struct milestone, member)
static const struct conf_key milestone_keys[] = {
        {"id", CONF_ID, MILESTONE(id), .required = true, .id_unique = true, .help = "identity of the milestone"},
        {"name", CONF_STRING, MILESTONE(name), .required = true, .help = "what happened"},
        {"at", CONF_TIME, MILESTONE(at), .required = true, .help = "when"},
        {0},
};

#define ROOT(member) offsetof(struct inventory, member)
static const struct conf_key province_keys[] = {
        {"id", CONF_ID, ROOT(id), .required = true, .help = "identity of the province"},
        {"name", CONF_STRING, ROOT(name), .required = true, .help = "its name"},
        {"trial_from", CONF_TIME, ROOT(trial_from), .help = "first instant of the trial"},
        {"go_live", CONF_TIME, ROOT(go_live), .place_wanted = true, .help = "instant between trial and live"},
        {"map", CONF_PATH, ROOT(map), .help = "TopoJSON file whose features carry the units' codes"},
        {"collector_node", CONF_ID, ROOT(collector_node), .place_wanted = true,
                .help = "the node whose agent stands beside the collector"},
        {"core", CONF_STRING, ROOT(core), .check = host_check,
                .help = "address that agents ping as the core; the collector's when unset"},
        {0},
};
const struct conf_key inventory_keys[] = {
        {"province", CONF_MAP, .keys = province_keys, .required = true, .help = "the province itself"},
        {"milestones", CONF_LIST, ROOT(milestones), .keys = milestone_keys, .item_size = sizeof(struct milestone),
                .help = "instants to compare around"},
        {"contacts", CONF_LIST, ROOT(contacts), .keys = contact_keys, .item_size = sizeof(struct contact),
                .help = "who gets mail"},
        {"units", CONF_LIST, ROOT(units), .keys = unit_keys, .item_size = sizeof(struct unit),
                .help = "communes, wards and former units"},
        {"sites", CONF_LIST, ROOT(sites), .keys = site_keys, .item_size = sizeof(struct site),
                .help = "buildings and their lines"},
        {"nodes", CONF_LIST, ROOT(nodes), .keys = node_keys, .item_size = sizeof(struct node),
                .help = "servers and network gear"},
        {"services", CONF_LIST, ROOT(services), .keys = service_keys, .item_size = sizeof(struct service),
                .help = "what citizens' work needs"},
        {"alerts", CONF_MAP, .keys = alert_keys, .help = "who is told of what"},
        {"maintenance", CONF_LIST, ROOT(planned), .keys = maintenance_keys, .item_size = sizeof(struct planned),
                .help = "planned interruptions: they excuse minutes and mute mail"},
        /* Read by releases to come; any YAML is accepted and passed over. */
        {"gates", CONF_ANY, .help = "not read yet: criteria of readiness"},
        {"tasks", CONF_ANY, .help = "not read yet: manual items with owner and due date"},
        {"calendar", CONF_ANY, .help = "not read yet: service hours and holidays"},
        {0},
};
