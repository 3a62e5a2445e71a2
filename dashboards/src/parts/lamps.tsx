// Four lamps for a caller: the host, each line, the LAN, the services.
import type { State, Unit } from "../types";
import { named, t } from "../words";
import { Lamp, worst } from "./lamp";

interface Light {
	name: string;
	state: State;
}

export function lightsOf(unit: Unit): Light[] {
	const sites = unit.sites.some((s) => s.required) ? unit.sites.filter((s) => s.required) : unit.sites;
	const nodes = sites.flatMap((s) => s.nodes);
	const servers = nodes.filter((n) => n.kind !== "gear");
	const gear = nodes.filter((n) => n.kind === "gear");
	/* unused ports of a switch are no trouble; whether it answers is */
	const ports = sites.flatMap((s) => s.interfaces).filter((i) => !gear.some((g) => g.id === i.node));
	const power = servers.map((n) => n.state).concat(nodes.flatMap((n) => (n.ups?.on_battery ? ["degraded" as State] : [])));
	const lines = new Map<string, State[]>();
	for (const u of sites.flatMap((s) => s.uplinks)) lines.set(u.kind, [...(lines.get(u.kind) ?? []), u.state]);
	return [
		{ name: t("lamp.power"), state: worst(power) },
		...(lines.size ? [...lines].map(([kind, states]) => ({ name: named("uplink", kind), state: worst(states) })) : [{ name: t("lamp.line"), state: "unobserved" as State }]),
		{ name: t("lamp.lan"), state: worst([...ports, ...gear].map((i) => i.state)) },
		{ name: t("lamp.service"), state: worst(sites.flatMap((s) => s.services).map((s) => s.state)) },
	];
}

export function FourLamps({ unit }: { unit: Unit }) {
	return (
		<ul class="four-lamps" aria-label={t("unit.lamps")}>
			{lightsOf(unit).map((l) => (
				<li key={l.name} class={l.state}>
					<Lamp state={l.state} quiet big />
					<span>
						<b>{l.name}</b>
						<small>{t(`state.${l.state}`)}</small>
					</span>
				</li>
			))}
		</ul>
	);
}
