/* A record as `invar watch --json` prints it. Apart, since jansson and core/json.h share names. */
#include <jansson.h>
#include <string.h>

#include "agent/doctor_live.h"

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
