/* Object paths of WMI: [\\SERVER\][NAMESPACE:]Class.Key1="value",Key2=5, Class="value", Class=@
 * (learn.microsoft.com/windows/win32/wmisdk/describing-a-wmi-object-path). In quotes a backslash
 * takes the next character as it is. */
#ifndef SENSOR_WMI_PATH_H
#define SENSOR_WMI_PATH_H

#include "core/buf.h"
#include "core/span.h"

#define PATH_KEYS_MAX 16

struct path_key {
	struct span name;  /* empty: the class has but one, and the path leaves its name out */
	struct span value; /* without quotes, escapes as they stand */
	bool quoted;
};

struct path {
	struct span server; /* empty: none is named */
	struct span space;  /* "root\cimv2"; empty */
	struct span class;
	struct path_key key[PATH_KEYS_MAX]; /* ordered by name, without regard to case */
	size_t n;
	bool singleton; /* "=@" */
};

/* False: the bytes are no path; *ret is untouched. */
bool path_parse(struct span text, struct path *ret);
/* The value of a key without its escapes. */
void path_value(const struct path_key *k, struct buf *ret);
/* The path again, its keys in order; the server left out when it is "." or `host`. */
void path_print(const struct path *p, struct span host, struct buf *ret);

#endif
