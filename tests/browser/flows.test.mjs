// What people do: log in, switch, acknowledge, watch live, lose the connection and get it back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dashboardFolder, openPage, startBrowser, violations } from "./browser.mjs";
import { startMock } from "./mock.mjs";

const folder = dashboardFolder();
let browser;
before(async () => {
	browser = await startBrowser();
});
after(() => browser?.close());

async function scene(options, body) {
	const server = await startMock(folder, options);
	const page = await openPage(browser, server.url, options?.page);
	try {
		await body(page, server.mock, server);
		assert.deepEqual(page.faults, []);
	} finally {
		await page.context().close();
		await server.stop();
	}
}

async function logIn(page, password = "dungmatkhau") {
	await page.getByLabel("Tên đăng nhập").fill("kythuat");
	await page.getByLabel("Mật khẩu").fill(password);
	await page.getByRole("button", { name: "Đăng nhập" }).click();
}

test("login: a stranger is asked, errors say what to do, and the page asked for comes after", async () => {
	await scene({}, async (page, mock) => {
		await page.at("/units/bat-xat?range=7d");
		await page.waitForSelector("main.login");
		assert.deepEqual(await violations(page), []);
		await logIn(page, "sai");
		await page.waitForSelector("text=Sai tên hoặc mật khẩu");
		mock.refuse = 429;
		await logIn(page);
		await page.waitForSelector("text=Đợi một phút");
		mock.refuse = null;
		await logIn(page);
		await page.waitForURL("**/#/units/bat-xat?range=7d");
		await page.waitForSelector("h1:has-text('Xã Bát Xát')");
	});
});

test("login returns only to pages of its own", async () => {
	for (const next of ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]) {
		await scene({}, async (page, _mock, { url }) => {
			await page.at(`/login?next=${encodeURIComponent(next)}`);
			await logIn(page);
			await page.waitForSelector("main.province");
			assert.equal(page.url(), `${url}/#/`);
		});
	}
});

test("an ended session goes to the login and back, and what was typed is kept", async () => {
	await scene({ session: true }, async (page, mock) => {
		const { id } = mock.incidents.find((i) => i.state === "open");
		await page.at(`/incidents/${encodeURIComponent(id)}`);
		await page.getByLabel("Ghi chú").fill("đã gọi VNPT");
		mock.session = false;
		await page.getByRole("button", { name: "Tiếp nhận xử lý" }).click();
		await page.waitForSelector("text=Phiên làm việc đã hết");
		await logIn(page);
		await page.waitForFunction(() => document.querySelector("textarea")?.value === "đã gọi VNPT");
		await page.getByRole("button", { name: "Tiếp nhận xử lý" }).click();
		await page.waitForSelector("text=Đã tiếp nhận bởi kythuat");
		assert.deepEqual(mock.acks, [{ id, text: "đã gọi VNPT" }]);
	});
});

test("comment and close: a reason is needed, what is still down is refused unless an administrator insists", async () => {
	await scene({ session: true, role: "admin" }, async (page, mock) => {
		const { id } = mock.incidents.find((i) => i.state === "open");
		await page.at(`/incidents/${encodeURIComponent(id)}`);
		const button = (name) => page.getByRole("button", { name, exact: true });
		assert.equal(await button("Đóng sự cố").isDisabled(), true);
		await page.getByLabel("Nội dung").fill("đã thay nguồn");
		await button("Ghi chú").click();
		await page.waitForSelector("text=ghi chú: đã thay nguồn");
		await page.getByLabel("Nội dung").fill("chờ thiết bị mới");
		await button("Đóng sự cố").click();
		await page.waitForSelector("text=still down");
		await page.getByLabel("Đóng dù vẫn còn gián đoạn").check();
		await button("Đóng sự cố").click();
		await page.waitForSelector("h1 .tag.resolved");
		await page.waitForSelector("text=chờ thiết bị mới");
		assert.deepEqual(mock.acts, [
			{ id, act: "comment", text: "đã thay nguồn", forced: undefined },
			{ id, act: "close", text: "chờ thiết bị mới", forced: true },
		]);
	});
});

test("an incident says why: the verdict, the runner-up, what was ruled out and what is known", async () => {
	await scene({ session: true }, async (page, mock) => {
		const { id } = mock.incidents.find((i) => i.cause === "uplink-down" && i.state === "open") ?? mock.incidents[0];
		await page.at(`/incidents/${encodeURIComponent(id)}`);
		await page.waitForSelector("text=Nguyên nhân và căn cứ");
		await page.waitForSelector("text=Đã loại trừ");
		await page.waitForSelector("text=Cổng mạng của máy chủ vẫn có tín hiệu");
		await page.getByText("Những điều đã biết (1)").click();
		await page.waitForSelector("text=Không còn nghe thấy trạm đo");
	});
});

test("a viewer sees who may acknowledge, and no button", async () => {
	await scene({ session: true, role: "viewer" }, async (page, mock) => {
		const { id } = mock.incidents.find((i) => i.state === "open");
		await page.at(`/incidents/${encodeURIComponent(id)}`);
		await page.waitForSelector("text=Chỉ kỹ thuật viên và quản trị");
		assert.equal(await page.getByRole("button", { name: "Tiếp nhận xử lý" }).count(), 0);
	});
});

test("evidence and acts stand in time order", async () => {
	await scene({ session: true }, async (page, mock) => {
		const { id } = mock.incidents.find((i) => i.state === "acknowledged");
		await page.at(`/incidents/${encodeURIComponent(id)}`);
		await page.waitForSelector(".evidence li.act");
		const times = await page.locator(".evidence time").evaluateAll((all) => all.map((t) => Date.parse(t.dateTime)));
		assert.deepEqual(times, [...times].sort((a, b) => a - b));
		assert.equal(times.length, 5);
	});
});

test("a change is on the screen within a second, without a reload", async () => {
	await scene({ session: true }, async (page, mock) => {
		await page.at("/");
		await page.waitForSelector("[data-unit=pha-long].up");
		await page.waitForSelector(".live.live");
		const down = Number(await page.locator("[data-count=down] b").innerText());
		const from = Date.now();
		mock.setState("pha-long", "down");
		await page.waitForSelector("[data-unit=pha-long].down");
		const took = Date.now() - from;
		await page.waitForFunction((n) => document.querySelector("[data-count=down] b")?.textContent === String(n), down + 1);
		console.log(`# on the screen after ${took} ms`);
	});
});

test("a lost connection is said, and mends itself with what was missed", async () => {
	await scene({ session: true }, async (page, mock, server) => {
		await page.at("/");
		await page.waitForSelector(".live.live");
		const port = Number(new URL(server.url).port);
		await server.stop();
		await page.waitForSelector(".live.lost:has-text('Mất kết nối')");
		await page.waitForSelector(".banner.lost:has-text('đang giữ số liệu lúc')");
		const again = await startMock(folder, { session: true }, port);
		again.mock.setState("pha-long", "down");
		await page.waitForSelector(".live.live", { timeout: 30000 });
		await page.waitForSelector("[data-unit=pha-long].down");
		await page.waitForSelector(".banner.lost", { state: "detached" });
		await again.stop();
	});
});

test("an error of the collector is said with what to do, and goes away when it is over", async () => {
	await scene({ session: true }, async (page, mock) => {
		await page.at("/nodes");
		await page.waitForSelector("table.rows");
		mock.broken = 503;
		await page.at("/incidents");
		await page.waitForSelector("[role=alert]:has-text('Máy chủ giám sát trả lỗi 503: journal is away')");
		mock.broken = null;
		await page.locator("main").getByRole("button", { name: "Thử lại" }).click({ timeout: 3000 }).catch(() => {}); // a reload of its own may be quicker
		await page.waitForSelector("table.rows");
		await page.at("/units/khong-co");
		await page.waitForSelector("[role=alert]:has-text('Không tìm thấy')");
	});
});

test("a full journal and an isolated collector are said on every page", async () => {
	await scene({ session: true, province: { full: true, collector_isolated: true, simulated: false } }, async (page) => {
		for (const address of ["/", "/units", "/incidents", "/nodes"]) {
			await page.at(address);
			await page.waitForSelector(".banner.full:has-text('đã đầy')");
			await page.waitForSelector(".banner.isolated:has-text('cô lập')");
			assert.equal(await page.locator(".banner.simulated").count(), 0);
		}
		assert.deepEqual(await violations(page), []);
	});
});

test("language and theme switch at once and are remembered", async () => {
	await scene({ session: true }, async (page) => {
		await page.at("/incidents");
		await page.getByRole("button", { name: /đổi sang English/ }).click();
		await page.waitForSelector("h1:has-text('Incidents')");
		const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		const light = await ground();
		await page.getByRole("button", { name: /^Theme/ }).click();
		await page.getByRole("button", { name: /^Theme/ }).click();
		assert.notEqual(await ground(), light);
		await page.reload();
		await page.waitForSelector("h1:has-text('Incidents')");
		assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
		assert.equal(await page.locator("html").getAttribute("lang"), "en");
	});
});

test("kiosk mode: the province without a login, the rest asks for one", async () => {
	await scene({ kiosk: true }, async (page) => {
		await page.at("/");
		await page.waitForSelector(".map .place");
		await page.waitForSelector(".live.live");
		await page.locator("[data-unit=bat-xat]").click();
		await page.waitForSelector("main.login");
	});
});

test("log out ends the session on the server and shows the login", async () => {
	await scene({ session: true }, async (page, mock) => {
		await page.at("/");
		await page.getByRole("button", { name: /Đăng xuất/ }).click();
		await page.waitForSelector("main.login");
		assert.equal(mock.session, false);
	});
});

test("times are of the province's zone, not of the browser's", async () => {
	await scene({ session: true }, async (page) => {
		await page.at("/");
		await page.waitForSelector(".clock");
		const shown = await page.locator(".clock").innerText();
		const hanoi = new Intl.DateTimeFormat("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", hourCycle: "h23" }).format(Date.now());
		assert.equal(Number(shown.slice(0, 2)), Number(hanoi.replace(/\D/g, "")));
		assert.match(shown, /GMT\+7/);
	});
});
