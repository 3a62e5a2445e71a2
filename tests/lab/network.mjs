// network: hosts of a test's own, in network namespaces: const net = new Network(); net.host("box"); net.wire("box", "10.1.0.2/24", "router", "10.1.0.1/24"); ... net.remove()
import { execFileSync, spawnSync } from "node:child_process";
import { Program } from "./way.mjs";

export const mayMakeNetworks = process.getuid() === 0 && spawnSync("ip", ["netns", "list"]).status === 0;
export const noNetworks = mayMakeNetworks ? false : "network namespaces need root and iproute2";

let made = 0;

export class Network {
  constructor() {
    this.prefix = `ss${process.pid}x${made++}`;
    this.hosts = new Map();
    this.wires = 0;
    this.programs = [];
  }
  host(name) {
    const netns = `${this.prefix}-${name}`;
    execFileSync("ip", ["netns", "add", netns]);
    this.hosts.set(name, netns);
    this.do(name, "ip link set lo up");
    return netns;
  }
  // A shell command on that host.
  do(name, command) {
    return execFileSync("ip", ["netns", "exec", this.hosts.get(name), "sh", "-ec", command], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
  // A cable; each end is named after the other host and gets its addresses ("10.1.0.1/24", or several).
  wire(a, aAddresses, b, bAddresses) {
    const [x, y] = [`${this.prefix}w${this.wires}a`.slice(-15), `${this.prefix}w${this.wires}b`.slice(-15)];
    this.wires++;
    execFileSync("ip", ["link", "add", x, "type", "veth", "peer", "name", y]);
    for (const [end, host, other, addresses] of [[x, a, b, aAddresses], [y, b, a, bAddresses]]) {
      execFileSync("ip", ["link", "set", end, "netns", this.hosts.get(host), "name", other]);
      for (const address of [addresses].flat()) this.do(host, `ip addr add ${address} dev ${other} ${address.includes(":") ? "nodad" : ""}`);
      this.do(host, `ip link set ${other} up`);
    }
  }
  router(name) {
    this.do(name, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000");
  }
  start(host, name, command, args, options) {
    const program = new Program(name, "ip", ["netns", "exec", this.hosts.get(host), command, ...args], options);
    this.programs.push(program);
    return program;
  }
  async remove() {
    for (const program of this.programs) await program.stop("SIGTERM", 5);
    for (const netns of this.hosts.values()) spawnSync("ip", ["netns", "del", netns]);
  }
}
