/*
 * act: what people did, as RECORD_ACT tells it: {"act", "by", "target", "text", "door", ...}.
 *
 * Core has checked rights and words before it wrote the record (collector/act_incident.c); here an act only takes effect, the
 * same in every replay. Acts on a merged incident go to the one that took it up. Acts on what is not known change nothing.
 *
 *   ack, comment        target: incident, text
 *   close               target: incident, text: why; forced: whatever is down
 *   merge               target: incident, into: incident, text: why
 *   ticket              target: incident, text: the carrier's number
 *   maintenance         excuse: {id, targets, from, until, reason}
 *   maintenance-end     target: id of a maintenance or planned cut; over from the record's time on
 *   planned-cuts        excuses: [ {id, targets, from, until, reason, approved} ]
 *   drill, drill-begin, drill-cancel    see drill.h
 *   complaint                           see complaint.h
 *
 * Runs in judge.
 */
#ifndef SANSANG_JUDGE_ACT_H
#define SANSANG_JUDGE_ACT_H

#include "collector/judge/judge.h"

void act_read(struct judge *j, const struct record *r);
/* Frees what has waited for the commit. */
void acts_forget(struct judge *j);

#endif
