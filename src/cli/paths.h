/* Paths and keys as people type them. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include "core/arena.h"
#include "core/err.h"
#include "entity/kind.h"

/* Names of services, accounts, packages … are the same here in upper and lower case. */
extern const bool names_fold;

/* The working folder, "/" when it cannot be told. */
const char *path_here(struct arena *a);

/* An absolute path without "//", "." and "..", which takes back the section before it. */
struct span path_normal(struct arena *a, struct span path);

/* An absolute path without "//", "." and "..", relative to the working folder; symbolic links are
 * not looked at. ERR_USAGE when empty. */
int path_absolute(struct arena *a, const char *path, struct span *ret, struct err *e) MUST_CHECK;

/* The entity operands name: KIND KEY, or a path alone. A key we printed with \xNN escapes is also
 * taken so. */
int key_typed(struct arena *a, int argc, char **argv, const struct kind **ret_kind,
	struct span *ret_key, struct err *e) MUST_CHECK;
/* The key with \xNN escapes undone; false when there are none, or wrong ones. */
bool key_unescaped(struct arena *a, struct span key, struct span *ret);

#endif
