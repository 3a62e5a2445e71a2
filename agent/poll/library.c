#include "agent/poll/library.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

static const int switches[] = {NETSNMP_DS_LIB_DONT_READ_CONFIGS, NETSNMP_DS_LIB_DONT_PERSIST_STATE,
        NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
        NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, NETSNMP_DS_LIB_NO_DISCOVERY};

void library_start(void)
{
	setenv("MIBS", "", 1); /* the only way to have none */
	setenv("MIBDIRS", "", 1);
	/* or it makes a folder for an index of certificates */
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
	snmp_disable_log();
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, switches[i], 1);
	init_snmp("sansang");
	/* a log with no place to go falls back to stderr */
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
}
