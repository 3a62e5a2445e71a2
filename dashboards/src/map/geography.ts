// The province's map, asked for once and early: it is the largest thing of the first page.
import type { Topology } from "topojson-specification";
import { get } from "../api";
import { cell } from "../cell";
import { geographyOf, type Geography } from "./geometry";

/** undefined: not here yet; null: there is none. */
export const geography = cell<Geography | null | undefined>(undefined);
let asked = false;

export function wantGeography(): void {
	if (asked) return;
	asked = true;
	get<Topology>("/map").then(
		(topology) => geography.set(geographyOf(topology)),
		() => {
			geography.set(null);
			asked = false; // the next visit tries again
		},
	);
}
