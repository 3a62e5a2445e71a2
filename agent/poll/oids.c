#include "agent/poll/oids.h"

#include <string.h>

#include "agent/poll/model.h"

#define ROW(name, table, period, thing, field, ...)                                                                    \
	{                                                                                                              \
		name, {__VA_ARGS__}, sizeof((unsigned long[]){__VA_ARGS__}) / sizeof(unsigned long), table,            \
		        MODEL_##period, THING_##thing, field                                                           \
	}

#define MIB2 1, 3, 6, 1, 2, 1
#define ENTERPRISE 1, 3, 6, 1, 4, 1
#define IF MIB2, 2, 2, 1
#define IFX MIB2, 31, 1, 1, 1
#define LLDP 1, 0, 8802, 1, 1, 2, 1
#define LLDP_V2 1, 3, 111, 2, 802, 1, 1, 13, 1, 4, 1, 1
#define CDP ENTERPRISE, 9, 9, 23, 1, 2, 1, 1
#define UPS MIB2, 33, 1
#define APC ENTERPRISE, 318, 1, 1, 1
#define XUPS ENTERPRISE, 534, 1
#define MGE ENTERPRISE, 705, 1

/* Rows of one table stand together: its columns are asked side by side. Scalars first: they are asked in one go. */
enum table {
	SCALAR,
	INTERFACES,
	INTERFACE_WORDS,
	PROCESSORS,
	CISCO_PROCESSORS,
	CISCO_POOLS,
	CISCO_TEMPERATURES,
	HUAWEI_ENTITIES,
	STORAGES,
	SENSORS,
	LLDP_PORTS,
	LLDP_PEERS,
	LLDP_V2_PEERS,
	CDP_PEERS,
	UPS_INPUTS,
	UPS_OUTPUTS,
	XUPS_INPUTS,
	XUPS_OUTPUTS,
	MGE_INPUTS,
	MGE_OUTPUTS
};

const struct model_ask model_asks[] = {
        ROW("sysUpTime", SCALAR, EVERY, FIRST, FIGURE_UPTIME, MIB2, 1, 3),
        ROW("hrSystemUptime", SCALAR, EVERY, FIRST, FIGURE_HOST_UPTIME, MIB2, 25, 1, 1),
        ROW("snmpEngineTime", SCALAR, EVERY, FIRST, FIGURE_ENGINE_TIME, 1, 3, 6, 1, 6, 3, 10, 2, 1, 3),
        ROW("sysDescr", SCALAR, SLOW, TEXT, TEXT_DESCR, MIB2, 1, 1),
        ROW("sysObjectID", SCALAR, SLOW, OBJECT, 0, MIB2, 1, 2),
        ROW("sysName", SCALAR, SLOW, TEXT, TEXT_NAME, MIB2, 1, 5),
        ROW("sysLocation", SCALAR, SLOW, TEXT, TEXT_LOCATION, MIB2, 1, 6),
        ROW("ssCpuIdle", SCALAR, EVERY, FIRST, FIGURE_CPU_IDLE, ENTERPRISE, 2021, 11, 11),
        ROW("memTotalReal", SCALAR, EVERY, FIRST, FIGURE_MEMORY_TOTAL, ENTERPRISE, 2021, 4, 5),
        ROW("memAvailReal", SCALAR, EVERY, FIRST, FIGURE_MEMORY_FREE, ENTERPRISE, 2021, 4, 6),
        ROW("memBuffer", SCALAR, EVERY, FIRST, FIGURE_MEMORY_BUFFER, ENTERPRISE, 2021, 4, 14),
        ROW("memCached", SCALAR, EVERY, FIRST, FIGURE_MEMORY_CACHED, ENTERPRISE, 2021, 4, 15),
        ROW("fgSysCpuUsage", SCALAR, EVERY, FIRST, FIGURE_CPU, ENTERPRISE, 12356, 101, 4, 1, 3),
        ROW("fgSysMemUsage", SCALAR, EVERY, FIRST, FIGURE_MEMORY_PCT, ENTERPRISE, 12356, 101, 4, 1, 4),
        ROW("hpSwitchCpuStat", SCALAR, EVERY, FIRST, FIGURE_CPU, ENTERPRISE, 11, 2, 14, 11, 5, 1, 9, 6, 1),
        ROW("mtxrHlTemperature", SCALAR, EVERY, MOST, FIGURE_TEMPERATURE_TENTHS, ENTERPRISE, 14988, 1, 1, 3, 10),
        ROW("mtxrHlProcessorTemperature", SCALAR, EVERY, MOST, FIGURE_TEMPERATURE_TENTHS, ENTERPRISE, 14988, 1, 1, 3,
                11),
        ROW("synoTemperature", SCALAR, EVERY, MOST, FIGURE_TEMPERATURE, ENTERPRISE, 6574, 1, 2),

        ROW("upsBatteryStatus", SCALAR, EVERY, FIRST, FIGURE_UPS_STATUS, UPS, 2, 1),
        ROW("upsSecondsOnBattery", SCALAR, EVERY, FIRST, FIGURE_UPS_ON_BATTERY_S, UPS, 2, 2),
        ROW("upsEstimatedMinutesRemaining", SCALAR, EVERY, FIRST, FIGURE_UPS_MINUTES, UPS, 2, 3),
        ROW("upsEstimatedChargeRemaining", SCALAR, EVERY, FIRST, FIGURE_UPS_CHARGE, UPS, 2, 4),
        ROW("upsBatteryVoltage", SCALAR, EVERY, FIRST, FIGURE_UPS_BATTERY_DV, UPS, 2, 5),
        ROW("upsBatteryTemperature", SCALAR, EVERY, FIRST, FIGURE_UPS_TEMPERATURE, UPS, 2, 7),
        ROW("upsOutputSource", SCALAR, EVERY, FIRST, FIGURE_UPS_SOURCE, UPS, 4, 1),
        ROW("upsBasicBatteryStatus", SCALAR, EVERY, FIRST, FIGURE_APC_STATUS, APC, 2, 1, 1),
        ROW("upsAdvBatteryCapacity", SCALAR, EVERY, FIRST, FIGURE_APC_CHARGE, APC, 2, 2, 1),
        ROW("upsAdvBatteryTemperature", SCALAR, EVERY, FIRST, FIGURE_APC_TEMPERATURE, APC, 2, 2, 2),
        ROW("upsAdvBatteryRunTimeRemaining", SCALAR, EVERY, FIRST, FIGURE_APC_RUNTIME_TICKS, APC, 2, 2, 3),
        ROW("upsAdvBatteryActualVoltage", SCALAR, EVERY, FIRST, FIGURE_APC_BATTERY_V, APC, 2, 2, 8),
        ROW("upsHighPrecBatteryCapacity", SCALAR, EVERY, FIRST, FIGURE_APC_CHARGE_TENTHS, APC, 2, 3, 1),
        ROW("upsAdvInputLineVoltage", SCALAR, EVERY, FIRST, FIGURE_APC_INPUT_V, APC, 3, 2, 1),
        ROW("upsBasicOutputStatus", SCALAR, EVERY, FIRST, FIGURE_APC_OUTPUT, APC, 4, 1, 1),
        ROW("upsAdvOutputVoltage", SCALAR, EVERY, FIRST, FIGURE_APC_OUTPUT_V, APC, 4, 2, 1),
        ROW("upsAdvOutputLoad", SCALAR, EVERY, FIRST, FIGURE_APC_LOAD, APC, 4, 2, 3),
        ROW("upsHighPrecOutputLoad", SCALAR, EVERY, FIRST, FIGURE_APC_LOAD_TENTHS, APC, 4, 3, 3),
        ROW("xupsBatTimeRemaining", SCALAR, EVERY, FIRST, FIGURE_XUPS_RUNTIME_S, XUPS, 2, 1),
        ROW("xupsBatVoltage", SCALAR, EVERY, FIRST, FIGURE_XUPS_BATTERY_V, XUPS, 2, 2),
        ROW("xupsBatCapacity", SCALAR, EVERY, FIRST, FIGURE_XUPS_CHARGE, XUPS, 2, 4),
        ROW("xupsBatteryAbmStatus", SCALAR, EVERY, FIRST, FIGURE_XUPS_ABM, XUPS, 2, 5),
        ROW("xupsOutputLoad", SCALAR, EVERY, FIRST, FIGURE_XUPS_LOAD, XUPS, 4, 1),
        ROW("xupsOutputSource", SCALAR, EVERY, FIRST, FIGURE_XUPS_SOURCE, XUPS, 4, 5),
        ROW("upsmgBatteryRemainingTime", SCALAR, EVERY, FIRST, FIGURE_MGE_RUNTIME_S, MGE, 5, 1),
        ROW("upsmgBatteryLevel", SCALAR, EVERY, FIRST, FIGURE_MGE_CHARGE, MGE, 5, 2),
        ROW("upsmgBatteryVoltage", SCALAR, EVERY, FIRST, FIGURE_MGE_BATTERY_DV, MGE, 5, 5),
        ROW("upsmgBatteryLowBattery", SCALAR, EVERY, FIRST, FIGURE_MGE_LOW, MGE, 5, 14),
        ROW("upsmgOutputOnBattery", SCALAR, EVERY, FIRST, FIGURE_MGE_ON_BATTERY, MGE, 7, 3),

        ROW("ifAdminStatus", INTERFACES, EVERY, INTERFACE, IFACE_ADMIN, IF, 7),
        ROW("ifOperStatus", INTERFACES, EVERY, INTERFACE, IFACE_OPER, IF, 8),
        ROW("ifInDiscards", INTERFACES, EVERY, INTERFACE, IFACE_IN_DISCARDS, IF, 13),
        ROW("ifInErrors", INTERFACES, EVERY, INTERFACE, IFACE_IN_ERRORS, IF, 14),
        ROW("ifOutDiscards", INTERFACES, EVERY, INTERFACE, IFACE_OUT_DISCARDS, IF, 19),
        ROW("ifOutErrors", INTERFACES, EVERY, INTERFACE, IFACE_OUT_ERRORS, IF, 20),
        ROW("ifHCInOctets", INTERFACES, EVERY, INTERFACE, IFACE_IN_OCTETS, IFX, 6),
        ROW("ifHCInUcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_IN_UNICAST, IFX, 7),
        ROW("ifHCInMulticastPkts", INTERFACES, EVERY, INTERFACE, IFACE_IN_MULTICAST, IFX, 8),
        ROW("ifHCInBroadcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_IN_BROADCAST, IFX, 9),
        ROW("ifHCOutOctets", INTERFACES, EVERY, INTERFACE, IFACE_OUT_OCTETS, IFX, 10),
        ROW("ifHCOutUcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_OUT_UNICAST, IFX, 11),
        ROW("ifHCOutMulticastPkts", INTERFACES, EVERY, INTERFACE, IFACE_OUT_MULTICAST, IFX, 12),
        ROW("ifHCOutBroadcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_OUT_BROADCAST, IFX, 13),
        ROW("ifHighSpeed", INTERFACES, EVERY, INTERFACE, IFACE_HIGH_SPEED, IFX, 15),
        ROW("ifCounterDiscontinuityTime", INTERFACES, EVERY, INTERFACE, IFACE_DISCONTINUITY, IFX, 19),
        ROW("ifInOctets", INTERFACES, EVERY, INTERFACE, IFACE_IN_OCTETS_32, IF, 10),
        ROW("ifInUcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_IN_PACKETS_32, IF, 11),
        ROW("ifOutOctets", INTERFACES, EVERY, INTERFACE, IFACE_OUT_OCTETS_32, IF, 16),
        ROW("ifOutUcastPkts", INTERFACES, EVERY, INTERFACE, IFACE_OUT_PACKETS_32, IF, 17),
        ROW("ifLastChange", INTERFACES, SLOW, INTERFACE, IFACE_LAST_CHANGE, IF, 9),
        ROW("ifType", INTERFACES, SLOW, INTERFACE, IFACE_TYPE, IF, 3),
        ROW("ifSpeed", INTERFACES, SLOW, INTERFACE, IFACE_SPEED, IF, 5),
        ROW("ifDescr", INTERFACE_WORDS, SLOW, INTERFACE_TEXT, IFACE_DESCR, IF, 2),
        ROW("ifPhysAddress", INTERFACE_WORDS, SLOW, INTERFACE_TEXT, IFACE_MAC, IF, 6),
        ROW("ifName", INTERFACE_WORDS, SLOW, INTERFACE_TEXT, IFACE_NAME, IFX, 1),
        ROW("ifAlias", INTERFACE_WORDS, SLOW, INTERFACE_TEXT, IFACE_ALIAS, IFX, 18),

        ROW("hrProcessorLoad", PROCESSORS, EVERY, SUM, FIGURE_PROCESSORS, MIB2, 25, 3, 3, 1, 2),
        ROW("cpmCPUTotal1minRev", CISCO_PROCESSORS, EVERY, MOST, FIGURE_CPU, ENTERPRISE, 9, 9, 109, 1, 1, 1, 1, 7),
        ROW("ciscoMemoryPoolUsed", CISCO_POOLS, EVERY, FIRST, FIGURE_POOL_USED, ENTERPRISE, 9, 9, 48, 1, 1, 1, 5),
        ROW("ciscoMemoryPoolFree", CISCO_POOLS, EVERY, FIRST, FIGURE_POOL_FREE, ENTERPRISE, 9, 9, 48, 1, 1, 1, 6),
        ROW("ciscoEnvMonTemperatureStatusValue", CISCO_TEMPERATURES, EVERY, MOST, FIGURE_TEMPERATURE, ENTERPRISE, 9, 9,
                13, 1, 3, 1, 3),
        ROW("hwEntityCpuUsage", HUAWEI_ENTITIES, EVERY, MOST, FIGURE_CPU, ENTERPRISE, 2011, 5, 25, 31, 1, 1, 1, 1, 5),
        ROW("hwEntityMemUsage", HUAWEI_ENTITIES, EVERY, MOST, FIGURE_MEMORY_PCT, ENTERPRISE, 2011, 5, 25, 31, 1, 1, 1,
                1, 7),
        ROW("hwEntityTemperature", HUAWEI_ENTITIES, EVERY, MOST, FIGURE_TEMPERATURE, ENTERPRISE, 2011, 5, 25, 31, 1, 1,
                1, 1, 11),
        ROW("hrStorageType", STORAGES, SLOW, STORAGE, STORAGE_TYPE, MIB2, 25, 2, 3, 1, 2),
        ROW("hrStorageSize", STORAGES, EVERY, STORAGE, STORAGE_SIZE, MIB2, 25, 2, 3, 1, 5),
        ROW("hrStorageUsed", STORAGES, EVERY, STORAGE, STORAGE_USED, MIB2, 25, 2, 3, 1, 6),
        ROW("entPhySensorType", SENSORS, SLOW, SENSOR, SENSOR_TYPE, MIB2, 99, 1, 1, 1, 1),
        ROW("entPhySensorScale", SENSORS, SLOW, SENSOR, SENSOR_SCALE, MIB2, 99, 1, 1, 1, 2),
        ROW("entPhySensorPrecision", SENSORS, SLOW, SENSOR, SENSOR_PRECISION, MIB2, 99, 1, 1, 1, 3),
        ROW("entPhySensorValue", SENSORS, EVERY, SENSOR, SENSOR_VALUE, MIB2, 99, 1, 1, 1, 4),
        ROW("entPhySensorOperStatus", SENSORS, EVERY, SENSOR, SENSOR_STATUS, MIB2, 99, 1, 1, 1, 5),

        ROW("lldpLocPortIdSubtype", LLDP_PORTS, SLOW, PORT, PORT_KIND, LLDP, 3, 7, 1, 2),
        ROW("lldpLocPortId", LLDP_PORTS, SLOW, PORT, PORT_ID, LLDP, 3, 7, 1, 3),
        ROW("lldpLocPortDesc", LLDP_PORTS, SLOW, PORT, PORT_DESCR, LLDP, 3, 7, 1, 4),
        ROW("lldpRemChassisIdSubtype", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_CHASSIS_KIND), LLDP, 4, 1, 1,
                4),
        ROW("lldpRemChassisId", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_CHASSIS), LLDP, 4, 1, 1, 5),
        ROW("lldpRemPortIdSubtype", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_PORT_KIND), LLDP, 4, 1, 1, 6),
        ROW("lldpRemPortId", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_PORT), LLDP, 4, 1, 1, 7),
        ROW("lldpRemPortDesc", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_PORT_DESCR), LLDP, 4, 1, 1, 8),
        ROW("lldpRemSysName", LLDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP, PEER_SYSTEM), LLDP, 4, 1, 1, 9),
        ROW("lldpV2RemChassisIdSubtype", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_CHASSIS_KIND),
                LLDP_V2, 5),
        ROW("lldpV2RemChassisId", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_CHASSIS), LLDP_V2, 6),
        ROW("lldpV2RemPortIdSubtype", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_PORT_KIND), LLDP_V2, 7),
        ROW("lldpV2RemPortId", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_PORT), LLDP_V2, 8),
        ROW("lldpV2RemPortDesc", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_PORT_DESCR), LLDP_V2, 9),
        ROW("lldpV2RemSysName", LLDP_V2_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_LLDP_V2, PEER_SYSTEM), LLDP_V2, 10),
        ROW("cdpCacheDeviceId", CDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_CDP, PEER_CHASSIS), CDP, 6),
        ROW("cdpCacheDevicePort", CDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_CDP, PEER_PORT), CDP, 7),
        ROW("cdpCacheSysName", CDP_PEERS, SLOW, NEIGHBOUR, PEER(PEERS_CDP, PEER_SYSTEM), CDP, 17),

        ROW("upsInputVoltage", UPS_INPUTS, EVERY, FIRST, FIGURE_UPS_INPUT_V, UPS, 3, 3, 1, 3),
        ROW("upsOutputVoltage", UPS_OUTPUTS, EVERY, FIRST, FIGURE_UPS_OUTPUT_V, UPS, 4, 4, 1, 2),
        ROW("upsOutputPercentLoad", UPS_OUTPUTS, EVERY, MOST, FIGURE_UPS_LOAD, UPS, 4, 4, 1, 5),
        ROW("xupsInputVoltage", XUPS_INPUTS, EVERY, FIRST, FIGURE_XUPS_INPUT_V, XUPS, 3, 4, 1, 2),
        ROW("xupsOutputVoltage", XUPS_OUTPUTS, EVERY, FIRST, FIGURE_XUPS_OUTPUT_V, XUPS, 4, 4, 1, 2),
        ROW("mginputVoltage", MGE_INPUTS, EVERY, FIRST, FIGURE_MGE_INPUT_DV, MGE, 6, 2, 1, 2),
        ROW("mgoutputVoltage", MGE_OUTPUTS, EVERY, FIRST, FIGURE_MGE_OUTPUT_DV, MGE, 7, 2, 1, 2),
        ROW("mgoutputLoadPerPhase", MGE_OUTPUTS, EVERY, MOST, FIGURE_MGE_LOAD, MGE, 7, 2, 1, 4),
};

const size_t model_asks_count = sizeof(model_asks) / sizeof(model_asks[0]);
_Static_assert(sizeof(model_asks) / sizeof(model_asks[0]) <= MODEL_ASKS_MAX, "MODEL_ASKS_MAX");
_Static_assert(IFACE_NUMBERS <= IFACE_FIELDS, "IFACE_FIELDS");

int model_ask_of(const unsigned long *oid, size_t len)
{
	for (size_t i = 0; i < model_asks_count; i++) {
		const struct model_ask *a = &model_asks[i];

		if (len > a->root_len && !memcmp(oid, a->root, a->root_len * sizeof(*oid)))
			return (int)i;
	}
	return -1;
}
