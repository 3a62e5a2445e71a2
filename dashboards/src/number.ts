import { language } from "./words";

/** Short for reading: three figures or so, small ones with two that count. */
export function numberText(value: number): string {
	const size = Math.abs(value);
	const places = size >= 100 ? 0 : size >= 1 ? (size >= 10 ? 1 : 2) : size === 0 ? 0 : Math.min(4, 1 - Math.floor(Math.log10(size)));
	return value.toLocaleString(language.get() === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: places });
}
