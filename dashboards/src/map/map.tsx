// The map: each unit a link, coloured and patterned by its state, walked with the arrow keys.
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Shape as LampShape } from "../parts/lamp";
import { linkTo } from "../route";
import type { State, UnitRow } from "../types";
import { t } from "../words";
import { type Direction, type Geography, neighbour, type Shape } from "./geometry";
import { Tooltip } from "./tooltip";
import { useZoom } from "./zoom";

const KEYS: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const LABEL_PX = 10.5;
const LETTER_WIDTH = 0.56;
const MARK_PX = 13;

export interface Pointed {
	unit: UnitRow;
	/** In the map's box, CSS pixels. */
	x: number;
	y: number;
}

/** How many CSS pixels one map unit takes. */
function useScale(box: RefObject<HTMLElement>, g: Geography): number {
	const [scale, setScale] = useState(0.7);
	useLayoutEffect(() => {
		const measure = () => box.current && setScale(Math.min(box.current.clientWidth / g.width, box.current.clientHeight / g.height) || 0.7);
		measure();
		const watcher = new ResizeObserver(measure);
		if (box.current) watcher.observe(box.current);
		return () => watcher.disconnect();
	}, [g]);
	return scale;
}

export function shortName(name: string): string {
	return name.replace(/^(Xã|Phường|Thị trấn|Đặc khu)\s+/u, "");
}

function Patterns() {
	return (
		<defs>
			<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
				<path d="M0 0V8" class="pattern-line" />
			</pattern>
			<pattern id="cross" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
				<path d="M0 0V7M0 0H7" class="pattern-line" />
			</pattern>
			<pattern id="dots" width="9" height="9" patternUnits="userSpaceOnUse">
				<circle cx="3" cy="3" r="1.400" class="pattern-dot" />
			</pattern>
		</defs>
	);
}

const OVERLAY: Partial<Record<State, string>> = { degraded: "url(#hatch)", down: "url(#cross)", unobserved: "url(#dots)" };

function describe(u: UnitRow): string {
	return `${u.name}: ${t(`state.${u.state}`)}${u.simulated ? `, ${t("simulated.tag")}` : ""}`;
}

interface PlaceProps {
	shape: Shape;
	unit: UnitRow;
	current: boolean;
	fresh: boolean;
	onPoint(unit: UnitRow | null, at: { x: number; y: number } | null): void;
	onWalk(way: Direction): void;
}

function Place({ shape, unit, current, fresh, onPoint, onWalk }: PlaceProps) {
	const overlay = OVERLAY[unit.state];
	const centre = (e: Event) => {
		const box = (e.currentTarget as SVGElement).getBoundingClientRect();
		onPoint(unit, { x: box.left + box.width / 2, y: box.top + box.height / 2 });
	};
	return (
		<a
			href={linkTo.unit(unit.id)}
			class={`place ${unit.state}${fresh ? " fresh" : ""}`}
			data-unit={unit.id}
			aria-label={describe(unit)}
			tabIndex={current ? 0 : -1}
			onPointerMove={(e) => e.pointerType === "mouse" && onPoint(unit, { x: e.clientX, y: e.clientY })}
			onPointerLeave={() => onPoint(null, null)}
			onFocus={centre}
			onBlur={() => onPoint(null, null)}
			onKeyDown={(e) => {
				const way = KEYS[e.key];
				if (!way) return;
				e.preventDefault();
				onWalk(way);
			}}
		>
			<path d={shape.path} class="ground" />
			{overlay && <path d={shape.path} fill={overlay} class="overlay" />}
		</a>
	);
}

interface Label {
	shape: Shape;
	unit: UnitRow;
	name: string;
	named: boolean;
}

/** Which names are shown: troubled units first, then the large ones; none over another or over a sign. */
function labelsOf(shapes: Shape[], byCode: Map<string, UnitRow>, px: number): Label[] {
	const taken: { left: number; right: number; top: number; bottom: number }[] = [];
	const all = shapes.map((shape) => ({ shape, unit: byCode.get(shape.code) as UnitRow, name: shortName((byCode.get(shape.code) as UnitRow).name), named: false }));
	const take = (s: Shape, halfWidth: number, up: number, down: number) => {
		const box = { left: s.x - halfWidth * px, right: s.x + halfWidth * px, top: s.y - up * px, bottom: s.y + down * px };
		if (taken.some((b) => b.left < box.right && box.left < b.right && b.top < box.bottom && box.top < b.bottom)) return false;
		taken.push(box);
		return true;
	};
	for (const l of all) if (l.unit.state !== "up") take(l.shape, MARK_PX / 2, MARK_PX, 0);
	const order = [...all].sort((a, b) => Number(b.unit.state !== "up") - Number(a.unit.state !== "up") || b.shape.width * b.shape.height - a.shape.width * a.shape.height);
	for (const l of order) {
		const width = l.name.length * LABEL_PX * LETTER_WIDTH;
		const roomy = width * px < l.shape.width * 1.05 && LABEL_PX * 1.6 * px < l.shape.height;
		const marked = l.unit.state !== "up";
		l.named = roomy && take(l.shape, width / 2, marked ? -1 : LABEL_PX * 0.7, marked ? LABEL_PX * 1.2 : LABEL_PX * 0.7);
	}
	return all;
}

/** Names where they fit, and the state's sign where something is wrong. */
function Marks({ shapes, byCode, px }: { shapes: Shape[]; byCode: Map<string, UnitRow>; px: number }) {
	const labels = useMemo(() => labelsOf(shapes, byCode, px), [shapes, byCode, px]);
	return (
		<g class="marks" aria-hidden="true">
			{labels.map(({ shape: s, unit, name, named }) => {
				const marked = unit.state !== "up";
				if (!marked && !named) return null;
				return (
					<g key={s.code} transform={`translate(${s.x.toFixed(1)} ${s.y.toFixed(1)}) scale(${px.toFixed(4)})`}>
						{marked && (
							<g class={`mark ${unit.state}`} transform={`translate(${-MARK_PX / 2} ${named ? -MARK_PX : -MARK_PX / 2}) scale(${MARK_PX / 16})`}>
								<LampShape state={unit.state} />
							</g>
						)}
						{named && (
							<text class="label" font-size={LABEL_PX} y={marked ? LABEL_PX : LABEL_PX / 3}>
								{name}
							</text>
						)}
					</g>
				);
			})}
		</g>
	);
}

export function ProvinceMap({ geography: g, units, name, fresh }: { geography: Geography; units: UnitRow[]; name: string; fresh: ReadonlySet<string> }) {
	const box = useRef<HTMLDivElement>(null);
	const scale = useScale(box, g);
	const zoom = useZoom(g, scale);
	const [pointed, setPointed] = useState<Pointed | null>(null);
	const [current, setCurrent] = useState<string | null>(null);
	const byCode = useMemo(() => new Map(units.filter((u) => u.code).map((u) => [u.code as string, u])), [units]);
	const drawn = useMemo(() => g.shapes.filter((s) => byCode.has(s.code)), [g, byCode]);
	const here = current ?? drawn[0]?.code ?? null;
	const onPoint = (unit: UnitRow | null, at: { x: number; y: number } | null) => {
		const frame = box.current?.getBoundingClientRect();
		setPointed(unit && at && frame ? { unit, x: at.x - frame.left, y: at.y - frame.top } : null);
	};
	const onWalk = (from: Shape, way: Direction) => {
		const next = neighbour(drawn, from, way);
		if (!next) return;
		setCurrent(next.code);
		const id = byCode.get(next.code)?.id ?? "";
		box.current?.querySelector<SVGElement>(`[data-unit="${CSS.escape(id)}"]`)?.focus();
	};
	const pointedShape = pointed && drawn.find((s) => s.code === pointed.unit.code);
	const live = pointed && units.find((u) => u.id === pointed.unit.id);
	return (
		<div class="map" ref={box}>
			<svg viewBox={`0 0 ${g.width} ${g.height}`} role="group" aria-label={t("map.label", { name, n: drawn.length })} aria-describedby="map-help" class={zoom.view.k > 1 ? "zoomed" : ""} {...zoom.handlers}>
				<Patterns />
				<g transform={`translate(${zoom.view.x} ${zoom.view.y}) scale(${zoom.view.k})`}>
					<g class="nobody" aria-hidden="true">
						{g.shapes.filter((s) => !byCode.has(s.code)).map((s) => <path key={s.code} d={s.path} />)}
					</g>
					{drawn.map((s) => {
						const unit = byCode.get(s.code) as UnitRow;
						return <Place key={s.code} shape={s} unit={unit} current={s.code === here} fresh={fresh.has(unit.id)} onPoint={onPoint} onWalk={(way) => onWalk(s, way)} />;
					})}
					{pointedShape && <path class="outline" d={pointedShape.path} />}
					<Marks shapes={drawn} byCode={byCode} px={1 / (scale * zoom.view.k)} />
				</g>
			</svg>
			<p id="map-help" class="visually-hidden">
				{t("map.help")}
			</p>
			<div class="map-buttons">
				<button type="button" aria-label={t("map.in")} title={t("map.in")} onClick={zoom.zoomIn}>+</button>
				<button type="button" aria-label={t("map.out")} title={t("map.out")} onClick={zoom.zoomOut} disabled={zoom.view.k === 1}>−</button>
				<button type="button" aria-label={t("map.reset")} title={t("map.reset")} onClick={zoom.reset} disabled={zoom.view.k === 1}>⤢</button>
			</div>
			{pointed && live && <Tooltip pointed={{ ...pointed, unit: live }} frame={box} />}
		</div>
	);
}
