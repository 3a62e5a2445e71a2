// The dashboard against a real collector and a real agent: log in, map, unit, search, a service that stops and returns,
// acknowledging, a new session after the collector was away.
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { build, freePort, Service, smallProvince, until, Way } from "../lab/way.mjs";
import { openPage, startBrowser, violations } from "./browser.mjs";

const borders = fileURLToPath(new URL("../../examples/lao-cai/communes.topojson", import.meta.url));
const ready = existsSync(join(build, "sansang-collector")) && existsSync(join(build, "dashboards/index.html"));
let browser, way, service, page;

/** The small province of the lab, with Lào Cai's map and a second unit that is only simulated. */
function province(port) {
	return smallProvince({ land: `127.0.0.1:${port}` })
		.replace("go_live:", "map: communes.topojson, go_live:")
		.replace("\nsites:", '\n  - { id: bat-xat, name: "Xã Bát Xát", kind: commune, code: "02683", from: 2025-07-01 }\nsites:')
		.replace("\nnodes:", '\n  - { id: bx-hq, name: "Trụ sở xã Bát Xát", role: service-centre, required: yes, simulated: yes, units: [ { unit: bat-xat, from: 2025-07-01 } ] }\nnodes:');
}

before(async () => {
	if (!ready) return;
	service = await new Service(await freePort()).start();
	browser = await startBrowser();
	way = await Way.start({ province: province(service.port), mail: false, collector: false, step: "2s" });
	cpSync(borders, join(way.dir, "communes.topojson"));
	await way.startCollector();
	await until("the web role", () => way.login());
	await way.addAgent("pl-srv1");
	await until("the unit is up", async () => (await way.http("/api/v1/units/pha-long")).json?.state === "up");
	page = await openPage(browser, `https://127.0.0.1:${way.webPort}`, { width: 1366, height: 768 });
});
after(async () => {
	await browser?.close();
	await way?.stop();
	await service?.stop();
});

const skip = ready ? false : "needs build/sansang-collector and build/dashboards: run make";

async function logIn() {
	await page.getByLabel("Tên đăng nhập").fill("admin");
	await page.getByLabel("Mật khẩu").fill(readFileSync(join(way.state, "admin.password"), "utf8").trim());
	await page.getByRole("button", { name: "Đăng nhập" }).click();
}

test("real: login and the map of the units in force", { skip }, async () => {
	await page.at("/");
	await logIn();
	await page.waitForSelector("[data-unit=pha-long].up");
	assert.equal(await page.locator(".map .place").count(), 2);
	assert.equal(await page.locator("[data-unit=bat-xat]").getAttribute("class"), "place unobserved");
	await page.waitForSelector(".banner.simulated:has-text('SỐ LIỆU MÔ PHỎNG')");
	await page.waitForSelector(".live.live");
	assert.deepEqual(await violations(page), []);
});

test("real: look-up by the former name without accents", { skip }, async () => {
	await page.keyboard.press("/");
	await page.keyboard.type("ta ngai cho");
	await page.locator(".search [role=option]", { hasText: "nay là Xã Pha Long" }).waitFor();
	await page.keyboard.press("Enter");
	await page.waitForSelector(".place-card .four-lamps .up");
	assert.match(await page.locator(".place-card").innerText(), /Xã Pha Long[\s\S]*Xã Tả Ngài Chồ[\s\S]*0214 119/);
});

test("real: the unit with its line, service, agent and graphs", { skip }, async () => {
	await until("files on disk", async () => {
		await way.http("/api/v1/series?file=pl-hq/pl-srv1/uplink&rows=10"); // what is read is written first
		return (await way.http("/api/v1/units/pha-long")).json?.graphs.some((g) => g.target.endsWith("/uplink"));
	}, 60);
	await page.at("/units/pha-long?range=3h");
	await page.waitForSelector(".services .badge.up");
	const text = await page.locator("main").innerText();
	for (const part of ["Xã Pha Long", "Xã Tả Ngài Chồ", "LCI-0421", "0214 119", "Dịch vụ land", "pl-srv1", "đang kết nối"]) assert.ok(text.includes(part), part);
	await page.locator(".graphs").scrollIntoViewIfNeeded();
	await page.waitForFunction(() => [...document.querySelectorAll(".graph img")].some((i) => i.complete && i.naturalWidth > 100));
	await page.waitForFunction(() => document.querySelector(".chart .u-over"));
	assert.deepEqual(await violations(page), []);
});

test("real: a stopped service turns the unit on the open map, its incident is acknowledged, and it recovers", { skip }, async () => {
	await page.at("/");
	await page.waitForSelector("[data-unit=pha-long].up");
	await service.stop();
	await page.waitForSelector("[data-unit=pha-long].down", { timeout: 60_000 });
	await page.locator(".incident-rows a", { hasText: "Xã Pha Long" }).first().click();
	await page.waitForSelector(".evidence li");
	await page.getByLabel("Ghi chú").fill("đang xem");
	await page.getByRole("button", { name: "Tiếp nhận xử lý" }).click();
	await page.waitForSelector("text=Đã tiếp nhận bởi admin");
	await service.start();
	await page.waitForSelector("h1 .tag.resolved", { timeout: 60_000 });
	await page.at("/");
	await page.waitForSelector("[data-unit=pha-long].up");
});

test("real: the collector goes away and comes back; the screen says so and mends itself", { skip }, async () => {
	await page.at("/");
	await page.waitForSelector(".live.live");
	await way.collector.stop();
	await page.waitForSelector(".banner.lost", { timeout: 20_000 });
	await way.startCollector();
	await page.waitForSelector(".live.live, main.login", { timeout: 60_000 });
	if (await page.locator("main.login").count()) await logIn();
	await page.waitForSelector("[data-unit=pha-long]");
	assert.deepEqual(page.faults, []);
});
