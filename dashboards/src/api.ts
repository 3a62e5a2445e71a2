// Every call to the collector goes through here: one place for the session's token, for errors and for 401.
import { getSession, setSession } from "./session";
import { t } from "./words";

/** `status` is 0 when the collector could not be reached at all. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly said: string,
	) {
		super(`${status}: ${said}`);
	}
}

async function answerOf(response: Response): Promise<unknown> {
	const text = await response.text();
	try {
		return text ? JSON.parse(text) : {};
	} catch {
		return { error: text.slice(0, 200) };
	}
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
	const headers: Record<string, string> = { Accept: "application/json" };
	const session = getSession();
	if (method !== "GET" && session) headers["X-CSRF"] = session.csrf;
	if (body !== undefined) headers["Content-Type"] = "application/json";
	let response: Response;
	try {
		const init: RequestInit = { method, headers, credentials: "same-origin", cache: path === "/map" ? "default" : "no-store" };
		if (body !== undefined) init.body = JSON.stringify(body);
		response = await fetch("/api/v1" + path, init);
	} catch {
		throw new ApiError(0, "");
	}
	const answer = await answerOf(response);
	if (response.ok) return answer;
	const said = (answer as { error?: unknown } | null)?.error;
	throw new ApiError(response.status, typeof said === "string" ? said : "");
}

/** A 401 means that the session is over: the shell shows the login and comes back here after it. */
async function guarded(method: string, path: string, body?: unknown): Promise<unknown> {
	try {
		return await call(method, path, body);
	} catch (e) {
		if (e instanceof ApiError && e.status === 401) setSession("ended");
		throw e;
	}
}

export async function get<T>(path: string): Promise<T> {
	return (await guarded("GET", path)) as T;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
	return (await guarded("POST", path, body)) as T;
}

/** For login and session: a 401 there is an answer, not an expiry. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
	return (await call(method, path, body)) as T;
}

/** What went wrong and what to do about it, in the reader's language. */
export function errorText(e: unknown): string {
	if (!(e instanceof ApiError)) return t("error.program", { said: e instanceof Error ? e.message : String(e) });
	if (e.status === 0) return t("error.network");
	if (e.status === 401) return t("error.session");
	if (e.status === 403) return t("error.right");
	if (e.status === 404) return t("error.missing", { said: e.said || "404" });
	if (e.status === 429) return t("error.often");
	return t("error.server", { status: e.status, said: e.said || "-" });
}
