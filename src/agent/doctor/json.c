/* Apart, since jansson and core/json.h share names. */
#include "agent/doctor/json.h"

#include <jansson.h>
#include <string.h>

#include "agent/doctor/live.h"

static const char *text_of(const json_t *object, const char *name, struct arena *a)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? arena_text(a, span_of(text)) : NULL;
}

bool live_parse(struct span line, struct arena *a, struct live_record *ret, bool *ret_ready)
{
	json_t *object = json_loadb(line.p, line.n, 0, NULL);
	const json_t *who = json_object_get(object, "who");
	const json_t *pid = json_object_get(who, "pid");
	struct live_record r = {
		.kind = text_of(object, "kind", a),
		.key = text_of(object, "key", a),
		.change = text_of(object, "change", a),
		.exe = text_of(who, "exe", a),
		.others = json_integer_value(json_object_get(who, "others")) > 0,
		.pid = json_is_integer(pid) ? (uint32_t)json_integer_value(pid) : 0,
	};

	const char *record = json_string_value(json_object_get(object, "record"));

	if (record && strcmp(record, "repair") == 0)
		*ret_ready = true;
	json_decref(object);
	if (!r.kind || !r.key || !r.change)
		return false;
	*ret = r;
	return true;
}

static uint64_t number_of(const json_t *object, const char *name)
{
	const json_t *n = json_object_get(object, name);

	return json_is_integer(n) && json_integer_value(n) > 0 ? (uint64_t)json_integer_value(n)
							       : 0;
}

static void read_roles(const json_t *list, struct arena *a, struct agent_facts *ret)
{
	const json_t *role;
	size_t i;

	ret->n_roles = json_array_size(list);
	json_array_foreach(list, i, role)
	{
		const char *text = text_of(role, "not_confined", a);

		if (!text || !*text)
			ret->n_confined++;
		else if (!ret->not_confined)
			ret->not_confined = text;
	}
}

static void read_routes(const json_t *list, struct arena *a, struct agent_facts *ret)
{
	const json_t *route;
	size_t i;

	ret->routes = arena_get(a, (json_array_size(list) + 1) * sizeof *ret->routes);
	json_array_foreach(list, i, route)
	{
		struct agent_route r = { text_of(route, "name", a), text_of(route, "error", a),
			number_of(route, "lag"), number_of(route, "lost") };

		if (r.name)
			ret->routes[ret->n_routes++] = r;
	}
}

bool doctor_read_status(struct span json, struct arena *a, struct agent_facts *ret)
{
	json_t *object = json_loadb(json.p, json.n, 0, NULL);

	*ret = (struct agent_facts){
		.version = text_of(object, "version", a),
		.settings_path = text_of(object, "settings_path", a),
		.settings = text_of(object, "settings", a),
		.watching = json_is_true(json_object_get(object, "watching")),
		.queue = number_of(object, "queue"),
		.lag_ms = number_of(object, "lag_ms"),
		.losses = number_of(object, "losses"),
		.repairs = number_of(object, "repairs"),
	};
	read_roles(json_object_get(object, "roles"), a, ret);
	read_routes(json_object_get(object, "routes"), a, ret);
	json_decref(object);
	return ret->version != NULL;
}

size_t doctor_read_canaries(struct span json, struct arena *a, struct agent_canary **ret)
{
	json_t *list = json_loadb(json.p, json.n, 0, NULL);
	const json_t *x;
	size_t i, n = 0;

	*ret = arena_get(a, (json_array_size(list) + 1) * sizeof **ret);
	json_array_foreach(list, i, x)
	{
		const char *kind = text_of(x, "kind", a);
		struct agent_canary c = { .kind = kind ? kind_find(span_of(kind)) : NULL,
			.scope = text_of(x, "scope", a),
			.text = text_of(x, "text", a),
			.fault = json_is_true(json_object_get(x, "fault")),
			.seen = number_of(x, "seen") > 0,
			.latency = (int64_t)number_of(x, "latency_ns") };

		if (c.kind)
			(*ret)[n++] = c;
	}
	json_decref(list);
	return n;
}
