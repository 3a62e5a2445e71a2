// A unit: is it well, if not why, and everything that was measured there.
import { useEffect, useState } from "preact/hooks";
import { Chart, type Span } from "../chart/chart";
import { type ChartPlan, plansOf, uplinkFile } from "../chart/lines";
import { useLoad } from "../load";
import { Events } from "../parts/events";
import { Graphs, RANGES, type Range, rangeEnd, rangeOf } from "../parts/graphs";
import { IncidentRows } from "../parts/incidents";
import { Badge, Lamp, OutsideTag, SimulatedTag } from "../parts/lamp";
import { FourLamps } from "../parts/lamps";
import { Await, Card, Choices, Some, useTitle } from "../parts/page";
import { SiteCard } from "../parts/site";
import { goQuery, linkTo } from "../route";
import type { Unit } from "../types";
import { momentText, sinceText } from "../when";
import { either, named, reasonOf, t, type Word } from "../words";

const FOLLOW_MS = 60_000;
const CHARTS_SHOWN = 6;
const GRAPHS_SHOWN = 6;

function Head({ unit }: { unit: Unit }) {
	const reason = reasonOf(unit);
	return (
		<div class={`unit-head ${unit.state}`}>
			<Lamp state={unit.state} quiet big />
			<div>
				<h1>
					{unit.name} <SimulatedTag show={unit.simulated} /> <OutsideTag vantage={unit.vantage} />
				</h1>
				<p>
					<Badge state={unit.state} />
					{unit.since !== null && <span class="muted"> {t("unit.since", { at: momentText(unit.since), ago: sinceText(unit.since) })}</span>}
				</p>
				{reason && <p class="lead">{reason}</p>}
				<p class="muted">
					{named("kind", unit.kind)}
					{unit.code && ` · ${t("unit.code", { code: unit.code })}`}
					{unit.former.length > 0 && (
						<>
							{" · "}
							{t("unit.former")}: <span class="former">{unit.former.join(", ")}</span>
						</>
					)}
				</p>
			</div>
		</div>
	);
}

function RangeChoice({ range, onChoose }: { range: Range | ""; onChoose(r: Range): void }) {
	return <Choices label={t("range.label")} value={range} choices={(Object.keys(RANGES) as Range[]).map((r) => ({ value: r, label: t(`range.${r}` as Word) }))} onChoose={(r) => onChoose(r as Range)} />;
}

/** The end of the shown range; it moves on while nobody has zoomed in. */
function useEnd(range: Range): number {
	const [end, setEnd] = useState(rangeEnd);
	useEffect(() => {
		setEnd(rangeEnd());
		const timer = setInterval(() => setEnd(rangeEnd()), FOLLOW_MS);
		return () => clearInterval(timer);
	}, [range]);
	return end;
}

function capacityOf(unit: Unit, plan: ChartPlan): number | null {
	if (plan.lines[0]?.scale !== "Mbit/s") return null;
	for (const site of unit.sites) for (const u of site.uplinks) if (plan.file === uplinkFile(unit.graphs, site.id, u.id)) return u.capacity_mbps;
	return null;
}

/** "TSLCD VNPT", "Đất đai": the words of the inventory for an RRD file; with the node where the unit has several. */
function nameOfFile(unit: Unit, file: string): string {
	const [siteId, node = "", base = ""] = file.split("/");
	const site = unit.sites.find((s) => s.id === siteId);
	const instance = base.replace(/^(uplink|path|if|svc)-/, "");
	const uplink = base.startsWith("uplink") ? (site?.uplinks.find((u) => u.id === instance) ?? site?.uplinks[0]) : undefined;
	const service = base.startsWith("svc-") ? site?.services.find((s) => s.id === instance) : undefined;
	const name = uplink ? `${named("uplink", uplink.kind)} ${uplink.carrier ?? ""}`.trim() : (service?.name ?? instance);
	return unit.sites.flatMap((s) => s.nodes).length > 1 ? `${name} (${node})` : name;
}

/** Files of the sites' lines, as the inventory lists them: the first is what most services go by. */
function linesInOrder(unit: Unit): string[] {
	return unit.sites.flatMap((site) => site.uplinks.map((u) => uplinkFile(unit.graphs, site.id, u.id) ?? ""));
}

function titleOf(unit: Unit, link: { title_vi: string; title_en: string }): string {
	const title = either(link.title_vi, link.title_en);
	return unit.simulated && !/mô phỏng|simulated/i.test(title) ? `${title} (${t("simulated.tag")})` : title;
}

function Figures({ unit, range }: { unit: Unit; range: Range }) {
	const [zoom, setZoom] = useState<Span | null>(null);
	const end = useEnd(range);
	useEffect(() => setZoom(null), [range]);
	const span = zoom ?? { from: end - RANGES[range], to: end };
	const plans = plansOf(unit.graphs, (file) => nameOfFile(unit, file), linesInOrder(unit));
	const choose = (r: Range) => {
		setZoom(null);
		goQuery({ range: r === "24h" ? null : r });
	};
	return (
		<>
			{plans.length > 0 && (
				<Card
					title={
						<>
							{t("unit.charts")} <SimulatedTag show={unit.simulated} />
						</>
					}
					aside={
						<span class="asides">
							{zoom && (
								<button type="button" class="small" onClick={() => setZoom(null)}>
									{t("chart.unzoom")}
								</button>
							)}
							<RangeChoice range={zoom ? "" : range} onChoose={choose} />
						</span>
					}
				>
					<p class="muted pad-side hint">{t("chart.zoom")}</p>
					<Some all={plans} first={CHARTS_SHOWN}>
						{(shown) => (
							<div class="charts">
								{shown.map((plan) => (
									<Chart key={`${plan.file} ${plan.lines[0]?.column}`} plan={plan} span={span} limit={capacityOf(unit, plan)} onZoom={setZoom} />
								))}
							</div>
						)}
					</Some>
				</Card>
			)}
			{unit.graphs.length > 0 && (
				<Card title={t("unit.graphs")} aside={<RangeChoice range={range} onChoose={choose} />}>
					<Some all={unit.graphs} first={GRAPHS_SHOWN}>
						{(shown) => <Graphs links={shown} range={range} titleOf={(link) => titleOf(unit, link)} />}
					</Some>
				</Card>
			)}
		</>
	);
}

function Whole({ unit, range }: { unit: Unit; range: Range }) {
	const open = unit.incidents.filter((i) => i.resolved_at === null);
	const past = unit.incidents.filter((i) => i.resolved_at !== null);
	return (
		<>
			<Head unit={unit} />
			<FourLamps unit={unit} />
			<div class="two">
				<div>
					{unit.sites.length === 0 && <p class="calm">{t("unit.none_sites")}</p>}
					{unit.sites.map((site) => (
						<SiteCard key={site.id} unit={unit} site={site} />
					))}
				</div>
				<div>
					<Card kind="open" title={`${t("unit.incidents")} (${unit.incidents.length})`}>
						{unit.incidents.length ? <IncidentRows rows={[...open, ...past]} /> : <p class="calm">{t("unit.calm")}</p>}
					</Card>
					{unit.events.length > 0 && (
						<Card kind="happened" title={t("unit.events")}>
							<Events rows={unit.events} />
						</Card>
					)}
				</div>
			</div>
			<Figures unit={unit} range={range} />
		</>
	);
}

export function UnitPage({ id, query }: { id: string; query: URLSearchParams }) {
	const loaded = useLoad<Unit>(`/units/${encodeURIComponent(id)}`);
	useTitle(loaded.data?.name ?? t("units.title"));
	return (
		<>
			<a class="back" href={linkTo.units()}>
				‹ {t("units.title")}
			</a>
			<Await loaded={loaded}>{(unit) => <Whole unit={unit} range={rangeOf(query)} />}</Await>
		</>
	);
}
