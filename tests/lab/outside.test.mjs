// A commune without a server: its line and its switch are seen from the collector, everywhere said so, and mailed as such.
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mayMakeNetworks, noNetworks } from "./network.mjs";
import { until, Way } from "./way.mjs";

const snmpd = ["/usr/sbin/snmpd", "/usr/bin/snmpd"].find(existsSync);
const NET = "198.18.77"; // of RFC 2544: nobody's
const netns = `ssout${process.pid}`;
const cable = `sso${process.pid}`.slice(0, 15);
const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

const province = (port) => `province: { id: lao-cai, name: "Lào Cai", collector_node: core-srv1, trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }
contacts: [ { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, language: vi } ]
units:
  - { id: core, name: "Trung tâm", kind: commune, from: 2025-01-01 }
  - { id: far, name: "Xã Xa", kind: commune, from: 2025-01-01 }
sites:
  - { id: core-hq, name: "Phòng máy chủ", role: data-centre, required: no, units: [ { unit: core } ], uplinks: [ { id: core-ts, kind: tslcd, terminal: 127.0.0.1, gateway: 127.0.0.1 } ] }
  - { id: far-hq, name: "Trụ sở Xã Xa", role: service-centre, required: yes, units: [ { unit: far } ], uplinks: [ { id: far-ts, kind: tslcd, carrier: VNPT, terminal: ${NET}.2 } ] }
nodes:
  - { id: core-srv1, site: core-hq, kind: server }
  - { id: far-sw1, site: far-hq, kind: gear, address: "127.0.0.1:${port}", every: 10s, snmp: { version: 2c, community_file: community } }
`;

async function freeUdpPort() {
  const socket = createSocket("udp4");
  await new Promise((done) => socket.bind(0, "127.0.0.1", done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

function startSnmpd(way, port) {
  const dir = join(way.dir, "snmpd");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "snmpd.conf"), "rocommunity secretword 127.0.0.1\nsysName far-switch\n");
  return way.program("snmpd", snmpd, ["-f", "-Lo", "-C", "-c", join(dir, "snmpd.conf"), "-p", join(dir, "pid"), "-I", "-systemstats", `udp:127.0.0.1:${port}`], { env: { ...process.env, SNMP_PERSISTENT_DIR: dir } });
}

async function unit(way) {
  return (await way.sansang("units")).units.find((u) => u.id === "far") ?? {};
}

test("a site without an agent is seen from outside: line, switch, incident, mail, graph, API", { skip: noNetworks || (!snmpd && "snmpd is not installed"), timeout: 240e3 }, async () => {
  assert.ok(mayMakeNetworks);
  const port = await freeUdpPort();
  const way = await Way.start({ province: province(port), step: "2s", collector: false });
  writeFileSync(join(way.dir, "community"), "secretword\n", { mode: 0o600 });
  let good = false;
  try {
    ip("netns", "add", netns);
    ip("link", "add", cable, "type", "veth", "peer", "name", "core", "netns", netns);
    ip("addr", "add", `${NET}.1/30`, "dev", cable);
    ip("link", "set", cable, "up");
    ip("-n", netns, "addr", "add", `${NET}.2/30`, "dev", "core");
    ip("-n", netns, "link", "set", "core", "up");
    await way.startCollector();
    let switched = startSnmpd(way, port);
    await way.addAgent("core-srv1");
    await way.login();

    await until("the line is up, seen from outside", async () => {
      const u = await unit(way);
      return u.state === "up" && u.vantage === "outside";
    }, 60);
    assert.match((await unit(way)).reason_vi, /nhìn từ ngoài/);
    assert.match(await way.sansangText("units"), /Xã Xa.*nhìn từ ngoài/);
    await until("the switch answers", async () => (await way.node("far-sw1")).state === "up", 60);
    const page = (await way.http("/api/v1/units/far")).json;
    const site = page.sites[0], gear = site.nodes.find((n) => n.id === "far-sw1");
    assert.equal(site.vantage, "outside");
    assert.equal(site.uplinks[0].outside, true);
    assert.deepEqual([gear.kind, gear.vantage, gear.polled_by, gear.agent], ["gear", "outside", "core-srv1", "never"]);
    await until("gear has files of its own", () => existsSync(way.rrd("far-hq", "far-sw1", "gear")), 90);
    assert.ok(!existsSync(way.rrd("core-hq", "core-srv1", "gear")));
    await until("its interfaces too", () => existsSync(way.rrd("far-hq", "far-sw1", `if-${cable}`)), 60);
    const picture = join(way.dir, "gear.svg");
    await way.sansangText("graph", "node:far-sw1", "-o", picture);
    assert.match(readFileSync(picture, "utf8"), /<title>Thiết bị mạng far-sw1/);
    await way.sansangText("graph", "site:far-hq", "-o", picture);
    assert.match(readFileSync(picture, "utf8"), /<title>Đường đến Trụ sở Xã Xa, TSLCD VNPT \(nhìn từ ngoài\)/);
    const told = (await way.http("/api/v1/nodes/core-srv1/events?kind=agent-started")).json;
    assert.equal(told.events.length, 1);
    assert.match(told.events[0].vi, /Trạm đo core-srv1 khởi động/);
    const node = await until("the configuration is applied", async () => {
      const n = await way.node("core-srv1");
      return n.config_current === true && n;
    });
    assert.match(node.config_version, /^[0-9a-f]{16}$/);

    // the line is cut: likely the line, for nobody there can say
    ip("-n", netns, "addr", "flush", "dev", "core");
    const cut = await until("the line's incident", async () => (await way.incidents()).find((i) => i.cause === "uplink-down"), 60);
    assert.deepEqual([cut.site, cut.uplink, cut.confidence, cut.outside, cut.responsible], ["far-hq", "far-ts", "unclear", true, "carrier"]);
    assert.match(cut.summary_vi, /\(nhìn từ ngoài\)/);
    await until("one mail", () => way.mails().length === 1, 60);
    ip("-n", netns, "addr", "add", `${NET}.2/30`, "dev", "core");
    await until("recovery", async () => (await way.incidents()).find((i) => i.id === cut.id)?.state === "resolved", 60);

    // the switch stops answering: one incident of its own
    await switched.stop("SIGKILL");
    const down = await until("the switch's incident", async () => (await way.incidents()).find((i) => i.cause === "gear-down"), 90);
    assert.deepEqual([down.node, down.site, down.confidence], ["far-sw1", "far-hq", "likely"]);
    assert.equal((await unit(way)).state, "degraded");
    switched = startSnmpd(way, port);
    await until("it answers again", async () => (await way.incidents()).find((i) => i.id === down.id)?.state === "resolved", 120);
    assert.equal((await way.incidents()).length, 2);
    good = true;
  } finally {
    await way.stop(!good);
    try {
      ip("netns", "del", netns);
    } catch {
      // it was not made
    }
  }
});
