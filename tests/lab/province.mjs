// province: a small province in network namespaces with real agents, a real collector, real services, a real SMTP server, a snmpd at each
// site's router, a UPS and name server; and the faults of faults/lab.sh.
//
// const p = await Province.start({ name: "lab0" }); await p.fault("carrier", 3, "on"); ... await p.stop();
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build, rolesOf, sleep, until } from "./way.mjs";

const run = promisify(execFile);
const here = import.meta.dirname;
const script = join(here, "faults", "lab.sh");

// Places that are real, so that the map is: 1, 4 and 5 are near each other and on different carriers; all others are far from everybody.
const PLACES = [
  { name: "Xã Bát Xát", lat: 22.52, lon: 103.89, lines: ["VNPT"], ups: true },
  { name: "Xã Mường Khương", lat: 22.77, lon: 104.32, lines: ["VNPT", "Viettel"] },
  { name: "Xã Văn Bàn", lat: 22.09, lon: 104.25, lines: ["VNPT"] },
  { name: "Xã Cốc San", lat: 22.47, lon: 103.93, lines: ["Viettel", "FPT"] },
  { name: "Xã Trịnh Tường", lat: 22.55, lon: 103.84, lines: ["FPT"] },
  { name: "Xã Lục Yên", lat: 22.1, lon: 104.76, lines: ["Viettel"] },
  { name: "Xã Mù Cang Chải", lat: 21.85, lon: 104.09, lines: ["FPT"] },
  { name: "Xã Yên Bình", lat: 21.73, lon: 104.96, lines: ["Viettel", "VNPT"] },
  { name: "Xã Nghĩa Lộ", lat: 21.6, lon: 104.51, lines: ["VNPT"] },
  { name: "Xã Bắc Hà", lat: 22.53, lon: 104.6, lines: ["Viettel"] },
];
const MBPS = 4; // of each line, contracted; faults "rate" and "saturate" make it true

const tools = ["ip", "nft", "tc", "ethtool", "arping", "dnsmasq", "snmpd", "upsd", "curl", "ping"];
// What this machine lacks for the fault lab, in words; false: nothing.
export function missingForLab() {
  if (process.getuid() !== 0) return "the fault lab needs root";
  const lacks = tools.filter((tool) => spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`]).status !== 0);
  if (lacks.length) return `the fault lab needs ${lacks.join(", ")}`;
  if (!existsSync("/lib/nut/dummy-ups")) return "the fault lab needs NUT's dummy-ups";
  if (!existsSync(join(build, "linkemu"))) return "build/linkemu is not built";
  const netns = `ssq${process.pid}`;
  const may = spawnSync("sh", ["-c", `ip netns add ${netns} && ip netns exec ${netns} nft add table netdev t; s=$?; ip netns del ${netns}; exit $s`]);
  return may.status === 0 ? false : `no network namespaces with nftables here: ${String(may.stderr).trim().split("\n")[0]}`;
}

const library = () =>
  readdirSync("/usr/lib")
    .map((arch) => join("/usr/lib", arch, "faketime/libfaketime.so.1"))
    .find((path) => existsSync(path));

const labs = new Set();
process.on("exit", () => {
  for (const p of labs) {
    spawnSync("bash", [script, "lab_down"], { env: p.env });
    if (!p.keep) rmSync(p.dir, { recursive: true, force: true });
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export class Province {
  static async start(options = {}) {
    const p = new Province();
    p.name = options.name ?? `sl${process.pid}`;
    p.keep = options.keep;
    p.step = options.step ?? 10;
    p.dir = mkdtempSync(join(tmpdir(), "sansang-faults."));
    p.env = { ...process.env, LAB: p.name, LAB_DIR: join("/tmp", `lab.${p.name}`), LAB_EMU: resolve(build, "linkemu"), PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    p.places = PLACES.slice(0, options.sites ?? PLACES.length).map((place, i) => ({ ...place, k: i + 1, id: `s${i + 1}` }));
    p.agents = new Map();
    labs.add(p);
    try {
      await p.lab("lab_up", String(p.places.length), p.places.filter((place) => place.lines.length > 1).map((place) => place.k).join(" "));
      await p.startCollector();
      for (const place of p.places) await p.powerOn(place.k);
      await p.startAgent("col");
      await until("every agent is connected", async () => (await p.unwell(true)).length === 0, 120).catch(async (error) => {
        throw new Error(`${error.message}\n${(await p.unwell()).slice(0, 5).join("; ")}\n${p.output("col").slice(-1500)}`);
      });
    } catch (error) {
      await p.stop(true);
      throw error;
    }
    return p;
  }

  async lab(...args) {
    return (await run("bash", [script, ...args.map(String)], { env: this.env, maxBuffer: 1 << 24 })).stdout;
  }
  // lab.sh fault_NAME WHERE on|off ...
  fault(name, where, ...args) {
    return this.lab(`fault_${name}`, where, ...args);
  }
  async spawn(host, ...command) {
    return Number((await this.lab("lab_spawn", host, ...command)).trim());
  }
  place(k) {
    return this.places[k - 1];
  }
  netns(host) {
    return `${this.name}-${host}`;
  }

  // ---- inventory ----

  inventory() {
    const line = (place, i) =>
      `{ id: ${place.id}-${i ? "net" : "ts"}, kind: ${i ? "internet" : "tslcd"}, carrier: ${place.lines[i]}, circuit: "LCI-${place.k}${i}", hotline: "1800 ${place.k}", ` +
      `capacity_mbps: ${MBPS}, terminal: 10.${1 + i}.${place.k}.2, gateway: 10.20.${place.k}.1, source: 10.20.${place.k}.${10 + i}, interface: eth0 }`;
    const site = (place) =>
      `  - { id: ${place.id}, name: "Trụ sở ${place.name}", required: yes, lat: ${place.lat}, lon: ${place.lon}, units: [ { unit: u${place.k} } ],\n` +
      `      uplinks: [ ${place.lines.map((_, i) => line(place, i)).join(", ")} ] }\n`;
    const each = (text) => this.places.map(text).join("");
    return `province: { id: lao-cai, name: "Lào Cai", collector_node: col-srv, trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }
contacts: [ { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, language: vi } ]
alerts: { storm: { sites: 1000, every: 30m } }
units:
  - { id: centre, name: "Trung tâm", kind: commune, from: 2025-01-01 }
${each((place) => `  - { id: u${place.k}, name: "${place.name}", kind: commune, from: 2025-01-01 }\n`)}sites:
  - { id: col, name: "Phòng máy chủ", role: data-centre, required: no, lat: 21.7, lon: 104.87, units: [ { unit: centre } ], uplinks: [ { id: col-ts, kind: tslcd, carrier: VNPT, capacity_mbps: 100, terminal: 10.0.0.1, gateway: 10.0.0.1 } ] }
${each(site)}nodes:
  - { id: col-srv, site: col, kind: server }
${each((place) => `  - { id: ${place.id}-srv, site: ${place.id}, kind: server }\n  - { id: ${place.id}-rtr, site: ${place.id}, kind: gear, address: 10.20.${place.k}.1, polled_by: ${place.id}-srv, every: 10s, snmp: { version: 2c } }\n`)}services:
  - { id: portal, name: "Cổng Dịch vụ công", responsible: central, every: 10s, check: { http: "http://portal.lab/" }, checked_by: all }
  - { id: office, name: "iOffice", every: 10s, check: { http: "http://office.lab:8083/" }, checked_by: all }
  - { id: land, name: "Đất đai", sector: land, every: 10s, check: { tcp: "10.0.9.10:8081" }, checked_by: all }
  - { id: budget, name: "Ngân sách", sector: finance, responsible: central, every: 10s, check: { http: "http://10.0.9.10:8082/" }, checked_by: all }
  - { id: names, name: "Tên miền của tỉnh", every: 10s, check: { dns: { server: 10.0.0.1, name: portal.lab, expect: 10.0.9.10 } }, checked_by: all }
${each((place) => `  - { id: ${place.id}-web, name: "Một cửa ${place.name}", responsible: commune, every: 10s, check: { http: "http://10.20.${place.k}.10:8080/" }, checked_by: [ ${place.id} ] }\n`)}`;
  }

  // ---- programs ----

  async startCollector() {
    mkdirSync((this.mailDir = join(this.dir, "mail")));
    this.state = join(this.dir, "state");
    this.socket = join(this.dir, "sock");
    writeFileSync(join(this.dir, "province.yaml"), this.inventory());
    writeFileSync(
      join(this.dir, "collector.yaml"),
      `state_dir: ${this.state}\ninventory: province.yaml\nsocket: ${this.socket}\nstep: ${this.step}s\nagents: { listen: "0.0.0.0:8440" }\nweb: { listen: "127.0.0.1:8443" }\nmail: { server: "smtp://127.0.0.1:2525", tls: off, from: "sansang@laocai.example" }\n`,
    );
    await this.spawn("col", "/usr/bin/python3", join(here, "smtpd.py"), "2525", this.mailDir);
    this.collector = await this.spawn("col", resolve(build, "sansang-collector"), "--config", join(this.dir, "collector.yaml"));
    await until("collector", async () => existsSync(this.socket) && (await this.sansang("status")).silent.length === 0, 60).catch((error) => {
      throw new Error(`${error.message}\n${readFileSync(join(this.env.LAB_DIR, "out.col"), "utf8").slice(-3000)}`);
    });
  }
  // Everything at a site that is not the lab's own: the UPS, the router's SNMP, the agent.
  async powerOn(k, router = true) {
    const place = this.place(k);
    if (place.ups) await this.startUps(place);
    if (router) await this.startGear(k);
    await this.startAgent(place.id);
  }
  async startGear(k) {
    const dir = join(this.dir, `r${k}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "snmpd.conf"), `rocommunity public\nsysName s${k}-rtr\n`);
    this.place(k).snmpd = await this.spawn(`r${k}`, "env", `SNMP_PERSISTENT_DIR=${dir}`, "snmpd", "-f", "-Lo", "-C", "-c", join(dir, "snmpd.conf"), "-I", "-smux", "udp:161");
  }
  ups(place, status) {
    writeFileSync(join(this.dir, `ups-${place.id}`, "apc.dev"), `ups.status: ${status}\nbattery.charge: 87\nbattery.runtime: 1500\nups.load: 23.5\ninput.voltage: 229.8\nbattery.voltage: 27.1\n`, { mode: 0o600 });
  }
  async startUps(place) {
    const dir = join(this.dir, `ups-${place.id}`), state = join(dir, "run");
    rmSync(state, { recursive: true, force: true });
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const write = (name, text) => writeFileSync(join(dir, name), text, { mode: 0o600 });
    write("ups.conf", "pollinterval = 1\n[apc]\n  driver = dummy-ups\n  port = apc.dev\n");
    write("upsd.conf", "LISTEN 127.0.0.1 3493\n");
    write("upsd.users", "");
    this.ups(place, "OL");
    const env = ["env", `NUT_CONFPATH=${dir}`, `NUT_STATEPATH=${state}`, `NUT_ALTPIDPATH=${state}`];
    await this.spawn(place.id, ...env, "/lib/nut/dummy-ups", "-a", "apc", "-F", "-u", "root");
    await until("driver of the UPS", () => existsSync(join(state, "dummy-ups-apc")));
    await this.spawn(place.id, ...env, "/lib/nut/upsd", "-F", "-u", "root");
  }
  // id: "s3" or "col"
  async startAgent(id) {
    const dir = join(this.dir, id), node = `${id}-srv`, clock = join(dir, "clock"), fake = library();
    if (!existsSync(join(dir, "agent.yaml"))) {
      mkdirSync(dir, { recursive: true });
      const place = this.places.find((p) => p.id === id);
      writeFileSync(join(dir, "token"), await this.text("token", node), { mode: 0o600 });
      writeFileSync(join(dir, "agent.yaml"), `collector: "10.0.0.2:8440"\nnode: ${node}\ntoken_file: token\nstate_dir: ${join(dir, "state")}\nups: ${place?.ups ? '"apc@127.0.0.1"' : "no"}\n`);
      writeFileSync(clock, "+0\n");
    }
    const env = fake && id === "s5" ? ["env", `LD_PRELOAD=${fake}`, `FAKETIME_TIMESTAMP_FILE=${clock}`, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "TZ=UTC"] : [];
    this.agents.set(id, await this.spawn(id, ...env, resolve(build, "sansang-agent"), "--config", join(dir, "agent.yaml")));
  }
  // All processes of the agent at once, as a host's shutdown or kill -9 does, or its supervisor alone.
  killAgent(id, signal, all = true) {
    const pid = this.agents.get(id);
    for (const each of [...(all ? Object.values(rolesOf(pid)).flat() : []), pid]) {
      try {
        process.kill(each, signal);
      } catch {
        // it is gone
      }
    }
  }
  clock(id, offset) {
    writeFileSync(join(this.dir, id, "clock"), `${offset}\n`);
  }

  // ---- what it says ----

  async sansang(...args) {
    return JSON.parse((await run(resolve(build, "sansang"), ["--socket", this.socket, "--json", ...args], { maxBuffer: 1 << 26, timeout: 20000 })).stdout);
  }
  async text(...args) {
    return (await run(resolve(build, "sansang"), ["--socket", this.socket, ...args], { maxBuffer: 1 << 26, timeout: 20000 })).stdout;
  }
  async incidents() {
    return (await this.sansang("incidents", "--all")).incidents;
  }
  // Mails in order of arrival.
  mails() {
    return readdirSync(this.mailDir)
      .filter((name) => name.endsWith(".eml"))
      .sort()
      .map((name) => {
        const path = join(this.mailDir, name), text = readFileSync(path, "utf8"), head = text.slice(0, text.search(/\r?\n\r?\n/)).replace(/\r?\n[ \t]+/g, " ");
        const header = (key) => new RegExp(`^${key}: *(.*)$`, "im").exec(head)?.[1]?.trim() ?? "";
        const subject = header("Subject").replace(/=\?utf-8\?(b|q)\?([^?]*)\?=\s*/gi, (_, how, data) => (how.toLowerCase() === "b" ? Buffer.from(data, "base64").toString() : Buffer.from(data.replace(/_/g, " ").replace(/=([0-9A-F]{2})/g, (__, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString()));
        return { name, at: statSync(path).mtimeMs, incident: header("X-Sansang-Incident"), subject, recovery: !!header("In-Reply-To"), text };
      });
  }
  // Whatever is not as it should be in a quiet province, in words. `first`: warnings that stand before any fault are passed over from now on:
  // they are of this machine (a clock that nobody keeps), not of the lab.
  async unwell(first = false) {
    const { nodes } = await this.sansang("nodes");
    const words = nodes.filter((n) => n.kind !== "gear" && n.agent !== "connected").map((n) => `${n.id} ${n.agent}`);
    if (nodes.filter((n) => n.kind !== "gear").length < this.places.length + 1) words.push("nodes are missing");
    for (const n of nodes) if (n.kind === "gear" && n.state !== "up") words.push(`${n.id} ${n.state}`);
    const { units } = await this.sansang("units");
    for (const u of units) if (u.state !== "up") words.push(`${u.id} ${u.state} ${u.reason_en ?? ""}`);
    this.usual ??= new Set();
    for (const i of await this.incidents()) {
      if (first && i.severity === "warning") this.usual.add(i.id);
      if ((i.state === "open" || i.state === "acknowledged") && !this.usual.has(i.id)) words.push(`${i.id} ${i.cause} ${i.state}`);
    }
    return words;
  }
  async quiet(seconds, settled = 6) {
    const began = Date.now(), end = began + seconds * 1000;
    let since = 0, words = [];
    this.healing = []; // what was still wrong, second by second
    for (;;) {
      words = await this.unwell().catch((error) => [error.message]);
      if (words.join() !== this.healing.at(-1)?.words.join()) this.healing.push({ after: Math.round((Date.now() - began) / 1000), words });
      since = words.length ? 0 : since || Date.now();
      if (since && Date.now() - since >= settled * 1000) return [];
      if (Date.now() > end) return words;
      await sleep(1000);
    }
  }
  output(host) {
    return readFileSync(join(this.env.LAB_DIR, `out.${host}`), "utf8");
  }

  async stop(keep = this.keep) {
    if (keep && existsSync(this.env.LAB_DIR)) execFileSync("sh", ["-c", `cp "$LAB_DIR"/out.* "${this.dir}"/`], { env: this.env });
    await this.lab("lab_down");
    labs.delete(this);
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }
}
