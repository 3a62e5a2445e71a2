// Who is logged in. "unknown" until the collector was asked, "ended" when it answered 401 to something.
import { cell } from "./cell";
import type { Session } from "./types";

export type SessionState = Session | "unknown" | "none" | "ended";

export const session = cell<SessionState>("unknown");

export function setSession(s: SessionState): void {
	session.set(s);
}

export function getSession(): Session | null {
	const s = session.get();
	return typeof s === "object" ? s : null;
}

export function mayAct(s: SessionState): boolean {
	return typeof s === "object" && (s.role === "technician" || s.role === "admin");
}
