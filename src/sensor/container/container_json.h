/* JSON as container engines write it. jansson reads it, behind this door: its names are those of
 * core/json.h. Pure. */
#ifndef SENSOR_CONTAINER_CONTAINER_JSON_H
#define SENSOR_CONTAINER_CONTAINER_JSON_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

struct jval; /* a value; lives as long as the document. NULL is a value that is nothing */

/* ERR_FORMAT with the line, ERR_LIMIT when it is deeper or has more values than any engine writes.
 */
int jval_parse(struct span text, struct jval **ret, struct err *e) MUST_CHECK;
void jval_free(struct jval *document); /* accepts NULL */
void jval_freep(struct jval **document);

/* The member at "State/Pid", or NULL. */
const struct jval *jval_at(const struct jval *v, const char *path);
struct span jval_text(const struct jval *v); /* SPAN_NONE when it is no text */
bool jval_number(const struct jval *v, uint64_t *ret);
bool jval_true(const struct jval *v);
bool jval_is_object(const struct jval *v);
size_t jval_count(const struct jval *array);
const struct jval *jval_item(const struct jval *array, size_t i);
/* Members of an object, in order: begin with *at NULL; NULL behind the last. */
const struct jval *jval_member(const struct jval *object, void **at, struct span *ret_name);

#endif
