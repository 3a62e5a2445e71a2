// Zoom and pan of the map: buttons, drag, and ctrl + wheel (a pinch on a touchpad).
import { useRef, useState } from "preact/hooks";
import type { Geography } from "./geometry";

export interface View {
	k: number;
	x: number;
	y: number;
}

const WHOLE: View = { k: 1, x: 0, y: 0 };
const MAX_ZOOM = 8;
const DRAG_STARTS_PX = 4;

function bounded(view: View, g: Geography): View {
	const k = Math.min(MAX_ZOOM, Math.max(1, view.k));
	const within = (v: number, size: number) => Math.min(0, Math.max(size * (1 - k), v));
	return { k, x: within(view.x, g.width), y: within(view.y, g.height) };
}

export function useZoom(g: Geography, scale: number) {
	const [view, setView] = useState<View>(WHOLE);
	const drag = useRef<{ x: number; y: number; from: View; moved: boolean } | null>(null);
	const zoomAt = (factor: number, x = g.width / 2, y = g.height / 2) =>
		setView((v) => {
			const k = Math.min(MAX_ZOOM, Math.max(1, v.k * factor));
			return bounded({ k, x: x - ((x - v.x) * k) / v.k, y: y - ((y - v.y) * k) / v.k }, g);
		});
	const handlers = {
		onPointerDown(e: PointerEvent) {
			if (e.button === 0 && view.k > 1) drag.current = { x: e.clientX, y: e.clientY, from: view, moved: false };
		},
		onPointerMove(e: PointerEvent) {
			const d = drag.current;
			if (!d) return;
			const [dx, dy] = [e.clientX - d.x, e.clientY - d.y];
			if (!d.moved && Math.hypot(dx, dy) < DRAG_STARTS_PX) return;
			d.moved = true;
			setView(bounded({ k: d.from.k, x: d.from.x + dx / scale, y: d.from.y + dy / scale }, g));
		},
		onPointerUp() {
			setTimeout(() => (drag.current = null), 0); // after the click that ends a drag
		},
		onPointerLeave() {
			drag.current = null;
		},
		onClickCapture(e: MouseEvent) {
			if (drag.current?.moved) e.preventDefault();
		},
		onWheel(e: WheelEvent) {
			if (!e.ctrlKey) return;
			e.preventDefault();
			zoomAt(Math.exp(-e.deltaY / 200));
		},
	};
	return { view, handlers, zoomIn: () => zoomAt(1.6), zoomOut: () => zoomAt(1 / 1.6), reset: () => setView(WHOLE) };
}
