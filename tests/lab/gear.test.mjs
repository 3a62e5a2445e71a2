// Gear end to end: a real snmpd read by a real agent in its sandbox, v2c and v3, its state and rows at the collector, its traps as events.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, Way, sleep, smallProvince, until } from "./way.mjs";

const missing = existsSync("/usr/sbin/snmpd") && existsSync("/usr/bin/snmptrap") ? false : "snmpd or snmptrap is not installed";
const dir = mkdtempSync(join(tmpdir(), "sansang-gear."));
const port = 20000 + Math.floor(Math.random() * 12000), trapPort = port + 1;
let way, snmpd, agent;

function startDevice() {
  const own = join(dir, "snmpd");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "snmpd.conf"), `rocommunity public 127.0.0.1\nsysName pl-sw1\ncreateUser watch SHA-256 "long enough" AES "long enough too"\nrouser watch priv\n`);
  return new Program("snmpd", "/usr/sbin/snmpd", ["-f", "-Lo", "-C", "-c", join(own, "snmpd.conf"), "-I", "-smux", `udp:127.0.0.1:${port}`], { env: { ...process.env, SNMP_PERSISTENT_DIR: own } });
}

const trap = (...args) => spawnSync("snmptrap", args, { env: { ...process.env, MIBS: "" } });

before(async () => {
  if (missing) return;
  snmpd = startDevice();
  writeFileSync(join(dir, "community"), "public", { mode: 0o600 });
  writeFileSync(join(dir, "auth"), "long enough", { mode: 0o600 });
  writeFileSync(join(dir, "privacy"), "long enough too", { mode: 0o600 });
  const gear = `
  - { id: pl-sw1, site: pl-hq, kind: gear, address: "127.0.0.1:${port}", polled_by: pl-srv1, snmp: { version: 2c, community_file: community } }
  - { id: pl-r1, site: pl-hq, kind: gear, address: "127.0.0.1:${port}", polled_by: pl-srv1, snmp: { version: 3, user: watch, auth: SHA256, auth_file: auth, privacy: AES, privacy_file: privacy } }`;
  const province = smallProvince().replace("kind: server }", `kind: server }${gear}`);
  way = await Way.start({ dir, mail: false, province });
  agent = await way.addAgent("pl-srv1", `traps: { listen: "127.0.0.1:${trapPort}" }`);
});

after(async () => {
  await snmpd?.stop();
  await way?.stop(!!process.env.KEEP);
});

test("gear of v2c and v3 is up, and its rows arrive", { skip: missing }, async () => {
  for (const id of ["pl-sw1", "pl-r1"]) {
    await until(`${id} is up`, async () => (await way.node(id)).state === "up", 40);
    await until(`rows of ${id}`, () => existsSync(way.rrd("pl-hq", id, "gear")), 40);
  }
  await until("rows of its interfaces", () => readdirSync(join(way.state, "rrd", "pl-hq", "pl-sw1")).some((name) => name.startsWith("if-")), 40);
});

test("a trap is an event at the collector, at once", { skip: missing }, async () => {
  await way.login();
  trap("-v2c", "-c", "public", `127.0.0.1:${trapPort}`, "100", "1.3.6.1.6.3.1.1.5.2");
  await until("the trap", async () => {
    const texts = [];
    for (const node of ["pl-sw1", "pl-srv1"]) texts.push(...((await way.http(`/api/v1/nodes/${node}/events?kind=trap`)).json?.events ?? []).map((e) => e.text ?? ""));
    return texts.some((text) => text.includes("warmStart"));
  }, 20);
});

test("gear that falls silent is down, and up again when it is back", { skip: missing }, async () => {
  await snmpd.stop();
  trap("-v2c", "-c", "public", `127.0.0.1:${trapPort}`, "100", "1.3.6.1.6.3.1.1.5.1"); // it is asked soon
  const state = async () => (await way.node("pl-sw1")).state;
  await until("down", async () => (await state()) === "down", 150);
  snmpd = startDevice();
  await sleep(10000);
  trap("-v2c", "-c", "public", `127.0.0.1:${trapPort}`, "100", "1.3.6.1.6.3.1.1.5.1");
  await until("up again", async () => (await state()) === "up", 150);
});
