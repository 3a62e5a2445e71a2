// Every fault of the lab: how it is switched on and off, where it may be, and what must be said of it.
//
// A row: id; needs: the kind of place that it takes (below); before(p, ...places): what must be so before it can happen; on, off; expect(...places):
// one entry for each root cause, { site | service | collector | wide: [sites], first: [causes], final: [causes] }, `late` when it can only be
// known afterwards; hard: detected within 15 s and mailed within 30 s, otherwise within 60 s, or `within` that many; warning: no mail is due, it goes into the digest; hold:
// seconds that it stays on, when not the usual; recovery: seconds after which it must be over.
//
// Places: one (a site with one line), two (a site with two), any, ups (site 1, with a UPS), fake (site 5, whose clock can be set), near (sites 1, 4
// and 5: neighbours on different carriers), vnpt (all lines of VNPT), dns, dc80/dc8081/... (a central service), col.
import { spawn } from "node:child_process";
import { sleep } from "../way.mjs";

const at = (k, first, final = first) => [{ site: `s${k}`, first, final }];
const wide = (service, first, final = first) => [{ service, first, final }];
const simple = (name, ...args) => ({
  on: (p, k) => p.fault(name, k, "on", ...args),
  off: (p, k) => p.fault(name, k, "off"),
});

// Real downloads that fill the site's line.
function download(p, k) {
  const curl = "curl -s --retry 50 --retry-delay 1 -o /dev/null http://10.0.9.10:8081/big &";
  const child = spawn("ip", ["netns", "exec", p.netns(`s${k}`), "sh", "-c", `${curl.repeat(6)} wait`], { stdio: "ignore", detached: true });
  (p.downloads ??= new Map()).set(k, child);
}
export function downloadEnd(p, k) {
  const child = p.downloads?.get(k);
  p.downloads?.delete(k);
  try {
    if (child) process.kill(-child.pid, "SIGKILL");
  } catch {
    // they have ended
  }
}

async function powerOff(p, k) {
  await p.fault("poweroff", k, "on");
}
async function powerOn(p, k) {
  await p.fault("poweroff", k, "off");
  await p.powerOn(k);
}
const all = (list, what) => Promise.all(list.map(what));

const uplinkDown = ["uplink-down"];
export const singles = [
  // ---- lines and cables ----
  { id: "link_core", needs: "one", hard: true, ...simple("link_core"), expect: (k) => at(k, uplinkDown) },
  { id: "link_site", needs: "one", hard: true, ...simple("link_site"), expect: (k) => at(k, uplinkDown) },
  { id: "carrier", needs: "one", hard: true, ...simple("carrier"), expect: (k) => at(k, uplinkDown) },
  { id: "carrier_of_two", needs: "two", hard: true, ...simple("carrier"), expect: (k) => at(k, uplinkDown) },
  { id: "carrier_second", needs: "two", hard: true, on: (p, k) => p.fault("carrier", `${k}b`, "on"), off: (p, k) => p.fault("carrier", `${k}b`, "off"), expect: (k) => at(k, uplinkDown) },
  { id: "lan", needs: "one", hard: true, ...simple("lan"), expect: (k) => at(k, ["lan-link-down"]) },
  { id: "lan_of_two", needs: "two", hard: true, ...simple("lan"), expect: (k) => at(k, ["lan-link-down"]) },
  { id: "loss", needs: "one", ...simple("loss", 20), expect: (k) => at(k, ["uplink-degraded"]) },
  { id: "loss_slight", needs: "one", ...simple("loss", 8), expect: (k) => at(k, ["uplink-degraded"]) },
  { id: "loss_in", needs: "one", ...simple("loss", 25, "in"), expect: (k) => at(k, ["one-way-loss", "uplink-degraded"], ["one-way-loss"]) },
  { id: "loss_out", needs: "one", ...simple("loss", 25, "out"), expect: (k) => at(k, ["one-way-loss", "uplink-degraded"], ["one-way-loss"]) },
  { id: "oneway_in", needs: "one", hard: true, ...simple("oneway", "in"), expect: (k) => at(k, ["one-way-loss", "uplink-down"], ["one-way-loss"]) },
  { id: "oneway_out", needs: "one", hard: true, ...simple("oneway", "out"), expect: (k) => at(k, ["one-way-loss", "uplink-down"], ["one-way-loss"]) },
  // large packets are tried once a minute, and a hole is believed at the second time
  { id: "mtu", needs: "one", within: 150, recovery: 240, ...simple("mtu", 1400), expect: (k) => at(k, ["mtu-blackhole"]) },
  { id: "delay", needs: "one", ...simple("delay", 120, 10), expect: (k) => at(k, ["uplink-degraded"]) },
  { id: "burst", needs: "one", ...simple("burst", 15, 20), expect: (k) => at(k, ["uplink-degraded"]) },
  {
    id: "rate", needs: "one", before: (p, k) => p.fault("rate", k, "on", 4000, 96), on: async (p, k) => download(p, k),
    off: async (p, k) => { downloadEnd(p, k); await p.fault("rate", k, "off"); }, expect: (k) => at(k, ["uplink-saturated"]),
  },
  {
    id: "tbf", needs: "one", before: (p, k) => p.fault("tbf", k, "on", 4000), on: async (p, k) => download(p, k),
    off: async (p, k) => { downloadEnd(p, k); await p.fault("tbf", k, "off"); }, expect: (k) => at(k, ["uplink-saturated"]),
  },
  { id: "flap", needs: "one", hard: true, hold: 135, recovery: 420, ...simple("flap", 20, 20), expect: (k) => at(k, ["uplink-down", "flapping"], ["flapping"]) },
  // ---- power, hosts, agents, gear ----
  { id: "poweroff", needs: "one", hard: true, on: powerOff, off: powerOn, expect: (k) => at(k, ["uplink-down", "site-power"], ["site-power"]) },
  { id: "poweroff_of_two", needs: "two", hard: true, on: powerOff, off: powerOn, expect: (k) => at(k, ["site-power"]) },
  {
    id: "poweroff_ups", needs: "ups", hard: true, off: powerOn, expect: (k) => at(k, ["site-power"]),
    before: async (p, k) => { p.ups(p.place(k), "OB DISCHRG"); await sleep(7000); }, on: powerOff,
  },
  { id: "poweroff_area", needs: "near", hard: true, on: (p, ...ks) => all(ks, (k) => powerOff(p, k)), off: (p, ...ks) => all(ks, (k) => powerOn(p, k)), expect: (...ks) => [{ wide: ks.map((k) => `s${k}`), first: ["area-power"], final: ["area-power"] }] },
  { id: "carrier_shared", needs: "vnpt", hard: true, on: (p, ...ls) => all(ls, (l) => p.fault("carrier", l, "on")), off: (p, ...ls) => all(ls, (l) => p.fault("carrier", l, "off")), expect: (...ls) => [{ wide: ls.map((l) => `s${parseInt(l)}`), first: ["upstream-shared"], final: ["upstream-shared"] }] },
  { id: "router", needs: "one", hard: true, on: (p, k) => p.fault("router", k, "on"), off: async (p, k) => { await p.fault("router", k, "off"); await p.startGear(k); }, expect: (k) => at(k, ["uplink-down", "gear-down"], ["gear-down"]) },
  { id: "snmpd_kill", needs: "any", warning: true, on: async (p, k) => process.kill(p.place(k).snmpd, "SIGKILL"), off: (p, k) => p.startGear(k), expect: (k) => at(k, ["gear-down"]) },
  { id: "agent_kill", needs: "any", hard: true, on: async (p, k) => p.killAgent(`s${k}`, "SIGKILL"), off: (p, k) => p.startAgent(`s${k}`), expect: (k) => at(k, ["agent-down"]) },
  { id: "agent_stop", needs: "any", hard: true, on: async (p, k) => p.killAgent(`s${k}`, "SIGTERM", false), off: (p, k) => p.startAgent(`s${k}`), expect: (k) => at(k, ["agent-down"]) },
  {
    id: "host_shutdown", needs: "one", hard: true, expect: (k) => at(k, ["host-down"]),
    on: (p, k) => p.fault("shutdown", k, "on"), off: async (p, k) => { await p.fault("shutdown", k, "off"); await p.powerOn(k, false); },
  },
  { id: "dupip", needs: "one", recovery: 300, ...simple("dupip"), expect: (k) => at(k, ["address-conflict"]) },
  { id: "clock", needs: "fake", on: async (p, k) => p.clock(`s${k}`, "+300"), off: async (p, k) => p.clock(`s${k}`, "+0"), expect: (k) => at(k, ["clock-skew"]) },
  // ---- services and names ----
  ...["stop", "kill", "drop", "empty"].map((how) => ({ id: `dns_${how}`, needs: "dns", hard: true, on: (p) => p.fault("dns", "all", "on", how), off: (p) => p.fault("dns", "all", "off"), expect: () => wide(null, ["dns-failure"]) })),
  { id: "service_kill", needs: "any", hard: true, ...simple("service_kill"), expect: (k) => at(k, ["service-down"]) },
  { id: "service_hang", needs: "any", hard: true, ...simple("service_hang"), expect: (k) => at(k, ["service-hung"]) },
  { id: "service_rst", needs: "any", hard: true, ...simple("service_rst"), expect: (k) => at(k, ["service-down"]) },
  { id: "firewall_drop", needs: "any", hard: true, ...simple("firewall_drop"), expect: (k) => at(k, ["service-filtered"]) },
  { id: "central_kill", needs: "dc8082", hard: true, ...simple("service_kill"), expect: () => wide("budget", ["service-down"]) },
  { id: "central_hang", needs: "dc80", hard: true, ...simple("service_hang"), expect: () => wide("portal", ["service-hung"]) },
  { id: "central_drop", needs: "dc8081", hard: true, ...simple("firewall_drop"), expect: () => wide("land", ["service-filtered"]) },
  { id: "central_rst", needs: "dc8083", hard: true, ...simple("service_rst"), expect: () => wide("office", ["service-down"]) },
  // ---- the collector's own line ----
  { id: "uplink_loss", needs: "col", recovery: 240, ...simple("uplink", 30), expect: () => [{ collector: true, first: ["collector-isolated", "uplink-degraded"], final: ["collector-isolated", "uplink-degraded"] }] },
  { id: "uplink_cut", needs: "col", hard: true, on: (p) => p.fault("uplink", "col", "on", "cut"), off: (p) => p.fault("uplink", "col", "off"), expect: () => [{ collector: true, first: ["collector-isolated"], final: ["collector-isolated"] }] },
];

// Two faults at once, each at its own place; `same`: both at one site of that kind, and then what is to be expected may be another thing than
// the sum; `apart`: seconds for which the second outlasts the first.
function pair(a, b, { same, expect, hold, apart } = {}) {
  const parts = [a, b].map((id) => singles.find((row) => row.id === id));
  return { id: `${a}+${b}${same ? "@same" : ""}`, pair: true, parts, same, expect, apart, hold: hold ?? Math.max(...parts.map((part) => part.hold ?? 0)), hard: parts.every((part) => part.hard), within: parts.find((part) => part.within)?.within, recovery: parts.find((part) => part.recovery)?.recovery };
}

const isolated = { collector: true, first: ["collector-isolated"], final: ["collector-isolated"] };
export const pairs = [
  // at different sites
  pair("carrier", "poweroff"),
  pair("carrier", "link_core"),
  pair("poweroff", "lan"),
  pair("poweroff_of_two", "carrier"),
  pair("loss", "carrier"),
  pair("loss", "service_kill"),
  pair("delay", "firewall_drop"),
  pair("mtu", "carrier"),
  pair("burst", "agent_kill"),
  pair("service_hang", "service_kill"),
  pair("agent_stop", "lan"),
  pair("dns_kill", "carrier"),
  pair("dns_stop", "service_rst"),
  pair("central_kill", "carrier"),
  pair("central_hang", "loss"),
  pair("central_drop", "poweroff"),
  pair("rate", "carrier"),
  pair("oneway_in", "service_kill"),
  pair("oneway_out", "poweroff"),
  pair("dupip", "carrier"),
  pair("router", "agent_kill"),
  pair("poweroff_area", "service_kill"),
  // what the site's agent saw while the collector was cut off comes after
  pair("uplink_cut", "service_kill", { apart: 70, expect: (_, [k]) => [isolated, { site: `s${k}`, first: ["service-down"], final: ["service-down"], late: true }] }),
  // at the same site
  pair("loss", "service_kill", { same: "one" }),
  pair("carrier", "service_kill", { same: "one", expect: ([k]) => [...at(k, uplinkDown), { ...at(k, ["service-down"])[0], late: true }] }),
  pair("delay", "service_hang", { same: "one" }),
  pair("mtu", "firewall_drop", { same: "one" }),
  pair("carrier_of_two", "service_hang", { same: "two" }),
  pair("carrier_of_two", "carrier_second", { same: "two", expect: ([k]) => at(k, ["uplink-down", "site-power"], ["uplink-down"]) }),
  pair("snmpd_kill", "service_kill", { same: "any" }),
  pair("carrier", "agent_kill", { same: "one", expect: ([k]) => at(k, uplinkDown) }),
];
