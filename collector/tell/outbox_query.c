#include "collector/tell/outbox_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>

#include "common/log.h"

static int db_error(struct outbox *o, const char *what)
{
	int code = sqlite3_errcode(outbox_db(o));

	log_error("outbox: %s: %s", what, sqlite3_errmsg(outbox_db(o)));
	return code == SQLITE_FULL ? -ENOSPC : -EIO;
}

sqlite3_stmt *outbox_query(struct outbox *o, const char *sql, const char *types, ...)
{
	sqlite3_stmt *s = NULL;
	va_list args;

	if (sqlite3_prepare_v2(outbox_db(o), sql, -1, &s, NULL) != SQLITE_OK) {
		db_error(o, sql);
		return NULL;
	}
	va_start(args, types);
	for (int i = 0; types[i]; i++) {
		if (types[i] == 's')
			sqlite3_bind_text(s, i + 1, va_arg(args, const char *), -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(s, i + 1, va_arg(args, int64_t));
	}
	va_end(args);
	return s;
}

int outbox_run(struct outbox *o, sqlite3_stmt *s)
{
	int status = !s                               ? -EIO
	             : sqlite3_step(s) == SQLITE_DONE ? sqlite3_changes(outbox_db(o))
	                                              : db_error(o, sqlite3_sql(s));

	sqlite3_finalize(s);
	return status;
}

int64_t outbox_number(sqlite3_stmt *s, int64_t otherwise)
{
	bool found = s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL;
	int64_t number = found ? sqlite3_column_int64(s, 0) : otherwise;

	sqlite3_finalize(s);
	return number;
}

const char *outbox_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

int64_t outbox_last_row(struct outbox *o)
{
	return sqlite3_last_insert_rowid(outbox_db(o));
}
