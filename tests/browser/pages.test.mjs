// Every page in Chromium against the mock: what it shows, in both languages and themes, wide and narrow, for axe and for the phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dashboardFolder, openPage, sidewaysScroll, startBrowser, violations } from "./browser.mjs";
import { HOSTILE } from "./fixture.mjs";
import { startMock } from "./mock.mjs";

const folder = dashboardFolder();
let browser;
before(async () => {
	browser = await startBrowser();
});
after(() => browser?.close());

async function withMock(options, body) {
	const server = await startMock(folder, options);
	try {
		await body(server);
	} finally {
		await server.stop();
	}
}

async function withPage(server, options, body) {
	const page = await openPage(browser, server.url, options);
	try {
		await body(page);
		assert.deepEqual(page.faults, []);
	} finally {
		await page.context().close();
	}
}

const WAIT_FOR = { "/": ".map .place", "/?view=list": "table.rows tbody tr", "/units": "table.rows tbody tr", "/units/bat-xat": ".chart .u-over", "/incidents": ":is(table.rows tbody tr, .incident-rows li)", "/find?q=bac%20ha": ".place-card .four-lamps", "/nodes": "table.rows tbody tr" };
const SIZES = [
	{ width: 1920, height: 1080, theme: "light", language: "vi" },
	{ width: 1366, height: 768, theme: "dark", language: "en" },
	{ width: 390, height: 844, theme: "light", language: "en", hasTouch: true, isMobile: true },
	{ width: 390, height: 844, theme: "dark", language: "vi", hasTouch: true, isMobile: true },
];

async function firstIncident(mock) {
	return mock.incidents.find((i) => i.state === "open").id;
}

for (const size of SIZES) {
	test(`every page at ${size.width} px, ${size.theme}, ${size.language}: shown, no sideways scroll, axe clean`, async () => {
		await withMock({ session: true }, async (server) => {
			const incident = `/incidents/${encodeURIComponent(await firstIncident(server.mock))}`;
			for (const [address, ready] of [...Object.entries(WAIT_FOR), [incident, ".evidence li"]]) {
				await withPage(server, size, async (page) => {
					await page.at(address);
					await page.locator(ready.startsWith(".chart") ? ".chart" : ready).first().scrollIntoViewIfNeeded();
					await page.waitForSelector(ready);
					await page.evaluate(() => scrollTo(0, 0));
					assert.equal(await page.locator("html").getAttribute("lang"), size.language);
					assert.equal(await sidewaysScroll(page), 0, `${address} scrolls sideways`);
					assert.deepEqual(await violations(page), [], address);
					const banner = size.language === "vi" ? "SỐ LIỆU MÔ PHỎNG" : "SIMULATED DATA";
					assert.equal(await page.locator(".banner.simulated b").innerText(), banner, address);
				});
			}
		});
	});
}

test("province: 99 units on the map, coloured by state, patterned where something is wrong, counts that agree", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1920, height: 1080 }, async (page) => {
			await page.at("/");
			await page.waitForSelector(".map .place");
			assert.equal(await page.locator(".map .place").count(), 99);
			for (const [state, n] of Object.entries(server.mock.counts())) {
				assert.equal(await page.locator(`.map .place.${state}`).count(), n, state);
				assert.equal(await page.locator(`[data-count=${state}] b`).innerText(), String(n), state);
				assert.equal(await page.locator(`.map .place.${state} .overlay`).count(), state === "up" ? 0 : n, `pattern of ${state}`);
			}
			const days = await page.locator(".golive .number").innerText();
			const zone = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Ho_Chi_Minh" });
			const expected = (Date.parse(zone.format(Date.now())) - Date.parse("2025-07-01")) / 86400e3;
			assert.equal(days.replace(/\D/g, ""), String(expected));
			await page.locator("[data-unit=bat-xat]").hover();
			assert.match(await page.locator(".tooltip").innerText(), /Xã Bát Xát[\s\S]*Gián đoạn[\s\S]*mô phỏng[\s\S]*TSLCD/);
			await page.locator("[data-unit=bat-xat]").click();
			await page.waitForSelector("h1:has-text('Xã Bát Xát')");
		});
	});
});

test("seen from outside: said on the map, in the list, on the unit's page and of its gear; nobody there says more", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1920, height: 1080 }, async (page) => {
			await page.at("/");
			await page.waitForSelector(".map .place");
			await page.locator("[data-unit=den-sang]").hover();
			assert.match(await page.locator(".tooltip").innerText(), /nhìn từ ngoài/);
			await page.at("/units");
			await page.waitForSelector("table.rows tbody tr");
			assert.equal(await page.locator("table.rows .tag.outside").count(), server.mock.units.filter((u) => u.vantage === "outside").length);
			await page.at("/units/den-sang");
			await page.waitForSelector(".node-row");
			assert.match(await page.locator("h1").innerText(), /nhìn từ ngoài/);
			assert.match(await page.locator(".site .note").innerText(), /Không có trạm đo/);
			assert.equal(await page.locator(".uplink .tag.outside").count(), 2);
			assert.match(await page.locator(".node-row").innerText(), /den-sang-sw1[\s\S]*đọc bởi core-srv1[\s\S]*nhìn từ ngoài/);
			await page.at("/units/bat-xat");
			await page.waitForSelector(".node-row");
			assert.equal(await page.locator(".tag.outside").count(), 0);
		});
	});
});

test("unit: gear with neighbours and ports, UPS, configuration, notes of services, what happened with its hops", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1366, height: 900, language: "en" }, async (page) => {
			await page.at("/units/bat-xat");
			await page.waitForSelector(".events li");
			const [server1, gear] = [page.locator(".node-row").nth(0), page.locator(".node-row").nth(1)];
			assert.match(await server1.innerText(), /UPS on battery 64 %[\s\S]*configuration 01234567/);
			assert.match(await gear.innerText(), /network gear[\s\S]*10\.20\.1\.2[\s\S]*read by bat-xat-srv1[\s\S]*2 neighbours[\s\S]*16 of 24 ports with carrier/);
			await gear.locator("summary").first().click();
			assert.match(await gear.locator(".neighbours").innerText(), /ge-0-0-1 ↔ core-sw 24 lldp/);
			/* 8 unused ports of a switch are no trouble of the LAN; an unread one would be */
			assert.ok(await page.locator(".four-lamps .up:has-text('LAN')").isVisible());
			assert.ok(await page.locator(".four-lamps .degraded:has-text('Host')").isVisible());
			const land = page.locator("table.services tr:has-text('Đất đai')");
			assert.match(await land.innerText(), /certificate expired or not valid yet[\s\S]*CN=vbdlis\.example, 2025-06-30/);
			assert.match(await page.locator("table.services").innerText(), /certificate: 6 days left/);
			const events = page.locator(".events > li");
			assert.equal(await events.count(), 3);
			assert.match(await events.nth(0).innerText(), /broke after hop 10\.99\.0\.1/);
			await events.nth(0).locator("summary").click();
			assert.match(await page.locator(".hops").innerText(), /10\.99\.0\.1\s+4\.25 ms\s+2\/3/);
			assert.deepEqual(await violations(page), []);
		});
	});
});

test("nodes: gear shows whether it answers and who reads it; an agent that lacks its configuration stands out", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1366, height: 900, language: "en" }, async (page) => {
			await page.at("/nodes?q=bao-ai");
			await page.waitForSelector("table.rows tbody tr");
			const rows = page.locator("table.rows tbody tr");
			assert.equal(await rows.count(), 2);
			assert.match(await page.locator("tr:has-text('bao-ai-sw1')").innerText(), /Up\s+read by bao-ai-srv1/);
			assert.equal(await page.locator("tr:has-text('bao-ai-srv1') td.warn").first().innerText(), "not applied yet");
		});
	});
});

test("map by keyboard: one stop, arrows walk to neighbours, Enter opens", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, {}, async (page) => {
			await page.at("/");
			await page.waitForSelector(".map .place");
			assert.equal(await page.locator(".map .place[tabindex='0']").count(), 1);
			await page.locator(".map .place[tabindex='0']").focus();
			const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-unit"));
			const first = await focused();
			await page.keyboard.press("ArrowDown");
			const second = await focused();
			assert.notEqual(first, second);
			assert.ok(await page.locator(".tooltip").isVisible());
			await page.keyboard.press("Enter");
			await page.waitForURL(`**/#/units/${second}`);
		});
	});
});

test("unit: state with reason, lines against capacity, services by sector, charts with figures, graphs, slip", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1920, height: 1080 }, async (page) => {
			await page.at("/units/bat-xat");
			await page.waitForSelector(".chart .u-over");
			const text = await page.locator("main").innerText();
			for (const part of ["Xã Bát Xát", "Gián đoạn", "Kênh TSLCD (VNPT) đứt", "Đơn vị cũ", "LCI-02683", "1800 1166", "Đất đai (VBDLIS)", "hết giờ chờ", "do Trung ương", "đang kết nối", "Mbit/s"]) assert.ok(text.includes(part), part);
			assert.match(await page.locator(".usage small").first().innerText(), /Đang dùng [\d,]+ \/ 100 Mbit\/s \(\d+%\)/);
			const image = page.locator(".graph img").first();
			const address = new URL(await image.getAttribute("src"), server.url);
			assert.equal(Number(address.searchParams.get("to")) - Number(address.searchParams.get("from")), 86400);
			assert.equal(Number(address.searchParams.get("to")) % 300, 0);
			await page.locator(".choices button", { hasText: "7 ngày" }).first().click();
			await page.waitForURL("**/#/units/bat-xat?range=7d");
			await page.waitForFunction(() => [...document.querySelectorAll(".graph img")].some((i) => Number(new URL(i.src).searchParams.get("to")) - Number(new URL(i.src).searchParams.get("from")) === 7 * 86400));
			await page.getByRole("button", { name: "Phiếu báo hỏng" }).first().click();
			const slip = await page.locator("dialog[open] textarea").inputValue();
			for (const part of ["PHIẾU BÁO HỎNG", "SỐ LIỆU MÔ PHỎNG", "LCI-02683", "1800 1166", "100 Mbit/s", "Xã Bát Xát"]) assert.ok(slip.includes(part), part);
		});
	});
});

test("charts share one cursor, and a drag zooms all of them", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 1366, height: 900 }, async (page) => {
			await page.at("/units/bat-xat");
			await page.locator(".charts").scrollIntoViewIfNeeded();
			await page.waitForSelector(".chart .u-over");
			const first = page.locator(".chart").first();
			await first.locator(".u-over").hover({ position: { x: 100, y: 40 } });
			await page.waitForFunction(() => document.querySelectorAll(".chart-legend .at").length > 1);
			const times = await page.locator(".chart-legend .at").allInnerTexts();
			assert.equal(new Set(times).size, 1, `one instant for all: ${times}`);
			const box = await first.locator(".u-over").boundingBox();
			await page.mouse.move(box.x + 60, box.y + 40);
			await page.mouse.down();
			await page.mouse.move(box.x + 160, box.y + 40, { steps: 5 });
			await page.mouse.up();
			await page.getByRole("button", { name: "Bỏ phóng to" }).click();
			await page.waitForFunction(() => ![...document.querySelectorAll("button")].some((b) => b.textContent === "Bỏ phóng to"));
		});
	});
});

test("search: without accents, by the former name, from the keyboard, all hits shown", async () => {
	await withMock({ session: true }, async (server) => {
		await withPage(server, { width: 390, height: 844 }, async (page) => {
			await page.at("/");
			await page.waitForSelector(".map .place");
			await page.keyboard.press("/");
			await page.keyboard.type("ta ngai cho");
			const option = page.locator(".search [role=option]");
			await option.first().waitFor();
			assert.match(await option.first().innerText(), /Xã Tả Ngài Chồ[\s\S]*đơn vị cũ[\s\S]*nay là Xã Pha Long/);
			await page.keyboard.press("Enter");
			await page.waitForSelector(".place-card .four-lamps");
			assert.match(await page.locator(".place-card").innerText(), /Xã Pha Long[\s\S]*Xã Tả Ngài Chồ[\s\S]*TSLCD[\s\S]*Gọi VNPT TSLCD: 1800 1166/);
			assert.equal(await page.locator(".call").first().getAttribute("href"), "tel:18001166");
			await page.locator(".search input").fill("nam cha");
			await page.keyboard.press("Enter");
			await page.waitForFunction(() => document.querySelectorAll(".place-card").length >= 2);
			const names = (await page.locator(".place-card h2").allInnerTexts()).join();
			assert.ok(names.includes("Xã Nậm Chày") && names.includes("Xã Mường Khương"), names);
			await page.locator(".search input").fill("không có ở đâu");
			await page.keyboard.press("Enter");
			await page.waitForSelector("text=Thử ít chữ hơn");
		});
	});
});

test("names with quotes, HTML, right-to-left marks and 500 letters are text, and fit", async () => {
	await withMock({ session: true, hostile: true }, async (server) => {
		const unit = encodeURIComponent(server.mock.units[0].id);
		const incident = encodeURIComponent(server.mock.incidents[0].id);
		for (const width of [1366, 390]) {
			for (const address of ["/", "/?view=list", `/units/${unit}`, "/incidents", `/incidents/${incident}`, "/find?q=onerror", "/units"]) {
				await withPage(server, { width, height: 800 }, async (page) => {
					await page.at(address);
					await page.waitForFunction((letters) => document.body.innerText.includes(letters), HOSTILE.slice(0, 20));
					assert.equal(await page.evaluate(() => window.broken), undefined);
					assert.equal(await page.locator("img[src=x]").count(), 0);
					assert.equal(await sidewaysScroll(page), 0, `${address} at ${width} scrolls sideways`);
				});
			}
		}
	});
});

test("no units, no map: the pages say so", async () => {
	await withMock({ session: true, units: [], map: { type: "Topology", arcs: [], objects: {} } }, async (server) => {
		server.mock.units = [];
		server.mock.incidents = [];
		server.mock.map = { type: "Topology", arcs: [], objects: {} };
		await withPage(server, {}, async (page) => {
			await page.at("/");
			await page.waitForSelector("text=Chưa có bản đồ");
			await page.waitForSelector("text=Không có sự cố nào đang mở");
			await page.at("/units");
			await page.waitForSelector("text=Không có đơn vị nào khớp");
		});
	});
});
