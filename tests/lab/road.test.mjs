// Roads to the collector: through a proxy, past a dead address, by name and by IPv6.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { Way, freePort, smallProvince, until } from "./way.mjs";

const NODES = ["pl-srv1", "pl-srv2", "pl-srv3", "pl-srv4"];
const provinceOf = () =>
  smallProvince({}).replace(/nodes:\n.*\n/, "nodes:\n" + NODES.map((id) => `  - { id: ${id}, site: pl-hq, kind: server }\n`).join(""));

let way, proxyPort;
before(async () => {
  way = await Way.start({ province: provinceOf(), mail: false });
});
after(() => way?.stop());

// Agent `node` with its `collector:` (and more) as written here; waits until it is connected and has said something.
async function connects(node, collector, extra = "") {
  const path = await way.agentConfig(node, extra);
  writeFileSync(path, readFileSync(path, "utf8").replace(/^collector: .*$/m, `collector: ${collector}`));
  const batches = (await way.sansang("status")).ingest.batches;
  const agent = way.startAgent(node);
  await until(`${node} connected`, async () => {
    if (agent.result) throw new Error(agent.output);
    return (await way.node(node)).agent === "connected";
  }, 40).catch((error) => {
    throw new Error(agent.output, { cause: error });
  });
  await until(`${node} is heard`, async () => (await way.sansang("status")).ingest.batches > batches, 30);
  return agent;
}

async function startProxy(port, allowed) {
  const config = join(way.dir, "tinyproxy.conf");
  writeFileSync(config, `Port ${port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nLogLevel Connect\nConnectPort ${allowed}\n`);
  const proxy = way.program("tinyproxy", "/usr/bin/tinyproxy", ["-d", "-c", config]);
  await until("the proxy listens", () => answers(port));
  return proxy;
}

function answers(port, host = "127.0.0.1") {
  return new Promise((done) => {
    const socket = connect(port, host);
    socket.on("connect", () => (socket.destroy(), done(true)));
    socket.on("error", () => done(false));
  });
}

test("by way of an HTTP proxy: enrols, is heard, returns when the proxy was away", async () => {
  proxyPort = await freePort();
  let proxy = await startProxy(proxyPort, way.agentPort);
  const agent = await connects("pl-srv1", `"127.0.0.1:${way.agentPort}"`, `proxy: "http://127.0.0.1:${proxyPort}"`);
  assert.match(proxy.output, new RegExp(`CONNECT 127\\.0\\.0\\.1:${way.agentPort}`));
  await proxy.stop();
  await until("cut off", async () => (await way.node("pl-srv1")).agent !== "connected", 30);
  proxy = await startProxy(proxyPort, way.agentPort);
  await until("back", async () => (await way.node("pl-srv1")).agent === "connected", 60);
  await agent.stop();
  await proxy.stop();
});

test("a proxy that refuses is named in the agent's log, and not passed by", async () => {
  await until("gone", async () => (await way.node("pl-srv1")).agent !== "connected", 30);
  const proxy = await startProxy(proxyPort, 1);
  const agent = way.startAgent("pl-srv1");
  await until("the agent says what the proxy answered", () => /proxy.*403|403.*proxy/i.test(agent.output), 30).catch((error) => {
    throw new Error(agent.output, { cause: error });
  });
  assert.notEqual((await way.node("pl-srv1")).agent, "connected");
  await agent.stop();
  await proxy.stop();
});

test("the first address is dead, another one is silent: the third is found", async () => {
  // takes connections and never says a word
  const silent = createServer((socket) => socket.on("error", () => {}));
  await new Promise((done) => silent.listen(0, "127.0.0.1", done));
  try {
    const agent = await connects("pl-srv2", `[ "127.0.0.1:${await freePort()}", "127.0.0.1:${silent.address().port}", "127.0.0.1:${way.agentPort}" ]`);
    await agent.stop();
  } finally {
    silent.closeAllConnections?.();
    silent.unref();
  }
});

test("by name; a name that nobody knows is said and does not stop the next", async () => {
  const agent = await connects("pl-srv3", `[ "no-such-host.invalid:${way.agentPort}", "localhost:${way.agentPort}" ]`);
  assert.match(agent.output, /no-such-host\.invalid/);
  await agent.stop();
});

test("by IPv6", async (t) => {
  if (!(await new Promise((done) => {
    const probe = createServer().on("error", () => done(false)).listen(0, "::1", () => probe.close(() => done(true)));
  }))) return t.skip("no IPv6 here");
  await way.collector.stop();
  const path = join(way.dir, "collector.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace(/^agents: .*$/m, `agents: { listen: "[::1]:${way.agentPort}" }`));
  await way.startCollector();
  const agent = await connects("pl-srv4", `"[::1]:${way.agentPort}"`);
  await agent.stop();
});
