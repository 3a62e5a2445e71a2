/** Lower case without accents, as the server's look-up does it; for filters over what is on the screen already. */
export function fold(text: string): string {
	return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}
