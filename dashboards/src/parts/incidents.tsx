// Incidents as rows: what broke, where, for how long, who answers for it.
import { linkTo } from "../route";
import type { Incident, State } from "../types";
import { briefText, momentText, now, spanText } from "../when";
import { named, t } from "../words";
import { Lamp, SimulatedTag } from "./lamp";

/** The verdict in force. */
export function verdictOf(i: Incident): string {
	return i.final_cause ?? i.cause_now ?? i.cause ?? "unknown";
}

export function causeOf(i: Incident): string {
	return named("cause", verdictOf(i));
}

/** The place, without repeating the unit that its site's name may hold already. */
export function placeOf(i: Incident): string {
	return i.unit_name ?? i.site_name ?? i.site ?? i.node ?? "";
}

const DEGRADING = new Set(["uplink-degraded", "uplink-saturated", "one-way-loss", "clock-skew", "flapping", "certificate", "mtu-blackhole"]);

export function lampOf(i: Incident): State {
	if (i.state === "resolved" || i.state === "merged") return "up";
	return DEGRADING.has(verdictOf(i)) || i.severity === "warning" ? "degraded" : "down";
}

export function lastedText(i: Incident): string {
	return i.opened_at === null ? "-" : spanText((i.resolved_at ?? now()) - i.opened_at);
}

function what(i: Incident): string {
	return i.service_name ?? i.service ?? i.uplink ?? i.node ?? "";
}

/** What began together, at one place, of one cause: one line to read, however many checks saw it. */
const TOGETHER_MS = 120e3;

export function gather(rows: readonly Incident[]): Incident[][] {
	const groups: Incident[][] = [];
	for (const i of rows) {
		const same = groups.find(([g]) => g !== undefined && g.unit === i.unit && causeOf(g) === causeOf(i) && g.state === i.state && Math.abs((g.opened_at ?? 0) - (i.opened_at ?? 0)) < TOGETHER_MS);
		if (same && i.unit) same.push(i);
		else groups.push([i]);
	}
	return groups;
}

function IncidentRow({ group }: { group: Incident[] }) {
	const i = group[0] as Incident;
	const place = [placeOf(i), ...new Set(group.map(what).filter(Boolean))];
	return (
		<li class={i.state}>
			<a href={group.length > 1 && i.unit ? linkTo.unit(i.unit) : linkTo.incident(i.id)}>
				<Lamp state={lampOf(i)} quiet />
				<span class="cause">
					<b>{causeOf(i)}</b> {group.length > 1 && <span class="times">×{group.length}</span>}
				</span>
				<span class="lasted" title={momentText(i.opened_at)}>
					{lastedText(i)}
				</span>
				<span class="where">
					<span class="place">{place.join(" · ")}</span>
					{i.state !== "open" && <span class={`tag ${i.state}`}>{t(`istate.${i.state}`)}</span>}
					{i.excused && <span class="tag excused">{t("incident.excused_tag")}</span>}
					<SimulatedTag show={i.simulated} />
					<small>{briefText(i.opened_at)}</small>
				</span>
			</a>
		</li>
	);
}

/** `gathered`: for a glance; else every incident has its own line and link. */
export function IncidentRows({ rows, gathered }: { rows: Incident[]; gathered?: boolean }) {
	const groups = gathered ? gather(rows) : rows.map((i) => [i]);
	return (
		<ul class="incident-rows">
			{groups.map((group) => (
				<IncidentRow key={group[0]?.id} group={group} />
			))}
		</ul>
	);
}

export function IncidentTable({ rows }: { rows: Incident[] }) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("incidents.title")}>
			<table class="rows">
				<thead>
					<tr>
						<th scope="col">{t("col.cause")}</th>
						<th scope="col">{t("col.unit")}</th>
						<th scope="col" class="wide">{t("col.target")}</th>
						<th scope="col">{t("col.opened")}</th>
						<th scope="col">{t("col.lasted")}</th>
						<th scope="col" class="wide">{t("incident.confidence")}</th>
						<th scope="col" class="wide">{t("col.responsible")}</th>
						<th scope="col" class="wide number">{t("col.mails")}</th>
						<th scope="col">{t("col.state")}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((i) => (
						<tr key={i.id} class={i.state}>
							<th scope="row">
								<Lamp state={lampOf(i)} quiet /> <a href={linkTo.incident(i.id)}>{causeOf(i)}</a> <SimulatedTag show={i.simulated} />
							</th>
							<td>{i.unit ? <a href={linkTo.unit(i.unit)}>{placeOf(i)}</a> : placeOf(i)}</td>
							<td class="wide">{what(i)}</td>
							<td class="when" title={momentText(i.opened_at)}>{briefText(i.opened_at)}</td>
							<td>{lastedText(i)}</td>
							<td class="wide">{named("confidence", i.confidence)}</td>
							<td class="wide">{named("responsible", i.responsible)}</td>
							<td class="wide number">{i.mails ?? ""}</td>
							<td>
								<span class={`tag ${i.state}`}>{t(`istate.${i.state}`)}</span>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
