// Browsers and strangers who do not wait for their answer: they harm their own connection and nobody else.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { Way, sleep, smallProvince } from "./way.mjs";

let way;
before(async () => {
  way = await Way.start({ province: smallProvince(), mail: false });
});
after(() => way?.stop());

const BODY = '{"name":"a","password":"b"}';
const get = (path = "/api/v1/session") => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const post = (path = "/api/v1/logout", body = BODY) => `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function open() {
  const socket = connect({ host: "127.0.0.1", port: way.webPort, rejectUnauthorized: false });
  socket.got = "";
  socket.on("data", (text) => (socket.got += text));
  socket.on("error", () => {});
  socket.on("close", () => (socket.ended = true));
  await new Promise((done) => socket.once("secureConnect", done));
  return socket;
}
// A page for somebody else, on a connection of its own.
async function others() {
  const socket = await open();
  socket.write(get("/"));
  for (let i = 0; i < 100 && !/<\/html>/.test(socket.got) && !socket.ended; i++) await sleep(50);
  socket.destroy();
  assert.match(socket.got, /^HTTP\/1\.1 200/);
}

for (const [name, text] of Object.entries({
  "two questions at once": get() + get(),
  "a form behind a question": get() + post(),
  "two forms at once": post() + post(),
  "a form and half a form": post() + post().slice(0, 60),
  "a form with more than it said": `${post()}rubbish`,
  "three, the last a large form": get() + get() + post("/api/v1/logout", `{"a":"${"x".repeat(12000)}"}`),
  "a question with a body": `GET /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello`,
  "a question with a body behind another": `${get()}GET /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello`,
}))
  test(name, async () => {
    const socket = await open();
    socket.write(text);
    await sleep(300);
    await others();
    socket.destroy();
  });

test("in pieces, with pauses", async () => {
  const socket = await open();
  for (const piece of (get() + post() + post()).match(/[^]{1,37}/g)) {
    socket.write(piece);
    await sleep(10);
  }
  await others();
  socket.destroy();
});

test("who waits is served on one connection, large forms too", async () => {
  const socket = await open();
  for (let i = 0; i < 20; i++) {
    socket.got = "";
    socket.write(i % 2 ? post("/api/v1/login", `{"name":"a","password":"${"b".repeat(i * 300)}"}`) : get());
    for (let n = 0; n < 200 && !/\r\n\r\n\{.*\}$/.test(socket.got) && !socket.ended; n++) await sleep(5);
    assert.match(socket.got, /^HTTP\/1\.1 4(01|00|29)/, `request ${i}`);
  }
  socket.destroy();
});
