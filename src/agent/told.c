#include "agent/told.h"

#include <jansson.h>

char *told_array(struct span text)
{
	json_t *array = text.n <= TOLD_MAX
				? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL)
				: NULL;
	char *ret = json_is_array(array) ? json_dumps(array, JSON_COMPACT | JSON_ENSURE_ASCII)
					 : NULL;

	json_decref(array);
	return ret;
}
