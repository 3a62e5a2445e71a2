// Runs before the first paint and by itself: the theme (the reader's, else the system's) and the language, so that nothing flashes.
// Later choices arrive as the event "sansang-theme" with the choice, or null for the system's.
const system = matchMedia("(prefers-color-scheme: dark)");
let choice: string | null = null;

function apply(): void {
	const known = choice === "light" || choice === "dark";
	document.documentElement.dataset["theme"] = known ? (choice as string) : system.matches ? "dark" : "light";
}

try {
	choice = localStorage.getItem("sansang.theme");
	if (localStorage.getItem("sansang.language") === "en") document.documentElement.lang = "en";
} catch {
	// Storage refused: the system's theme and Vietnamese.
}
apply();
addEventListener("sansang-theme", (e) => {
	choice = (e as CustomEvent<string | null>).detail;
	apply();
});
system.addEventListener("change", () => dispatchEvent(new CustomEvent("sansang-theme", { detail: choice })));

export {};
