// tcp, icmp, dns and ntp as services of a real agent, within its sandbox, against dnsmasq and chronyd.
import { test } from "node:test";
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, Service, Way, build, freePort, smallProvince, until } from "./way.mjs";

const dir = mkdtempSync(join(tmpdir(), "sansang-net."));

function probe(...words) {
  return new Promise((done) =>
    execFile(join(build, "sansang-agent"), ["probe", ...words, "--json"], { timeout: 60000 }, (error, stdout, stderr) =>
      done({ ...JSON.parse(stdout || `{"broken": ${JSON.stringify(stderr)}}`), exit: error ? error.code : 0 }),
    ),
  );
}

async function startDnsmasq() {
  const port = await freePort();
  writeFileSync(join(dir, "hosts"), Array.from({ length: 60 }, (_, i) => `10.9.9.${i + 1} wide.test`).join("\n") + "\n", { mode: 0o644 });
  const program = new Program("dnsmasq", "/usr/sbin/dnsmasq", ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", `--addn-hosts=${join(dir, "hosts")}`, "--bind-interfaces",
    "--listen-address=127.0.0.1,::1", "--user=root", "--pid-file=", "--local=/test/", "--host-record=land.test,10.1.2.3", `--port=${port}`]);
  return { port, program };
}

async function startChronyd() {
  const port = await freePort();
  writeFileSync(join(dir, "chrony.conf"), `port ${port}\ncmdport 0\nbindcmdaddress /\npidfile ${join(dir, "chrony.pid")}\nallow all\nbindaddress 127.0.0.1\nlocal stratum 7\n`);
  return { port, program: new Program("chronyd", "/usr/sbin/chronyd", ["-x", "-n", "-U", "-f", join(dir, "chrony.conf")]) };
}

test("services of every kind tell what they see", { timeout: 240000 }, async (t) => {
  if (!existsSync("/usr/sbin/dnsmasq") || !existsSync("/usr/sbin/chronyd")) return t.skip("no dnsmasq or no chronyd here");
  const dns = await startDnsmasq(), ntp = await startChronyd();
  const land = await new Service(await freePort()).start();
  const silent = createSocket("udp4"); // takes every question and never answers
  await new Promise((done) => silent.bind(0, "127.0.0.1", done));
  const at = `127.0.0.1:${dns.port}`;
  const checks = {
    port: `{ tcp: "127.0.0.1:${land.port}" }`,
    shut: `{ tcp: "127.0.0.1:1" }`,
    echo: `{ icmp: "127.0.0.1", count: 7 }`,
    six: `{ icmp: "::1" }`,
    name: `{ dns: { server: "${at}", name: land.test, expect: 10.1.2.3 } }`,
    named: `{ dns: { server: "localhost:${dns.port}", name: land.test } }`,
    wide: `{ dns: { server: "[::1]:${dns.port}", name: wide.test, expect: 10.9.9.60 } }`,
    wrong: `{ dns: { server: "${at}", name: land.test, expect: 10.1.2.4 } }`,
    nobody: `{ dns: { server: "${at}", name: none.test } }`,
    system: `{ dns: { server: system, name: localhost } }`,
    time: `{ ntp: "127.0.0.1:${ntp.port}" }`,
    dumb: `{ ntp: "127.0.0.1:${silent.address().port}" }`,
  };
  const rows = Object.entries(checks).map(([id, check]) => `  - { id: ${id}, name: "Dịch vụ ${id}", sector: land, responsible: province, every: 10s, check: ${check}, checked_by: all }`);
  const home = mkdtempSync(join(tmpdir(), "sansang-net-way."));
  const way = await Way.start({ dir: home, province: smallProvince({}, `services:\n${rows.join("\n")}\n`), mail: false });
  try {
    const agent = await way.addAgent("pl-srv1");
    await way.login();
    const seen = await until("all services", async () => {
      const answer = await way.http("/api/v1/nodes/pl-srv1/events?kind=check");
      const texts = answer.json.events.map((event) => `${event.subject} ${event.text}`);
      const missing = Object.keys(checks).filter((id) => !texts.some((text) => text.startsWith(`svc:${id} `)));
      if (missing.length) throw new Error(`nothing of ${missing} in ${JSON.stringify(texts)}\n${agent.output}`);
      return texts.join("\n");
    }, 90);
    assert.match(seen, /^svc:port up ok/m);
    assert.match(seen, /^svc:shut down refused/m);
    assert.match(seen, /^svc:echo up ok/m);
    assert.match(seen, /^svc:six up ok/m);
    assert.match(seen, /^svc:name up ok 10\.1\.2\.3/m);
    assert.match(seen, /^svc:named up ok 10\.1\.2\.3/m);
    assert.match(seen, /^svc:wide up ok 10\.9\.9\..* by TCP/m);
    assert.match(seen, /^svc:wrong down content 10\.1\.2\.3; expected 10\.1\.2\.4/m);
    assert.match(seen, /^svc:nobody down no-name NXDOMAIN/m);
    assert.doesNotMatch(seen, /^svc:system .*local/m);
    assert.match(seen, /^svc:time up ok stratum 7; this host's clock is 0\.\d+ ms/m);
    assert.match(seen, /^svc:dumb down timeout/m);
    await until("their figures", () => ["ntp-time", "echo-echo", "echo-six", "svc-name"].every((name) => existsSync(way.rrd("pl-hq", "pl-srv1", name))), 60);
    assert.doesNotMatch(agent.output, /not permitted|EPERM/);
  } finally {
    await way.stop();
    rmSync(home, { recursive: true, force: true });
    for (const program of [dns.program, ntp.program]) await program.stop();
    await land.stop();
    silent.close();
  }
});

test("the command says the same", { timeout: 60000 }, async () => {
  const refused = await probe("tcp", "127.0.0.1:1");
  assert.equal(refused.reason, "refused");
  assert.equal(refused.exit, 1);
  const echoes = await probe("icmp", "127.0.0.1");
  assert.equal(echoes.received, 5);
  assert.equal(echoes.duplicates, 0);
  const nobody = await probe("dns", "127.0.0.1:1");
  assert.equal(nobody.reason, "refused");
  const time = await probe("ntp", "127.0.0.1:1");
  assert.equal(time.reason, "refused");
  assert.equal(time.offset_ms, null);
});

test.after(() => rmSync(dir, { recursive: true, force: true }));
