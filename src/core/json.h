/* JSON written front to back into a buffer, without a tree. Commas take care of themselves; what is
 * opened must be closed in order. Output is always valid UTF-8 and one line. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdint.h>

#include "core/buf.h"

struct json {
	struct buf *out;
	bool comma; /* something stands before, at this depth */
};

#define JSON_INIT(buffer) ((struct json){ .out = (buffer) })

void json_object(struct json *j); /* { */
void json_object_end(struct json *j);
void json_array(struct json *j); /* [ */
void json_array_end(struct json *j);

/* The name of the member whose value is written next; of our own choosing, so never escaped. */
void json_name(struct json *j, const char *name);

/* The same for a name found on the host: always written as escape_text() shows it, so that two
 * names never become one. */
void json_foreign_name(struct json *j, struct span name);

/* A string. Bytes that escape_needed() finds fault with are written as escape_text() shows them.
 * Returns whether that was so: the string is then not exactly s. */
bool json_text(struct json *j, struct span s);
/* The member `name`, and when its string is not exact also `name_b64` with the bytes (RFC 4648). */
void json_exact(struct json *j, const char *name, struct span s);
/* The same piece by piece: the name with `_b64` behind it, bytes as a string of base64. */
void json_name_b64(struct json *j, const char *name);
void json_base64(struct json *j, struct span s);
void json_number(struct json *j, uint64_t n);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);
void json_time(struct json *j, int64_t ns); /* RFC 3339 text, core/time.h */
void json_hex(struct json *j, struct span bytes);

/* The same as members. */
void json_text_member(struct json *j, const char *name, const char *text);
void json_number_member(struct json *j, const char *name, uint64_t n);
void json_bool_member(struct json *j, const char *name, bool value);
void json_time_member(struct json *j, const char *name, int64_t ns);
void json_hex_member(struct json *j, const char *name, struct span bytes);

#endif
