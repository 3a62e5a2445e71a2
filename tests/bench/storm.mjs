// storm: a real collector with a year of old incidents; the lines of 99 real connections are cut at once while one site stays well.
// Run in a network namespace of its own, where dropping packets bothers nobody: node storm.mjs DIR prints a JSON object.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Way, build, rolesOf, sleep, until } from "../lab/way.mjs";
import { cpuOf } from "./measure.mjs";

const SITES = 99;
const self = fileURLToPath(import.meta.url);

// Neighbours, in turn on two carriers; n00099 is far away and lives.
function province() {
  const id = (n) => String(n).padStart(5, "0");
  const lines = ['province: { id: storm, name: "Storm", trial_from: 2025-06-01, go_live: 2025-07-01 }',
    'contacts: [ { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, language: vi } ]', "units:"];
  for (let i = 0; i <= SITES; i++) lines.push(`  - { id: u${i}, name: "Xã ${i}", kind: commune }`);
  lines.push("sites:");
  for (let i = 0; i <= SITES; i++)
    lines.push(`  - { id: s${i}, name: "Trụ sở xã ${i}", role: service-centre, required: yes, lat: ${i < SITES ? 22 + i / 100 : 9}, lon: 104, units: [ { unit: u${i} } ],
      uplink: { kind: tslcd, carrier: ${i % 2 ? "VNPT" : "Viettel"}, terminal: 127.0.0.1 } }`);
  lines.push("nodes:");
  for (let i = 0; i <= SITES; i++) lines.push(`  - { id: n${id(i)}, site: s${i}, kind: server }`);
  return lines.join("\n") + "\n";
}

// Not a packet of that program's connections passes any more, either way; it may not make others.
function cut(program, port) {
  const rows = execFileSync("ss", ["-tnpH", "dst", `127.0.0.1:${port}`]).toString().split("\n").filter((row) => row.includes(`pid=${program.pid},`));
  const ports = rows.map((row) => /127\.0\.0\.1:(\d+)\s+127\.0\.0\.1/.exec(row)[1]);
  if (ports.length < SITES) throw new Error(`${ports.length} connections`);
  program.child.kill("SIGSTOP");
  execFileSync("nft", ["-f", "-"], { input: `table inet storm { chain out { type filter hook output priority 0;\ntcp sport { ${ports} } drop\ntcp dport { ${ports} } drop\n}\n}\n` });
}

async function whole(dir) {
  const start = (way) => way.program("collector", "taskset", ["-c", "1", join(build, "sansang-collector"), "--config", join(dir, "collector.yaml")]);
  const up = (way) => until("collector", async () => existsSync(way.socket) && (await way.sansang("status")).silent.length === 0, 60);
  const way = await Way.start({ dir, collector: false, province: province(), log: "warn" });
  way.collector = start(way);
  await up(way);
  await way.collector.stop();
  execFileSync(join(build, "storm"), ["fill", "--db", join(way.state, "state.db")]);
  way.collector = start(way);
  await up(way);
  const swarm = way.program("swarm", "taskset", ["-c", "0", join(build, "swarm"), "idle", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(dir, "fleet"), "--nodes", String(SITES)]);
  await until("the swarm", () => swarm.output.includes("connected "), 120);
  await way.addAgent("n00099");
  await sleep(15000);
  const mails = way.mails().length, before = cpuOf(way.collector.pid), began = Date.now();
  cut(swarm, way.agentPort);
  await until("the mail", () => way.mails().length > mails, 60).catch(async (error) => {
    throw new Error(`${error.message}\n${JSON.stringify(await way.incidents(false)).slice(0, 2000)}\n${way.collector.output.slice(-2000)}`);
  });
  const cpu = cpuOf(way.collector.pid), seconds = (Date.now() - began) / 1000;
  for (const pid of Object.keys(cpu)) cpu[pid] -= before[pid] ?? 0;
  const roles = Object.fromEntries(Object.entries(rolesOf(way.collector.pid)).map(([role, pids]) => [role, pids.reduce((a, p) => a + (cpu[p] ?? 0), 0)]));
  await sleep(20000);
  const open = await way.incidents(false);
  const result = { cpu: Object.values(cpu).reduce((a, b) => a + b, 0), roles, seconds, open: open.length, cause: open[0].cause, mails: way.mails().length - mails };
  swarm.child.kill("SIGKILL");
  await way.stop();
  return result;
}

// What judge alone takes, 30 checks a site: the clock is made up. And the whole collector, by real sockets, until the mail is there.
export function storm(dir) {
  const alone = JSON.parse(execFileSync("taskset", ["-c", "1", join(build, "storm"), "run"]).toString());
  const text = execFileSync("unshare", ["-n", "sh", "-c", 'ip link set lo up && exec node "$0" "$1"', self, dir], { stdio: ["ignore", "pipe", "inherit"] }).toString();
  return { alone, ...JSON.parse(text) };
}

if (process.argv[1] === self) console.log(JSON.stringify(await whole(process.argv[2])));
