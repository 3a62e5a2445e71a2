// hook: an HTTPS receiver of webhooks with an authority of its own, that checks signatures as a receiver should.
//
// const hook = await Hook.start(dir, { secret, answer: (n) => 204 }); ... hook.posts; await hook.stop();
// `answer` gives the status of the n-th request, or null: the request is read and never answered.
import { execFileSync } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

// An authority and a certificate for 127.0.0.1 in `dir`: hook-ca.pem, hook.crt, hook.key.
function makeCertificate(dir) {
  const at = (name) => join(dir, name);
  if (existsSync(at("hook.crt"))) return;
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-days", "2", "-subj", "/CN=hook authority", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", at("hook-ca.key"), "-out", at("hook-ca.pem"));
  openssl("req", ...key, "-subj", "/CN=hook", "-keyout", at("hook.key"), "-out", at("hook.csr"));
  writeFileSync(at("hook.ext"), "subjectAltName=IP:127.0.0.1\n");
  openssl("x509", "-req", "-in", at("hook.csr"), "-CA", at("hook-ca.pem"), "-CAkey", at("hook-ca.key"), "-CAcreateserial", "-days", "2", "-extfile", at("hook.ext"), "-out", at("hook.crt"));
}

// What every receiver has to do. Throws when the post is not ours.
export function verify(secret, header, body, now = Date.now() / 1000) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
  if (!t || Math.abs(now - Number(t)) > 300) throw new Error(`signature: ${header}`);
  const sum = createHmac("sha256", secret).update(`${t}.`).update(body).digest();
  if (!timingSafeEqual(sum, Buffer.from(v1, "hex"))) throw new Error("signature: another secret or another body");
}

export class Hook {
  static async start(dir, { secret, answer = () => 204 } = {}) {
    makeCertificate(dir);
    const hook = new Hook();
    hook.posts = []; // { headers, body (parsed), raw, signed }
    hook.requests = 0;
    hook.sockets = new Set();
    hook.server = createServer({ cert: readFileSync(join(dir, "hook.crt")), key: readFileSync(join(dir, "hook.key")) }, (req, res) => {
      const chunks = [];
      req.on("data", (chunk) => chunks.push(chunk));
      req.on("error", () => {});
      req.on("end", () => {
        const status = answer(++hook.requests);
        const raw = Buffer.concat(chunks);
        let signed = null;
        try {
          verify(secret, req.headers["x-sansang-signature"], raw);
          signed = true;
        } catch (error) {
          signed = error.message;
        }
        hook.posts.push({ method: req.method, url: req.url, headers: req.headers, raw, body: JSON.parse(raw), signed, status });
        if (status !== null) res.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end();
      });
    });
    hook.server.on("secureConnection", (socket) => {
      hook.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => hook.sockets.delete(socket));
    });
    await new Promise((done) => hook.server.listen(0, "127.0.0.1", done));
    hook.url = `https://127.0.0.1:${hook.server.address().port}/alarm`;
    return hook;
  }
  taken() {
    return this.posts.filter((post) => post.status >= 200 && post.status < 300);
  }
  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
