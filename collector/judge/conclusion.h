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
 * The incident id is deterministic: it is made of the target and the second at which the trouble began,
 * for instance "mk-hq.svc-land.20250701T004200". The record's key is "incident/ID/CHANGE/N" with N the count of changes.
 *
 * tell writes one for each mail that the server took: {"type": "mail", "incident", "kind": "open" | "resolve" | "reopen" |
 * "resolve-2", "contact", "at" (ms)}, key "mail/INCIDENT/KIND/CONTACT"; judge passes over it.
 */
#ifndef SANSANG_CONCLUSION_H
#define SANSANG_CONCLUSION_H
#endif
