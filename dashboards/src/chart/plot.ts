// uPlot as this dashboard wears it. Loaded only by pages that draw.
import uPlot from "uplot";
import { numberText } from "../number";
import { minuteText, shortDayText, timezone } from "../when";
import type { Line } from "./lines";

const HEIGHT_PX = 150;
const CURSOR = "sansang";

export interface PlotInput {
	lines: Line[];
	/** [seconds, line 1, line 2, ...] */
	data: (number | null)[][];
	from: number;
	to: number;
	/** A horizontal line, such as the contracted rate. */
	limit: number | null;
	width: number;
	onZoom(from: number, to: number): void;
	onUnzoom(): void;
	onCursor(index: number | null): void;
}

const colourOf = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function timeAxis(): uPlot.Axis {
	let day = "";
	return {
		stroke: colourOf("--muted"),
		grid: { stroke: colourOf("--grid"), width: 1 },
		ticks: { show: false },
		font: "11px system-ui, sans-serif",
		size: 34,
		space: 64,
		values: (_u, splits, _axis, _space, step) => {
			day = "";
			return splits.map((s) => {
				const [today, clock] = [shortDayText(s * 1000), minuteText(s * 1000)];
				if (step >= 86400) return today;
				const isNew = today !== day;
				day = today;
				return isNew ? `${clock}\n${today}` : clock;
			});
		},
	};
}

function valueAxis(scale: string, first: boolean): uPlot.Axis {
	return {
		scale,
		side: first ? 3 : 1,
		stroke: colourOf("--muted"),
		grid: { show: first, stroke: colourOf("--grid"), width: 1 },
		ticks: { show: false },
		font: "11px system-ui, sans-serif",
		size: 46,
		space: 32,
		values: (_u, splits) => splits.map((v) => (v === null ? "" : numberText(v))),
	};
}

/** A value between two gaps has no line: it is drawn as a point. */
function alone(u: uPlot, series: number): number[] {
	const values = u.data[series] ?? [];
	const known = (n: number) => values[n] !== null && values[n] !== undefined;
	const found: number[] = [];
	for (let n = 0; n < values.length; n++) if (known(n) && !known(n - 1) && !known(n + 1)) found.push(n);
	return found;
}

function seriesOf(line: Line): uPlot.Series {
	const stroke = colourOf(line.colour);
	const series: uPlot.Series = { label: line.label, scale: line.scale, stroke, width: 1.5, points: { show: true, size: 3, stroke, fill: stroke, filter: alone }, spanGaps: false };
	if (line.dash) series.dash = line.dash;
	if (line.fill) series.fill = stroke + "26";
	return series;
}

/** Zero at the bottom; the limit at the top once it is near. */
function ceiling(high: number | null, limit: number | null): number {
	const top = Math.max(high ?? 0, 0.01);
	return (limit !== null && top > limit / 2 ? Math.max(top, limit) : top) * 1.08;
}

function scalesOf(input: PlotInput): uPlot.Scales {
	const scales: uPlot.Scales = { x: { time: true, range: () => [input.from, input.to] } };
	for (const { scale } of input.lines) {
		if (scale === "%") scales[scale] = { range: [0, 100] };
		else scales[scale] = { range: (_u, _low, high) => [0, ceiling(high, input.limit)] };
	}
	return scales;
}

/** The limit as a dashed line across, drawn only when it is in sight. */
function drawLimit(u: uPlot, limit: number, scale: string): void {
	const y = u.valToPos(limit, scale, true);
	if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
	u.ctx.save();
	u.ctx.strokeStyle = colourOf("--down");
	u.ctx.setLineDash([2, 4]);
	u.ctx.beginPath();
	u.ctx.moveTo(u.bbox.left, y);
	u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
	u.ctx.stroke();
	u.ctx.restore();
}

function hooksOf(input: PlotInput): uPlot.Hooks.Arrays {
	const scale = input.lines[0]?.scale ?? "ms";
	return {
		setCursor: [(u) => input.onCursor(u.cursor.idx ?? null)],
		draw: input.limit === null ? [] : [(u) => drawLimit(u, input.limit as number, scale)],
		setSelect: [
			(u) => {
				if (u.select.width < 4) return;
				input.onZoom(Math.round(u.posToVal(u.select.left, "x")), Math.round(u.posToVal(u.select.left + u.select.width, "x")));
			},
		],
	};
}

export function makePlot(box: HTMLElement, input: PlotInput): uPlot {
	const scales = [...new Set(input.lines.map((l) => l.scale))];
	const zone = timezone.get();
	return new uPlot(
		{
			width: input.width,
			height: HEIGHT_PX,
			tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
			padding: [8, scales.length > 1 ? 0 : 8, 0, 0],
			legend: { show: false },
			cursor: { sync: { key: CURSOR }, drag: { x: true, y: false, setScale: false }, points: { size: 6 }, bind: { dblclick: () => () => (input.onUnzoom(), null) } },
			scales: scalesOf(input),
			axes: [timeAxis(), ...scales.map((s, n) => valueAxis(s, n === 0))],
			series: [{}, ...input.lines.map(seriesOf)],
			hooks: hooksOf(input),
		},
		input.data as uPlot.AlignedData,
		box,
	);
}
