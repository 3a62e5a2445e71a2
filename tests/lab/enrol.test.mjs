// Who gets in: tokens once, certificates for one node, revocation at once, and nobody without a right.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { existsSync, writeFileSync, readFileSync, rmSync } from "node:fs";
import { connect as tlsConnect } from "node:tls";
import { connect } from "node:net";
import { join } from "node:path";
import { Way, smallProvince, until, sleep } from "./way.mjs";

let way;
before(async () => {
  way = await Way.start({ province: smallProvince({}, ""), mail: false });
});
after(() => way?.stop());

test("a wrong token is refused, and the agent says so", async () => {
  await way.agentConfig("pl-srv1");
  const word = readFileSync(join(way.dir, "pl-srv1", "token"), "utf8").trim();
  assert.match(word, /^[a-z2-7]+$/);
  writeFileSync(join(way.dir, "pl-srv1", "token"), word.slice(0, 9) + (word[9] === "a" ? "b" : "a") + word.slice(10));
  const agent = way.startAgent("pl-srv1");
  await until("the agent names the token", () => /token/.test(agent.output), 30);
  assert.notEqual((await way.node("pl-srv1")).agent, "connected");
  await agent.stop();
});

test("an agent enrols once; the same token again is refused", async () => {
  await way.agentConfig("pl-srv1");
  const word = readFileSync(join(way.dir, "pl-srv1", "token"), "utf8");
  const agent = way.startAgent("pl-srv1");
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 40);
  await agent.stop();
  // a second box with the same word
  const config = join(way.dir, "pl-srv1", "agent.yaml");
  const dir2 = join(way.dir, "copy");
  writeFileSync(join(way.dir, "copy.yaml"), readFileSync(config, "utf8").replaceAll(join(way.dir, "pl-srv1", "state"), dir2).replace("token_file: token", "token_file: copy.token"));
  writeFileSync(join(way.dir, "copy.token"), word, { mode: 0o600 });
  const copy = way.program("copy", join(process.env.B ?? "build", "sansang-agent"), ["--config", join(way.dir, "copy.yaml")]);
  await until("refused", () => /used/i.test(copy.output), 30).catch((error) => {
    throw new Error(copy.output, { cause: error });
  });
  await copy.stop();
});

test("an enrolment whose answer was lost goes on with the same word and the same key", async () => {
  const box = join(way.dir, "pl-srv1");
  await way.agentConfig("pl-srv1");
  const word = readFileSync(join(box, "token"), "utf8");
  const agent = way.startAgent("pl-srv1");
  await until("enrolled", () => !existsSync(join(box, "token")), 40);
  await agent.stop();
  // as if the certificate had never come
  rmSync(join(box, "state", "agent.crt"));
  writeFileSync(join(box, "token"), word, { mode: 0o600 });
  const again = way.startAgent("pl-srv1");
  await until("enrolled again", () => !existsSync(join(box, "token")), 40);
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 40);
  await again.stop();
});

test("a revoked agent is cut off within a second or two", async () => {
  const agent = way.startAgent("pl-srv1");
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 40);
  await way.sansangText("revoke", "pl-srv1");
  await until("cut off", async () => (await way.node("pl-srv1")).agent !== "connected", 4);
  await sleep(6000);
  assert.notEqual((await way.node("pl-srv1")).agent, "connected");
  await agent.stop();
});

test("rubbish closes its own connection only, and is counted", async () => {
  const count = async () => (await way.sansang("status")).intake?.bad_frames ?? 0;
  const before = await count();
  await new Promise((done) => {
    const socket = tlsConnect({ host: "127.0.0.1", port: way.agentPort, rejectUnauthorized: false, minVersion: "TLSv1.3" }, () => socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3])));
    socket.on("close", done);
    socket.on("error", () => {});
    socket.on("data", () => {}); // it says why; what is not read would keep the end from us
  });
  await until("counted", async () => (await count()) > before, 10);
  // not even TLS
  await new Promise((done) => {
    const socket = connect(way.agentPort, "127.0.0.1", () => socket.write("GET / HTTP/1.0\r\n\r\n"));
    socket.on("close", done);
    socket.on("error", () => {});
    socket.on("data", () => {});
  });
  assert.ok(await way.sansang("status"));
});

test("the API answers 401 to strangers on every route", async () => {
  for (const path of ["province", "units", "units/pha-long", "incidents", "incidents/x", "find?q=a", "status", "nodes", "series?file=a/b/c", "graph?target=site:pl-hq", "live", "map", "session"])
    assert.equal((await way.http(`/api/v1/${path}`)).status, 401, path);
  assert.equal((await way.http("/api/v1/login", { method: "POST", body: { name: "admin", password: "wrong" } })).status, 401);
});

test("a session works, and changes need the CSRF word", async () => {
  await way.login();
  assert.equal((await way.http("/api/v1/session")).json.role, "admin");
  const csrf = way.csrf;
  way.csrf = "forged";
  assert.equal((await way.http("/api/v1/logout", { method: "POST", body: {} })).status, 403);
  way.csrf = csrf;
  assert.equal((await way.http("/api/v1/logout", { method: "POST", body: {} })).status, 200);
  assert.equal((await way.http("/api/v1/session")).status, 401);
});
