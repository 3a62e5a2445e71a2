// A value that components watch: the smallest store that does the job.
import { useEffect, useState } from "preact/hooks";

export interface Cell<T> {
	get(): T;
	set(value: T): void;
	watch(onChange: () => void): () => void;
}

export function cell<T>(first: T): Cell<T> {
	let value = first;
	const watchers = new Set<() => void>();
	return {
		get: () => value,
		set(next: T) {
			if (Object.is(next, value)) return;
			value = next;
			for (const w of [...watchers]) w();
		},
		watch(onChange) {
			watchers.add(onChange);
			return () => watchers.delete(onChange);
		},
	};
}

export function useCell<T>(c: Cell<T>): T {
	const [, redraw] = useState(0);
	useEffect(() => {
		let drawn = c.get();
		redraw((n) => n + 1); // it may have changed between drawing and watching
		return c.watch(() => {
			if (Object.is(drawn, c.get())) return;
			drawn = c.get();
			redraw((n) => n + 1);
		});
	}, [c]);
	return c.get();
}
