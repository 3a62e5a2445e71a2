// node build.mjs OUTDIR: bundles the dashboard into static files whose names carry their hash, each with a .gz beside it.
// Fails when the two languages differ, when the first page's JavaScript is too large, or on anything that the
// Content-Security-Policy would refuse.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const INITIAL_LIMIT_BYTES = 200 * 1024;
const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../build/dashboards"));

/** Every key in both languages, with the same {places}. */
function checkWords() {
	const read = (name) => JSON.parse(readFileSync(join(here, "i18n", name), "utf8"));
	const vi = read("vi.json");
	const en = read("en.json");
	const places = (text) => [...String(text).matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();
	const faults = [];
	for (const key of new Set([...Object.keys(vi), ...Object.keys(en)])) {
		if (!(key in vi)) faults.push(`i18n/vi.json: no "${key}"`);
		else if (!(key in en)) faults.push(`i18n/en.json: no "${key}"`);
		else if (!vi[key].trim() || !en[key].trim()) faults.push(`i18n: "${key}" is empty`);
		else if (places(vi[key]) !== places(en[key])) faults.push(`i18n: "${key}" has other {places} in vi than in en`);
	}
	const sources = sourceText(join(here, "src"));
	for (const key of Object.keys(vi)) {
		const family = key.replace(/\.[^.]*$/, "");
		const used = sources.includes(`"${key}"`) || sources.includes("`" + family + ".") || sources.includes(`named("${family}"`);
		if (!used) faults.push(`i18n: nothing uses "${key}"`);
	}
	if (faults.length) throw new Error(faults.join("\n"));
}

function sourceText(folder) {
	return readdirSync(folder, { withFileTypes: true })
		.map((e) => (e.isDirectory() ? sourceText(join(folder, e.name)) : readFileSync(join(folder, e.name), "utf8")))
		.join("\n");
}

const hash = (data) => createHash("sha256").update(data).digest("hex").slice(0, 10);

async function bundle() {
	const result = await build({
		absWorkingDir: here,
		entryPoints: { app: "src/main.tsx", theme: "src/theme.ts" },
		outdir: out,
		entryNames: "[name]-[hash]",
		chunkNames: "[name]-[hash]",
		assetNames: "[name]-[hash]",
		bundle: true,
		splitting: true,
		format: "esm",
		target: "es2020",
		minify: true,
		jsx: "automatic",
		jsxImportSource: "preact",
		legalComments: "eof",
		metafile: true,
		write: false,
		logLevel: "warning",
	});
	return result;
}

/** The entry and all that it imports statically: what the browser must have before the first page. */
function initialFiles(metafile, entry) {
	const outputs = metafile.outputs;
	const seen = new Set();
	const visit = (name) => {
		if (seen.has(name)) return;
		seen.add(name);
		for (const i of outputs[name].imports) if (i.kind === "import-statement") visit(i.path);
	};
	visit(entry);
	return [...seen];
}

function write(name, data) {
	writeFileSync(join(out, name), data);
	writeFileSync(join(out, name + ".gz"), gzipSync(data, { level: 9 }));
}

checkWords();
const result = await bundle();
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const base = (path) => path.split("/").pop();
const outputs = result.metafile.outputs;
const entryOf = (source) => Object.keys(outputs).find((name) => outputs[name].entryPoint === source);
const app = entryOf("src/main.tsx");
const initial = initialFiles(result.metafile, app);
let initialBytes = 0;
for (const file of result.outputFiles) {
	write(base(file.path), file.contents);
	if (initial.some((name) => base(name) === base(file.path))) initialBytes += gzipSync(file.contents, { level: 9 }).length;
}

const icon = readFileSync(join(here, "src/icon.svg"));
const iconName = `icon-${hash(icon)}.svg`;
write(iconName, icon);
const html = readFileSync(join(here, "src/index.html"), "utf8")
	.replace("@ICON@", "/" + iconName)
	.replace("@THEME@", "/" + base(entryOf("src/theme.ts")))
	.replace("@STYLE@", "/" + base(outputs[app].cssBundle))
	.replace("@APP@", "/" + base(app))
	.replace("@PRELOAD@", initial.filter((n) => n !== app).map((n) => `<link rel="modulepreload" href="/${base(n)}">`).join(""));
if (/<script(?![^>]*\ssrc=)/.test(html)) throw new Error("index.html: a script without src, which the policy refuses");
write("index.html", html);

console.log(`dashboards: ${result.outputFiles.length + 2} files, first page ${(initialBytes / 1024).toFixed(1)} KB of gzipped JavaScript`);
if (initialBytes > INITIAL_LIMIT_BYTES) throw new Error(`the first page's JavaScript is ${initialBytes} bytes gzipped, at most ${INITIAL_LIMIT_BYTES} are allowed`);
