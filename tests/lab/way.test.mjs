// The whole way once: a commune's server, the collector, the files, the dashboard, the mailbox.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Way, Service, freePort, smallProvince, until, sleep } from "./way.mjs";

let way, land, agent;

before(async () => {
  land = await new Service(await freePort()).start();
  way = await Way.start({ province: smallProvince({ land: `127.0.0.1:${land.port}` }) });
  agent = await way.addAgent("pl-srv1");
});
after(async () => {
  await way?.stop();
  await land?.stop();
});

test("the token was used up and taken away, the key is the agent's own", () => {
  assert.equal(existsSync(join(way.dir, "pl-srv1", "token")), false);
  assert.equal(statSync(join(way.dir, "pl-srv1", "state", "agent.key")).mode & 0o777, 0o600);
});

test("host, uplink and service arrive in RRD files that rrdtool reads", async () => {
  for (const [file, name, least] of [["host", "uptime_s", 1], ["uplink", "loss_pct", 0], ["svc-land", "up", 1]])
    await until(`${file} has rows`, async () => {
      // asking for a range writes what is held back
      await way.login();
      const now = Math.floor(Date.now() / 1000);
      const answer = await way.http(`/api/v1/series?file=pl-hq/pl-srv1/${file}&from=${now - 120}&to=${now}&rows=60`);
      assert.equal(answer.status, 200, String(answer.raw));
      const rows = (await way.fetch(way.rrd("pl-hq", "pl-srv1", file), now - 120, now)).filter((r) => r.values[name] >= least);
      return rows.length >= 2;
    }, 90);
});

test("status, nodes, units and find say what the contract says", async () => {
  const status = await way.sansang("status");
  assert.ok(status.agents.known >= 1 && status.agents.connected === 1);
  for (const key of ["batches", "values", "duplicates"]) assert.equal(typeof status.ingest[key], "number", key);
  assert.equal(typeof status.journal.pending, "number");
  assert.ok(status.series.files >= 3 && status.series.values > 0);
  const units = (await way.sansang("units")).units;
  assert.deepEqual(units.map((u) => u.id), ["pha-long"]);
  await until("the unit is up", async () => (await way.sansang("units")).units[0].state === "up");
  const hits = (await way.sansang("find", "ta ngai cho")).hits;
  assert.equal(hits[0].unit.id, "pha-long");
});

test("a stopped port is mailed within 30 s with a picture, its return in the same thread", async () => {
  assert.equal(way.mails().length, 0);
  const stopped = Date.now();
  await land.stop();
  const first = await until("opening mail", () => way.mails()[0], 60);
  console.log(`# mailed after ${((Date.now() - stopped) / 1000).toFixed(1)} s`);
  assert.match(first, /^Subject: =\?utf-8\?/im);
  assert.match(first, /image\/png/i);
  assert.match(first, /text\/plain/i);
  assert.ok(Buffer.byteLength(first) < 120 * 1024, "the mail is small");
  const id = /^Message-ID:\s*(<[^>]+>)/im.exec(first)[1];
  const incident = (await way.incidents(false))[0];
  assert.equal(incident.cause, "service-down");
  assert.equal(incident.state, "open");
  for (const key of ["id", "site", "node", "service", "cause", "final_cause", "confidence", "severity", "state", "merged_into", "opened_at", "detected_at", "resolved_at", "evidence", "affects", "mails"])
    assert.ok(key in incident, key);
  await land.start();
  const second = await until("recovery mail", () => way.mails()[1], 90);
  assert.match(second, new RegExp(`^(In-Reply-To|References):\\s*${id.replace(/[.+$]/g, "\\$&")}`, "im"));
  assert.equal((await way.incidents())[0].state, "resolved");
  await sleep(3000);
  assert.equal(way.mails().length, 2, "one mail to open, one to close");
});

test("an agent that was cut off fills its gap", async () => {
  // the collector goes away, the agent goes on measuring, the collector returns
  const from = Math.floor(Date.now() / 10000) * 10;
  await way.collector.stop();
  await sleep(45000);
  await way.startCollector();
  await until("reconnected", async () => (await way.node("pl-srv1")).agent === "connected", 60);
  await until("no gap", async () => {
    const now = Math.floor(Date.now() / 1000);
    await way.login();
    await way.http(`/api/v1/series?file=pl-hq/pl-srv1/host&from=${from}&to=${now}&rows=60`);
    const rows = (await way.fetch(way.rrd("pl-hq", "pl-srv1", "host"), from - 10, from + 60)).filter((r) => r.at > from - 30 && r.at <= from + 40);
    return rows.length >= 5 && rows.every((r) => r.values.uptime_s > 0);
  }, 60);
});

test("a broken inventory keeps the running one and names the place", async () => {
  const path = join(way.dir, "province.yaml");
  const good = readFileSync(path, "utf8");
  writeFileSync(path, good.replace("site: pl-hq", "site: nowhere"));
  await assert.rejects(way.sansangText("reload"), (error) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, /province\.yaml:\d+:\d+: .*nowhere/);
    return true;
  });
  assert.equal((await way.sansang("units")).units.length, 1);
  writeFileSync(path, good.replace("Dịch vụ land", "Đất đai mới"));
  await way.sansangText("reload");
  writeFileSync(path, good);
});

test("an incident is acknowledged from the command line, and by whom is kept", async () => {
  await land.stop();
  const incident = await until("incident", async () => (await way.incidents(false))[0], 60);
  await way.sansangText("ack", incident.id, "đang xử lý");
  await until("acknowledged", async () => (await way.incidents(false))[0]?.state === "acknowledged");
  await land.start();
});
