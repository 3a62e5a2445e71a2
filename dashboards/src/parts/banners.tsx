// The status line under the head: what the reader must know before believing the page.
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell";
import { link } from "../live";
import { province, refresh, trouble } from "../store";
import { clockText, now } from "../when";
import { t } from "../words";
import { Trouble } from "./page";

/** A line that breaks for a moment is not worth a banner. */
const LOST_AFTER_MS = 3000;

function Lost() {
	const l = useCell(link);
	const [shown, setShown] = useState(false);
	useEffect(() => {
		setShown(false);
		if (l.state !== "lost") return;
		const timer = setTimeout(() => setShown(true), LOST_AFTER_MS);
		return () => clearTimeout(timer);
	}, [l.state]);
	if (!shown) return null;
	return (
		<div class="banner lost" role="alert">
			{t("live.lost_long", { at: clockText(now() - (Date.now() - l.heard)) })}
		</div>
	);
}

export function Banners() {
	const p = useCell(province);
	const l = useCell(link);
	const error = useCell(trouble);
	return (
		<section class="banners" aria-label={t("banner.label")}>
			<Lost />
			{error && l.state !== "lost" && <Trouble text={`${t("banner.stale")} ${error}`} again={() => void refresh()} />}
			{p?.full && (
				<div class="banner full" role="alert">
					{t("banner.full")}
				</div>
			)}
			{p?.collector_isolated && (
				<div class="banner isolated" role="alert">
					{t("banner.isolated")}
				</div>
			)}
			{p?.simulated && (
				<div class="banner simulated">
					<b>{t("banner.simulated")}</b> <span>{t("banner.simulated_some")}</span>
				</div>
			)}
		</section>
	);
}
