// One interactive chart: loads its rows when it comes into sight, shares cursor and zoom with the others on the page.
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLoad } from "../load";
import { numberText } from "../number";
import { Trouble } from "../parts/page";
import type { Series } from "../types";
import { momentText } from "../when";
import { language, t } from "../words";
import type { ChartPlan, Line } from "./lines";

export interface Span {
	from: number;
	to: number;
}

const ROWS = 600;
/** Nearest-rank figures of what is drawn. */
interface Figures {
	last: number | null;
	avg: number | null;
	max: number | null;
}

function figuresOf(values: readonly (number | null)[]): Figures {
	const known = values.filter((v): v is number => v !== null);
	if (!known.length) return { last: null, avg: null, max: null };
	return { last: known[known.length - 1] ?? null, avg: known.reduce((a, b) => a + b, 0) / known.length, max: known.reduce((a, b) => Math.max(a, b), -Infinity) };
}

/** Rows of the collector as uPlot's columns. */
export function columnsOf(series: Series, lines: readonly Line[]): (number | null)[][] {
	const times = series.rows.map((_, n) => series.start + n * series.step);
	const columns = lines.map((line) => {
		const at = series.names.indexOf(line.column);
		return series.rows.map((row) => {
			const v = at < 0 ? null : row[at];
			return v === null || v === undefined ? null : v * line.factor;
		});
	});
	return [times, ...columns];
}

/** True once the element has come near the screen. */
function useSeen(box: RefObject<HTMLElement>): boolean {
	const [seen, setSeen] = useState(false);
	useEffect(() => {
		if (!box.current || seen) return;
		const watcher = new IntersectionObserver((all) => all.some((e) => e.isIntersecting) && setSeen(true), { rootMargin: "300px" });
		watcher.observe(box.current);
		return () => watcher.disconnect();
	}, [seen]);
	return seen;
}

/** Redraws when width or theme change. */
function useRedraw(box: RefObject<HTMLElement>): string {
	const [key, setKey] = useState("");
	useEffect(() => {
		const now = () => setKey(`${box.current?.clientWidth ?? 0} ${document.documentElement.dataset["theme"] ?? ""}`);
		now();
		const watcher = new ResizeObserver(now);
		if (box.current) watcher.observe(box.current);
		addEventListener("sansang-theme", now);
		return () => {
			watcher.disconnect();
			removeEventListener("sansang-theme", now);
		};
	}, []);
	return key;
}

interface PlotProps {
	lines: Line[];
	data: (number | null)[][];
	span: Span;
	limit: number | null;
	onZoom(span: Span | null): void;
	onCursor(index: number | null): void;
}

function Plot({ lines, data, span, limit, onZoom, onCursor }: PlotProps) {
	const box = useRef<HTMLDivElement>(null);
	const redraw = useRedraw(box);
	useEffect(() => {
		let plot: { destroy(): void } | null = null;
		let gone = false;
		void import("./plot").then(({ makePlot }) => {
			if (gone || !box.current || !box.current.clientWidth) return;
			plot = makePlot(box.current, { lines, data, ...span, limit, width: box.current.clientWidth, onZoom: (from, to) => onZoom({ from, to }), onUnzoom: () => onZoom(null), onCursor });
		});
		return () => {
			gone = true;
			plot?.destroy();
		};
	}, [data, span.from, span.to, limit, redraw, language.get()]);
	return <div class="plot" ref={box} />;
}

function text(value: number | null | undefined, line: Line): string {
	if (value === null || value === undefined) return "-";
	return `${numberText(value)} ${line.scale}`;
}

function Legend({ lines, data, cursor }: { lines: Line[]; data: (number | null)[][]; cursor: number | null }) {
	const figures = useMemo(() => data.slice(1).map(figuresOf), [data]);
	const at = cursor === null ? null : data[0]?.[cursor];
	return (
		<ul class="chart-legend">
			{lines.map((line, n) => (
				<li key={line.column}>
					<i style={{ background: `var(${line.colour})` }} class={line.dash ? "dashed" : ""} />
					{line.label} <b>{text(cursor === null ? figures[n]?.last : data[n + 1]?.[cursor], line)}</b>
					{cursor === null && (
						<small>
							{t("chart.avg")} {text(figures[n]?.avg, line)} · {t("chart.max")} {text(figures[n]?.max, line)}
						</small>
					)}
				</li>
			))}
			{at !== null && at !== undefined && <li class="at">{momentText(at * 1000)}</li>}
		</ul>
	);
}

export function Chart({ plan, span, limit, onZoom }: { plan: ChartPlan; span: Span; limit: number | null; onZoom(span: Span | null): void }) {
	const box = useRef<HTMLElement>(null);
	const seen = useSeen(box);
	const [cursor, setCursor] = useState<number | null>(null);
	const query = new URLSearchParams({ file: plan.file, from: String(span.from), to: String(span.to), rows: String(ROWS), cf: "AVERAGE" });
	const loaded = useLoad<Series>(seen ? `/series?${query}` : null, false);
	const data = useMemo(() => loaded.data && columnsOf(loaded.data, plan.lines), [loaded.data]);
	const empty = data !== null && data.slice(1).every((c) => c.every((v) => v === null));
	return (
		<figure class="chart" ref={box} aria-label={plan.title}>
			<figcaption>{plan.title}</figcaption>
			{loaded.error && !loaded.missing && <Trouble text={loaded.error} again={loaded.again} />}
			{data && !empty ? (
				<>
					<Legend lines={plan.lines} data={data} cursor={cursor !== null && cursor < (data[0]?.length ?? 0) ? cursor : null} />
					<Plot lines={plan.lines} data={data} span={span} limit={limit} onZoom={onZoom} onCursor={setCursor} />
				</>
			) : (
				<p class="plot-empty">{empty || loaded.missing ? t("chart.empty") : t("chart.loading")}</p>
			)}
		</figure>
	);
}
