// A machine of a site: a server with its agent, or gear that an agent reads; what troubles it, what it is wired to.
import { numberText } from "../number";
import type { Interface, Neighbour, Site, SiteNode, Ups } from "../types";
import { momentText, sinceText } from "../when";
import { either, named, t } from "../words";
import { AgentSign } from "./agent";
import { Lamp, OutsideTag, SimulatedTag } from "./lamp";

const PORTS_SHOWN = 6;

/** On gear a port without carrier is mostly one that nobody uses: no alarm. */
function PortList({ ports, gear }: { ports: Interface[]; gear: boolean }) {
	return (
		<ul class="ports" aria-label={t("site.interfaces")}>
			{ports.map((p) => (
				<li key={p.name} class={p.state}>
					{gear ? <Lamp state={p.state === "up" ? "up" : "unobserved"} quiet /> : <Lamp state={p.state} />} {p.name}
				</li>
			))}
		</ul>
	);
}

/** A switch has many ports, and an unused one is no trouble: they open on demand. */
function Ports({ ports, gear }: { ports: Interface[]; gear: boolean }) {
	if (!ports.length) return null;
	if (ports.length <= PORTS_SHOWN) return <PortList ports={ports} gear={gear} />;
	return (
		<details class="unfold">
			<summary>{t("node.ports", { up: ports.filter((p) => p.state === "up").length, n: ports.length })}</summary>
			<PortList ports={ports} gear={gear} />
		</details>
	);
}

function Neighbours({ list }: { list: Neighbour[] }) {
	if (!list.length) return null;
	return (
		<details class="unfold">
			<summary>{t("node.neighbours", { n: list.length })}</summary>
			<ul class="neighbours">
				{list.map((n, k) => (
					<li key={k}>
						<code>{n.local_port ?? "?"}</code> ↔ <b>{n.system || n.chassis || "?"}</b> {n.port && <code>{n.port}</code>} <small class="muted">{n.protocol}</small>
					</li>
				))}
			</ul>
		</details>
	);
}

function UpsSign({ ups }: { ups: Ups }) {
	const charge = ups.charge_pct === null ? "" : ` ${numberText(ups.charge_pct)} %`;
	return (
		<span class="agent-sign" title={momentText(ups.since)}>
			<Lamp state={ups.on_battery ? "degraded" : "up"} quiet /> {t(ups.on_battery ? "ups.battery" : "ups.mains")}
			{charge}
		</span>
	);
}

function Reader({ node: n }: { node: SiteNode }) {
	if (n.kind !== "gear") return <AgentSign agent={n.agent} />;
	return (
		<>
			{n.address && <code>{n.address}</code>}
			<span class="muted">{n.polled_by ? t("node.polled", { who: n.polled_by }) : t("node.unpolled")}</span>
			<OutsideTag vantage={n.vantage} />
		</>
	);
}

export function NodeItem({ node: n, site }: { node: SiteNode; site: Site }) {
	const gear = n.kind === "gear";
	const concerns = n.concerns.filter((c) => c.kind !== "ups" || !n.ups);
	return (
		<li class="node-row">
			<Lamp state={n.state} />
			<b>{n.id}</b>
			<span class="muted">{named("kind", n.kind)}</span>
			<SimulatedTag show={n.simulated} />
			<Reader node={n} />
			{n.ups && <UpsSign ups={n.ups} />}
			{!gear && n.last_seen !== null && (
				<span class="muted" title={momentText(n.last_seen)}>
					{t("col.last_seen").toLowerCase()} {sinceText(n.last_seen)}
				</span>
			)}
			{n.software && <span class="muted">{n.software}</span>}
			{n.config_version && <span class="muted">{t("node.config", { version: n.config_version.slice(0, 8) })}</span>}
			{concerns.length > 0 && (
				<ul class="concerns">
					{concerns.map((c) => (
						<li key={c.kind} class={c.state}>
							<Lamp state={c.state} /> {either(c.vi, c.en)} <small class="muted">{sinceText(c.since)}</small>
						</li>
					))}
				</ul>
			)}
			<Neighbours list={n.neighbours} />
			<Ports ports={site.interfaces.filter((i) => i.node === n.id)} gear={gear} />
		</li>
	);
}
