// A collector's web role for the dashboard's tests: API.md spoken from made-up data, with knobs to break it.
// By hand: node mock.mjs FOLDER [PORT]
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fold, fullIncident, fullUnit, HOSTILE, makeIncidents, makeSeries, makeUnits, topology } from "./fixture.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:";

class Mock {
	constructor(folder, options) {
		const now = Date.now();
		Object.assign(this, { folder, map: topology(), role: "technician", session: false, kiosk: false, refuse: null, acks: [], acts: [], requests: [], lives: new Set() }, options);
		this.units = makeUnits(now);
		this.incidents = makeIncidents(this.units, now);
		this.province = { id: "lao-cai", name: "Lào Cai", timezone: "Asia/Ho_Chi_Minh", step_ms: 10000, trial_from: Date.parse("2025-06-01T00:00:00+07:00"), go_live: Date.parse("2025-07-01T00:00:00+07:00"), phase: "live", simulated: true, full: false, collector_isolated: false, ...options?.province };
		if (options?.hostile) this.makeHostile();
	}

	makeHostile() {
		for (const u of this.units.slice(0, 3)) Object.assign(u, { name: HOSTILE, reason_vi: HOSTILE, reason_en: HOSTILE, former: [HOSTILE], state: "down", incidents: 1 });
		for (const i of this.incidents.slice(0, 3)) Object.assign(i, { unit_name: HOSTILE, site_name: HOSTILE, service_name: HOSTILE, cause: HOSTILE, final_cause: null, summary_vi: HOSTILE, summary_en: HOSTILE });
		this.province.name = HOSTILE;
	}

	setState(id, state) {
		const unit = this.units.find((u) => u.id === id);
		Object.assign(unit, { state, since: Date.now() });
		this.send("state", { unit: id, state });
	}

	send(event, data) {
		for (const r of this.lives) r.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	}

	dropLive() {
		for (const r of this.lives) r.destroy();
		this.lives.clear();
	}

	counts() {
		const counts = { up: 0, degraded: 0, down: 0, unobserved: 0 };
		for (const u of this.units) counts[u.state]++;
		return counts;
	}

	find(words) {
		const q = fold(words);
		const hits = [];
		for (const u of this.units) {
			const unit = { id: u.id, name: u.name, state: u.state };
			if (fold(u.name).includes(q)) hits.push({ kind: "unit", id: u.id, name: u.name, unit, former: false });
			for (const f of u.former) if (f !== u.name && fold(f).includes(q)) hits.push({ kind: "unit", id: fold(f).replace(/ /g, "-"), name: f, unit, former: true });
			if (fold(`Trụ sở ${u.name}`).includes(q)) hits.push({ kind: "site", id: `${u.id}-hq`, name: `Trụ sở ${u.name}`, unit, former: false });
		}
		return hits.slice(0, 20);
	}

	nodes() {
		return this.units.flatMap((u, n) => {
			const agent = u.state === "unobserved" ? "never" : n % 23 === 4 ? "silent" : "connected";
			const never = agent === "never";
			const full = fullUnit(u, [], Date.now()).sites[0].nodes;
			return full.map((node) => (node.kind === "gear" ? node : { ...node, agent, last_seen: never ? null : Date.now() - n * 1000, config_current: never ? null : n % 31 !== 5, skew_ms: never ? null : n % 29 === 7 ? 5400 : n, backlog: never ? null : n % 31 }));
		});
	}
}

const answer = (response, status, body, headers = {}) => {
	response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
	response.end(JSON.stringify(body));
};
const missing = (response, what) => answer(response, 404, { error: `no ${what}`, status: 404 });

function sendFile(mock, path, response) {
	const name = path === "/" || !path.includes(".") ? "index.html" : path.slice(1);
	try {
		const data = readFileSync(join(mock.folder, name));
		response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": POLICY });
		response.end(data);
	} catch {
		missing(response, "file " + name);
	}
}

async function bodyOf(request) {
	let text = "";
	for await (const chunk of request) text += chunk;
	return text ? JSON.parse(text) : {};
}

const user = (mock) => ({ user: "kythuat", role: mock.role, csrf: "c5", language: "vi" });

async function onLogin(mock, request, response) {
	const { name, password } = await bodyOf(request);
	if (mock.refuse) return answer(response, mock.refuse, { error: "too many tries", status: mock.refuse });
	if (name !== "kythuat" || password !== "dungmatkhau") return answer(response, 401, { error: "wrong name or password" });
	mock.session = true;
	answer(response, 200, user(mock), { "set-cookie": "sansang=1; HttpOnly; SameSite=Strict" });
}

function onLive(mock, response) {
	response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
	response.write("event: hello\ndata: {}\n\n");
	mock.lives.add(response);
	response.on("close", () => mock.lives.delete(response));
}

function onGraph(mock, query, response) {
	response.writeHead(200, { "content-type": "image/svg+xml" });
	response.end(`<svg xmlns="http://www.w3.org/2000/svg" width="981" height="300"><title>graph</title><rect width="981" height="300" fill="#fff"/><path d="M60 240 200 120 380 180 560 70 760 160 940 60" fill="none" stroke="#0b6fa4" stroke-width="2"/><path d="M60 20V240H950" fill="none" stroke="#999"/></svg>`);
}

const PUBLIC_IN_KIOSK = new Set(["/province", "/map", "/units", "/incidents", "/live"]);

const GET = {
	province: (m, r) => answer(r, 200, { ...m.province, now: Date.now(), counts: m.counts(), incidents_open: m.incidents.filter((i) => !i.resolved_at).length }),
	map: (m, r) => answer(r, 200, m.map),
	session: (m, r) => answer(r, 200, user(m)),
	find: (m, r, _id, q) => answer(r, 200, { hits: m.find(q.get("q") ?? "") }),
	series: (m, r, _id, q) => answer(r, 200, makeSeries(q)),
	nodes: (m, r) => answer(r, 200, { nodes: m.nodes() }),
	live: (m, r) => onLive(m, r),
	graph: (m, r, _id, q) => onGraph(m, q, r),
	units(m, r, id) {
		if (!id) return answer(r, 200, { units: m.units });
		const unit = m.units.find((u) => u.id === id);
		return unit ? answer(r, 200, fullUnit(unit, m.incidents, Date.now())) : missing(r, `unit ${id}`);
	},
	incidents(m, r, id, q) {
		if (!id) return answer(r, 200, { incidents: q.get("all") ? m.incidents : m.incidents.filter((i) => !i.resolved_at) });
		const found = m.incidents.find((i) => i.id === id);
		return found ? answer(r, 200, fullIncident(found)) : missing(r, `incident ${id}`);
	},
};

/** What judge makes of an act, so far as the page shows it. */
function perform(mock, incident, act, { text, forced }) {
	if (act === "ack") {
		mock.acks.push({ id: incident.id, text });
		Object.assign(incident, { state: "acknowledged", acked_by: "kythuat", acked_at: Date.now() });
	} else {
		mock.acts.push({ id: incident.id, act, text, forced });
		incident.more = [...(incident.more ?? []), { at: Date.now(), by: "kythuat", act, text }];
		if (act === "close") Object.assign(incident, { state: "resolved", resolved_at: Date.now(), closed_by: "kythuat", close_reason: text });
	}
}

async function onPost(mock, request, response, [what, id, act]) {
	if (what === "login") return onLogin(mock, request, response);
	if (!mock.session) return answer(response, 401, { error: "no session" });
	if (request.headers["x-csrf"] !== "c5") return answer(response, 403, { error: "X-CSRF expected" });
	if (what === "logout") mock.session = false;
	if (what === "incidents") {
		const body = await bodyOf(request);
		const incident = mock.incidents.find((i) => i.id === id);
		if (act === "close" && !body.forced && incident.state !== "resolved") return answer(response, 409, { error: "still down: service:land", status: 409 });
		perform(mock, incident, act, body);
	}
	answer(response, 200, {});
}

async function onRequest(mock, request, response) {
	const url = new URL(request.url, "http://mock");
	mock.requests.push(`${request.method} ${url.pathname}`);
	if (!url.pathname.startsWith("/api/v1/")) return sendFile(mock, url.pathname, response);
	const path = url.pathname.slice("/api/v1".length);
	const parts = path.slice(1).split("/").map(decodeURIComponent);
	if (mock.broken) return answer(response, mock.broken, { error: "journal is away", status: mock.broken });
	if (request.method === "POST") return onPost(mock, request, response, parts);
	if (!mock.session && !(mock.kiosk && PUBLIC_IN_KIOSK.has(path))) return answer(response, 401, { error: "log in first" });
	const handler = GET[parts[0]];
	return handler ? handler(mock, response, parts[1], url.searchParams) : missing(response, path);
}

/** Gives {mock, url, stop}. Port 0: any. */
export async function startMock(folder, options, port = 0) {
	const mock = new Mock(folder, options);
	const server = createServer((request, response) => {
		onRequest(mock, request, response).catch((e) => answer(response, 500, { error: String(e) }));
	});
	await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
	const stop = () => {
		mock.dropLive();
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	};
	return { mock, url: `http://127.0.0.1:${server.address().port}`, stop };
}

if (import.meta.url === `file://${process.argv[1]}`) {
	const { url } = await startMock(process.argv[2], { session: true }, Number(process.argv[3] ?? 0));
	console.log(url);
}
