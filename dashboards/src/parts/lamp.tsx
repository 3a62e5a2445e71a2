// A state as shape, colour and word: a disc, a triangle, a crossed square, a hollow ring.
import type { State, Vantage } from "../types";
import { t } from "../words";

export function Shape({ state }: { state: State }) {
	switch (state) {
		case "up":
			return <circle cx="8" cy="8" r="6" />;
		case "degraded":
			return <path d="M8 1.5 15 14H1z" />;
		case "down":
			return (
				<>
					<rect x="2" y="2" width="12" height="12" rx="1" />
					<path d="M5 5l6 6M11 5l-6 6" class="cross" />
				</>
			);
		default:
			return <circle cx="8" cy="8" r="5" class="hollow" />;
	}
}

/** Alone it says its state to screen readers; beside a word it is `quiet`. */
export function Lamp({ state, quiet, big }: { state: State; quiet?: boolean; big?: boolean }) {
	const known: State = state in { up: 1, degraded: 1, down: 1 } ? state : "unobserved";
	const name = t(`state.${known}`);
	return (
		<svg class={`lamp ${known}${big ? " big" : ""}`} viewBox="0 0 16 16" {...(quiet ? { "aria-hidden": "true" } : { role: "img", "aria-label": name })}>
			{!quiet && <title>{name}</title>}
			<Shape state={known} />
		</svg>
	);
}

export function Badge({ state }: { state: State }) {
	return (
		<span class={`badge ${state}`}>
			<Lamp state={state} quiet /> {t(`state.${state}`)}
		</span>
	);
}

export function SimulatedTag({ show }: { show: boolean }) {
	return show ? <span class="simulated-tag">{t("simulated.tag")}</span> : null;
}

/** Nobody at the place tells: it is measured from the collector. */
export function OutsideTag({ vantage }: { vantage: Vantage | undefined }) {
	return vantage === "outside" ? (
		<span class="tag outside" title={t("site.outside")}>
			{t("uplink.outside")}
		</span>
	) : null;
}

const BADNESS: Record<State, number> = { down: 3, degraded: 2, unobserved: 1, up: 0 };

/** The worst of some states; nothing measured is "unobserved", never "up". */
export function worst(states: readonly State[]): State {
	return states.reduce<State | null>((w, s) => (w === null || BADNESS[s] > BADNESS[w] ? s : w), null) ?? "unobserved";
}

export function badness(state: State): number {
	return BADNESS[state] ?? 1;
}
