// What people do with incidents, on a running collector: the lamps of a place, user reports, a drill with a service really cut,
// the fault slip, the carriers' month; by command line and API, in Vietnamese and English.
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Way, Service, smallProvince, freePort, until, build } from "./way.mjs";
import { noNetworks } from "./network.mjs";

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

// The line that is cut is an address on a loopback of our own: as root the test runs itself in a network namespace.
const inside = process.env.SANSANG_LAB_INSIDE === "1";
const far = "203.0.113.7";
const ip = (...args) => execFileSync("ip", args, { stdio: "pipe" });
const internet = `      { id: pl-net, kind: internet, carrier: Viettel, circuit: "=LCI-77", hotline: "18008098", terminal: ${far}, gateway: 127.0.0.1 }`;

if (!noNetworks && !inside)
  test("people, in a network of their own", { timeout: 300_000 }, () => {
    const self = fileURLToPath(import.meta.url);
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const ran = spawnSync("unshare", ["-n", "sh", "-ec", 'ip link set lo up; exec "$0" --test "$1"', process.execPath, self], {
      env: { ...env, SANSANG_LAB_INSIDE: "1" }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"],
    });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  });
else test("people: lamps, reports, a drill, a slip, the month", { timeout: 240_000 }, async (t) => {
  if (inside) ip("addr", "add", `${far}/32`, "dev", "lo");
  const land = await new Service(await freePort()).start();
  const desk = await new Service(await freePort()).start();
  const province = smallProvince({ land: `127.0.0.1:${land.port}`, desk: `127.0.0.1:${desk.port}` });
  const way = await Way.start({
    step: "1s",
    province: inside ? province.replace("gateway: 127.0.0.1 } ]", `gateway: 127.0.0.1 },\n${internet} ]`) : province,
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
    assert.match(vi, /không đo thấy lỗi nào .* Hãy kiểm tra Wi-Fi hoặc máy trạm/);
    const missed = await way.sansang("complaints", "--missed");
    assert.equal(missed.complaints.length, 1);
    assert.equal(missed.complaints[0].found, "nothing");
    assert.equal(missed.complaints[0].name, "chị Hoa");
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
    assert.match(lamps, /Dịch vụ +VÀNG +1\/2 dịch vụ lỗi: Dịch vụ land/);
    const report = (await way.http("/api/v1/complaints", { method: "POST", body: { place: "pha long", words: "dịch vụ land không vào được" } })).json;
    assert.equal(report.complaint.found, "incident");
    assert.equal(report.complaint.incident, incident.id);
    assert.equal(report.complaint.service, "land");
    await land.start();
    const done = await until("the sheet is filed", async () => {
      const d = await way.sansang("drill", "show", drill);
      return d.sheet && d;
    }, 150);
    assert.equal(done.state, "passed", JSON.stringify(done.sheet));
    assert.ok(done.sheet.detect_ms > 0 && done.sheet.mail_ms >= done.sheet.detect_ms);
    assert.equal((await way.http("/api/v1/drills?target=service:land&state=passed")).json.drills.length, 1);
    assert.equal((await way.http("/api/v1/drills?target=pl-hq")).json.drills.length, 0);
    assert.equal((await sansang(way, "vi", "drill", "begin", drill)).code, 1);
    assert.equal((await way.http(`/api/v1/incidents/${incident.id}/slip`)).status, 404);
  });

  await t.test("a line is cut: lamps, slip, ticket", { skip: inside ? false : noNetworks || "not in a network of its own" }, async () => {
    ip("addr", "del", `${far}/32`, "dev", "lo");
    const incident = await until("the cut line is noticed", async () => (await way.incidents()).find((i) => i.uplink === "pl-net"), 60);
    const lamps = await sansang(way, "vi", "lamps", "tả ngài chồ");
    assert.match(lamps, /TSLCD +XANH/);
    assert.match(lamps, /Internet +ĐỎ/);
    assert.match(lamps, /gọi: Viettel 18008098, mã kênh =LCI-77/);
    assert.match(lamps, new RegExp(`phiếu báo hỏng: sansang slip ${incident.id}`));
    const report = await sansang(way, "vi", "complaint", "ta ngai cho", "không vào được internet");
    assert.match(report, new RegExp(`Đã có sự cố giải thích phản ánh này: .*${incident.id}`));
    await way.sansang("ticket", incident.id, "VTL-2291");
    const slip = await until("the slip knows the ticket", async () => {
      const text = await sansang(way, "vi", "slip", incident.id);
      return /Số phiếu nhà mạng: VTL-2291/.test(text) && text;
    });
    for (const words of ["Gửi: Viettel, đường dây nóng 18008098", "Mã kênh: =LCI-77", "Xã Pha Long, Trụ sở xã Pha Long", "Điện tại địa điểm tốt:", "Gọi lại: Trực kỹ thuật", "Phản ánh của người dùng: 1"])
      assert.ok(slip.includes(words), words);
    assert.ok(slip.split("\n").length <= 32);
    const en = (await way.http(`/api/v1/incidents/${incident.id}/slip?language=en`)).json;
    assert.match(en.text, /To: Viettel, hotline 18008098/);
    assert.match(en.text, /Power at the site fine:/);
    ip("addr", "add", `${far}/32`, "dev", "lo");
    await until("the line is back", async () => (await way.incidents()).find((i) => i.id === incident.id)?.state === "resolved", 90);
  });

  await t.test("the sheet and the reports outlive a restart", async () => {
    await way.collector.stop();
    await way.startCollector();
    assert.equal((await way.sansang("drill", "show", drill)).state, "passed");
    assert.equal((await way.sansang("complaints")).complaints.length, inside ? 3 : 2);
  });

  await t.test("the month of the carriers", async () => {
    await way.login();
    const month = await way.sansang("outages");
    assert.equal(month.carriers[0].carrier, "VNPT");
    assert.ok(month.carriers[0].availability > 0.99, JSON.stringify(month.carriers[0]));
    assert.equal((await sansang(way, "vi", "outages", "--month", "2025-13")).code, 1);
    if (inside) {
      const viettel = (await way.sansang("outages", "--carrier", "Viettel")).carriers;
      assert.equal(viettel.length, 1);
      assert.equal(viettel[0].outages, 1);
      assert.equal(viettel[0].circuits[0].list[0].ticket, "VTL-2291");
      assert.ok(viettel[0].availability < 1);
      const text = await sansang(way, "vi", "outages", "--carrier", "Viettel");
      assert.match(text, /Gián đoạn do nhà mạng/);
      const sheet = await sansang(way, "vi", "outages", "--csv");
      assert.ok(sheet.includes(`"'=LCI-77"`) && sheet.includes("VTL-2291"));
    }
    const csv = await way.http("/api/v1/outages?format=csv&language=en");
    assert.match(csv.headers["content-type"], /text\/csv/);
    assert.match(String(csv.raw), /"Carrier","Unit"/);
  });

  await desk.stop();
  await land.stop();
});
