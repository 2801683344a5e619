#include "core/json_bounds.h"

int json_bounds(struct span text, size_t depth_max, size_t values_max, struct err *e)
{
	size_t depth = 0, values = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth;
		values += c == ',' || c == '{' || c == '[';
		if (depth > depth_max || values > values_max)
			return err_set(e, ERR_LIMIT, "JSON %s",
				depth > depth_max ? "nested too deep" : "of too many values");
	}
	return 0;
}
