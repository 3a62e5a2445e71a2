// Chromium as the dashboard's tests use it: one browser a file, a fresh context a page, axe on demand.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
if (!existsSync(join(here, "node_modules/playwright-core"))) execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: here, stdio: "inherit" });
const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function startBrowser() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

/** The built dashboard: what `make` left, else built now into a temporary folder that goes when node ends. */
export function dashboardFolder() {
	const made = process.env.DASHBOARDS ?? join(root, process.env.B ?? "build", "dashboards");
	if (existsSync(join(made, "index.html"))) return made;
	const folder = mkdtempSync(join(tmpdir(), "sansang-dashboards-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const dashboards = join(root, "dashboards");
	if (!existsSync(join(dashboards, "node_modules/esbuild"))) execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: dashboards, stdio: "inherit" });
	execFileSync(process.execPath, ["build.mjs", folder], { cwd: dashboards });
	return folder;
}

/** A page that fails its test on any error of its own, and on any request that leaves the server. */
export async function openPage(browser, origin, { width = 1366, height = 768, theme, language, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width, height }, ignoreHTTPSErrors: true, timezoneId: "America/New_York", locale: "vi-VN", reducedMotion: "reduce", ...options });
	const page = await context.newPage();
	page.faults = [];
	page.on("pageerror", (e) => page.faults.push(`error: ${e.message}`));
	page.on("console", (m) => /Content Security Policy|Refused to/.test(m.text()) && page.faults.push(m.text()));
	page.on("request", (r) => !r.url().startsWith(origin) && !/^(data|blob):/.test(r.url()) && page.faults.push(`left the server: ${r.url()}`));
	if (theme) await page.addInitScript((t) => localStorage.setItem("sansang.theme", t), theme);
	if (language) await page.addInitScript((l) => localStorage.setItem("sansang.language", l), language);
	page.at = async (address) => {
		await page.goto(`${origin}/#${address}`);
		return page;
	};
	return page;
}

/** WCAG A and AA, as "rule: where" lines; empty when clean. */
export async function violations(page) {
	await page.evaluate(axeSource);
	const found = await page.evaluate(async () => {
		const result = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
		return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.failureSummary.split("\n").slice(1, 2).join("").trim()})`).join("; ")}`);
	});
	return found;
}

export function sidewaysScroll(page) {
	return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
