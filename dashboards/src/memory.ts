// What the browser keeps for the reader: theme and language only. Works where storage is refused.

type Kept = "theme" | "language" | "view";

export function recall(name: Kept): string | null {
	try {
		return localStorage.getItem("sansang." + name);
	} catch {
		return null;
	}
}

export function remember(name: Kept, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem("sansang." + name);
		else localStorage.setItem("sansang." + name, value);
	} catch {
		// Storage refused: the choice lasts for this page.
	}
}
