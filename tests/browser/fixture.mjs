// A made-up province for the dashboard's tests: Lào Cai's real names and borders, states that are the same in every run.
import { existsSync, readFileSync } from "node:fs";

const HOUR = 3600e3;
const mapFile = new URL("../../examples/lao-cai/communes.topojson", import.meta.url);

/** Letters that a page must show as letters. */
export const HOSTILE = `<img src=x onerror="window.broken=1">"'&amp;</script> ‮đảo‬ ${"Xã Tên Rất Dài ".repeat(34)}`.slice(0, 500);

export function topology() {
	if (!existsSync(mapFile)) throw new Error(`${mapFile.pathname} is missing`);
	return JSON.parse(readFileSync(mapFile, "utf8"));
}

const slug = (name) =>
	name
		.replace(/^(Xã|Phường)\s+/, "")
		.normalize("NFD")
		.replace(/[\u0300-\u036f]/g, "")
		.replace(/[đĐ]/g, "d")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-");

export const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();

const FORMER = { "Xã Pha Long": ["Xã Tả Ngài Chồ", "Xã Dìn Chin", "Xã Pha Long"], "Xã Mường Khương": ["Thị trấn Mường Khương", "Xã Thanh Bình", "Xã Nậm Chảy", "Xã Tung Chung Phố"], "Xã Bắc Hà": ["Thị trấn Bắc Hà", "Xã Na Hối", "Xã Thải Giàng Phố"] };
const REASONS = {
	down: { vi: "Kênh TSLCD (VNPT) đứt từ 06:12; các dịch vụ đi kênh này không tới được", en: "The TSLCD line (VNPT) is down since 06:12; services by that line cannot be reached" },
	degraded: { vi: "Kênh truyền TSLCD mất 12% gói trong 15 phút", en: "The TSLCD line loses 12% of packets for 15 minutes" },
	unobserved: { vi: "Trạm đo chưa từng kết nối", en: "The agent never connected" },
	up: { vi: null, en: null },
};

/** 5 down, 7 degraded, 6 unobserved of 99. */
function stateOf(n) {
	if (n % 19 === 3) return "down";
	if (n % 14 === 5) return "degraded";
	if (n % 17 === 8) return "unobserved";
	return "up";
}

/** Communes without a server: only their lines are looked at, from the collector. */
const isOutside = (n) => n % 25 === 7;

export function makeUnits(now) {
	return topology().objects.all.geometries.map(({ properties: p }, n) => {
		const state = stateOf(n);
		return {
			id: slug(p.fullName) + (p.fullName.startsWith("Phường") ? "-p" : ""),
			name: p.fullName,
			kind: p.fullName.startsWith("Phường") ? "ward" : "commune",
			code: p.code,
			state,
			since: now - (n + 1) * 47 * 60e3,
			reason_vi: REASONS[state].vi,
			reason_en: REASONS[state].en,
			simulated: n !== 0,
			incidents: state === "down" ? 2 : state === "degraded" ? 1 : 0,
			vantage: state === "unobserved" ? null : isOutside(n) ? "outside" : "inside",
			former: FORMER[p.fullName] ?? [`Xã ${p.fullName.split(" ").slice(1).join(" ")} cũ`, p.fullName],
		};
	});
}

const CAUSES = ["uplink-down", "site-power", "service-down", "uplink-degraded", "host-down", "dns-failure", "certificate"];

export function makeIncidents(units, now) {
	const rows = [];
	for (const [n, u] of units.filter((x) => x.incidents).entries()) {
		for (let k = 0; k < u.incidents; k++) {
			const cause = u.state === "degraded" ? "uplink-degraded" : CAUSES[(n + k) % CAUSES.length];
			rows.push(incident(u, cause, now - (n * 53 + k * 11 + 4) * 60e3, null, rows.length));
		}
	}
	for (let n = 0; n < 40; n++) rows.push(incident(units[(n * 7) % units.length], CAUSES[n % CAUSES.length], now - (n + 2) * 9 * HOUR, now - (n + 2) * 9 * HOUR + (n + 1) * 7 * 60e3, n));
	return rows.sort((a, b) => b.opened_at - a.opened_at);
}

function incident(u, cause, opened, resolved, n) {
	const service = cause === "service-down" || cause === "certificate" || cause === "dns-failure";
	return {
		id: `${u.id}-hq.${service ? "svc-land" : "uplink"}.${new Date(opened).toISOString().replace(/[-:]|\.\d+Z/g, "")}`,
		site: `${u.id}-hq`,
		site_name: `Trụ sở ${u.name}`,
		unit: u.id,
		unit_name: u.name,
		node: `${u.id}-srv1`,
		service: service ? "land" : null,
		service_name: service ? "Đất đai (VBDLIS)" : null,
		uplink: service ? null : `${u.id}-ts`,
		cause,
		cause_now: cause,
		excused: n % 9 === 8 ? "maintenance:swap-router" : null,
		final_cause: resolved ? cause : null,
		confidence: ["certain", "likely", "unclear"][n % 3],
		severity: "major",
		state: resolved ? "resolved" : n % 5 === 4 ? "acknowledged" : "open",
		merged_into: null,
		opened_at: opened,
		detected_at: opened + 14e3,
		resolved_at: resolved,
		simulated: u.simulated,
		responsible: service ? "province" : "carrier",
		summary_vi: service ? `Dịch vụ Đất đai không dùng được tại Trụ sở ${u.name}: từ chối kết nối` : `Kênh truyền tslcd VNPT LCI-0042 của Trụ sở ${u.name}: đứt kênh truyền`,
		summary_en: service ? `Service Đất đai fails at Trụ sở ${u.name}: connection refused` : `Line tslcd VNPT LCI-0042 of Trụ sở ${u.name}: line down`,
		mails: resolved ? 2 : 1,
		acked_by: !resolved && n % 5 === 4 ? "kythuat" : null,
		acked_at: !resolved && n % 5 === 4 ? opened + 240e3 : null,
	};
}

export function fullIncident(i) {
	const at = i.opened_at;
	return {
		...i,
		evidence: [
			{ at: at, who: i.node, vi: "5 trên 5 gói ICMP tới thiết bị đầu cuối 10.20.1.1 không có trả lời", en: "5 of 5 echoes to the terminal 10.20.1.1 were not answered" },
			{ at: at + 4e3, who: i.node, vi: "thử lại nhanh 3 lần: vẫn không có trả lời", en: "3 quick re-probes: still no answer" },
			{ at: at + 9e3, who: i.node, vi: "cổng mạng eth0 vẫn có tín hiệu, cổng ra LAN trả lời trong 0,4 ms: lỗi nằm ngoài trụ sở", en: "eth0 has carrier and the LAN gateway answers in 0.4 ms: the fault is outside the building" },
			{ at: at + 14e3, who: "judge", vi: "kết luận ban đầu: đứt kênh truyền, khả năng cao", en: "first conclusion: line down, likely" },
		],
		affects: ["service:land", "service:igate", "service:dvcqg", "service:ioffice"].map((s) => `${s}@${i.node}`),
		check_first_vi: "Đèn LOS trên thiết bị đầu cuối VNPT. Nếu đỏ: gọi đường dây nóng 1800 1166, đọc mã kênh LCI-0042. Không cần cử người tới xã.",
		check_first_en: "The LOS lamp of the VNPT terminal. If it is red, call the hotline 1800 1166 and give circuit LCI-0042. Nobody needs to drive there.",
		first_confidence: "unclear",
		now_confidence: i.confidence,
		runner_up: "site-power",
		ruled_out: [{ cause: "lan-link-down", by: "carrier", vi: "Cổng mạng của máy chủ vẫn có tín hiệu", en: "The server's interface had carrier" }],
		disputed: null,
		known: [{ fact: "silent", is: true, disputed: false, at: at + 14e3, who: "judge", vi: "Không còn nghe thấy trạm đo", en: "Nothing is heard of the agent any more" }],
		why_final_vi: null,
		why_final_en: null,
		sites: [],
		site_names: {},
		carrier: "VNPT",
		circuit: "LCI-0042",
		reopened: 0,
		flaps: 0,
		closed_by: i.closed_by ?? null,
		close_reason: i.close_reason ?? null,
		comments: [],
		tickets: [],
		complaints: [],
		minutes_lost: i.resolved_at ? { land: 7 } : null,
		still_down: i.resolved_at ? [] : [`service:land@${i.node}`],
		merged: [],
		acts: [...(i.acked_at ? [{ at: i.acked_at, by: i.acked_by, act: "ack", text: "Đã gọi VNPT, hẹn 30 phút" }] : []), ...(i.more ?? [])],
	};
}

const SERVICES = [
	["land", "Đất đai (VBDLIS)", "land", "province"],
	["tax", "Thuế đất điện tử", "tax", "central"],
	["igate", "Hệ thống thông tin giải quyết TTHC tỉnh", "public-services", "province"],
	["dvcqg", "Cổng Dịch vụ công quốc gia", "public-services", "central"],
	["ioffice", "iOffice", "office", "province"],
	["meeting", "Hội nghị trực tuyến", "conference", "province"],
	["build", "Cấp phép xây dựng", "construction", "province"],
];

function makeServer(u, node, never, now) {
	const battery = u.state === "down";
	return { id: node, site: `${u.id}-hq`, kind: "server", address: null, state: never ? "unobserved" : "up", since: u.since, vantage: never ? null : "inside", agent: never ? "never" : "connected", polled_by: null, concerns: battery ? [{ kind: "ups", state: "degraded", since: u.since, vi: `Bộ lưu điện (${node}) chạy ắc quy, còn 64 %`, en: `The UPS (${node}) runs on battery, 64 % left` }] : [], ups: never ? null : { name: "eaton", on_battery: battery, charge_pct: battery ? 64 : 100, runtime_min: 22, since: u.since }, last_seen: never ? null : now - 4e3, software: never ? null : "0.1.0", config_version: never ? null : "0123456789abcdef", skew_ms: 3, backlog: 0, simulated: u.simulated, neighbours: [] };
}

function makeGear(u, node, outside, never, now) {
	return { id: `${u.id}-sw1`, site: `${u.id}-hq`, kind: "gear", address: "10.20.1.2", state: never ? "unobserved" : "up", since: now - 86400e3, vantage: outside ? "outside" : "inside", agent: "never", polled_by: outside ? "core-srv1" : node, concerns: [], ups: null, last_seen: null, software: null, config_version: null, skew_ms: null, backlog: null, simulated: u.simulated, neighbours: never ? [] : [{ protocol: "lldp", local_port: "ge-0-0-1", chassis: "aa:bb:cc:00:11:22", port: "24", system: "core-sw" }, { protocol: "cdp", local_port: "ge-0-0-2", chassis: "phone", port: "1", system: "" }] };
}

function makeEvents(u, node, now) {
	const row = (minutes, kind, subject, vi, en, data = null) => ({ at: now - minutes * 60e3, node, kind, subject, text: "", vi, en, data });
	const hops = [["10.20.1.1", 3, 3, 0.4, "ok"], ["10.99.0.1", 3, 2, 4.25, "ok"], [null, 3, 0, null, "ok"]];
	return [
		row(3, "trace", "svc:land", "Đường tới 10.0.0.5:443 đứt sau chặng 10.99.0.1 (chặng thứ 2)", "The path to 10.0.0.5:443 broke after hop 10.99.0.1 (hop 2)", { target: "10.0.0.5:443", reached: false, hops }),
		row(5, "ups", "eaton", `Bộ lưu điện (${node}) chạy ắc quy: mất điện lưới`, `The UPS (${node}) runs on battery: mains power is gone`),
		row(1500, "carrier", "eth1", `Cổng mạng eth1 của ${node} có tín hiệu trở lại`, `Interface eth1 of ${node} has carrier again`),
	];
}

export function fullUnit(u, incidents, now) {
	const bad = u.state;
	const node = `${u.id}-srv1`;
	const never = u.state === "unobserved";
	const outside = u.vantage === "outside";
	const line = (id, kind, carrier, state, mbps) => ({ id, kind, carrier, circuit: `LCI-${u.code}`, hotline: carrier === "VNPT" ? "1800 1166" : "1800 8119", capacity_mbps: mbps, state, since: u.since, loss_pct: state === "down" ? 100 : state === "degraded" ? 12.4 : never ? null : 0, rtt_ms: state === "down" || never ? null : 18.37, outside });
	const down = (n) => bad === "down" && n !== 3;
	const service = ([id, name, sector, responsible], n) => ({ id, name, sector, responsible, node, check: "tcp", state: never ? "unobserved" : down(n) ? "down" : "up", since: u.since, connect_ms: never || down(n) ? null : 12.5 + n * 3.3, reason: never ? null : down(n) ? (n === 0 ? "expired" : "timeout") : "ok", reason_vi: down(n) ? (n === 0 ? "chứng thư hết hạn hoặc chưa có hiệu lực" : null) : null, reason_en: down(n) ? (n === 0 ? "certificate expired or not valid yet" : null) : null, note: down(n) && n === 0 ? "CN=vbdlis.example, 2025-06-30" : null, days_left: n === 2 ? 6.5 : null });
	const gear = makeGear(u, node, outside, never, now);
	const site = {
		id: `${u.id}-hq`,
		name: `Trụ sở ${u.name}`,
		role: "service-centre",
		required: true,
		simulated: u.simulated,
		state: u.state,
		vantage: u.vantage,
		uplinks: [line(`${u.id}-ts`, "tslcd", "VNPT", bad, 100), line(`${u.id}-net`, "internet", "Viettel", never ? "unobserved" : "up", 200)],
		nodes: outside ? [gear] : [makeServer(u, node, never, now), gear],
		services: outside ? [] : SERVICES.map(service),
		interfaces: [...(outside ? [] : ["eth0", "eth1"].map((name) => ({ node, name, state: never ? "unobserved" : "up" }))), ...Array.from({ length: 24 }, (_, n) => ({ node: gear.id, name: `ge-0-0-${n + 1}`, state: n % 3 ? "up" : "down" }))],
	};
	const file = (name, graph, vi, en) => ({ target: `file:${site.id}/${node}/${name}`, graph, title_vi: `${vi}, ${site.name}${u.simulated ? " (mô phỏng)" : ""}`, title_en: `${en}, ${site.name}${u.simulated ? " (simulated)" : ""}` });
	const graphs = never ? [] : [file(`uplink-${u.id}-ts`, "uplink", "Kênh truyền TSLCD", "Line TSLCD"), file(`uplink-${u.id}-net`, "uplink", "Kênh truyền Internet", "Line internet"), file("if-eth0", "traffic", "Lưu lượng eth0", "Traffic eth0"), file("svc-land", "service", "Dịch vụ Đất đai", "Service land")];
	return { ...u, sites: [site], incidents: incidents.filter((i) => i.unit === u.id), graphs, events: never ? [] : makeEvents(u, outside ? gear.id : node, now) };
}

/** A day's shape, the same each run; a hole of an hour where nothing was measured. */
export function makeSeries(query) {
	const [from, to, rows] = ["from", "to", "rows"].map((k) => Number(query.get(k)));
	const step = Math.max(10, Math.ceil((to - from) / rows / 10) * 10);
	const file = query.get("file");
	const names = /\/(uplink|path)/.test(file) ? ["loss_pct", "rtt_ms", "in_octets", "out_octets"] : /\/if-/.test(file) ? ["in_octets", "out_octets"] : ["up", "connect_ms", "total_ms", "reason"];
	const value = (name, at) => {
		const wave = Math.sin(at / 13750) + Math.sin(at / 971) / 3 + Math.sin(at / 211) / 6;
		if (name === "loss_pct") return wave > 1.25 ? (wave - 1.25) * 60 : 0;
		if (name === "rtt_ms") return 18 + wave * 3 + (Math.sin(at / 37) > 0.98 ? 22 : 0);
		if (name === "in_octets") return 2.6e6 * (1.6 + wave);
		if (name === "out_octets") return 0.9e6 * (1.6 + wave);
		return name === "up" ? 1 : name === "reason" ? 0 : 14 + wave * 4;
	};
	const count = Math.floor((to - from) / step);
	return {
		start: from,
		step,
		names,
		rows: Array.from({ length: count }, (_, n) => {
			const at = from + n * step;
			return names.map((name) => (n > count * 0.55 && n < count * 0.6 ? null : value(name, at)));
		}),
	};
}
