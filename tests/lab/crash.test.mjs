// Programs that die at any moment: an agent again and again, the collector's supervisor with all below it.
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Way, build, rolesOf, sleep, smallProvince, until } from "./way.mjs";
import { swarmProvince } from "../bench/province.mjs";

const STEP = 2;

async function hostRows(way, from, to) {
  await way.login();
  await way.http(`/api/v1/series?file=pl-hq/pl-srv1/host&from=${from}&to=${to}&rows=500`); // writes what is held back
  return (await way.fetch(way.rrd("pl-hq", "pl-srv1", "host"), from, to, STEP)).filter((row) => row.at > from && row.at <= to);
}

test("an agent killed again and again, the collector up and down: no row is missing but of steps at whose end it was dead", async (t) => {
  const way = await Way.start({ province: smallProvince({}), mail: false, step: `${STEP}s` });
  t.after(() => way.stop());
  let agent = await way.addAgent("pl-srv1");
  await until("rows arrive", async () => (await way.sansang("status")).ingest.batches > 1, 30);
  const from = Math.ceil(Date.now() / 1000 / STEP) * STEP, dead = [];
  const killAgent = async (pause_ms) => {
    const children = Object.values(rolesOf(agent.pid)).flat();
    const since = Date.now();
    agent.child.kill("SIGKILL");
    await agent.ended;
    await until("its processes end with it", () => children.every((pid) => !existsSync(`/proc/${pid}`)), 5);
    await sleep(pause_ms);
    agent = way.startAgent("pl-srv1");
    dead.push([since, Date.now()]);
  };
  for (let round = 0; round < 3; round++) {
    await sleep(7000 + Math.random() * 2000);
    await killAgent(Math.random() * 300);
    await sleep(1000 + Math.random() * 2000);
    for (const pid of rolesOf(agent.pid).eyes ?? []) process.kill(pid, "SIGKILL");
    if (round === 1) {
      await way.collector.stop("SIGKILL");
      await sleep(4000 + Math.random() * 3000);
      await killAgent(Math.random() * 300);
      await sleep(4000 + Math.random() * 3000);
      await killAgent(0);
      await sleep(5000);
      await way.startCollector();
    }
  }
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 60);
  const to = Math.floor(Date.now() / 1000 / STEP) * STEP;
  // the steps in progress while it was dead: a row waits for the eyes (agent/talk.h: at most a third of a step and 300 ms) before it is sealed
  const SEAL = STEP * 1000 / 3 + 300, WRITING = 500;
  const lost = (at) => dead.some(([since, until]) => at * 1000 > since - SEAL - WRITING && (at - STEP) * 1000 < until + 1000);
  const wanted = [];
  for (let at = from + STEP; at <= to; at += STEP) if (!lost(at)) wanted.push(at);
  assert.ok(wanted.length >= 5, `${wanted.length} rows are wanted`);
  const missing = await until("all rows", async (t) => {
    const rows = new Map((await hostRows(way, from, to)).map((row) => [row.at, row.values.uptime_s]));
    const gaps = wanted.filter((at) => !(rows.get(at) > 0));
    if (gaps.length) throw new Error(`missing ${gaps}; dead ${JSON.stringify(dead)}; have ${JSON.stringify([...rows])}`);
    return [...rows].filter(([, uptime]) => !(uptime > 0)).map(([at]) => at);
  }, 40);
  console.log(`# ${wanted.length} rows wanted and there; ${missing.length} more are missing, ${dead.length} deaths`);
  // uptime grows by a step a step: no row stands at a wrong time
  const rows = (await hostRows(way, from, to)).filter((row) => row.values.uptime_s > 0);
  for (const row of rows) assert.ok(Math.abs(row.values.uptime_s - row.at - (rows[0].values.uptime_s - rows[0].at)) <= 1.5, `row ${row.at}`);
});

test("the collector's supervisor killed with -9 again and again: its processes end with it, nothing is lost", async (t) => {
  const NODES = 5, STEPS = 2000, KILLS = 5;
  const way = await Way.start({ province: swarmProvince(NODES), mail: false, log: "warn" });
  t.after(() => way.stop());
  const from = Math.floor(Date.now() / 10000) * 10 - STEPS * 10 - 60;
  const common = ["--nodes", String(NODES), "--from", String(from * 1000), "--steps", String(STEPS)];
  const swarm = way.program("swarm", join(build, "swarm"), ["send", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`,
    "--dir", join(way.dir, "fleet"), "--rate", "130", ...common]);
  await until("all enrolled", async () => (await way.sansang("status")).agents.connected === NODES, 60);
  for (let n = 0; n < KILLS; n++) {
    await sleep(500 + Math.random() * 1500);
    const children = Object.values(rolesOf(way.collector.pid)).flat();
    assert.ok(children.length >= 7, `${children.length} processes`);
    await way.collector.stop("SIGKILL");
    await until("all end with it", () => children.every((pid) => !existsSync(`/proc/${pid}`)), 5);
    await way.startCollector(); // on the same folder, with its socket left lying about
  }
  await until("the swarm is done", () => swarm.result, 90);
  assert.equal(swarm.result.code, 0, swarm.output);
  await until("followers have caught up", async () => (await way.sansang("status")).journal.pending === 0, 60);
  await way.collector.stop();
  const result = JSON.parse(execFileSync(join(build, "swarm"), ["verify", "--rrd", join(way.state, "rrd"), ...common]).toString());
  console.log(`# ${swarm.output.trim()} ${JSON.stringify(result)}`);
  assert.equal(result.missing, 0);
  assert.equal(result.wrong, 0);
});
