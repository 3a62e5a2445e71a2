// measure: CPU and memory of processes, from /proc. All of a supervisor's processes count together.
import { readdirSync, readFileSync } from "node:fs";

export function family(pid) {
  const children = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = Number(readFileSync(`/proc/${entry}/stat`, "utf8").split(") ")[1].split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // ended meanwhile
    }
  }
  const all = [pid];
  for (let i = 0; i < all.length; i++) all.push(...(children.get(all[i]) ?? []));
  return all;
}

// CPU seconds of each process of the family: { pid: seconds }, of all its threads, counted by the scheduler in nanoseconds.
export function cpuOf(pid) {
  const out = {};
  for (const p of family(pid)) {
    try {
      let ns = 0;
      for (const thread of readdirSync(`/proc/${p}/task`)) ns += Number(readFileSync(`/proc/${p}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
      out[p] = ns / 1e9;
    } catch {
      // ended meanwhile
    }
  }
  return out;
}
export const cpuTotal = (pid) => Object.values(cpuOf(pid)).reduce((a, b) => a + b, 0);

export function pssKb(pid) {
  let sum = 0;
  for (const p of family(pid)) {
    try {
      sum += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${p}/smaps_rollup`, "utf8"))[1]);
    } catch {
      // ended meanwhile
    }
  }
  return sum;
}
