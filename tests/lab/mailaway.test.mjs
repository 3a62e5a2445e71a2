// The mail server away, stalled or refusing: letters wait on disk, go out later, in order, once, and nothing else waits.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { Way, Service, freePort, rolesOf, smallProvince, sleep, until } from "./way.mjs";

let way;
const services = {};
before(async () => {
  for (const id of ["land", "civil"]) services[id] = await new Service(await freePort()).start();
  const targets = Object.fromEntries(Object.entries(services).map(([id, s]) => [id, `127.0.0.1:${s.port}`]));
  way = await Way.start({ province: smallProvince(targets), step: "2s" });
  await way.addAgent("pl-srv1");
  await until("both services are seen up", async () => (await way.sansang("units")).units[0].state === "up", 60);
});
after(async () => {
  await way?.stop();
  for (const service of Object.values(services)) await service.stop().catch(() => {});
});

async function startMailAgain(...how) {
  way.smtp = way.program("smtpd", "/usr/bin/python3", [resolve("tests/lab/smtpd.py"), String(way.mailPort), way.mailDir, ...how]);
  await until("SMTP server", () => way.smtp.output.includes("ready"));
}

// The newest of the service.
const incidentOf = async (service) =>
  (await way.incidents()).filter((i) => i.service === service).sort((a, b) => Date.parse(b.opened_at) - Date.parse(a.opened_at))[0];
const opened = (service) => until(`${service} is an incident`, async () => (await incidentOf(service))?.state === "open", 60);
const resolved = (service) => until(`${service} is over`, async () => (await incidentOf(service))?.state === "resolved", 90);

// What a mail is: its incident's thread, first or answer, its subject in plain letters.
function read(text) {
  const head = text.split(/\r?\n\r?\n/)[0].replace(/\r?\n[ \t]+/g, " ");
  const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(head)?.[1].trim();
  const subject = field("Subject").replace(/=\?utf-8\?([bq])\?([^?]*)\?=\s*/gi, (_, kind, body) =>
    /b/i.test(kind) ? Buffer.from(body, "base64").toString() : decodeURIComponent(body.replaceAll("_", " ").replace(/%/g, "%25").replace(/=([0-9A-F]{2})/g, "%$1")));
  return { id: field("Message-ID"), answers: field("In-Reply-To"), subject };
}

test("away while an incident opens and resolves, over a restart: both go out later, in order, marked late", async () => {
  await way.smtp.stop();
  await services.land.stop();
  await opened("land");
  await services.land.start();
  await resolved("land");
  await until("two letters wait", async () => (await way.sansang("status")).tell.queued === 2, 20);
  assert.equal(way.mails().length, 0);
  await way.collector.stop();
  // ten minutes pass for the letters
  execFileSync("sqlite3", [join(way.state, "outbox.db"), "UPDATE outbox SET created_at = created_at - 600000"]);
  await way.startCollector();
  await sleep(2000);
  assert.equal((await way.sansang("status")).tell.queued, 2, "a restart forgets none");
  await startMailAgain();
  await until("both mails", () => way.mails().length === 2, 60);
  const [first, second] = way.mails().map(read);
  assert.equal(first.answers, undefined);
  assert.equal(second.answers, first.id);
  for (const mail of [first, second]) assert.match(mail.subject, /muộn|trễ|late/i);
  await until("counted", async () => (await way.sansang("status")).tell.late === 2, 10);
  await sleep(3000);
  assert.equal(way.mails().length, 2, "once each");
});

test("a refused mail is given up and said, what comes after it goes out", async () => {
  const before = way.mails().length;
  await way.smtp.stop();
  await startMailAgain("--refuse", "550", "--refuse-once");
  await services.land.stop();
  await until("given up", async () => (await way.sansang("status")).tell.failed === 1, 60);
  await services.civil.stop();
  await until("the next one", () => way.mails().length === before + 1, 60);
  assert.match(way.collector.output, /550/);
});

test("a mail server that stalls holds nobody up; tell killed meanwhile sends the mail once", async () => {
  const before = way.mails().length;
  await way.smtp.stop();
  await startMailAgain("--stall", "600");
  for (const service of Object.values(services)) await service.start();
  await resolved("civil");
  const { queued } = await until("letters wait", async () => (({ tell }) => tell.queued && tell)(await way.sansang("status")), 20);
  const batches = (await way.sansang("status")).ingest.batches;
  await until("rows go on", async () => (await way.sansang("status")).ingest.batches > batches, 30);
  assert.equal(way.mails().length, before);
  for (const pid of rolesOf(way.collector.pid).tell) process.kill(pid, "SIGKILL");
  await way.smtp.stop("SIGKILL");
  await startMailAgain();
  await until("all that waited", () => way.mails().length >= before + queued, 60);
  await resolved("land");
  await sleep(2000);
  const mails = way.mails().map(read), { id } = mails[before - 1]; // civil's opening
  assert.equal(mails.filter((mail) => mail.answers === id).length, 1);
  assert.equal(new Set(mails.map((mail) => mail.id)).size, mails.length, "each once");
});
