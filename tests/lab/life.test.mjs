// The life of an incident in a running collector: excused by maintenance, told when that ends, worked on, closed, reopened, over a restart.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Way, Service, build, freePort, smallProvince, until, sleep } from "./way.mjs";

const run = promisify(execFile);
let way, land, id;

// What the command says when it refuses.
async function refused(...args) {
  try {
    await run(join(build, "sansang"), ["--socket", way.socket, ...args], { env: { ...process.env, LANG: "en_US.UTF-8" } });
  } catch (error) {
    assert.equal(error.code, 1, error.stderr);
    return error.stderr;
  }
  throw new Error(`${args.join(" ")} was not refused`);
}
// Other things may be wrong with the machine that the test runs on.
const open = async () => (await way.incidents(false)).filter((i) => i.service === "land").map((i) => i.id);
const incident = () => way.sansang("incident", id);

before(async () => {
  land = await new Service(await freePort()).start();
  way = await Way.start({ province: smallProvince({ land: `127.0.0.1:${land.port}` }) });
  await way.addAgent("pl-srv1");
  await until("the service is up", async () => (await way.sansang("units")).units[0].state === "up", 60);
});
after(async () => {
  await way?.stop();
  await land?.stop();
});

test("maintenance: what fails within it is recorded, excused, and nobody is mailed", async () => {
  assert.match(await refused("maintenance", "add", "site:nothing", "--until", "+1h", "--reason", "x"), /targets: no site has the id/);
  const made = await way.sansang("maintenance", "add", "pl-hq", "--until", "+1h", "--reason", "Thay router", "--id", "swap");
  assert.deepEqual(made.maintenance.targets, ["site:pl-hq"]);
  await until("it is in force", async () => (await way.sansang("maintenance")).maintenance[0]?.state === "running");
  await land.stop();
  const row = await until("an incident", async () => (await way.incidents(false)).find((i) => i.service === "land"), 60);
  id = row.id;
  assert.equal(row.excused, "maintenance:swap");
  await sleep(8000);
  assert.equal(way.mails().length, 0);
  assert.match(await way.sansangText("incident", id), /maintenance:swap/);
});

test("the collector starts again in the middle, and the maintenance ends early: then it is told, once", async () => {
  await way.collector.stop();
  await way.startCollector();
  assert.equal((await incident()).excused, "maintenance:swap");
  await way.sansang("maintenance", "end", "swap");
  assert.match(await refused("maintenance", "end", "nothing"), /there is no maintenance/);
  await until("a mail", () => way.mails().length === 1, 30);
  const now = await incident();
  assert.equal(now.excused, null);
  assert.ok(now.detected_at > now.opened_at);
  assert.equal(now.mails, 1);
});

test("people work on it by command line and web; closing what is down is refused", async () => {
  assert.match(await refused("close", id, "no reason"), /still down: service:land@pl-srv1/);
  assert.match(await refused("ack", "nothing"), /there is no incident/);
  await way.sansang("ticket", id, "VNPT-17");
  await way.login();
  const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
  for (const [act, body, status] of [["comment", { text: "đã gọi xã" }, 200], ["comment", {}, 400], ["ack", { text: "xem" }, 200], ["close", { text: "x" }, 409], ["merge", { into: id }, 409]])
    assert.equal((await way.http(`${path}/${act}`, { method: "POST", body })).status, status, act);
  const whole = await until("all of it is there", async () => {
    const { json } = await way.http(path);
    return json.acts.length === 3 && json;
  });
  assert.equal(whole.state, "acknowledged");
  assert.equal(whole.acked_how, "web");
  assert.equal(whole.comments[0].text, "đã gọi xã");
  assert.equal(whole.tickets[0].ticket, "VNPT-17");
  assert.deepEqual(whole.still_down, ["service:land@pl-srv1"]);
  assert.ok(whole.known.length > 0 && whole.causes[whole.cause].vi);
});

test("it recovers with its minutes lost, and comes back as the same incident", async () => {
  await sleep(65000); // a minute that is wholly down
  await land.start();
  await until("it is over", async () => (await incident()).state === "resolved", 60);
  assert.ok((await incident()).minutes_lost.land >= 1);
  await land.stop();
  await until("it is back", async () => (await incident()).reopened === 1, 60);
  assert.deepEqual(await open(), [id]);
});

test("forced by an administrator it is closed, and stays so", async () => {
  await way.sansang("close", id, "chờ thiết bị mới", "--force");
  await until("it is closed", async () => (await incident()).state === "resolved");
  assert.equal((await incident()).close_reason, "chờ thiết bị mới");
  await land.start();
  await sleep(15000);
  assert.deepEqual(await open(), []);
});

test("planned power cuts out of a spreadsheet: a dry run, problems by row, the import", async () => {
  const day = (ahead) => new Date(Date.now() + 7 * 3600e3 + ahead * 86400e3).toISOString().slice(0, 10);
  const file = join(way.dir, "cuts.csv");
  writeFileSync(file, `\ufeffĐơn vị;Từ lúc;Đến lúc;Lý do;Duyệt\r\nXã Pha Long;${day(1)} 08:00;${day(1)} 10:00;Bảo dưỡng;có\r\nXã Không Có;${day(1)} 08:00;${day(1)} 10:00;;\r\n`);
  assert.match(await refused("planned-cuts", "import", file, "--dry-run"), /row 3, unit: no unit and no site/);
  assert.match(await refused("planned-cuts", "import", file), /row 3, unit/);
  assert.deepEqual((await way.sansang("planned-cuts")).planned_cuts, []);
  writeFileSync(file, `unit,from,until,words,approved\nta ngai cho,${day(1)} 08:00,${day(1)} 10:00,Bảo dưỡng,yes\n`);
  await way.sansang("planned-cuts", "import", file);
  const [cut] = await until("it is kept", async () => {
    const list = (await way.sansang("planned-cuts")).planned_cuts;
    return list.length && list;
  });
  assert.deepEqual(cut.targets, ["unit:pha-long"]);
  assert.equal(cut.approved, true);
  assert.equal(cut.state, "planned");
});
