// What a host knows of itself arrives: a real upsd whose mains are pulled, rows of health, clock and UPS, a boot after a power cut.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, Way, freePort, rolesOf, smallProvince, until } from "./way.mjs";

const nut = ["/lib/nut/upsd", "/lib/nut/dummy-ups"].every((path) => existsSync(path)) && process.getuid() === 0;

// NUT's own server and its driver for a UPS that is a file.
class Upsd {
  async start() {
    this.dir = mkdtempSync(join(tmpdir(), "sansang-nut."));
    this.port = await freePort();
    mkdirSync(join(this.dir, "run"), { mode: 0o700 });
    const write = (name, text) => writeFileSync(join(this.dir, name), text, { mode: 0o600 });
    write("ups.conf", "pollinterval = 1\n[apc]\n  driver = dummy-ups\n  port = apc.dev\n");
    write("upsd.conf", `LISTEN 127.0.0.1 ${this.port}\n`);
    write("upsd.users", "");
    this.set("OL");
    const env = { ...process.env, NUT_CONFPATH: this.dir, NUT_STATEPATH: join(this.dir, "run"), NUT_ALTPIDPATH: join(this.dir, "run") };
    this.driver = new Program("dummy-ups", "/lib/nut/dummy-ups", ["-a", "apc", "-F", "-u", "root"], { env });
    await until("driver", () => existsSync(join(this.dir, "run", "dummy-ups-apc")));
    this.server = new Program("upsd", "/lib/nut/upsd", ["-F", "-u", "root"], { env });
    await until("upsd", () => this.server.output.includes("Connected to UPS"));
    return this;
  }
  set(status) {
    writeFileSync(
      join(this.dir, "apc.dev"),
      `ups.status: ${status}\nbattery.charge: 87\nbattery.runtime: 1500\nups.load: 23.5\ninput.voltage: 229.8\nbattery.voltage: 27.1\n`,
      { mode: 0o600 },
    );
  }
  async stop() {
    await this.server?.stop();
    await this.driver?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

let way, ups, agent;

before(async () => {
  if (nut) ups = await new Upsd().start();
  way = await Way.start({ province: smallProvince() });
  agent = await way.addAgent("pl-srv1", nut ? `ups: "apc@127.0.0.1:${ups.port}"` : "ups: no");
  await way.login();
});
after(async () => {
  await way?.stop();
  await ups?.stop();
});

const events = async (kind) => {
  const answer = await way.http(`/api/v1/nodes/pl-srv1/events?kind=${kind}`);
  assert.equal(answer.status, 200, String(answer.raw));
  return answer.json.events.map((event) => event.text ?? "");
};
const event = (kind, pattern, seconds) =>
  until(`event ${kind} ${pattern}`, async () => {
    const texts = await events(kind);
    return texts.find((text) => pattern.test(text)) ?? (texts.length ? false : undefined);
  }, seconds);

test("health, clock and UPS have rows in files that rrdtool reads", async () => {
  const files = [["health", (v) => v.disks_bad >= 0 && v.readonly_fs >= 0], ["clock", (v) => v.synced === 0 || v.synced === 1]];
  if (nut) files.push(["ups", (v) => v.charge_pct === 87 && v.on_battery === 0 && v.runtime_min === 25 && v.input_v > 229]);
  for (const [file, right] of files)
    await until(`${file} has rows`, async () => {
      const now = Math.floor(Date.now() / 1000);
      const answer = await way.http(`/api/v1/series?file=pl-hq/pl-srv1/${file}&from=${now - 120}&to=${now}&rows=60`);
      assert.equal(answer.status, 200, String(answer.raw));
      return (await way.fetch(way.rrd("pl-hq", "pl-srv1", file), now - 120, now)).some((row) => right(row.values));
    }, 90);
});

test("pulled mains are told at once, and their return", { skip: nut ? false : "no NUT, or not root" }, async () => {
  assert.deepEqual(await events("ups"), []);
  const pulled = Date.now();
  ups.set("OB DISCHRG");
  await event("ups", /on-battery charge 87 % runtime 25 min/, 60);
  console.log(`# on battery known after ${((Date.now() - pulled) / 1000).toFixed(1)} s`);
  ups.set("FSD OB DISCHRG LB");
  await event("ups", /\blow\b/, 60);
  await event("ups", /forced-shutdown/, 60);
  ups.set("OL CHRG");
  await event("ups", /on-mains/, 60);
});

test("an upsd that dies is told of, the agent goes on", { skip: nut ? false : "no NUT, or not root" }, async () => {
  await ups.server.stop("SIGKILL");
  await event("ups", /lost/, 90);
  assert.equal(agent.result, undefined);
});

test("the next boot says how the last run ended", async () => {
  const path = join(way.dir, "pl-srv1", "state", "running");
  const [, word] = readFileSync(path, "utf8").split(" ");
  assert.equal(word, "running");
  assert.deepEqual(await events("boot"), []);
  // as systemd stops a service when the host shuts down: all its processes at once
  for (const pid of [...Object.values(rolesOf(agent.pid)).flat(), agent.pid]) process.kill(pid, "SIGTERM");
  assert.deepEqual(await agent.ended, { code: 0, signal: null });
  const stopped = readFileSync(path, "utf8").trim().split(" ");
  assert.equal(stopped[1], "stopped");
  // what a host leaves whose plug was pulled three hours ago, in another boot
  writeFileSync(path, `${"ab".repeat(16)} running 7200000 ${Date.now() - Number(stopped[2]) - 3 * 3600 * 1000}\n`, { mode: 0o600 });
  agent = way.startAgent("pl-srv1");
  await event("boot", /unclean, was on until 20\S+Z for 2h, away (2h59m|3h|unknown)/, 60);
  await agent.stop();
  agent = way.startAgent("pl-srv1");
  await until("connected", async () => (await way.node("pl-srv1")).agent === "connected", 60);
  assert.equal((await events("boot")).length, 1, "told once");
});
