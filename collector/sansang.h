/*
 * sansang: what the files of the operators' command line share. A process of its own; nothing here is the collector's.
 */
#ifndef SANSANG_SANSANG_H
#define SANSANG_SANSANG_H

#include <jansson.h>
#include <stdbool.h>

struct options {
	const char *socket, *graph, *from, *to, *output, *days;
	bool json, all, english;
	int argc; /* words after the command */
	char **argv;
};

/* Takes the question, gives core's answer. NULL: refused or not reached, said on standard error. */
json_t *sansang_question(const struct options *o, json_t *question);
/* Prints it as JSON. */
void sansang_print_json(json_t *answer);
/* `ask NODE ...` (sansang_ask.c). Exit status. */
int sansang_command_ask(const struct options *o);

#endif
