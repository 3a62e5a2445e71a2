// Traces and MTU checks through four real hops: who answers, who loses, who prohibits, where packets become too big or vanish;
// IPv4 and IPv6, with and without privilege; and a whole agent that says where a line broke.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Network, noNetworks } from "./network.mjs";
import { build } from "./way.mjs";

const skip = noNetworks;
const run = promisify(execFile);
const agent = join(build, "sansang-agent");
const HOSTS = ["box", "r1", "r2", "r3", "far"];
const V4 = "10.77.3.2", V6 = "fd77:3::2";
const HOPS = { [V4]: ["10.77.0.2", "10.77.1.2", "10.77.2.2", V4], [V6]: ["fd77::2", "fd77:1::2", "fd77:2::2", V6] };
let net;

// box -- r1 -- r2 -- r3 -- far; wire i is 10.77.i.0/24 and fd77:i::/64, .1 towards the box
before(() => {
  if (skip) return;
  net = new Network();
  for (const host of HOSTS) {
    net.host(host);
    net.router(host);
    net.do(host, "sysctl -qw net.ipv6.icmp.ratelimit=0");
  }
  for (let i = 0; i < 4; i++) net.wire(HOSTS[i], [`10.77.${i}.1/24`, `fd77:${i}::1/64`], HOSTS[i + 1], [`10.77.${i}.2/24`, `fd77:${i}::2/64`]);
  HOSTS.forEach((host, i) => {
    for (let k = 0; k < 4; k++) {
      const via = k > i ? [`10.77.${i}.2`, `fd77:${i}::2`] : k < i - 1 ? [`10.77.${i - 1}.1`, `fd77:${i - 1}::1`] : null;
      if (via) net.do(host, `ip route add 10.77.${k}.0/24 via ${via[0]}; ip -6 route add fd77:${k}::/64 via ${via[1]}`);
    }
  });
});
after(() => net?.remove());

// What `sansang-agent WORDS --json` says on the box.
async function look(words, { user } = {}) {
  const as = user ? ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] : [];
  try {
    const { stdout } = await run("ip", ["netns", "exec", net.hosts.get("box"), ...as, agent, ...words, "--json"]);
    return JSON.parse(stdout);
  } catch (error) {
    if (!error.stdout) throw error;
    return JSON.parse(error.stdout); // exit 1: not reached
  }
}
const trace = (...words) => look(["trace", ...words]);
const withPort = (target) => (target.includes(":") ? `[${target}]:9` : `${target}:9`);
const addresses = (t) => t.hops.map((hop) => hop[0]);
// Rules at r2 while `body` runs; `hook`: forward or output.
async function rules(hook, rule, body) {
  net.do("r2", `nft 'add table inet t; add chain inet t c { type filter hook ${hook} priority 0; }; add rule inet t c ${rule}'`);
  try {
    return await body();
  } finally {
    net.do("r2", "nft delete table inet t");
  }
}

for (const target of [V4, V6]) {
  test(`${target}: all hops, by ICMP and by TCP`, { skip }, async () => {
    for (const t of await Promise.all([trace(target), trace(withPort(target))])) {
      assert.deepEqual(addresses(t), HOPS[target]);
      assert.equal(t.reached, true);
      assert.equal(t.address, target);
      for (const [, sent, received, rtt] of t.hops) assert.ok(sent === 5 && received === 5 && rtt > 0, JSON.stringify(t));
      assert.deepEqual([t.mtu, t.mtu_full, t.mtu_hop], [1500, 1500, 0]);
    }
    assert.equal((await trace(target)).reason, "ok");
    assert.equal((await trace(withPort(target))).reason, "refused"); // nobody listens there: the answer of the target all the same
  });

  test(`${target}: one hop is thrifty with its answers`, { skip }, async () => {
    const drop = "icmp type time-exceeded numgen inc mod 5 == 0 drop; add rule inet t c icmpv6 type time-exceeded numgen inc mod 5 == 0 drop";
    const t = await rules("output", drop, () => trace(target));
    assert.deepEqual(t.hops.map(([, sent, received]) => [sent, received]), [[5, 5], [5, 4], [5, 5], [5, 5]]);
    assert.equal(t.reached, true);
  });

  test(`${target}: who prohibits is named`, { skip }, async () => {
    await rules("forward", 'oifname "r3" reject with icmpx admin-prohibited', async () => {
      for (const t of [await trace(target), await trace(withPort(target))]) {
        assert.equal(t.reached, false);
        assert.equal(t.reason, "prohibited");
        assert.deepEqual(addresses(t), [HOPS[target][0], HOPS[target][1], HOPS[target][1]]);
        assert.equal(t.hops[2][4], "prohibited");
      }
    });
  });

  test(`${target}: where it breaks off`, { skip }, async () => {
    const t = await rules("forward", "drop", () => trace(target));
    assert.equal(t.reached, false);
    assert.equal(t.reason, "timeout");
    assert.deepEqual(addresses(t), [HOPS[target][0], HOPS[target][1], null]);
  });

  test(`${target}: a smaller MTU, and who says so; no fault of the line`, { skip }, async () => {
    net.do("r2", "ip link set r3 mtu 1400");
    net.do("r3", "ip link set r2 mtu 1400");
    try {
      for (const t of [await trace(target), await trace(withPort(target))])
        assert.deepEqual([t.mtu, t.mtu_full, t.mtu_hop, t.reached], [1400, 1500, 2, true]);
      const probe = await look(["probe", "mtu", target]);
      assert.deepEqual([probe.up, probe.small_ok, probe.full_ok, probe.full_bytes, probe.path_bytes], [true, 1, 1, 1400, 1400]);
    } finally {
      net.do("r2", "ip link set r3 mtu 1500");
      net.do("r3", "ip link set r2 mtu 1500");
      for (const host of HOSTS) net.do(host, "ip route flush cache; ip -6 route flush cache");
    }
  });

  test(`${target}: an MTU hole, how large and behind whom`, { skip }, async () => {
    await rules("forward", "meta length > 1391 drop", async () => {
      const t = await trace(target);
      assert.deepEqual([t.mtu, t.mtu_full, t.mtu_hop, t.mtu_passed, t.reached], [1391, 1500, 0, 2, true]);
      const probe = await look(["probe", "mtu", target]);
      assert.deepEqual([probe.up, probe.reason, probe.small_ok, probe.full_ok, probe.full_bytes], [false, "too-large", 1, 0, 1500]);
      assert.ok(probe.path_bytes <= 1391 && probe.path_bytes > 1380, JSON.stringify(probe)); // the third try comes near
    });
  });

  test(`${target}: plain loss is no hole`, { skip }, async () => {
    const probe = await rules("forward", "meta l4proto { icmp, ipv6-icmp } drop", () => look(["probe", "mtu", target]));
    assert.deepEqual([probe.up, probe.reason, probe.small_ok, probe.full_ok, probe.path_bytes], [true, "timeout", 0, 0, null]);
    // every second packet; three of each size are sent
    const half = await rules("forward", "numgen inc mod 2 == 0 drop", () => look(["probe", "mtu", target]));
    assert.notEqual(half.reason, "too-large");
  });

  test(`${target}: without any right it goes by UDP and says so; TCP needs none`, { skip }, async () => {
    const t = await look(["trace", target], { user: "65534" });
    assert.equal(t.by, "udp");
    assert.deepEqual(addresses(t), HOPS[target]);
    assert.deepEqual([t.reached, t.mtu], [true, 1500]);
    const tcp = await look(["trace", withPort(target)], { user: "65534" });
    assert.equal(tcp.by, "tcp");
    assert.deepEqual(addresses(tcp), HOPS[target]);
    // ping sockets, where the administrator allows them
    const was = net.do("box", "cat /proc/sys/net/ipv4/ping_group_range").trim();
    net.do("box", 'sysctl -qw net.ipv4.ping_group_range="0 70000"');
    const ping = await look(["trace", target], { user: "65534" });
    net.do("box", `sysctl -qw net.ipv4.ping_group_range="${was}"`);
    assert.equal(ping.by, "icmp");
    assert.deepEqual(addresses(ping), HOPS[target]);
  });
}

test("by the line that is asked for", { skip }, async () => {
  net.do("box", "ip addr add 10.77.0.7/24 dev r1");
  assert.equal((await trace(V4, "--source", "10.77.0.7", "--interface", "r1")).reached, true);
  assert.equal((await trace(V4, "--interface", "lo")).reached, false);
  assert.equal((await trace(V4, "--interface", "nosuch")).reason, "local");
  assert.equal((await trace(`${V4}:9`, "--source", "10.9.9.9")).reason, "local");
  assert.equal((await trace("10.99.0.1")).reason, "unreachable");
  assert.equal((await trace("no.such.name.invalid")).reason, "dns");
});

test("wrong words are named", { skip }, async () => {
  for (const words of [[], ["a", "b"], ["10.0.0.1:x"], ["10.0.0.1", "--source"], ["10.0.0.1", "--source", "eth0"], ["--loud"]])
    await assert.rejects(run(agent, ["trace", ...words]), (error) => error.code === 2 && /usage/.test(error.stderr));
});

test("an agent says where a line broke, and is not asked too much", { skip, timeout: 180000 }, async () => {
  const inner = net.start("far", "agent and collector", process.execPath, ["tests/lab/trace_agent.mjs", net.hosts.get("box"), net.hosts.get("r2")], { env: { ...process.env, B: build } });
  const { code } = await inner.ended;
  assert.equal(code, 0, inner.output);
});
