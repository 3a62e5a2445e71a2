// rrdtool's pictures: addresses are stable within five minutes, so a page that is opened again asks for the same picture.
import { useEffect, useState } from "preact/hooks";
import type { GraphLink } from "../types";
import { now } from "../when";
import { language, t } from "../words";

export const RANGES = { "3h": 3 * 3600, "24h": 86400, "7d": 7 * 86400, "21d": 21 * 86400 } as const;
export type Range = keyof typeof RANGES;
const STABLE_S = 300;

export function rangeOf(query: URLSearchParams): Range {
	const asked = query.get("range");
	return asked !== null && asked in RANGES ? (asked as Range) : "24h";
}

export function rangeEnd(): number {
	return Math.floor(now() / 1000 / STABLE_S) * STABLE_S + STABLE_S;
}

export function graphAddress(link: { target: string; graph: string }, from: number, to: number, format: "svg" | "png"): string {
	const query = new URLSearchParams({ target: link.target, graph: link.graph, from: String(from), to: String(to), width: "900", height: "300", format, language: language.get() });
	return `/api/v1/graph?${query}`;
}

export function GraphImage({ title, address }: { title: string; address(format: "svg" | "png"): string }) {
	const [failed, setFailed] = useState(false);
	const source = address("svg");
	useEffect(() => setFailed(false), [source]);
	if (failed) return <p class="calm">{t("graph.none", { title })}</p>;
	return (
		<figure class="graph">
			<img src={source} alt={title} loading="lazy" width={900} height={300} onError={() => setFailed(true)} />
			<figcaption>
				{(["svg", "png"] as const).map((format) => (
					<a key={format} href={address(format)} target="_blank" rel="noopener" aria-label={t("graph.open", { format: format.toUpperCase(), title })}>
						{format.toUpperCase()}
					</a>
				))}
			</figcaption>
		</figure>
	);
}

export function Graphs({ links, range, titleOf }: { links: readonly GraphLink[]; range: Range; titleOf(link: GraphLink): string }) {
	const to = rangeEnd();
	const from = to - RANGES[range];
	return (
		<div class="graphs">
			{links.map((link) => (
				<GraphImage key={`${link.target} ${link.graph}`} title={titleOf(link)} address={(format) => graphAddress(link, from, to, format)} />
			))}
		</div>
	);
}
