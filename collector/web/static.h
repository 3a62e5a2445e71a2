/*
 * static: the dashboard's files, read whole at start into a table.
 *
 * Web process. A request's path is only ever compared with names in the table, so no
 * path, however written, reaches the file system. NAME.gz beside NAME is served instead of it to
 * clients that take gzip. ETags are quoted SHA-256 prefixes; If-None-Match answers 304. A path
 * without a dot in its last part gives index.html (the dashboard routes itself).
 */
#ifndef SANSANG_WEB_STATIC_H
#define SANSANG_WEB_STATIC_H

#include "collector/web/request.h"

struct site_files;

/* `dir` may be missing: the table is then empty, and / says so. Hidden files and links are left out. Never NULL. */
struct site_files *site_files_load(const char *dir);
void site_files_free(struct site_files *f);
/* Answers GET and HEAD. */
void site_files_answer(const struct site_files *f, struct request *r);
/* A quoted ETag of the bytes; size at least 40. */
void etag_make(const void *data, size_t len, char *out, size_t size);
/* Does an If-None-Match header hold this tag (or *)? */
bool etag_matches(const char *header, const char *etag);

#endif
