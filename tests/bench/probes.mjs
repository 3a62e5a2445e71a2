// probes: what a TCP check and an echo cost, beside blackbox_exporter and fping, on the same targets of the loopback.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { Program, build, freePort, sleep, until } from "../lab/way.mjs";
import { cpuTotal } from "./measure.mjs";

const targets = 1000;
const address = (i) => `127.0.${Math.floor(i / 200) + 1}.${(i % 200) + 1}`;
const probes = (cpu, ...args) => JSON.parse(execFileSync("taskset", ["-c", String(cpu), join(build, "probes"), ...args.map(String)]).toString());

// The median of three: two cores shared with others are noisy.
function median(measure) {
  return [measure(), measure(), measure()].sort((a, b) => a - b)[1];
}

function ask(agent, port, target) {
  return new Promise((done, failed) => {
    get({ agent, port, host: "127.0.0.1", path: `/probe?module=tcp_connect&target=${target}` }, (answer) => {
      let text = "";
      answer.on("data", (d) => (text += d));
      answer.on("end", () => (text.includes("probe_success 1") ? done() : failed(new Error(`blackbox_exporter, ${target}: ${text.slice(0, 200)}`))));
    }).on("error", failed);
  });
}

async function blackbox(dir, port, cpu, rounds) {
  const own = await freePort();
  writeFileSync(join(dir, "blackbox.yml"), "modules:\n  tcp_connect: { prober: tcp, timeout: 5s }\n");
  const exporter = new Program("blackbox_exporter", "taskset", ["-c", String(cpu), "/usr/bin/prometheus-blackbox-exporter", `--config.file=${join(dir, "blackbox.yml")}`, `--web.listen-address=127.0.0.1:${own}`, "--log.level=error"]);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  await until("blackbox_exporter", () => ask(agent, own, `127.0.0.1:${port}`).then(() => true, () => false), 30);
  const before = cpuTotal(exporter.pid);
  for (let round = 0; round < rounds; round++) await Promise.all(Array.from({ length: targets }, (_, i) => ask(agent, own, `${address(i)}:${port}`)));
  const spent = cpuTotal(exporter.pid) - before;
  agent.destroy();
  await exporter.stop();
  return (targets * rounds) / spent;
}

export async function tcpChecks(dir, cpu, quick) {
  const port = await freePort();
  const sink = new Program("sink", "taskset", ["-c", "0", join(build, "probes"), "sink", String(port)]);
  await until("sink", () => sink.output.includes("ready"), 10);
  const ours = median(() => {
    const r = probes(cpu, "tcp", targets, quick ? 10 : 50, port);
    if (r.up !== r.checks) throw new Error(`${r.checks - r.up} of ${r.checks} checks failed`);
    return r.checks / r.cpu_s;
  });
  const peer = await blackbox(dir, port, cpu, quick ? 2 : 8);
  await sink.stop();
  return { ours, peer };
}

// Microseconds by which the told round trip differs from the packets' own, by the kernel's stamps of them: the 99th percentile of 1,000 checks under way.
export function distance(cpu) {
  const r = probes(cpu, "distance", targets);
  if (r.up !== r.checks) throw new Error(`${r.checks - r.up} of ${r.checks} checks failed`);
  return { off_us: r.off_us, loop_us: r.loop_us };
}

// It numbers at most 65,535 echoes in ten seconds.
function fping(cpu, count) {
  const list = Array.from({ length: targets }, (_, i) => address(i)).join("\n");
  const out = execFileSync("bash", ["-c", `TIMEFORMAT='%U %S'; { time taskset -c ${cpu} fping -q -i0 -p1 -c${count} 2>/dev/null; } 2>&1`], { input: list }).toString();
  const [user, system] = out.trim().split("\n").at(-1).split(" ").map(Number);
  return (targets * count) / (user + system);
}

export function echoes(cpu, quick) {
  const ours = median(() => {
    const r = probes(cpu, "icmp", targets, quick ? 10 : 40);
    if (r.echoes !== r.checks * 5) throw new Error(`${r.checks * 5 - r.echoes} of ${r.checks * 5} echoes lost`);
    return r.echoes / r.cpu_s;
  });
  return { ours, peer: median(() => fping(cpu, quick ? 20 : 50)) };
}
