#include "sensor/user/userdb.h"

#include <jansson.h>

#include "core/json_bounds.h"

#define DEPTH_MAX 32

static void get_text(struct arena *a, json_t *o, const char *name, struct span *ret)
{
	json_t *v = json_object_get(o, name);

	if (json_is_string(v))
		*ret = arena_copy(a, span_from(json_string_value(v), json_string_length(v)));
}

static void get_id(json_t *o, const char *name, uint32_t *ret, bool *ret_has)
{
	json_t *v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
		return;
	*ret = (uint32_t)json_integer_value(v);
	*ret_has = true;
}

static void get_flag(json_t *o, const char *name, bool *ret)
{
	json_t *v = json_object_get(o, name);

	if (json_is_boolean(v))
		*ret = json_is_true(v);
}

/* Microseconds to nanoseconds; what is behind 2262 is never. */
static void get_time(json_t *o, const char *name, int64_t *ret)
{
	json_t *v = json_object_get(o, name);

	if (json_is_integer(v) && json_integer_value(v) > 0 &&
		json_integer_value(v) < INT64_MAX / 1000)
		*ret = json_integer_value(v) * 1000;
}

static void get_list(struct arena *a, json_t *o, const char *name, struct span **ret, size_t *ret_n)
{
	json_t *v = json_object_get(o, name), *x;
	size_t n = json_array_size(v), i;

	n = n < USERDB_LIST_MAX ? n : USERDB_LIST_MAX;
	if (n == 0)
		return;
	*ret = arena_get(a, n * sizeof **ret);
	*ret_n = 0;
	json_array_foreach(v, i, x) if (i < n && json_is_string(x))(*ret)[(*ret_n)++] =
		arena_copy(a, span_from(json_string_value(x), json_string_length(x)));
}

static void get_secrets(struct arena *a, json_t *o, struct userdb_record *ret)
{
	json_t *v = json_object_get(json_object_get(o, "privileged"), "hashedPassword");
	json_t *first = json_array_get(v, 0);

	if (!json_is_array(v))
		return;
	ret->has_password = true;
	if (json_is_string(first))
		ret->hash = arena_copy(a,
			span_from(json_string_value(first), json_string_length(first)));
}

int userdb_record_from_json(struct arena *a, struct span text, struct userdb_record *ret,
	struct err *e)
{
	json_error_t why;
	json_t *o;

	if (text.n > USERDB_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "a record of more than %zu bytes",
			(size_t)USERDB_BYTES_MAX);
	if (json_bounds(text, DEPTH_MAX, text.n, e) < 0)
		return e->code;
	o = json_loadb(text.p, text.n, 0, &why);
	if (!json_is_object(o)) {
		json_decref(o);
		return err_set(e, ERR_FORMAT, "line %d: no JSON object", o ? 1 : why.line);
	}
	get_text(a, o, "userName", &ret->name);
	get_text(a, o, "groupName", &ret->name);
	get_text(a, o, "realName", &ret->gecos);
	get_text(a, o, "description", &ret->gecos);
	get_text(a, o, "homeDirectory", &ret->home);
	get_text(a, o, "shell", &ret->shell);
	get_text(a, o, "disposition", &ret->disposition);
	get_id(o, "uid", &ret->uid, &ret->has_uid);
	get_id(o, "gid", &ret->gid, &ret->has_gid);
	get_flag(o, "locked", &ret->locked);
	get_flag(o, "passwordChangeNow", &ret->must_change);
	get_time(o, "lastPasswordChangeUSec", &ret->changed);
	get_time(o, "notAfterUSec", &ret->expires);
	get_list(a, o, "memberOf", &ret->groups, &ret->n_groups);
	get_list(a, o, "members", &ret->members, &ret->n_members);
	get_list(a, o, "administrators", &ret->administrators, &ret->n_administrators);
	get_secrets(a, o, ret);
	json_decref(o);
	return 0;
}
