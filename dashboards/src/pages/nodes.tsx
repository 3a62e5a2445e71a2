import { fold } from "../fold";
import { useLoad } from "../load";
import { numberText } from "../number";
import { AgentSign } from "../parts/agent";
import { Badge, OutsideTag, SimulatedTag } from "../parts/lamp";
import { Await, useTitle } from "../parts/page";
import { goQuery } from "../route";
import type { NodeRow } from "../types";
import { briefText, momentText } from "../when";
import { named, t } from "../words";

const TROUBLE: Record<string, number> = { silent: 0, closed: 1, connected: 2, never: 3 };
const SKEW_WARNS_MS = 2000;

/** Gear has no agent: whether it answers puts it in its place. */
function troubleOf(n: NodeRow): number {
	if (n.kind === "gear") return n.state === "down" ? 0 : n.state === "up" ? 2 : 3;
	return TROUBLE[n.agent] ?? 9;
}

/** A tenth of a second is as fine as it matters. */
function skewText(ms: number | null): string {
	if (ms === null) return "-";
	const tenths = Math.round(ms / 100);
	return `${tenths === 0 ? "0" : numberText(tenths / 10)} s`;
}

/** Is what the collector wants it to watch what it watches? */
function configText(n: NodeRow): string {
	if (typeof n.config_current === "boolean") return t(n.config_current ? "config.current" : "config.old");
	return n.config_version?.slice(0, 8) ?? "-";
}

function NodeState({ node: n }: { node: NodeRow }) {
	if (n.kind !== "gear") return <AgentSign agent={n.agent} />;
	return (
		<>
			<Badge state={n.state} /> <small class="muted">{n.polled_by ? t("node.polled", { who: n.polled_by }) : t("node.unpolled")}</small> <OutsideTag vantage={n.vantage} />
		</>
	);
}

function NodeTable({ rows }: { rows: NodeRow[] }) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("nodes.title")}>
			<table class="rows">
				<thead>
					<tr>
						<th scope="col">{t("col.node")}</th>
						<th scope="col">{t("col.agent")}</th>
						<th scope="col">{t("col.last_seen")}</th>
						<th scope="col" class="wide">{t("col.site")}</th>
						<th scope="col" class="wide">{t("col.kind")}</th>
						<th scope="col" class="wide">{t("col.software")}</th>
						<th scope="col" class="wide">{t("col.config")}</th>
						<th scope="col" class="number wide">{t("col.skew")}</th>
						<th scope="col" class="number wide">{t("col.backlog")}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((n) => (
						<tr key={n.id}>
							<th scope="row">
								{n.id} <SimulatedTag show={n.simulated} />
							</th>
							<td>
								<NodeState node={n} />
							</td>
							<td class="when" title={momentText(n.last_seen)}>{briefText(n.last_seen)}</td>
							<td class="wide">{n.site}</td>
							<td class="wide">{named("kind", n.kind)}</td>
							<td class="wide">{n.software ?? "-"}</td>
							<td class={`wide${n.config_current === false ? " warn" : ""}`} title={n.config_version ?? ""}>
								{configText(n)}
							</td>
							<td class={`number wide${Math.abs(n.skew_ms ?? 0) > SKEW_WARNS_MS ? " warn" : ""}`}>{skewText(n.skew_ms)}</td>
							<td class="number wide">{n.backlog ?? "-"}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function NodesPage({ query }: { query: URLSearchParams }) {
	const loaded = useLoad<{ nodes: NodeRow[] }>("/nodes");
	const words = fold(query.get("q") ?? "");
	useTitle(t("nodes.title"));
	return (
		<>
			<div class="page-head">
				<h1>{t("nodes.title")}</h1>
				{loaded.data && (
					<span class="muted">
						{t("nodes.connected", { n: loaded.data.nodes.filter((n) => n.agent === "connected").length, all: loaded.data.nodes.filter((n) => n.agent !== "never").length })}
					</span>
				)}
				<input class="filter" type="search" aria-label={t("nodes.filter")} placeholder={t("nodes.filter")} value={query.get("q") ?? ""} onInput={(e) => goQuery({ q: e.currentTarget.value || null })} />
			</div>
			<Await loaded={loaded}>
				{({ nodes }) => {
					const shown = nodes.filter((n) => !words || fold(`${n.id} ${n.site} ${n.kind}`).includes(words)).sort((a, b) => troubleOf(a) - troubleOf(b) || a.id.localeCompare(b.id));
					return <section class="card">{shown.length ? <NodeTable rows={shown} /> : <p class="calm">{t("nodes.none")}</p>}</section>;
				}}
			</Await>
		</>
	);
}
