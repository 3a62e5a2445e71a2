// The dashboard's sources and what is built of them: strict types, one answer a build, a small first page, both languages whole.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { dashboardFolder } from "./browser.mjs";

const dashboards = fileURLToPath(new URL("../../dashboards", import.meta.url));
dashboardFolder();
const room = mkdtempSync(join(tmpdir(), "sansang-source-"));
after(() => rmSync(room, { recursive: true, force: true }));

const build = (folder, out) => spawnSync(process.execPath, ["build.mjs", out], { cwd: folder, encoding: "utf8" });

/** A copy of the sources to spoil. */
function copied(name) {
	const folder = join(room, name);
	for (const part of ["src", "i18n", "build.mjs", "package.json", "tsconfig.json"]) cpSync(join(dashboards, part), join(folder, part), { recursive: true });
	symlinkSync(join(dashboards, "node_modules"), join(folder, "node_modules"));
	return folder;
}

function allSources(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? allSources(join(folder, e.name)) : [join(folder, e.name)]));
}

test("types are strict and right", () => {
	execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."], { cwd: dashboards, stdio: "pipe" });
});

test("two builds give the same bytes; each file has its .gz; the first page is small", () => {
	const [a, b] = [join(room, "a"), join(room, "b")];
	const said = build(dashboards, a);
	assert.equal(said.status, 0, said.stderr);
	build(dashboards, b);
	const names = readdirSync(a).sort();
	assert.deepEqual(names, readdirSync(b).sort());
	for (const name of names) assert.ok(readFileSync(join(a, name)).equals(readFileSync(join(b, name))), name);
	for (const name of names.filter((n) => !n.endsWith(".gz"))) assert.ok(gunzipSync(readFileSync(join(a, name + ".gz"))).equals(readFileSync(join(a, name))), name);
	const initial = names.filter((n) => n.endsWith(".js.gz") && !n.startsWith("plot-"));
	const bytes = initial.reduce((sum, n) => sum + readFileSync(join(a, n)).length, 0);
	assert.ok(bytes < 80 * 1024, `${bytes} bytes of gzipped JavaScript`);
});

test("the build refuses a word that one language lacks, an empty one, and other {places}", () => {
	const spoil = {
		"lacks it": (words) => delete words["nav.units"],
		"is empty": (words) => (words["nav.units"] = " "),
		"other places": (words) => (words["when.ago"] = "ago"),
		"unused": (words) => (words["nav.nobody"] = "x"),
	};
	for (const [name, change] of Object.entries(spoil)) {
		const folder = copied(name.replace(/ /g, "-"));
		const file = join(folder, "i18n/en.json");
		const words = JSON.parse(readFileSync(file, "utf8"));
		change(words);
		writeFileSync(file, JSON.stringify(words));
		const said = build(folder, join(room, "spoilt"));
		assert.notEqual(said.status, 0, name);
		assert.match(said.stderr, /i18n/, name);
	}
});

test("nothing writes HTML, runs text as a program, or names another host", () => {
	for (const file of allSources(join(dashboards, "src"))) {
		const text = readFileSync(file, "utf8").replace(/xmlns="http:\/\/www\.w3\.org\/2000\/svg"/g, "");
		assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|\beval\(|new Function|https?:\/\//, file);
	}
});
