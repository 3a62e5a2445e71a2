#include "common/conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/conf_scalar.h"

static void strings_free(struct conf_strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i]);
	free(s->items);
	free(s->places);
}

static void list_free(const struct conf_key *key, struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		conf_free(key->keys, (char *)list->items + i * key->item_size);
	free(list->items);
}

static bool type_owns_text(enum conf_type type)
{
	return type == CONF_STRING || type == CONF_ID || type == CONF_PATH || type == CONF_ADDRESS;
}

void conf_free(const struct conf_key *keys, void *out)
{
	for (; keys->name; keys++) {
		void *value = (char *)out + keys->offset;
		if (type_owns_text(keys->type))
			free(*(char **)value);
		else if (keys->type == CONF_STRINGS)
			strings_free(value);
		else if (keys->type == CONF_LIST)
			list_free(keys, value);
		else if (keys->type == CONF_MAP)
			conf_free(keys->keys, value);
		else if (keys->type == CONF_CUSTOM && keys->custom_free)
			keys->custom_free(value);
		memset(value, 0, conf_type_size(keys->type));
	}
}
