// Data of one page: loads when the path changes, again on every live change, and keeps the old while it does.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, errorText, get } from "./api";
import { useCell } from "./cell";
import { changes } from "./store";

export interface Loaded<T> {
	data: T | null;
	error: string | null;
	missing: boolean;
	again(): void;
}

export function useLoad<T>(path: string | null, follow = true): Loaded<T> {
	const [answer, setAnswer] = useState<{ path: string; data: T | null; error: string | null; missing: boolean } | null>(null);
	const version = useCell(changes);
	const asked = useRef(0);
	const load = useCallback(() => {
		if (path === null) return;
		const mine = ++asked.current;
		get<T>(path).then(
			(data) => mine === asked.current && setAnswer({ path, data, error: null, missing: false }),
			(e: unknown) => {
				if (mine !== asked.current) return;
				const missing = e instanceof ApiError && e.status === 404;
				setAnswer((old) => ({ path, data: old?.path === path && !missing ? old.data : null, error: errorText(e), missing }));
			},
		);
	}, [path]);
	useEffect(load, [load, follow ? version : 0]);
	const mine = answer && answer.path === path ? answer : null;
	return { data: mine?.data ?? null, error: mine?.error ?? null, missing: mine?.missing ?? false, again: load };
}
