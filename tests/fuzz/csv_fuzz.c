/* A spreadsheet that somebody sent: no bytes may crash it, and every field is text of bounded length. */
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv c;
	struct csv_row row = {0};
	unsigned line = 0;
	csv_begin(&c, data, size);
	while (csv_next(&c, &row)) {
		if (c.line <= line || row.count > CSV_FIELDS_MAX)
			abort();
		line = c.line;
		for (size_t k = 0; k < row.count + 1; k++)
			if (strlen(csv_field(&row, k)) > CSV_FIELD_MAX)
				abort();
	}
	csv_row_free(&row);
	return 0;
}
