// Acknowledging by whoever had the mail: a scanner that opens every link does nothing, a person's button and a person's answer do,
// strangers, forgers and machines do not and stand in the audit.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { Way, Service, freePort, smallProvince, sleep, until } from "./way.mjs";
import { Imapd } from "./imapd.mjs";

const skip = Imapd.missing;
let way, imap;
const services = {};

before(async () => {
  if (skip) return;
  imap = await Imapd.start();
  for (const id of ["land", "civil"]) services[id] = await new Service(await freePort()).start();
  const targets = Object.fromEntries(Object.entries(services).map(([id, s]) => [id, `127.0.0.1:${s.port}`]));
  const contacts = `  - { id: chief, name: "The Chief", mail: chief@laocai.example, language: en }\n`;
  const province = smallProvince(targets).replace(/(contacts:\n.*\n)/, `$1${contacts}`);
  const password = join(imap.dir, "password");
  writeFileSync(password, imap.password + "\n");
  chmodSync(password, 0o600);
  way = await Way.start({
    province, step: "2s", links: true,
    inbox: `{ server: "imap://127.0.0.1:${imap.port}", user: ${imap.user}, password_file: ${password}, every: 1s }`,
  });
  await way.addAgent("pl-srv1");
  await until("both services are seen up", async () => (await way.sansang("units")).units[0].state === "up", 60);
});
after(async () => {
  await way?.stop();
  await imap?.stop();
  for (const service of Object.values(services)) await service.stop().catch(() => {});
});

// A mail with its parts decoded.
function read(text) {
  const [head] = text.split(/\r?\n\r?\n/), flat = head.replace(/\r?\n[ \t]+/g, " ");
  const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(flat)?.[1].trim();
  const bodies = [...text.matchAll(/Content-Type: text\/(\w+)[^]*?base64\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/g)];
  const parts = Object.fromEntries(bodies.map(([, kind, body]) => [kind, Buffer.from(body, "base64").toString()]));
  return { to: field("X-RcptTo"), id: field("Message-ID"), answers: field("In-Reply-To"), ...parts };
}
const mailsTo = (contact) => way.mails().map(read).filter((mail) => mail.to === `${contact}@laocai.example`);
const linksOf = (mail) => [...new Set([...`${mail.html}\n${mail.plain}`.matchAll(/https:\/\/[^\s"<>]+/g)].map(([url]) => url))];
const markOf = (mail) => linksOf(mail).map((url) => /\/a\/([\w.-]+)$/.exec(url)?.[1]).find(Boolean);
const incidentOf = async (service) => (await way.incidents()).find((i) => i.service === service);

// What a browser would send: no cookies, no JSON.
function ask(path, { method = "GET", form, headers = {}, from = "127.0.0.1" } = {}) {
  return new Promise((done, failed) => {
    const req = request(
      {
        host: "127.0.0.1", port: way.webPort, localAddress: from, path, method, rejectUnauthorized: false,
        headers: form === undefined ? headers : { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(form), ...headers },
      },
      (res) => {
        const chunks = [];
        res.on("data", (chunk) => chunks.push(chunk));
        res.on("end", () => done({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString() }));
      },
    );
    req.on("error", failed);
    req.end(form);
  });
}

// A phone with scripts switched off: opens the link, presses the button.
async function pressInBrowser(mark) {
  const { startBrowser } = await import("../browser/browser.mjs");
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, ignoreHTTPSErrors: true, javaScriptEnabled: false });
    const refused = [];
    page.on("console", (line) => /Content Security Policy|Refused/.test(line.text()) && refused.push(line.text()));
    await page.goto(`https://127.0.0.1:${way.webPort}/a/${mark}`);
    const button = page.getByRole("button"), box = await button.boundingBox();
    assert.ok(box.height >= 48 && box.width >= 300, "large enough for a thumb");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "ack-before.png") });
    const [answered] = await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), button.click()]);
    await page.waitForLoadState();
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "ack-after.png") });
    assert.deepEqual(refused, []);
    return { status: answered.status(), text: await page.content() };
  } finally {
    await browser.close();
  }
}

// The acts in the journal, whole.
function audit() {
  const out = [];
  for (const name of readdirSync(join(way.state, "journal")).filter((file) => file.endsWith(".seg")))
    out.push(execFileSync("sqlite3", ["-readonly", join(way.state, "journal", name), "SELECT quote(data) FROM block"], { maxBuffer: 1 << 28 }).toString());
  const bytes = out.flatMap((text) => [...text.matchAll(/X'([0-9A-F]*)'/g)].map(([, hex]) => Buffer.from(hex, "hex").toString("utf8"))).join("\n");
  return [...bytes.matchAll(/\{"act":\s*"[^"]*"[^{}]*\}/g)].map(([json]) => JSON.parse(json));
}
const refusals = (door) => audit().filter((act) => act.act === "ack-refused" && act.door === door).map((act) => act.text);

function answer({ from, to, headers = "", body = "NHẬN", subject = "Re: sự cố" }) {
  return `From: ${from}\nTo: <sansang@laocai.example>\nSubject: ${subject}\nMessage-ID: <${Math.random()}@phone.example>\n` +
    `${to ? `In-Reply-To: ${to}\nReferences: ${to}\n` : ""}${headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${body}\n`;
}

test("the key is nobody else's", { skip }, () => {
  const file = statSync(join(way.state, "ack.key"));
  assert.equal(file.mode & 0o777, 0o600);
  assert.equal(file.size, 32);
});

test("a mail scanner opens every link of every mail, and nothing is acknowledged", { skip }, async () => {
  await services.land.stop();
  await until("a mail each", () => mailsTo("oncall").length === 1 && mailsTo("chief").length === 1, 60);
  for (const mail of [...mailsTo("oncall"), ...mailsTo("chief")]) {
    assert.match(mail.plain, /NHẬN|ACK/);
    assert.ok(markOf(mail), "a link to acknowledge");
    for (const url of linksOf(mail))
      for (const method of ["HEAD", "GET", "GET"]) {
        const { pathname, search } = new URL(url);
        const page = await ask(pathname + search, { method, headers: { purpose: "prefetch", "sec-purpose": "prefetch" } });
        assert.equal(page.status, 200, url);
      }
  }
  await sleep(1500);
  assert.equal((await incidentOf("land")).state, "open");
  assert.equal(audit().filter((act) => act.act === "ack").length, 0);
});

test("the page says what, where and since when, in the contact's language, and is strict", { skip }, async () => {
  const vi = await ask(`/a/${markOf(mailsTo("oncall")[0])}`), en = await ask(`/a/${markOf(mailsTo("chief")[0])}`);
  assert.match(vi.text, /<html lang="vi">[^]*Xã Pha Long[^]*Chưa ai tiếp nhận[^]*Tôi tiếp nhận xử lý[^]*Trực kỹ thuật/);
  assert.match(en.text, /<html lang="en">[^]*Nobody has acknowledged[^]*I acknowledge it[^]*The Chief/);
  assert.doesNotMatch(vi.text, /<script|LCI-0421|10\.\d+\.\d+/);
  assert.match(vi.headers["content-security-policy"], /default-src 'none'/);
  assert.match(vi.headers["cache-control"], /no-store/);
  assert.equal(vi.headers["referrer-policy"], "no-referrer");
});

test("forged marks, other sites and half a form are refused, and stand in the audit", { skip }, async () => {
  const from = "127.0.0.2"; // who asks too much has a minute to wait, and nobody else
  const mark = markOf(mailsTo("oncall")[0]), other = markOf(mailsTo("chief")[0]);
  const forged = mark.slice(0, -1) + (mark.endsWith("A") ? "B" : "A"), mixed = mark.split(".")[0] + "." + other.split(".")[1];
  for (const bad of [forged, mixed, "AQ.AQ"]) {
    assert.equal((await ask(`/a/${bad}`, { from })).status, 403);
    const page = await ask(`/a/${bad}`, { method: "POST", form: `mark=${bad}`, from });
    assert.equal(page.status, 403);
    assert.match(page.text, /không hợp lệ[^]*not valid/);
  }
  const elsewhere = { origin: "https://evil.example" }, cross = { origin: "null", "sec-fetch-site": "cross-site" };
  for (const headers of [elsewhere, cross]) assert.equal((await ask(`/a/${mark}`, { method: "POST", form: `mark=${mark}`, headers, from })).status, 403);
  for (const form of ["", "mark=", `mark=${other}`, `x=1&mark=${mark}`]) assert.equal((await ask(`/a/${mark}`, { method: "POST", form, from })).status, 403);
  assert.equal((await incidentOf("land")).state, "open");
  await until("in the audit", () => refusals("link").filter((why) => why === "forged").length >= 6, 10);
  // whoever goes on is told to wait, and does not fill the journal
  for (let i = 0; i < 30; i++) await ask(`/a/${forged}`, { from });
  assert.equal((await ask(`/a/${forged}`, { from })).status, 429);
  assert.equal((await ask(`/a/${mark}`)).status, 200);
  assert.ok(refusals("link").length <= 12);
});

test("strangers, others' mails and machines do not acknowledge by answering", { skip }, async () => {
  const [mail] = mailsTo("oncall"), [theirs] = mailsTo("chief"), before = imap.seen();
  imap.put(answer({ from: "stranger@evil.example", to: mail.id }));
  imap.put(answer({ from: "\"oncall@laocai.example\" <stranger@evil.example>", to: mail.id }));
  imap.put(answer({ from: "oncall@laocai.example", to: theirs.id }));
  imap.put(answer({ from: "oncall@laocai.example" }));
  imap.put(answer({ from: "oncall@laocai.example", to: mail.id, headers: "Auto-Submitted: auto-replied\n" }));
  imap.put(answer({ from: "oncall@laocai.example", to: mail.id, body: "Tôi đang nghỉ phép.\n\n> NHẬN" }));
  await until("all are read", () => imap.seen() === before + 6, 30);
  await until("five are refused", async () => (await way.sansang("status")).tell.replies_refused === 5, 10);
  assert.equal((await incidentOf("land")).state, "open");
  assert.deepEqual(refusals("reply").sort(), ["automatic", "forged", "sender", "sender", "sender"]);
  assert.equal(imap.files().length, 6, "nothing is deleted");
});

test("a person presses the button, once is enough, and the end is said kindly", { skip }, async () => {
  const mark = markOf(mailsTo("oncall")[0]), origin = `https://127.0.0.1:${way.webPort}`;
  const press = () => ask(`/a/${mark}`, { method: "POST", form: `mark=${mark}`, headers: { origin, "sec-fetch-site": "same-origin" } });
  const done = existsSync("/usr/bin/chromium") ? await pressInBrowser(mark) : await press();
  assert.equal(done.status, 200);
  assert.match(done.text, /Đã ghi nhận[^]*Trực kỹ thuật/);
  await until("acknowledged", async () => (await incidentOf("land")).state === "acknowledged", 15);
  assert.equal((await incidentOf("land")).acked_by, "oncall");
  assert.match((await press()).text, /đã có người tiếp nhận/);
  assert.match((await ask(`/a/${markOf(mailsTo("chief")[0])}`)).text, /Acknowledged by <b>Trực kỹ thuật/);
  const acts = audit().filter((act) => act.act === "ack");
  assert.deepEqual(acts.map(({ by, door }) => [by, door]), [["oncall", "link"]]);
  await services.land.start();
  await until("over", async () => (await incidentOf("land")).state === "resolved", 90);
  assert.match((await press()).text, /đã kết thúc/);
  assert.match((await ask(`/a/${mark}`)).text, /Đã khôi phục lúc/);
});

test("a person's answer by mail acknowledges", { skip }, async () => {
  await services.civil.stop();
  const mail = await until("the mail about it", async () => {
    const id = (await incidentOf("civil"))?.id;
    return id && mailsTo("chief").find((one) => one.id.includes(id));
  }, 60);
  const quoted = Buffer.from("Nhận, I am on my way\n\nOn Tue, Sẵn Sàng wrote:\n> [SERVICE DOWN]\n").toString("base64");
  imap.put(`Return-Path: <chief@laocai.example>\nFrom: The Chief <Chief@LaoCai.example>\nTo: sansang@laocai.example\nSubject: Re: x\nIn-Reply-To:\n ${mail.id}\n` +
    `MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${quoted}\n--b\nContent-Type: text/html\n\n<p>x</p>\n--b--\n`);
  await until("acknowledged", async () => (await incidentOf("civil")).state === "acknowledged", 30);
  assert.equal((await incidentOf("civil")).acked_by, "chief");
  const [act] = audit().filter((one) => one.act === "ack" && one.door === "reply");
  assert.deepEqual([act.by, act.text], ["chief", "I am on my way"]);
});

test("a mailbox that is away stops nothing, and is read again when it is back", { skip }, async () => {
  await imap.program.stop();
  await services.land.stop();
  const mails = mailsTo("oncall").length;
  await until("mails go on", () => mailsTo("oncall").length > mails, 60);
  const mail = mailsTo("oncall").at(-1), incident = async () => (await way.incidents()).find((one) => mail.id.includes(one.id));
  imap.put(answer({ from: "oncall@laocai.example", to: mail.id, body: "ack" }));
  await imap.again();
  await until("acknowledged", async () => (await incident()).state === "acknowledged", 60);
});
