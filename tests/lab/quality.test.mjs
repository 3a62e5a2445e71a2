// A line that loses one echo in twenty: the agent beside the collector looks closer, one incident says so; one in a hundred says nothing; delay is seen too.
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { noNetworks } from "./network.mjs";
import { sleep, until, Way } from "./way.mjs";

const NET = "198.18.79"; // of RFC 2544: nobody's
const netns = `ssql${process.pid}`;
const cable = `ssq${process.pid}`.slice(0, 15);
const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
const nft = (rules) => ip("netns", "exec", netns, "nft", rules);
const lose = (perMyriad) => nft(`flush chain inet t c; add rule inet t c icmp type echo-request numgen random mod 10000 < ${perMyriad} drop`);
const counter = (name) => Number(readFileSync(`/sys/class/net/${cable}/statistics/${name}`, "utf8"));

const province = `province: { id: lao-cai, name: "Lào Cai", collector_node: core-srv1, trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }
contacts: [ { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, language: vi } ]
units:
  - { id: core, name: "Trung tâm", kind: commune, from: 2025-01-01 }
  - { id: far, name: "Xã Xa", kind: commune, from: 2025-01-01 }
sites:
  - { id: core-hq, name: "Phòng máy chủ", role: data-centre, required: no, units: [ { unit: core } ], uplinks: [ { id: core-ts, kind: tslcd, terminal: 127.0.0.1, gateway: 127.0.0.1 } ] }
  - { id: far-hq, name: "Trụ sở Xã Xa", role: service-centre, required: yes, units: [ { unit: far } ], uplinks: [ { id: far-ts, kind: tslcd, carrier: VNPT, capacity_mbps: 10, terminal: ${NET}.2 } ] }
nodes:
  - { id: core-srv1, site: core-hq, kind: server }
`;

test("loss of 5 % is an incident, of 1 % none; what a closer look costs a thin line", { skip: noNetworks, timeout: 400e3 }, async (t) => {
  const way = await Way.start({ province, step: "10s", collector: false });
  let good = false;
  try {
    ip("netns", "add", netns);
    ip("link", "add", cable, "type", "veth", "peer", "name", "core", "netns", netns);
    ip("addr", "add", `${NET}.1/30`, "dev", cable);
    ip("link", "set", cable, "up");
    ip("-n", netns, "addr", "add", `${NET}.2/30`, "dev", "core");
    ip("-n", netns, "link", "set", "core", "up");
    nft("add table inet t; add chain inet t c { type filter hook input priority 0; }");
    await way.startCollector();
    await way.addAgent("core-srv1");
    await way.login();
    // the host's own cables come and go with other tests
    const incidents = async () => (await way.incidents()).filter((i) => i.site === "far-hq");
    const unit = async () => (await way.sansang("units")).units.find((u) => u.id === "far") ?? {};
    await until("the line is up", async () => (await unit()).state === "up", 60);

    lose(100);
    await sleep(60e3);
    assert.deepEqual(await incidents(), [], "1 % is no incident");

    const [begun, bytes, packets] = [Date.now(), counter("tx_bytes"), counter("tx_packets")];
    lose(500);
    const bad = await until("the incident", async () => (await incidents())[0], 120);
    const seconds = (Date.now() - begun) / 1000, kbit = ((counter("tx_bytes") - bytes) * 8) / 1000 / seconds;
    t.diagnostic(`seen after ${seconds.toFixed(1)} s, opened ${((bad.opened_at - begun) / 1000).toFixed(1)} s after; ${((counter("tx_packets") - packets) / seconds).toFixed(1)} packets and ${kbit.toFixed(1)} kbit/s each way`);
    assert.deepEqual([bad.cause, bad.uplink, bad.outside], ["uplink-degraded", "far-ts", true]);
    assert.equal(bad.facts.loss.is, true);
    assert.ok(kbit < 25, `a closer look takes ${kbit} kbit/s`);
    assert.equal((await unit()).state, "degraded");
    await until("one mail", async () => (await incidents())[0].mails === 1, 60);

    lose(0);
    await until("the end", async () => (await incidents())[0].state === "resolved", 180);
    assert.equal((await incidents()).length, 1);
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
