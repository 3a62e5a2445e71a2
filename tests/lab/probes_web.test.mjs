// `sansang-agent probe tls|http` against real servers: openssl s_server, nginx, and servers that behave badly.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { createServer as createWeb } from "node:http";
import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, Way, build, freePort, smallProvince, until } from "./way.mjs";

const dir = mkdtempSync(join(tmpdir(), "sansang-web."));
const at = (name) => join(dir, name);
const programs = [];
const servers = [];
const sockets = new Set();
const ca = at("root.crt");
let web, webSecure; // nginx's ports

// ---- asking ----

function probe(...words) {
  return new Promise((done) =>
    execFile(join(build, "sansang-agent"), ["probe", ...words, "--json"], { timeout: 60000 }, (error, stdout, stderr) => {
      let result = {};
      try {
        result = JSON.parse(stdout);
      } catch {
        result = { broken: stdout + stderr };
      }
      done({ ...result, exit: error ? error.code : 0, stderr });
    }),
  );
}

async function assertUp(...words) {
  const r = await probe(...words);
  assert.equal(r.up, true, `${words.join(" ")}: ${JSON.stringify(r)}`);
  assert.equal(r.reason, "ok");
  assert.equal(r.exit, 0);
  return r;
}

async function assertDown(reason, note, ...words) {
  const r = await probe(...words);
  assert.equal(r.up, false, `${words.join(" ")}: ${JSON.stringify(r)}`);
  assert.equal(r.reason, reason, JSON.stringify(r));
  assert.match(r.note, note, JSON.stringify(r));
  assert.equal(r.exit, 1);
  return r;
}

// Most of a test is waiting: the agent asks three times before it says down.
const all = (...promises) => Promise.all(promises);

// ---- certificates ----

function openssl(...args) {
  const r = spawnSync("openssl", args, { cwd: dir, encoding: "utf8" });
  assert.equal(r.status, 0, `openssl ${args.join(" ")}\n${r.stderr}`);
  return r.stdout;
}

const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().replace(/[-:T]|\.\d+/g, "");

// A certificate of `by`, with its key; dates in days from now.
function issue(name, subject, extensions, { by = "root", from = -1, until: to = 90 } = {}) {
  writeFileSync(at(`${name}.ext`), extensions.join("\n") + "\n");
  openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
  openssl(
    "ca", "-batch", "-notext", "-utf8", "-config", `${by}.cnf`, "-extfile", `${name}.ext`, "-startdate", day(from), "-enddate", day(to),
    "-in", `${name}.csr`, "-out", `${name}.crt`,
  );
}

function makeAuthority(name, subject, by) {
  writeFileSync(
    at(`${name}.cnf`),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${at(name)}.index\nrand_serial=yes\nnew_certs_dir=${dir}\ncertificate=${at(name)}.crt
private_key=${at(name)}.key\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=optional\norganizationName=optional\n`,
  );
  writeFileSync(at(`${name}.index`), "");
  if (by) return issue(name, subject, ["basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash"], { by, until: 800 });
  openssl(
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "900", "-keyout", `${name}.key`,
    "-out", `${name}.crt`, "-subj", subject, "-addext", "basicConstraints=critical,CA:TRUE",
  );
}

const forLand = ["subjectAltName=DNS:land.example,IP:127.0.0.1,IP:::1", "extendedKeyUsage=serverAuth"];

function makeCertificates() {
  makeAuthority("root", "/CN=Lao Cai test root");
  makeAuthority("middle", "/CN=Lao Cai test intermediate", "root");
  issue("good", "/CN=land.example", forLand);
  issue("soon", "/CN=land.example", forLand, { until: 7.5 });
  issue("expired", "/CN=land.example", forLand, { from: -60, until: -30 });
  issue("early", "/CN=land.example", forLand, { from: 10 });
  issue("other", "/CN=other.example", ["subjectAltName=DNS:other.example,DNS:www.other.example,DNS:third.example"]);
  issue("wildcard", "/CN=x", ["subjectAltName=DNS:*.land.example"]);
  issue("common", "/CN=land.example", ["basicConstraints=CA:FALSE"]);
  issue("nameless", "/", ["basicConstraints=CA:FALSE"]);
  issue("utf8", "/CN=Cổng đất đai Lào Cai\u202eevil", ["basicConstraints=CA:FALSE"]);
  issue("client", "/CN=land.example", ["subjectAltName=DNS:land.example,IP:127.0.0.1", "extendedKeyUsage=clientAuth"]);
  issue("below", "/CN=land.example", forLand, { by: "middle" });
  issue("revoked", "/CN=land.example", forLand);
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-keyout", "self.key", "-out", "self.crt",
    "-subj", "/CN=land.example", "-addext", "subjectAltName=DNS:land.example,IP:127.0.0.1");
  openssl("ca", "-config", "root.cnf", "-revoke", "revoked.crt");
  for (const name of ["good", "revoked"]) {
    openssl("ocsp", "-issuer", "root.crt", "-cert", `${name}.crt`, "-reqout", `${name}.req`);
    openssl("ocsp", "-index", "root.index", "-CA", "root.crt", "-rsigner", "root.crt", "-rkey", "root.key", "-reqin", `${name}.req`, "-respout", `${name}.ocsp`, "-ndays", "7");
  }
  writeFileSync(at("garbage.ocsp"), Buffer.from("not an answer of a responder"));
}

// ---- servers ----

async function tlsServer(name, ...options) {
  const port = await freePort();
  const program = new Program(`s_server ${name}`, "openssl", ["s_server", "-accept", String(port), "-cert", at(`${name}.crt`), "-key", at(`${name}.key`), "-www", ...options], { cwd: dir });
  programs.push(program);
  await until(`s_server ${name}`, () => program.output.includes("ACCEPT") || (program.result && assert.fail(program.output)));
  return `127.0.0.1:${port}`;
}

// What a server does with each connection.
async function badServer(behave, host = "127.0.0.1") {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    behave(socket);
  });
  servers.push(server);
  await new Promise((done) => server.listen(0, host, done));
  return `${host.includes(":") ? `[${host}]` : host}:${server.address().port}`;
}
const says = (text) => badServer((socket) => socket.once("data", () => socket.end(text)));

async function startNginx() {
  const [closed, upstream] = [await freePort(), createWeb(serveUpstream)];
  [web, webSecure] = [await freePort(), await freePort()];
  await new Promise((done) => upstream.listen(0, "127.0.0.1", done));
  servers.push(upstream);
  const big = Array.from({ length: 45 }, (_, i) => `add_header X-Big-${i} "${"x".repeat(1900)}";`).join("\n");
  const many = Array.from({ length: 220 }, (_, i) => `add_header X-Many-${i} "${i}";`).join("\n");
  mkdirSync(at("www"), { recursive: true });
  writeFileSync(at("www/page.html"), "<h1>Cổng dịch vụ công</h1>\n" + "-".repeat(100000) + "\nthe last line\n");
  writeFileSync(at("www/slow.bin"), "s".repeat(60000));
  writeFileSync(
    at("nginx.conf"),
    `daemon off; master_process off; pid ${at("nginx.pid")}; error_log ${at("error.log")};
events { worker_connections 64; }
http {
  log_format agent '$request|$http_host|$http_user_agent|$status|$ssl_session_reused';
  access_log ${at("access.log")} agent;
  client_body_temp_path ${at("t1")}; proxy_temp_path ${at("t2")}; fastcgi_temp_path ${at("t3")}; uwsgi_temp_path ${at("t4")}; scgi_temp_path ${at("t5")};
  server {
    listen 127.0.0.1:${web}; listen [::1]:${web};
    listen 127.0.0.1:${webSecure} ssl; listen [::1]:${webSecure} ssl;
    ssl_certificate ${at("good.crt")}; ssl_certificate_key ${at("good.key")};
    root ${at("www")};
    location = / { return 200 "hello\\n"; }
    location = /to-page { return 302 /page.html; }
    location = /relative/here { return 301 there?x=1; absolute_redirect off; }
    location = /relative/there { return 200 "there $args"; }
    location = /loop { return 302 /loop; }
    location = /away { return 302 https://login.elsewhere.example/start; }
    location = /secure { return 301 https://$host:${webSecure}/; }
    location = /down { return 302 http://127.0.0.1:${web}/; }
    location = /mail { return 302 mailto:a@b; }
    location = /bad-gateway { proxy_pass http://127.0.0.1:${closed}/; }
    location /up/ { proxy_pass http://127.0.0.1:${upstream.address().port}/; proxy_http_version 1.1; proxy_buffering off; }
    location = /big { ${big} return 200 "big"; }
    location = /many { ${many} return 200 "many"; }
    location = /none { return 204; }
    location = /slow.bin { limit_rate 1k; }
    location = /silent { return 444; }
    location = /secret { return 401; }
  }
}
`,
  );
  const nginx = new Program("nginx", "/usr/sbin/nginx", ["-c", at("nginx.conf"), "-e", at("error.log")], { cwd: dir });
  programs.push(nginx);
  await until("nginx", async () => (nginx.result ? assert.fail(nginx.output) : (await fetch(`http://127.0.0.1:${web}/`)).ok));
}

// Without a length it is sent in chunks.
function serveUpstream(request, response) {
  if (request.url === "/chunked") {
    response.write("first piece nee");
    return setTimeout(() => response.end("dle last piece"), 50);
  }
  return setTimeout(() => response.end("late"), 30000).unref();
}

before(async () => {
  makeCertificates();
  await startNginx();
});

after(async () => {
  for (const program of programs) await program.stop();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) {
    server.closeAllConnections?.();
    server.close();
  }
  if (!process.exitCode) rmSync(dir, { recursive: true });
});

// ---- tls ----

test("tls: a good certificate, its figures", async () => {
  const server = await tlsServer("good");
  const r = await assertUp("tls", server, "--ca", ca);
  assert.equal(r.version, 13);
  assert.equal(r.trusted, 1);
  assert.equal(r.name_ok, 1);
  assert.equal(r.stapled, 0);
  assert.ok(r.days_left > 89 && r.days_left <= 90, JSON.stringify(r));
  assert.ok(r.handshake_ms > 0 && r.connect_ms > 0 && r.total_ms > r.handshake_ms);
  assert.equal(r.note, "");
  await assertUp("tls", server, "--ca", ca, "--name", "land.example");
  const other = await assertDown("name-mismatch", /certificate is for land\.example, 127\.0\.0\.1 and 1 more, not for portal\.example/, "tls", server, "--ca", ca, "--name", "portal.example");
  assert.equal(other.name_ok, 0);
  assert.equal(other.trusted, 1);
});

test("tls: who signed it, for whom, until when", async () => {
  const servers = {};
  for (const name of ["soon", "expired", "early", "other", "wildcard", "common", "nameless", "utf8", "client", "self", "below"]) servers[name] = await tlsServer(name);
  const land = ["--ca", ca, "--name", "land.example"];

  const soon = await assertUp("tls", servers.soon, ...land);
  assert.match(soon.note, /ends in 7 days/);
  const expired = await assertDown("expired", new RegExp(`certificate of land\\.example ended ${day(-30).replace(/(....)(..)(..).*/, "$1-$2-$3")}`), "tls", servers.expired, ...land);
  assert.ok(expired.days_left < -29 && expired.days_left > -31);
  assert.equal(expired.trusted, 1);
  assert.equal(expired.version, 13);
  assert.match((await assertUp("tls", servers.common, ...land)).note, /common name only/);
  await all(
    assertDown("expired", /not valid before/, "tls", servers.early, ...land),
    assertDown("name-mismatch", /other\.example, www\.other\.example and 1 more/, "tls", servers.other, ...land),
    assertUp("tls", servers.wildcard, "--ca", ca, "--name", "www.land.example"),
    assertDown("name-mismatch", /\*\.land\.example/, "tls", servers.wildcard, "--ca", ca, "--name", "a.b.land.example"),
    assertDown("name-mismatch", /nobody in particular/, "tls", servers.nameless, ...land),
    assertDown("name-mismatch", /Cổng đất đai Lào Cai\?evil/, "tls", servers.utf8, ...land),
    assertDown("certificate", /purpose/, "tls", servers.client, ...land),
    assertDown("untrusted", /signed by itself/, "tls", servers.self, ...land),
    assertUp("tls", servers.self, "--ca", at("self.crt"), "--name", "land.example"),
    assertDown("untrusted", /nobody we trust vouches for the issuer, Lao Cai test intermediate/, "tls", servers.below, ...land),
    assertUp("tls", servers.below, "--ca", at("middle.crt"), "--name", "land.example"),
  );
});

test("tls: the system's authorities do not know ours; --insecure reports and lets pass", async () => {
  const server = await tlsServer("expired");
  const r = await assertDown("expired", /ended/, "tls", server);
  assert.equal(r.trusted, 0);
  const lenient = await assertUp("tls", server, "--insecure", "--name", "portal.example");
  assert.equal(lenient.trusted, 0);
  assert.equal(lenient.name_ok, 0);
  assert.match(lenient.note, /ended/);
});

test("tls: the whole chain from the server, an address as name, IPv6", async () => {
  writeFileSync(at("chain.pem"), readFileSync(at("middle.crt")));
  const server = await tlsServer("below", "-cert_chain", at("chain.pem"));
  const r = await assertUp("tls", server, "--ca", ca);
  assert.ok(r.days_left < 90);
  const six = await assertUp("tls", `[::1]:${webSecure}`, "--ca", ca);
  assert.equal(six.name_ok, 1);
  await assertUp("tls", `[::1]:${webSecure}`, "--ca", ca, "--source", "::1", "--interface", "lo");
});

test("tls: a stapled answer is good, revoked, or of no use", async () => {
  assert.equal((await assertUp("tls", await tlsServer("good", "-status_file", at("good.ocsp")), "--ca", ca)).stapled, 1);
  assert.equal((await assertDown("revoked", /revoked/, "tls", await tlsServer("revoked", "-status_file", at("revoked.ocsp")), "--ca", ca)).stapled, 2);
  // another certificate's answer
  assert.equal((await assertUp("tls", await tlsServer("good", "-status_file", at("revoked.ocsp")), "--ca", ca)).stapled, 3);
});

test("tls: old versions are reached and named", async () => {
  for (const [option, version, note] of [["-tls1", 10, /speaks only TLSv1/], ["-tls1_1", 11, /speaks only TLSv1\.1/], ["-tls1_2", 12, /^$/]]) {
    const r = await assertUp("tls", await tlsServer("good", option, "-cipher", "ALL:@SECLEVEL=0"), "--ca", ca);
    assert.equal(r.version, version);
    assert.match(r.note, note);
  }
});

test("tls: a server that demands our certificate, or has nothing in common", async () => {
  const r = await assertUp("tls", await tlsServer("good", "-Verify", "1", "-verify_return_error"), "--ca", ca);
  assert.equal(r.version, 13);
  await assertDown("tls", /demands|alert|handshake/, "tls", await tlsServer("good", "-Verify", "1", "-verify_return_error", "-tls1_2"), "--ca", ca);
  await assertDown("tls", /nothing in common/, "tls", await tlsServer("good", "-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256", "-nocert", "-psk", "aabb"), "--ca", ca);
});

test("tls: nobody there, silence, garbage, a broken connection, a huge chain", async () => {
  const chain = at("huge.pem");
  for (let i = 0; i < 250; i++) appendFileSync(chain, readFileSync(at("middle.crt")));
  const [hung] = await all(
    assertDown("hung", /no word of TLS/, "tls", await badServer(() => {})),
    assertDown("refused", /^$/, "tls", `127.0.0.1:${await freePort()}`),
    assertDown("reset", /closed the connection during/, "tls", await badServer((s) => s.end())),
    assertDown("reset", /TLS handshake/, "tls", await badServer((s) => s.once("data", () => s.resetAndDestroy()))),
    assertDown("tls", /does not speak TLS/, "tls", await badServer((s) => s.end("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"))),
    assertDown("tls", /./, "tls", `127.0.0.1:${web}`),
    // a handshake that stops within the server's certificate, as when large packets are lost
    assertDown("timeout", /stopped after \d+ bytes.*large packets/, "tls", await relay(await tlsServer("good"), 300)),
    assertDown("tls", /too large a message/, "tls", await tlsServer("good", "-cert_chain", chain), "--ca", ca),
  );
  assert.ok(hung.connect_ms > 0);
});

// Passes on all that a client says, and the first bytes of the answer.
async function relay(target, most) {
  const { connect } = await import("node:net");
  const [host, port] = target.split(":");
  return badServer((socket) => {
    const far = connect(Number(port), host);
    let left = most;
    sockets.add(far);
    far.on("error", () => {});
    socket.on("close", () => far.destroy());
    socket.on("data", (data) => far.write(data));
    far.on("data", (data) => {
      if (left > 0) socket.write(data.subarray(0, left));
      left -= data.length;
    });
  });
}

// ---- http ----

const url = (path = "/") => `http://127.0.0.1:${web}${path}`;
const secure = (path = "/") => `https://127.0.0.1:${webSecure}${path}`;

test("http: a page, its figures, who we say we are", async () => {
  const r = await assertUp("http", url());
  assert.equal(r.status, 200);
  assert.equal(r.bytes, 6);
  assert.equal(r.redirects, 0);
  assert.equal(r.tls_ms, null);
  assert.ok(r.first_byte_ms > 0 && r.total_ms >= r.first_byte_ms);
  assert.match(readFileSync(at("access.log"), "utf8"), new RegExp(`GET / HTTP/1\\.1\\|127\\.0\\.0\\.1:${web}\\|sansang-agent/\\d+\\.\\d+\\.\\d+ \\(readiness monitor\\)\\|200`));
  await assertUp("http", `http://[::1]:${web}/`);
  await assertUp("http", url(), "--source", "127.0.0.1", "--interface", "lo");
});

test("https: timings, certificate, name; no session is resumed", async () => {
  const r = await assertUp("https", secure(), "--ca", ca);
  assert.ok(r.tls_ms > 0);
  await assertUp("https", `127.0.0.1:${webSecure}`, "--ca", ca);
  await assertUp("https", `https://[::1]:${webSecure}/`, "--ca", ca);
  await assertUp("https", secure(), "--ca", ca, "--name", "land.example");
  const log = readFileSync(at("access.log"), "utf8");
  assert.ok(log.includes(`|land.example:${webSecure}|`), "the name is the Host too");
  assert.ok(!log.includes("|r\n"));
  await assertDown("untrusted", /vouches/, "https", secure());
  const named = await assertDown("name-mismatch", /not for portal\.example/, "https", secure(), "--ca", ca, "--name", "portal.example");
  assert.equal(named.status, 200, "what is behind it is seen all the same");
  await assertUp("https", secure(), "--insecure");
});

test("http: status", async () => {
  const gateway = await assertDown("status", /^HTTP 502$/, "http", url("/bad-gateway"));
  assert.equal(gateway.status, 502);
  await assertDown("status", /^HTTP 404$/, "http", url("/nothing-here"));
  await assertUp("http", url("/nothing-here"), "--status", "200,404");
  await assertDown("status", /^HTTP 200$/, "http", url(), "--status", "201-299");
  await assertUp("http", url("/secret"), "--status", "401");
  await assertUp("http", url("/none"));
});

test("http: header and body", async () => {
  await assertUp("http", url("/page.html"), "--header", "Content-Type: text/html");
  await assertUp("http", url("/page.html"), "--header", "server: nginx");
  await assertDown("content", /no header "Content-Type: image"/, "http", url("/page.html"), "--header", "Content-Type: image");
  await assertUp("http", url("/page.html"), "--body", "Cổng dịch vụ công");
  const all = await assertUp("http", url("/page.html"), "--body", "the last line");
  assert.ok(all.bytes > 100000);
  await assertDown("content", /"maintenance" is not in the first 1000\d\d bytes/, "http", url("/page.html"), "--body", "maintenance");
  await assertUp("http", url("/up/chunked"), "--body", "needle last");
  await assertDown("content", /./, "http", url("/up/chunked"), "--body", "needles");
});

test("http: redirects", async () => {
  const r = await assertUp("http", url("/to-page"), "--body", "the last line");
  assert.equal(r.redirects, 1);
  assert.equal(r.status, 200);
  await assertUp("http", url("/relative/here"), "--body", "there x=1");
  const secured = await assertUp("http", url("/secure"), "--ca", ca, "--body", "hello");
  assert.ok(secured.tls_ms > 0);
  const not = await assertUp("http", url("/loop"), "--redirects", "0");
  assert.equal(not.status, 302);
  const away = await assertUp("http", url("/away"));
  assert.match(away.note, /redirects to login\.elsewhere\.example/);
  assert.equal(away.status, 302);
  await all(
    assertDown("redirects", /more than 5 redirects/, "http", url("/loop")),
    assertDown("redirects", /more than 2 redirects/, "http", url("/loop"), "--redirects", "2"),
    assertDown("status", /HTTP 302; redirects to login/, "http", url("/away"), "--status", "200"),
    assertDown("redirects", /from https to http/, "https", secure("/down"), "--ca", ca),
    assertDown("redirects", /no web address/, "http", url("/mail")),
  );
});

test("http: headers without end, many, large", async () => {
  const flood = await badServer((socket) => {
    const piece = "X-Flood: " + "f".repeat(8000) + "\r\n";
    let sent = 0;
    socket.write("HTTP/1.1 200 OK\r\n");
    const more = () => {
      while (sent < 10e6 && !socket.destroyed) {
        sent += piece.length;
        if (!socket.write(piece)) return socket.once("drain", more);
      }
    };
    more();
  });
  await all(
    assertDown("too-large", /64 KB or 200 lines/, "http", url("/big")),
    assertDown("too-large", /64 KB or 200 lines/, "http", url("/many")),
    assertDown("too-large", /64 KB/, "http", `http://${flood}/`),
    assertDown("too-large", /64 KB/, "http", `http://${await badServer((s) => s.write("HTTP/1.1 200 OK\r\nX: " + "y".repeat(10e6)))}/`),
  );
});

test("http: silence, slowness, garbage, half an answer", async () => {
  await all(
    assertDown("hung", /then said nothing/, "http", `http://${await badServer(() => {})}/`),
    assertDown("hung", /then said nothing/, "http", url("/up/late")),
    assertDown("timeout", /stopped after/, "http", url("/slow.bin")),
    assertDown("timeout", /stopped after/, "http", `http://${await badServer((s) => s.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12"))}/`),
    assertDown("reset", /without an answer/, "http", url("/silent")),
    assertDown("reset", /./, "http", `http://${await badServer((s) => s.once("data", () => s.resetAndDestroy()))}/`),
    assertDown("refused", /^$/, "http", `http://127.0.0.1:${await freePort()}/`),
    assertDown("protocol", /ended too early/, "http", `http://${await says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12")}/`),
    assertDown("protocol", /ended too early/, "http", `http://${await says("HTTP/1.1 200 OK\r\nServ")}/`),
    assertDown("protocol", /not answer in HTTP/, "http", `http://${await says("SSH-2.0-OpenSSH_9.2p1\r\n")}/`),
    assertDown("protocol", /not answer in HTTP/, "http", `http://${await says(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)))}/`),
    assertDown("protocol", /no size/, "http", `http://${await says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}/`),
    assertDown("protocol", /no length/, "http", `http://${await says("HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n")}/`),
    assertDown("status", /HTTP 400/, "http", `http://127.0.0.1:${webSecure}/`),
    assertDown("tls", /does not speak TLS/, "https", `https://127.0.0.1:${web}/`),
  );
  assert.equal((await assertUp("http", `http://${await says("HTTP/1.0 200 OK\r\n\r\nuntil the end")}/`)).bytes, 13);
});

// ---- the agent ----

test("the agent's eyes see the same behind their sandbox, with authorities of a folder and of the inventory", async () => {
  const home = at("way");
  mkdirSync(home);
  writeFileSync(join(home, "root.crt"), readFileSync(ca));
  // the system's own way to keep authorities, with ours among them
  mkdirSync(at("authorities"));
  writeFileSync(at("authorities/ours.crt"), readFileSync(ca));
  openssl("rehash", at("authorities"));
  const services = {
    web: `http: "${secure("/to-page")}", ca_file: root.crt, body: "the last line"`,
    known: `tls: "127.0.0.1:${webSecure}"`,
    name: `tls: "127.0.0.1:${webSecure}", name: portal.example, ca_file: root.crt`,
    old: `tls: "${await tlsServer("expired")}", ca_file: root.crt`,
    gateway: `http: "${url("/bad-gateway")}"`,
  };
  const rows = Object.entries(services).map(([id, check]) => `  - { id: ${id}, name: "${id}", sector: land, responsible: province, check: { ${check} }, checked_by: all }`);
  const { SSL_CERT_FILE } = process.env;
  delete process.env.SSL_CERT_FILE;
  process.env.SSL_CERT_DIR = at("authorities");
  const way = await Way.start({ dir: home, province: smallProvince({}, `services:\n${rows.join("\n")}\n`), mail: false });
  try {
    const agent = await way.addAgent("pl-srv1", `sandbox: { read: [ "${at("authorities")}" ] }`);
    await way.login();
    const seen = await until("five services", async () => {
      const answer = await way.http("/api/v1/nodes/pl-srv1/events?kind=check");
      const texts = answer.json.events.map((event) => `${event.subject} ${event.text}`);
      const missing = Object.keys(services).filter((id) => !texts.some((text) => text.startsWith(`svc:${id} `)));
      if (missing.length) throw new Error(`nothing of ${missing} in ${JSON.stringify(texts)}\n${agent.output}`);
      return texts.join("\n");
    }, 60);
    assert.match(seen, /^svc:web up ok/m);
    assert.match(seen, /^svc:known up ok/m, "looked up in the folder, within the sandbox");
    assert.match(seen, /^svc:name down name-mismatch certificate is for land\.example/m);
    assert.match(seen, /^svc:old down expired certificate of land\.example ended/m);
    assert.match(seen, /^svc:gateway down status HTTP 502/m);
    assert.doesNotMatch(agent.output, /no authorities/);
    await until("figures of web and certificate", () => ["http-web", "tls-known", "svc-old"].every((name) => existsSync(way.rrd("pl-hq", "pl-srv1", name))), 40);
    assert.match(readFileSync(at("access.log"), "utf8"), /\(readiness monitor; node pl-srv1\)/);
  } finally {
    delete process.env.SSL_CERT_DIR;
    if (SSL_CERT_FILE) process.env.SSL_CERT_FILE = SSL_CERT_FILE;
    await way.stop();
  }
});

// ---- the command ----

test("wrong use is said with what was expected, exit 2", async () => {
  for (const [words, said] of [
    [["tls"], /target/], [["tls", "host:0"], /expected HOST/], [["http", "ftp://x/"], /web address/], [["https", "http://x/"], /https:\/\/HOST/],
    [["http", "http://user@x/"], /web address/], [["tls", "x:1", "--status", "200"], /--status is not for tls/], [["http", url(), "--redirects", "x"], /number/],
    [["http", url(), "--status", "fine"], /200-399/], [["icmp", "127.0.0.1", "--count", "0"], /from 1 to 20/],
    [["tls", "x:1", "--ca", at("nothing.pem")], /No such file/], [["tls", "x:1", "--ca", at("nginx.conf")], /PEM/],
    [["http", url(), "more"], /one target/], [["http", url(), "--source", "here"], /address of this host/], [["http", url(), "--nonsense"], /not understood/],
  ]) {
    const r = await probe(...words);
    assert.equal(r.exit, 2, `${words.join(" ")}: ${JSON.stringify(r)}`);
    assert.match(r.stderr, said);
  }
});

test("text for a person: no colour where there is no terminal", () => {
  const run = (...words) => spawnSync(join(build, "sansang-agent"), ["probe", ...words], { encoding: "utf8" });
  const up = run("tls", `127.0.0.1:${webSecure}`, "--ca", ca);
  assert.equal(up.status, 0);
  assert.match(up.stdout, /127\.0\.0\.1:\d+ {2}up\n/);
  assert.match(up.stdout, /version +TLS 1\.[23]\n/);
  assert.match(up.stdout, /days left +\d+\.\d\d d\n/);
  assert.ok(!up.stdout.includes("\x1b"));
  const down = run("http", url("/bad-gateway"));
  assert.equal(down.status, 1);
  assert.match(down.stderr, /down: status\n {2}HTTP 502\n/);
  const half = run("http", url(), "--body");
  assert.equal(half.status, 2);
  assert.match(half.stderr, /expected a value after --body/);
});
