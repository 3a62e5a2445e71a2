// What a person does about an incident: take it, write about it, note the carrier's ticket, close it.
import { useState } from "preact/hooks";
import { errorText, post } from "../api";
import { useCell } from "../cell";
import { mayAct, session } from "../session";
import { refresh } from "../store";
import type { IncidentFull } from "../types";
import { momentText } from "../when";
import { t, type Word } from "../words";
import { Trouble } from "./page";

/** What was typed outlives a lost session. */
const drafts = new Map<string, string>();

interface Way {
	act: "ack" | "comment" | "ticket" | "close";
	label: Word;
	needed: boolean;
}

const WAYS: readonly Way[] = [
	{ act: "ack", label: "incident.ack", needed: false },
	{ act: "comment", label: "incident.comment", needed: true },
	{ act: "ticket", label: "incident.ticket", needed: true },
	{ act: "close", label: "incident.close", needed: true },
];

function allowed(i: IncidentFull, w: Way): boolean {
	if (w.act === "ack") return i.state === "open";
	if (w.act === "close") return i.state === "open" || i.state === "acknowledged";
	return i.state !== "merged";
}

/** Only an administrator closes what is still down, and says so. */
function mustForce(i: IncidentFull, admin: boolean): boolean {
	return admin && i.still_down.length > 0;
}

export function Doing({ incident: i, again }: { incident: IncidentFull; again(): void }) {
	const who = useCell(session);
	const [text, setText] = useState(drafts.get(i.id) ?? "");
	const [force, setForce] = useState(false);
	const [state, setState] = useState<{ busy: boolean; error: string | null }>({ busy: false, error: null });
	const acked = i.acked_at !== null && <p class="note">{t("incident.acked", { who: i.acked_by ?? "-", at: momentText(i.acked_at) })}</p>;
	if (!mayAct(who)) return acked || (i.state === "open" ? <p class="muted">{t("incident.ack_right")}</p> : null);
	const admin = typeof who === "object" && who.role === "admin";
	const keep = (typed: string) => {
		setText(typed);
		drafts.set(i.id, typed);
	};
	const run = async (w: Way) => {
		setState({ busy: true, error: null });
		try {
			await post(`/incidents/${encodeURIComponent(i.id)}/${w.act}`, w.act === "close" ? { text, forced: force && mustForce(i, admin) } : { text });
			keep("");
			setState({ busy: false, error: null });
			again();
			void refresh();
		} catch (failed) {
			setState({ busy: false, error: errorText(failed) });
		}
	};
	return (
		<form class="ack" onSubmit={(e) => e.preventDefault()}>
			{acked}
			<label>
				{t("incident.text")}
				<textarea rows={2} maxLength={2000} value={text} onInput={(e) => keep(e.currentTarget.value)} />
			</label>
			{mustForce(i, admin) && (
				<label class="force">
					<input type="checkbox" checked={force} onChange={(e) => setForce(e.currentTarget.checked)} /> {t("incident.force")}
				</label>
			)}
			{state.error && <Trouble text={state.error} />}
			<div class="ways">
				{WAYS.filter((w) => allowed(i, w)).map((w) => (
					<button key={w.act} type="button" class={w.act === "ack" ? "main-button" : ""} disabled={state.busy || (w.needed && !text.trim())} onClick={() => void run(w)}>
						{state.busy ? t("incident.ack_busy") : t(w.label)}
					</button>
				))}
			</div>
		</form>
	);
}
