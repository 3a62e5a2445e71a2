// sansang-agent doctor at a box with a switch port, a router, a line and a province behind it: each fault gets its own culprit.
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, until } from "./way.mjs";
import { Network, noNetworks } from "./network.mjs";

const SERVER = `const net = require("node:net"); for (const port of process.argv.slice(1)) net.createServer((s) => s.on("error", () => {})).listen(Number(port)); console.log("listening");`;

class Box {
  async start() {
    this.dir = mkdtempSync(join(tmpdir(), "sansang-doctor."));
    chmodSync(this.dir, 0o755);
    const net = (this.net = new Network());
    for (const host of ["box", "router", "province"]) net.host(host);
    net.router("router");
    net.wire("box", "10.20.1.10/24", "router", "10.20.1.1/24");
    net.wire("router", "10.1.1.2/24", "province", "10.1.1.1/24");
    net.do("box", "ip route add default via 10.20.1.1");
    net.do("province", "ip addr add 10.0.0.2/32 dev lo; ip route add default via 10.1.1.2");
    net.do("router", "ip route add 10.0.0.2/32 via 10.1.1.1");
    this.server = net.start("province", "server", process.execPath, ["-e", SERVER, "8440", "4430"]);
    await until("server", () => this.server.output.includes("listening"));
    this.config = join(this.dir, "agent.yaml");
    this.state = join(this.dir, "state");
    mkdirSync(this.state);
    this.collector("10.0.0.2:8440");
    this.central({});
    return this;
  }
  collector(target) {
    writeFileSync(this.config, `collector: "${target}"\nnode: mk-srv1\nstate_dir: ${this.state}\n`);
  }
  central({ uplinks = [{ id: "mk-ts", target: "10.1.1.1" }], services = [{ id: "land", type: "tcp", target: "10.0.0.2:4430", every_ms: 10000 }] }) {
    writeFileSync(join(this.state, "central.json"), JSON.stringify({ version: "1", node: "mk-srv1", step_ms: 10000, uplinks, services }));
  }
  doctor(...args) {
    const result = spawnSync("ip", ["netns", "exec", this.net.hosts.get("box"), join(build, "sansang-agent"), "doctor", "--config", this.config, ...args], { encoding: "utf8" });
    assert.ok(result.status === 0 || result.status === 1, `${result.status} ${result.signal}: ${result.stderr}`);
    return result;
  }
  diagnosis(...args) {
    const result = this.doctor("--json", ...args);
    return { status: result.status, ...JSON.parse(result.stdout) };
  }
  codes() {
    return this.diagnosis().findings.filter((f) => f.grade === "bad").map((f) => f.code);
  }
  async stop() {
    await this.net.remove();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

test("doctor: each fault has its own culprit", { skip: noNetworks }, async (t) => {
  const box = await new Box().start();
  t.after(() => box.stop());
  const { net } = box;

  await t.test("all is well: nothing is blamed but an agent that does not run", () => {
    const found = box.diagnosis();
    assert.deepEqual(found.findings.filter((f) => f.grade === "bad"), []);
    assert.equal(found.status, 0);
    for (const [step, code] of [["link", "carrier"], ["address", "address"], ["gateway", "gateway"], ["lines", "line"], ["names", "no-names"], ["collector", "collector"], ["services", "service"]])
      assert.ok(found.findings.some((f) => f.step === step && f.code === code), `${step}: ${code} in ${JSON.stringify(found.findings)}`);
  });

  await t.test("words for people, in Vietnamese first", () => {
    assert.match(box.doctor().stdout, /Dây và cổng mạng\n {2}✓ router: có tín hiệu/);
    assert.match(box.doctor("--language", "en").stdout, /Cable and port\n {2}✓ router: signal/);
  });

  await t.test("a service that is refused", () => {
    box.central({ services: [{ id: "land", type: "tcp", target: "10.0.0.2:4431", every_ms: 10000 }] });
    const found = box.diagnosis("--language", "en");
    assert.equal(found.code, "service-down");
    assert.match(found.findings.find((f) => f.code === "service-down").text, /land: connection refused/);
    assert.equal(found.status, 1);
    box.central({});
  });

  await t.test("a name server that does not answer", () => {
    box.collector("collector.lab:8440");
    writeFileSync(join(box.dir, "resolv.conf"), "nameserver 10.0.0.2\n");
    const run = spawnSync("unshare", ["-m", "sh", "-c", `mount --bind ${box.dir}/resolv.conf /etc/resolv.conf && exec ip netns exec ${net.hosts.get("box")} ${build}/sansang-agent doctor --json --config ${box.config}`], { encoding: "utf8" });
    assert.equal(JSON.parse(run.stdout || "{}").code, "dns", run.stdout + run.stderr);
    box.collector("10.0.0.2:8440");
  });

  await t.test("a collector that is off", () => {
    box.collector("10.0.0.2:8441");
    const found = box.diagnosis("--language", "en");
    assert.equal(found.code, "collector-unreachable");
    assert.match(found.culprit, /the province's collector/);
    box.collector("10.0.0.2:8440");
  });

  await t.test("a firewall on the way", () => {
    net.do("router", "nft add table ip f; nft add chain ip f c '{ type filter hook forward priority 0; }'; nft add rule ip f c ip daddr 10.0.0.2 drop");
    box.central({ services: [] });
    const found = box.diagnosis("--language", "en");
    assert.equal(found.code, "collector-unreachable", JSON.stringify(found.findings));
    assert.match(found.culprit, /line or a firewall/);
    assert.match(found.findings.find((f) => f.code === "path-broken").text, /after hop 1 \(10\.20\.1\.1\)/);
    net.do("router", "nft delete table ip f");
    box.central({});
  });

  await t.test("a line that swallows large packets", () => {
    net.do("router", "nft add table ip f; nft add chain ip f c '{ type filter hook forward priority 0; }'; nft add rule ip f c meta length gt 1300 drop");
    assert.equal(box.diagnosis().code, "mtu-hole");
    net.do("router", "nft delete table ip f");
  });

  await t.test("a line that is down", () => {
    net.do("router", "ip link set province down");
    assert.equal(box.diagnosis().code, "line-down");
    net.do("router", "ip link set province up; ip route replace 10.0.0.2/32 via 10.1.1.1");
  });

  await t.test("a router that is dead behind a switch that is not", () => {
    net.do("router", "ip addr flush dev box");
    net.do("box", "ip neigh flush all");
    const found = box.diagnosis();
    assert.equal(found.code, "gateway-down", JSON.stringify(found.findings));
    net.do("router", "ip addr add 10.20.1.1/24 dev box");
  });

  await t.test("no address, no gateway", () => {
    net.do("box", "ip addr flush dev router");
    assert.ok(["no-address", "no-gateway"].includes(box.diagnosis().code));
    assert.deepEqual(box.codes().slice(0, 2), ["no-address", "no-gateway"]);
    net.do("box", "ip addr add 10.20.1.10/24 dev router; ip route add default via 10.20.1.1");
  });

  await t.test("a cable that is out", () => {
    net.do("router", "ip link set box down");
    assert.equal(box.diagnosis().code, "no-carrier");
    net.do("router", "ip link set box up");
  });

  await t.test("without root it goes as far as it can, and says what it could not see", () => {
    chmodSync(box.state, 0o700);
    const run = spawnSync("ip", ["netns", "exec", net.hosts.get("box"), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", join(build, "sansang-agent"), "doctor", "--json", "--language", "en", "--config", box.config], { encoding: "utf8" });
    const found = JSON.parse(run.stdout);
    assert.ok(found.findings.some((f) => f.code === "carrier"), run.stdout);
    assert.ok(found.findings.some((f) => /again with sudo/.test(f.text)), run.stdout);
    assert.ok(found.findings.some((f) => f.step === "collector" && f.grade === "good"), run.stdout);
    assert.equal(run.status, 0, run.stdout);
  });
});

test("doctor: wrong words are refused with what was expected", () => {
  for (const [args, message] of [[["--colour"], /not understood: --colour/], [["--language", "fr"], /expected vi or en/], [["--config"], /a value is missing/], [["--config", "/nowhere.yaml"], /nowhere\.yaml/]]) {
    const run = spawnSync(join(build, "sansang-agent"), ["doctor", ...args], { encoding: "utf8" });
    assert.equal(run.status, 2);
    assert.match(run.stderr, message);
  }
});
