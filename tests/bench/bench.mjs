// bench: ours beside the peers, in one run on one pinned core, in CPU-seconds. Prints a table, writes build/bench.json.
//   node tests/bench/bench.mjs [JOB ...]       BENCH_QUICK=1: smaller, for trying the bench itself
import { mkdtempSync, rmSync, writeFileSync, readFileSync, mkdirSync, existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:net";
import { Way, Program, Service, build, freePort, rolesOf, sleep, smallProvince, until } from "../lab/way.mjs";
import { agentFull } from "./agent_full.mjs";
import { cpuOf, cpuTotal, pssKb } from "./measure.mjs";
import { measureCollectd } from "./peer_collectd.mjs";
import { measureRrdcached, rrdFiles } from "./peer_rrdcached.mjs";
import { distance, echoes, tcpChecks } from "./probes.mjs";
import { swarmProvince } from "./province.mjs";
import { snmpPolls } from "./snmp.mjs";
import { storm as stormOf } from "./storm.mjs";

const quick = !!process.env.BENCH_QUICK;
const CPU = 1; // measured programs; everything that drives them stays on core 0
execFileSync("taskset", ["-pc", "0", String(process.pid)]);
const rows = [];

function add(job, unit, ours, peer, peer_name, goal, { lowerIsBetter = false } = {}) {
  const ratio = peer === null ? null : lowerIsBetter ? peer / ours : ours / peer;
  const met = goal.ratio !== undefined ? ratio >= goal.ratio : goal.most !== undefined ? ours <= goal.most : goal.least !== undefined ? ours >= goal.least : null;
  const said = goal.ratio !== undefined ? `ratio >= ${goal.ratio}` : goal.most !== undefined ? `<= ${goal.most} ${unit}` : goal.least !== undefined ? `>= ${goal.least} ${unit}` : "beside it";
  const round = (v) => (v === null ? null : Number(v.toPrecision(4)));
  rows.push({ job, unit, ours: round(ours), peer: round(peer), peer_name, ratio: round(ratio), goal: said, met });
  console.log(`  ${job}: ours ${round(ours)} ${unit}, ${peer_name} ${round(peer)}, ratio ${round(ratio)} (${said}: ${met})`);
}

const names = (roles, cpu) =>
  Object.entries(roles).map(([role, pids]) => `${role} ${pids.reduce((a, p) => a + (cpu[p] ?? 0), 0).toFixed(2)}`).join(", ");

const spentSince = (pid, before) => Object.fromEntries(Object.entries(cpuOf(pid)).map(([p, s]) => [p, s - (before[p] ?? 0)]));

const folder = () => mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "sansang-bench."));

async function pinned(dir, options) {
  const way = await Way.start({ dir, collector: false, mail: false, ...options });
  way.collector = way.program("collector", "taskset", ["-c", String(CPU), join(build, "sansang-collector"), "--config", join(dir, "collector.yaml")]);
  await until("collector", () => existsSync(way.socket) && way.sansang("status"), 60);
  return way;
}

// Waits until series and judge have consumed the whole journal.
async function caughtUp(way) {
  let last = -1;
  await until("followers have caught up", async () => {
    const status = await way.sansang("status");
    const cpu = cpuTotal(way.collector.pid);
    const read = [status.series.read, status.judge.cursor].every((id) => id >= status.journal.last_id);
    const idle = read && status.series.rows_pending === 0 && cpu - last < 0.03;
    last = cpu;
    await sleep(1000);
    return idle;
  }, 600);
}

async function ingest() {
  const nodes = 100, steps = quick ? 120 : 600, rowsAFile = 60;
  const dir = folder();
  const way = await pinned(dir, { province: swarmProvince(nodes), config: "journal: { max: 20GB }", log: "warn" });
  const from = Math.floor(Date.now() / 10000) * 10 - steps * 10 - 600;
  const send = (at, count, extra = []) =>
    execFileSync("taskset", ["-c", "0", join(build, "swarm"), "send", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`,
      "--dir", join(dir, "fleet"), "--nodes", String(nodes), "--from", String(at * 1000), "--steps", String(count), ...extra]).toString();
  // enrolment and the making of files are not what is measured: a first hour of rows makes both
  send(from - 3600, 60);
  await caughtUp(way);
  const before = cpuOf(way.collector.pid);
  const result = JSON.parse(send(from, steps));
  await caughtUp(way);
  const spent = spentSince(way.collector.pid, before);
  const seconds = Object.values(spent).reduce((a, b) => a + b, 0);
  const roles = rolesOf(way.collector.pid);
  console.log(`  ${result.values} values in ${result.seconds} s wall, ${seconds.toFixed(2)} CPU-s: ${names(roles, spent)}`);
  await way.collector.stop("SIGTERM", 60);
  const check = execFileSync(join(build, "swarm"), ["verify", "--rrd", join(way.state, "rrd"), "--nodes", String(nodes), "--from", String(from * 1000), "--steps", String(steps)]).toString();
  console.log(`  verified: ${check.trim()}`);
  const ours = result.values / seconds;

  const cdir = folder();
  const collectd = await measureCollectd(cdir, nodes, quick ? 20 : 60, CPU);
  const kept = Number(execFileSync("bash", ["-c", `find ${cdir}/rrd -name '*.rrd' | head -50 | while read f; do rrdtool last $f; done | sort -n | tail -1`]).toString());
  console.log(`  collectd: ${collectd.values} values, ${collectd.seconds.toFixed(2)} CPU-s, last row ${kept}`);
  add("ingest-collectd", "values/CPU-s", ours, collectd.values / collectd.seconds, "collectd network+rrdtool", { ratio: 10 });
  const rdir = folder();
  const cached = await measureRrdcached(rdir, join(way.state, "rrd"), from, steps, rowsAFile, CPU);
  console.log(`  rrdcached: ${cached.values} values in ${cached.files} files, ${cached.seconds.toFixed(2)} CPU-s`);
  add("ingest-rrdcached", "values/CPU-s", ours, cached.values / cached.seconds, "rrdcached socket", { ratio: 0.8 });
  for (const d of [dir, cdir, rdir]) rmSync(d, { recursive: true, force: true });
}

async function agentsIdle() {
  const nodes = quick ? 1000 : 10000;
  const dir = folder();
  const way = await pinned(dir, { province: swarmProvince(nodes), log: "warn" });
  const idle = pssKb(way.collector.pid);
  const swarm = way.program("swarm", "taskset", ["-c", "0", join(build, "swarm"), "idle", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(dir, "fleet"), "--nodes", String(nodes)]);
  const connected = (n) => until(`${nodes} agents connected, time ${n}`, () => {
    if (swarm.result) throw new Error(swarm.output);
    return swarm.output.split("connected ").length > n;
  }, 900);
  await connected(1);
  await sleep(12000); // the slow trim of intake comes by
  const perAgent = (pssKb(way.collector.pid) - idle) / nodes;
  add("agents-idle", "KB/agent", perAgent, null, "-", { most: 40 });
  const before = (await way.sansang("status")).ingest;
  const cpu = cpuOf(way.collector.pid), start = Date.now();
  swarm.child.stdin.write("drop\n");
  await connected(2);
  const after = (await way.sansang("status")).ingest;
  const lost = nodes - (after.batches - before.batches);
  console.log(`  storm: ${swarm.output.trim().split("\n").at(-1)}, ${((Date.now() - start) / 1000).toFixed(1)} s, ${lost} batches lost, CPU-s: ${names(rolesOf(way.collector.pid), spentSince(way.collector.pid, cpu))}`);
  add("reconnect-storm", "batches lost", lost, null, "-", { most: 0 });
  swarm.child.stdin.write("end\n");
  await way.stop();
}

async function agentFootprint() {
  const seconds = quick ? 30 : 120;
  const dir = folder();
  const services = {}, targets = [];
  for (let i = 0; i < 30; i++) {
    const service = await new Service(await freePort()).start();
    targets.push(service);
    services[`svc${i}`] = `127.0.0.1:${service.port}`;
  }
  const way = await Way.start({ dir, mail: false, province: smallProvince(services), log: "warn" });
  await way.agentConfig("pl-srv1");
  const agent = way.program("agent", "taskset", ["-c", String(CPU), join(build, "sansang-agent"), "--config", join(dir, "pl-srv1", "agent.yaml")]);
  await until("agent", async () => (await way.node("pl-srv1")).agent === "connected");
  // collectd with the same host metrics but no checks; zabbix_agentd polled for both, by a server's protocol
  const cdir = folder();
  writeFileSync(join(cdir, "collectd.conf"), `Hostname "x"\nBaseDir "${cdir}"\nPIDFile "${cdir}/pid"\nTypesDB "/usr/share/collectd/types.db"\nInterval 10\n` +
    ["cpu", "memory", "load", "interface", "df", "uptime", "swap", "csv"].map((p) => `LoadPlugin ${p}`).join("\n") + `\n<Plugin csv>\n  DataDir "${cdir}/csv"\n</Plugin>\n`);
  const collectd = new Program("collectd", "taskset", ["-c", String(CPU), "/usr/sbin/collectd", "-f", "-C", join(cdir, "collectd.conf")]);
  const zport = 20000 + (await freePort()) % 12000; // it takes none above 32767
  writeFileSync(join(cdir, "zabbix.conf"), `LogType=console\nServer=127.0.0.1\nListenPort=${zport}\nListenIP=127.0.0.1\nAllowRoot=1\nStartAgents=1\nPidFile=${cdir}/zpid\n`);
  const zabbix = new Program("zabbix_agentd", "taskset", ["-c", String(CPU), "/usr/sbin/zabbix_agentd", "-f", "-c", join(cdir, "zabbix.conf")]);
  const items = ["system.uptime", "system.cpu.load[all,avg1]", "system.cpu.util", "vm.memory.size[available]", "vm.memory.size[total]", "system.swap.size[,used]", "vfs.fs.size[/,pused]", "proc.num[]",
    "net.if.in[lo]", "net.if.out[lo]", ...targets.map((s) => `net.tcp.service.perf[tcp,127.0.0.1,${s.port}]`)];
  const ask = (item) => new Promise((done) => {
    const socket = connect(zport, "127.0.0.1", () => {
      const head = Buffer.alloc(13);
      head.write("ZBXD\x01", "latin1");
      head.writeUInt32LE(item.length, 5);
      socket.write(Buffer.concat([head, Buffer.from(item)]));
    });
    socket.on("data", () => {});
    socket.on("close", done);
    socket.on("error", done);
  });
  await sleep(15000);
  for (const peer of [collectd, zabbix]) if (peer.result) throw new Error(`${peer.name}: ${peer.output}`);
  const at = { agent: cpuTotal(agent.pid), collectd: cpuTotal(collectd.pid), zabbix: cpuTotal(zabbix.pid) };
  for (let t = 0; t < seconds; t += 10) {
    const next = sleep(10000);
    for (const item of items) await ask(item);
    await next;
  }
  const scale = 120 / seconds;
  const spent = { agent: (cpuTotal(agent.pid) - at.agent) * scale, collectd: (cpuTotal(collectd.pid) - at.collectd) * scale, zabbix: (cpuTotal(zabbix.pid) - at.zabbix) * scale };
  const pss = { agent: pssKb(agent.pid) / 1024, collectd: pssKb(collectd.pid) / 1024, zabbix: pssKb(zabbix.pid) / 1024 };
  add("agent-footprint-cpu", "CPU-s/2 min", spent.agent, spent.zabbix, "zabbix_agentd", { most: 0.04 }, { lowerIsBetter: true });
  add("agent-footprint-cpu", "CPU-s/2 min", spent.agent, spent.collectd, "collectd without checks", { most: 0.04 }, { lowerIsBetter: true });
  add("agent-footprint-pss", "MB", pss.agent, pss.zabbix, "zabbix_agentd", { most: 8 }, { lowerIsBetter: true });
  add("agent-footprint-pss", "MB", pss.agent, pss.collectd, "collectd without checks", { most: 8 }, { lowerIsBetter: true });
  for (const program of [collectd, zabbix]) await program.stop();
  await way.stop();
  for (const s of targets) await s.stop();
  rmSync(cdir, { recursive: true, force: true });
}

// CPU-seconds of one command and its children, by the shell's own count.
function cpuOfCommand(command, times) {
  const out = execFileSync("bash", ["-c", `taskset -pc ${CPU} $$ >/dev/null; for i in $(seq ${times}); do ${command} >/dev/null; done; times`]).toString();
  const [user, system] = out.trim().split("\n").at(-1).split(" ").map((t) => Number(t.split("m")[0]) * 60 + Number(t.split("m")[1].replace("s", "")));
  return (user + system) / times;
}

async function pictures() {
  const dir = folder();
  const nodes = 10, steps = 8640; // a day of ten-second rows, and a week of five-minute ones
  const way = await pinned(dir, { province: swarmProvince(nodes), log: "warn" });
  const from = Math.floor(Date.now() / 10000) * 10 - steps * 10;
  execFileSync("taskset", ["-c", "0", join(build, "swarm"), "send", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(dir, "fleet"), "--nodes", String(nodes), "--from", String(from * 1000), "--steps", String(steps)]);
  await caughtUp(way);
  await way.login();
  const until_s = from + steps * 10;
  const file = way.rrd("s0000", "n00000", "uplink");
  const times = quick ? 10 : 40;
  const ask = async (path, count) => {
    // the first brings all caches in; each picture differs by a second, so that no cache of ours answers
    await way.http(path(0));
    const before = cpuTotal(way.collector.pid);
    for (let i = 1; i <= count; i++) {
      const answer = await way.http(path(i));
      if (answer.status !== 200) throw new Error(`${path(i)}: ${answer.status} ${answer.raw}`);
    }
    return (cpuTotal(way.collector.pid) - before) / count;
  };
  const graph = await ask((i) => `/api/v1/graph?target=node:n00000&graph=uplink&from=${until_s - 86400 - i}&to=${until_s - i}&width=900&height=240&format=png`, times);
  const defs = ["rtt_ms", "loss_pct"].map((ds) => `DEF:${ds}=${file}:${ds}:AVERAGE DEF:${ds}x=${file}:${ds}:MAX VDEF:${ds}p=${ds},95,PERCENT LINE1:${ds}#1f6fb2:"${ds}" GPRINT:${ds}:AVERAGE:"avg %6.2lf" GPRINT:${ds}x:MAX:"max %6.2lf" GPRINT:${ds}p:"p95 %6.2lf\\l"`).join(" ");
  const peer = cpuOfCommand(`rrdtool graph - -a PNG -w 900 -h 240 -s ${until_s - 86400} -e ${until_s} ${defs}`, times);
  add("graph", "CPU-s/picture", graph, peer, "rrdtool graph", {}, { lowerIsBetter: true });
  const series = await ask((i) => `/api/v1/series?file=s0000/n00000/uplink&from=${until_s - 604800 - i}&to=${until_s - i}&rows=2016`, times);
  const xport = cpuOfCommand(`rrdtool xport --json -s ${until_s - 604800} -e ${until_s} --step 300 ${["rtt_ms", "loss_pct", "rtt_max_ms", "jitter_ms"].map((ds) => `DEF:${ds}=${file}:${ds}:AVERAGE XPORT:${ds}:${ds}`).join(" ")}`, times);
  add("series-json", "CPU-s/answer", series, xport, "rrdtool xport --json", {}, { lowerIsBetter: true });
  await way.stop();
}

async function probesTcp() {
  const dir = folder();
  const { ours, peer } = await tcpChecks(dir, CPU, quick);
  add("probes-tcp", "checks/CPU-s", ours, peer, "blackbox_exporter", { least: 25000 });
  const { off_us, loop_us } = distance(CPU);
  console.log(`  1,000 checks under way: told round trips differ from the packets' by ${off_us.p50} us (median), ${off_us.p99} us (p99), ${off_us.most} us (most); the loop's own by ${loop_us.p50}, ${loop_us.p99}, ${loop_us.most}`);
  add("probes-latency", "us off, p99", off_us.p99, loop_us.p99, "the loop's own clock", { most: 100 }, { lowerIsBetter: true });
  rmSync(dir, { recursive: true, force: true });
}

function probesIcmp() {
  const { ours, peer } = echoes(CPU, quick);
  add("probes-icmp", "echoes/CPU-s", ours, peer, "fping -i0", { least: 100000 });
}

async function snmp() {
  const dir = folder();
  const { ours, peer, devices_kb } = await snmpPolls(dir, CPU, quick);
  add("snmp", "varbinds/CPU-s", ours, peer, "snmp_exporter", { least: 2300000 });
  add("snmp-memory", "KB for 4 devices", devices_kb, null, "-", { most: 1500 });
  rmSync(dir, { recursive: true, force: true });
}

async function full() {
  const dir = folder();
  const { ours, peer } = await agentFull(dir, CPU, quick);
  add("agent-full-cpu", "CPU-s/2 min", ours.cpu, peer.cpu, "blackbox_exporter, services alone", { most: 0.06 }, { lowerIsBetter: true });
  add("agent-full-pss", "MB", ours.pss, peer.pss, "blackbox_exporter, services alone", { most: 12 }, { lowerIsBetter: true });
  rmSync(dir, { recursive: true, force: true });
}

// 99 sites fall dark at once: CPU from the first missing heartbeat to the conclusion, and to the mail.
async function storm() {
  const dir = folder();
  const { alone, cpu, roles, seconds, open, cause, mails } = stormOf(dir);
  const by = Object.entries(roles).map(([role, s]) => `${role} ${s.toFixed(2)}`).join(", ");
  console.log(`  judge alone: ${alone.cpu_s} CPU-s, ${alone.opened} opened (${alone.cause}); ${alone.back_cpu_s} CPU-s when all are back with their spools`);
  console.log(`  collector: mailed ${seconds.toFixed(1)} s after the cut, CPU-s: ${by}; ${open} incident(s), ${cause}, ${mails} mail(s)`);
  add("storm-judge", "CPU-s", alone.cpu_s, null, "-", { most: 0.5 });
  add("storm", "CPU-s", cpu, null, "-", { most: 2 });
  add("storm-mails", "mails", mails, null, "-", { most: 1 });
  rmSync(dir, { recursive: true, force: true });
}

const jobs = { ingest, "agents-idle": agentsIdle, "agent-footprint": agentFootprint, "agent-full": full, pictures, "probes-tcp": probesTcp, "probes-icmp": probesIcmp, snmp, storm };
const wanted = process.argv.slice(2);
for (const [name, job] of Object.entries(jobs)) {
  if (wanted.length && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  await job();
}
mkdirSync(build, { recursive: true });
// a run of some jobs keeps the figures of the others
const path = join(build, "bench.json");
const kept = wanted.length && existsSync(path) ? JSON.parse(readFileSync(path)).filter((r) => !rows.some((n) => n.job === r.job)) : [];
writeFileSync(path, JSON.stringify([...kept, ...rows], null, 1) + "\n");
console.table(rows);
process.exit(rows.some((r) => r.met === false) ? 1 : 0);
