// way: a real collector, real agents, a real SMTP server, each test with a folder and ports of its own.
//
// const way = await Way.start({ province: {...overrides} }); ... await way.stop();
// Everything listens on 127.0.0.1; processes are ended by pid; the folder is removed when the test passed.
import { spawn, execFile } from "node:child_process";
import { mkdtempSync, writeFileSync, readFileSync, readdirSync, rmSync, existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const build = resolve(process.env.B ?? "build");
const run = promisify(execFile);

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// A port that was free a moment ago.
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// Waits until `what` gives something true; the error says what was last seen.
export async function until(label, what, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      last = await what();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${label}: not within ${seconds} s; last: ${last?.stack ?? JSON.stringify(last)}`);
    await sleep(100);
  }
}

// Whatever happens to a test, its programs end with it.
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Program {
  constructor(name, command, args, options = {}) {
    this.name = name;
    this.output = "";
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
    running.add(this.child);
    this.child.stdin.on("error", () => {});
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (text) => (this.output += text));
    this.ended = new Promise((done) => this.child.on("exit", (code, signal) => {
      running.delete(this.child);
      done((this.result = { code, signal }));
    }));
  }
  get pid() {
    return this.child.pid;
  }
  async stop(signal = "SIGTERM", patience = 20) {
    if (this.result) return this.result;
    this.child.kill(signal);
    const late = setTimeout(() => this.child.kill("SIGKILL"), patience * 1000);
    await this.ended;
    clearTimeout(late);
    return this.result;
  }
}

// The processes below a supervisor, by role: { core: [pid], series: [pid, ...], ... }
export function rolesOf(pid) {
  const roles = {};
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ")[1].split(" ")[1];
      const args = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      const at = args.indexOf("--role");
      if (Number(parent) === pid && at > 0) (roles[args[at + 1].split(":")[0]] ??= []).push(Number(entry));
    } catch {
      // it ended while we looked
    }
  }
  return roles;
}

export class Way {
  static async start(options = {}) {
    const way = new Way();
    way.options = options;
    way.dir = options.dir ?? mkdtempSync(join(tmpdir(), "sansang-way."));
    way.state = join(way.dir, "state");
    way.socket = join(way.state, "sansang.sock");
    [way.agentPort, way.webPort, way.mailPort] = [await freePort(), await freePort(), await freePort()];
    way.programs = [];
    if (options.mail !== false) await way.startMail();
    way.writeConfig();
    writeFileSync(join(way.dir, "province.yaml"), options.province);
    if (options.collector !== false) await way.startCollector();
    return way;
  }

  writeConfig() {
    const extra = this.options.config ?? "";
    writeFileSync(
      join(this.dir, "collector.yaml"),
      `state_dir: ${this.state}
inventory: province.yaml
step: ${this.options.step ?? "10s"}
log: ${this.options.log ?? "info"}
agents: { listen: "127.0.0.1:${this.agentPort}" }
web: { listen: "127.0.0.1:${this.webPort}"${this.options.links ? `, url: "https://127.0.0.1:${this.webPort}"` : ""} }
mail: { server: "smtp://127.0.0.1:${this.mailPort}", tls: off, from: "sansang@laocai.example"${this.options.inbox ? `, inbox: ${this.options.inbox}` : ""} }
${extra}
`,
    );
  }

  async startMail() {
    this.mailDir = join(this.dir, "mail");
    mkdirSync(this.mailDir, { recursive: true });
    this.smtp = this.program("smtpd", "/usr/bin/python3", [resolve("tests/lab/smtpd.py"), String(this.mailPort), this.mailDir]);
    await until("SMTP server", () => this.smtp.output.includes("ready"));
  }

  program(name, command, args, options) {
    const program = new Program(name, command, args, options);
    this.programs.push(program);
    return program;
  }

  async startCollector() {
    this.collector = this.program("collector", join(build, "sansang-collector"), ["--config", join(this.dir, "collector.yaml")]);
    await until("collector", async () => {
      if (this.collector.result) throw new Error(this.collector.output);
      // every role answers: the last one to start listens too
      return existsSync(this.socket) && (await this.sansang("status")).silent.length === 0 && (await this.http("/")).status;
    });
  }

  // One command of the operators' line, parsed.
  async sansang(...args) {
    const { stdout } = await run(join(build, "sansang"), ["--socket", this.socket, "--json", ...args], { maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  }
  async sansangText(...args) {
    return (await run(join(build, "sansang"), ["--socket", this.socket, ...args], { maxBuffer: 1 << 26 })).stdout;
  }

  async agentConfig(node, extra = "") {
    const dir = join(this.dir, node);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "token"), await this.sansangText("token", node), { mode: 0o600 });
    writeFileSync(
      join(dir, "agent.yaml"),
      `collector: "127.0.0.1:${this.agentPort}"
node: ${node}
token_file: token
state_dir: ${join(dir, "state")}
${extra}
`,
    );
    return join(dir, "agent.yaml");
  }
  startAgent(node) {
    return this.program(`agent ${node}`, join(build, "sansang-agent"), ["--config", join(this.dir, node, "agent.yaml")]);
  }
  // Enrols and starts an agent, waits until the collector sees it.
  async addAgent(node, extra) {
    await this.agentConfig(node, extra);
    const agent = this.startAgent(node);
    await until(`agent ${node} connected`, async () => {
      if (agent.result) throw new Error(agent.output);
      return (await this.node(node)).agent === "connected";
    });
    return agent;
  }
  async node(id) {
    return (await this.sansang("nodes")).nodes.find((n) => n.id === id) ?? {};
  }
  async incidents(all = true) {
    return (await this.sansang("incidents", ...(all ? ["--all"] : []))).incidents;
  }

  // Mails in order of arrival, as text.
  mails() {
    return readdirSync(this.mailDir)
      .filter((name) => name.endsWith(".eml"))
      .sort()
      .map((name) => readFileSync(join(this.mailDir, name), "utf8"));
  }

  rrd(...path) {
    return join(this.state, "rrd", ...path) + ".rrd";
  }
  // Rows of a file by plain rrdtool: [{ at, values: { name: number|NaN } }]
  async fetch(path, start, end, step = 10) {
    const { stdout } = await run("rrdtool", ["fetch", path, "AVERAGE", "-r", String(step), "-s", String(start), "-e", String(end)], {
      maxBuffer: 1 << 26,
    });
    const [head, ...rows] = stdout.trim().split("\n").filter((line) => line.trim());
    const names = head.trim().split(/\s+/);
    return rows.map((row) => {
      const [at, rest] = row.split(": ");
      const numbers = rest.trim().split(/\s+/).map((v) => (/nan/i.test(v) ? NaN : Number(v)));
      return { at: Number(at), values: Object.fromEntries(names.map((name, i) => [name, numbers[i]])) };
    });
  }

  // HTTPS to the dashboard with the cookie of login().
  http(path, { method = "GET", body, headers = {} } = {}) {
    return new Promise((done, failed) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const req = request(
        {
          host: "127.0.0.1", port: this.webPort, path, method, rejectUnauthorized: false,
          headers: {
            ...(this.cookie ? { cookie: this.cookie, "x-csrf": this.csrf ?? "" } : {}),
            ...(data ? { "content-type": "application/json", "content-length": Buffer.byteLength(data) } : {}),
            ...headers,
          },
        },
        (res) => {
          const chunks = [];
          res.on("data", (chunk) => chunks.push(chunk));
          res.on("end", () => {
            const raw = Buffer.concat(chunks);
            let json;
            try {
              json = JSON.parse(raw);
            } catch {
              // not JSON: a picture or a page
            }
            done({ status: res.statusCode, headers: res.headers, raw, json });
          });
        },
      );
      req.on("error", failed);
      req.end(data);
    });
  }
  async login(name = "admin", password = readFileSync(join(this.state, "admin.password"), "utf8").trim()) {
    const answer = await this.http("/api/v1/login", { method: "POST", body: { name, password } });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.raw}`);
    this.cookie = answer.headers["set-cookie"][0].split(";")[0];
    this.csrf = answer.json.csrf;
    return answer;
  }

  async stop(keep = false) {
    for (const program of [...this.programs].reverse()) await program.stop();
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }
}

// One unit, one site, one server; services by id to "host:port".
export function smallProvince(services = {}, extra = "") {
  const rows = Object.entries(services)
    .map(([id, target]) => `  - { id: ${id}, name: "Dịch vụ ${id}", sector: land, responsible: province, check: { tcp: "${target}" }, checked_by: all }`)
    .join("\n");
  return `province: { id: lao-cai, name: "Lào Cai", trial_from: 2025-06-01, go_live: 2025-07-01T00:00:00+07:00 }
contacts:
  - { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, language: vi }
units:
  - { id: ta-ngai-cho, name: "Xã Tả Ngài Chồ", kind: commune, until: 2025-07-01 }
  - { id: pha-long, name: "Xã Pha Long", kind: commune, code: "02752", from: 2025-07-01, formed_from: [ta-ngai-cho] }
sites:
  - id: pl-hq
    name: "Trụ sở xã Pha Long"
    role: service-centre
    required: yes
    lat: 22.8
    lon: 104.2
    units: [ { unit: ta-ngai-cho, until: 2025-07-01 }, { unit: pha-long, from: 2025-07-01 } ]
    uplinks: [ { id: pl-ts, kind: tslcd, carrier: VNPT, circuit: "LCI-0421", hotline: "0214 119", capacity_mbps: 100, terminal: 127.0.0.1, gateway: 127.0.0.1 } ]
nodes:
  - { id: pl-srv1, site: pl-hq, kind: server }
${rows ? `services:\n${rows}\n` : ""}${extra}`;
}

// A TCP service that can be stopped and started again on its port.
export class Service {
  constructor(port) {
    this.port = port;
  }
  async start() {
    this.server = createServer((socket) => socket.on("error", () => {}).end());
    await new Promise((done) => this.server.listen(this.port, "127.0.0.1", done));
    return this;
  }
  async stop() {
    await new Promise((done) => this.server.close(done));
  }
}
