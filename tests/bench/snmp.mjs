// snmp: what reading gear costs, beside prometheus' snmp_exporter, of the same 500 switches of 24 ports on the loopback, 25 repetitions a question.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { Program, build, freePort, until } from "../lab/way.mjs";
import { cpuTotal } from "./measure.mjs";

const devices = 500, ports = 24, repetitions = 25;
const address = (i) => `127.1.${Math.floor(i / 200) + 1}.${(i % 200) + 1}`;

// The columns that an agent reads of a switch each minute, as its users of snmp_exporter have them.
const columns = { ifTable: ["1.3.6.1.2.1.2.2.1", [5, 7, 8, 13, 14, 19, 20]], ifXTable: ["1.3.6.1.2.1.31.1.1.1", [6, 7, 8, 9, 10, 11, 12, 13, 15]] };

function exporterConfig() {
  const roots = Object.values(columns).flatMap(([table, list]) => list.map((c) => `${table}.${c}`));
  const metrics = roots.map((oid, i) => `  - { name: m${i}, oid: ${oid}, type: ${i < 3 ? "gauge" : "counter"}, help: m, indexes: [ { labelname: ifIndex, type: gauge } ] }`);
  return `bench:\n  walk:\n${roots.map((oid) => `  - ${oid}`).join("\n")}\n  metrics:\n${metrics.join("\n")}\n  version: 2\n  max_repetitions: ${repetitions}\n  auth: { community: public }\n`;
}

// The varbinds that came back.
function scrape(agent, port, target) {
  return new Promise((done, failed) => {
    get({ agent, port, host: "127.0.0.1", path: `/snmp?module=bench&target=${target}` }, (answer) => {
      let text = "";
      answer.on("data", (d) => (text += d));
      answer.on("end", () => {
        const count = (text.match(/^m\d+\{/gm) ?? []).length;
        return count ? done(count) : failed(new Error(`snmp_exporter, ${target}: ${text.slice(0, 200)}`));
      });
    }).on("error", failed);
  });
}

async function exporter(dir, device, cpu, rounds) {
  const own = await freePort();
  writeFileSync(join(dir, "snmp.yml"), exporterConfig());
  const program = new Program("snmp_exporter", "taskset", ["-c", String(cpu), "/usr/bin/prometheus-snmp-exporter", `--config.file=${join(dir, "snmp.yml")}`, `--web.listen-address=127.0.0.1:${own}`, "--log.level=error"]);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const one = (i) => scrape(agent, own, `${address(i)}:${device}`);
  await until("snmp_exporter", () => one(0).then(() => true, () => false), 30);
  const before = cpuTotal(program.pid);
  let values = 0;
  for (let round = 0; round < rounds; round++) for (const count of await Promise.all(Array.from({ length: devices }, (_, i) => one(i)))) values += count;
  const spent = cpuTotal(program.pid) - before;
  agent.destroy();
  await program.stop();
  return values / spent;
}

export async function snmpPolls(dir, cpu, quick) {
  const port = 20000 + ((await freePort()) % 12000);
  const device = new Program("switches", "taskset", ["-c", "0", join(build, "snmp"), "device", String(port), String(ports)]);
  await until("switches", () => device.output.includes("ready"), 10);
  const run = (...args) => JSON.parse(execFileSync("taskset", ["-c", String(cpu), join(build, "snmp"), ...args.map(String)]).toString());
  // the median of three: two cores shared with others are noisy
  const rates = [0, 1, 2].map(() => run("poll", port, devices, quick ? 2 : 10, repetitions).values_per_cpu_s).sort((a, b) => a - b);
  const { devices_kb } = run("memory", port);
  const peer = await exporter(dir, port, cpu, quick ? 1 : 4);
  await device.stop();
  return { ours: rates[1], peer, devices_kb };
}
