// The inner part of trace.test.mjs, run on the far host: a collector here, its agent on the box, rules on a router between.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Way, build, smallProvince, until } from "./way.mjs";

const [box, router] = process.argv.slice(2);
const FAR = "10.77.3.2", HOPS = ["10.77.0.2", "10.77.1.2", "10.77.2.2", FAR];
const rule = (words) => execFileSync("ip", ["netns", "exec", router, "nft", words]);

const service = createServer((socket) => socket.on("error", () => {}).end());
await new Promise((done) => service.listen(0, "0.0.0.0", done));
const { port } = service.address();

const province = smallProvince({ land: `${FAR}:${port}` }).replace("terminal: 127.0.0.1, gateway: 127.0.0.1", `terminal: ${FAR}, gateway: 10.77.0.2`);
const way = await Way.start({ province, mail: false, collector: false });
const open = (path) => writeFileSync(path, readFileSync(path, "utf8").replace(`127.0.0.1:${way.agentPort}`, `${FAR}:${way.agentPort}`));
open(join(way.dir, "collector.yaml"));
await way.startCollector();
await way.login();
open(await way.agentConfig("pl-srv1"));
const agent = way.program("agent", "ip", ["netns", "exec", box, join(build, "sansang-agent"), "--config", join(way.dir, "pl-srv1", "agent.yaml")]);
await until("connected", async () => {
  if (agent.result) throw new Error(agent.output);
  return (await way.node("pl-srv1")).agent === "connected";
});

// Events of kind "trace", newest first: [subject, what trace_json() says].
async function traces() {
  const { json } = await way.http("/api/v1/nodes/pl-srv1/events?kind=trace");
  return json.events.map((e) => [e.subject, e.data ?? {}]);
}
const told = (label, test) => until(label, async () => (await traces()).find(([subject, t]) => test(subject, t)), 60);

// 1. asked from afar: by the sandboxed eyes, IPv4 and IPv6, by ICMP and TCP at the same time
const asked = await Promise.all([FAR, "fd77:3::2", `${FAR}:${port}`].map((target) => way.sansang("ask", "pl-srv1", "trace", target)));
for (const { answer } of asked) {
  assert.equal(answer.reached, true, JSON.stringify(answer));
  assert.equal(answer.hops.length, 4);
  assert.equal(answer.mtu, 1500);
}
assert.deepEqual(asked.map(({ answer }) => answer.by), ["icmp", "icmp", "tcp"]);

// 2. the good path is told once
const [, good] = await told("the good path", (subject, t) => /^(uplink|path):/.test(subject) && t.why === "good");
assert.deepEqual(good.hops.map((hop) => hop[0]), HOPS);

// 3. a hole for echoes, seen by the agent's own check
rule("add table inet t; add chain inet t c { type filter hook forward priority 0; }; add rule inet t c meta l4proto icmp meta length > 1300 drop");
const hole = (await way.sansang("ask", "pl-srv1", "probe", "mtu", FAR)).answer;
assert.deepEqual([hole.up, hole.reason, hole.small_ok, hole.full_ok], [false, "too-large", 1, 0], JSON.stringify(hole));

// 4. the line breaks behind the second router, for echoes alone, so that we are told at once
rule("add rule inet t c meta l4proto icmp drop");
const [, broken] = await told("the broken path", (subject, t) => /^(uplink|path):/.test(subject) && t.why === "down");
assert.equal(broken.reached, false);
assert.deepEqual(broken.hops.map((hop) => hop[0]), [HOPS[0], HOPS[1], null]);
assert.deepEqual(broken.was, HOPS);
assert.equal(broken.broke_after, 2);
rule("delete table inet t");

// 5. thirty and more in a row: most are answered, the rest refused in words
let answered = 0, refused = "";
for (let i = 0; i < 40; i++) {
  try {
    const { answer } = await way.sansang("ask", "pl-srv1", "probe", "tcp", `${FAR}:${port}`);
    if (answer.error) refused = answer.error;
    else answered++;
  } catch (error) {
    refused = error.stderr;
  }
}
assert.ok(answered <= 30 && answered >= 20, `${answered} answered`);
assert.notEqual(refused, "");

assert.doesNotMatch(agent.output, /fatal|sanitizer|died/i);
await way.stop();
service.close();
