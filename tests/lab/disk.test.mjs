// A disk without room: the collector stops acknowledging, says so, and nothing that it acknowledged is lost.
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Way, build, rolesOf, sleep, smallProvince, until } from "./way.mjs";
import { swarmProvince } from "../bench/province.mjs";

const NODES = 2, MB = 1 << 20;

// A small disk of our own as the folder `where` below a new one, or why not.
function mountSmall(megabytes, where = "state") {
  const dir = mkdtempSync(join(tmpdir(), "sansang-disk."));
  const state = join(dir, where);
  mkdirSync(state, { mode: 0o700, recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "sansang-disk", state], { stdio: "pipe" });
  } catch (error) {
    rmSync(dir, { recursive: true });
    return { refused: `no tmpfs can be mounted here: ${String(error.stderr).trim()}` };
  }
  return {
    dir,
    // `room` bytes are left
    shrink(room) {
      // what is written meanwhile makes the size too small: the kernel refuses, and it is measured again
      for (let left = 20; ; left--) {
        const fs = statfsSync(state);
        const used = (fs.blocks - fs.bfree) * fs.bsize;
        try {
          execFileSync("mount", ["-o", `remount,size=${used + room}`, state], { stdio: "pipe" });
          return;
        } catch (error) {
          if (!left) throw error;
        }
      }
    },
    grow: () => execFileSync("mount", ["-o", `remount,size=${megabytes}m`, state]),
    room: () => statfsSync(state).bavail * statfsSync(state).bsize,
    remove() {
      execFileSync("umount", ["-l", state]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function sendSwarm(way, steps, rate) {
  const from = Math.floor(Date.now() / 10000) * 10 - steps * 10 - 60;
  const common = ["--nodes", String(NODES), "--from", String(from * 1000), "--steps", String(steps)];
  const program = way.program("swarm", join(build, "swarm"), ["send", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`,
    "--dir", join(way.dir, "fleet"), "--rate", String(rate), ...common]);
  return { program, common };
}

async function finish(way, swarm) {
  await until("the swarm is done", () => swarm.program.result, 90);
  assert.equal(swarm.program.result.code, 0, swarm.program.output);
  await until("followers have caught up", async () => (await way.sansang("status")).journal.pending === 0, 60);
  await way.collector.stop();
  const result = JSON.parse(execFileSync(join(build, "swarm"), ["verify", "--rrd", join(way.state, "rrd"), ...swarm.common]).toString());
  assert.equal(result.missing, 0);
  assert.equal(result.wrong, 0);
  assert.ok(result.compared > 0);
}

const isFull = async (way) => (await way.sansang("status")).journal.full === true;

async function fullEverywhere(way) {
  await until("the status says full", () => isFull(way), 60);
  await until("the province's API says full", async () => (await way.http("/api/v1/province")).json?.full === true, 30);
  // and to one who was not logged in when it happened
  [way.cookie, way.csrf] = [];
  await way.login();
  assert.equal((await way.http("/api/v1/province")).json.full, true);
}

async function onSmallDisk(t, megabytes, body, config) {
  const disk = mountSmall(megabytes);
  if (disk.refused) return t.skip(disk.refused);
  let way;
  try {
    way = await Way.start({ dir: disk.dir, province: swarmProvince(NODES), mail: false, config });
    await until("a session, which needs room as well", () => way.login());
    await body(way, disk);
  } finally {
    await way?.stop(true);
    disk.remove();
  }
}

test("a disk that fills under way: acknowledging stops and is said, room brings all of it", (t) =>
  onSmallDisk(t, 256, async (way, disk) => {
    const swarm = sendSwarm(way, 1500, 150);
    await until("files are there", async () => (await way.sansang("status")).series.files >= 12, 60);
    disk.shrink(MB);
    await fullEverywhere(way);
    const before = (await way.sansang("status")).journal.last_id;
    await sleep(2000);
    assert.equal((await way.sansang("status")).journal.last_id, before, "nothing is taken while it is full");
    assert.equal(swarm.program.result, undefined, "the swarm is not told that all is stored");
    disk.grow();
    await until("room is seen", async () => !(await isFull(way)), 60);
    await finish(way, swarm);
  }));

test("a disk that is full before the first row, and processes that die and start on it", (t) =>
  onSmallDisk(t, 256, async (way, disk) => {
    const swarm = sendSwarm(way, 1000, 200);
    await until("all enrolled", async () => (await way.sansang("status")).agents.connected === NODES, 30);
    disk.shrink(MB);
    await fullEverywhere(way);
    for (const role of ["series", "core", "judge"]) {
      for (const pid of rolesOf(way.collector.pid)[role] ?? []) process.kill(pid, "SIGKILL");
      await sleep(500);
    }
    await sleep(3000);
    assert.equal(way.collector.result, undefined, way.collector.output);
    disk.grow();
    await until("it runs again", async () => !(await isFull(way)), 60);
    await finish(way, swarm);
  }));

test("a journal at its limit drops what all have read, and goes on", (t) =>
  onSmallDisk(t, 256, async (way) => {
    const swarm = sendSwarm(way, 5000, 1500);
    let most = 0;
    await until("the swarm is done", () => {
      const sizes = execFileSync("du", ["-sb", join(way.state, "journal")]).toString();
      most = Math.max(most, Number.parseInt(sizes, 10));
      return swarm.program.result;
    }, 90);
    console.log(`# the journal's folder at most ${(most / MB).toFixed(2)} MB, ${swarm.program.output.trim()}`);
    assert.match(way.collector.output, /journal: dropped records/);
    assert.ok(most < 5 * MB, "the limit and what SQLite keeps beside it");
    await finish(way, swarm);
  }, "journal: { max: 2MB }"));

// What it measured while its disk was full is gone, nothing else.
test("an agent whose own disk is full goes on, and what it had stored is there", async (t) => {
  const STEP = 2;
  const disk = mountSmall(8, "pl-srv1/state");
  if (disk.refused) return t.skip(disk.refused);
  let way;
  try {
    way = await Way.start({ dir: disk.dir, province: smallProvince({}), mail: false, step: `${STEP}s` });
    const agent = await way.addAgent("pl-srv1");
    await until("its rows arrive", async () => (await way.sansang("status")).ingest.batches > 1, 30);
    const from = Math.ceil(Date.now() / 1000 / STEP) * STEP + STEP;
    await way.collector.stop();
    await sleep(4 * STEP * 1000);
    const filled = Math.floor(Date.now() / 1000 / STEP) * STEP - STEP;
    disk.shrink(0);
    await sleep(3 * STEP * 1000);
    assert.equal(agent.result, undefined, agent.output);
    assert.match(agent.output, /spool.*(no room|space|full)/i);
    disk.grow();
    const room = Math.ceil(Date.now() / 1000 / STEP) * STEP + 2 * STEP;
    await sleep(2 * STEP * 1000);
    await way.startCollector();
    await until("the rows of before and after", async () => {
      await way.login();
      await way.http(`/api/v1/series?file=pl-hq/pl-srv1/host&from=${from}&to=${room + STEP}&rows=100`);
      const rows = (await way.fetch(way.rrd("pl-hq", "pl-srv1", "host"), from, room + STEP, STEP)).filter((row) => row.values.uptime_s > 0);
      const there = new Set(rows.map((row) => row.at));
      for (let at = from + STEP; at <= room + STEP; at += STEP)
        if ((at <= filled || at >= room) && !there.has(at)) throw new Error(`no row ${at - from} (full at ${filled - from}, room at ${room - from}): ${[...there].map((x) => x - from)}`);
      return true;
    }, 60).catch((error) => {
      throw new Error(agent.output, { cause: error });
    });
  } finally {
    await way?.stop(true);
    disk.remove();
  }
});
