// The first page and the wall screen: where it hurts, since when, and how far from go-live we are.
import { useEffect } from "preact/hooks";
import { useCell } from "../cell";
import { geography, wantGeography } from "../map/geography";
import { ProvinceMap, shortName } from "../map/map";
import { causeOf, IncidentRows } from "../parts/incidents";
import { Lamp } from "../parts/lamp";
import { Card, Choices, useTitle, Waiting } from "../parts/page";
import { UnitTable } from "../parts/units";
import { goQuery, linkTo, route } from "../route";
import { fresh, incidents, province, units } from "../store";
import { type Incident, type Province, STATES, type UnitRow } from "../types";
import { dayText, daysSince, minuteText } from "../when";
import { reasonOf, t } from "../words";

const INCIDENTS_SHOWN = 200;
const REASONS_SHOWN = 7;
const NAMES_SHOWN = 6;

function GoLive({ p }: { p: Province }) {
	const days = p.go_live === null ? null : daysSince(p.go_live);
	return (
		<section class="card golive">
			<h2>{t(`phase.${p.phase}`)}</h2>
			{days === null || p.go_live === null ? (
				<p class="muted">{t("golive.none")}</p>
			) : days === 0 ? (
				<p class="today">{t("golive.today")}</p>
			) : (
				<>
					<b class="number">{Math.abs(days).toLocaleString("vi-VN")}</b>
					<p>
						{days > 0 ? t("golive.since") : t("golive.until")}
						<small>{t("golive.at", { at: `${minuteText(p.go_live)} ${dayText(p.go_live)}` })}</small>
					</p>
				</>
			)}
			{p.trial_from !== null && p.phase !== "live" && <p class="muted">{t("golive.trial", { at: dayText(p.trial_from) })}</p>}
		</section>
	);
}

/** Counted from the units on the screen, so that map and numbers always agree. */
function Counts({ rows }: { rows: UnitRow[] }) {
	const count = (s: string) => rows.filter((u) => u.state === s).length;
	return (
		<Card kind="counts" title={t("province.states", { n: rows.length })}>
			<div class="stack" aria-hidden="true">
				{STATES.map((s) => count(s) > 0 && <i key={s} class={s} style={{ flexGrow: count(s) }} />)}
			</div>
			<ul>
				{STATES.map((s) => (
					<li key={s}>
						<a href={linkTo.units(s)} class={s} data-count={s}>
							<Lamp state={s} quiet big />
							<b>{count(s)}</b>
							<span>{t(`state.${s}`)}</span>
						</a>
					</li>
				))}
			</ul>
		</Card>
	);
}

/** "Kênh truyền x: mất gói" and "Kênh truyền y: mất gói" have the same trouble: what stands after the last colon. */
function sharedPart(reason: string): string {
	const part = reason.split(": ").pop() ?? "";
	return part.charAt(0).toUpperCase() + part.slice(1);
}

/** The causes of open incidents, each with the units that are not well because of it; most units first. */
function whys(rows: UnitRow[], open: Incident[]): [string, UnitRow[]][] {
	const found = new Map<string, Set<UnitRow>>();
	const add = (why: string, u: UnitRow) => found.set(why, (found.get(why) ?? new Set()).add(u));
	for (const u of rows) {
		if (u.state === "up") continue;
		const own = open.filter((i) => i.unit === u.id);
		if (!own.length) add(sharedPart(reasonOf(u)) || t("province.no_incident"), u);
		for (const i of own) add(causeOf(i), u);
	}
	return [...found].map(([why, who]): [string, UnitRow[]] => [why, [...who]]).sort((a, b) => b[1].length - a[1].length);
}

function Why({ rows }: { rows: UnitRow[] }) {
	const top = whys(rows, useCell(incidents) ?? []).slice(0, REASONS_SHOWN);
	if (!top.length) return null;
	return (
		<Card kind="why" title={t("province.why")}>
			<ol>
				{top.map(([reason, who]) => (
					<li key={reason}>
						<b>{who.length}</b>
						<span>
							<span class="clip">{reason}</span>
							<small class="names">
								{who.slice(0, NAMES_SHOWN).map((u) => (
									<a key={u.id} href={linkTo.unit(u.id)}>
										{shortName(u.name)}
									</a>
								))}
								{who.length > NAMES_SHOWN && <span class="muted">+{who.length - NAMES_SHOWN}</span>}
							</small>
						</span>
					</li>
				))}
			</ol>
		</Card>
	);
}

function OpenIncidents() {
	const list = useCell(incidents);
	return (
		<Card
			kind="open"
			title={
				<>
					{t("province.open")} {list && <span class="pill">{list.length}</span>}
				</>
			}
			aside={<a href={linkTo.incidents()}>{t("province.all_open")}</a>}
		>
			{list === null ? <Waiting /> : list.length === 0 ? <p class="calm">{t("province.calm")}</p> : <IncidentRows rows={list.slice(0, INCIDENTS_SHOWN)} gathered />}
			{list && list.length > INCIDENTS_SHOWN && <p class="muted pad">{t("province.more", { n: list.length - INCIDENTS_SHOWN })}</p>}
		</Card>
	);
}

function Legend() {
	return (
		<ul class="legend" aria-label={t("map.legend")}>
			{STATES.map((s) => (
				<li key={s}>
					<Lamp state={s} quiet /> {t(`state.${s}`)}
				</li>
			))}
		</ul>
	);
}

function Units({ rows, name }: { rows: UnitRow[]; name: string }) {
	const map = useCell(geography);
	useEffect(wantGeography, []);
	const asList = useCell(route).query.get("view") === "list";
	const choices = [
		{ value: "map", label: t("province.as_map") },
		{ value: "list", label: t("province.as_list") },
	];
	const body = () => {
		if (asList || map === null) return <UnitTable rows={rows} />;
		return map ? <ProvinceMap geography={map} units={rows} name={name} fresh={fresh.get()} /> : <Waiting />;
	};
	return (
		<Card
			kind={asList || map === null ? "units" : "themap"}
			title={t(asList ? "nav.units" : "province.map")}
			aside={<Choices label={t("province.view")} value={asList ? "list" : "map"} choices={choices} onChoose={(v) => goQuery({ view: v === "list" ? "list" : null })} />}
		>
			{map === null && !asList && <p class="muted pad">{t("map.none")}</p>}
			{body()}
			{!asList && map && <Legend />}
		</Card>
	);
}

export function ProvincePage() {
	const p = useCell(province);
	const rows = useCell(units);
	useCell(fresh);
	useTitle(p?.name ?? "");
	if (!p || !rows) return <Waiting />;
	return (
		<>
			<h1 class="visually-hidden">{p.name}</h1>
			<div class="summary">
				<Counts rows={rows} />
				<GoLive p={p} />
				<Why rows={rows} />
			</div>
			<Units rows={rows} name={p.name} />
			<OpenIncidents />
		</>
	);
}
