// One incident: what happened in time order, what is believed to be the cause, and what to do first.
import type { ComponentChildren } from "preact";
import { useLoad } from "../load";
import { Doing } from "../parts/doing";
import { causeOf, lampOf, lastedText } from "../parts/incidents";
import { graphAddress, GraphImage } from "../parts/graphs";
import { Lamp, SimulatedTag } from "../parts/lamp";
import { Await, Card, useTitle } from "../parts/page";
import { Verdict } from "../parts/verdict";
import { linkTo } from "../route";
import type { IncidentFull, Time } from "../types";
import { clockText, dayText, momentText, now } from "../when";
import { either, named, t } from "../words";

const AROUND_MS = 3600e3;

interface Moment {
	at: Time | null;
	who: string;
	text: string;
	own: boolean;
}

/** Evidence and people's acts on one line of time. */
function moments(i: IncidentFull): Moment[] {
	const seen = i.evidence.map((e) => ({ at: e.at, who: e.who ?? "", text: either(e.vi, e.en), own: false }));
	const acts = i.acts.map((a) => ({ at: a.at, who: a.by ?? "", text: [named("incident.act", a.act), a.text].filter(Boolean).join(": "), own: true }));
	const calls = i.complaints.map((c) => ({ at: c.at, who: c.by, text: `${t("incident.complaint")}: ${c.words}`, own: true }));
	return [...seen, ...acts, ...calls].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

function Evidence({ incident }: { incident: IncidentFull }) {
	const list = moments(incident);
	if (!list.length) return <p class="calm">{t("incident.no_evidence")}</p>;
	return (
		<ol class="evidence">
			{list.map((m, n) => {
				const newDay = m.at !== null && (n === 0 || dayText(m.at) !== dayText(list[n - 1]?.at ?? 0));
				return (
					<li key={n} class={m.own ? "act" : ""}>
						{m.at !== null && (
							<time dateTime={new Date(m.at).toISOString()}>
								{clockText(m.at)}
								{newDay && <small>{dayText(m.at)}</small>}
							</time>
						)}
						<span>
							{m.text} {m.who && <small class="muted">{m.who}</small>}
						</span>
					</li>
				);
			})}
		</ol>
	);
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
	return children ? (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	) : null;
}

/** "bảo trì (swap-router)" */
function excuseText(i: IncidentFull): string {
	const [kind, ...id] = (i.excused ?? "").split(":");
	return kind ? `${named("excuse", kind)} (${id.join(":")})` : "";
}

function lostText(i: IncidentFull): string {
	return Object.entries(i.minutes_lost ?? {})
		.map(([service, minutes]) => t("incident.lost_of", { service, n: minutes }))
		.join(", ");
}

function Sites({ incident: i }: { incident: IncidentFull }) {
	return i.sites.length ? (
		<Card title={`${t("incident.sites")} (${i.sites.length})`}>
			<ul class="affects">
				{i.sites.map((s) => (
					<li key={s}>{i.site_names[s] ?? s}</li>
				))}
			</ul>
		</Card>
	) : null;
}

function Facts({ incident: i }: { incident: IncidentFull }) {
	return (
		<dl class="facts">
			<Fact name={t("incident.opened")}>{momentText(i.opened_at)}</Fact>
			<Fact name={t("incident.detected")}>{i.detected_at !== null && momentText(i.detected_at)}</Fact>
			<Fact name={t("incident.resolved")}>{i.resolved_at !== null && momentText(i.resolved_at)}</Fact>
			<Fact name={t(i.resolved_at === null ? "incident.lasting" : "incident.lasted")}>{lastedText(i)}</Fact>
			<Fact name={t("incident.excused")}>{excuseText(i)}</Fact>
			<Fact name={t("incident.reopened")}>{i.reopened > 0 && String(i.reopened)}</Fact>
			<Fact name={t("incident.flaps")}>{i.flaps > 0 && String(i.flaps)}</Fact>
			<Fact name={t("incident.closed")}>{i.closed_by && `${i.closed_by}: ${i.close_reason ?? ""}`}</Fact>
			<Fact name={t("incident.line")}>{[i.carrier, i.circuit].filter(Boolean).join(" · ")}</Fact>
			<Fact name={t("incident.tickets")}>{i.tickets.map((k) => k.ticket).join(", ")}</Fact>
			<Fact name={t("incident.lost")}>{lostText(i)}</Fact>
			<Fact name={t("incident.severity")}>{named("severity", i.severity)}</Fact>
			<Fact name={t("incident.responsible")}>{named("responsible", i.responsible)}</Fact>
			<Fact name={t("incident.mails")}>{i.mails !== null && String(i.mails)}</Fact>
			<Fact name={t("incident.merged")}>{i.merged_into && <a href={linkTo.incident(i.merged_into)}>{i.merged_into}</a>}</Fact>
			<Fact name={t("incident.id")}>
				<code>{i.id}</code>
			</Fact>
		</dl>
	);
}

function Around({ incident: i }: { incident: IncidentFull }) {
	if (!i.site || i.opened_at === null) return null;
	const from = Math.floor((i.opened_at - AROUND_MS) / 1000);
	const to = Math.floor(Math.min(now(), (i.resolved_at ?? now()) + AROUND_MS) / 1000);
	const link = i.service && i.node ? { target: `service:${i.service}@${i.node}`, graph: "service" } : { target: `site:${i.site}`, graph: "uplink" };
	return (
		<Card title={t("incident.graph")}>
			<GraphImage title={t("incident.graph")} address={(format) => graphAddress(link, from, to, format)} />
		</Card>
	);
}

function Whole({ incident: i, again }: { incident: IncidentFull; again(): void }) {
	const check = either(i.check_first_vi, i.check_first_en);
	return (
		<>
			<div class="page-head incident-head">
				<Lamp state={lampOf(i)} quiet big />
				<div>
					<h1>
						{causeOf(i)} <span class={`tag ${i.state}`}>{t(`istate.${i.state}`)}</span> {i.excused && <span class="tag excused">{t("incident.excused_tag")}</span>} <SimulatedTag show={i.simulated} />
					</h1>
					<p class="where">
						{i.unit ? <a href={linkTo.unit(i.unit)}>{i.unit_name ?? i.unit}</a> : null}
						{[i.site_name, i.node, i.service_name ?? i.service, i.uplink].filter(Boolean).map((part) => (
							<span key={part}> · {part}</span>
						))}
					</p>
				</div>
			</div>
			<p class="lead">{either(i.summary_vi, i.summary_en)}</p>
			<div class="two">
				<div>
					{check && (
						<section class="card check">
							<h2>{t("incident.check")}</h2>
							<p>{check}</p>
						</section>
					)}
					<Verdict incident={i} />
					<Card title={t("incident.evidence")}>
						<Evidence incident={i} />
					</Card>
					<Around incident={i} />
				</div>
				<div>
					<section class="card pad">
						<Doing incident={i} again={again} />
						<Facts incident={i} />
					</section>
					<Sites incident={i} />
					{i.affects.length > 0 && (
						<Card title={`${t("incident.affects")} (${i.affects.length})`}>
							<ul class="affects">
								{i.affects.map((a) => (
									<li key={a}>{a}</li>
								))}
							</ul>
						</Card>
					)}
				</div>
			</div>
		</>
	);
}

export function IncidentPage({ id }: { id: string }) {
	const loaded = useLoad<IncidentFull>(`/incidents/${encodeURIComponent(id)}`);
	useTitle(loaded.data ? `${causeOf(loaded.data)} · ${loaded.data.unit_name ?? ""}` : t("incidents.title"));
	return (
		<>
			<a class="back" href={linkTo.incidents()}>
				‹ {t("incident.back")}
			</a>
			<Await loaded={loaded}>{(i) => <Whole incident={i} again={loaded.again} />}</Await>
		</>
	);
}
