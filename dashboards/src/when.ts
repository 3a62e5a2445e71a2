// Times for people: in the province's zone, by the reader's language; ages by the collector's clock.
import { cell } from "./cell";
import type { Time } from "./types";
import { language, t } from "./words";

export const timezone = cell("Asia/Ho_Chi_Minh");
/** Collector's now minus the browser's. */
let offset_ms = 0;

export function setClock(collectorNow: Time, zone: string): void {
	offset_ms = collectorNow - Date.now();
	try {
		new Intl.DateTimeFormat("vi", { timeZone: zone });
		timezone.set(zone);
	} catch {
		timezone.set("UTC");
	}
}

export function now(): Time {
	return Date.now() + offset_ms;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = `${name} ${language.get()} ${timezone.get()}`;
	let f = formats.get(key);
	if (!f) {
		f = new Intl.DateTimeFormat(language.get() === "vi" ? "vi-VN" : "en-GB", { ...options, timeZone: timezone.get(), hourCycle: "h23" });
		formats.set(key, f);
	}
	return f;
}

const numbers = { day: "2-digit", month: "2-digit", year: "numeric" } as const;

/** By parts, because browsers differ in the sign between day and month. */
function dayParts(at: Time): Record<string, string> {
	return Object.fromEntries(format("day", numbers).formatToParts(at).map((p) => [p.type, p.value]));
}

export const clockText = (at: Time) => format("clock", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
export const minuteText = (at: Time) => format("minute", { hour: "2-digit", minute: "2-digit" }).format(at);

export function shortDayText(at: Time): string {
	const p = dayParts(at);
	return `${p["day"]}/${p["month"]}`;
}

export function dayText(at: Time): string {
	return `${shortDayText(at)}/${dayParts(at)["year"]}`;
}

/** "14:32:05 · 23/11/2026" */
export function momentText(at: Time | null | undefined): string {
	return at == null ? "-" : `${clockText(at)} · ${dayText(at)}`;
}

/** "14:32" today, else "14:32 23/11". */
export function briefText(at: Time | null | undefined): string {
	if (at == null) return "-";
	if (dayText(at) === dayText(now())) return minuteText(at);
	return Math.abs(now() - at) < 300 * 86400e3 ? `${minuteText(at)} ${shortDayText(at)}` : dayText(at);
}

/** "2 ngày 3 giờ", two units at most. */
export function spanText(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
	if (d) return t("span.days", { d }) + (h && d < 30 ? " " + t("span.hours", { h }) : "");
	if (h) return t("span.hours", { h }) + (m ? " " + t("span.minutes", { m }) : "");
	if (m) return t("span.minutes", { m });
	return t("span.seconds", { s: seconds });
}

export function sinceText(at: Time | null | undefined): string {
	if (at == null) return "";
	const age = now() - at;
	return age < 5000 ? t("when.just") : t("when.ago", { span: spanText(age) });
}

/** Whole days from that instant to now, by the calendar of the province; negative before it. */
export function daysSince(at: Time): number {
	const key = (when: Time) => {
		const parts = dayParts(when);
		return Date.UTC(Number(parts["year"]), Number(parts["month"]) - 1, Number(parts["day"])) / 86400e3;
	};
	return Math.round(key(now()) - key(at));
}

/** "GMT+7": said once beside the clock. */
export function zoneText(): string {
	return format("zone", { timeZoneName: "shortOffset", hour: "2-digit" }).formatToParts(now()).find((p) => p.type === "timeZoneName")?.value ?? timezone.get();
}
