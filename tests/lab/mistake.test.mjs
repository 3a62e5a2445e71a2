// Mistakes of people: each ends the program before it has done anything, with the place and what was expected.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Way, build, smallProvince, freePort } from "./way.mjs";

let dir;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "sansang-mistake."));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const run = (name, ...args) => spawnSync(join(build, name), args, { encoding: "utf8", timeout: 20000 });

// Files with one mistake, in a folder without a state.
function write({ collector = "", province = smallProvince(), agent = "" } = {}) {
  for (const made of ["state", "agent"]) rmSync(join(dir, made), { recursive: true, force: true });
  writeFileSync(join(dir, "collector.yaml"), `state_dir: state\ninventory: province.yaml\n${collector}`);
  writeFileSync(join(dir, "province.yaml"), province);
  writeFileSync(join(dir, "agent.yaml"), `collector: "127.0.0.1:1"\nnode: pl-srv1\nstate_dir: agent\n${agent}`);
}

const gear = (snmp) => smallProvince().replace("kind: server }", `kind: server }\n  - { id: sw, site: pl-hq, kind: gear, address: 127.0.0.1, snmp: { ${snmp} } }`);
const service = (check) => smallProvince() + `services:\n  - { id: v, name: V, check: { ${check} } }\n`;

// file: which, [edit], what the error must say
const mistakes = [
  ["collector", { collector: "colour: red\n" }, /collector\.yaml:3:1: .*colour/],
  ["collector", { collector: "step: soon\n" }, /collector\.yaml:3:7: .*step/],
  ["collector", { collector: "step: 1ms\n" }, /collector\.yaml:3:7: .*step/],
  ["collector", { collector: "journal: { max: 1 }\n" }, /collector\.yaml:3:17: .*max/],
  ["collector", { collector: "journal: [\n" }, /collector\.yaml:\d+:\d+: /],
  ["collector", { collector: "agents: { listen: \"nowhere\" }\n" }, /collector\.yaml:3:19: .*listen/],
  ["collector", { collector: "language: tlh\n" }, /collector\.yaml:3:11: .*vi.*en/],
  ["collector", { collector: "step: 10s\nstep: 20s\n" }, /collector\.yaml:4:1: .*step/],
  ["collector", { province: smallProvince().replace("site: pl-hq", "site: nowhere") }, /province\.yaml:\d+:\d+: .*nowhere/],
  ["collector", { province: smallProvince().replace("lat: 22.8", "lat: 222.8") }, /province\.yaml:12:10: .*lat/],
  ["collector", { province: smallProvince() + "nodes: []\n" }, /province\.yaml:\d+:1: .*nodes/],
  ["collector", { province: smallProvince() + "alarm: yes\n" }, /province\.yaml:\d+:1: .*alarm/],
  ["collector", { province: smallProvince().replace("id: ta-ngai-cho", "id: pha-long") }, /province\.yaml:\d+:\d+: .*pha-long/],
  ["collector", { province: service('http: "http://a/", count: 5') }, /province\.yaml:19:\d+: services\[v\]\.check\.count: does not go with http/],
  ["collector", { province: service('http: "http://a/", status: "ok"') }, /province\.yaml:19:\d+: .*status.*200-399/],
  ["collector", { province: service('tls: "a:443", ca_file: none.pem') }, /province\.yaml:19:\d+: services\[v\]\.check\.ca_file: .*none\.pem cannot be read/],
  ["collector", { province: service('tls: "a:443", ca_file: collector.yaml') }, /province\.yaml:19:\d+: .*collector\.yaml holds no certificate/],
  ["collector", { province: gear("version: 3") }, /province\.yaml:18:\d+: nodes\[sw\]\.snmp\.user: missing/],
  ["collector", { province: gear("version: 3, user: u, privacy: AES, privacy_file: p") }, /province\.yaml:18:\d+: nodes\[sw\]\.snmp\.privacy: needs authentication/],
  ["collector", { province: gear("community_file: none") }, /province\.yaml:18:\d+: nodes\[sw\]\.snmp\.community_file: .*none cannot be read/],
  ["collector", { province: gear("community_file: collector.yaml") }, /province\.yaml:18:\d+: .*collector\.yaml has mode 06[0-7][0-7], expected 0600/],
  ["collector", { province: gear("community_file: ../c") }, /province\.yaml:18:\d+: .*province\.yaml's folder/],
  ["collector", { province: smallProvince().replace("kind: server }", "kind: gear, address: h }") }, /province\.yaml:17:\d+: nodes\[pl-srv1\]\.polled_by: missing/],
  ["agent", { agent: "nodes: x\n" }, /agent\.yaml:4:1: .*nodes/],
  ["agent", { agent: "proxy: \"ftp://x\"\n" }, /agent\.yaml:4:8: .*proxy/],
  ["agent", { agent: "spool: { max: lots }\n" }, /agent\.yaml:4:15: .*max/],
];

for (const [who, edit, expected] of mistakes)
  test(`${who}: ${expected}`, () => {
    write(edit);
    for (const more of [["--check-config"], []]) {
      const result = run(`sansang-${who}`, "--config", join(dir, `${who}.yaml`), ...more);
      assert.equal(result.status, 1, result.stderr + result.stdout);
      assert.match(result.stderr, expected);
      assert.equal(result.stdout, "");
    }
    assert.equal(existsSync(join(dir, "state")), false, "nothing was made");
    assert.equal(existsSync(join(dir, "agent")), false, "nothing was made");
  });

test("a province that breaks later: the next start goes on with the last good one and names the place", async () => {
  const way = await Way.start({ province: smallProvince(), mail: false });
  try {
    await way.collector.stop();
    writeFileSync(join(way.dir, "province.yaml"), smallProvince().replace("site: pl-hq", "site: nowhere"));
    await way.startCollector();
    assert.match(way.collector.output, /province\.yaml:\d+:\d+: .*nowhere/);
    assert.equal((await way.sansang("units")).units.length, 1);
  } finally {
    await way.stop();
  }
});

test("--check-config of good files ends with 0, says no error, makes nothing", () => {
  write();
  for (const who of ["collector", "agent"]) {
    const result = run(`sansang-${who}`, "--config", join(dir, `${who}.yaml`), "--check-config");
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stderr, "");
  }
  assert.equal(existsSync(join(dir, "state")), false);
  assert.equal(existsSync(join(dir, "agent")), false);
});

test("files that are not there or are no text are named, exit 1", () => {
  write();
  for (const who of ["collector", "agent"]) {
    const missing = run(`sansang-${who}`, "--config", join(dir, "none.yaml"));
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /none\.yaml/);
    writeFileSync(join(dir, "bytes.yaml"), Buffer.from([0xff, 0xfe, 0, 1, 2, 3]));
    const bytes = run(`sansang-${who}`, "--config", join(dir, "bytes.yaml"));
    assert.equal(bytes.status, 1);
    assert.match(bytes.stderr, /bytes\.yaml/);
    assert.equal(run(`sansang-${who}`, "--config", dir).status, 1, "a folder");
  }
  rmSync(join(dir, "province.yaml"));
  const result = run("sansang-collector", "--config", join(dir, "collector.yaml"));
  assert.equal(result.status, 1);
  assert.match(result.stderr, /province\.yaml/);
});

test("wrong usage ends with 2 and says the usage", () => {
  write();
  const config = join(dir, "collector.yaml");
  for (const [name, ...args] of [
    ["sansang-collector"], ["sansang-collector", "--conf"], ["sansang-collector", "--config", config, "more"], ["sansang-collector", "--nonsense"],
    ["sansang-agent"], ["sansang-agent", "--nonsense"], ["sansang-agent", "dance"], ["sansang-agent", "probe"], ["sansang-agent", "probe", "smell", "x"],
    ["sansang"], ["sansang", "dance"], ["sansang", "token"], ["sansang", "--nonsense", "status"], ["sansang", "user", "add", "x"], ["sansang", "revoke"],
  ]) {
    const result = run(name, ...args);
    assert.equal(result.status, 2, `${name} ${args.join(" ")}: ${result.status} ${result.stderr}`);
    assert.match(result.stderr, /usage|expected|no kind of/i, `${name} ${args.join(" ")}: ${result.stderr}`);
  }
});

test("the command without a collector says which socket, exit 1", () => {
  const result = run("sansang", "--socket", join(dir, "none.sock"), "status");
  assert.equal(result.status, 1);
  assert.match(result.stderr, /none\.sock/);
});

test("a second collector on one state folder is refused, the first goes on; a taken port is named", async () => {
  const way = await Way.start({ province: smallProvince(), mail: false });
  try {
    const second = run("sansang-collector", "--config", join(way.dir, "collector.yaml"));
    assert.equal(second.status, 1, second.stderr);
    assert.match(second.stderr, /another collector/);
    assert.ok(second.stderr.includes(way.state));
    assert.ok(await way.sansang("status"));
    assert.equal((await way.sansang("units")).units.length, 1);
    // its own folder, but the same ports
    const text = readFileSync(join(way.dir, "collector.yaml"), "utf8").replace(/^state_dir: .*/m, `state_dir: ${join(way.dir, "other")}`);
    writeFileSync(join(way.dir, "other.yaml"), text.replace(/^web: .*/m, `web: { listen: "127.0.0.1:${await freePort()}" }`));
    const third = run("sansang-collector", "--config", join(way.dir, "other.yaml"));
    assert.equal(third.status, 1, third.stderr);
    assert.match(third.stderr, new RegExp(`${way.agentPort}`));
    assert.ok(await way.sansang("status"));
  } finally {
    await way.stop();
  }
});
