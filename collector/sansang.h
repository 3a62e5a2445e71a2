/*
 * sansang: what the files of the operators' command line share. A process of its own; nothing here is the collector's.
 */
#ifndef SANSANG_SANSANG_H
#define SANSANG_SANSANG_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/sansang_table.h"

struct options {
	const char *socket, *graph, *from, *to, *output, *days, *reason, *id;
	const char *until, *at, *name, *since, *cause, *within, *mail_within, *language, *month, *carrier;
	bool json, all, force, dry_run, missed, csv, help, version;
	bool english;   /* by the environment */
	char given[32]; /* letters of the options that were given, but --socket and --json (sansang_options.c) */
	int argc;       /* words after the command */
	char **argv;
};

/* 0, or -EINVAL, said on standard error. */
int options_parse(int argc, char **argv, struct options *o);
/* Takes the question, gives core's answer. NULL: refused or not reached, said on standard error. */
json_t *sansang_question(const struct options *o, json_t *question);
/* Prints it as JSON. */
void sansang_print_json(json_t *answer);
/* Prints the answer (takes it): as JSON, or the rows under `key` as a table. Gives the exit status. */
int sansang_show(const struct options *o, json_t *answer, const char *key, const struct column *columns);
/* "2025-07-01", "2025-07-01T07:30" (here), "-24h", "+2h", "-7d" or Unix seconds, in seconds. -1: none of them. */
json_int_t sansang_instant(const char *text);
/* sansang_incident.c: exit statuses. */
int sansang_command_incidents(const struct options *o);
int sansang_command_incident(const struct options *o);
int sansang_command_ack(const struct options *o);
int sansang_command_comment(const struct options *o);
int sansang_command_close(const struct options *o);
int sansang_command_merge(const struct options *o);
int sansang_command_ticket(const struct options *o);
/* sansang_excuse.c */
int sansang_command_maintenance(const struct options *o);
int sansang_command_planned_cuts(const struct options *o);
/* sansang_people.c */
int sansang_command_lamps(const struct options *o);
int sansang_command_complaint(const struct options *o);
int sansang_command_complaints(const struct options *o);
int sansang_command_slip(const struct options *o);
int sansang_command_outages(const struct options *o);
/* sansang_drill.c */
int sansang_command_drill(const struct options *o);
/* `ask NODE ...` (sansang_ask.c). Exit status. */
int sansang_command_ask(const struct options *o);

#endif
