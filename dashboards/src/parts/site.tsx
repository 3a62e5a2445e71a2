// A site: its lines against what was contracted, its services by sector, its machines.
import { useLoad } from "../load";
import type { Series, Service, Site, Unit, Uplink } from "../types";
import { columnsOf } from "../chart/chart";
import { uplinkFile } from "../chart/lines";
import { briefText, momentText, sinceText } from "../when";
import { either, named, t } from "../words";
import { numberText } from "../number";
import { rangeEnd } from "./graphs";
import { Badge, Lamp, OutsideTag, SimulatedTag } from "./lamp";
import { NodeItem } from "./node";
import { SlipButton } from "./slip";

const USAGE_S = 3 * 3600;
const USAGE_ROWS = 60;
const NEARLY_FULL_PCT = 80;
const CERTIFICATE_DAYS = 14;
const MBIT_OF_OCTETS = 8 / 1e6;


/** Now and the peak of three hours, in Mbit/s: the busier of the two directions. */
function usageOf(series: Series): { used: number; peak: number } | null {
	const line = (column: string) => ({ column, label: "", scale: "Mbit/s" as const, factor: MBIT_OF_OCTETS, colour: "" });
	const [, inwards = [], outwards = []] = columnsOf(series, [line("in_octets"), line("out_octets")]);
	const busier = inwards.map((v, n) => Math.max(v ?? -1, outwards[n] ?? -1)).filter((v) => v >= 0);
	return busier.length ? { used: busier[busier.length - 1] ?? 0, peak: Math.max(...busier) } : null;
}

function Usage({ file, capacity }: { file: string | null; capacity: number | null }) {
	const end = rangeEnd();
	const query = new URLSearchParams({ file: file ?? "", from: String(end - USAGE_S), to: String(end), rows: String(USAGE_ROWS), cf: "AVERAGE" });
	const loaded = useLoad<Series>(file ? `/series?${query}` : null, false);
	const usage = loaded.data && usageOf(loaded.data);
	if (!usage || !capacity) return <p class="muted">{t("uplink.unused")}</p>;
	const pct = (100 * usage.used) / capacity;
	const words = t("uplink.used", { used: numberText(usage.used), capacity: numberText(capacity), pct: Math.round(pct) });
	return (
		<div class="usage">
			<div class={`meter${pct >= NEARLY_FULL_PCT ? " high" : ""}`} role="img" aria-label={words}>
				<i style={{ width: `${Math.min(100, pct)}%` }} />
				<u style={{ left: `${Math.min(100, (100 * usage.peak) / capacity)}%` }} />
			</div>
			<small>
				{words} · {t("uplink.peak", { peak: numberText(usage.peak) })}
			</small>
		</div>
	);
}

function UplinkRow({ unit, site, uplink: u }: { unit: Unit; site: Site; uplink: Uplink }) {
	return (
		<li class="uplink">
			<div class="uplink-head">
				<b>
					{named("uplink", u.kind)} {u.carrier}
				</b>
				<Badge state={u.state} />
				<OutsideTag vantage={u.outside ? "outside" : "inside"} />
				<span class="muted" title={momentText(u.since)}>
					{sinceText(u.since)}
				</span>
				<span class="figures">
					<span>
						{t("uplink.rtt")} <b>{u.rtt_ms === null ? "-" : `${numberText(u.rtt_ms)} ms`}</b>
					</span>
					<span class={u.loss_pct ? "warn" : ""}>
						{t("uplink.loss")} <b>{u.loss_pct === null ? "-" : `${numberText(u.loss_pct)} %`}</b>
					</span>
				</span>
			</div>
			<Usage file={uplinkFile(unit.graphs, site.id, u.id)} capacity={u.capacity_mbps} />
			<div class="uplink-call">
				{u.circuit && (
					<span>
						{t("uplink.circuit")} <code>{u.circuit}</code>
					</span>
				)}
				{u.hotline && (
					<span>
						{t("uplink.hotline")} <a href={`tel:${u.hotline.replace(/[^\d+]/g, "")}`}>{u.hotline}</a>
					</span>
				)}
				<SlipButton unit={unit} site={site} uplink={u} />
			</div>
		</li>
	);
}

function sectors(services: Service[]): [string, Service[]][] {
	const found = new Map<string, Service[]>();
	for (const s of services) found.set(s.sector ?? "none", [...(found.get(s.sector ?? "none") ?? []), s]);
	return [...found];
}

function ServiceTable({ services }: { services: Service[] }) {
	const nodes = new Set(services.map((s) => s.node)).size;
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("site.services")}>
			<table class="rows services">
				<thead>
					<tr>
						<th scope="col" class="wide">{t("col.sector")}</th>
						<th scope="col">{t("col.service")}</th>
						<th scope="col">{t("col.state")}</th>
						<th scope="col" class="number">{t("col.connect")}</th>
						<th scope="col" class="wide">{t("col.since")}</th>
						<th scope="col" class="wide">{t("col.responsible")}</th>
					</tr>
				</thead>
				{sectors(services).map(([sector, list]) => (
					<tbody key={sector}>
						{list.map((s, n) => (
							<tr key={`${s.id} ${s.node}`}>
								{n === 0 && (
									<th scope="rowgroup" rowSpan={list.length} class="sector wide">
										{named("sector", sector)}
									</th>
								)}
								<th scope="row">
									<small class="narrow">{named("sector", sector)}</small>
									{s.name}
									{nodes > 1 && <small class="muted"> {s.node}</small>}
								</th>
								<td>
									<Badge state={s.state} /> {s.reason && s.reason !== "ok" && <small class="muted">{either(s.reason_vi, s.reason_en) || named("reason", s.reason)}</small>}
									{s.note && <small class="muted service-note">{s.note}</small>}
									{typeof s.days_left === "number" && s.days_left < CERTIFICATE_DAYS && <small class="warn service-note">{t("service.certificate", { n: Math.max(0, Math.floor(s.days_left)) })}</small>}
								</td>
								<td class="number">{s.connect_ms === null ? "-" : `${numberText(s.connect_ms)} ms`}</td>
								<td class="wide when" title={momentText(s.since)}>
									{briefText(s.since)}
								</td>
								<td class="wide">{named("responsible", s.responsible)}</td>
							</tr>
						))}
					</tbody>
				))}
			</table>
		</div>
	);
}

export function SiteCard({ unit, site }: { unit: Unit; site: Site }) {
	const outside = site.vantage !== "inside" && site.nodes.every((n) => n.agent === "never");
	return (
		<section class="card site">
			<header>
				<Lamp state={site.state} />
				<div>
					<h2>
						{site.name} <SimulatedTag show={site.simulated} /> <OutsideTag vantage={site.vantage} />
					</h2>
					<span class="muted">
						{named("site.role", site.role)} · {t(site.required ? "site.required" : "site.optional")}
					</span>
				</div>
			</header>
			{outside && <p class="note">{t("site.outside")}</p>}
			{site.uplinks.length > 0 && (
				<>
					<h3>{t("site.uplinks")}</h3>
					<ul class="uplinks">
						{site.uplinks.map((u) => (
							<UplinkRow key={u.id} unit={unit} site={site} uplink={u} />
						))}
					</ul>
				</>
			)}
			{site.services.length > 0 && (
				<>
					<h3>{t("site.services")}</h3>
					<ServiceTable services={site.services} />
				</>
			)}
			{site.nodes.length > 0 && (
				<>
					<h3>{t("site.nodes")}</h3>
					<ul class="nodes-list">
						{site.nodes.map((n) => (
							<NodeItem key={n.id} node={n} site={site} />
						))}
					</ul>
				</>
			)}
		</section>
	);
}
