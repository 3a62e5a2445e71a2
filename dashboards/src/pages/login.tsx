import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, ask, errorText } from "../api";
import { useCell } from "../cell";
import { LanguageSwitch, Mark, ThemeSwitch } from "../parts/header";
import { Trouble, useTitle } from "../parts/page";
import { go } from "../route";
import { session, setSession } from "../session";
import type { Session } from "../types";
import { suggestLanguage, t } from "../words";

function failure(e: unknown): string {
	if (e instanceof ApiError && e.status === 401) return t("login.wrong");
	if (e instanceof ApiError && e.status === 429) return t("login.often");
	return errorText(e);
}

/** Only addresses of this page's own: "/units/x", never elsewhere. */
function safeNext(next: string | null): string {
	return next && /^\/(?!\/|login)/.test(next) ? next : "/";
}

export function LoginPage({ next }: { next: string | null }) {
	const [error, setError] = useState<string | null>(null);
	const [busy, setBusy] = useState(false);
	const first = useRef<HTMLInputElement>(null);
	const who = useCell(session);
	useTitle(t("login.title"));
	useEffect(() => first.current?.focus(), []);
	const onSubmit = async (e: SubmitEvent) => {
		e.preventDefault();
		const form = new FormData(e.currentTarget as HTMLFormElement);
		setBusy(true);
		setError(null);
		try {
			const s = await ask<Session>("POST", "/login", { name: form.get("name"), password: form.get("password") });
			suggestLanguage(s.language);
			setSession(s);
			go(safeNext(next), "replace");
		} catch (failed) {
			setError(failure(failed));
			setBusy(false);
		}
	};
	return (
		<main class="login">
			<div class="login-tools">
				<LanguageSwitch />
				<ThemeSwitch />
			</div>
			<form onSubmit={onSubmit}>
				<Mark />
				<h1>{t("app.name")}</h1>
				<p class="muted">{t("login.lead")}</p>
				{who === "ended" && !error && next && next !== "/" && <p class="note">{t("login.ended")}</p>}
				<label>
					{t("login.name")}
					<input ref={first} name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required />
				</label>
				<label>
					{t("login.password")}
					<input name="password" type="password" autocomplete="current-password" required />
				</label>
				{error && <Trouble text={error} />}
				<button type="submit" class="main-button" disabled={busy}>
					{busy ? t("login.busy") : t("login.submit")}
				</button>
			</form>
		</main>
	);
}
