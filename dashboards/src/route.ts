// Addresses: #/units/ID?range=7d. After the hash, because ids hold dots and the server answers only paths without one.
import { cell } from "./cell";

export interface Route {
	/** Decoded parts: ["units", "pha-long"]. */
	parts: string[];
	query: URLSearchParams;
	/** As written, to come back to. */
	text: string;
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export function parseRoute(hash: string): Route {
	const text = hash.replace(/^#/, "") || "/";
	const [path = "", query = ""] = text.split(/\?(.*)/s);
	return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query), text };
}

export const route = cell<Route>(parseRoute(location.hash));

addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

export function go(text: string, how: "push" | "replace" = "push"): void {
	if (how === "push") {
		location.hash = "#" + text;
		return;
	}
	history.replaceState(null, "", "#" + text);
	route.set(parseRoute(location.hash));
}

/** The same page with a changed query; null takes a key away. */
export function goQuery(changes: Record<string, string | null>): void {
	const { text, query } = route.get();
	const next = new URLSearchParams(query);
	for (const [key, value] of Object.entries(changes)) {
		if (value === null) next.delete(key);
		else next.set(key, value);
	}
	const q = next.toString();
	go(text.split("?")[0] + (q ? "?" + q : ""), "replace");
}

export const linkTo = {
	unit: (id: string) => `#/units/${encodeURIComponent(id)}`,
	incident: (id: string) => `#/incidents/${encodeURIComponent(id)}`,
	units: (state?: string) => "#/units" + (state ? `?state=${state}` : ""),
	find: (words: string) => `#/find?q=${encodeURIComponent(words)}`,
	incidents: () => "#/incidents",
	nodes: () => "#/nodes",
	province: () => "#/",
};
