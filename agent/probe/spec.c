#include "agent/probe/spec.h"

#include <string.h>

#define TIMEOUT_MOST_MS 5000
#define TIMEOUT_LEAST_MS 300
#define RETRY_TIMEOUT_MOST_MS 2500

bool check_spec_equal(const struct check_spec *a, const struct check_spec *b)
{
	return a->class_id == b->class_id && !strcmp(a->instance, b->instance) && !strcmp(a->host, b->host) &&
	       a->port == b->port && a->type == b->type && a->every_ms == b->every_ms && a->at_once == b->at_once &&
	       a->closer == b->closer && !memcmp(&a->source, &b->source, sizeof(a->source)) &&
	       !strcmp(a->interface, b->interface) && probe_options_equal(&a->options, &b->options);
}

int64_t check_spec_timeout_ms(const struct check_spec *s, unsigned attempt)
{
	int64_t most = attempt ? RETRY_TIMEOUT_MOST_MS : TIMEOUT_MOST_MS;
	int64_t ms = s->every_ms / (attempt ? 10 : 5);

	return ms > most ? most : ms < TIMEOUT_LEAST_MS ? TIMEOUT_LEAST_MS : ms;
}
