import { useEffect, useState } from "preact/hooks";
import { causeOf, IncidentRows, IncidentTable, placeOf } from "../parts/incidents";
import { Await, Choices, useTitle } from "../parts/page";
import { fold } from "../fold";
import { useLoad } from "../load";
import { goQuery } from "../route";
import type { Incident } from "../types";
import { t } from "../words";

const SHOWN = 500;

function matches(i: Incident, words: string): boolean {
	return !words || fold([causeOf(i), placeOf(i), i.site_name, i.service_name, i.service, i.node, i.uplink, i.id].join(" ")).includes(words);
}

/** A phone has no room for columns. */
const phone = matchMedia("(max-width: 860px)");

function useNarrow(): boolean {
	const [narrow, setNarrow] = useState(phone.matches);
	useEffect(() => {
		const onChange = () => setNarrow(phone.matches);
		phone.addEventListener("change", onChange);
		return () => phone.removeEventListener("change", onChange);
	}, []);
	return narrow;
}

function List({ rows }: { rows: Incident[] }) {
	return useNarrow() ? <IncidentRows rows={rows} /> : <IncidentTable rows={rows} />;
}

export function IncidentsPage({ query }: { query: URLSearchParams }) {
	const all = query.get("all") === "1";
	const loaded = useLoad<{ incidents: Incident[] }>(all ? "/incidents?all=1" : "/incidents");
	const words = fold(query.get("q") ?? "");
	useTitle(t("incidents.title"));
	const choices = [
		{ value: "", label: t("incidents.open") },
		{ value: "1", label: t("incidents.all") },
	];
	return (
		<>
			<div class="page-head">
				<h1>{t("incidents.title")}</h1>
				<Choices label={t("col.state")} value={all ? "1" : ""} choices={choices} onChoose={(v) => goQuery({ all: v || null })} />
				<input class="filter" type="search" aria-label={t("incidents.filter")} placeholder={t("incidents.filter")} value={query.get("q") ?? ""} onInput={(e) => goQuery({ q: e.currentTarget.value || null })} />
			</div>
			<Await loaded={loaded}>
				{({ incidents }) => {
					const shown = incidents.filter((i) => matches(i, words));
					return (
						<section class="card">
							{shown.length ? <List rows={shown.slice(0, SHOWN)} /> : <p class="calm">{incidents.length || all ? t("incidents.none") : t("province.calm")}</p>}
							{shown.length > 0 && <p class="muted pad">{shown.length > SHOWN ? t("incidents.limit", { n: SHOWN }) : t("incidents.count", { n: shown.length })}</p>}
						</section>
					);
				}}
			</Await>
		</>
	);
}
