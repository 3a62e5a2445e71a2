// What the agents of a unit told: a line of time, newest first; a trace opens into its hops.
import { numberText } from "../number";
import type { Hop, NodeEvent } from "../types";
import { clockText, dayText } from "../when";
import { either, t } from "../words";
import { Some } from "./page";

const EVENTS_SHOWN = 8;

function hopsOf(e: NodeEvent): Hop[] {
	const hops = e.data && !Array.isArray(e.data) ? e.data.hops : undefined;
	return Array.isArray(hops) ? hops.filter((h) => Array.isArray(h)) : [];
}

function Hops({ hops }: { hops: Hop[] }) {
	return (
		<details>
			<summary>{t("event.hops", { n: hops.length })}</summary>
			<ol class="hops">
				{hops.map(([address, sent, received, rtt], n) => (
					<li key={n} class={address ? "" : "mute"}>
						<code>{address ?? "*"}</code>
						<span>{rtt === null ? "-" : `${numberText(rtt)} ms`}</span>
						<span class={received < sent ? "warn" : "muted"}>
							{received}/{sent}
						</span>
					</li>
				))}
			</ol>
		</details>
	);
}

function Event({ event: e, day }: { event: NodeEvent; day: string | null }) {
	const hops = hopsOf(e);
	return (
		<li class={`kind-${e.kind}`}>
			<time dateTime={new Date(e.at).toISOString()}>
				{clockText(e.at)}
				{day && <small>{day}</small>}
			</time>
			<span>
				{either(e.vi, e.en)}
				{hops.length > 0 && <Hops hops={hops} />}
			</span>
		</li>
	);
}

export function Events({ rows }: { rows: NodeEvent[] }) {
	return (
		<Some all={rows} first={EVENTS_SHOWN}>
			{(shown) => (
				<ol class="evidence events">
					{shown.map((e, n) => {
						const before = shown[n - 1];
						return <Event key={`${e.at} ${e.node} ${e.kind} ${n}`} event={e} day={!before || dayText(before.at) !== dayText(e.at) ? dayText(e.at) : null} />;
					})}
				</ol>
			)}
		</Some>
	);
}
