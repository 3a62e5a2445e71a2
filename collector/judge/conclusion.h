/*
 * conclusion: the JSON bodies of RECORD_CONCLUSION, as judge writes them and tell reads them.
 *
 * {"type": "incident", "change": "open" | "update" | "resolve" | "reopen",
 *  "incident": { id, site, node, service, uplink, unit, cause, final_cause, confidence, severity, state,
 *      merged_into, opened_at, detected_at, resolved_at (ms or null), simulated (bool), responsible,
 *      summary_vi, summary_en, evidence: [ {at, who, vi, en} ], affects: [ "service:land@mk-srv1", ... ],
 *      check_first_vi, check_first_en } }
 *
 * Beside these: "late" (also beside "change"): older than a day when it was found, nobody is mailed; "kind": the kind of check
 * ("svc", "uplink", "agent", "host", "if", "path" for the collector's own line); "outside": a line that is only seen from the collector; "wide": one service from many sites, then
 * site, unit and node are null; acked_by, acked_at. final_cause is null until the site's spool has testified. Of history that was
 * over when it was found only the "resolve" is written.
 *
 * What the verdict rests on: "cause_now" (the verdict in force while it runs; "cause" stays the first one), "first_confidence", "runner_up"
 * (word or null), "ruled_out": [ {cause, by (fact), vi, en} ], "disputed": {fact, vi, en} or null, "facts" (fact.h), "why_final_vi", "why_final_en" (by
 * which facts the final cause replaced the first; null when it did not). Where: "sites": [ids] of a wide one, "carrier", "circuit". Life: "reopened" (count), "flaps" (count),
 * "excused": null or "maintenance:ID" | "drill:ID" | "planned-cut:ID" (nobody is mailed, but a drill's own contacts), "acked_how": "web" | "cli" | "link" | "reply",
 * "closed_by", "close_reason", "comments": [ {at, by, text} ], "tickets": [ {at, by, ticket} ], "complaints": [ {id, at, site, words, by} ] (user reports that it explains),
 * "minutes_lost": { "land": 12, ... } (service id to minutes that at least one of the incident's sites was without it; set when it resolves).
 *
 * judge also writes {"type": "complaint", "complaint": {id, at, site, unit, node, words, by, incident (id or null), answer_vi, answer_en}}, key "complaint/ID/N", and
 * {"type": "drill", "drill": {id, ..., see drill.h}}, key "drill/ID/N".
 *
 * "open" is said a second time, of an incident that was quiet so far (excused, or a warning), at the moment when somebody is to be mailed: the
 * maintenance is over and it lasts, or its cause now is one that alarms. "detected_at" is then the end of what excused it. A merge says
 * "update" with "merged_into". Beside these: "now_confidence" (of "cause_now"), "live" (its unit was live when it began).
 *
 * The incident id is deterministic: it is made of the target and the second at which the trouble began,
 * for instance "mk-hq.svc-land.20250701T004200". The record's key is "incident/ID/CHANGE/N" with N the count of changes.
 *
 * tell writes one for each mail about an incident that the server took: {"type": "mail", "incident", "kind": "open" | "resolve" | "reopen" |
 * "resolve-2" | "escalate-N" | "storm-N", "contact", "at" (ms)}, key "mail/INCIDENT/KIND/CONTACT"; "storm-N" once for each incident that the list
 * named. A digest of warnings writes none. Judge reads them for drills only.
 */
#ifndef SANSANG_CONCLUSION_H
#define SANSANG_CONCLUSION_H
#endif
