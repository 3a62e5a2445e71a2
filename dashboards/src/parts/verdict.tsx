// Why we say so: the verdict as it was and is, what was ruled out and by what, and all that is known.
import type { ComponentChildren } from "preact";
import type { IncidentFull } from "../types";
import { momentText } from "../when";
import { either, named, t } from "../words";
import { Card } from "./page";

function Line({ name, cause, confidence }: { name: string; cause: string | null; confidence?: string | null }) {
	return cause ? (
		<div>
			<dt>{name}</dt>
			<dd>
				{named("cause", cause)} {confidence && <small class="muted">{named("confidence", confidence)}</small>}
			</dd>
		</div>
	) : null;
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

export function Verdict({ incident: i }: { incident: IncidentFull }) {
	const why = either(i.why_final_vi, i.why_final_en);
	return (
		<Card title={t("incident.verdict")}>
			<dl class="facts pad">
				<Line name={t("incident.cause_first")} cause={i.cause} confidence={i.first_confidence} />
				<Line name={t("incident.cause_now")} cause={i.cause_now} confidence={i.now_confidence} />
				<Line name={t("incident.cause_final")} cause={i.final_cause} confidence={i.confidence} />
				{why && <Row name={t("incident.why_final")}>{why}</Row>}
				<Line name={t("incident.runner_up")} cause={i.runner_up} />
				{i.disputed && <Row name={t("incident.disputed")}>{either(i.disputed.vi, i.disputed.en)}</Row>}
				{i.ruled_out.length > 0 && (
					<Row name={t("incident.ruled_out")}>
						<ul class="plain">
							{i.ruled_out.map((r) => (
								<li key={r.cause}>
									<b>{named("cause", r.cause)}</b>: {either(r.vi, r.en)}
								</li>
							))}
						</ul>
					</Row>
				)}
			</dl>
			{i.known.length > 0 && (
				<details class="pad">
					<summary>{t("incident.known", { n: i.known.length })}</summary>
					<ul class="plain">
						{i.known.map((k) => (
							<li key={k.fact}>
								{either(k.vi, k.en)}{" "}
								<small class="muted">
									{k.who} {momentText(k.at)} {k.disputed && t("incident.contradicted")}
								</small>
							</li>
						))}
					</ul>
				</details>
			)}
		</Card>
	);
}
