// agent_full: an agent with all that a commune may have: 30 services of every kind, 4 switches of 24 ports, senses, traces idle.
// Province's services every 10 s, central ones every 60 s (their default), gear every 60 s (its default).
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTls } from "node:https";
import { join } from "node:path";
import { Program, Service, Way, build, freePort, sleep, smallProvince, until } from "../lab/way.mjs";
import { cpuTotal, pssKb } from "./measure.mjs";

const PORTS = 24, SWITCHES = 4;

// A switch of 24 ports as snmpsim serves it: counters that grow by their own rate.
function recording(name) {
  const rows = new Map();
  const put = (oid, tag, value) => rows.set(oid, `${oid}|${tag}|${value}`);
  put("1.3.6.1.2.1.1.1.0", "4", "24-port switch");
  put("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.8072.3.2.10");
  put("1.3.6.1.2.1.1.3.0", "67", "8640000");
  put("1.3.6.1.2.1.1.5.0", "4", name);
  for (let i = 1; i <= PORTS; i++) {
    const e = `1.3.6.1.2.1.2.2.1`, x = `1.3.6.1.2.1.31.1.1.1`;
    for (const [column, tag, value] of [[2, "4", `Port ${i}`], [3, "2", 6], [5, "66", 1000000000], [7, "2", 1], [8, "2", 1], [13, "65", 0], [14, "65", 1], [19, "65", 0], [20, "65", 2]]) put(`${e}.${column}.${i}`, tag, value);
    for (const [column, tag, value] of [[1, "4", `ge-0/0/${i}`], [6, "70", 123456789012 + i], [7, "70", 12345678], [10, "70", 987654321098 + i], [11, "70", 9876543], [15, "66", 1000], [18, "4", `uplink ${i}`], [19, "67", 0]]) put(`${x}.${column}.${i}`, tag, value);
  }
  const key = (oid) => oid.split(".").map(Number);
  const order = ([a], [b]) => {
    const [x, y] = [key(a), key(b)];
    for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i];
    return x.length - y.length;
  };
  return [...rows].sort(order).map(([, line]) => line).join("\n") + "\n";
}

async function simulator(dir) {
  for (const sub of ["data", "cache"]) mkdirSync(join(dir, sub), { recursive: true });
  for (let i = 0; i < SWITCHES; i++) writeFileSync(join(dir, "data", `sw${i}.snmprec`), recording(`sw${i}`));
  chmodSync(dir, 0o755);
  chmodSync(join(dir, "cache"), 0o777);
  const port = await freePort();
  const command = execFileSync("sh", ["-c", "command -v snmpsimd || command -v snmpsimd.py || command -v snmpsim-command-responder"]).toString().trim();
  const program = new Program("snmpsim", command, [`--data-dir=${join(dir, "data")}`, `--cache-dir=${join(dir, "cache")}`, `--agent-udpv4-endpoint=127.0.0.1:${port}`, "--process-user=nobody", "--process-group=nogroup"]);
  await until("snmpsim", () => program.output.includes("Listening at"), 60);
  return { program, port };
}

async function webServers(dir) {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem"), "-days", "90", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], { stdio: "ignore" });
  const page = (_, answer) => answer.end("<title>Một cửa</title>".padEnd(4000, " "));
  const http = createServer(page), https = createTls({ key: readFileSync(join(dir, "key.pem")), cert: readFileSync(join(dir, "cert.pem")) }, page);
  for (const server of [http, https]) await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { http, https };
}

// blackbox_exporter doing the services alone (no host, no gear, no spool), asked as often.
async function blackbox(dir, cpu, asked) {
  const port = await freePort();
  const modules = {
    tcp: "prober: tcp",
    http: 'prober: http, http: { preferred_ip_protocol: ip4, tls_config: { insecure_skip_verify: true }, fail_if_body_not_matches_regexp: ["Một cửa"] }',
    tls: "prober: tcp, tcp: { tls: true, tls_config: { insecure_skip_verify: true } }",
    dns: 'prober: dns, dns: { query_name: portal.lab, query_type: A, preferred_ip_protocol: ip4, validate_answer_rrs: { fail_if_not_matches_regexp: [".*10.0.0.5"] } }',
    icmp: "prober: icmp, icmp: { preferred_ip_protocol: ip4 }",
  };
  writeFileSync(join(dir, "blackbox.yml"), `modules:\n${Object.entries(modules).map(([name, body]) => `  ${name}: { ${body}, timeout: 5s }`).join("\n")}\n`);
  const program = new Program("blackbox_exporter", "taskset", ["-c", String(cpu), "/usr/bin/prometheus-blackbox-exporter", `--config.file=${join(dir, "blackbox.yml")}`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"]);
  const ask = async ([module, target]) => {
    const answer = await fetch(`http://127.0.0.1:${port}/probe?module=${module}&target=${encodeURIComponent(target)}`);
    const text = await answer.text();
    if (!text.includes("probe_success 1")) throw new Error(`blackbox_exporter ${module} ${target}: ${text.slice(-400)}`);
  };
  await until("blackbox_exporter", () => ask(asked[0].what).then(() => true, () => false), 30);
  let turn = 0;
  const round = async () => {
    for (const { what, every_s } of asked) if ((turn * 10) % every_s === 0) await ask(what);
    turn++;
  };
  await round();
  let failure;
  const timer = setInterval(() => round().catch((error) => (failure = error)), 10000);
  return { program, stop: async () => {
    clearInterval(timer);
    await program.stop();
    if (failure) throw failure;
  } };
}

export async function agentFull(dir, cpu, quick) {
  const seconds = quick ? 60 : 240; // whole minutes: gear and central services come by once in each
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o755); // the simulator reads its recordings as nobody
  const snmp = await simulator(join(dir, "snmp"));
  const { http, https } = await webServers(dir);
  const tcp = await new Service(await freePort()).start();
  const dnsPort = await freePort(), ntpPort = 20000 + (await freePort()) % 12000;
  const dnsmasq = new Program("dnsmasq", "/usr/sbin/dnsmasq", ["-k", "--no-resolv", "--no-hosts", "-i", "lo", "-a", "127.0.0.1", "-p", String(dnsPort), "--address=/portal.lab/10.0.0.5"]);
  const chronyd = execFileSync("tests/lab/chronyd.sh", { encoding: "utf8" }).trim();
  writeFileSync(join(dir, "chrony.conf"), `local stratum 3\nallow 127.0.0.1\nport ${ntpPort}\ncmdport 0\nbindaddress 127.0.0.1\npidfile ${dir}/chrony.pid\n`);
  const chrony = new Program("chronyd", chronyd, ["-x", "-d", "-f", join(dir, "chrony.conf")]);
  const checks = [
    ...Array(12).fill(["province", `tcp: "127.0.0.1:${tcp.port}"`]),
    ...Array(6).fill(["province", `http: "http://127.0.0.1:${http.address().port}/", body: "Một cửa"`]),
    ...Array(2).fill(["province", `dns: { server: "127.0.0.1:${dnsPort}", name: portal.lab, expect: 10.0.0.5 }`]),
    ...Array(1).fill(["province", `ntp: "127.0.0.1:${ntpPort}"`]),
    ...Array(2).fill(["province", `icmp: "127.0.0.1"`]),
    ...Array(4).fill(["central", `http: "https://127.0.0.1:${https.address().port}/", ca_file: cert.pem`]),
    ...Array(3).fill(["central", `tls: "127.0.0.1:${https.address().port}", ca_file: cert.pem`]),
  ];
  const services = checks.map(([who, check], i) => `  - { id: s${i}, name: "s${i}", responsible: ${who}, check: { ${check} }, checked_by: all }`).join("\n");
  const gear = Array.from({ length: SWITCHES }, (_, i) => {
    writeFileSync(join(dir, `sw${i}.community`), `sw${i}\n`, { mode: 0o600 });
    return `  - { id: sw${i}, site: pl-hq, kind: gear, address: "127.0.0.1:${snmp.port}", snmp: { version: 2c, community_file: sw${i}.community } }`;
  }).join("\n");
  const province = smallProvince({}).replace("  - { id: pl-srv1, site: pl-hq, kind: server }\n", `  - { id: pl-srv1, site: pl-hq, kind: server }\n${gear}\nservices:\n${services}\n`);
  const way = await Way.start({ dir, mail: false, province, log: "warn" });
  await way.agentConfig("pl-srv1");
  const agent = way.program("agent", "taskset", ["-c", String(cpu), join(build, "sansang-agent"), "--config", join(dir, "pl-srv1", "agent.yaml")]);
  await until("agent", async () => {
    if (agent.result) throw new Error(agent.output);
    return (await way.node("pl-srv1")).agent === "connected";
  });
  await sleep(90000); // first traces, first looks at the gear
  // it must really see what it is measured with
  await way.login();
  for (const file of ["pl-srv1/svc-s0", "pl-srv1/http-s12", "pl-srv1/tls-s28", "pl-srv1/ntp-s20", "sw3/if-ge-0-0-24", "sw0/gear"]) {
    const now = Math.floor(Date.now() / 1000);
    const answer = await way.http(`/api/v1/series?file=pl-hq/${file}&from=${now - 300}&to=${now}&rows=100`);
    if (answer.status !== 200 || !answer.json.rows.some((row) => row.some((v) => v !== null))) throw new Error(`${file}: ${answer.status} ${answer.raw}`);
  }
  const central = (name) => (name === "central" ? 60 : 10);
  const peer = await blackbox(dir, cpu, checks.flatMap(([who, check]) => {
    const [kind, target] = /^(\w+): (?:\{ server: )?"([^"]*)"/.exec(check).slice(1);
    return kind === "ntp" ? [] : [{ what: [kind, target], every_s: central(who) }]; // it cannot ask time servers
  }));
  const before = [cpuTotal(agent.pid), cpuTotal(peer.program.pid)];
  await sleep(seconds * 1000);
  const [spent, peerSpent] = [cpuTotal(agent.pid) - before[0], cpuTotal(peer.program.pid) - before[1]];
  const [pss, peerPss] = [pssKb(agent.pid) / 1024, pssKb(peer.program.pid) / 1024];
  await peer.stop();
  await way.stop();
  for (const program of [snmp.program, dnsmasq, chrony]) await program.stop();
  for (const server of [http, https]) server.close();
  await tcp.stop();
  return { ours: { cpu: (spent * 120) / seconds, pss }, peer: { cpu: (peerSpent * 120) / seconds, pss: peerPss } };
}
