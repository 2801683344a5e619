/* Of JSON that somebody else wrote, before a reader makes a tree of it. jansson bounds the depth at
 * 2048, on the stack, and nothing else; a value takes it 40 times the room of "[],". */
#ifndef CORE_JSON_BOUNDS_H
#define CORE_JSON_BOUNDS_H

#include "core/err.h"
#include "core/span.h"

/* ERR_LIMIT when it has more. What is no JSON is left to the reader. */
int json_bounds(struct span text, size_t depth_max, size_t values_max, struct err *e) MUST_CHECK;

#endif
