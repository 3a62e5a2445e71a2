import type { AgentState, State } from "../types";
import { t } from "../words";
import { Lamp } from "./lamp";

const LAMP: Record<AgentState, State> = { connected: "up", silent: "down", closed: "degraded", never: "unobserved" };

export function AgentSign({ agent }: { agent: AgentState }) {
	return (
		<span class="agent-sign">
			<Lamp state={LAMP[agent] ?? "unobserved"} quiet /> {t(`agent.${agent}`)}
		</span>
	);
}
