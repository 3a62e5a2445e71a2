// The search box in the head: hits as one types, arrows and Enter, "/" from anywhere. The server ignores accents.
import type { RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { go, linkTo, type Route } from "../route";
import type { Hit } from "../types";
import { t } from "../words";
import { Lamp } from "./lamp";

const PAUSE_MS = 120;
const SHOWN = 8;

export function hitAddress(hit: Hit): string {
	return hit.unit ? linkTo.unit(hit.unit.id) : hit.kind === "unit" ? linkTo.unit(hit.id) : linkTo.find(hit.id);
}

/** "nay là Xã Pha Long" of a former unit, "thuộc ..." of the rest. */
export function hitPlace(hit: Hit): string {
	if (!hit.unit) return "";
	if (hit.former) return t("find.now", { name: hit.unit.name });
	return hit.kind === "unit" ? "" : t("find.in", { name: hit.unit.name });
}

function useHits(words: string): Hit[] {
	const [hits, setHits] = useState<Hit[]>([]);
	useEffect(() => {
		if (words.trim().length < 2) return setHits([]);
		let mine = true;
		const timer = setTimeout(() => {
			get<{ hits: Hit[] }>(`/find?q=${encodeURIComponent(words.trim())}`).then(
				(a) => mine && setHits(a.hits),
				() => mine && setHits([]),
			);
		}, PAUSE_MS);
		return () => {
			mine = false;
			clearTimeout(timer);
		};
	}, [words]);
	return hits;
}

/** "/" from anywhere but a field puts the cursor into the box. */
function useSlash(input: RefObject<HTMLInputElement>): void {
	useEffect(() => {
		const onKey = (e: KeyboardEvent) => {
			const typing = e.target instanceof HTMLElement && /^(input|textarea|select)$/i.test(e.target.tagName);
			if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
			e.preventDefault();
			input.current?.focus();
			input.current?.select();
		};
		addEventListener("keydown", onKey);
		return () => removeEventListener("keydown", onKey);
	}, []);
}

function Option({ hit, id, chosen, onOpen }: { hit: Hit; id: string; chosen: boolean; onOpen(): void }) {
	return (
		<li id={id} role="option" aria-selected={chosen}>
			<a href={hitAddress(hit)} tabIndex={-1} onClick={onOpen}>
				{hit.unit ? <Lamp state={hit.unit.state} quiet /> : <span class="lamp" />}
				<span class="name">{hit.name}</span>
				<small>
					{hit.former ? t("find.former") : t(`find.kind.${hit.kind}`)} {hitPlace(hit)}
				</small>
			</a>
		</li>
	);
}

function Glass() {
	return (
		<svg viewBox="0 0 16 16" aria-hidden="true">
			<path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM10.800 10.800 14.500 14.500" />
		</svg>
	);
}

export function Search({ at }: { at: Route }) {
	const [words, setWords] = useState(at.parts[0] === "find" ? (at.query.get("q") ?? "") : "");
	const [open, setOpen] = useState(false);
	const [chosen, setChosen] = useState(-1);
	const input = useRef<HTMLInputElement>(null);
	const list = useId();
	const hits = useHits(open ? words : "").slice(0, SHOWN);
	useEffect(() => setChosen(-1), [words]);
	useSlash(input);
	const leave = () => {
		setOpen(false);
		input.current?.blur();
	};
	const onKeyDown = (e: KeyboardEvent) => {
		if (e.key === "ArrowDown" || e.key === "ArrowUp") {
			e.preventDefault();
			setChosen((c) => Math.max(-1, Math.min(hits.length - 1, c + (e.key === "ArrowDown" ? 1 : -1))));
		} else if (e.key === "Escape") leave();
	};
	const onSubmit = (e: Event) => {
		e.preventDefault();
		const hit = hits[chosen];
		if (hit) location.hash = hitAddress(hit);
		else if (words.trim()) go(`/find?q=${encodeURIComponent(words.trim())}`);
		leave();
	};
	const shown = open && hits.length > 0;
	return (
		<form class="search" role="search" onSubmit={onSubmit}>
			<Glass />
			<input
				ref={input}
				type="search"
				role="combobox"
				aria-label={t("find.label")}
				aria-expanded={shown}
				aria-controls={list}
				aria-autocomplete="list"
				{...(shown && chosen >= 0 ? { "aria-activedescendant": `${list}-${chosen}` } : {})}
				placeholder={t("find.placeholder")}
				autocomplete="off"
				autocapitalize="none"
				spellcheck={false}
				maxLength={200}
				value={words}
				onInput={(e) => {
					setWords(e.currentTarget.value);
					setOpen(true);
				}}
				onFocus={() => setOpen(true)}
				onBlur={() => setTimeout(() => setOpen(false), 150)}
				onKeyDown={onKeyDown}
			/>
			<kbd aria-hidden="true">/</kbd>
			<ul id={list} role="listbox" aria-label={t("find.all")} hidden={!shown}>
				{shown && hits.map((hit, n) => <Option key={`${hit.kind} ${hit.id} ${n}`} hit={hit} id={`${list}-${n}`} chosen={n === chosen} onOpen={() => setOpen(false)} />)}
			</ul>
		</form>
	);
}
