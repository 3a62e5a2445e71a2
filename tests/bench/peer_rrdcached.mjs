// peer_rrdcached: the same rows by rrdcached's socket, in BATCH mode, 60 rows a file, files laid out as ours.
import { connect } from "node:net";
import { mkdirSync, readdirSync, copyFileSync, statSync } from "node:fs";
import { join, dirname } from "node:path";
import { execFileSync } from "node:child_process";
import { sleep, until, Program } from "../lab/way.mjs";
import { cpuTotal } from "./measure.mjs";

// Every .rrd below a folder, relative.
export function rrdFiles(root, below = "") {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? rrdFiles(root, join(below, entry.name)) : entry.name.endsWith(".rrd") ? [join(below, entry.name)] : [],
  );
}

// `model` is a folder of files that our collector made: the peer gets the same layouts, created empty anew.
export async function measureRrdcached(dir, model, from, steps, rows, cpu) {
  const files = rrdFiles(model);
  const columns = new Map();
  const layouts = new Map();
  for (const file of files) {
    const kind = file.split("/").at(-1);
    if (!layouts.has(kind)) {
      const info = execFileSync("rrdtool", ["info", join(model, file)]).toString();
      const ds = [...info.matchAll(/^ds\[(\w+)\]\.type = "(\w+)"/gm)].map((m) => `DS:${m[1]}:${m[2]}:25:U:U`);
      const rra = [...info.matchAll(/^rra\[(\d+)\]\.cf = "(\w+)"\n(?:.*\n)*?rra\[\1\]\.rows = (\d+)\n(?:.*\n)*?rra\[\1\]\.pdp_per_row = (\d+)/gm)].map((m) => `RRA:${m[2]}:0.5:${m[4]}:${m[3]}`);
      const template = join(dir, kind);
      execFileSync("rrdtool", ["create", template, "--start", String(from - 10), "--step", "10", ...ds, ...rra]);
      layouts.set(kind, { template, ds: ds.length });
    }
    mkdirSync(dirname(join(dir, "rrd", file)), { recursive: true });
    copyFileSync(layouts.get(kind).template, join(dir, "rrd", file));
    columns.set(file, layouts.get(kind).ds);
  }
  execFileSync("sync");
  const socketPath = join(dir, "rrdcached.sock");
  const daemon = new Program("rrdcached", "taskset", ["-c", String(cpu), "rrdcached", "-g", "-l", `unix:${socketPath}`, "-b", join(dir, "rrd"), "-B", "-j", dir, "-w", "100000", "-f", "100000", "-t", "1", "-p", join(dir, "pid")]);
  await sleep(1000);
  const socket = connect(socketPath);
  let answers = "";
  socket.on("data", (d) => (answers += d));
  await new Promise((done) => socket.on("connect", done));
  const before = cpuTotal(daemon.pid);
  let sent = 0;
  const write = (line) => (socket.write(line) ? null : new Promise((done) => socket.once("drain", done)));
  for (let at = 0; at < steps; at += rows) {
    await write("BATCH\n");
    for (let step = at; step < Math.min(at + rows, steps); step++)
      for (const file of files) {
        const n = columns.get(file);
        let row = `UPDATE ${file} ${from + step * 10}`;
        for (let i = 0; i < n; i++) row += ":" + ((step * 7 + i * 13) % 1000) + ".25";
        await write(row + "\n");
        sent += n;
      }
    answers = "";
    await write(".\n");
    await until("rrdcached took the batch", () => / errors\n/.test(answers), 120);
    if (!/(^|\n)0 errors\n/.test(answers)) throw new Error(answers.slice(0, 500));
    await write("FLUSHALL\n");
    await sleep(200);
  }
  let last = -1;
  await until("rrdcached is idle", async () => {
    const now = cpuTotal(daemon.pid);
    const idle = now - last < 0.005;
    last = now;
    await sleep(1000);
    return idle;
  }, 120);
  const seconds = cpuTotal(daemon.pid) - before;
  const written = Number(execFileSync("rrdtool", ["last", join(dir, "rrd", files[0])]).toString());
  if (written !== from + (steps - 1) * 10) throw new Error(`rrdcached wrote up to ${written} only`);
  socket.end();
  await daemon.stop();
  return { values: sent, seconds, files: files.length, bytes: statSync(join(dir, "rrd", files[0])).size };
}
