// Wrong clocks: agents that wake in 1970, are hours off, jump while they run. Rows stand at the collector's time.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Way, build, smallProvince, sleep, until } from "./way.mjs";

const STEP = 2;
// node: what its wall clock shows, as libfaketime says it
const CLOCKS = { "pl-1970": "@1970-01-01 00:00:20", "pl-ahead": "+7h", "pl-behind": "-31h", "pl-jumps": "+0", "pl-right": "+0" };

const library = readdirSync("/usr/lib")
  .map((arch) => join("/usr/lib", arch, "faketime/libfaketime.so.1"))
  .find((path) => existsSync(path));

let way;
const agents = {};
const clockFile = (node) => join(way.dir, node, "clock");
const clockTo = (node, text) => writeFileSync(clockFile(node), `${text}\n`);

function start(node) {
  // boot and monotonic clocks stay: a wrong clock chip does not change how long a second is
  const env = { ...process.env, LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clockFile(node), FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", TZ: "UTC" };
  return (agents[node] = way.program(`agent ${node}`, join(build, "sansang-agent"), ["--config", join(way.dir, node, "agent.yaml")], { env }));
}

const connected = (node) =>
  until(`${node} connected`, async () => {
    if (agents[node].result) throw new Error(agents[node].output);
    return (await way.node(node)).agent === "connected";
  }, 40).catch((error) => {
    throw new Error(agents[node].output, { cause: error });
  });

// The host rows of (from, to].
async function rowsOf(node, from, to) {
  await way.login();
  await way.http(`/api/v1/series?file=pl-hq/${node}/host&from=${from}&to=${to}&rows=500`);
  return (await way.fetch(way.rrd("pl-hq", node, "host"), from, to, STEP)).filter((row) => row.at > from && row.at <= to && row.values.uptime_s > 0);
}

// A row for each step of (from, to], each where its uptime, which no wall clock touches, says that it belongs.
async function assertComplete(node, from, to) {
  const wanted = (to - from) / STEP;
  const rows = await until(`${node} has its ${wanted} rows`, async () => {
    const found = await rowsOf(node, from, to);
    if (found.length < wanted) throw new Error(`${found.length} of ${wanted}: ${JSON.stringify(found.map((row) => row.at - from))}`);
    return found;
  }, 30);
  const booted = Date.now() / 1000 - Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  for (const row of rows) assert.ok(Math.abs(row.at - row.values.uptime_s - booted) <= 1.5, `${node} ${row.at}: off by ${row.at - row.values.uptime_s - booted} s`);
}

const skip = library ? false : "libfaketime is not installed (package faketime)";

before(async () => {
  if (skip) return;
  const nodes = Object.keys(CLOCKS).map((id) => `  - { id: ${id}, site: pl-hq, kind: server }\n`).join("");
  way = await Way.start({ province: smallProvince({}).replace(/nodes:\n.*\n/, `nodes:\n${nodes}`), mail: false, step: `${STEP}s` });
  for (const [node, clock] of Object.entries(CLOCKS)) {
    // Landlock would keep libfaketime from its file
    await way.agentConfig(node, `sandbox: { read: [ "${join(way.dir, node)}" ] }`);
    clockTo(node, clock);
    start(node);
  }
});
after(() => way?.stop());

test("whatever their clocks show, agents enrol and their rows land at the collector's time", { skip }, async () => {
  for (const node of Object.keys(CLOCKS)) await connected(node);
  const from = Math.ceil(Date.now() / 1000 / STEP) * STEP + STEP;
  await sleep(5 * STEP * 1000);
  for (const node of Object.keys(CLOCKS)) await assertComplete(node, from, from + 3 * STEP);
});

test("the skew is said", { skip }, async () => {
  const expected = { "pl-ahead": 7 * 3600e3, "pl-behind": -31 * 3600e3, "pl-right": 0 };
  for (const [node, skew] of Object.entries(expected))
    await until(`${node}'s skew`, async () => Math.abs((await way.node(node)).skew_ms - skew) < 60e3);
  await until("pl-1970's skew", async () => Math.abs((await way.node("pl-1970")).skew_ms + Date.now()) < 600e3);
});

test("a clock that jumps while the agent runs leaves no wrong row and no gap", { skip }, async () => {
  const from = Math.ceil(Date.now() / 1000 / STEP) * STEP;
  for (const jump of ["+400d", "-3h", "@1970-01-01 00:00:00", "+0"]) {
    clockTo("pl-jumps", jump);
    await sleep(1.6 * STEP * 1000);
  }
  assert.equal(agents["pl-jumps"].result, undefined, agents["pl-jumps"].output);
  await assertComplete("pl-jumps", from, from + 5 * STEP);
  assert.equal((await way.node("pl-jumps")).agent, "connected");
});

test("cut off in 1970, started again, its clock put right meanwhile: the spool is replayed at the right times", { skip }, async () => {
  const from = Math.ceil(Date.now() / 1000 / STEP) * STEP;
  await way.collector.stop();
  await sleep(5 * STEP * 1000);
  const killed = Date.now() / 1000;
  await agents["pl-1970"].stop("SIGKILL");
  clockTo("pl-1970", "+0");
  start("pl-1970");
  const again = Math.ceil(Date.now() / 1000 / STEP) * STEP + STEP;
  await sleep(3 * STEP * 1000);
  await way.startCollector();
  for (const node of Object.keys(CLOCKS)) await connected(node);
  await assertComplete("pl-1970", from, Math.floor((killed - 1) / STEP) * STEP);
  await assertComplete("pl-1970", again, again + STEP);
  await assertComplete("pl-ahead", from, again + STEP);
  await assertComplete("pl-behind", from, again + STEP);
});
