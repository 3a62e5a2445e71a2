import { useCell } from "../cell";
import { Choices, useTitle, Waiting } from "../parts/page";
import { UnitTable } from "../parts/units";
import { fold } from "../fold";
import { goQuery } from "../route";
import { units } from "../store";
import { STATES } from "../types";
import { t } from "../words";

export function UnitsPage({ query }: { query: URLSearchParams }) {
	const rows = useCell(units);
	const state = query.get("state") ?? "";
	const words = fold(query.get("q") ?? "");
	useTitle(t("units.title"));
	if (!rows) return <Waiting />;
	const named = rows.filter((u) => !words || fold(`${u.name} ${u.former.join(" ")}`).includes(words));
	const shown = named.filter((u) => !state || u.state === state);
	const choices = [{ value: "", label: t("units.all"), count: named.length }, ...STATES.map((s) => ({ value: s as string, label: t(`state.${s}`), count: named.filter((u) => u.state === s).length }))];
	return (
		<>
			<div class="page-head">
				<h1>{t("units.title")}</h1>
				<Choices label={t("col.state")} value={state} choices={choices} onChoose={(v) => goQuery({ state: v || null })} />
				<input class="filter" type="search" aria-label={t("units.filter")} placeholder={t("units.filter")} value={query.get("q") ?? ""} onInput={(e) => goQuery({ q: e.currentTarget.value || null })} />
			</div>
			<section class="card">{shown.length ? <UnitTable rows={shown} /> : <p class="calm">{t("units.none")}</p>}</section>
		</>
	);
}
