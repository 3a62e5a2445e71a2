// One incident: what happened in time order, what is believed to be the cause, and what to do first.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { errorText, post } from "../api";
import { useCell } from "../cell";
import { useLoad } from "../load";
import { causeOf, lampOf, lastedText } from "../parts/incidents";
import { graphAddress, GraphImage } from "../parts/graphs";
import { Lamp, SimulatedTag } from "../parts/lamp";
import { Await, Card, Trouble, useTitle } from "../parts/page";
import { linkTo } from "../route";
import { mayAct, session } from "../session";
import { refresh } from "../store";
import type { IncidentFull, Time } from "../types";
import { clockText, dayText, momentText, now } from "../when";
import { either, named, t } from "../words";

/** What was typed outlives a lost session. */
const drafts = new Map<string, string>();
const AROUND_MS = 3600e3;

function Acknowledge({ incident: i, again }: { incident: IncidentFull; again(): void }) {
	const who = useCell(session);
	const [text, setText] = useState(drafts.get(i.id) ?? "");
	const [state, setState] = useState<{ busy: boolean; error: string | null }>({ busy: false, error: null });
	if (i.acked_at !== null) return <p class="note">{t("incident.acked", { who: i.acked_by ?? "-", at: momentText(i.acked_at) })}</p>;
	if (i.state !== "open") return null;
	if (!mayAct(who)) return <p class="muted">{t("incident.ack_right")}</p>;
	const onSubmit = async (e: Event) => {
		e.preventDefault();
		setState({ busy: true, error: null });
		try {
			await post(`/incidents/${encodeURIComponent(i.id)}/ack`, { text });
			drafts.delete(i.id);
			setState({ busy: false, error: null });
			again();
			void refresh();
		} catch (failed) {
			setState({ busy: false, error: errorText(failed) });
		}
	};
	return (
		<form class="ack" onSubmit={onSubmit}>
			<label>
				{t("incident.ack_text")}
				<textarea
					rows={2}
					maxLength={2000}
					value={text}
					onInput={(e) => {
						setText(e.currentTarget.value);
						drafts.set(i.id, e.currentTarget.value);
					}}
				/>
			</label>
			{state.error && <Trouble text={state.error} />}
			<button type="submit" class="main-button" disabled={state.busy}>
				{state.busy ? t("incident.ack_busy") : t("incident.ack")}
			</button>
		</form>
	);
}

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
	return [...seen, ...acts].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
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

function Facts({ incident: i }: { incident: IncidentFull }) {
	return (
		<dl class="facts">
			<Fact name={t("incident.opened")}>{momentText(i.opened_at)}</Fact>
			<Fact name={t("incident.detected")}>{i.detected_at !== null && momentText(i.detected_at)}</Fact>
			<Fact name={t("incident.resolved")}>{i.resolved_at !== null && momentText(i.resolved_at)}</Fact>
			<Fact name={t(i.resolved_at === null ? "incident.lasting" : "incident.lasted")}>{lastedText(i)}</Fact>
			<Fact name={t("incident.cause_first")}>{named("cause", i.cause)}</Fact>
			<Fact name={t("incident.cause_final")}>{named("cause", i.final_cause)}</Fact>
			<Fact name={t("incident.confidence")}>{named("confidence", i.confidence)}</Fact>
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
						{causeOf(i)} <span class={`tag ${i.state}`}>{t(`istate.${i.state}`)}</span> <SimulatedTag show={i.simulated} />
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
					<Card title={t("incident.evidence")}>
						<Evidence incident={i} />
					</Card>
					<Around incident={i} />
				</div>
				<div>
					<section class="card pad">
						<Acknowledge incident={i} again={again} />
						<Facts incident={i} />
					</section>
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
