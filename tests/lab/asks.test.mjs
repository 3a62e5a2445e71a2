// The central configuration and asks: what the inventory says reaches the agent, what it applied is said back, and
// a person at the collector has an agent look at something at once. Secrets are where they belong and nowhere else.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Service, Way, build, freePort, smallProvince, until } from "./way.mjs";

let way, port, closed, service;
const SECRET = "Quite-a-Secret-4711";
// a second server of the site, for whoever plays an old agent
const province = (services) => smallProvince(services).replace("kind: server }", "kind: server }\n  - { id: n00000, site: pl-hq }");

before(async () => {
  [port, closed] = [await freePort(), await freePort()];
  service = await new Service(port).start();
  way = await Way.start({ province: province({ land: `127.0.0.1:${port}` }), mail: false });
  await way.addAgent("pl-srv1");
});
after(async () => {
  await way?.stop();
  await service?.stop();
});

const fails = async (...args) => {
  try {
    await way.sansang(...args);
  } catch (error) {
    return { code: error.code, said: error.stderr };
  }
  throw new Error(`${args.join(" ")} did not fail`);
};

// Everything below a folder that holds the text.
function holders(dir, text) {
  const found = [];
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (readFileSync(path).includes(text)) found.push(path.slice(dir.length + 1));
  }
  return found.sort();
}

test("a probe that is asked for is answered by the agent", async () => {
  const good = await way.sansang("ask", "pl-srv1", "probe", "tcp", `127.0.0.1:${port}`);
  assert.equal(good.node, "pl-srv1");
  assert.equal(good.do, "probe");
  assert.equal(good.answer.up, true);
  assert.equal(good.answer.reason, "ok");
  assert.ok(good.answer.connect_ms >= 0);
  const bad = await way.sansang("ask", "pl-srv1", "probe", "tcp", `127.0.0.1:${closed}`);
  assert.equal(bad.answer.up, false);
  assert.equal(bad.answer.reason, "refused");
  const text = await way.sansangText("ask", "pl-srv1", "probe", "tcp", `127.0.0.1:${port}`);
  assert.match(text, new RegExp(`127\\.0\\.0\\.1:${port}  hoạt động`));
  assert.match(text, /Kết nối +\d/);
});

test("a check of the configuration as it stands there; one that it does not have is named", async () => {
  const good = await way.sansang("ask", "pl-srv1", "check", "land");
  assert.equal(good.answer.up, true);
  const none = await fails("ask", "pl-srv1", "check", "sky");
  assert.equal(none.code, 1);
  assert.match(none.said, /pl-srv1: .*no such check/);
});

test("a trace of loopback is one hop", async () => {
  const { answer } = await way.sansang("ask", "pl-srv1", "trace", "127.0.0.1");
  assert.equal(answer.reached, true);
  assert.equal(answer.hops.length, 1);
  assert.equal(answer.hops[0][0], "127.0.0.1");
  assert.match(await way.sansangText("ask", "pl-srv1", "trace", "127.0.0.1"), /127\.0\.0\.1  tới được/);
});

test("wrong asks say what is wrong", async () => {
  assert.match((await fails("ask", "none", "check", "land")).said, /none is not in the inventory/);
  assert.equal((await fails("ask", "pl-srv1", "dance")).code, 2);
  assert.equal((await fails("ask", "pl-srv1", "probe", "tcp")).code, 2);
  assert.match((await fails("ask", "pl-srv1", "probe", "smell", "x")).said, /smell/);
});

test("who asked what stands in the audit", async () => {
  assert.notEqual(holders(join(way.state, "journal"), '"act":"ask","by":"uid:').length, 0);
});

test("the API asks too, with the rights of a technician", async () => {
  const body = { node: "pl-srv1", do: "probe", type: "tcp", target: `127.0.0.1:${port}` };
  const ask = (headers) => way.http("/api/v1/asks", { method: "POST", body, headers });
  assert.equal((await ask()).status, 401);
  await way.login();
  const good = await ask();
  assert.equal(good.status, 200, good.raw);
  assert.equal(good.json.answer.up, true);
  assert.equal((await ask({ "x-csrf": "wrong" })).status, 403);
  const viewer = await way.sansang("user", "add", "xem", "viewer");
  await way.login("xem", viewer.password);
  assert.equal((await ask()).status, 403);
});

test("a changed inventory reaches the agent, and what it applied is shown", async () => {
  const before = await until("applied", async () => {
    const node = await way.node("pl-srv1");
    return node.config_current && node;
  });
  assert.match(before.config_version, /^[0-9a-f]{16}$/);
  writeFileSync(join(way.dir, "province.yaml"), province({ land: `127.0.0.1:${port}`, second: `127.0.0.1:${port}` }));
  await way.sansang("reload");
  const later = await until("the new one applied", async () => {
    const node = await way.node("pl-srv1");
    return node.config_current && node.config_version !== before.config_version && node;
  });
  assert.equal((await way.sansang("ask", "pl-srv1", "check", "second")).answer.up, true);
  assert.match(await way.sansangText("nodes"), /đang dùng/);
  await way.login();
  const { json } = await way.http("/api/v1/nodes");
  assert.equal(json.nodes.find((n) => n.id === "pl-srv1").config_version, later.config_version);
  assert.equal(json.nodes.find((n) => n.id === "pl-srv1").config_current, true);
});

test("gear's secret goes to the agent that reads it, and is nowhere else; a new secret is a new configuration", async () => {
  const gear = province({ land: `127.0.0.1:${port}` }).replace("kind: server }", `kind: server }\n  - { id: sw, site: pl-hq, kind: gear, address: "127.0.0.1:${closed}", snmp: { community_file: community } }`);
  const secret = join(way.dir, "community");
  writeFileSync(secret, `${SECRET}\n`, { mode: 0o644 });
  chmodSync(secret, 0o644);
  writeFileSync(join(way.dir, "province.yaml"), gear);
  const before = await way.node("pl-srv1");
  const open = await fails("reload");
  assert.equal(open.code, 1);
  assert.match(open.said, /community has mode 0644, expected 0600/);
  assert.equal((await way.node("pl-srv1")).config_version, before.config_version, "the one before stays in force");
  chmodSync(secret, 0o600);
  await way.sansang("reload");
  const first = await until("applied", async () => {
    const node = await way.node("pl-srv1");
    return node.config_current && node.config_version !== before.config_version && node;
  });
  assert.equal((await way.node("sw")).polled_by, "pl-srv1");
  assert.deepEqual(holders(way.dir, SECRET), ["community", "pl-srv1/state/central.json"]);
  writeFileSync(secret, `${SECRET}-new\n`);
  assert.equal((await way.sansang("reload")).changed, true);
  await until("the new secret applied", async () => {
    const node = await way.node("pl-srv1");
    return node.config_current && node.config_version !== first.config_version;
  });
  assert.ok(readFileSync(join(way.dir, "pl-srv1/state/central.json"), "utf8").includes(`${SECRET}-new`));
  assert.equal((await way.sansang("reload")).changed, false);
});

test("the collector starts again with a broken secret, on what was good", async () => {
  await way.collector.stop();
  chmodSync(join(way.dir, "community"), 0o640);
  await way.startCollector();
  assert.match(way.collector.output, /community has mode 0640/);
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 60);
  chmodSync(join(way.dir, "community"), 0o600);
  await way.sansang("reload");
});

test("an agent that is away is not waited for, and one that knows no asks is told so", async () => {
  const agent = way.programs.find((p) => p.name === "agent pl-srv1");
  await agent.stop();
  const away = await fails("ask", "pl-srv1", "check", "land");
  assert.match(away.said, /the agent of pl-srv1 is not connected/);
  // the benches' fleet stands for an older program: it knows no asks
  const args = ["idle", "--socket", way.socket, "--collector", `127.0.0.1:${way.agentPort}`, "--dir", join(way.dir, "fleet"), "--nodes", "1"];
  const old = way.program("swarm", join(build, "swarm"), args);
  await until("connected", async () => (await way.node("n00000")).agent === "connected");
  const answer = await fails("ask", "n00000", "check", "land");
  assert.match(answer.said, /the agent of n00000 is too old to be asked/);
  await until("its configuration is known all the same", async () => (await way.node("n00000")).config_current);
  await old.stop();
});
