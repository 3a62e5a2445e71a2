// The shell: asks who is there, keeps the shared data fresh, shows the page that the address names.
import { useEffect, useErrorBoundary } from "preact/hooks";
import { ApiError, ask, errorText } from "./api";
import { useCell } from "./cell";
import { wantGeography } from "./map/geography";
import { IncidentPage } from "./pages/incident";
import { IncidentsPage } from "./pages/incidents";
import { FindPage } from "./pages/find";
import { LoginPage } from "./pages/login";
import { NodesPage } from "./pages/nodes";
import { ProvincePage } from "./pages/province";
import { UnitPage } from "./pages/unit";
import { UnitsPage } from "./pages/units";
import { Banners } from "./parts/banners";
import { Header } from "./parts/header";
import { Trouble } from "./parts/page";
import { go, linkTo, route, type Route } from "./route";
import { session, setSession } from "./session";
import { refresh, startStore } from "./store";
import type { Session } from "./types";
import { language, suggestLanguage, t } from "./words";
import { timezone } from "./when";

/** A session, or none: then kiosk mode shows what it may and the rest asks for a login. */
async function askSession(): Promise<void> {
	try {
		const s = await ask<Session>("GET", "/session");
		suggestLanguage(s.language);
		setSession(s);
	} catch (e) {
		setSession(e instanceof ApiError && e.status === 401 ? "none" : "unknown");
		if (!(e instanceof ApiError && e.status === 401)) setTimeout(() => void askSession(), 3000);
	}
}

function Page({ at }: { at: Route }) {
	const [first, id] = at.parts;
	switch (first) {
		case undefined:
			return <ProvincePage />;
		case "units":
			return id ? <UnitPage key={id} id={id} query={at.query} /> : <UnitsPage query={at.query} />;
		case "incidents":
			return id ? <IncidentPage key={id} id={id} /> : <IncidentsPage query={at.query} />;
		case "find":
			return <FindPage words={at.query.get("q") ?? ""} />;
		case "nodes":
			return <NodesPage query={at.query} />;
		default:
			return (
				<p>
					{t("page.none")} <a href={linkTo.province()}>{t("page.home")}</a>
				</p>
			);
	}
}

function Guarded({ at }: { at: Route }) {
	const [error] = useErrorBoundary((e: unknown) => console.error(e));
	return error ? <Trouble text={errorText(error)} again={() => location.reload()} /> : <Page at={at} />;
}

function Shell({ at }: { at: Route }) {
	useEffect(startStore, []);
	useEffect(() => {
		window.scrollTo(0, 0);
	}, [at.parts.join("/")]);
	return (
		<div class={`shell ${at.parts[0] ?? "wall"}`}>
			<a
				class="skip"
				href="#main"
				onClick={(e) => {
					e.preventDefault();
					document.getElementById("main")?.focus();
				}}
			>
				{t("nav.skip")}
			</a>
			<Header at={at} />
			<Banners />
			<main id="main" tabIndex={-1} class={at.parts[0] ?? "province"}>
				<Guarded key={at.parts.join("/")} at={at} />
			</main>
		</div>
	);
}

export function App() {
	const who = useCell(session);
	const at = useCell(route);
	useCell(language);
	useCell(timezone);
	const atLogin = at.parts[0] === "login";
	useEffect(() => {
		void askSession();
		if (atLogin) return;
		void refresh(); // beside the session's question, not after it
		if (!at.parts.length) wantGeography();
	}, []);
	useEffect(() => {
		if (who === "ended" && !atLogin) go(`/login?next=${encodeURIComponent(at.text)}`, "replace");
	}, [who, atLogin]);
	if (atLogin) return <LoginPage next={at.query.get("next")} />;
	if (who === "ended" || who === "unknown") return <div class="blank" role="status" aria-label={t("page.loading")} />;
	return <Shell at={at} />;
}
