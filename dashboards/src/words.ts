// The two languages. Vietnamese unless the reader or the collector's session says otherwise.
import en from "../i18n/en.json";
import vi from "../i18n/vi.json";
import { cell } from "./cell";
import { recall, remember } from "./memory";

export type Language = "vi" | "en";
export type Word = keyof typeof vi;

const tables: Record<Language, Record<Word, string>> = { vi, en };
const chosen = recall("language");

export const language = cell<Language>(chosen === "en" ? "en" : "vi");

export function chooseLanguage(l: Language): void {
	remember("language", l);
	useLanguage(l);
}

/** The session's language counts only while the reader has chosen none. */
export function suggestLanguage(l: string): void {
	if (!recall("language") && (l === "vi" || l === "en")) useLanguage(l);
}

function useLanguage(l: Language): void {
	document.documentElement.lang = l;
	language.set(l);
}

export function t(word: Word, places?: Record<string, string | number>): string {
	const text = tables[language.get()][word] ?? word;
	return places ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole)) : text;
}

/** A word of an open list ("cause.", "sector.", ...): what the program does not know is shown as it came. */
export function named(family: string, id: string | null | undefined): string {
	if (!id) return "";
	return (tables[language.get()] as Record<string, string>)[`${family}.${id}`] ?? id;
}

/** Of a pair {x_vi, x_en}: the reader's language, else the other. */
export function either(inVietnamese: string | null | undefined, inEnglish: string | null | undefined): string {
	const [first, second] = language.get() === "vi" ? [inVietnamese, inEnglish] : [inEnglish, inVietnamese];
	return first || second || "";
}

/** Why a unit is as it is; a unit that is well needs no reason. */
export function reasonOf(unit: { state: string; reason_vi: string | null; reason_en: string | null }): string {
	return unit.state === "up" ? "" : either(unit.reason_vi, unit.reason_en);
}
