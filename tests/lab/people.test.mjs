// What people do with incidents, on a running collector: the lamps of a place, user reports, a drill with a service really cut,
// the fault slip, the carriers' month; by command line and API, in Vietnamese and English.
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { join } from "node:path";
import { Way, Service, smallProvince, freePort, until, build } from "./way.mjs";

const run = promisify(execFile);

// As a person types it: text out, in either language.
async function sansang(way, language, ...args) {
  const env = { ...process.env, LC_ALL: language === "en" ? "en_US.UTF-8" : "vi_VN.UTF-8", TZ: "Asia/Ho_Chi_Minh" };
  try {
    const { stdout } = await run(join(build, "sansang"), ["--socket", way.socket, ...args], { env });
    return stdout;
  } catch (error) {
    return { code: error.code, stderr: error.stderr };
  }
}

test("people: lamps, reports, a drill, a slip, the month", { timeout: 240_000 }, async (t) => {
  const land = await new Service(await freePort()).start();
  const desk = await new Service(await freePort()).start();
  const way = await Way.start({
    step: "1s",
    province: smallProvince({ land: `127.0.0.1:${land.port}`, desk: `127.0.0.1:${desk.port}` }),
  });
  after(() => way.stop());
  await way.addAgent("pl-srv1");
  await way.login();
  const service = async (id) =>
    (await way.http("/api/v1/units/pha-long")).json.sites[0].services.find((s) => s.id === id)?.state;
  await until("both services are seen", async () => (await service("land")) === "up" && (await service("desk")) === "up", 60);

  await t.test("lamps of a former name", async () => {
    const lamps = await until("lamps are lit", async () => {
      const a = await way.sansang("lamps", "ta", "ngai", "cho");
      return a.lamps.every((l) => ["up", "none"].includes(l.state)) && a;
    }, 40);
    assert.equal(lamps.unit_name, "Xã Pha Long");
    assert.equal(lamps.former, "Xã Tả Ngài Chồ");
    assert.deepEqual(lamps.lamps.map((l) => l.id), ["power", "tslcd", "internet", "service"]);
    const vi = await sansang(way, "vi", "lamps", "ta ngai cho");
    console.log(vi);
    assert.match(vi, /Xã Pha Long – Trụ sở xã Pha Long \(trước đây: Xã Tả Ngài Chồ\)/);
    assert.match(vi, /Điện +XANH/);
    const en = await sansang(way, "en", "lamps", "pl-hq");
    assert.match(en, /Power +GREEN/);
    const api = await way.http("/api/v1/lamps?place=T%E1%BA%A3%20Ng%C3%A0i%20Ch%E1%BB%93");
    assert.equal(api.status, 200);
    assert.equal(api.json.site, "pl-hq");
    assert.equal((await way.http("/api/v1/lamps?place=nowhere")).status, 404);
    assert.equal((await sansang(way, "vi", "lamps", "nowhere")).code, 1);
  });

  await t.test("a report when all is well", async () => {
    const vi = await sansang(way, "vi", "complaint", "ta ngai cho", "mất", "mạng", "--name", "chị Hoa");
    console.log(vi);
    assert.match(vi, /không đo thấy lỗi nào .* Hãy kiểm tra Wi-Fi hoặc máy trạm/);
    const missed = await way.sansang("complaints", "--missed");
    assert.equal(missed.complaints.length, 1);
    assert.equal(missed.complaints[0].found, "nothing");
    assert.equal(missed.complaints[0].name, "chị Hoa");
    console.log(await sansang(way, "vi", "complaints"));
    const empty = await way.http("/api/v1/complaints", { method: "POST", body: { place: "pl-hq", words: "" } });
    assert.equal(empty.status, 400);
    const long = await way.http("/api/v1/complaints", { method: "POST", body: { place: "pl-hq", words: "x".repeat(1001) } });
    assert.equal(long.status, 400);
    const old = await way.http("/api/v1/complaints", { method: "POST", body: { place: "pl-hq", words: "x", at: 1 } });
    assert.equal(old.status, 400);
  });

  let drill;
  await t.test("a drill: a service is really cut", async () => {
    const planned = await way.sansang("drill", "plan", "service:land", "--cause", "service-down", "--until", "+5m", "dừng dịch vụ đất đai");
    drill = planned.id;
    assert.equal(planned.drill.state, "running");
    assert.deepEqual(planned.drill.contacts, ["oncall"]);
    assert.equal((await sansang(way, "vi", "drill", "plan", "service:nothing", "--cause", "service-down", "x")).code, 1);
    assert.equal((await sansang(way, "vi", "drill", "plan", "service:land", "--cause", "bad-luck", "x")).code, 1);
    const begun = await way.sansang("drill", "begin", drill);
    assert.equal(begun.drill.state, "running");
    await land.stop();
    const incident = await until("the cut is noticed", async () => (await way.incidents()).find((i) => i.service === "land"), 40);
    assert.equal(incident.excused, `drill:${drill}`);
    await until("the drill's mail", () => way.mails().length > 0, 40);
    // while it is down: lamps and a report
    const lamps = await sansang(way, "vi", "lamps", "pha long");
    console.log(lamps);
    assert.match(lamps, /Dịch vụ +VÀNG +1\/2 dịch vụ lỗi: Dịch vụ land/);
    const report = (await way.http("/api/v1/complaints", { method: "POST", body: { place: "pha long", words: "dịch vụ land không vào được" } })).json;
    console.log(report);
    assert.equal(report.complaint.found, "incident");
    assert.equal(report.complaint.incident, incident.id);
    assert.equal(report.complaint.service, "land");
    await land.start();
    const done = await until("the sheet is filed", async () => {
      const d = await way.sansang("drill", "show", drill);
      return d.sheet && d;
    }, 150);
    console.log(await sansang(way, "vi", "drill", "show", drill));
    console.log(await sansang(way, "en", "drill", "show", drill));
    console.log(await sansang(way, "vi", "drill", "list"));
    assert.equal(done.state, "passed", JSON.stringify(done.sheet));
    assert.ok(done.sheet.detect_ms > 0 && done.sheet.mail_ms >= done.sheet.detect_ms);
    assert.equal((await way.http("/api/v1/drills?target=service:land&state=passed")).json.drills.length, 1);
    assert.equal((await way.http("/api/v1/drills?target=pl-hq")).json.drills.length, 0);
    assert.equal((await sansang(way, "vi", "drill", "begin", drill)).code, 1);
    assert.equal((await way.http(`/api/v1/incidents/${incident.id}/slip`)).status, 404);
  });

  await t.test("the sheet and the reports outlive a restart", async () => {
    await way.collector.stop();
    await way.startCollector();
    assert.equal((await way.sansang("drill", "show", drill)).state, "passed");
    assert.equal((await way.sansang("complaints")).complaints.length, 2);
  });

  await t.test("the month of the carriers", async () => {
    await way.login();
    const month = await way.sansang("outages");
    assert.equal(month.carriers[0].carrier, "VNPT");
    console.log(await sansang(way, "vi", "outages"), await sansang(way, "vi", "outages", "--csv"));
    assert.equal((await sansang(way, "vi", "outages", "--month", "2025-13")).code, 1);
    const csv = await way.http("/api/v1/outages?format=csv&language=en");
    assert.match(csv.headers["content-type"], /text\/csv/);
    assert.match(String(csv.raw), /"Carrier","Unit"/);
  });

  await desk.stop();
  await land.stop();
});
