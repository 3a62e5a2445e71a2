/*
 * conf_file: a configuration file read whole into a libyaml document. Used by conf.c only.
 */
#ifndef SANSANG_CONF_FILE_H
#define SANSANG_CONF_FILE_H

#include <yaml.h>

#include "common/conf.h"

struct conf_file {
	const char *path; /* as the caller wrote it; borrowed */
	char *folder;     /* absolute */
	yaml_document_t document;
};

/* 0, or -errno with an error said and nothing to close. */
int conf_file_open(const char *path, struct conf_file *f, struct conf_errors *errors);
void conf_file_close(struct conf_file *f);
/* "text", "list" or "map": what a node is, for errors. */
const char *conf_file_kind(const yaml_node_t *node);

#endif
