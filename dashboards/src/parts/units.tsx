// Units as a table: the way in for keyboards, screen readers and narrow screens. Worst first.
import { linkTo } from "../route";
import type { UnitRow } from "../types";
import { briefText, momentText } from "../when";
import { reasonOf, t } from "../words";
import { Badge, badness, OutsideTag, SimulatedTag } from "./lamp";

const collator = new Intl.Collator("vi");

export function worstFirst(rows: readonly UnitRow[]): UnitRow[] {
	return [...rows].sort((a, b) => badness(b.state) - badness(a.state) || collator.compare(a.name, b.name));
}

export function UnitTable({ rows }: { rows: UnitRow[] }) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("units.title")}>
			<table class="rows">
				<thead>
					<tr>
						<th scope="col">{t("col.unit")}</th>
						<th scope="col">{t("col.state")}</th>
						<th scope="col" class="wide">
							{t("col.since")}
						</th>
						<th scope="col" class="wide">
							{t("col.reason")}
						</th>
						<th scope="col" class="number">
							{t("col.incidents")}
						</th>
					</tr>
				</thead>
				<tbody>
					{worstFirst(rows).map((u) => (
						<tr key={u.id}>
							<th scope="row">
								<a href={linkTo.unit(u.id)}>{u.name}</a> <SimulatedTag show={u.simulated} /> <OutsideTag vantage={u.vantage} />
							</th>
							<td>
								<Badge state={u.state} />
							</td>
							<td class="wide when" title={momentText(u.since)}>
								{briefText(u.since)}
							</td>
							<td class="wide reason">{reasonOf(u)}</td>
							<td class="number">{u.incidents || ""}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
