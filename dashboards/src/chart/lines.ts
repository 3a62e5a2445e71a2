// Which lines a chart draws of an RRD file: columns as the collector names them, scaled for people.
import type { GraphLink } from "../types";
import { t } from "../words";

export type Scale = "ms" | "%" | "Mbit/s";

export interface Line {
	column: string;
	label: string;
	scale: Scale;
	/** Multiplies the stored value: octets a second become Mbit/s. */
	factor: number;
	/** CSS variable of its colour. */
	colour: string;
	/** Dashed and filled lines differ for who sees no colours. */
	dash?: number[];
	fill?: boolean;
}

export interface ChartPlan {
	file: string;
	title: string;
	lines: Line[];
}

const MBIT_OF_OCTETS = 8 / 1e6;

const delay = (): Line[] => [
	{ column: "rtt_ms", label: t("chart.rtt"), scale: "ms", factor: 1, colour: "--line-1" },
	{ column: "loss_pct", label: t("chart.loss"), scale: "%", factor: 1, colour: "--line-3", fill: true },
];
const traffic = (): Line[] => [
	{ column: "in_octets", label: t("chart.in"), scale: "Mbit/s", factor: MBIT_OF_OCTETS, colour: "--line-1", fill: true },
	{ column: "out_octets", label: t("chart.out"), scale: "Mbit/s", factor: MBIT_OF_OCTETS, colour: "--line-2", dash: [5, 3] },
];
const connect = (): Line[] => [{ column: "connect_ms", label: t("chart.connect"), scale: "ms", factor: 1, colour: "--line-1", fill: true }];

export function fileOf(link: GraphLink): string | null {
	return link.target.startsWith("file:") ? link.target.slice(5) : null;
}

/** The file of a site's line: "uplink", or "uplink-ID" where the site has several. */
export function uplinkFile(links: readonly GraphLink[], site: string, uplink: string): string | null {
	const files = links.map(fileOf).filter((f): f is string => f !== null && f.startsWith(site + "/"));
	return files.find((f) => f.endsWith(`/uplink-${uplink}`)) ?? files.find((f) => f.endsWith("/uplink")) ?? null;
}

/** The charts that the unit's files allow, lines first. `nameOf` says what a file's thing is called,
    `order` which files come first. */
export function plansOf(links: readonly GraphLink[], nameOf: (file: string) => string, order: readonly string[]): ChartPlan[] {
	const plans: ChartPlan[] = [];
	const seen = new Set<string>();
	const add = (file: string, title: string, lines: Line[]) => {
		const key = `${file} ${lines[0]?.column}`;
		if (!seen.has(key)) plans.push({ file, title, lines });
		seen.add(key);
	};
	for (const link of links) {
		const file = fileOf(link);
		if (!file) continue;
		const base = file.split("/")[2] ?? "";
		const name = nameOf(file);
		if (/^(uplink|path)(-|$)/.test(base)) add(file, t("chart.path", { name }), delay());
		if (/^uplink(-|$)/.test(base)) add(file, t("chart.traffic", { name }), traffic());
		if (base.startsWith("if-")) add(file, t("chart.traffic", { name }), traffic());
		if (base.startsWith("svc-")) add(file, t("chart.service", { name }), connect());
	}
	const rank = ({ file }: ChartPlan) => {
		const at = order.indexOf(file);
		return at >= 0 ? at : order.length + (/\/uplink/.test(file) ? 0 : /\/if-/.test(file) ? 1 : /\/svc-/.test(file) ? 2 : 3);
	};
	return plans.sort((a, b) => rank(a) - rank(b));
}
