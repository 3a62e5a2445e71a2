// What all pages share: the province, its units and open incidents, kept fresh by the live events.
import { ApiError, errorText, get } from "./api";
import { cell } from "./cell";
import { followLive, type LiveEvent } from "./live";
import { setSession } from "./session";
import type { Incident, Province, State, UnitRow } from "./types";
import { setClock } from "./when";

const REFRESH_MS = 60_000;
/** Events come in bursts: one reload answers them all. */
const GATHER_MS = 250;
const SETTLE_MS = 2000;

export const province = cell<Province | null>(null);
export const units = cell<UnitRow[] | null>(null);
export const incidents = cell<Incident[] | null>(null);
export const trouble = cell<string | null>(null);
/** Grows with every change that pages with data of their own should follow. */
export const changes = cell(0);
/** Units whose state changed in the last seconds, to be marked on the map. */
export const fresh = cell<ReadonlySet<string>>(new Set());

/** When the last load began. */
let loadedAt = 0;
let gathering: ReturnType<typeof setTimeout> | null = null;

export async function refresh(): Promise<void> {
	loadedAt = Date.now();
	try {
		const [p, u, i] = await Promise.all([get<Province>("/province"), get<{ units: UnitRow[] }>("/units"), get<{ incidents: Incident[] }>("/incidents")]);
		setClock(p.now, p.timezone);
		province.set(p);
		units.set(u.units);
		incidents.set(i.incidents);
		trouble.set(null);
		changes.set(changes.get() + 1);
	} catch (e) {
		if (!(e instanceof ApiError && e.status === 401)) trouble.set(errorText(e));
	}
}

function refreshSoon(): void {
	if (gathering) return;
	gathering = setTimeout(() => {
		gathering = null;
		void refresh();
	}, GATHER_MS);
}

function markFresh(unit: string): void {
	fresh.set(new Set([...fresh.get(), unit]));
	setTimeout(() => {
		const left = new Set(fresh.get());
		left.delete(unit);
		fresh.set(left);
	}, 6000);
}

/** The colour changes at once; reasons and counts follow with the reload. */
function onEvent(e: LiveEvent): void {
	if (e.event === "hello" && Date.now() - loadedAt < SETTLE_MS) {
		setTimeout(() => void refresh(), SETTLE_MS); // the first page is drawn first; then what the stream missed
		return;
	}
	if (e.event === "state") {
		const { unit, state } = e.data as { unit: string; state: State };
		const old = units.get();
		if (old?.some((u) => u.id === unit && u.state !== state)) {
			units.set(old.map((u) => (u.id === unit ? { ...u, state } : u)));
			markFresh(unit);
		}
	}
	refreshSoon();
}

/** Follows the events, and reloads every minute besides. Returns the stop. */
export function startStore(): () => void {
	if (!loadedAt) void refresh();
	const stopLive = followLive(onEvent, () => setSession("ended"));
	const timer = setInterval(() => void refresh(), REFRESH_MS);
	return () => {
		stopLive();
		clearInterval(timer);
		loadedAt = 0;
	};
}
