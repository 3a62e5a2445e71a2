/*
 * conclusion: the JSON bodies of RECORD_CONCLUSION, as judge writes them and tell reads them.
 *
 * {"type": "incident", "change": "open" | "update" | "resolve" | "reopen",
 *  "incident": { id, site, node, service, uplink, unit, cause, final_cause, confidence, severity, state,
 *      merged_into, opened_at, detected_at, resolved_at (ms or null), simulated (bool), responsible,
 *      summary_vi, summary_en, evidence: [ {at, who, vi, en} ], affects: [ "service:land@mk-srv1", ... ],
 *      check_first_vi, check_first_en } }
 *
 * The incident id is deterministic: it is made of the target and the second at which the trouble began,
 * for instance "mk-hq.svc-land.20250701T004200". The record's key is "incident/ID/CHANGE/N" with N the count of changes.
 */
#ifndef SANSANG_CONCLUSION_H
#define SANSANG_CONCLUSION_H
#endif
