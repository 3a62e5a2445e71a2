// The witness: an agent with mail settings of its own tells once when the collector falls silent, over restarts and an absent mail server, and once when it is back.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Way, freePort, rolesOf, smallProvince, sleep, until } from "./way.mjs";

let way, port, dir, smtp, agent;
async function startMail() {
  smtp = way.program("witness-smtpd", "/usr/bin/python3", [resolve("tests/lab/smtpd.py"), String(port), dir]);
  await until("SMTP server", () => smtp.output.includes("ready"));
}
const mails = () => readdirSync(dir).filter((n) => n.endsWith(".eml")).sort().map((n) => readFileSync(join(dir, n), "utf8"));
const field = (mail, name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(mail.split(/\r?\n\r?\n/)[0].replace(/\r?\n[ \t]+/g, " "))?.[1].trim();
const words = (text) => (text ?? "").replace(/=\?utf-8\?b\?([^?]*)\?=\s*/gi, (_, b) => Buffer.from(b, "base64").toString());
const body = (mail) => Buffer.from(/text\/plain[\s\S]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(mail)[1], "base64").toString();

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "sansang-witness-"));
  port = await freePort();
  way = await Way.start({ province: smallProvince({}) });
  await startMail();
  agent = await way.addAgent("pl-srv1", [
    "witness:", "  to: [ chief@laocai.example, duty@laocai.example ]", "  after: 30s", "  language: vi",
    `  mail: { server: "smtp://127.0.0.1:${port}", tls: "off", from: "witness@laocai.example" }`].join("\n"));
});
after(async () => {
  await way?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("the witness is a process of its own, confined, without the agent's key", async () => {
  const [pid] = rolesOf(agent.pid).witness;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^Seccomp:\t2$/m);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.doesNotMatch(readFileSync(`/proc/${rolesOf(agent.pid).agent[0]}/maps`, "utf8"), /libcurl/, "no other process carries the mail library");
});

test("the collector's power is pulled while the mail server is away: told once to each, over a kill of the witness", async () => {
  await sleep(1000);
  await smtp.stop();
  const began = Date.now();
  for (const [role, pids] of Object.entries(rolesOf(way.collector.pid))) if (role) pids.forEach((pid) => process.kill(pid, "SIGKILL"));
  await way.collector.stop("SIGKILL");
  await until("it was tried", () => /mail to .*again in/.test(agent.output), 100);
  await startMail();
  await until("the first mail", () => mails().length >= 1, 100);
  process.kill(rolesOf(agent.pid).witness[0], "SIGKILL");
  await until("both mails", () => mails().length >= 2, 100);
  assert.ok(Date.now() - began < 180000, "within 3 minutes");
  await sleep(8000);
  const told = mails();
  assert.equal(new Set(told.map((m) => field(m, "Message-ID"))).size, 2, "a kill between the server's word and ours may send a copy, with the same id");
  assert.deepEqual([...new Set(told.map((m) => field(m, "To")))].sort(), ["<chief@laocai.example>", "<duty@laocai.example>"].sort());
  assert.match(words(field(told[0], "Subject")), /\[MÁY CHỦ GIÁM SÁT IM LẶNG\] từ \d\d:\d\d \d\d\/\d\d\/\d{4}/);
  assert.match(body(told[0]), /Trạm đo báo tin: pl-srv1/);
  assert.match(body(told[0]), /systemctl status sansang-collector/);
});

test("it is back: told once to each, in the same thread; then nothing more", async () => {
  const silent = mails();
  await way.startCollector();
  await until("both hear of it", () => mails().length >= silent.length + 2, 120);
  await sleep(5000);
  const back = mails().slice(silent.length);
  assert.equal(back.length, 2);
  for (const mail of back) {
    assert.match(words(field(mail, "Subject")), /\[ĐÃ KHÔI PHỤC\]/);
    assert.ok(silent.some((m) => field(m, "Message-ID") === field(mail, "In-Reply-To")));
  }
  const memory = JSON.parse(readFileSync(join(way.dir, "pl-srv1", "state", "witness", "told.json"), "utf8"));
  assert.equal(memory.lost_at, 0);
  assert.ok(existsSync(join(way.dir, "pl-srv1", "state", "agent.key")));
});
