// What a caller says, without accents and by the old name too: the place, its lamps, and whom to call. For a phone first.
import { useEffect } from "preact/hooks";
import { useLoad } from "../load";
import { FourLamps } from "../parts/lamps";
import { Badge, SimulatedTag } from "../parts/lamp";
import { Await, useTitle } from "../parts/page";
import { hitPlace } from "../parts/search";
import { SlipButton } from "../parts/slip";
import { linkTo } from "../route";
import type { Hit, Unit } from "../types";
import { named, reasonOf, t } from "../words";

/** So many hits get their lamps at once; the rest are one tap away. */
const OPENED = 4;

function Calls({ unit }: { unit: Unit }) {
	const lines = unit.sites.flatMap((site) => site.uplinks.map((uplink) => ({ site, uplink })));
	return (
		<ul class="calls">
			{lines.map(({ site, uplink }) => (
				<li key={`${site.id} ${uplink.id}`}>
					{uplink.hotline && (
						<a class="call" href={`tel:${uplink.hotline.replace(/[^\d+]/g, "")}`}>
							{t("find.call", { who: `${uplink.carrier ?? ""} ${named("uplink", uplink.kind)}`.trim(), number: uplink.hotline })}
						</a>
					)}
					<SlipButton unit={unit} site={site} uplink={uplink} />
				</li>
			))}
		</ul>
	);
}

function Details({ id }: { id: string }) {
	const loaded = useLoad<Unit>(`/units/${encodeURIComponent(id)}`);
	return (
		<Await loaded={loaded}>
			{(unit) => (
				<>
					<p class="reason">
						{reasonOf(unit)} <SimulatedTag show={unit.simulated} />
					</p>
					<FourLamps unit={unit} />
					<Calls unit={unit} />
				</>
			)}
		</Await>
	);
}

interface Place {
	unit: { id: string; name: string; state: Unit["state"] };
	hits: Hit[];
}

/** Hits of one unit together, in the order in which the server ranks them. */
function places(hits: Hit[]): { found: Place[]; alone: Hit[] } {
	const found = new Map<string, Place>();
	for (const hit of hits) {
		if (!hit.unit) continue;
		const place = found.get(hit.unit.id) ?? { unit: hit.unit, hits: [] };
		place.hits.push(hit);
		found.set(hit.unit.id, place);
	}
	return { found: [...found.values()], alone: hits.filter((h) => !h.unit) };
}

function PlaceCard({ place, open }: { place: Place; open: boolean }) {
	const said = place.hits.filter((h) => !(h.kind === "unit" && !h.former && h.id === place.unit.id));
	return (
		<section class="card place-card">
			<header>
				<h2>
					<a href={linkTo.unit(place.unit.id)}>{place.unit.name}</a>
				</h2>
				<Badge state={place.unit.state} />
			</header>
			{said.length > 0 && (
				<ul class="said">
					{said.map((h, n) => (
						<li key={n}>
							<b>{h.name}</b>{" "}
							<small>
								{h.former ? t("find.former") : t(`find.kind.${h.kind}`)}, {hitPlace(h)}
							</small>
						</li>
					))}
				</ul>
			)}
			{open && <Details id={place.unit.id} />}
		</section>
	);
}

export function FindPage({ words }: { words: string }) {
	const loaded = useLoad<{ hits: Hit[] }>(words ? `/find?q=${encodeURIComponent(words)}` : null);
	useTitle(words ? `${words} · ${t("find.title")}` : t("find.title"));
	useEffect(() => {
		if (!words) document.querySelector<HTMLInputElement>(".search input")?.focus();
	}, [words]);
	return (
		<>
			<div class="page-head">
				<h1>{t("find.title")}</h1>
			</div>
			{!words ? (
				<p class="calm">{t("find.start")}</p>
			) : (
				<Await loaded={loaded}>
					{({ hits }) => {
						const { found, alone } = places(hits);
						return (
							<>
								<p class="muted" role="status">
									{hits.length ? t("find.hits", { n: hits.length, q: words }) : t("find.none", { q: words })}
								</p>
								<div class="found">
									{found.map((p, n) => (
										<PlaceCard key={p.unit.id} place={p} open={n < OPENED} />
									))}
								</div>
								{alone.length > 0 && (
									<ul class="card said">
										{alone.map((h, n) => (
											<li key={n}>
												<b>{h.name}</b> <small>{h.former ? t("find.former") : t(`find.kind.${h.kind}`)}</small>
											</li>
										))}
									</ul>
								)}
							</>
						);
					}}
				</Await>
			)}
		</>
	);
}
