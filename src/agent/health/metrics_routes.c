/* What the link says of its routes, and the parent of its roles. Apart, since jansson and
 * core/json.h share names. */
#include <jansson.h>
#include <string.h>

#include "agent/health/metrics_data.h"

#define TEXT_MAX ((size_t)1 << 20)

void metrics_name(char *ret, size_t max, struct span s)
{
	size_t n = s.n < max - 1 ? s.n : max - 1;

	memcpy(ret, s.p, n);
	ret[n] = 0;
}

static uint64_t number_of(const json_t *object, const char *name)
{
	const json_t *n = json_object_get(object, name);

	return json_is_integer(n) && json_integer_value(n) > 0 ? (uint64_t)json_integer_value(n)
							       : 0;
}

void metrics_each_role(struct span text, void (*each)(void *ctx, const char *role, uint32_t pid),
	void *ctx)
{
	json_t *list, *role;
	size_t i;

	if (text.n > TEXT_MAX)
		return;
	list = json_loadb(text.p, text.n, 0, NULL);
	json_array_foreach(list, i, role)
	{
		const char *name = json_string_value(json_object_get(role, "role"));
		uint64_t pid = number_of(role, "pid");

		if (name && pid && pid < UINT32_MAX)
			each(ctx, name, (uint32_t)pid);
	}
	json_decref(list);
}

void metrics_read_routes(struct metrics_data *d, struct span text)
{
	json_t *list, *route;
	size_t i;

	if (text.n > TEXT_MAX)
		return;
	list = json_loadb(text.p, text.n, 0, NULL);
	d->n_routes = 0;
	json_array_foreach(list, i, route)
	{
		const char *name = json_string_value(json_object_get(route, "name"));

		if (!name || d->n_routes == METRICS_ROUTES_MAX)
			continue;
		metrics_name(d->routes[d->n_routes].name, METRICS_NAME_MAX, span_of(name));
		d->routes[d->n_routes].cursor = number_of(route, "cursor");
		d->routes[d->n_routes].lag = number_of(route, "lag");
		d->routes[d->n_routes].lost = number_of(route, "lost");
		d->routes[d->n_routes].failures = number_of(route, "failures");
		d->n_routes++;
	}
	json_decref(list);
}
