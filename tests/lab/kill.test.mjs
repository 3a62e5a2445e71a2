// kill -9 of every role at random moments: no acknowledged value is lost, none is stored twice or wrongly.
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Way, build, rolesOf, sleep, until } from "./way.mjs";
import { swarmProvince } from "../bench/province.mjs";

const KILLS = Number(process.env.KILLS ?? 100), NODES = 20, STEPS = 1500;

test(`${KILLS} kills at random points, every value compared`, async (t) => {
  const way = await Way.start({ province: swarmProvince(NODES), mail: false, log: "error" });
  t.after(() => way.stop());
  const from = Math.floor(Date.now() / 10000) * 10 - STEPS * 10 - 60;
  const common = ["--nodes", String(NODES), "--from", String(from * 1000), "--steps", String(STEPS)];
  // about as long as the kills take
  const swarm = way.program("swarm", join(build, "swarm"), ["send", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(way.dir, "fleet"), "--rate", String(STEPS / (KILLS * 0.6)), ...common]);
  await until("all enrolled", async () => (await way.sansang("status")).agents.connected === NODES, 60);
  const killed = {};
  for (let n = 0; n < KILLS; n++) {
    await sleep(50 + Math.random() * 700);
    const roles = rolesOf(way.collector.pid);
    const victims = Object.entries(roles).flatMap(([role, pids]) => pids.map((pid) => [role, pid]));
    if (!victims.length) {
      n--; // all of them wait to be started again
      continue;
    }
    // core, intake and series hold the data: they die more often
    const weighted = victims.concat(victims.filter(([role]) => ["core", "intake", "series"].includes(role)));
    const [role, pid] = weighted[Math.floor(Math.random() * weighted.length)];
    try {
      process.kill(pid, "SIGKILL");
      killed[role] = (killed[role] ?? 0) + 1;
    } catch {
      // it was just dying
    }
    assert.equal(swarm.result?.code ?? 0, 0, swarm.output);
  }
  console.log(`# killed ${JSON.stringify(killed)}`);
  await until("the swarm is done", () => swarm.result, 180 + KILLS * 0.4);
  assert.equal(swarm.result?.code, 0, swarm.output);
  console.log(`# ${swarm.output.trim()}`);
  await until("followers have caught up", async () => (await way.sansang("status")).journal.pending === 0, 60);
  await way.collector.stop();
  const out = execFileSync(join(build, "swarm"), ["verify", "--rrd", join(way.state, "rrd"), ...common]).toString();
  console.log(`# ${out.trim()}`);
  const result = JSON.parse(out);
  assert.equal(result.missing, 0);
  assert.equal(result.wrong, 0);
});
