// What a unit says when it is pointed at or has the keyboard's focus.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Badge, OutsideTag, SimulatedTag } from "../parts/lamp";
import { sinceText } from "../when";
import { reasonOf, t } from "../words";
import type { Pointed } from "./map";

const GAP_PX = 14;
const FORMER_SHOWN = 4;

export function Tooltip({ pointed, frame }: { pointed: Pointed; frame: RefObject<HTMLElement> }) {
	const self = useRef<HTMLDivElement>(null);
	const [at, setAt] = useState({ left: 0, top: 0 });
	useLayoutEffect(() => {
		const [me, box] = [self.current, frame.current];
		if (!me || !box) return;
		const right = pointed.x + GAP_PX + me.offsetWidth > box.clientWidth;
		const below = pointed.y + GAP_PX + me.offsetHeight > box.clientHeight;
		setAt({
			left: Math.max(0, right ? pointed.x - GAP_PX - me.offsetWidth : pointed.x + GAP_PX),
			top: Math.max(0, below ? pointed.y - GAP_PX - me.offsetHeight : pointed.y + GAP_PX),
		});
	}, [pointed.x, pointed.y, pointed.unit.id]);
	const { unit } = pointed;
	const reason = reasonOf(unit);
	return (
		<div class="tooltip" ref={self} style={at} role="presentation">
			<strong>{unit.name}</strong>
			<div>
				<Badge state={unit.state} /> <small>{sinceText(unit.since)}</small> <SimulatedTag show={unit.simulated} /> <OutsideTag vantage={unit.vantage} />
			</div>
			{reason && <p>{reason}</p>}
			{unit.former.length > 0 && (
				<p class="muted">
					{t("unit.former")}: {unit.former.slice(0, FORMER_SHOWN).join(", ")}
					{unit.former.length > FORMER_SHOWN ? "…" : ""}
				</p>
			)}
		</div>
	);
}
