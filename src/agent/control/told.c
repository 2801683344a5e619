#include "agent/control/told.h"

#include <jansson.h>

char *told_array(struct span text)
{
	json_t *array = text.n <= TOLD_MAX
				? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL)
				: NULL;
	char *ret =
		json_is_array(array) ? json_dumps(array, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(array);
	return ret;
}

/* A struct told is a json_t by another name: its library and ours both have a json_object(). */
static json_t *of(const struct told *t)
{
	return (json_t *)(uintptr_t)t;
}

int told_read(struct told **ret, struct span text, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &why);

	if (!root)
		return err_set(e, ERR_FORMAT, "the agent's answer is no JSON: %.100s", why.text);
	*ret = (struct told *)root;
	return 0;
}

void told_free(struct told *t)
{
	json_decref(of(t));
}

void told_freep(struct told **t)
{
	told_free(*t);
	*t = NULL;
}

struct told *told_in(const struct told *t, const char *name)
{
	return (struct told *)json_object_get(of(t), name);
}

struct told *told_at(const struct told *list, size_t i)
{
	return (struct told *)json_array_get(of(list), i);
}

const char *told_text(const struct told *t, const char *name)
{
	const char *text = json_string_value(json_object_get(of(t), name));

	return text ? text : "";
}

uint64_t told_number(const struct told *t, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(of(t), name));

	return n > 0 ? (uint64_t)n : 0;
}

bool told_bool(const struct told *t, const char *name)
{
	return json_is_true(json_object_get(of(t), name));
}
