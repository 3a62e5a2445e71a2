// storm: a real collector with a year of old incidents; 99 real connections fall silent at once while one site stays well.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Way, build, rolesOf, sleep, until } from "../lab/way.mjs";
import { cpuOf } from "./measure.mjs";

const SITES = 99;

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

// What judge alone takes, 30 checks a site: the clock is made up. And the whole collector, by real sockets, until the mail is there.
export async function storm(dir, pinned) {
  const alone = JSON.parse(execFileSync("taskset", ["-c", "1", join(build, "storm"), "run"]).toString());
  const way = await pinned(dir, { province: province(), mail: true, log: "warn" });
  await way.collector.stop();
  execFileSync(join(build, "storm"), ["fill", "--db", join(way.state, "state.db")]);
  way.collector = way.program("collector", "taskset", ["-c", "1", join(build, "sansang-collector"), "--config", join(dir, "collector.yaml")]);
  await until("collector again", async () => (await way.sansang("status")).silent.length === 0, 60);
  const swarm = way.program("swarm", "taskset", ["-c", "0", join(build, "swarm"), "idle", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(dir, "fleet"), "--nodes", String(SITES)]);
  await until("the swarm", () => swarm.output.includes("connected "), 120);
  await way.addAgent("n00099");
  await sleep(15000);
  const mails = way.mails().length, before = cpuOf(way.collector.pid), start = Date.now();
  swarm.child.kill("SIGSTOP");
  await until("the mail", () => way.mails().length > mails, 60);
  const spent = cpuOf(way.collector.pid);
  const seconds = (Date.now() - start) / 1000;
  for (const pid of Object.keys(spent)) spent[pid] -= before[pid] ?? 0;
  await sleep(20000);
  const open = (await way.incidents(false)).length, sent = way.mails().length - mails;
  const roles = rolesOf(way.collector.pid);
  swarm.child.kill("SIGCONT");
  swarm.child.stdin.write("end\n");
  await way.stop();
  return { alone, spent, roles, seconds, open, mails: sent };
}
