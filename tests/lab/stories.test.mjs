// The stories of a working day (USERS.md), as far as a machine can play them: real agents, collector, web server, mail server.
//   1 go-live morning: the national portal answers 502 to every site        here
//   2 a call at 22:40 by a former name                                       here
//   3 the storm: fourteen dark communes, boxes that wake in 1970             tests/scenario/area_storm.scn, boot_in_1970.scn; fault lab: area power
//   5 the collector's power is pulled; scanners and replies                  witness.test.mjs, acknowledge.test.mjs
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mayMakeNetworks, noNetworks } from "./network.mjs";
import { Service, Way, freePort, sleep, until } from "./way.mjs";

const NET = "198.18.79"; // of RFC 2544: nobody's
const netns = `ssday${process.pid}`, cable = `ssd${process.pid}`.slice(0, 15);
const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

const province = (portal, land, inside) => `province: { id: lao-cai, name: "Lào Cai", collector_node: core-srv1, trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }
contacts: [ { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, phone: "0214 3840 123", language: vi } ]
units:
  - { id: core, name: "Trung tâm", kind: commune, from: 2025-01-01 }
  - { id: ta-ngai-cho, name: "Xã Tả Ngài Chồ", kind: commune, until: 2025-07-01 }
  - { id: pha-long, name: "Xã Pha Long", kind: commune, code: "02752", from: 2025-07-01, formed_from: [ta-ngai-cho] }
  - { id: nam-chay, name: "Xã Nậm Chảy", kind: commune, from: 2025-01-01 }
  - { id: cao-son, name: "Xã Cao Sơn", kind: commune, from: 2025-01-01 }
sites:
  - { id: core-hq, name: "Phòng máy chủ", role: data-centre, required: no, units: [ { unit: core } ], uplinks: [ { id: core-ts, kind: tslcd, terminal: 127.0.0.1, gateway: 127.0.0.1 } ] }
  - { id: pl-hq, name: "Trụ sở xã Pha Long", role: service-centre, required: yes, units: [ { unit: ta-ngai-cho, until: 2025-07-01 }, { unit: pha-long, from: 2025-07-01 } ],
      uplinks: [ { id: pl-ts, kind: tslcd, carrier: VNPT, circuit: "LCI-0421", hotline: "0214 119", terminal: 127.0.0.1, gateway: 127.0.0.1 },
                 { id: pl-net, kind: internet, carrier: Viettel, circuit: "VTL-778", hotline: "18008119", terminal: ${NET}.2 } ] }
  - { id: nc-hq, name: "Trụ sở xã Nậm Chảy", role: service-centre, required: yes, units: [ { unit: nam-chay } ], uplinks: [ { id: nc-ts, kind: tslcd, carrier: VNPT, terminal: 127.0.0.1, gateway: 127.0.0.1 } ] }
  - { id: cs-hq, name: "Trụ sở xã Cao Sơn", role: service-centre, required: yes, units: [ { unit: cao-son } ], uplinks: [ { id: cs-ts, kind: tslcd, carrier: Viettel, terminal: 127.0.0.1, gateway: 127.0.0.1 } ] }
nodes:
  - { id: core-srv1, site: core-hq, kind: server }
  - { id: pl-srv1, site: pl-hq, kind: server }
  - { id: nc-srv1, site: nc-hq, kind: server }
  - { id: cs-srv1, site: cs-hq, kind: server }
services:
  - { id: portal, name: "Cổng Dịch vụ công quốc gia", sector: public-services, responsible: central, every: 2s, check: { http: "http://127.0.0.1:${portal}/" }, checked_by: [ pl-hq, nc-hq, cs-hq ] }
  - { id: land, name: "Đất đai", sector: land, responsible: province, via: tslcd, every: 2s, check: { tcp: "127.0.0.1:${land}" }, checked_by: [ pl-hq, nc-hq, cs-hq ] }
  - { id: tax, name: "Thuế điện tử", sector: finance, responsible: central, via: internet, every: 2s, check: { tcp: "${NET}.2:${inside}" }, checked_by: [ pl-hq ] }
`;

let way, portal, land, status = 200;
const mails = () => way.mails().map((text) => {
  const [head] = text.split(/\r?\n\r?\n/), flat = head.replace(/\r?\n[ \t]+/g, " ");
  const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(flat)?.[1].trim();
  const body = /text\/plain[^]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(text)[1];
  const subject = field("Subject").replace(/=\?utf-8\?b\?([^?]*)\?=\s*/gi, (_, b) => Buffer.from(b, "base64").toString());
  return { id: field("Message-ID"), answers: field("In-Reply-To"), subject, text: Buffer.from(body, "base64").toString() };
});
const states = async () => Object.fromEntries((await way.sansang("units")).units.map((u) => [u.id, u.state]));

before(async () => {
  if (noNetworks) return;
  assert.ok(mayMakeNetworks);
  const [portalPort, inside] = [await freePort(), await freePort()];
  land = await new Service(await freePort()).start();
  portal = createServer((request, response) => response.writeHead(status).end("portal\n"));
  await new Promise((done) => portal.listen(portalPort, "127.0.0.1", done));
  ip("netns", "add", netns);
  ip("link", "add", cable, "type", "veth", "peer", "name", "far", "netns", netns);
  ip("addr", "add", `${NET}.1/30`, "dev", cable);
  ip("link", "set", cable, "up");
  ip("-n", netns, "link", "set", "lo", "up");
  ip("-n", netns, "addr", "add", `${NET}.2/30`, "dev", "far");
  ip("-n", netns, "link", "set", "far", "up");
  way = await Way.start({ province: province(portalPort, land.port, inside), step: "2s" });
  way.program("tax", "ip", ["netns", "exec", netns, process.execPath, "-e", `require("net").createServer((s) => s.on("error", () => {}).end()).listen(${inside}, "0.0.0.0")`]);
  for (const node of ["core-srv1", "pl-srv1", "nc-srv1", "cs-srv1"]) await way.addAgent(node);
  await until("every commune is green", async () => ["pha-long", "nam-chay", "cao-son"].every((id, _, all) => all.length) && Object.entries(await states()).every(([id, s]) => s === "up" || id === "core"), 90);
});
after(async () => {
  await way?.stop();
  await land?.stop();
  portal?.close();
  for (const undo of [["netns", "del", netns], ["link", "del", cable]])
    try { ip(...undo); } catch { /* gone with the other */ }
});

test("story 1: the portal answers 502 to every site", { skip: noNetworks, timeout: 240e3 }, async () => {
  const seen = new Set();
  const began = Date.now();
  status = 502;
  const one = await until("one incident", async () => (await way.incidents()).find((i) => i.service === "portal" && i.wide), 60);
  assert.deepEqual([one.cause, one.responsible, one.severity, one.site], ["service-down", "central", "alarm", null]);
  await until("one mail", () => mails().length === 1, 40);
  // a minute is lost when half of it was
  while (Date.now() < began + 65000) {
    for (const [id, state] of Object.entries(await states())) if (id !== "core") seen.add(state);
    await sleep(1000);
  }
  assert.deepEqual([...seen], ["up"], "no unit changes colour");
  const [first] = mails();
  assert.match(first.text, /Trung ương/);
  assert.match(first.text, /502/);
  status = 200;
  const over = await until("it is over", async () => (await way.incidents()).find((i) => i.id === one.id && i.state === "resolved"), 60);
  assert.equal(over.final_cause, "service-down");
  assert.ok((await way.sansang("incident", one.id)).minutes_lost.portal >= 1, "the minutes that citizens lost are counted");
  const [, second] = await until("recovery in the same thread", () => mails().length === 2 && mails(), 40);
  assert.equal(second.answers, first.id);
  assert.equal((await way.incidents()).filter((i) => !i.merged_into).length, 1);
});

test("story 2: a call by a former name, four lamps, a slip for the carrier", { skip: noNetworks, timeout: 240e3 }, async () => {
  const before = mails().length;
  ip("-n", netns, "addr", "flush", "dev", "far");
  const cut = await until("the internet line's incident", async () => (await way.incidents(false)).find((i) => i.uplink === "pl-net"), 60);
  assert.deepEqual([cut.cause, cut.responsible, cut.site], ["uplink-down", "carrier", "pl-hq"]);
  assert.ok(cut.affects.some((what) => what.startsWith("service:tax@")) || await until("the service by that line is affected", async () =>
    (await way.incidents(false)).find((i) => i.id === cut.id)?.affects.some((what) => what.startsWith("service:tax@")), 40));
  const lamps = await until("four lamps", async () => {
    const a = await way.sansang("lamps", "ta", "ngai", "cho");
    const state = Object.fromEntries(a.lamps.map((l) => [l.id, l.state]));
    return state.internet === "down" && state.service === "degraded" && { ...a, state };
  }, 40);
  assert.equal(lamps.unit_name, "Xã Pha Long");
  assert.deepEqual(lamps.state, { power: "up", tslcd: "up", internet: "down", service: "degraded" });
  const slip = await way.sansangText("slip", cut.id);
  for (const words of ["VTL-778", "18008119", "Viettel", "Xã Pha Long", cut.id]) assert.ok(slip.includes(words), `${words} in\n${slip}`);
  const call = await way.sansang("complaint", "ta ngai cho", "mất", "mạng");
  assert.equal((call.complaint ?? call).incident, cut.id);
  await until("the call stands at the incident", async () => (await way.sansang("incident", cut.id)).complaints?.length === 1, 20);
  ip("-n", netns, "addr", "add", `${NET}.2/30`, "dev", "far");
  await until("it is over", async () => (await way.incidents()).find((i) => i.id === cut.id)?.state === "resolved", 90);
  await until("opening and recovery", () => mails().length === before + 2, 60);
  assert.equal((await way.incidents()).filter((i) => !i.merged_into).length, 2, "nothing else was accused");
});
