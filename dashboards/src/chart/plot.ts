// uPlot as this dashboard wears it. Loaded only by pages that draw.
import uPlot from "uplot";
import { language } from "../words";
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

export function numberText(value: number): string {
	const digits = value === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return value.toLocaleString(language.get() === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: digits });
}

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

function seriesOf(line: Line): uPlot.Series {
	const stroke = colourOf(line.colour);
	const series: uPlot.Series = { label: line.label, scale: line.scale, stroke, width: 1.5, points: { show: false }, spanGaps: false };
	if (line.dash) series.dash = line.dash;
	if (line.fill) series.fill = stroke + "26";
	return series;
}

function scalesOf(input: PlotInput): uPlot.Scales {
	const scales: uPlot.Scales = { x: { time: true, range: () => [input.from, input.to] } };
	for (const { scale } of input.lines) {
		if (scale === "%") scales[scale] = { range: [0, 100] };
		else scales[scale] = { range: (_u, _low, high) => [0, Math.max(high ?? 0, input.limit !== null && (high ?? 0) > input.limit / 2 ? input.limit : 0, scale === "ms" ? 1 : 0.01) * 1.08] };
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
