/*
 * doctor_private: what the steps of the doctor share. Private to agent/doctor*.c.
 */
#ifndef SANSANG_DOCTOR_PRIVATE_H
#define SANSANG_DOCTOR_PRIVATE_H

#include "agent/central.h"
#include "agent/config.h"
#include "agent/doctor.h"
#include "agent/once.h"
#include "agent/sense/route.h"

#define DOCTOR_TEXT 400
#define DOCTOR_FINDINGS 512

struct doctor_options {
	const char *config; /* agent.yaml; NULL: /etc/sansang/agent.yaml when it is there */
	bool json, english, help;
};

enum grade { GRADE_GOOD, GRADE_SKIPPED, GRADE_DOUBT, GRADE_BAD };

struct finding {
	const char *step, *code; /* of tables: stable words */
	enum grade grade;
	char text[DOCTOR_TEXT];
	char culprit[DOCTOR_TEXT], next[DOCTOR_TEXT]; /* "" when good */
};

struct doctor {
	struct doctor_options options;
	const char *step; /* that runs */
	struct agent_config config;
	bool has_config;
	struct central *central; /* NULL: none, or not readable */
	char proc_root[64], sys_root[64], etc_root[64];
	char gateway[ROUTE_TEXT], interface[IF_NAMESIZE];
	bool central_denied; /* it is there, and not for us to read */
	struct finding findings[DOCTOR_FINDINGS];
	size_t count;
};

/* Both formats take the same arguments in the same order; the language's is used. */
struct words {
	const char *vi, *en;
};

struct finding *doctor_find(struct doctor *d, enum grade grade, const char *code, struct words text, ...);
/* Whom to blame and what to do: of the finding just made. */
void doctor_blame(struct doctor *d, struct words culprit, struct words next);
const char *doctor_word(const struct doctor *d, struct words w);

/* The steps, in order; see doctor.c. */
void doctor_link(struct doctor *d);
void doctor_address(struct doctor *d);
void doctor_gateway(struct doctor *d);
void doctor_lines(struct doctor *d);
void doctor_names(struct doctor *d);
void doctor_collector(struct doctor *d);
void doctor_agent(struct doctor *d);
void doctor_services(struct doctor *d);

#endif
