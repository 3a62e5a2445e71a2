// Runs before the first paint: the chosen theme and language, so that nothing flashes.
try {
	const theme = localStorage.getItem("sansang.theme");
	if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
	const language = localStorage.getItem("sansang.language");
	if (language === "vi" || language === "en") document.documentElement.lang = language;
} catch {
	// Storage refused: the system's theme and Vietnamese.
}
