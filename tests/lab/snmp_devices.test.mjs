// `sansang-agent snmp` against real devices' recordings (../shared/data/snmp), recordings of our own (tests/snmp), and a real snmpd by v3.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { spawn, execFile, execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build, until } from "./way.mjs";

const shared = resolve("../shared/data/snmp");
const has = (name) => (process.env.PATH + ":/usr/sbin:/sbin").split(":").map((dir) => join(dir, name)).find((path) => existsSync(path));
const simulator = has("snmpsimd") ?? has("snmpsimd.py") ?? has("snmpsim-command-responder");
const snmpd = has("snmpd");
const dir = mkdtempSync(join(tmpdir(), "snmp-devices-"));
const programs = [];

async function freePort() {
  const socket = createSocket("udp4");
  await new Promise((done) => socket.bind(0, "127.0.0.1", done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

function start(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const program = { child, output: "" };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (program.output += text));
  program.ended = new Promise((done) => child.on("exit", done));
  programs.push(program);
  return program;
}

// Our and the real recordings behind one port; the community is the file's name.
let port;
async function simulate() {
  for (const sub of ["data", "cache"]) mkdirSync(join(dir, sub));
  chmodSync(dir, 0o755);
  chmodSync(join(dir, "cache"), 0o777);
  for (const folder of ["tests/snmp", shared].filter(existsSync))
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".snmprec"))) copyFileSync(join(folder, file), join(dir, "data", file));
  execFileSync("chmod", ["-R", "a+rX", join(dir, "data")]);
  port = await freePort();
  const user = process.getuid() === 0 ? ["--process-user=nobody", "--process-group=nogroup"] : [];
  const program = start(simulator, [`--data-dir=${join(dir, "data")}`, `--cache-dir=${join(dir, "cache")}`, `--agent-udpv4-endpoint=127.0.0.1:${port}`, ...user]);
  await until("the simulator listens", () => {
    if (program.child.exitCode !== null) throw new Error(program.output);
    return program.output.includes("Listening at");
  }, 60);
}

const snmp = (...args) =>
  new Promise((done) =>
    execFile(join(build, "sansang-agent"), ["snmp", ...args], { maxBuffer: 1 << 24 }, (error, stdout, stderr) => done({ status: error?.code ?? 0, stdout, stderr })));

async function device(community, ...args) {
  const { status, stdout, stderr } = await snmp(`127.0.0.1:${port}`, "--community", community, "--json", ...args);
  assert.equal(status, 0, stderr);
  const seen = JSON.parse(stdout);
  assert.equal(seen.complete, true, stderr);
  return seen;
}

before(async () => {
  if (simulator) await simulate();
});
after(async () => {
  for (const { child, ended } of programs) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  }
  rmSync(dir, { recursive: true, force: true });
});

// ---- what expected.json says of a device, as our fields

const orNull = (value) => value ?? null;

function expectedInterface(e) {
  return {
    index: e.ifIndex,
    name: e.ifName || e.ifDescr, // printers, UPSes and small routers have no ifXTable
    descr: orNull(e.ifDescr),
    alias: orNull(e.ifAlias),
    type: orNull(e.ifType),
    speed_bps: e.speed_bps, // null: ifHighSpeed is 0 and ifSpeed was not recorded
    admin: orNull(e.ifAdminStatus),
    oper: orNull(e.ifOperStatus),
    in_octets: orNull(e.ifHCInOctets ?? e.ifInOctets),
    out_octets: orNull(e.ifHCOutOctets ?? e.ifOutOctets),
    counter_bits: e.counter_bits, // null: Cisco's stack ports and VLANs of a Catalyst 1200 count nothing
    in_errors: orNull(e.ifInErrors),
    out_errors: orNull(e.ifOutErrors),
    in_discards: orNull(e.ifInDiscards),
    out_discards: orNull(e.ifOutDiscards),
  };
}

// Where a neighbour's port is, device by device, when expected.json alone does not tell:
const localPorts = {
  // lldpLocPortId is the port's MAC: the interface that has it is meant
  "ciscosb_c1200-8t-e-2g 0.8.1": "gi8",
  // no lldpLocPortTable at all: the number is the ifIndex
  "fortigate_60f3g4g 247671677.16.1": "wan2",
};
// RouterOS answers 0 for every port, TP-Link leaves the time mark out of the index: nobody can say which port, so null.
const localPort = (name, e) => localPorts[`${name} ${e.index}`] ?? (e.standard_index ? orNull(e.localPort?.id) : null);

function expectedNeighbours(name, d) {
  const lldp = d.lldp_neighbours.map((e) => ({
    protocol: "lldp",
    local_port: localPort(name, e),
    chassis: e.chassisId, // of RouterOS in the device's own capitals, of TP-Link with its curly quotes: as they were sent
    port: e.portId,
    port_description: orNull(e.portDesc),
    system: e.sysName, // two of RouterOS's are {hex}: a name, a NUL, and what stood behind it in memory
  }));
  const cdp = d.cdp_neighbours.map((e) => ({
    protocol: "cdp",
    local_port: d.interfaces.find((i) => i.ifIndex === e.ifIndex).ifName,
    chassis: e.deviceId,
    port: e.devicePort,
    system: e.deviceId,
  }));
  return [...lldp, ...cdp];
}

// The one that tells most is the source. APC's card answers UPS-MIB with nothing but its maker; Eaton's answers UPS-MIB and MGE's alike.
function expectedUps({ "UPS-MIB": rfc, "PowerNet-MIB": apc }) {
  if ("upsOutputSource" in rfc)
    return { source: "UPS-MIB", battery_status: rfc.upsBatteryStatus, charge_pct: rfc.upsEstimatedChargeRemaining, runtime_min: rfc.upsEstimatedMinutesRemaining, on_battery: rfc.upsOutputSource === 5, load_pct: rfc["upsOutputPercentLoad.1"], input_v: rfc["upsInputVoltage.1"], battery_v: rfc.upsBatteryVoltage / 10, temperature_c: rfc.upsBatteryTemperature };
  if ("upsBasicOutputStatus" in apc)
    // upsBasicBatteryStatus was not recorded; the run time is in hundredths of a second, charge and load in tenths of a per cent
    return { source: "PowerNet-MIB", battery_status: null, charge_pct: apc.upsHighPrecBatteryCapacity / 10, runtime_min: Math.floor(apc.upsAdvBatteryRunTimeRemaining / 6000), on_battery: apc.upsBasicOutputStatus === 3, load_pct: Math.round(apc.upsHighPrecOutputLoad / 10), input_v: apc.upsAdvInputLineVoltage, temperature_c: apc.upsAdvBatteryTemperature };
  return null;
}

function compare(where, seen, expected) {
  if (expected === null) return assert.equal(seen, null, where), 1;
  let count = 0;
  for (const [key, value] of Object.entries(expected)) {
    assert.deepEqual(seen[key], value, `${where} ${key}`);
    count++;
  }
  return count;
}

const missing = !simulator ? "snmpsim is not installed" : !existsSync(join(shared, "expected.json")) ? `no recordings at ${shared}` : false;
test("every real device as expected.json has it", { skip: missing }, async () => {
  const { devices } = JSON.parse(readFileSync(join(shared, "expected.json")));
  let fields = 0;
  for (const [name, d] of Object.entries(devices)) {
    const seen = await device(name);
    const ticks = d.system.sysUpTime; // DrayTek's was not recorded
    fields += compare(name, seen, { sys_name: d.system.sysName, sys_descr: d.system.sysDescr, sys_object_id: d.system.sysObjectID, uptime_s: ticks === null ? null : Math.floor(ticks / 100) });
    assert.equal(seen.interfaces.length, d.interfaces.length, name);
    d.interfaces.forEach((e, i) => (fields += compare(`${name} interface ${e.ifIndex}`, seen.interfaces[i], expectedInterface(e))));
    const neighbours = expectedNeighbours(name, d);
    assert.equal(seen.neighbours.length, neighbours.length, name);
    neighbours.forEach((e, i) => (fields += compare(`${name} neighbour ${i}`, seen.neighbours[i], e)));
    fields += compare(`${name} UPS`, seen.ups, expectedUps(d.ups));
  }
  console.log(`# ${fields} fields of ${Object.keys(devices).length} devices, all as expected`);
  assert.ok(fields > 6000);
});

const noSimulator = simulator ? false : "snmpsim is not installed";
test("a switch of our own making", { skip: noSimulator }, async () => {
  const seen = await device("switch");
  compare("switch", seen, { sys_name: "xã-mường-khương", uptime_s: 3600, running_s: 42953272, temperature_c: 42 }); // wrapped once
  assert.deepEqual(seen.interfaces.map((i) => [i.name, i.admin, i.oper, i.speed_bps, i.in_octets, i.counter_bits]), [
    ["ge1", 1, 1, 1e9, 5e9, 64],
    ["ge2", 1, 2, null, 1e10, 64],
    ["Port 3", 2, 2, 1e7, 1234, 32],
  ]);
  assert.deepEqual(seen.neighbours.map((n) => [n.protocol, n.local_port, n.chassis, n.port, n.system]), [
    ["lldp", "ge1", "02:00:00:00:0b:00", "ge-0/0/7", "mk-core"],
    ["cdp", "ge2", "mk-phone", "Port 1", "mk-phone"],
  ]);
  assert.equal(seen.ups, null);
});

test("a UPS on battery", { skip: noSimulator }, async () => {
  compare("ups", (await device("ups")).ups, { source: "PowerNet-MIB", battery_status: 3, charge_pct: 19, runtime_min: 12, on_battery: true, input_v: 0 });
  const { status, stdout } = await snmp(`127.0.0.1:${port}`, "--community", "ups");
  assert.equal(status, 0);
  assert.match(stdout, /UPS {2}ON BATTERY, battery low, 19 % charged, 12 min left/);
  assert.doesNotMatch(stdout, /\x1b/, "no colour but on a terminal");
});

test("version 1: what 64 bits need is not there, the rest is", { skip: noSimulator }, async () => {
  const seen = await device("old", "--version", "1");
  compare("old", seen, { sys_name: { hex: "00ff" }, uptime_s: 42949672, neighbours: [], ups: null });
  compare("old", seen.interfaces[0], { name: "eth0", alias: null, speed_bps: 1e7, in_octets: 11, out_octets: 22, counter_bits: 32 });
});

test("a wrong community, nobody there, wrong use: each says what to try", async () => {
  const closed = await freePort();
  const refused = await snmp(`127.0.0.1:${closed}`, "--community", "public", "--json");
  assert.deepEqual([refused.status, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /no answer: refused\n.*no SNMP agent listens/);
  if (simulator) {
    const wrong = await snmp(`127.0.0.1:${port}`, "--community", "no-such-device");
    assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
    assert.match(wrong.stderr, /no answer: timeout\n.*wrong community/);
  }
  for (const [args, word] of [
    [[], "is missing"],
    [["host"], "--community is missing"],
    [["host", "--community"], "a value is missing after: --community"],
    [["host", "other", "--community", "c"], "not understood: other"],
    [["host", "--community", "c", "--version", "4"], "no such version"],
    [["host", "--version", "3"], "--user is missing"],
    [["host", "--community", "c".repeat(200)], "too long"],
  ]) {
    const { status, stdout, stderr } = await snmp(...args);
    assert.deepEqual([status, stdout], [2, ""], args.join(" "));
    assert.ok(stderr.includes(word), stderr);
  }
  const file = await snmp("host", "--community-file", join(dir, "no-such-file"));
  assert.equal(file.status, 1);
  assert.match(file.stderr, /no-such-file: No such file/);
});

test("version 3, SHA-256 and AES, of a real snmpd", { skip: snmpd ? false : "snmpd is not installed" }, async () => {
  const v3port = await freePort();
  const state = join(dir, "snmpd");
  mkdirSync(state);
  writeFileSync(join(state, "snmpd.conf"), `createUser tech SHA-256 authentic-1 AES private-12\nrouser tech priv\nsysName mk-srv1\nsysDescr Test of sansang\n`);
  writeFileSync(join(dir, "auth"), "authentic-1\n");
  writeFileSync(join(dir, "privacy"), "private-12\n");
  writeFileSync(join(dir, "wrong"), "authentic-2\n");
  const program = start(snmpd, ["-f", "-Lo", "-C", "-c", join(state, "snmpd.conf"), `udp:127.0.0.1:${v3port}`], { SNMP_PERSISTENT_DIR: state });
  const ask = (auth) => snmp(`127.0.0.1:${v3port}`, "--user", "tech", "--auth", "SHA256", "--auth-file", join(dir, auth), "--privacy", "AES", "--privacy-file", join(dir, "privacy"), "--json");
  await until("snmpd answers", async () => {
    if (program.child.exitCode !== null) throw new Error(program.output);
    return (await ask("auth")).status === 0;
  });
  const { stdout } = await ask("auth");
  const seen = JSON.parse(stdout);
  compare("snmpd", seen, { sys_name: "mk-srv1", sys_descr: "Test of sansang", neighbours: [], ups: null });
  const loopback = seen.interfaces.find((i) => i.name === "lo");
  compare("lo", loopback, { type: 24, admin: 1, oper: 1, counter_bits: 64 });
  assert.ok(seen.memory_used_pct > 0 && seen.memory_used_pct < 100);
  const wrong = await ask("wrong");
  assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
  assert.match(wrong.stderr, /no answer: authentication: .*password.*\n.*Compare user, algorithms and passwords/);
});
