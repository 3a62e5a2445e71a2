// The fault slip of a line: plain text that a technician sends to the carrier.
import { useRef, useState } from "preact/hooks";
import { numberText } from "../number";
import type { Site, Unit, Uplink } from "../types";
import { momentText, now } from "../when";
import { named, t } from "../words";
import { causeOf } from "./incidents";

export function slipText(unit: Unit, site: Site, uplink: Uplink): string {
	const incident = unit.incidents.find((i) => i.site === site.id && i.resolved_at === null && (i.uplink === uplink.id || !i.uplink));
	const rows: [string, string | null][] = [
		[t("slip.unit"), unit.name],
		[t("slip.site"), site.name],
		[t("slip.line"), [named("uplink", uplink.kind), uplink.carrier, uplink.id].filter(Boolean).join(", ")],
		[t("uplink.circuit"), uplink.circuit],
		[t("uplink.hotline"), uplink.hotline],
		[t("uplink.capacity"), uplink.capacity_mbps === null ? null : `${uplink.capacity_mbps} Mbit/s`],
		[t("slip.state"), `${t(`state.${uplink.state}`)}${uplink.since === null ? "" : `, ${t("col.since").toLowerCase()} ${momentText(uplink.since)}`}`],
		[t("uplink.loss"), uplink.loss_pct === null ? null : `${numberText(uplink.loss_pct)} %`],
		[t("uplink.rtt"), uplink.rtt_ms === null ? null : `${numberText(uplink.rtt_ms)} ms`],
		[t("slip.incident"), incident ? `${causeOf(incident)} (${incident.id})` : null],
	];
	const title = `${t("slip.title").toUpperCase()}${site.simulated ? ` (${t("banner.simulated")})` : ""}`;
	return [title, ...rows.filter(([, v]) => v !== null && v !== "").map(([k, v]) => `${k}: ${v}`), t("slip.measured", { at: momentText(now()) })].join("\n");
}

export function SlipButton({ unit, site, uplink }: { unit: Unit; site: Site; uplink: Uplink }) {
	const dialog = useRef<HTMLDialogElement>(null);
	const area = useRef<HTMLTextAreaElement>(null);
	const [text, setText] = useState("");
	const [said, setSaid] = useState("");
	const onOpen = () => {
		setText(slipText(unit, site, uplink));
		setSaid("");
		dialog.current?.showModal();
	};
	const onCopy = async () => {
		try {
			await navigator.clipboard.writeText(text);
			setSaid(t("slip.copied"));
		} catch {
			area.current?.select();
			setSaid(t("slip.select"));
		}
	};
	return (
		<>
			<button type="button" class="small" onClick={onOpen}>
				{t("uplink.slip")}
			</button>
			<dialog ref={dialog} class="slip" aria-label={t("slip.title")}>
				<textarea ref={area} readOnly rows={12} aria-label={t("slip.title")} value={text} />
				<p role="status">{said}</p>
				<div class="buttons">
					<button type="button" class="main-button" onClick={() => void onCopy()}>
						{t("slip.copy")}
					</button>
					<button type="button" onClick={() => dialog.current?.close()}>
						{t("slip.close")}
					</button>
				</div>
			</dialog>
		</>
	);
}
