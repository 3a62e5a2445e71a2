// What every page shares: its title, its errors, its waiting.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Loaded } from "../load";
import { linkTo } from "../route";
import { t } from "../words";

export function useTitle(title: string): void {
	useEffect(() => {
		document.title = title ? `${title} · ${t("app.name")}` : t("app.name");
	}, [title]);
}

export function Trouble({ text, again }: { text: string; again?: (() => void) | undefined }) {
	return (
		<div class="trouble" role="alert">
			<span>{text}</span>
			{again && (
				<button type="button" onClick={again}>
					{t("page.retry")}
				</button>
			)}
		</div>
	);
}

export function Waiting() {
	return (
		<div class="waiting" role="status">
			<span class="visually-hidden">{t("page.loading")}</span>
			<i />
			<i />
			<i />
		</div>
	);
}

/** Old data stays on the screen below the error; without any, the page says what is missing. */
export function Await<T>({ loaded, children }: { loaded: Loaded<T>; children: (data: T) => ComponentChildren }) {
	return (
		<>
			{loaded.error && <Trouble text={loaded.error} again={loaded.missing ? undefined : loaded.again} />}
			{loaded.data !== null ? children(loaded.data) : loaded.missing ? <a href={linkTo.province()}>{t("page.home")}</a> : !loaded.error && <Waiting />}
		</>
	);
}

export function Card({ title, aside, children, kind }: { title: ComponentChildren; aside?: ComponentChildren; children: ComponentChildren; kind?: string }) {
	return (
		<section class={`card${kind ? " " + kind : ""}`}>
			<header>
				<h2>{title}</h2>
				{aside}
			</header>
			{children}
		</section>
	);
}

export interface Choice {
	value: string;
	label: string;
	count?: number;
}

/** A row of buttons of which one is pressed. */
export function Choices({ label, value, choices, onChoose }: { label: string; value: string; choices: Choice[]; onChoose(value: string): void }) {
	return (
		<div class="choices" role="group" aria-label={label}>
			{choices.map((c) => (
				<button type="button" key={c.value} aria-pressed={c.value === value} onClick={() => onChoose(c.value)}>
					{c.label}
					{c.count !== undefined && <b>{c.count}</b>}
				</button>
			))}
		</div>
	);
}

/** The first of a long list, the rest when asked for. */
export function Some<T>({ all, first, children }: { all: readonly T[]; first: number; children: (shown: readonly T[]) => ComponentChildren }) {
	const [open, setOpen] = useState(false);
	const hidden = all.length - first;
	return (
		<>
			{children(open || hidden <= 1 ? all : all.slice(0, first))}
			{hidden > 1 && (
				<p class="more">
					<button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
						{open ? t("show.less") : t("show.more", { n: hidden })}
					</button>
				</p>
			)}
		</>
	);
}
