// peer_collectd: the same values by collectd's own way: its network plugin receives them, its rrdtool plugin stores them.
import { createSocket } from "node:dgram";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep, until, Program, freePort } from "../lab/way.mjs";
import { cpuTotal } from "./measure.mjs";

const sets = [["host", "", 9], ["if", "eth0", 10], ["if", "eth1", 10], ["path", "gateway", 7], ["path", "core", 7], ["uplink", "", 7]];

function part(type, payload) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(4 + payload.length, 2);
  return Buffer.concat([head, payload]);
}
const text = (type, value) => part(type, Buffer.from(value + "\0"));
function number(type, value) {
  const b = Buffer.alloc(8);
  b.writeBigUInt64BE(BigInt(value));
  return part(type, b);
}
function values(list) {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(list.length);
  const kinds = Buffer.alloc(list.length, 1); // gauge
  const data = Buffer.alloc(8 * list.length);
  list.forEach((v, i) => data.writeDoubleLE(v, 8 * i));
  return part(6, Buffer.concat([head, kinds, data]));
}

export async function measureCollectd(dir, nodes, steps, cpu) {
  const port = await freePort();
  mkdirSync(join(dir, "rrd"), { recursive: true });
  const sources = (n) => Array.from({ length: n }, (_, i) => `v${i}:GAUGE:U:U`).join(", ");
  writeFileSync(join(dir, "types.db"), ["host", "if", "path", "uplink"].map((t) => `${t}\t${sources({ host: 9, if: 10, path: 7, uplink: 7 }[t])}`).join("\n") + "\n");
  // the archives of DESIGN.md: rows of a step for 2 days, 5 minutes for 60 days, an hour for 2 years
  writeFileSync(
    join(dir, "collectd.conf"),
    `Hostname "collector"
FQDNLookup false
BaseDir "${dir}"
PIDFile "${dir}/pid"
TypesDB "${dir}/types.db"
Interval 10
ReadThreads 1
LoadPlugin network
<Plugin network>
  Listen "127.0.0.1" "${port}"
  MaxPacketSize 1452
</Plugin>
LoadPlugin rrdtool
<Plugin rrdtool>
  DataDir "${dir}/rrd"
  StepSize 10
  HeartBeat 25
  CacheTimeout 600
  CacheFlush 100000
  CreateFilesAsync false
  RRATimespan 172800
  RRARows 17280
</Plugin>
`,
  );
  const collectd = new Program("collectd", "taskset", ["-c", String(cpu), "/usr/sbin/collectd", "-f", "-C", join(dir, "collectd.conf")]);
  await sleep(1500);
  const socket = createSocket("udp4");
  const start = Math.floor(Date.now() / 10000) * 10 - steps * 10;
  const before = cpuTotal(collectd.pid);
  let sent = 0;
  for (let step = 0; step < steps; step++) {
    const time = BigInt(start + step * 10) << 30n;
    for (let node = 0; node < nodes; node++) {
      let packet = [text(0, `n${node}`), number(8, time), number(9, 10n << 30n), text(2, "sansang")];
      for (const [type, instance, count] of sets)
        packet.push(text(4, type), text(5, instance), values(Array.from({ length: count }, (_, i) => (node * 31 + step * 7 + i) % 1000)));
      socket.send(Buffer.concat(packet), port, "127.0.0.1");
      sent += 50;
    }
    await sleep(10);
    // never faster than it can take: what UDP loses would look cheap
    while (step % 5 === 4 && cpuTotal(collectd.pid) - before > 0 && (await backlog(port)) > 0) await sleep(20);
  }
  await until("collectd has read all", async () => (await backlog(port)) === 0);
  await sleep(500);
  collectd.child.kill("SIGUSR1"); // flush
  let last = -1;
  await until("collectd is idle", async () => {
    const now = cpuTotal(collectd.pid);
    const idle = now - last < 0.005;
    last = now;
    await sleep(700);
    return idle;
  }, 120);
  const seconds = cpuTotal(collectd.pid) - before;
  socket.close();
  await collectd.stop();
  return { values: sent, seconds, output: collectd.output };
}

// Bytes waiting in the receive queue of the UDP port.
import { readFileSync } from "node:fs";
async function backlog(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const line = readFileSync("/proc/net/udp", "utf8").split("\n").find((l) => l.includes(`:${hex} `));
  return line ? parseInt(line.trim().split(/\s+/)[4].split(":")[1], 16) : 0;
}
