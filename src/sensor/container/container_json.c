#include "sensor/container/container_json.h"

#include <jansson.h>

#include "core/json_bounds.h"

#define DEPTH_MAX 64
#define VALUES_MAX 500000

int jval_parse(struct span text, struct jval **ret, struct err *e)
{
	json_error_t why;
	json_t *v;

	if (json_bounds(text, DEPTH_MAX, VALUES_MAX, e) < 0)
		return e->code;
	v = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &why);
	if (!v)
		return err_set(e, ERR_FORMAT, "line %d: %s", why.line, why.text);
	*ret = (struct jval *)v;
	return 0;
}

void jval_free(struct jval *document)
{
	json_decref((json_t *)document);
}

void jval_freep(struct jval **document)
{
	jval_free(*document);
	*document = NULL;
}

/* The library's getters take and give what is not const, and change nothing. */
static json_t *of(const struct jval *v)
{
	union {
		const struct jval *in;
		json_t *out;
	} u = { v };

	return u.out;
}

const struct jval *jval_at(const struct jval *v, const char *path)
{
	struct span rest = span_of(path), name;

	while (v && span_cut(&rest, '/', &name)) {
		const json_t *o = of(v);

		v = NULL;
		if (!json_is_object(o))
			break;
		for (void *at = json_object_iter(of((const struct jval *)o)); at;
			at = json_object_iter_next(of((const struct jval *)o), at))
			if (span_is(name, json_object_iter_key(at)))
				v = (const struct jval *)json_object_iter_value(at);
	}
	return v;
}

struct span jval_text(const struct jval *v)
{
	const json_t *j = of(v);

	if (!j || !json_is_string(j))
		return SPAN_NONE;
	return span_from(json_string_value(j), json_string_length(j));
}

bool jval_number(const struct jval *v, uint64_t *ret)
{
	const json_t *j = of(v);

	if (!j || !json_is_integer(j) || json_integer_value(j) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(j);
	return true;
}

bool jval_true(const struct jval *v)
{
	return v && json_is_true(of(v));
}

bool jval_is_object(const struct jval *v)
{
	return v && json_is_object(of(v));
}

size_t jval_count(const struct jval *array)
{
	return array ? json_array_size(of(array)) : 0;
}

const struct jval *jval_item(const struct jval *array, size_t i)
{
	return (const struct jval *)json_array_get(of(array), i);
}

const struct jval *jval_member(const struct jval *object, void **at, struct span *ret_name)
{
	json_t *o = of(object);

	if (!o || !json_is_object(o))
		return NULL;
	*at = *at ? json_object_iter_next(o, *at) : json_object_iter(o);
	if (!*at)
		return NULL;
	*ret_name = span_of(json_object_iter_key(*at));
	return (const struct jval *)json_object_iter_value(*at);
}
