// The shapes of collector/web/API.md, as the dashboard reads them.

export type State = "up" | "degraded" | "down" | "unobserved";
export const STATES: readonly State[] = ["down", "degraded", "unobserved", "up"];

export type Role = "viewer" | "technician" | "admin";
export type Phase = "preparation" | "trial" | "live";
/** UTC milliseconds. */
export type Time = number;

export interface Session {
	user: string;
	role: Role;
	csrf: string;
	language: string;
}

export interface Province {
	id: string;
	name: string;
	now: Time;
	timezone: string;
	step_ms: number;
	trial_from: Time | null;
	go_live: Time | null;
	phase: Phase;
	simulated: boolean;
	counts: Record<State, number>;
	incidents_open: number;
	full: boolean;
	collector_isolated: boolean;
}

/** Does an agent at the place tell, or is it only looked at from the collector? null: nobody looks. */
export type Vantage = "inside" | "outside" | null;

export interface UnitRow {
	id: string;
	name: string;
	kind: string;
	code: string | null;
	state: State;
	since: Time | null;
	reason_vi: string | null;
	reason_en: string | null;
	simulated: boolean;
	incidents: number;
	former: string[];
	vantage: Vantage;
}

export interface Uplink {
	id: string;
	kind: string;
	carrier: string | null;
	circuit: string | null;
	hotline: string | null;
	capacity_mbps: number | null;
	state: State;
	since: Time | null;
	loss_pct: number | null;
	rtt_ms: number | null;
	/** Measured by the agent beside the collector, not by one at the site. */
	outside: boolean;
}

export type AgentState = "connected" | "silent" | "closed" | "never";

/** Something that is wrong with a node itself. */
export interface Concern {
	kind: string;
	state: State;
	since: Time | null;
	vi: string;
	en: string;
}

export interface Ups {
	name: string;
	on_battery: boolean;
	charge_pct: number | null;
	runtime_min: number | null;
	since: Time | null;
}

export interface Neighbour {
	protocol?: string;
	local_port?: string;
	chassis?: string;
	port?: string;
	system?: string;
}

export interface NodeRow {
	id: string;
	site: string;
	kind: string;
	address: string | null;
	state: State;
	since: Time | null;
	vantage: Vantage;
	agent: AgentState;
	polled_by: string | null;
	concerns: Concern[];
	ups: Ups | null;
	last_seen: Time | null;
	software: string | null;
	config_version: string | null;
	config_current?: boolean | null;
	skew_ms: number | null;
	backlog: number | null;
	simulated: boolean;
}

export interface SiteNode extends NodeRow {
	neighbours: Neighbour[];
}

/** [address or null, sent, received, milliseconds or null, reason] */
export type Hop = [string | null, number, number, number | null, string];

export interface NodeEvent {
	at: Time;
	node: string;
	kind: string;
	subject: string;
	text: string;
	vi: string;
	en: string;
	data: { hops?: Hop[] } | unknown[] | null;
}

export interface Service {
	id: string;
	name: string;
	sector: string | null;
	responsible: string | null;
	node: string;
	state: State;
	since: Time | null;
	connect_ms: number | null;
	reason: string | null;
	reason_vi: string | null;
	reason_en: string | null;
	/** What the agent found out beyond the reason. */
	note: string | null;
	/** Of its certificate. */
	days_left: number | null;
}

export interface Interface {
	node: string;
	name: string;
	state: State;
}

export interface Site {
	id: string;
	name: string;
	role: string;
	required: boolean;
	simulated: boolean;
	state: State;
	vantage: Vantage;
	uplinks: Uplink[];
	nodes: SiteNode[];
	services: Service[];
	interfaces: Interface[];
}

export interface GraphLink {
	target: string;
	graph: string;
	title_vi: string;
	title_en: string;
}

export interface Unit extends Omit<UnitRow, "incidents"> {
	sites: Site[];
	incidents: Incident[];
	graphs: GraphLink[];
	/** The newest of its nodes. */
	events: NodeEvent[];
}

export type IncidentState = "open" | "acknowledged" | "resolved" | "merged";

export interface Incident {
	id: string;
	site: string | null;
	site_name: string | null;
	unit: string | null;
	unit_name: string | null;
	node: string | null;
	service: string | null;
	service_name: string | null;
	uplink: string | null;
	/** What was told first, what the facts say now, what hindsight says. */
	cause: string | null;
	cause_now: string | null;
	final_cause: string | null;
	confidence: string | null;
	/** "maintenance:ID", "drill:ID", "planned-cut:ID": expected, nobody was mailed. */
	excused: string | null;
	severity: string | null;
	state: IncidentState;
	merged_into: string | null;
	opened_at: Time | null;
	detected_at: Time | null;
	resolved_at: Time | null;
	simulated: boolean;
	responsible: string | null;
	summary_vi: string | null;
	summary_en: string | null;
	mails: number | null;
	acked_by: string | null;
	acked_at: Time | null;
}

export interface Evidence {
	at: Time | null;
	who: string | null;
	vi: string | null;
	en: string | null;
}

export interface Act {
	at: Time | null;
	by: string | null;
	act: string | null;
	text: string | null;
}

/** A sentence in both languages. */
export interface Said {
	vi: string;
	en: string;
}

export interface RuledOut extends Said {
	cause: string;
	by: string;
}

export interface Known extends Said {
	fact: string;
	is: boolean;
	disputed: boolean;
	at: Time;
	who: string;
}

export interface IncidentFull extends Incident {
	first_confidence: string | null;
	now_confidence: string | null;
	runner_up: string | null;
	ruled_out: RuledOut[];
	disputed: (Said & { fact: string }) | null;
	known: Known[];
	why_final_vi: string | null;
	why_final_en: string | null;
	sites: string[];
	site_names: Record<string, string | null>;
	carrier: string | null;
	circuit: string | null;
	reopened: number;
	flaps: number;
	closed_by: string | null;
	close_reason: string | null;
	comments: { at: Time; by: string; text: string }[];
	tickets: { at: Time; by: string; ticket: string }[];
	complaints: { id: string; at: Time; site: string | null; words: string; by: string }[];
	minutes_lost: Record<string, number> | null;
	still_down: string[];
	merged: string[];
	evidence: Evidence[];
	affects: string[];
	check_first_vi: string | null;
	check_first_en: string | null;
	acts: Act[];
}

export interface Hit {
	kind: "unit" | "site" | "node" | "service";
	id: string;
	name: string;
	unit: { id: string; name: string; state: State } | null;
	former: boolean;
}

export interface Series {
	/** Unix seconds of the first row. */
	start: number;
	/** Seconds between rows. */
	step: number;
	names: string[];
	rows: (number | null)[][];
}
