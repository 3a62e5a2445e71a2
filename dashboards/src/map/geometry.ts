// The province's borders as paths for the screen: projected once, then only coloured.
import { geoMercator, geoPath } from "d3-geo";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

export interface Shape {
	code: string;
	path: string;
	x: number;
	y: number;
	/** Of its box. */
	width: number;
	height: number;
}

export interface Geography {
	width: number;
	height: number;
	shapes: Shape[];
}

const SIZE = 1000;
const MARGIN = 6;

interface Properties {
	code?: string;
}

function shapeOf(f: Feature<Geometry, Properties>, draw: ReturnType<typeof geoPath>): Shape | null {
	const path = draw(f);
	const code = f.properties?.code;
	if (!path || !code) return null;
	const [[left, top], [right, bottom]] = draw.bounds(f);
	const [x, y] = draw.centroid(f);
	return { code: String(code), path, x, y, width: right - left, height: bottom - top };
}

/** Null when the file holds nothing to draw. */
export function geographyOf(topology: Topology): Geography | null {
	const first = Object.values(topology.objects ?? {})[0];
	if (!first) return null;
	const all = feature(topology, first as GeometryCollection<Properties>) as FeatureCollection<Geometry, Properties>;
	const projection = geoMercator().fitSize([SIZE, SIZE], all);
	const [[left, top], [right, bottom]] = geoPath(projection).bounds(all);
	const [dx, dy] = projection.translate();
	projection.translate([dx - left + MARGIN, dy - top + MARGIN]);
	const draw = geoPath(projection).digits(1);
	const shapes = all.features.map((f) => shapeOf(f, draw)).filter((s): s is Shape => s !== null);
	return { width: right - left + 2 * MARGIN, height: bottom - top + 2 * MARGIN, shapes };
}

export type Direction = "left" | "right" | "up" | "down";

/** The next shape that way: near, and not too far off the straight line. */
export function neighbour(shapes: readonly Shape[], from: Shape, way: Direction): Shape | null {
	const horizontal = way === "left" || way === "right";
	const sign = way === "left" || way === "up" ? -1 : 1;
	let best: Shape | null = null;
	let cost = Infinity;
	for (const s of shapes) {
		const [dx, dy] = [s.x - from.x, s.y - from.y];
		const ahead = sign * (horizontal ? dx : dy);
		const aside = Math.abs(horizontal ? dy : dx);
		if (ahead <= 1 || aside > 2 * ahead) continue;
		if (ahead + 2 * aside < cost) {
			cost = ahead + 2 * aside;
			best = s;
		}
	}
	return best;
}
