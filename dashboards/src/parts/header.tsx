// The head of every page: where one is, the search box, whether the screen is live, and the reader's choices.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api";
import { useCell } from "../cell";
import { link } from "../live";
import { recall, remember } from "../memory";
import { go, linkTo, type Route } from "../route";
import { session, setSession } from "../session";
import { incidents, province } from "../store";
import { clockText, now, zoneText } from "../when";
import { chooseLanguage, language, named, t, type Word } from "../words";
import { Search } from "./search";

export function Mark() {
	return (
		<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="8" />
			<path class="hill" d="M3 24 11 11l4.500 6L19 12.500 29 24z" />
			<path class="tick" d="m9.500 22 4.500 4.500 9-11" />
		</svg>
	);
}

export function LanguageSwitch() {
	const now_ = useCell(language);
	return (
		<button type="button" class="tool" aria-label={t("menu.language")} title={t("menu.language")} onClick={() => chooseLanguage(now_ === "vi" ? "en" : "vi")}>
			{t("menu.language_short")}
		</button>
	);
}

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_ICON: Record<Theme, string> = {
	auto: "M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13z",
	light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 .5v2M8 13.500v2M.5 8h2M13.500 8h2M2.700 2.700l1.400 1.400M11.900 11.900l1.400 1.400M13.300 2.700l-1.400 1.400M4.100 11.900l-1.400 1.400",
	dark: "M13.500 10A6 6 0 0 1 6 2.500 6 6 0 1 0 13.500 10z",
};

export function ThemeSwitch() {
	const kept = recall("theme");
	const [theme, setTheme] = useState<Theme>(kept === "light" || kept === "dark" ? kept : "auto");
	const onClick = () => {
		const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
		remember("theme", next === "auto" ? null : next);
		setTheme(next);
		dispatchEvent(new CustomEvent("sansang-theme", { detail: next === "auto" ? null : next })); // see theme.ts
	};
	const label = t(`menu.theme.${theme}` as Word);
	return (
		<button type="button" class="tool" aria-label={label} title={label} onClick={onClick}>
			<svg viewBox="0 0 16 16" aria-hidden="true">
				<path d={THEME_ICON[theme]} />
				{theme === "auto" && <path d="M8 1.500a6.500 6.500 0 0 1 0 13z" class="solid" />}
			</svg>
		</button>
	);
}

function Clock() {
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick((n) => n + 1), 1000);
		return () => clearInterval(timer);
	}, []);
	return (
		<time class="clock" title={t("when.zone", { zone: zoneText() })}>
			{clockText(now())} <small>{zoneText()}</small>
		</time>
	);
}

function LiveSign() {
	const { state } = useCell(link);
	return (
		<span class={`live ${state}`} role="status">
			<i aria-hidden="true" />
			<span>{t(`live.${state}`)}</span>
		</span>
	);
}

function Who() {
	const who = useCell(session);
	const onLogout = async () => {
		try {
			await ask("POST", "/logout", {});
		} catch {
			// The session may be over already: leaving is all the same.
		}
		setSession("ended");
		go("/login");
	};
	if (typeof who !== "object")
		return (
			<a class="tool" href="#/login">
				{t("menu.login")}
			</a>
		);
	return (
		<button type="button" class="tool who" aria-label={`${who.user} (${named("role", who.role)}): ${t("menu.logout")}`} title={`${who.user} (${named("role", who.role)}): ${t("menu.logout")}`} onClick={() => void onLogout()}>
			<span class="who-name">{who.user}</span> <span>{t("menu.logout")}</span>
			<svg viewBox="0 0 16 16" aria-hidden="true">
				<path d="M6.500 2H2.500v12h4M6 8h8M11 5l3 3-3 3" />
			</svg>
		</button>
	);
}

const PAGES: { word: Word; href: string; first: string | undefined; icon: string }[] = [
	{ word: "nav.province", href: linkTo.province(), first: undefined, icon: "M1.500 4 6 2l4 2 4.500-2v10L10 14l-4-2-4.500 2zM6 2v10M10 4v10" },
	{ word: "nav.units", href: linkTo.units(), first: "units", icon: "M2 3.500h12M2 8h12M2 12.500h12" },
	{ word: "nav.incidents", href: linkTo.incidents(), first: "incidents", icon: "M8 1.500 15 14H1zM8 6v4M8 12v.5" },
	{ word: "nav.nodes", href: linkTo.nodes(), first: "nodes", icon: "M2 3h12v4H2zM2 9h12v4H2zM4.500 5h.5M4.500 11h.5" },
];

function Nav({ at }: { at: Route }) {
	const open = useCell(incidents)?.length ?? 0;
	return (
		<nav aria-label={t("nav.main")}>
			{PAGES.map((p) => (
				<a key={p.word} href={p.href} {...(at.parts[0] === p.first ? { "aria-current": "page" as const } : {})}>
					<svg viewBox="0 0 16 16" aria-hidden="true">
						<path d={p.icon} />
					</svg>
					<span>{t(p.word)}</span>
					{p.first === "incidents" && open > 0 && <b class="count">{open}</b>}
				</a>
			))}
		</nav>
	);
}

export function Header({ at }: { at: Route }) {
	const p = useCell(province);
	return (
		<header class="top">
			<a class="brand" href={linkTo.province()}>
				<Mark />
				<span>
					<b>{t("app.name")}</b>
					{p && <small>{p.name}</small>}
				</span>
			</a>
			<Nav at={at} />
			<Search at={at} />
			<div class="tools">
				<LiveSign />
				<Clock />
				<LanguageSwitch />
				<ThemeSwitch />
				<Who />
			</div>
		</header>
	);
}
