#include "agent/link/hub.h"

#include <jansson.h>
#include <string.h>

/* Its own words; else what the settings say. */
static json_t *state_of(const struct route *r, const char *said)
{
	json_t *list = said ? json_loads(said, 0, NULL) : NULL;
	json_t *state = json_incref(json_array_get(list, 0));

	json_decref(list);
	if (json_is_object(state))
		return state;
	json_decref(state);
	return json_pack("{s:s, s:s, s:s}", "name", r->name, "to", route_type_names[r->type],
		"format", format_names[r->format]);
}

void hub_state(const struct route *r, const char *said, uint64_t behind, const char *why,
	struct buf *ret)
{
	json_t *state = state_of(r, said);
	char *text;

	if (said)
		json_object_set_new(state, "lag", json_integer((json_int_t)behind));
	if (*why) {
		json_object_set_new(state, "state", json_string("stuck"));
		json_object_set_new(state, "error", json_string(why));
	}
	text = json_dumps(state, JSON_COMPACT | JSON_ENSURE_ASCII);
	buf_add_text(ret, text ? text : "{}");
	free(text);
	json_decref(state);
}
