// Server-sent events, read through fetch: the status is seen, the 15 s comments count as life, and a dead line is noticed.
import { cell } from "./cell";
import type { Time } from "./types";

export type Link = "connecting" | "live" | "lost";

export interface LiveLink {
	state: Link;
	/** When the last byte came, browser's clock. */
	heard: Time;
}

export interface LiveEvent {
	event: string;
	data: unknown;
}

const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15_000;

export const link = cell<LiveLink>({ state: "connecting", heard: Date.now() });

/** Feeds text as it comes, gives whole events. */
export function eventReader(onEvent: (e: LiveEvent) => void): (text: string) => void {
	let rest = "";
	let event = "message";
	let data: string[] = [];
	const onLine = (line: string) => {
		if (line === "") {
			if (data.length) emit(event, data.join("\n"), onEvent);
			event = "message";
			data = [];
		} else if (line.startsWith("event:")) event = line.slice(6).trim();
		else if (line.startsWith("data:")) data.push(line.slice(5).trim());
	};
	return (text) => {
		const lines = (rest + text).split(/\r?\n/);
		rest = lines.pop() ?? "";
		lines.forEach(onLine);
	};
}

function emit(event: string, data: string, onEvent: (e: LiveEvent) => void): void {
	try {
		onEvent({ event, data: JSON.parse(data) });
	} catch {
		// An event that is no JSON is passed over; the next refresh repairs the screen.
	}
}

async function readOnce(stop: AbortSignal, onEvent: (e: LiveEvent) => void): Promise<number> {
	const silent = new AbortController();
	const abort = () => silent.abort();
	stop.addEventListener("abort", abort);
	let watchdog = setTimeout(abort, SILENCE_MS);
	try {
		const response = await fetch("/api/v1/live", { headers: { Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store", signal: silent.signal });
		if (!response.ok || !response.body) return response.status;
		const reader = response.body.getReader();
		const decoder = new TextDecoder();
		const feed = eventReader(onEvent);
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return 0;
			clearTimeout(watchdog);
			watchdog = setTimeout(abort, SILENCE_MS);
			link.set({ state: "live", heard: Date.now() });
			feed(decoder.decode(value, { stream: true }));
		}
	} catch {
		return 0;
	} finally {
		clearTimeout(watchdog);
		stop.removeEventListener("abort", abort);
	}
}

/** Runs until the returned function is called. `onEnded` is told once when the session is over. */
export function followLive(onEvent: (e: LiveEvent) => void, onEnded: () => void): () => void {
	const stop = new AbortController();
	const run = async () => {
		let wait = FIRST_RETRY_MS;
		while (!stop.signal.aborted) {
			const status = await readOnce(stop.signal, (e) => {
				wait = FIRST_RETRY_MS;
				onEvent(e);
			});
			if (stop.signal.aborted) return;
			if (status === 401) return onEnded();
			link.set({ state: "lost", heard: link.get().heard });
			await new Promise((wake) => setTimeout(wake, wait * (0.7 + Math.random() * 0.6)));
			wait = Math.min(LAST_RETRY_MS, wait * 2);
		}
	};
	void run();
	return () => stop.abort();
}
