// Who is told, when, and how often: a real collector, agents, mail server and HTTPS receivers, with short times.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Hook } from "./hook.mjs";
import { Service, Way, freePort, sleep, until } from "./way.mjs";

const secret = "a secret of more than 16 bytes";
const letters = ["a", "b", "c", "d", "e"];

// One site, server and service a letter; service `x` is checked at site-x only.
function province(ports, goLive, alerts) {
  const rows = (line) => letters.map(line).join("\n");
  return `province: { id: lao-cai, name: "Lào Cai", trial_from: 2025-06-01, go_live: ${goLive} }
contacts:
${["an", "binh", "chi", "chief"].map((id) => `  - { id: ${id}, name: "${id}", mail: ${id}@laocai.example, language: vi }`).join("\n")}
units:
${rows((x) => `  - { id: unit-${x}, name: "Xã ${x.toUpperCase()}", kind: commune }`)}
sites:
${rows((x) => `  - { id: site-${x}, name: "Trụ sở ${x}", units: [ { unit: unit-${x} } ], uplink: { id: line-${x}, carrier: VNPT, terminal: 127.0.0.1, gateway: 127.0.0.1 } }`)}
nodes:
${rows((x) => `  - { id: srv-${x}, site: site-${x}, kind: server }`)}
services:
${rows((x) => `  - { id: svc-${x}, name: "Dịch vụ ${x}", sector: sector-${x}, responsible: province, every: 2s, check: { tcp: "127.0.0.1:${ports[x]}" }, checked_by: [site-${x}] }`)}
alerts:
${alerts}`;
}

async function start(goLive, alerts, dir, only = letters) {
  const services = {};
  const ports = {};
  for (const x of letters) {
    ports[x] = await freePort();
    services[x] = await new Service(ports[x]).start();
  }
  const way = await Way.start({ dir, step: "2s", province: province(ports, goLive, alerts) });
  for (const x of only) await way.addAgent(`srv-${x}`);
  await until("all services are seen", async () => {
    const nodes = (await way.sansang("nodes")).nodes;
    return only.every((x) => nodes.find((n) => n.id === `srv-${x}`)?.agent === "connected");
  });
  await sleep(6000); // some rows of each: what was up is known to have been up
  return { way, services };
}

function header(mail, name) {
  const lines = mail.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return lines.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}: `))?.slice(name.length + 2);
}
const textOf = (mail) => Buffer.from(/Content-Type: text\/plain[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mail)[1], "base64").toString();
const to = (way, who) => way.mails().filter((mail) => header(mail, "X-RcptTo") === `${who}@laocai.example`);
const about = (mails, what) => mails.filter((mail) => (header(mail, "X-Sansang-Incident") ?? "").includes(what));
// "open", "escalate-1", ...: the message id begins with the kind
const kinds = (mails) => mails.map((mail) => /^<([a-z]+(-\d+)?)\./.exec(header(mail, "Message-ID"))?.[1]);

test("each alarm finds its person, and is carried on until somebody acknowledges", { timeout: 240000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "sansang-oncall."));
  writeFileSync(join(dir, "hook.secret"), `${secret}\n`, { mode: 0o600 });
  const good = await Hook.start(dir, { secret, answer: (n) => (n === 1 ? 503 : 204) }); // the first try fails
  const stalled = await Hook.start(dir, { secret, answer: () => null });
  const refusing = await Hook.start(dir, { secret, answer: () => 403 });
  const keys = "secret_file: hook.secret, ca_file: hook-ca.pem";
  const { way, services } = await start("2025-07-01", `
  rotas: [ { id: duty, members: [an], start: 2025-06-30, turn: 1d } ]
  webhooks:
    - { id: good, url: "${good.url}", ${keys} }
    - { id: stalled, url: "${stalled.url}", ${keys} }
    - { id: refusing, url: "${refusing.url}", ${keys} }
    - { id: strange, url: "${good.url}", secret_file: hook.secret }   # its authority is not the system's
  routes:
    - { sectors: [sector-a], to: [duty, an], escalate: [ { after: 5s, to: [chief] } ], webhooks: [good, stalled, refusing, strange] }
    - { units: [unit-b], to: [binh], escalate: [ { after: 12s, to: [chief] } ] }
    - { to: [chi] }
  storm: { sites: 2, every: 15s }
`, dir);

  // the right person, one mail, though two ways lead to him; webhooks beside it, and a stalled one blocks nothing
  await services.a.stop();
  await until("the mail to An", () => about(to(way, "an"), "svc-a").length);
  await until("the post", () => good.taken().length, 60);
  const post = good.taken()[0];
  assert.equal(post.signed, true);
  assert.equal(post.method, "POST");
  assert.equal(post.headers["content-type"], "application/json");
  assert.equal(post.body.kind, "open");
  assert.equal(post.body.province, "lao-cai");
  assert.equal(post.body.incident.service, "svc-a");
  assert.equal(post.headers["x-sansang-id"], post.body.id);
  // the same bytes at the second try, so that the receiver knows it
  assert.deepEqual(good.posts[0].raw, post.raw);
  assert.equal(good.posts[0].headers["x-sansang-id"], post.body.id);

  // nobody acknowledges: the chief, in time, once
  await until("the escalation", () => kinds(about(to(way, "chief"), "svc-a")).includes("escalate-1"));
  await until("the post of the escalation", () => good.taken().some((p) => p.body.kind === "escalate-1"), 60);
  assert.equal(good.taken().find((p) => p.body.kind === "escalate-1").body.incident.escalation.step, 1);

  // somebody does: the next ones are left alone
  await services.b.stop();
  const opened = await until("the mail to Bình", () => about(to(way, "binh"), "svc-b")[0]);
  await way.sansang("ack", header(opened, "X-Sansang-Incident"));

  // a storm: two sites by themselves, the third in the list
  for (const x of ["c", "d"]) await services[x].stop();
  await until("two mails to Chi", () => to(way, "chi").length >= 2);
  await services.e.stop();
  const list = await until("the list", () => to(way, "chi").find((mail) => kinds([mail])[0] === "storm-1"), 60);
  assert.match(textOf(list), /Xã E: /);
  assert.match(textOf(list), /NHIỀU SỰ CỐ/);
  assert.equal(to(way, "chi").length, 3);
  const incident = (await way.incidents()).find((i) => i.service === "svc-e");
  assert.equal(incident.mails, 1); // the list counts for what it names

  // all are back: those who heard hear of the end, and what a list told of ends in a list
  for (const x of letters) await services[x].start();
  await until("the ends", () => ["an", "chief"].every((who) => kinds(about(to(way, who), "svc-a")).includes("resolve")), 90);
  await until("the end in a list", () => to(way, "chi").find((mail) => kinds([mail])[0] === "storm-2"), 60);
  await until("the ends for Chi", () => kinds(to(way, "chi")).filter((kind) => kind === "resolve").length === 2, 60);

  assert.deepEqual(kinds(about(to(way, "an"), "svc-a")), ["open", "resolve"]);
  assert.deepEqual(kinds(about(to(way, "chief"), "svc-a")), ["escalate-1", "resolve"]);
  assert.deepEqual(kinds(to(way, "binh")), ["open", "resolve"]);
  assert.deepEqual(about(to(way, "chief"), "svc-b"), []); // 12 s are over long since
  const [open, resolve] = about(to(way, "an"), "svc-a");
  assert.equal(header(resolve, "In-Reply-To"), header(open, "Message-ID"));
  const [escalation, end] = about(to(way, "chief"), "svc-a");
  assert.equal(header(escalation, "In-Reply-To"), undefined);
  assert.equal(header(end, "In-Reply-To"), header(escalation, "Message-ID"));

  // the others: refused for good at the first word, never sent to a stranger's authority, stalled and still waiting
  assert.equal(refusing.posts.filter((p) => p.body.kind === "open").length, 1);
  assert.ok(stalled.posts.length >= 1 && stalled.posts.every((p) => p.body.kind === "open"));
  assert.ok(good.posts.every((p) => p.signed === true));
  const { tell } = await way.sansang("status");
  assert.ok(!tell || (tell.hooks_failed >= 1 && tell.hooks_queued >= 1), JSON.stringify(tell));

  for (const hook of [good, stalled, refusing]) await hook.stop();
  for (const x of letters) await services[x].stop();
  await way.stop();
});

test("warnings wait for the day's digest, and a restart makes no second one", { timeout: 300000 }, async () => {
  const soon = new Date(Date.now() + 7 * 3600000 + 100000); // in Việt Nam, the next minute but one
  const at = `${String(soon.getUTCHours()).padStart(2, "0")}:${String(soon.getUTCMinutes()).padStart(2, "0")}`;
  const { way, services } = await start("2099-07-01", `
  routes: [ { to: [chief] } ]
  digest: { at: "${at}", to: [an, binh] }
`, undefined, ["a", "b"]);
  await services.a.stop();
  await services.b.stop();
  await until("two warnings", async () => (await way.incidents()).filter((i) => i.severity === "warning").length >= 2, 60);
  assert.equal(way.mails().length, 0);
  await services.b.start();
  await until("one is over", async () => (await way.incidents()).some((i) => i.service === "svc-b" && i.state === "resolved"), 60);
  await until("the digest", () => to(way, "an").length && to(way, "binh").length, 150);
  await way.collector.stop();
  await way.startCollector();
  await sleep(6000);
  assert.equal(way.mails().length, 2);
  const text = textOf(to(way, "an")[0]);
  assert.match(kinds(to(way, "an"))[0], /^digest-\d{8}$/);
  assert.match(text, /CẢNH BÁO TRONG NGÀY/);
  assert.match(text, /Đang diễn ra \(1\)[^]*Xã A: [^]*Đã hết \(1\)[^]*Xã B: /);
  for (const x of letters) await services[x].stop().catch(() => {});
  await way.stop();
});
