// Incidents as rows: what broke, where, for how long, who answers for it.
import { linkTo } from "../route";
import type { Incident, State } from "../types";
import { briefText, momentText, now, spanText } from "../when";
import { named, t } from "../words";
import { Lamp, SimulatedTag } from "./lamp";

export function causeOf(i: Incident): string {
	return named("cause", i.final_cause ?? i.cause ?? "unknown");
}

/** The place, without repeating the unit that its site's name may hold already. */
export function placeOf(i: Incident): string {
	return i.unit_name ?? i.site_name ?? i.site ?? i.node ?? "";
}

const DEGRADING = new Set(["uplink-degraded", "uplink-saturated", "one-way-loss", "clock-skew", "flapping", "certificate", "mtu-blackhole"]);

export function lampOf(i: Incident): State {
	if (i.state === "resolved" || i.state === "merged") return "up";
	return DEGRADING.has(i.final_cause ?? i.cause ?? "") || i.severity === "warning" || i.severity === "minor" ? "degraded" : "down";
}

export function lastedText(i: Incident): string {
	return i.opened_at === null ? "-" : spanText((i.resolved_at ?? now()) - i.opened_at);
}

function what(i: Incident): string {
	return i.service_name ?? i.service ?? i.uplink ?? i.node ?? "";
}

export function IncidentRows({ rows }: { rows: Incident[] }) {
	return (
		<ul class="incident-rows">
			{rows.map((i) => (
				<li key={i.id} class={i.state}>
					<a href={linkTo.incident(i.id)}>
						<Lamp state={lampOf(i)} quiet />
						<span class="main">
							<span class="cause">
								<b>{causeOf(i)}</b> <SimulatedTag show={i.simulated} /> {i.state !== "open" && <span class={`tag ${i.state}`}>{t(`istate.${i.state}`)}</span>}
							</span>
							<span class="place">
								{placeOf(i)}
								{what(i) && ` · ${what(i)}`}
							</span>
						</span>
						<span class="side">
							<span title={momentText(i.opened_at)}>{lastedText(i)}</span>
							<small>{briefText(i.opened_at)}</small>
						</span>
					</a>
				</li>
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
							<td title={momentText(i.opened_at)}>{briefText(i.opened_at)}</td>
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
